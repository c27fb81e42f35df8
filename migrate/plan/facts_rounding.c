#include "plan/facts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "mysql/literal.h"
#include "schema/ddl.h"

/*
 * Values that FLOAT(M,D) and DOUBLE(M,D) columns would not take again. No index finds them, so
 * rows are read until there is one, or until the time is up.
 */
enum {
    TABLE_MS = 3000,
    ALL_MS = 60000,
    ROWS_WITHOUT_CLOCK = 100000, /* where a statement's time cannot be bounded: MySQL 5.6 */
};

static bool to_be_looked_at(const struct um_column *c)
{
    return um_column_writable(c) && um_column_rounds(c);
}

static size_t put_columns(struct um_buf *sql, const struct um_table *t, const char *between,
                          void (*put)(struct um_buf *, const struct um_column *))
{
    size_t count = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        if (!to_be_looked_at(&t->columns[i]))
            continue;
        um_buf_str(sql, count++ ? between : "");
        put(sql, &t->columns[i]);
    }
    return count;
}

static void put_name(struct um_buf *sql, const struct um_column *c)
{
    um_quote_ident(sql, c->name);
}

static bool has_clock(const struct um_server *s)
{
    return s->flavour == UM_MARIADB || s->version >= 50708;
}

static void put_query(struct um_buf *sql, const struct um_server *s, const struct um_table *t,
                      int64_t ms)
{
    if (s->flavour == UM_MARIADB)
        um_buf_fmt(sql, "SET STATEMENT max_statement_time=%.3f FOR SELECT ", (double)ms / 1000);
    else
        um_buf_fmt(sql, "SELECT /*+ MAX_EXECUTION_TIME(%" PRId64 ") */ ", ms);
    put_columns(sql, t, ",", um_column_rounded_where);
    um_buf_str(sql, " FROM ");
    if (!has_clock(s)) {
        um_buf_str(sql, "(SELECT ");
        put_columns(sql, t, ",", put_name);
        um_buf_str(sql, " FROM ");
    }
    um_quote_table(sql, t->schema, t->name);
    if (!has_clock(s))
        um_buf_fmt(sql, " LIMIT %d) AS some_rows", ROWS_WITHOUT_CLOCK);
    um_buf_str(sql, " WHERE ");
    put_columns(sql, t, " OR ", um_column_rounded_where);
    um_buf_str(sql, " LIMIT 1");
}

static void note(struct um_source_facts *s, const struct um_table *t, const char *const *row)
{
    um_grow(&s->unrounded, &s->unrounded_cap, s->unrounded_count + 1, sizeof *s->unrounded);
    struct um_unrounded *u = &s->unrounded[s->unrounded_count++];
    *u = (struct um_unrounded){.table = t};
    for (size_t i = 0, n = 0; row && i < t->column_count; i++) {
        if (!to_be_looked_at(&t->columns[i]))
            continue;
        const char *is = row[n++];
        if (is && *is == '1')
            um_strv_add(&u->columns, t->columns[i].name);
    }
}

static int look_at(struct um_conn *c, struct um_source_facts *s, const struct um_table *t,
                   int64_t ms, struct um_err *err)
{
    struct um_buf sql = {0};
    put_query(&sql, s->side.server, t, ms);
    const char *const *row;
    const unsigned long *lengths;
    struct um_resultset *r = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    int more = r ? um_result_next(r, &row, &lengths, err) : -1;
    bool whole = has_clock(s->side.server) || t->rows_estimate < ROWS_WITHOUT_CLOCK;
    if (more < 0 && um_err_is_lost(err)) {
        um_result_close(r);
        return -1;
    }
    if (more > 0)
        note(s, t, row);
    else if (more < 0 || !whole)
        note(s, t, NULL);
    if (more < 0)
        um_err_clear(err);
    um_result_close(r);
    return 0;
}

int um_facts_rounding(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                      struct um_err *err)
{
    int64_t end = um_now_us() + (int64_t)ALL_MS * 1000;
    for (size_t i = 0; i < tables->count; i++) {
        const struct um_table *t = tables->items[i];
        struct um_buf names = {0};
        size_t columns = put_columns(&names, t, ",", put_name);
        um_buf_free(&names);
        int64_t left = (end - um_now_us()) / 1000;
        if (columns == 0 || um_facts_is_member(f, t->schema, t->name))
            continue;
        if (left <= 0)
            note(&f->source, t, NULL);
        else if (look_at(c, &f->source, t, left < TABLE_MS ? left : TABLE_MS, err) != 0)
            return -1;
    }
    return 0;
}
