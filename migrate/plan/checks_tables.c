#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/cascades.h"

/* The tables themselves. */

/* "ALTER TABLE `shop`.`t` ENGINE=InnoDB;" and the like, as another line. */
static void alter_line(struct um_buf *mend, const struct um_table *t, const char *clause)
{
    um_mend_line(mend, "ALTER TABLE ");
    um_quote_table(mend, t->schema, t->name);
    um_buf_fmt(mend, " %s;", clause);
}

static bool all_read(const struct um_source_facts *s)
{
    return s->catalogue_read && s->unread.count == 0;
}

/* A pass says nothing of what could not be read. */
static const char *passed(const struct um_source_facts *s)
{
    return all_read(s) ? "all of them" : "all that could be read";
}

static void end(struct um_plan *p, enum um_check_id id, enum um_level level, struct um_list *seen,
                struct um_buf *mend, const char *pass)
{
    if (seen->count)
        um_check_add(p, id, level, um_list_end(seen), um_buf_take(mend));
    else
        um_check_pass(p, id, "%s", pass);
}

/* The servers name the table in some of their messages only. */
static void check_unread(struct um_plan *p, const struct um_unread_tables *unread)
{
    struct um_list seen = {0}, names = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < unread->count; i++) {
        const struct um_unread_table *u = &unread->items[i];
        char *name = um_sprintf("%s.%s", u->schema, u->name);
        um_list_add(&seen, "%s%s%s", strstr(u->why, name) ? "" : name,
                    strstr(u->why, name) ? "" : ": ", u->why);
        char *pattern = um_pattern_for(u->schema, u->name);
        um_list_add(&names, "\"%s\"", pattern);
        free(pattern);
        const char *remedy = um_err_info(u->id)->remedy;
        if (!mend.len || !strstr(mend.data, remedy))
            um_mend_line(&mend, "%s", remedy);
        free(name);
    }
    char *list = um_list_end(&names);
    um_mend_line(&mend, "Or add to tables.exclude: %s.", list);
    free(list);
    um_check_add(p, UM_CHECK_TABLES_READABLE, UM_BLOCK, um_list_end(&seen), um_buf_take(&mend));
}

static void check_readable(struct um_plan *p, const struct um_source_facts *s)
{
    if (s->unread.count)
        check_unread(p, &s->unread);
    if (!s->catalogue_read)
        um_check_add(
            p, UM_CHECK_TABLES_READABLE, UM_BLOCK, um_strdup(s->why),
            um_sprintf("Mend what the checks source.grant.* ask for first. %s", s->remedy));
    else if (s->unread.count == 0)
        um_check_pass(p, UM_CHECK_TABLES_READABLE,
                      "tables: %zu; views, triggers, routines, events: %zu", p->tables.count,
                      p->objects.count);
}

/* ---- engines ---- */

static bool is_transactional(const char *engine)
{
    return strcasecmp(engine, "InnoDB") == 0 || strcasecmp(engine, "ROCKSDB") == 0 ||
           strcasecmp(engine, "TokuDB") == 0;
}

static void check_engines(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (t->engine && is_transactional(t->engine))
            continue;
        um_list_add(&seen, "%s.%s (%s)", t->schema, t->name, t->engine ? t->engine : "unknown");
        if (seen.count <= UM_LIST_MAX)
            alter_line(&mend, t, "ENGINE=InnoDB");
    }
    if (seen.count)
        um_mend_line(&mend, "On the source. Or name them in tables.exclude.");
    end(p, UM_CHECK_TABLES_ENGINE, UM_BLOCK, &seen, &mend, passed(s));
}

/* ---- columns ---- */

static void check_columns(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        for (size_t k = 0; k < t->column_count; k++) {
            const struct um_column *c = &t->columns[k];
            if (c->type == UM_T_UNKNOWN)
                um_list_add(&seen, "%s.%s.%s (%s)", t->schema, t->name, c->name, c->column_type);
        }
    }
    if (seen.count)
        um_mend_line(&mend, "On the source. Or name the tables in tables.exclude.");
    end(p, UM_CHECK_TABLES_COLUMNS, UM_BLOCK, &seen, &mend, passed(s));
}

/* ---- foreign keys ---- */

static bool is_included(const struct um_plan *p, const struct um_unread_tables *unread,
                        const char *schema, const char *name)
{
    if (um_tables_find(&p->tables, schema, name))
        return true;
    /* With lower_case_table_names a parent is printed as it was typed. */
    for (size_t i = 0; i < p->tables.count; i++) {
        if (strcasecmp(p->tables.items[i]->schema, schema) == 0 &&
            strcasecmp(p->tables.items[i]->name, name) == 0)
            return true;
    }
    for (size_t i = 0; i < unread->count; i++) {
        if (strcasecmp(unread->items[i].schema, schema) == 0 &&
            strcasecmp(unread->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static void check_foreign_keys(struct um_plan *p, const struct um_facts *f)
{
    bool logged = um_cascades_by_sql_layer(&f->source.side);
    struct um_list block = {0}, warn = {0};
    struct um_strv wanted = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        for (size_t k = 0; k < t->foreign_key_count; k++) {
            const struct um_foreign_key *fk = &t->foreign_keys[k];
            if (is_included(p, &f->source.unread, fk->parent_schema, fk->parent_table))
                continue;
            char *parent = um_sprintf("%s.%s", fk->parent_schema, fk->parent_table);
            bool there = um_strv_has(&f->target.relations, parent);
            bool lost = um_cascade_is_lost(fk, logged);
            um_list_add(there && !lost ? &warn : &block, "%s.%s to %s%s", t->schema, t->name,
                        parent, lost ? ", which cascades" : "");
            char *pattern = um_pattern_for(fk->parent_schema, fk->parent_table);
            if (!um_strv_has(&wanted, pattern))
                um_strv_add(&wanted, pattern);
            free(pattern);
            free(parent);
        }
    }
    bool blocks = block.count > 0;
    if (blocks || warn.count) {
        for (size_t i = 0; i < wanted.count && i < UM_LIST_MAX; i++) {
            if (f->adding)
                um_mend_line(&mend, "Name %s in the same unmoor ctl add-table.", wanted.items[i]);
            else
                um_mend_line(&mend, "Add \"%s\" to tables.include.", wanted.items[i]);
        }
        if (!blocks)
            um_mend_line(&mend, "Or nothing, if the parents on the target are kept up to date in "
                                "another way.");
    }
    char *blocking = um_list_end(&block), *warning = um_list_end(&warn);
    char *all = um_sprintf("%s%s%s", blocking, *blocking && *warning ? ", " : "", warning);
    if (*all)
        um_check_add(p, UM_CHECK_TABLES_FOREIGN_KEYS, blocks ? UM_BLOCK : UM_WARN,
                     um_sprintf("parents that are not included: %s", all), um_buf_take(&mend));
    else
        um_check_pass(p, UM_CHECK_TABLES_FOREIGN_KEYS, "%s", passed(&f->source));
    free(blocking);
    free(warning);
    free(all);
    um_strv_clear(&wanted);
}

/* ---- keys ---- */

static bool is_sequence(const struct um_source_facts *s, const struct um_table *t)
{
    char *name = um_sprintf("%s.%s", t->schema, t->name);
    bool is = um_strv_has(&s->sequences, name);
    free(name);
    return is;
}

static void check_keys(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        struct um_key key;
        um_row_key(t, &key);
        if (key.kind != UM_KEY_NONE || is_sequence(s, t))
            continue;
        um_list_add(&seen, "%s.%s", t->schema, t->name);
        if (seen.count <= UM_LIST_MAX)
            alter_line(&mend, t, "ADD PRIMARY KEY (…)");
    }
    if (seen.count)
        um_mend_line(&mend, "On the source, if such a table is large or changes often. Without a "
                            "key nothing is lost, but each change reads the whole table.");
    end(p, UM_CHECK_TABLES_KEY, UM_WARN, &seen, &mend, passed(s));
}

/* ---- what the target cannot hold ---- */

/* Other checks have said it already, and more to the point. */
static bool is_told(const struct um_facts *f, const struct um_table *t, const char *where)
{
    if (strcmp(where, "table option ENGINE") == 0)
        return t->engine && !is_transactional(t->engine);
    if (strcmp(where, "table option SEQUENCE") == 0)
        return is_sequence(&f->source, t);
    if (strncmp(where, "column ", 7) != 0)
        return false;
    int i = um_table_column(t, where + 7);
    if (i < 0)
        return false;
    const struct um_column *c = &t->columns[i];
    return c->type == UM_T_UNKNOWN ||
           (c->collation && !um_target_knows_collation(&f->target, c->collation));
}

/* What was found at several places is one check. */
struct finding {
    enum um_ddl_severity severity;
    char *what, *mend;
    struct um_list places;
};
struct findings {
    struct finding *items;
    size_t count, cap;
};

static struct finding *finding_for(struct findings *all, const struct um_ddl_obstacle *o)
{
    for (size_t i = 0; i < all->count; i++) {
        struct finding *f = &all->items[i];
        if (f->severity == o->severity && strcmp(f->what, o->what) == 0 &&
            strcmp(f->mend, o->mend) == 0)
            return f;
    }
    um_grow(&all->items, &all->cap, all->count + 1, sizeof *all->items);
    struct finding *f = &all->items[all->count++];
    *f = (struct finding){
        .severity = o->severity, .what = um_strdup(o->what), .mend = um_strdup(o->mend)};
    return f;
}

static void find_obstacles(struct um_plan *p, const struct um_facts *f, const struct um_table *t,
                           struct findings *all)
{
    struct um_err err = {0};
    struct um_ddl_obstacles obstacles = {0};
    struct um_ddl *ddl = um_ddl_parse(t->create_sql, &err);
    if (!ddl) {
        um_check_add(p, UM_CHECK_TABLES_TARGET, UM_BLOCK,
                     um_sprintf("%s.%s: %s", t->schema, t->name, err.text),
                     um_strdup("Name the table in tables.exclude."));
        return;
    }
    const struct um_ddl_target to = um_check_ddl_target(p, t);
    um_ddl_check(ddl, t, &to, &obstacles);
    for (size_t i = 0; i < obstacles.count; i++) {
        const struct um_ddl_obstacle *o = &obstacles.items[i];
        if (!is_told(f, t, o->where))
            um_list_add(&finding_for(all, o)->places, "%s.%s %s", t->schema, t->name, o->where);
    }
    um_ddl_obstacles_clear(&obstacles);
    um_ddl_delete(ddl);
}

static void check_obstacles(struct um_plan *p, const struct um_facts *f)
{
    struct findings all = {0};
    size_t before = p->check_count;
    for (size_t i = 0; i < p->tables.count; i++)
        find_obstacles(p, f, p->tables.items[i], &all);
    for (size_t i = 0; i < all.count; i++) {
        struct finding *one = &all.items[i];
        char *places = um_list_end(&one->places);
        um_check_add(p, UM_CHECK_TABLES_TARGET, one->severity == UM_DDL_BLOCK ? UM_BLOCK : UM_WARN,
                     um_sprintf("%s: %s", places, one->what), one->mend);
        free(places);
        free(one->what);
    }
    free(all.items);
    um_check_check_names(p);
    if (p->check_count == before)
        um_check_pass(p, UM_CHECK_TABLES_TARGET, "%s", passed(&f->source));
}

void um_check_tables(struct um_plan *p, const struct um_facts *f)
{
    check_readable(p, &f->source);
    um_check_patterns(p, f);
    check_engines(p, &f->source);
    check_columns(p, &f->source);
    um_check_rounding(p, f);
    um_check_generated_times(p, f);
    um_check_generated_sessions(p);
    um_check_sequences(p, f);
    check_foreign_keys(p, f);
    um_check_cascades(p, f);
    check_keys(p, &f->source);
    check_obstacles(p, f);
}
