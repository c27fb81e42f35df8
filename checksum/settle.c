#include "checksum/settle.h"

#include <string.h>

#include "base/stop.h"
#include "checksum/compare.h"
#include "checksum/doubts.h"

enum {
    PIECE_ROWS = 2000,      /* of a range that differs, read into memory on both sides */
    PIECE_BYTES = 16 << 20, /* or fewer, where rows are large */
    DOUBTS_MAX = 20000,     /* settled together: a round takes as long as the target lags */
    DOUBT_BYTES_MAX = 8 << 20,
    STILL_ROUNDS = 3, /* of a whole table, which is read anew each time */
    ROUNDS_MAX = 8,
};

static int end_look(struct um_worker *worker, struct um_err *err)
{
    for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
        if (um_exec(worker->conn[side], err, "ROLLBACK") != 0)
            return -1;
    }
    return 0;
}

int um_settle_look(struct um_worker *worker, struct um_err *err)
{
    if (end_look(worker, err) != 0)
        return -1;
    for (int side = UM_TARGET; side >= UM_SOURCE; side--) {
        if (um_exec(worker->conn[side], err,
                    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY") != 0)
            return -1;
    }
    return 0;
}

/* ---- by key ---- */

struct settling {
    struct um_worker *worker;
    struct um_range_work *range;
    struct um_doubts doubts;
    bool *equal;
};

static void note(void *context, const char *name, size_t len)
{
    um_doubts_add(context, name, len);
}

static int settle_now(struct settling *s, struct um_err *err)
{
    int result = s->doubts.count ? end_look(s->worker, err) : 0;
    if (result == 0 && s->doubts.count)
        result = um_doubts_settle(s->worker, s->range->table, s->range->number, &s->doubts,
                                  s->equal, err);
    um_doubts_clear(&s->doubts);
    return result;
}

static uint64_t piece_rows(const struct um_pairing *p)
{
    const struct um_table *t = p->table[UM_SOURCE];
    uint64_t row = t->rows_estimate ? t->data_bytes / t->rows_estimate : t->data_bytes;
    uint64_t rows = row ? PIECE_BYTES / row : PIECE_ROWS;
    return rows < 1 ? 1 : rows < PIECE_ROWS ? rows : PIECE_ROWS;
}

/* Where the next piece ends, so that neither side has many rows in it; open: with the range. */
static int next_piece(const struct settling *s, const struct um_bound *lo, struct um_bound *hi,
                      struct um_err *err)
{
    const struct um_pairing *p = &s->range->table->pairing;
    struct um_bound nearer = {0};
    int result = 0;
    um_bound_clear(hi);
    for (int side = UM_SOURCE; result == 0 && side <= UM_TARGET; side++) {
        result = um_range_next(s->worker->conn[side], p->table[side], &p->key[side], lo,
                               um_bound_open(hi) ? &s->range->hi : hi, piece_rows(p), &nearer, err);
        if (result == 0 && !um_bound_open(&nearer))
            um_bound_copy(hi, &nearer);
    }
    um_bound_clear(&nearer);
    return result;
}

/* Each piece within one look; the next one may be of another. */
static int settle_pieces(struct settling *s, struct um_err *err)
{
    struct um_findings found = {.differs = note, .context = &s->doubts};
    const struct um_compare c = {
        .conn = s->worker->conn, .pairing = &s->range->table->pairing, .found = &found};
    struct um_bound lo = {0}, hi = {0};
    int result = 0;
    um_bound_copy(&lo, &s->range->lo);
    for (bool last = false; result == 0 && !last;) {
        result = next_piece(s, &lo, &hi, err);
        last = um_bound_open(&hi);
        if (result == 0)
            result = um_compare_leaf(&c, &lo, last ? &s->range->hi : &hi, err);
        um_bound_copy(&lo, &hi);
        if (result == 0 && !last &&
            (s->doubts.count >= DOUBTS_MAX || s->doubts.names.used >= DOUBT_BYTES_MAX)) {
            result = settle_now(s, err);
            if (result == 0)
                result = um_settle_look(s->worker, err);
        }
    }
    um_bound_clear(&lo);
    um_bound_clear(&hi);
    return result == 0 ? settle_now(s, err) : -1;
}

/* ---- as a whole ---- */

/* The servers share no order of the key: rows that are one side's alone, of the whole table. */
static int settle_rows(struct settling *s, struct um_err *err)
{
    struct um_work_table *t = s->range->table;
    struct um_findings found;
    const struct um_compare c = {.conn = s->worker->conn, .pairing = &t->pairing, .found = &found};
    um_findings_create(&found, 0);
    found.differs = note;
    found.context = &s->doubts;
    int result = um_compare_rows(&c, &s->range->lo, &s->range->hi, s->range->sums, err);
    /* Those that are not among the names, because they are too many, are undecided. */
    uint64_t unnamed = um_findings_total(&found);
    um_findings_destroy(&found);
    if (result == 0)
        result = settle_now(s, err);
    if (result == 0 && unnamed) {
        *s->equal = false;
        um_findings_count(&t->found, UM_KEY_UNDECIDED, unnamed);
        pthread_mutex_lock(&s->worker->work->lock);
        t->undecided = true;
        pthread_mutex_unlock(&s->worker->work->lock);
    }
    return result;
}

static int look_at_all(struct settling *s, struct um_row_sum sums[2], struct um_err *err)
{
    const struct um_verify_options *o = s->worker->work->options;
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "the verification was asked to stop");
    if (end_look(s->worker, err) != 0 || o->catch_up(o->context, s->worker->conn, err) != 0 ||
        um_settle_look(s->worker, err) != 0)
        return -1;
    return um_scan_sums(s->worker->conn, &s->range->table->pairing, &s->range->lo, &s->range->hi,
                        sums, err);
}

/* Nothing tells its rows apart: all of them are one thing that is equal or not. */
static int settle_table(struct settling *s, struct um_err *err)
{
    struct um_work_table *t = s->range->table;
    struct um_row_sum before[2] = {s->range->sums[UM_SOURCE], s->range->sums[UM_TARGET]}, now[2];
    unsigned still = 0;
    for (unsigned round = 0; round < ROUNDS_MAX && still < STILL_ROUNDS; round++) {
        if (look_at_all(s, now, err) != 0)
            return -1;
        if (um_row_sum_equal(&now[UM_SOURCE], &now[UM_TARGET]))
            return 0;
        bool same = um_row_sum_equal(&now[UM_SOURCE], &before[UM_SOURCE]) &&
                    um_row_sum_equal(&now[UM_TARGET], &before[UM_TARGET]);
        still = same ? still + 1 : 0;
        memcpy(before, now, sizeof before);
    }
    *s->equal = false;
    if (still >= STILL_ROUNDS) {
        const struct um_compare c = {s->worker->conn, &t->pairing, &t->found, s->range->number};
        return um_compare_rows(&c, &s->range->lo, &s->range->hi, now, err);
    }
    um_findings_count(&t->found, UM_KEY_UNDECIDED, 1);
    pthread_mutex_lock(&s->worker->work->lock);
    t->undecided = true;
    pthread_mutex_unlock(&s->worker->work->lock);
    return 0;
}

int um_settle(struct um_worker *worker, struct um_range_work *r, bool *equal, struct um_err *err)
{
    const struct um_pairing *p = &r->table->pairing;
    struct settling s = {.worker = worker, .range = r, .equal = equal};
    *equal = true;
    int result = !p->named_by_key ? settle_table(&s, err)
                 : p->same_order  ? settle_pieces(&s, err)
                                  : settle_rows(&s, err);
    um_doubts_clear(&s.doubts);
    return result;
}
