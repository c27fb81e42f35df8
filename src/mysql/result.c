#include "mysql/conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "mysql/client.h"

enum {
    /* A remainder up to these is read and dropped; a larger one is cancelled. */
    DRAIN_BYTES = 1024 * 1024,
    DRAIN_US = 200 * 1000,
};

struct um_resultset {
    struct um_conn *conn;
    MYSQL_RES *res;
    bool streaming, ended;
    bool among_others; /* of one packet: their answers are somebody else's */
};

int um_drop_rows(struct um_conn *c, const char *sql, struct um_err *err)
{
    if (!mysql_field_count(c->mysql))
        return 0;
    MYSQL_RES *res = mysql_use_result(c->mysql);
    if (!res && mysql_errno(c->mysql))
        return um_conn_fail(c, sql, err);
    while (res && mysql_fetch_row(res))
        ;
    bool failed = mysql_errno(c->mysql) != 0;
    mysql_free_result(res);
    return failed ? um_conn_fail(c, sql, err) : 0;
}

int um_drain(struct um_conn *c, const char *sql, struct um_err *err)
{
    for (;;) {
        if (um_drop_rows(c, sql, err) != 0)
            return -1;
        int more = mysql_next_result(c->mysql);
        if (more < 0)
            return 0;
        if (more > 0)
            return um_conn_fail(c, sql, err);
    }
}

static struct um_resultset *open_rows(struct um_conn *c, const char *sql, bool streaming,
                                      struct um_err *err)
{
    MYSQL_RES *res = streaming ? mysql_use_result(c->mysql) : mysql_store_result(c->mysql);
    if (!res) {
        if (mysql_errno(c->mysql))
            um_conn_fail(c, sql, err);
        else
            um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                    "%s: a query returned no result set", c->where);
        return NULL;
    }
    struct um_resultset *r = um_alloc(sizeof *r);
    r->conn = c;
    r->res = res;
    r->streaming = streaming;
    return r;
}

static struct um_resultset *start(struct um_conn *c, const char *sql, size_t len, bool streaming,
                                  struct um_err *err)
{
    return um_conn_send(c, sql, len, err) == 0 ? open_rows(c, sql, streaming, err) : NULL;
}

static struct um_resultset *query(struct um_conn *c, struct um_err *err, const char *fmt,
                                  va_list args)
{
    struct um_buf sql = {0};
    um_buf_vfmt(&sql, fmt, args);
    struct um_resultset *r = start(c, sql.data, sql.len, false, err);
    um_buf_free(&sql);
    return r;
}

struct um_resultset *um_query(struct um_conn *c, struct um_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct um_resultset *r = query(c, err, fmt, args);
    va_end(args);
    return r;
}

struct um_resultset *um_query_stream(struct um_conn *c, const char *sql, size_t len,
                                     struct um_err *err)
{
    return start(c, sql, len, true, err);
}

struct um_resultset *um_multi_rows(struct um_conn *c, bool first, struct um_err *err)
{
    int more = um_multi_next(c, first, err);
    if (more == 0)
        um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                "%s: a query that was sent with others was not answered", c->where);
    struct um_resultset *r = more > 0 ? open_rows(c, "SELECT", true, err) : NULL;
    if (r)
        r->among_others = true;
    return r;
}

int um_multi_rest(struct um_conn *c, struct um_err *err)
{
    int more;
    while ((more = um_multi_next(c, false, err)) > 0) {
        if (um_drop_rows(c, "SELECT", err) != 0)
            return -1;
    }
    return more;
}

int um_result_next(struct um_resultset *r, const char *const **values,
                   const unsigned long **lengths, struct um_err *err)
{
    MYSQL_ROW row = mysql_fetch_row(r->res);
    if (!row) {
        r->ended = true;
        if (r->streaming && mysql_errno(r->conn->mysql))
            return um_conn_fail(r->conn, "SELECT", err);
        return 0;
    }
    *values = (const char *const *)row;
    *lengths = mysql_fetch_lengths(r->res);
    return 1;
}

unsigned um_result_columns(const struct um_resultset *r)
{
    return mysql_num_fields(r->res);
}

const char *um_result_column_name(const struct um_resultset *r, unsigned i)
{
    return mysql_fetch_field_direct(r->res, i)->name;
}

uint64_t um_result_rows(const struct um_resultset *r)
{
    return mysql_num_rows(r->res);
}

/* ---- the end of a stream that was not read to its end ---- */

/* True when the remainder came to its end within bounds. */
static bool drain_some(struct um_resultset *r)
{
    size_t bytes = 0;
    int64_t deadline = um_now_us() + DRAIN_US;
    unsigned columns = mysql_num_fields(r->res);
    while (mysql_fetch_row(r->res)) {
        const unsigned long *lengths = mysql_fetch_lengths(r->res);
        for (unsigned i = 0; i < columns; i++)
            bytes += lengths[i];
        if (bytes > DRAIN_BYTES || um_now_us() > deadline)
            return false;
    }
    return true;
}

/* KILL QUERY through a second connection, which must be to the very same server: behind a
   balancer it may be another one, where the number belongs to somebody else. */
static int kill_query(struct um_conn *c, struct um_err *err)
{
    struct um_conn *killer = um_conn_open(c->endpoint, err);
    if (!killer)
        return -1;
    int result = -1;
    if (strcmp(killer->server.uuid, c->server.uuid) == 0)
        result = um_exec(killer, err, "KILL QUERY %lu", c->server.thread_id);
    um_conn_close(killer);
    return result;
}

/*
 * A large remainder is not worth its transfer, and the session may hold a snapshot that must
 * live: so the query is killed, not the connection. Only where that cannot be done the connection
 * is closed, and the next use of it reports it as lost.
 */
static void cancel(struct um_resultset *r)
{
    struct um_conn *c = r->conn;
    struct um_err err;
    if (kill_query(c, &err)) {
        um_conn_abort(c);
        return;
    }
    while (mysql_fetch_row(r->res))
        ;
    um_multi_rest(c, &err);
    /* When the query ended before the kill arrived, the kill waits for the next statement. */
    um_exec(c, &err, "DO 0");
}

void um_result_close(struct um_resultset *r)
{
    if (!r)
        return;
    bool complete = r->ended && mysql_errno(r->conn->mysql) == 0;
    if (r->streaming && !r->ended && !drain_some(r))
        cancel(r);
    mysql_free_result(r->res);
    struct um_err ignored;
    if (!r->among_others || !complete)
        um_multi_rest(r->conn, &ignored);
    free(r);
}

/* ---- one value ---- */

static int one_value(struct um_conn *c, char **out, struct um_err *err, const char *fmt,
                     va_list args)
{
    const char *const *row = NULL;
    const unsigned long *lengths = NULL;
    *out = NULL;
    struct um_resultset *r = query(c, err, fmt, args);
    if (!r)
        return -1;
    int more = um_result_next(r, &row, &lengths, err);
    if (more == 1 && row[0])
        *out = um_memdup(row[0], lengths[0]);
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

int um_query_value(struct um_conn *c, char **out, struct um_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int result = one_value(c, out, err, fmt, args);
    va_end(args);
    return result;
}

int um_query_uint(struct um_conn *c, uint64_t *out, struct um_err *err, const char *fmt, ...)
{
    char *text = NULL, *end;
    va_list args;
    va_start(args, fmt);
    int result = one_value(c, &text, err, fmt, args);
    va_end(args);
    if (result)
        return result;
    errno = 0;
    *out = text ? strtoull(text, &end, 10) : 0;
    if (!text || end == text || *end || errno)
        result = um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                         "%s: a query for a number returned %s", c->where, text ? text : "nothing");
    free(text);
    return result;
}
