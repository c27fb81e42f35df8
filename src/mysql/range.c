#include "mysql/range.h"

#include <stdlib.h>

#include "mysql/literal.h"
#include "mysql/range_number.h"
#include "schema/ddl.h"

enum { ENUM_MEMBERS_MAX = 256 };

/* Only the first part of a non-unique index is used: rows of an equal prefix stay together. */
static size_t used_parts(const struct um_key *key)
{
    return key->kind == UM_KEY_INDEX ? 1 : key->part_count;
}

static const struct um_column *key_column(const struct um_table *t, const struct um_key *key,
                                          size_t part)
{
    return &t->columns[key->index->parts[part].column];
}

/* ---- conditions ---- */

/*
 * An ENUM by its number: servers make no index range of `e` > 2, but of `e` IN (3, 4). The commas
 * of "enum('a','b')" tell how many members there are, or more where members hold some: a number
 * that no member has does no harm. False when the list would be too long.
 */
static bool compare_enum(struct um_buf *sql, const struct um_column *c, const char *value,
                         const char *operation)
{
    unsigned long members = 1, number = strtoul(value, NULL, 10);
    for (const char *p = c->column_type; *p; p++)
        members += *p == ',';
    bool below = operation[0] == '<', with_equal = operation[1] == '=';
    unsigned long first = below ? 0 : number + !with_equal;
    unsigned long end = below ? number + with_equal : members + 1;
    if (members > ENUM_MEMBERS_MAX || number > members)
        return false;
    if (first >= end) {
        um_buf_str(sql, "FALSE");
        return true;
    }
    um_quote_ident(sql, c->name);
    for (unsigned long i = first; i < end; i++)
        um_buf_fmt(sql, "%s%lu", i == first ? " IN (" : ", ", i);
    um_buf_char(sql, ')');
    return true;
}

static void compare(struct um_buf *sql, const struct um_table *t, const struct um_key *key,
                    const struct um_bound *b, size_t part, const char *operation)
{
    const struct um_column *c = key_column(t, key, part);
    if (c->type == UM_T_ENUM && operation[0] != '=' &&
        compare_enum(sql, c, b->values[part], operation))
        return;
    um_quote_ident(sql, c->name);
    um_buf_fmt(sql, " %s ", operation);
    um_column_key_value(sql, c, b->values[part], b->lengths[part]);
}

/*
 * The whole key against a bound: (a > x OR (a = x AND b > y)). In front of it, for keys of more
 * than one part, the weaker a >= x: every optimizer makes a range of that, not all of them of the
 * disjunction.
 */
static void compare_all(struct um_buf *sql, const struct um_table *t, const struct um_key *key,
                        const struct um_bound *b, bool lower)
{
    size_t last = used_parts(key) - 1;
    UM_ASSERT(b->count == last + 1);
    if (last > 0) {
        compare(sql, t, key, b, 0, lower ? ">=" : "<=");
        um_buf_str(sql, " AND ");
    }
    for (size_t i = 0; i < last; i++) {
        um_buf_char(sql, '(');
        compare(sql, t, key, b, i, lower ? ">" : "<");
        um_buf_str(sql, " OR (");
        compare(sql, t, key, b, i, "=");
        um_buf_str(sql, " AND ");
    }
    compare(sql, t, key, b, last, lower ? ">" : "<=");
    for (size_t i = 0; i < last; i++)
        um_buf_str(sql, "))");
}

void um_range_where(struct um_buf *sql, const struct um_table *t, const struct um_key *key,
                    const struct um_bound *lo, const struct um_bound *hi)
{
    const char *join = " WHERE ";
    if (key->kind == UM_KEY_NONE)
        return;
    if (!um_bound_open(lo)) {
        um_buf_str(sql, join);
        compare_all(sql, t, key, lo, true);
        join = " AND ";
    }
    if (um_bound_open(hi))
        return;
    /* NULLs sort first: they belong to the range that is open below. */
    const struct um_column *first = key_column(t, key, 0);
    bool with_null = um_bound_open(lo) && first->nullable;
    um_buf_str(sql, join);
    if (with_null) {
        um_buf_char(sql, '(');
        um_quote_ident(sql, first->name);
        um_buf_str(sql, " IS NULL OR ");
    }
    compare_all(sql, t, key, hi, false);
    if (with_null)
        um_buf_char(sql, ')');
}

void um_range_force_index(struct um_buf *sql, const struct um_key *key)
{
    if (key->kind == UM_KEY_NONE)
        return;
    um_buf_str(sql, " FORCE INDEX (");
    um_quote_ident(sql, key->index->name);
    um_buf_char(sql, ')');
}

/* ---- walking ---- */

/*
 * Two rows are asked for: the one that ends the range, and whether any comes after it, so that
 * the last range of a table is the open one and not an empty one behind it.
 *
 * NULL is no bound; the NULL rows of a key all go with the first range, so they are not counted.
 */
static void next_query(struct um_buf *sql, const struct um_table *t, const struct um_key *key,
                       const struct um_bound *lo, const struct um_bound *end, uint64_t rows)
{
    size_t parts = used_parts(key);
    um_buf_str(sql, "SELECT ");
    for (size_t i = 0; i < parts; i++) {
        um_buf_str(sql, i ? ", " : "");
        um_column_select(sql, key_column(t, key, i));
    }
    um_buf_str(sql, " FROM ");
    um_quote_table(sql, t->schema, t->name);
    um_range_force_index(sql, key);
    size_t before = sql->len;
    um_range_where(sql, t, key, lo, end);
    if (key_column(t, key, 0)->nullable && um_bound_open(lo)) {
        um_buf_str(sql, sql->len == before ? " WHERE " : " AND ");
        um_quote_ident(sql, key_column(t, key, 0)->name);
        um_buf_str(sql, " IS NOT NULL");
    }
    um_buf_str(sql, " ORDER BY ");
    for (size_t i = 0; i < parts; i++) {
        um_buf_str(sql, i ? ", " : "");
        um_quote_ident(sql, key_column(t, key, i)->name);
    }
    um_buf_fmt(sql, " LIMIT 2 OFFSET %llu", (unsigned long long)(rows ? rows - 1 : 0));
}

static int next_read(struct um_resultset *r, size_t parts, struct um_bound *hi, bool *more,
                     struct um_err *err)
{
    const char *const *values;
    const unsigned long *lengths;
    *more = false;
    int got = um_result_next(r, &values, &lengths, err);
    if (got <= 0)
        return got;
    for (size_t i = 0; i < parts; i++)
        if (!values[i])
            return um_fail(err, UM_E_RANGE_NULL, "the server returned NULL for part %zu of the key",
                           i + 1);
    um_bound_set(hi, values, lengths, parts);
    got = um_result_next(r, &values, &lengths, err);
    *more = got == 1;
    return got < 0 ? -1 : 0;
}

static int next_counted(struct um_conn *c, const struct um_table *t, const struct um_key *key,
                        const struct um_bound *lo, const struct um_bound *end, uint64_t rows,
                        struct um_bound *hi, struct um_err *err)
{
    bool more = false;
    struct um_buf sql = {0};
    next_query(&sql, t, key, lo, end, rows);
    struct um_resultset *r = um_query_stream(c, sql.data, sql.len, err);
    int result = r ? next_read(r, used_parts(key), hi, &more, err) : -1;
    if (!more || um_bound_equal(hi, end))
        um_bound_clear(hi);
    um_result_close(r);
    um_buf_free(&sql);
    return result;
}

int um_range_next(struct um_conn *c, const struct um_table *t, const struct um_key *key,
                  const struct um_bound *lo, const struct um_bound *end, uint64_t rows,
                  struct um_bound *hi, struct um_err *err)
{
    int result = 0;
    bool found = key->kind == UM_KEY_NONE;
    struct um_bound next = {0}; /* hi may be lo itself */
    if (um_range_is_by_number(t, key))
        result = um_range_next_number(c, t, key, lo, end, rows, &next, &found, err);
    if (result == 0 && !found)
        result = next_counted(c, t, key, lo, end, rows, &next, err);
    if (result != 0) {
        um_bound_clear(&next);
        return um_fail_in(err, "looking for the next key range of %s.%s", t->schema, t->name);
    }
    um_bound_clear(hi);
    *hi = next;
    return 0;
}
