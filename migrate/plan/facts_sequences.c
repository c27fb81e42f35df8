#include "plan/facts.h"

#include <stdlib.h>
#include <string.h>

#include "plan/ask.h"
#include "plan/sequences.h"
#include "schema/ddl.h"

/* The sequences that defaults use: how the source makes them, and which the target has. */

static void take_use(void *context, const struct um_table *t, const char *column,
                     const char *schema, const char *sequence)
{
    struct um_source_facts *s = context;
    (void)t;
    (void)column;
    for (size_t i = 0; i < s->used_count; i++) {
        if (strcmp(s->used[i].schema, schema) == 0 && strcmp(s->used[i].name, sequence) == 0)
            return;
    }
    um_grow(&s->used, &s->used_cap, s->used_count + 1, sizeof *s->used);
    s->used[s->used_count++] =
        (struct um_sequence){.schema = um_strdup(schema), .name = um_strdup(sequence)};
}

/* "CREATE SEQUENCE `s` …" of the server with the schema before the name. */
static int read_create(struct um_conn *c, struct um_sequence *q, struct um_err *err)
{
    struct um_buf sql = {0}, create = {0};
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int more = 0;
    um_buf_str(&create, "CREATE SEQUENCE ");
    um_quote_table(&create, q->schema, q->name);
    um_buf_fmt(&sql, "SHOW %s", create.data);
    int answered = um_ask(c, &r, err, sql.data);
    if (answered > 0) {
        more = um_result_next(r, &row, &lengths, err);
        struct um_buf name = {0};
        um_buf_str(&name, "CREATE SEQUENCE ");
        um_quote_ident(&name, q->name);
        if (more == 1 && row[1] && strncmp(row[1], name.data, name.len) == 0)
            um_buf_str(&create, row[1] + name.len);
        um_buf_free(&name);
        um_result_close(r);
    }
    um_buf_free(&sql);
    q->create_sql = um_buf_take(&create);
    return answered < 0 || more < 0 ? -1 : 0;
}

static int read_schema(struct um_conn *c, struct um_sequence *q, struct um_err *err)
{
    if (um_catalog_schema_sql(c, q->schema, &q->schema_sql, err) == 0)
        return 0;
    if (um_err_is_lost(err))
        return -1;
    um_err_clear(err);
    struct um_buf sql = {0};
    um_buf_str(&sql, "CREATE DATABASE IF NOT EXISTS ");
    um_quote_ident(&sql, q->schema);
    q->schema_sql = um_buf_take(&sql);
    return 0;
}

int um_facts_sequences(struct um_conn *source, struct um_conn *target, struct um_facts *f,
                       const struct um_tables *tables, struct um_err *err)
{
    struct um_source_facts *s = &f->source;
    if (s->side.server->flavour != UM_MARIADB || f->target.side.server->flavour != UM_MARIADB)
        return 0;
    for (size_t i = 0; i < tables->count; i++)
        um_sequence_uses(tables->items[i], take_use, s);
    for (size_t i = 0; i < s->used_count; i++) {
        if (read_create(source, &s->used[i], err) != 0 ||
            read_schema(source, &s->used[i], err) != 0)
            return -1;
    }
    if (s->used_count == 0)
        return 0;
    return um_ask_names(target, &f->target.sequences, err,
                        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
                        "WHERE TABLE_TYPE = 'SEQUENCE'") < 0
               ? -1
               : 0;
}
