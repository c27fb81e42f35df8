#include "apply/in_the_way.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/image.h"
#include "copy/rows.h"
#include "mysql/literal.h"

void um_in_the_way_clear(struct um_in_the_way *w)
{
    um_buf_free(&w->where);
    um_buf_free(&w->rows);
    w->count = 0;
}

/* ---- the condition ---- */

/* Can a row collide with the image under this index? Not with a NULL in it. What has no column of
   its own, or is not in the image, cannot be told: the statement that comes after shows whether it
   was in the way. */
static bool is_told(const struct um_index *index, const struct um_value *row)
{
    for (size_t i = 0; i < index->part_count; i++) {
        int column = index->parts[i].column;
        if (column < 0 || row[column].kind == UM_V_NULL || row[column].kind == UM_V_ABSENT)
            return false;
    }
    return index->unique;
}

static int put_part(struct um_buf *sql, const struct um_row_change *c,
                    const struct um_index_part *part, struct um_err *err)
{
    const struct um_column *from = &c->table->source->columns[part->column];
    const struct um_column *to = um_rows_target_column(c->table, (size_t)part->column);
    struct um_buf literal = {0};
    int result = um_literal_match(&literal, &c->after[part->column], from, to, err);
    if (result == 0 && part->prefix) {
        um_buf_str(sql, "LEFT(");
        um_quote_ident(sql, to->name);
        um_buf_fmt(sql, ",%u)=LEFT(", part->prefix);
        um_buf_add(sql, literal.data, literal.len);
        um_buf_fmt(sql, ",%u)", part->prefix);
    } else if (result == 0) {
        um_quote_ident(sql, to->name);
        um_buf_char(sql, '=');
        um_buf_add(sql, literal.data, literal.len);
    }
    um_buf_free(&literal);
    return result;
}

static int put_index(struct um_buf *sql, const struct um_row_change *c,
                     const struct um_index *index, struct um_err *err)
{
    um_buf_str(sql, sql->len ? " OR (" : "((");
    for (size_t i = 0; i < index->part_count; i++) {
        um_buf_str(sql, i ? " AND " : "");
        if (put_part(sql, c, &index->parts[i], err) != 0)
            return -1;
    }
    um_buf_char(sql, ')');
    return 0;
}

/* A unique index that waits for the stream (docs/architecture.md, "Why copy and stream agree") is
   not there yet, and what it will not allow is allowed until then. */
static int is_built(struct um_conn *target, const struct um_job_table *t,
                    const struct um_index *index, bool *built, struct um_err *err)
{
    *built = index->primary;
    if (index->primary)
        return 0;
    struct um_buf schema = {0}, table = {0}, name = {0};
    uint64_t count = 0;
    um_quote_text(&schema, t->target_schema);
    um_quote_text(&table, t->target_name);
    um_quote_text(&name, index->name);
    int result = um_query_uint(target, &count, err,
                               "SELECT COUNT(*) FROM information_schema.statistics WHERE "
                               "table_schema=CONVERT(%s USING utf8mb4) AND "
                               "table_name=CONVERT(%s USING utf8mb4) AND "
                               "index_name=CONVERT(%s USING utf8mb4) AND seq_in_index=1",
                               schema.data, table.data, name.data);
    *built = count > 0;
    um_buf_free(&schema);
    um_buf_free(&table);
    um_buf_free(&name);
    return result;
}

static int put_condition(struct um_conn *target, struct um_buf *sql, const struct um_row_change *c,
                         struct um_err *err)
{
    const struct um_table *t = c->table->source;
    for (size_t i = 0; i < t->index_count; i++) {
        bool built;
        if (!is_told(&t->indexes[i], c->after))
            continue;
        if (is_built(target, c->table, &t->indexes[i], &built, err) != 0 ||
            (built && put_index(sql, c, &t->indexes[i], err) != 0))
            return -1;
    }
    if (!sql->len)
        return 0;
    um_buf_char(sql, ')');
    if (!c->before)
        return 0;
    um_buf_str(sql, " AND NOT COALESCE((");
    if (um_statement_where(sql, c, err) != 0)
        return -1;
    um_buf_str(sql, "),0)");
    return 0;
}

/* ---- the rows ---- */

static int read_rows(struct um_conn *target, const struct um_row_change *c, const char *sql,
                     size_t len, struct um_in_the_way *out, struct um_err *err)
{
    struct um_resultset *rows = um_query_stream(target, sql, len, err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        um_buf_str(&out->rows, out->count++ ? "," : "");
        um_image_row_json(c->table, v, l, &out->rows);
    }
    um_result_close(rows);
    return more;
}

int um_in_the_way_find(struct um_conn *target, const struct um_row_change *c, bool lock,
                       struct um_in_the_way *out, struct um_err *err)
{
    *out = (struct um_in_the_way){0};
    um_buf_char(&out->rows, '[');
    int result = c->after ? put_condition(target, &out->where, c, err) : 0;
    if (result == 0 && out->where.len) {
        struct um_buf sql = {0};
        um_buf_str(&sql, "SELECT ");
        um_image_select(c->table, &sql);
        um_buf_str(&sql, " FROM ");
        um_quote_table(&sql, c->table->target_schema, c->table->target_name);
        um_buf_str(&sql, " WHERE ");
        um_buf_add(&sql, out->where.data, out->where.len);
        um_buf_str(&sql, lock ? " FOR UPDATE" : "");
        result = read_rows(target, c, sql.data, sql.len, out, err);
        um_buf_free(&sql);
    }
    um_buf_char(&out->rows, ']');
    return result;
}

/* ---- who refers to them ---- */

struct reference {
    char *schema, *table, *name;
    struct um_strv child, parent; /* columns */
};

static void reference_clear(struct reference *r)
{
    free(r->schema);
    free(r->table);
    free(r->name);
    um_strv_clear(&r->child);
    um_strv_clear(&r->parent);
    *r = (struct reference){0};
}

/* " AND NOT (…)": the parent's key is another one than the after image's. */
static int put_other_key(struct um_buf *sql, const struct um_row_change *c,
                         const struct reference *r, struct um_err *err)
{
    um_buf_str(sql, " AND NOT COALESCE((1");
    for (size_t i = 0; i < r->parent.count; i++) {
        int column = um_table_column(c->table->source, r->parent.items[i]);
        if (column < 0 || c->after[column].kind == UM_V_ABSENT) {
            um_buf_str(sql, " AND 0");
            continue;
        }
        um_buf_str(sql, " AND ");
        um_quote_ident(sql, r->parent.items[i]);
        um_buf_char(sql, '=');
        if (um_literal_match(sql, &c->after[column], &c->table->source->columns[column],
                             um_rows_target_column(c->table, (size_t)column), err) != 0)
            return -1;
    }
    um_buf_str(sql, "),0)");
    return 0;
}

static int check_reference(struct um_conn *target, const struct um_row_change *c,
                           const struct um_in_the_way *w, const struct reference *r,
                           struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COUNT(*) FROM ");
    um_quote_table(&sql, r->schema, r->table);
    um_buf_str(&sql, " AS um_child JOIN (SELECT * FROM ");
    um_quote_table(&sql, c->table->target_schema, c->table->target_name);
    um_buf_str(&sql, " WHERE ");
    um_buf_add(&sql, w->where.data, w->where.len);
    if (put_other_key(&sql, c, r, err) != 0) {
        um_buf_free(&sql);
        return -1;
    }
    um_buf_str(&sql, ") AS um_parent ON 1");
    for (size_t i = 0; i < r->child.count; i++) {
        um_buf_str(&sql, " AND um_child.");
        um_quote_ident(&sql, r->child.items[i]);
        um_buf_str(&sql, "=um_parent.");
        um_quote_ident(&sql, r->parent.items[i]);
    }
    uint64_t children = 0;
    int result = um_query_uint(target, &children, err, "%s", sql.data);
    um_buf_free(&sql);
    if (result == 0 && children)
        result = um_fail(err, UM_E_APPLY_UNSETTLED,
                         "%" PRIu64 " rows of `%s`.`%s` refer by foreign key `%s` to a row of "
                         "`%s`.`%s` that is in the way and would have to go",
                         children, r->schema, r->table, r->name, c->table->target_schema,
                         c->table->target_name);
    return result;
}

static struct um_resultset *references(struct um_conn *target, const struct um_job_table *t,
                                       struct um_err *err)
{
    struct um_buf schema = {0}, table = {0};
    um_quote_text(&schema, t->target_schema);
    um_quote_text(&table, t->target_name);
    struct um_resultset *rows =
        um_query(target, err,
                 "SELECT table_schema, table_name, constraint_name, column_name, "
                 "referenced_column_name FROM information_schema.key_column_usage WHERE "
                 "referenced_table_schema=CONVERT(%s USING utf8mb4) AND "
                 "referenced_table_name=CONVERT(%s USING utf8mb4) "
                 "ORDER BY table_schema, table_name, constraint_name, ordinal_position",
                 schema.data, table.data);
    um_buf_free(&schema);
    um_buf_free(&table);
    return rows;
}

int um_in_the_way_check_children(struct um_conn *target, const struct um_row_change *c,
                                 const struct um_in_the_way *w, struct um_err *err)
{
    if (!w->count)
        return 0;
    struct um_resultset *rows = references(target, c->table, err);
    if (!rows)
        return -1;
    struct reference r = {0};
    const char *const *v;
    const unsigned long *l;
    int result = 0, more;
    while (result == 0 && (more = um_result_next(rows, &v, &l, err)) > 0) {
        bool same = r.name && strcmp(r.name, v[2]) == 0 && strcmp(r.table, v[1]) == 0 &&
                    strcmp(r.schema, v[0]) == 0;
        if (r.name && !same) {
            result = check_reference(target, c, w, &r, err);
            reference_clear(&r);
        }
        if (!r.name)
            r = (struct reference){
                .schema = um_strdup(v[0]), .table = um_strdup(v[1]), .name = um_strdup(v[2])};
        um_strv_add(&r.child, v[3]);
        um_strv_add(&r.parent, v[4]);
        if (result != 0)
            more = -1;
    }
    um_result_close(rows);
    if (result == 0 && more == 0 && r.name)
        result = check_reference(target, c, w, &r, err);
    reference_clear(&r);
    return result == 0 && more == 0 ? 0 : -1;
}
