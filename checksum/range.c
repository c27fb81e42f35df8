#include "checksum/range.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "checksum/compare.h"
#include "checksum/settle.h"

enum {
    CHUNK_US = 1000000, /* the time that a range should take */
    PROGRESS_ROWS = 20000,
};

void um_range_work_clear(struct um_range_work *r)
{
    um_bound_clear(&r->lo);
    um_bound_clear(&r->hi);
}

struct range_side {
    struct um_work *work;
    struct um_work_table *table;
    struct um_row_sum *sum;
    bool tells; /* one side tells the progress */
};

static void tell_progress(const struct um_work *w, struct um_work_table *t, uint64_t more)
{
    uint64_t done = atomic_fetch_add(&t->rows_done, more) + more;
    const struct um_table *s = t->input->source;
    if (w->options->progress)
        w->options->progress(w->options->context, s->schema, s->name, done, s->rows_estimate);
}

static int add_row(void *context, const char *const *values, const unsigned long *lengths,
                   const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    struct range_side *side = context;
    um_row_sum_add_row(side->sum, hash);
    if (side->tells && side->sum->rows % PROGRESS_ROWS == 0)
        tell_progress(side->work, side->table, PROGRESS_ROWS);
    return 0;
}

static struct um_compare comparison(struct um_worker *worker, struct um_work_table *t,
                                    uint64_t range)
{
    return (struct um_compare){worker->conn, &t->pairing, &t->found, range};
}

/* By at most a factor of two, so that one slow answer does not decide. A range that was not full
   (the last one) says nothing. */
static void adapt(struct um_work_table *t, const struct um_range_work *r, int64_t took)
{
    if (r->again || r->sums[UM_SOURCE].rows < r->rows_wanted)
        return;
    uint64_t next = r->rows_wanted * CHUNK_US / (uint64_t)(took > 0 ? took : 1);
    uint64_t most = r->rows_wanted * 2 < t->rows_most ? r->rows_wanted * 2 : t->rows_most;
    uint64_t least = r->rows_wanted / 2 > 1 ? r->rows_wanted / 2 : 1;
    t->chunk_rows = next > most ? most : next < least ? least : next;
}

/* Under the lock. Where the servers order keys differently, only the whole table tells. */
static void keep(struct um_work_table *t, const struct um_range_work *r, bool equal)
{
    if (!t->pairing.same_order)
        return;
    const struct um_compared done = {.number = r->number,
                                     .lo = r->lo,
                                     .hi = r->hi,
                                     .rows = {r->sums[UM_SOURCE].rows, r->sums[UM_TARGET].rows},
                                     .equal = equal};
    if (r->again)
        um_compared_again(&t->compared, (size_t)r->number, &done);
    else
        um_compared_add(&t->compared, &done);
}

static int compare_down(struct um_worker *worker, struct um_range_work *r, bool *equal,
                        struct um_err *err)
{
    struct um_work_table *t = r->table;
    struct um_compare c = comparison(worker, t, r->number);
    if (worker->work->options->catch_up)
        return um_settle(worker, r, equal, err);
    return t->pairing.same_order ? um_compare_keys(&c, &r->lo, &r->hi, r->sums, err) : 0;
}

int um_range_read(struct um_worker *worker, struct um_range_work *r, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_work_table *t = r->table;
    struct range_side sides[2] = {{w, t, &r->sums[UM_SOURCE], true},
                                  {w, t, &r->sums[UM_TARGET], false}};
    void *const context[2] = {&sides[UM_SOURCE], &sides[UM_TARGET]};
    int64_t start = um_now_us();
    if (um_fault(UM_FAULT_VERIFY_RANGE, err) != 0 ||
        (w->options->catch_up && um_settle_look(worker, err) != 0) ||
        um_scan_pair(worker->conn, &t->pairing, &r->lo, &r->hi, add_row, context, err) != 0)
        return -1;
    int64_t took = um_now_us() - start;
    tell_progress(w, t, r->sums[UM_SOURCE].rows % PROGRESS_ROWS);

    bool equal = um_row_sum_equal(&r->sums[UM_SOURCE], &r->sums[UM_TARGET]);
    if (!equal && compare_down(worker, r, &equal, err) != 0)
        return -1;
    pthread_mutex_lock(&w->lock);
    um_row_sum_add(&t->total[UM_SOURCE], &r->sums[UM_SOURCE]);
    um_row_sum_add(&t->total[UM_TARGET], &r->sums[UM_TARGET]);
    t->ranges_different += !equal;
    keep(t, r, equal);
    adapt(t, r, took);
    pthread_mutex_unlock(&w->lock);
    return 0;
}

/* ---- the end of a table ---- */

static void add_why(struct um_table_report *report, char *text)
{
    if (report->why && text) {
        char *both = um_sprintf("%s; %s", report->why, text);
        free(report->why);
        free(text);
        report->why = both;
    } else if (text) {
        report->why = text;
    }
}

static void explain(struct um_work_table *t)
{
    struct um_table_report *report = t->report;
    const struct um_findings *found = &t->found;
    if (!t->pairing.named_by_key)
        add_why(report,
                um_sprintf("no unique key tells the rows apart: %llu are only on the source, "
                           "%llu only on the target",
                           (unsigned long long)found->total[UM_KEY_ONLY_SOURCE],
                           (unsigned long long)found->total[UM_KEY_ONLY_TARGET]));
    if (found->at_least)
        add_why(report, um_strdup("too many rows differ to count each of them: there are at least "
                                  "as many as said"));
    if (found->as_rows)
        add_why(report, um_strdup("too many rows differ to pair them by key: a row that differs "
                                  "may be counted on both sides"));
    if (report->keys_different == 0)
        add_why(report, um_sprintf("sums differed, and no row when they were read again: the table "
                                   "changed meanwhile (its engine is %s)",
                                   t->input->source->engine));
}

/* It was compared as a whole: its parts alone say nothing. */
static void keep_whole(struct um_work *w, struct um_work_table *t)
{
    if (t->pairing.same_order || t->report->verdict != UM_EQUAL)
        return;
    pthread_mutex_lock(&w->lock);
    if (!t->compared.now.whole) {
        const struct um_compared all = {
            .number = t->compared.next,
            .rows = {t->total[UM_SOURCE].rows, t->total[UM_TARGET].rows},
            .equal = true};
        um_compared_add(&t->compared, &all);
    }
    pthread_mutex_unlock(&w->lock);
}

static enum um_verdict verdict_of(const struct um_work *w, struct um_work_table *t, bool equal)
{
    bool sums_tell = !w->options->catch_up; /* else they are not of one moment */
    if (t->ranges_different == 0 && (equal || !sums_tell))
        return UM_EQUAL;
    return t->undecided && um_findings_total(&t->found) == 0 ? UM_UNDECIDED : UM_DIFFERENT;
}

/* Runs without the lock: nobody else touches a table whose last range is done. */
int um_range_end_table(struct um_worker *worker, struct um_work_table *t, struct um_err *err)
{
    struct um_work *w = worker->work;
    struct um_table_report *report = t->report;
    bool equal = um_row_sum_equal(&t->total[UM_SOURCE], &t->total[UM_TARGET]);
    if (!t->pairing.same_order && !w->options->catch_up) {
        const struct um_bound open = {0};
        struct um_compare c = comparison(worker, t, 0);
        if (!equal && um_compare_rows(&c, &open, &open, t->total, err) != 0)
            return -1;
        /* Where the servers order keys differently, equal rows can lie in different ranges. */
        if (equal)
            t->ranges_different = 0;
    }
    report->rows_source = t->total[UM_SOURCE].rows;
    report->rows_target = t->total[UM_TARGET].rows;
    report->chunks = t->sample.taken + t->again;
    report->chunks_left_out = t->ranges - t->sample.taken;
    report->rows_about = t->input->source->rows_estimate;
    report->chunks_different = t->ranges_different;
    report->verdict = verdict_of(w, t, equal);
    um_findings_take(&t->found, report);
    if (t->pairing.note)
        add_why(report, um_strdup(t->pairing.note));
    if (report->verdict == UM_DIFFERENT)
        explain(t);
    keep_whole(w, t);
    return 0;
}
