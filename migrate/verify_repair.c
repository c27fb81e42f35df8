#include <stdlib.h>

#include "base/mem.h"
#include "repair_job.h"
#include "verification.h"

/* The tables of a report that differ, and what is known of their rows. */
struct differing {
    struct um_verify_table *pairs;
    struct um_damage *damage;
    struct um_table_report **reports;
    uint64_t *rows; /* that differed when they were compared last */
    size_t count;
};

static void differing_clear(struct differing *d)
{
    for (size_t i = 0; i < d->count; i++)
        um_damage_clear(&d->damage[i]);
    free(d->pairs);
    free(d->damage);
    free(d->reports);
    free(d->rows);
    *d = (struct differing){0};
}

static void differing_create(struct differing *d, size_t most)
{
    *d = (struct differing){.pairs = um_alloc_array(most + 1, sizeof *d->pairs),
                            .damage = um_alloc_array(most + 1, sizeof *d->damage),
                            .reports = um_alloc_array(most + 1, sizeof *d->reports),
                            .rows = um_alloc_array(most + 1, sizeof *d->rows)};
}

/* Takes the damage over. */
static void differing_add(struct differing *d, const struct um_verify_table *pair,
                          struct um_damage *damage, struct um_table_report *report)
{
    d->pairs[d->count] = *pair;
    d->damage[d->count] = *damage;
    d->reports[d->count] = report;
    d->rows[d->count++] = report->keys_different;
    *damage = (struct um_damage){0};
}

static uint64_t repaired_rows(const struct um_table_report *t)
{
    return t->repair.inserted + t->repair.updated + t->repair.deleted;
}

/* What the table is now, in place of what it was; what was repaired stays. */
static void take_verdict(struct um_table_report *to, struct um_table_report *from,
                         const struct um_position *at)
{
    const struct um_table_report before = *to;
    *to = *from;
    to->repair_tried = before.repair_tried;
    to->repair = before.repair;
    um_position_copy(&to->at, at);
    *from = before;
    from->repair_tried = false;
    from->repair = (struct um_repair_report){0};
}

/* Those that were repaired are compared once more. *left: tables that differ still, of more rows
   than were known, and fewer than before. */
static int compare_again(struct verification *v, struct differing *repaired, struct differing *left,
                         struct um_err *err)
{
    struct differing again;
    struct um_verify_report report = {0};
    differing_create(&again, repaired->count);
    differing_create(left, repaired->count);
    for (size_t i = 0; i < repaired->count; i++) {
        if (repaired->reports[i]->repair.refused)
            continue;
        bool more = repaired->damage[i].more;
        struct um_damage none = {.more = false};
        differing_add(&again, &repaired->pairs[i], &none, repaired->reports[i]);
        again.rows[again.count - 1] = more ? repaired->rows[i] : 0;
    }
    int result = again.count
                     ? um_verification_pass(v, again.pairs, again.count, again.damage, &report, err)
                     : 0;
    for (size_t i = 0; result == 0 && i < again.count; i++) {
        struct um_table_report *t = again.reports[i];
        take_verdict(t, &report.tables[i], &report.at);
        if (t->verdict == UM_DIFFERENT && t->keys_different < again.rows[i])
            differing_add(left, &again.pairs[i], &again.damage[i], t);
    }
    um_verify_report_clear(&report);
    differing_clear(&again);
    return result;
}

static int repair_and_compare(struct verification *v, struct differing *d, uint64_t run,
                              struct um_err *err)
{
    int result = 0;
    while (result == 0 && d->count) {
        struct um_moment m = um_verification_moment(v, true);
        struct differing left = {0};
        const struct um_repair_job job = {.moment = &m,
                                          .throttle = v->throttle,
                                          .pairs = d->pairs,
                                          .damage = d->damage,
                                          .reports = d->reports,
                                          .count = d->count,
                                          .run = run};
        result = um_repair(&job, err);
        if (result == 0)
            result = compare_again(v, d, &left, err);
        differing_clear(d);
        *d = left;
    }
    return result;
}

static void sum_up(struct um_verify_report *report, uint64_t *found, const struct um_config *config)
{
    report->equal = true;
    for (size_t i = 0; i < report->table_count; i++) {
        struct um_table_report *t = &report->tables[i];
        uint64_t done = repaired_rows(t);
        report->equal &= t->verdict == UM_EQUAL;
        t->repair.settled =
            t->repair_tried && !t->repair.refused && found[i] > done && t->verdict == UM_EQUAL
                ? found[i] - done
                : 0;
        if (done && !report->repaired_in)
            report->repaired_in = um_sprintf("%s.job_repair", config->state.schema);
    }
}

int um_verification_repair(struct verification *v, struct um_damage *damage,
                           struct um_verify_table *pairs, struct um_verify_report *report,
                           struct um_err *err)
{
    struct differing d;
    uint64_t *found = um_alloc_array(report->table_count + 1, sizeof *found);
    report->repair = true;
    report->run = (uint64_t)report->started_us;
    differing_create(&d, report->table_count);
    for (size_t i = 0; i < report->table_count; i++) {
        struct um_table_report *t = &report->tables[i];
        found[i] = t->inexact ? 0 : t->keys_different;
        if (t->verdict != UM_EQUAL)
            differing_add(&d, &pairs[i], &damage[i], t);
    }
    int result = repair_and_compare(v, &d, report->run, err);
    differing_clear(&d);
    sum_up(report, found, v->config);
    free(found);
    return result;
}
