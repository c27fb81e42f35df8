#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add_note(struct um_ddl_work *w, enum um_ddl_severity severity, const char *mend,
                     const char *fmt, va_list args)
{
    struct um_ddl_obstacles *o = w->notes;
    struct um_buf what = {0};
    um_buf_vfmt(&what, fmt, args);
    um_grow(&o->items, &o->cap, o->count + 1, sizeof *o->items);
    o->items[o->count++] = (struct um_ddl_obstacle){
        .severity = severity,
        .where = w->name ? um_sprintf("%s %s", w->kind, w->name) : um_strdup(w->kind),
        .what = what.data ? um_buf_take(&what) : um_strdup(""),
        .mend = um_strdup(mend),
    };
}

void um_ddl_block(struct um_ddl_work *w, const char *mend, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_note(w, UM_DDL_BLOCK, mend, fmt, args);
    va_end(args);
}

void um_ddl_warn(struct um_ddl_work *w, const char *mend, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_note(w, UM_DDL_WARN, mend, fmt, args);
    va_end(args);
}

const char *um_ddl_target_name(const struct um_ddl_target *to, char room[48])
{
    snprintf(room, 48, "%s %u.%u.%u", to->target_flavour == UM_MARIADB ? "MariaDB" : "MySQL",
             to->target_version / 10000, to->target_version / 100 % 100, to->target_version % 100);
    return room;
}

/* Engines that hold their rows themselves, so that InnoDB can hold them instead. */
static bool is_convertible(const char *engine)
{
    static const char *const names[] = {"MyISAM", "MEMORY",  "HEAP",   "ARCHIVE",    "CSV", "Aria",
                                        "MARIA",  "ROCKSDB", "TokuDB", "ndbcluster", "NDB"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(engine, names[i]) == 0)
            return true;
    }
    return false;
}

void um_ddl_work_begin(struct um_ddl_work *w, const struct um_ddl *d,
                       const struct um_ddl_target *to, struct um_ddl_obstacles *notes)
{
    char *engine = um_ddl_option_value(d, "ENGINE|TYPE");
    char *charset = um_ddl_option_value(d, "DEFAULT CHARSET|CHARSET|DEFAULT CHARACTER SET|"
                                           "CHARACTER SET");
    *w = (struct um_ddl_work){
        .d = d,
        .to = to,
        .notes = notes,
        .kind = "table",
        .engine = engine ? engine : um_strdup("InnoDB"),
        .charset = charset,
        .collation = um_ddl_option_value(d, "COLLATE|DEFAULT COLLATE"),
    };
    w->converted = strcasecmp(w->engine, "InnoDB") != 0;
}

void um_ddl_work_end(struct um_ddl_work *w)
{
    free(w->engine);
    free(w->charset);
    free(w->collation);
}

static void check_engine(struct um_ddl_work *w)
{
    w->kind = "table option ENGINE";
    if (!w->converted)
        return;
    if (is_convertible(w->engine))
        um_ddl_warn(w, "Nothing, if InnoDB will do; its own options are dropped with the engine.",
                    "the table becomes InnoDB, it was %s: only engines that roll back can be "
                    "written exactly once",
                    w->engine);
    else
        um_ddl_block(w, "Exclude the table, or change its engine to InnoDB on the source.",
                     "the rows of a table with the engine %s are not in the table itself, or not "
                     "in a form known to this version",
                     w->engine);
}

/* MyISAM counts within each value of the columns before; InnoDB has no such counter. */
static void check_auto_increment(struct um_ddl_work *w)
{
    const struct um_ddl_part *column = um_ddl_auto_column(w->d);
    if (!column)
        return;
    w->kind = "column", w->name = column->name;
    for (size_t i = 0; i < w->d->part_count; i++) {
        const struct um_ddl_part *p = &w->d->parts[i];
        if (p->kind != UM_DDL_PRIMARY && p->kind != UM_DDL_UNIQUE && p->kind != UM_DDL_KEY)
            continue;
        char *first = um_ddl_first_key_part(p);
        bool leads = first && strcasecmp(first, column->name) == 0;
        free(first);
        if (leads)
            return;
    }
    um_ddl_block(w, "Add an index that begins with the column on the source.",
                 "AUTO_INCREMENT counts within groups here: no index begins with the column, "
                 "which InnoDB asks for");
}

static void check_types(struct um_ddl_work *w, const struct um_table *t)
{
    for (size_t i = 0; t && i < t->column_count; i++) {
        if (t->columns[i].type != UM_T_UNKNOWN)
            continue;
        w->kind = "column", w->name = t->columns[i].name;
        um_ddl_block(w, "Exclude the table, or store the values in another type on the source.",
                     "the type %s is not known to this version", t->columns[i].column_type);
    }
}

static void check_versioning(struct um_ddl_work *w)
{
    struct um_tokens t;
    bool versioned = false;
    um_lex_again(w->d->options, &t);
    for (size_t i = 0; i < t.count; i++)
        versioned |= um_tok_run(&t, i, "WITH SYSTEM VERSIONING");
    um_tokens_free(&t);
    if (versioned)
        um_ddl_block(w, "Exclude the table, or drop its system versioning on the source.",
                     "the table is system-versioned: a server writes the row times itself, so "
                     "that history cannot be carried over as it is");
}

void um_ddl_check(const struct um_ddl *d, const struct um_table *t, const struct um_ddl_target *to,
                  struct um_ddl_obstacles *out)
{
    struct um_ddl_work w;
    struct um_frm frm;
    struct um_buf text = {0};
    um_ddl_work_begin(&w, d, to, out);
    um_frm_begin(&frm, &w);
    check_versioning(&w);
    check_engine(&w);
    for (size_t i = 0; i < d->part_count; i++) {
        const struct um_ddl_part *p = &d->parts[i];
        um_buf_clear(&text);
        if (um_ddl_translate(&w, p, &text))
            um_frm_add(&frm, p, text.data);
    }
    check_auto_increment(&w);
    check_types(&w, t);
    w.kind = "table", w.name = NULL;
    if (to->target_flavour == UM_MARIADB && um_target_crosses(to))
        um_frm_judge(&frm);
    um_frm_end(&frm);
    um_ddl_options(&w, &text);
    um_ddl_work_end(&w);
    um_buf_free(&text);
}
