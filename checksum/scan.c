#include "checksum/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/stop.h"

enum { STOP_CHECK_ROWS = 256 };

int um_scan_side(struct um_conn *conn, const struct um_pairing *p, enum um_side side,
                 const struct um_bound *lo, const struct um_bound *hi, uint64_t limit,
                 um_row_sink *sink, void *context, struct um_err *err)
{
    int rc = -1;
    struct um_buf sql = {0};
    struct um_row_hasher *hasher = um_row_hasher_new();
    struct um_resultset *result = NULL;
    const char *const *values;
    const unsigned long *lengths;
    int got;

    um_buf_str(&sql, p->head[side]);
    um_range_where(&sql, p->table[side], &p->key[side], lo, hi);
    if (limit)
        um_buf_fmt(&sql, " LIMIT %llu", (unsigned long long)limit);
    result = um_query_stream(conn, sql.data, sql.len, err);
    if (!result)
        goto done;
    if (um_result_columns(result) != p->column_count) {
        um_fail(err, UM_E_BUG, "%zu columns were selected and %u came", p->column_count,
                um_result_columns(result));
        goto done;
    }
    for (uint64_t row = 0; (got = um_result_next(result, &values, &lengths, err)) == 1; row++) {
        if (row % STOP_CHECK_ROWS == 0 && um_stop_requested()) {
            um_fail(err, UM_E_STOPPED, "the verification was asked to stop");
            goto done;
        }
        struct um_row_hash hash = um_row_hash(hasher, values, lengths, p->column_count);
        if (sink(context, values, lengths, &hash, err) != 0)
            goto done;
    }
    rc = got;
done:
    um_result_close(result);
    um_row_hasher_delete(hasher);
    um_buf_free(&sql);
    return rc;
}

/* ---- both sides ---- */

enum { NOBODY = -1 };

struct pair_scan {
    struct um_conn *const *conn;
    const struct um_pairing *pairing;
    const struct um_bound *lo, *hi;
    um_row_sink *sink;
    void *const *context;
    atomic_int first_failed; /* a side, or NOBODY: its error is the reason for the other's */
    struct um_err errors[2];
};

static void scan_one(struct pair_scan *s, enum um_side side)
{
    if (um_scan_side(s->conn[side], s->pairing, side, s->lo, s->hi, 0, s->sink, s->context[side],
                     &s->errors[side]) == 0)
        return;
    int nobody = NOBODY;
    if (atomic_compare_exchange_strong(&s->first_failed, &nobody, (int)side))
        um_conn_abort(s->conn[side == UM_SOURCE ? UM_TARGET : UM_SOURCE]);
}

static void *scan_target(void *context)
{
    um_mysql_thread_begin();
    scan_one(context, UM_TARGET);
    um_mysql_thread_end();
    return NULL;
}

int um_scan_pair(struct um_conn *const conn[2], const struct um_pairing *p,
                 const struct um_bound *lo, const struct um_bound *hi, um_row_sink *sink,
                 void *const context[2], struct um_err *err)
{
    struct pair_scan s = {.conn = conn,
                          .pairing = p,
                          .lo = lo,
                          .hi = hi,
                          .sink = sink,
                          .context = context,
                          .first_failed = NOBODY};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, scan_target, &s);
    if (failed)
        return um_fail(err, UM_E_SYSTEM, "cannot start a thread: %s", strerror(failed));
    scan_one(&s, UM_SOURCE);
    pthread_join(thread, NULL);
    if (s.first_failed == NOBODY)
        return 0;
    *err = s.errors[s.first_failed];
    struct um_buf where = {0};
    um_pairing_describe_range(p, lo, hi, &where);
    um_fail_in(err, "reading %s", where.data);
    um_buf_free(&where);
    return -1;
}

static int add_to_sum(void *context, const char *const *values, const unsigned long *lengths,
                      const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    um_row_sum_add_row(context, hash);
    return 0;
}

int um_scan_sums(struct um_conn *const conn[2], const struct um_pairing *p,
                 const struct um_bound *lo, const struct um_bound *hi, struct um_row_sum sums[2],
                 struct um_err *err)
{
    void *const context[2] = {&sums[UM_SOURCE], &sums[UM_TARGET]};
    memset(sums, 0, 2 * sizeof *sums);
    return um_scan_pair(conn, p, lo, hi, add_to_sum, context, err);
}
