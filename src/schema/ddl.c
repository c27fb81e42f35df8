#include "schema/ddl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/lex.h"

const char *um_skip_quoted(const char *p)
{
    char quote = *p;
    for (p++; *p; p++) {
        if (*p == '\\' && quote != '`' && p[1])
            p++;
        else if (*p == quote && p[1] == quote)
            p++;
        else if (*p == quote)
            return p + 1;
    }
    return p;
}

void um_quote_ident(struct um_buf *b, const char *name)
{
    um_buf_char(b, '`');
    for (; *name; name++) {
        if (*name == '`')
            um_buf_char(b, '`');
        um_buf_char(b, *name);
    }
    um_buf_char(b, '`');
}

void um_quote_table(struct um_buf *b, const char *schema, const char *name)
{
    um_quote_ident(b, schema);
    um_buf_char(b, '.');
    um_quote_ident(b, name);
}

static int fail_at(const struct um_tokens *t, size_t i, const char *what, struct um_err *err)
{
    return um_fail(err, UM_E_DDL_UNREADABLE, "offset %zu: %s, found: %.60s", t->items[i].at, what,
                   i < t->count ? t->text + t->items[i].at : "the end");
}

static bool is_name(const struct um_tokens *t, size_t i)
{
    return um_tok_kind(t, i, UM_TOK_IDENT) || um_tok_kind(t, i, UM_TOK_WORD);
}

/* The words before a definition say what it defines; a quoted name says that it is a column. */
static enum um_ddl_part_kind part_kind(const struct um_tokens *t, size_t i)
{
    if (um_tok_is(t, i, "CONSTRAINT"))
        i += is_name(t, i + 1) && !um_tok_is(t, i + 1, "CHECK") &&
                     !um_tok_is(t, i + 1, "FOREIGN") && !um_tok_is(t, i + 1, "PRIMARY") &&
                     !um_tok_is(t, i + 1, "UNIQUE")
                 ? 2
                 : 1;
    if (um_tok_run(t, i, "PRIMARY KEY"))
        return UM_DDL_PRIMARY;
    if (um_tok_is(t, i, "UNIQUE"))
        return UM_DDL_UNIQUE;
    if (um_tok_is(t, i, "KEY") || um_tok_is(t, i, "INDEX"))
        return UM_DDL_KEY;
    if (um_tok_is(t, i, "FULLTEXT"))
        return UM_DDL_FULLTEXT;
    if (um_tok_is(t, i, "SPATIAL"))
        return UM_DDL_SPATIAL;
    if (um_tok_run(t, i, "VECTOR KEY") || um_tok_run(t, i, "VECTOR INDEX"))
        return UM_DDL_VECTOR;
    if (um_tok_run(t, i, "FOREIGN KEY"))
        return UM_DDL_FOREIGN_KEY;
    if (um_tok_is(t, i, "CHECK") && um_tok_char(t, i + 1, '('))
        return UM_DDL_CHECK;
    if (um_tok_run(t, i, "PERIOD FOR"))
        return UM_DDL_PERIOD;
    return UM_DDL_COLUMN;
}

/* The token that is the part's name, or `to` where it has none. */
static size_t part_name_at(const struct um_tokens *t, size_t from, size_t to,
                           enum um_ddl_part_kind kind)
{
    size_t i = from;
    switch (kind) {
    case UM_DDL_COLUMN:
        return from;
    case UM_DDL_FOREIGN_KEY:
    case UM_DDL_CHECK:
        return um_tok_is(t, from, "CONSTRAINT") && is_name(t, from + 1) &&
                       part_kind(t, from + 1) == UM_DDL_COLUMN
                   ? from + 1
                   : to;
    case UM_DDL_PERIOD:
        return from + 2;
    default:
        while (i < to && um_tok_kind(t, i, UM_TOK_WORD) && !um_tok_is(t, i, "KEY") &&
               !um_tok_is(t, i, "INDEX"))
            i += um_tok_is(t, i, "CONSTRAINT") ? 2 : 1;
        return i < to && is_name(t, i) && is_name(t, i + 1) && !um_tok_is(t, i + 1, "USING") ? i + 1
                                                                                             : to;
    }
}

static void add_part(struct um_ddl *d, size_t *cap, const struct um_tokens *t, size_t from,
                     size_t to)
{
    um_grow(&d->parts, cap, d->part_count + 1, sizeof *d->parts);
    struct um_ddl_part *part = &d->parts[d->part_count++];
    struct um_buf text = {0};
    um_tok_copy(t, from, to, &text);
    part->kind = part_kind(t, from);
    size_t name = part_name_at(t, from, to, part->kind);
    part->name = part->kind == UM_DDL_PRIMARY ? um_strdup("PRIMARY")
                 : name < to                  ? um_tok_name(t, name)
                                              : NULL;
    part->text = um_buf_take(&text);
}

/* A column needs a name and a type; the other kinds, their parentheses. */
static int check_part(const struct um_tokens *t, size_t from, size_t to, struct um_err *err)
{
    if (from >= to)
        return fail_at(t, from, "expected a column or an index", err);
    if (part_kind(t, from) == UM_DDL_COLUMN) {
        if (!is_name(t, from))
            return fail_at(t, from, "expected the name of a column", err);
        if (from + 1 >= to || !um_tok_kind(t, from + 1, UM_TOK_WORD))
            return fail_at(t, from + 1, "expected the type of a column", err);
        return 0;
    }
    for (size_t i = from; i < to; i++) {
        if (um_tok_char(t, i, '('))
            return 0;
    }
    return fail_at(t, to, "expected columns in parentheses", err);
}

/* The definitions between the outermost parentheses, which open at token i. */
static int read_parts(struct um_ddl *d, const struct um_tokens *t, size_t open, size_t *after,
                      struct um_err *err)
{
    size_t cap = 0, depth = 0, from = open + 1;
    for (size_t i = open; i < t->count; i++) {
        bool closes = um_tok_char(t, i, ')') && --depth == 0;
        if (um_tok_char(t, i, '('))
            depth++;
        if (!closes && !(depth == 1 && um_tok_char(t, i, ',')))
            continue;
        if (check_part(t, from, i, err) != 0)
            return -1;
        add_part(d, &cap, t, from, i);
        from = i + 1;
        if (closes) {
            *after = from;
            return 0;
        }
    }
    return fail_at(t, open, "a parenthesis is never closed", err);
}

static int read_head(struct um_ddl *d, const struct um_tokens *t, size_t *open, struct um_err *err)
{
    size_t i = 0;
    if (!um_tok_is(t, i++, "CREATE"))
        return fail_at(t, 0, "expected CREATE TABLE", err);
    if (um_tok_run(t, i, "OR REPLACE"))
        i += 2;
    if (um_tok_is(t, i, "TEMPORARY"))
        i++;
    if (!um_tok_is(t, i++, "TABLE"))
        return fail_at(t, i - 1, "expected TABLE", err);
    if (um_tok_run(t, i, "IF NOT EXISTS"))
        i += 3;
    if (!is_name(t, i))
        return fail_at(t, i, "expected the name of the table", err);
    if (um_tok_char(t, i + 1, '.')) {
        if (!is_name(t, i + 2))
            return fail_at(t, i + 2, "expected the name of the table", err);
        d->schema = um_tok_name(t, i);
        i += 2;
    }
    d->name = um_tok_name(t, i++);
    if (!um_tok_char(t, i, '('))
        return fail_at(t, i, "expected the columns in parentheses", err);
    *open = i;
    return 0;
}

static int check_columns(const struct um_ddl *d, const struct um_tokens *t, size_t open,
                         struct um_err *err)
{
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind == UM_DDL_COLUMN)
            return 0;
    }
    return fail_at(t, open, "expected a column", err);
}

static int check_options(const struct um_tokens *t, size_t from, struct um_err *err)
{
    for (size_t i = from, depth = 0; i < t->count; i++) {
        if (um_tok_char(t, i, '('))
            depth++;
        else if (um_tok_char(t, i, ')') && depth-- == 0)
            return fail_at(t, i, "a parenthesis was never opened", err);
        else if (um_tok_char(t, i, ';'))
            return fail_at(t, i, "expected one statement", err);
    }
    return 0;
}

struct um_ddl *um_ddl_parse(const char *create_table, struct um_err *err)
{
    struct um_ddl *d = um_alloc(sizeof *d), *result = NULL;
    struct um_buf text = {0}, options = {0};
    struct um_tokens tokens = {0};
    size_t open = 0, after = 0;
    if (um_lex_open_comments(create_table, &text, err) != 0 ||
        um_lex(text.data, &tokens, err) != 0 || read_head(d, &tokens, &open, err) != 0 ||
        read_parts(d, &tokens, open, &after, err) != 0 ||
        check_columns(d, &tokens, open, err) != 0 || check_options(&tokens, after, err) != 0)
        goto out;
    um_tok_copy(&tokens, after, tokens.count, &options);
    d->options = options.data ? um_buf_take(&options) : um_strdup("");
    result = d;
    d = NULL;
out:
    um_ddl_delete(d);
    um_tokens_free(&tokens);
    um_buf_free(&text);
    return result;
}

void um_ddl_delete(struct um_ddl *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->part_count; i++) {
        free(d->parts[i].name);
        free(d->parts[i].text);
    }
    free(d->parts);
    free(d->schema);
    free(d->name);
    free(d->options);
    free(d);
}

const struct um_ddl_obstacle *um_ddl_blocking(const struct um_ddl_obstacles *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->items[i].severity == UM_DDL_BLOCK)
            return &o->items[i];
    }
    return NULL;
}

void um_ddl_obstacles_clear(struct um_ddl_obstacles *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->items[i].where);
        free(o->items[i].what);
        free(o->items[i].mend);
    }
    free(o->items);
    *o = (struct um_ddl_obstacles){0};
}
