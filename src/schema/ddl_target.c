#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool um_ddl_translate(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out)
{
    static const char *const kinds[] = {
        [UM_DDL_COLUMN] = "column",  [UM_DDL_PRIMARY] = "index",
        [UM_DDL_UNIQUE] = "index",   [UM_DDL_KEY] = "index",
        [UM_DDL_FULLTEXT] = "index", [UM_DDL_SPATIAL] = "index",
        [UM_DDL_VECTOR] = "index",   [UM_DDL_FOREIGN_KEY] = "foreign key",
        [UM_DDL_CHECK] = "check",    [UM_DDL_PERIOD] = "period",
    };
    w->kind = kinds[part->kind], w->name = part->name;
    switch (part->kind) {
    case UM_DDL_COLUMN:
        um_ddl_column(w, part, out);
        break;
    case UM_DDL_FOREIGN_KEY:
        um_ddl_foreign_key(w, part, out);
        break;
    case UM_DDL_CHECK:
        return um_ddl_check_constraint(w, part, out);
    case UM_DDL_PERIOD:
        um_ddl_period(w, part, out);
        break;
    default:
        um_ddl_index(w, part, out);
        break;
    }
    return true;
}

static int fail_on_block(const struct um_ddl_work *w, struct um_err *err)
{
    const struct um_ddl_obstacle *o = um_ddl_blocking(w->notes);
    if (!o)
        return 0;
    return um_fail(err, UM_E_DDL_OBSTACLE, "table %s.%s, %s: %s. %s",
                   w->to->schema ? w->to->schema : "", w->d->name, o->where, o->what, o->mend);
}

static bool belongs_to(enum um_ddl_part_kind kind, enum um_ddl_group group)
{
    switch (kind) {
    case UM_DDL_KEY:
    case UM_DDL_SPATIAL: /* servers keep them in the order in which they are added */
        return group == UM_DDL_GROUP_PLAIN;
    case UM_DDL_UNIQUE:
        return group == UM_DDL_GROUP_UNIQUE;
    case UM_DDL_FULLTEXT:
    case UM_DDL_VECTOR:
        return group == UM_DDL_GROUP_SPECIAL;
    case UM_DDL_FOREIGN_KEY:
        return group == UM_DDL_GROUP_FOREIGN;
    default:
        return false;
    }
}

static bool is_created(const struct um_ddl_part *p, const struct um_ddl_part *auto_index,
                       unsigned groups)
{
    if (p->kind == UM_DDL_COLUMN || p->kind == UM_DDL_PRIMARY || p->kind == UM_DDL_CHECK ||
        p->kind == UM_DDL_PERIOD || p == auto_index)
        return true;
    for (enum um_ddl_group g = UM_DDL_GROUP_PLAIN; g <= UM_DDL_GROUP_UNIQUE; g++) {
        if (groups >> g & 1 && belongs_to(p->kind, g))
            return true;
    }
    return false;
}

int um_ddl_create(const struct um_ddl *d, const struct um_ddl_target *to, unsigned groups,
                  struct um_buf *create, struct um_err *err)
{
    struct um_ddl_obstacles notes = {0};
    struct um_ddl_work w;
    struct um_buf text = {0};
    const struct um_ddl_part *auto_index = um_ddl_auto_index(d);
    const char *separator = "\n  ";
    um_ddl_work_begin(&w, d, to, &notes);
    um_buf_str(&text, "CREATE TABLE ");
    um_quote_table(&text, to->schema, to->name);
    um_buf_str(&text, " (");
    for (size_t i = 0; i < d->part_count; i++) {
        const struct um_ddl_part *p = &d->parts[i];
        if (!is_created(p, auto_index, groups))
            continue;
        size_t before = text.len;
        um_buf_str(&text, separator);
        if (um_ddl_translate(&w, p, &text))
            separator = ",\n  ";
        else
            text.len = before;
    }
    um_buf_str(&text, "\n)");
    um_ddl_options(&w, &text);
    int rc = fail_on_block(&w, err);
    if (rc == 0)
        um_buf_add(create, text.data, text.len);
    um_ddl_work_end(&w);
    um_buf_free(&text);
    um_ddl_obstacles_clear(&notes);
    return rc;
}

static bool is_present(const struct um_strv *present, const char *name)
{
    for (size_t i = 0; present && name && i < present->count; i++) {
        if (strcasecmp(present->items[i], name) == 0)
            return true;
    }
    return false;
}

int um_ddl_later(const struct um_ddl *d, const struct um_ddl_target *to, enum um_ddl_group group,
                 const struct um_strv *present, struct um_strv *statements, struct um_err *err)
{
    struct um_ddl_obstacles notes = {0};
    struct um_ddl_work w;
    struct um_buf text = {0};
    struct um_strv made = {0};
    const struct um_ddl_part *auto_index = um_ddl_auto_index(d);
    um_ddl_work_begin(&w, d, to, &notes);
    for (size_t i = 0; i < d->part_count; i++) {
        const struct um_ddl_part *p = &d->parts[i];
        if (!belongs_to(p->kind, group) || p == auto_index || is_present(present, p->name))
            continue;
        if (text.len) {
            um_buf_str(&text, ",\n  ADD ");
        } else {
            um_buf_str(&text, "ALTER TABLE ");
            um_quote_table(&text, to->schema, to->name);
            um_buf_str(&text, "\n  ADD ");
        }
        um_ddl_translate(&w, p, &text);
        if (group == UM_DDL_GROUP_SPECIAL) {
            um_strv_add(&made, text.data);
            um_buf_clear(&text);
        }
    }
    if (text.len)
        um_strv_add(&made, text.data);
    int rc = fail_on_block(&w, err);
    for (size_t i = 0; rc == 0 && i < made.count; i++)
        um_strv_add(statements, made.items[i]);
    um_ddl_work_end(&w);
    um_strv_clear(&made);
    um_buf_free(&text);
    um_ddl_obstacles_clear(&notes);
    return rc;
}

/* The words in front of the options of CREATE DATABASE; 0 when it is none. */
static size_t database_options_at(const struct um_tokens *t)
{
    size_t i = 1;
    if (!um_tok_is(t, 0, "CREATE") || (!um_tok_is(t, 1, "DATABASE") && !um_tok_is(t, 1, "SCHEMA")))
        return 0;
    i++;
    if (um_tok_run(t, i, "IF NOT EXISTS"))
        i += 3;
    return i < t->count ? i + 1 : 0;
}

static void put_database(struct um_ddl_work *w, const struct um_ddl *options, struct um_buf *out)
{
    char *charset =
        um_ddl_option_value(options, "CHARACTER SET|DEFAULT CHARACTER SET|CHARSET|DEFAULT CHARSET");
    char *collation = um_ddl_option_value(options, "COLLATE|DEFAULT COLLATE");
    char *encryption = um_ddl_option_value(options, "DEFAULT ENCRYPTION|ENCRYPTION");
    struct um_buf name = {0};
    const char *meant = collation ? collation : charset ? um_charset_default(charset, w->to) : NULL;
    um_buf_str(out, "CREATE DATABASE IF NOT EXISTS ");
    um_quote_ident(out, w->to->schema);
    if (charset && um_charset_name(charset, w->to, &name))
        um_buf_fmt(out, " CHARACTER SET %s", name.data);
    um_buf_clear(&name);
    if (meant && um_ddl_collation(meant, w->to, &name))
        um_buf_fmt(out, " COLLATE %s", name.data);
    else if (meant)
        um_ddl_warn(w, "Name a collation when tables are created in the schema later.",
                    "the default collation %s is left out: the target lacks it", meant);
    if (encryption && strcasecmp(encryption, "Y") == 0) {
        if (um_target_has(w->to, 80016, 0))
            um_buf_str(out, " DEFAULT ENCRYPTION='Y'");
        else
            um_ddl_warn(w, "Choose a target that encrypts, if the rows ask for it.",
                        "DEFAULT ENCRYPTION is left out: the target does not know it");
    }
    um_buf_free(&name);
    free(charset);
    free(collation);
    free(encryption);
}

int um_ddl_schema(const char *create_database, const struct um_ddl_target *to,
                  struct um_buf *create, struct um_ddl_obstacles *out, struct um_err *err)
{
    struct um_buf text = {0}, rest = {0};
    struct um_tokens t = {0};
    int rc = -1;
    if (um_lex_open_comments(create_database, &text, err) != 0 || um_lex(text.data, &t, err) != 0)
        goto out;
    size_t from = database_options_at(&t);
    if (!from) {
        um_fail(err, UM_E_DDL_UNREADABLE, "expected CREATE DATABASE, found: %.60s", text.data);
        goto out;
    }
    um_tok_copy(&t, from, t.count, &rest);
    um_buf_add(&rest, "", 0);
    struct um_ddl options = {.options = rest.data};
    struct um_ddl_work w = {
        .d = &options, .to = to, .notes = out, .kind = "schema", .name = to->schema};
    put_database(&w, &options, create);
    rc = 0;
out:
    um_tokens_free(&t);
    um_buf_free(&text);
    um_buf_free(&rest);
    return rc;
}
