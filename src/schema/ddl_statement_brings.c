#include "schema/ddl_statement_reader.h"

#include <stdlib.h>

/* What a statement makes of a table that rows hang on beside those that are written. */

static void open_text(const struct um_sql *s, const struct um_sql_reading *how, struct um_tokens *t)
{
    struct um_err ignored = {0};
    if (um_lex_as(s->text, um_sql_lex_mode(how), t, &ignored) != 0)
        UM_BUG("a statement that was read cannot be read again");
}

/* Of the table, or of a single column, which makes the table one. */
bool um_sql_versions(const struct um_sql *s, const struct um_sql_reading *how)
{
    struct um_tokens t;
    bool found = false;
    open_text(s, how, &t);
    for (size_t i = 0; i < t.count && !found; i++)
        found = um_tok_run(&t, i, "WITH SYSTEM VERSIONING") ||
                um_tok_run(&t, i, "ADD SYSTEM VERSIONING");
    um_tokens_free(&t);
    return found;
}

/* What becomes of rows with those that they refer to. */
static void read_actions(struct um_sql_reader *r, struct um_foreign_key *fk)
{
    static const char *const keeps[] = {"RESTRICT", "NO ACTION", NULL};
    static const char *const takes_value[] = {"SET NULL", "SET DEFAULT", NULL};
    for (;;) {
        if (um_sql_take(r, "MATCH")) {
            r->i++;
        } else if (um_sql_take(r, "ON DELETE") || um_sql_take(r, "ON UPDATE")) {
            bool rows = um_sql_take(r, "CASCADE");
            fk->cascades_rows |= rows;
            fk->cascades |= rows || um_sql_take_any(r, takes_value);
            um_sql_take_any(r, keeps);
        } else {
            return;
        }
    }
}

/* Behind REFERENCES. */
static bool read_parent(struct um_sql_reader *r, struct um_foreign_key *fk)
{
    if (!um_sql_take_name(r, UM_SQL_READS))
        return false;
    const struct um_sql_name *parent = &r->out->names[r->out->name_count - 1];
    fk->parent_schema = parent->schema;
    fk->parent_table = parent->name;
    if (um_tok_char(&r->t, r->i, '('))
        r->i = um_tok_group_end(&r->t, r->i);
    read_actions(r, fk);
    return true;
}

/* CONSTRAINT name, in front of token i. */
static char *constraint_name(const struct um_tokens *t, size_t i)
{
    return i >= 2 && um_tok_is(t, i - 2, "CONSTRAINT") ? um_tok_name(t, i - 1) : NULL;
}

/* From FOREIGN KEY on or, behind a column, from REFERENCES on. */
static void read_key(struct um_sql_reader *r, um_sql_made_key *made, void *context)
{
    bool of_column = um_sql_at(r, "REFERENCES");
    struct um_foreign_key fk = {.name = constraint_name(&r->t, r->i)};
    while (r->i < r->t.count && !um_sql_take(r, "REFERENCES"))
        r->i++;
    if (read_parent(r, &fk))
        made(context, &fk, of_column);
    free(fk.name);
}

void um_sql_foreign_keys(const struct um_sql *s, const struct um_sql_reading *how,
                         um_sql_made_key *made, void *context)
{
    /* A parent without a schema is in that of the table, whatever the session's. */
    struct um_sql_reading beside = *how;
    if (s->name_count)
        beside.schema = s->names[0].schema;
    struct um_sql names = {0};
    struct um_sql_reader r = {.how = &beside, .out = &names};
    open_text(s, how, &r.t);
    while (r.i < r.t.count) {
        if (um_sql_take(&r, "DROP FOREIGN KEY"))
            continue;
        if (um_tok_run(&r.t, r.i, "FOREIGN KEY") || um_sql_at(&r, "REFERENCES"))
            read_key(&r, made, context);
        else
            r.i++;
    }
    um_tokens_free(&r.t);
    um_sql_clear(&names);
}
