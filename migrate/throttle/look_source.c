#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mysql/server.h"
#include "throttle/look.h"

/* The source: how much runs on it, and what a query of the user's own says. */

enum { QUERY_S = 5 };

/* ---- threads running ---- */

static int look_at_threads(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    uint64_t most = l->config->throttle.threads_running;
    const char *const *row;
    const unsigned long *lengths;
    if (!most)
        return 0;
    struct um_resultset *r = um_query(l->conn, err, "SHOW GLOBAL STATUS LIKE 'Threads_running'");
    int more = r ? um_result_next(r, &row, &lengths, err) : -1;
    uint64_t running = more == 1 && row[1] ? strtoull(row[1], NULL, 10) : 0;
    um_result_close(r);
    if (running > most)
        um_reasons_add(out, "threads", "%" PRIu64 " threads run on the source, more than %" PRIu64,
                       running, most);
    return more < 0 ? -1 : 0;
}

/* ---- the query ---- */

bool um_look_number(const char *text, double *out)
{
    char *end = NULL;
    if (!text || !*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == 0 && isfinite(*out);
}

static int is_no_number(struct um_err *err, const char *found)
{
    return um_fail(err, UM_E_THROTTLE_QUERY, "throttle.query has to give one number, and gives %s",
                   found);
}

/* Nothing of the value is told that is no number: it may be anything. */
static int take_number(struct um_resultset *r, double *out, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    if (um_result_columns(r) != 1)
        return is_no_number(err, "several columns");
    int more = um_result_next(r, &row, &lengths, err);
    if (more <= 0)
        return more < 0 ? -1 : is_no_number(err, "no row");
    if (!row[0])
        return is_no_number(err, "NULL");
    if (!um_look_number(row[0], out))
        return is_no_number(err, "a text");
    more = um_result_next(r, &row, &lengths, err);
    return more == 1 ? is_no_number(err, "several rows") : more;
}

/* A query that hangs must not be followed by another one; MySQL 5.6 has no such limit. */
static int set_up(struct um_look *l, struct um_err *err)
{
    const struct um_server *s = um_conn_server(l->conn);
    if (l->set_up)
        return 0;
    if (um_exec(l->conn, err, "SET SESSION TRANSACTION READ ONLY") != 0)
        return -1;
    if (s->flavour == UM_MARIADB &&
        um_exec(l->conn, err, "SET SESSION max_statement_time=%d", QUERY_S) != 0)
        return -1;
    if (s->flavour == UM_MYSQL && s->version >= 50708 &&
        um_exec(l->conn, err, "SET SESSION max_execution_time=%d", QUERY_S * 1000) != 0)
        return -1;
    l->set_up = true;
    return 0;
}

static int run_query(struct um_look *l, double *out, struct um_err *err)
{
    const char *sql = l->config->throttle.query;
    struct um_resultset *r = um_query_stream(l->conn, sql, strlen(sql), err);
    int result = r ? take_number(r, out, err) : -1;
    um_result_close(r);
    return result;
}

static int look_at_query(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    double value = 0;
    if (!l->config->throttle.query)
        return 0;
    if (run_query(l, &value, err) == 0) {
        if (value > 0)
            um_reasons_add(out, "query", "throttle.query gives %.15g", value);
        return 0;
    }
    if (um_look_may_pass(err) || err->id == UM_E_THROTTLE_QUERY)
        return -1;
    struct um_err server = *err;
    return um_fail(err, UM_E_THROTTLE_QUERY, "throttle.query fails: %s", server.text);
}

int um_look_ask_source(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    if (set_up(l, err) != 0 || look_at_threads(l, out, err) != 0)
        return -1;
    return look_at_query(l, out, err);
}
