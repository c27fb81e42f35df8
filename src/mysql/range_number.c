#include "mysql/range_number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "mysql/client.h"
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

struct ends {
    uint64_t first, last;
    bool any;
};

/* Of the keys in (lo, end]. */
static void add_ends(struct um_buf *sql, const struct line *l, const struct um_bound *end)
{
    um_buf_str(sql, "SELECT ");
    add_end(sql, l, end, "");
    um_buf_str(sql, ", ");
    add_end(sql, l, end, " DESC");
}

/* Reads all that `r` has, and closes it. */
static int read_ends(const struct line *l, struct um_resultset *r, struct ends *out,
                     struct um_err *err)
{
    const char *const *values;
    const unsigned long *lengths;
    *out = (struct ends){0};
    int got = r ? um_result_next(r, &values, &lengths, err) : -1;
    out->any = got == 1 && values[0] && values[1];
    if (out->any) {
        out->first = place_of(l, values[0]);
        out->last = place_of(l, values[1]);
    }
    while (got > 0)
        got = um_result_next(r, &values, &lengths, err);
    um_result_close(r);
    return got;
}

/* The column that EXPLAIN calls so: which ones there are differs from server to server. */
static int explained(const struct um_resultset *r, const char *name)
{
    for (unsigned i = 0; i < um_result_columns(r); i++)
        if (strcasecmp(um_result_column_name(r, i), name) == 0)
            return (int)i;
    return -1;
}

/* What the optimizer takes for the number of rows in (lo, hi]. USE, because with FORCE INDEX MySQL
   does not look: it has no choice then. */
static void add_estimate(struct um_buf *sql, const struct line *l, const struct um_bound *hi)
{
    um_buf_str(sql, "EXPLAIN FORMAT=TRADITIONAL ");
    add_select(sql, l, "USE", hi);
}

/* 0 where it sees that there are none. Closes `r`. */
static int read_estimate(struct um_resultset *r, uint64_t *rows, struct um_err *err)
{
    const char *const *values;
    const unsigned long *lengths;
    int got = r ? um_result_next(r, &values, &lengths, err) : -1;
    int at = got == 1 ? explained(r, "rows") : -1;
    *rows = at >= 0 && values[at] ? strtoull(values[at], NULL, 10) : 0;
    um_result_close(r);
    return got < 0 ? -1 : 0;
}

static int estimate(const struct line *l, const struct um_bound *hi, uint64_t *rows,
                    struct um_err *err)
{
    struct um_buf sql = {0};
    add_estimate(&sql, l, hi);
    int result = read_estimate(um_query_stream(l->conn, sql.data, sql.len, err), rows, err);
    um_buf_free(&sql);
    return result;
}

/* Both in one round trip. */
static int ask_ends_and_estimate(const struct line *l, const struct um_bound *end,
                                 const struct um_bound *hi, struct ends *ends, uint64_t *rows,
                                 struct um_err *err)
{
    struct um_buf sql = {0};
    add_ends(&sql, l, end);
    um_buf_str(&sql, "; ");
    add_estimate(&sql, l, hi);
    int result = um_multi_send(l->conn, sql.data, sql.len, err);
    if (result == 0)
        result = read_ends(l, um_multi_rows(l->conn, true, err), ends, err);
    if (result == 0)
        result = read_estimate(um_multi_rows(l->conn, false, err), rows, err);
    um_buf_free(&sql);
    return result;
}

static int ask_ends(const struct line *l, const struct um_bound *end, struct ends *ends,
                    struct um_err *err)
{
    struct um_buf sql = {0};
    add_ends(&sql, l, end);
    int result = read_ends(l, um_query_stream(l->conn, sql.data, sql.len, err), ends, err);
    um_buf_free(&sql);
    return result;
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
    struct ends ends;
    uint64_t estimated;
    *found = false;
    if (um_bound_open(lo) && t->rows_estimate <= rows)
        return 0; /* a small table is counted with one query */
    if (rows == 0)
        rows = 1;
    /* Mostly the next key comes right behind the last range. */
    bool guessed = c->multi && !um_bound_open(lo);
    uint64_t guess = guessed ? place_of(&l, lo->values[0]) + 1 : 0;
    if (guessed)
        set_bound(&l, guess + rows - 1, hi);
    if ((guessed ? ask_ends_and_estimate(&l, end, hi, &ends, &estimated, err)
                 : ask_ends(&l, end, &ends, err)) != 0)
        return -1;
    /* No two rows have one number, so there are no more rows than numbers. */
    if (!ends.any || ends.last - ends.first < rows) {
        um_bound_clear(hi);
        *found = true;
        return 0;
    }
    /* If there are no gaps: */
    if (!guessed || guess != ends.first) {
        set_bound(&l, ends.first + rows - 1, hi);
        if (estimate(&l, hi, &estimated, err) != 0)
            return -1;
    }
    *found = is_enough(estimated, rows);
    return *found ? 0 : search(&l, ends.first, ends.last, rows, hi, found, err);
}
