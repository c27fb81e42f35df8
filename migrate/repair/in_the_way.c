#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "copy/rows.h"
#include "mysql/literal.h"
#include "repair/rows.h"
#include "schema/ddl.h"

/*
 * Rows of the target that have a value of a unique key which a row to be written has too. Where the
 * target is what the source was but for some rows, whatever is in the way is one of these.
 */
enum { ROWS_MAX = 1000 }; /* of a batch: what one row moves may move another one, and so on */

/* Of an index on an expression the values cannot be told. */
static bool is_told(const struct um_index *index)
{
    for (size_t i = 0; i < index->part_count; i++) {
        if (index->parts[i].column < 0)
            return false;
    }
    return index->unique;
}

static int source_column(const struct um_repair_rows *r, const struct um_index_part *part)
{
    const struct um_table *const *table = r->table->pairing->table;
    return um_table_column(table[UM_SOURCE], table[UM_TARGET]->columns[part->column].name);
}

static struct um_resultset *read_values(const struct um_repair_rows *r,
                                        const struct um_index *index, struct um_err *err)
{
    const struct um_table *source = r->table->pairing->table[UM_SOURCE];
    struct um_buf sql = {0};
    for (size_t i = 0; i < index->part_count; i++) {
        um_buf_str(&sql, i ? "," : "SELECT ");
        um_column_select(&sql, &source->columns[source_column(r, &index->parts[i])]);
    }
    um_repair_rows_from(r, UM_SOURCE, UM_SOURCE, &sql);
    struct um_resultset *rows = um_query_stream(r->moment->conn[UM_SOURCE], sql.data, sql.len, err);
    um_buf_free(&sql);
    return rows;
}

static void put_part(const struct um_repair_rows *r, const struct um_index_part *part,
                     const char *value, unsigned long len, struct um_buf *sql)
{
    const struct um_column *c = &r->table->pairing->table[UM_TARGET]->columns[part->column];
    um_buf_str(sql, part->prefix ? "LEFT(" : "");
    um_quote_ident(sql, c->name);
    if (part->prefix)
        um_buf_fmt(sql, ",%u)=LEFT(", part->prefix);
    else
        um_buf_char(sql, '=');
    um_column_key_value(sql, c, value, len);
    if (part->prefix)
        um_buf_fmt(sql, ",%u)", part->prefix);
}

static void put_row(const struct um_repair_rows *r, const struct um_index *index,
                    const char *const *values, const unsigned long *lengths, struct um_buf *sql)
{
    for (size_t i = 0; i < index->part_count; i++) {
        if (!values[i]) /* collides with nothing */
            return;
    }
    um_buf_str(sql, sql->len ? " OR (" : "(");
    for (size_t i = 0; i < index->part_count; i++) {
        um_buf_str(sql, i ? " AND " : "");
        put_part(r, &index->parts[i], values[i], lengths[i], sql);
    }
    um_buf_char(sql, ')');
}

static int put_condition(const struct um_repair_rows *r, const struct um_index *index,
                         struct um_buf *sql, struct um_err *err)
{
    struct um_resultset *rows = read_values(r, index, err);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? 1 : -1;
    while (more > 0 && (more = um_result_next(rows, &values, &lengths, err)) > 0)
        put_row(r, index, values, lengths, sql);
    um_result_close(rows);
    return more;
}

/* The rows at hand were deleted by this transaction: what is found are others. */
static int find_under(struct um_repair_rows *r, const struct um_index *index, size_t *added,
                      struct um_err *err)
{
    const struct um_pairing *p = r->table->pairing;
    struct um_buf condition = {0}, sql = {0};
    if (put_condition(r, index, &condition, err) != 0 || !condition.len) {
        bool none = !condition.len && !err->id;
        um_buf_free(&condition);
        return none ? 0 : -1;
    }
    um_buf_add(&sql, p->head[UM_TARGET], p->list[UM_TARGET]);
    um_buf_str(&sql, " FROM ");
    um_quote_table(&sql, p->table[UM_TARGET]->schema, p->table[UM_TARGET]->name);
    um_buf_str(&sql, " WHERE ");
    um_buf_add(&sql, condition.data, condition.len);
    struct um_resultset *rows = um_query_stream(r->moment->conn[UM_TARGET], sql.data, sql.len, err);
    um_buf_free(&condition);
    um_buf_free(&sql);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? 1 : -1;
    while (more > 0 && (more = um_result_next(rows, &values, &lengths, err)) > 0) {
        um_pairing_name_row(p, values, lengths, &r->work);
        *added += um_repair_rows_add(r, r->work.data, r->work.len);
    }
    um_result_close(rows);
    return more;
}

int um_repair_rows_in_the_way(struct um_repair_rows *r, struct um_err *err)
{
    const struct um_table *target = r->table->pairing->table[UM_TARGET];
    struct um_err refused = *err;
    size_t added = 0;
    *err = (struct um_err){0};
    for (size_t i = 0; i < target->index_count; i++) {
        if (is_told(&target->indexes[i]) && find_under(r, &target->indexes[i], &added, err) != 0)
            return -1;
    }
    if (added && r->count <= ROWS_MAX)
        return 0;
    um_fail(err, UM_E_REPAIR_IN_THE_WAY, "`%s`.`%s`: %s%s", target->schema, target->name,
            refused.text,
            added ? "; more rows than are repaired at once have values that belong to others" : "");
    return -1;
}
