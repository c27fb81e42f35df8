#include "mysql/range_number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "schema/ddl.h"

enum {
    ESTIMATES = 10, /* then the keys are too unevenly spread for it */
};

bool um_range_is_by_number(const struct um_table *t, const struct um_key *key)
{
    if (key->kind == UM_KEY_NONE || !key->unique || key->part_count != 1)
        return false;
    const struct um_column *c = &t->columns[key->index->parts[0].column];
    /* A bound is the text that um_column_select gives: a number must have one text only. */
    return um_column_is_integer(c) && !um_column_zerofill(c) && !c->nullable;
}

/* ---- numbers ---- */

struct line {
    struct um_conn *conn;
    const struct um_table *table;
    const struct um_key *key;
    const struct um_bound *lo;
    const struct um_column *column;
};

/* Modulo 2^64, so that the distance of two keys is their difference, with signs or without. */
static uint64_t place_of(const struct line *l, const char *text)
{
    return l->column->is_unsigned ? strtoull(text, NULL, 10) : (uint64_t)strtoll(text, NULL, 10);
}

static void set_bound(const struct line *l, uint64_t place, struct um_bound *out)
{
    char *text = l->column->is_unsigned ? um_sprintf("%" PRIu64, place)
                                        : um_sprintf("%" PRId64, (int64_t)place);
    const unsigned long len = strlen(text);
    um_bound_set(out, (const char *const *)&text, &len, 1);
    free(text);
}

/* ---- asking ---- */

static void add_select(struct um_buf *sql, const struct line *l, const char *hint,
                       const struct um_bound *hi)
{
    um_buf_str(sql, "SELECT ");
    um_quote_ident(sql, l->column->name);
    um_buf_str(sql, " FROM ");
    um_quote_table(sql, l->table->schema, l->table->name);
    um_buf_fmt(sql, " %s INDEX (", hint);
    um_quote_ident(sql, l->key->index->name);
    um_buf_char(sql, ')');
    um_range_where(sql, l->table, l->key, l->lo, hi);
}

static void add_end(struct um_buf *sql, const struct line *l, const struct um_bound *hi,
                    const char *order)
{
    um_buf_char(sql, '(');
    add_select(sql, l, "FORCE", hi);
    um_buf_str(sql, " ORDER BY ");
    um_quote_ident(sql, l->column->name);
    um_buf_fmt(sql, "%s LIMIT 1)", order);
}

/* Of the keys in (lo, end]. *any is false where there are none. */
static int read_ends(const struct line *l, const struct um_bound *end, uint64_t *first,
                     uint64_t *last, bool *any, struct um_err *err)
{
    struct um_buf sql = {0};
    const char *const *values;
    const unsigned long *lengths;
    um_buf_str(&sql, "SELECT ");
    add_end(&sql, l, end, "");
    um_buf_str(&sql, ", ");
    add_end(&sql, l, end, " DESC");
    struct um_resultset *r = um_query_stream(l->conn, sql.data, sql.len, err);
    int got = r ? um_result_next(r, &values, &lengths, err) : -1;
    *any = got == 1 && values[0] && values[1];
    if (*any) {
        *first = place_of(l, values[0]);
        *last = place_of(l, values[1]);
    }
    um_result_close(r);
    um_buf_free(&sql);
    return got < 0 ? -1 : 0;
}

/* The column that EXPLAIN calls so: which ones there are differs from server to server. */
static int explained(const struct um_resultset *r, const char *name)
{
    for (unsigned i = 0; i < um_result_columns(r); i++)
        if (strcasecmp(um_result_column_name(r, i), name) == 0)
            return (int)i;
    return -1;
}

/* What the optimizer takes for the number of rows in (lo, hi]; 0 where it sees that there are none.
   USE, because with FORCE INDEX MySQL does not look: it has no choice then. */
static int estimate(const struct line *l, const struct um_bound *hi, uint64_t *rows,
                    struct um_err *err)
{
    struct um_buf sql = {0};
    const char *const *values;
    const unsigned long *lengths;
    um_buf_str(&sql, "EXPLAIN FORMAT=TRADITIONAL ");
    add_select(&sql, l, "USE", hi);
    struct um_resultset *r = um_query_stream(l->conn, sql.data, sql.len, err);
    int got = r ? um_result_next(r, &values, &lengths, err) : -1;
    int at = got == 1 ? explained(r, "rows") : -1;
    *rows = at >= 0 && values[at] ? strtoull(values[at], NULL, 10) : 0;
    um_result_close(r);
    um_buf_free(&sql);
    return got < 0 ? -1 : 0;
}

/* ---- searching ---- */

static bool is_enough(uint64_t estimated, uint64_t rows)
{
    return estimated >= rows - rows / 2;
}

/* The next width to try, between one that is too small and one that is too large. */
static uint64_t next_width(uint64_t width, uint64_t estimated, uint64_t rows, uint64_t small,
                           uint64_t large)
{
    double next = (double)width * (double)rows * 3 / 4 / (double)(estimated ? estimated : 1);
    if (next > (double)small && next < (double)large)
        return (uint64_t)next;
    return small + (large - small) / 2;
}

/* So many numbers from `first`, fewer than there are up to `last`, that at least half of `rows` and
   at most `rows` of them are keys. */
static int search(const struct line *l, uint64_t first, uint64_t last, uint64_t rows,
                  struct um_bound *hi, bool *found, struct um_err *err)
{
    uint64_t small = rows, large = last - first, estimated, width;
    /* If there are no gaps: */
    set_bound(l, first + rows - 1, hi);
    if (estimate(l, hi, &estimated, err) != 0)
        return -1;
    *found = is_enough(estimated, rows);
    if (*found)
        return 0;
    /* If there are as many everywhere: */
    set_bound(l, last, hi);
    if (estimate(l, hi, &estimated, err) != 0)
        return -1;
    if (estimated <= rows) /* what is left is one range: it can be counted */
        return 0;
    width = next_width(large, estimated, rows, small, large);
    for (int i = 0; i < ESTIMATES && !*found && width > small && width < large; i++) {
        set_bound(l, first + width - 1, hi);
        if (estimate(l, hi, &estimated, err) != 0)
            return -1;
        *found = is_enough(estimated, rows) && estimated <= rows;
        if (is_enough(estimated, rows))
            large = width;
        else
            small = width;
        width = next_width(width, estimated, rows, small, large);
    }
    return 0;
}

int um_range_next_number(struct um_conn *c, const struct um_table *t, const struct um_key *key,
                         const struct um_bound *lo, const struct um_bound *end, uint64_t rows,
                         struct um_bound *hi, bool *found, struct um_err *err)
{
    const struct line l = {c, t, key, lo, &t->columns[key->index->parts[0].column]};
    uint64_t first, last;
    bool any;
    *found = false;
    if (um_bound_open(lo) && t->rows_estimate <= rows)
        return 0; /* a small table is counted with one query */
    if (read_ends(&l, end, &first, &last, &any, err) != 0)
        return -1;
    if (rows == 0)
        rows = 1;
    /* No two rows have one number, so there are no more rows than numbers. */
    if (!any || last - first < rows) {
        um_bound_clear(hi);
        *found = true;
        return 0;
    }
    return search(&l, first, last, rows, hi, found, err);
}
