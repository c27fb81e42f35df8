#ifndef MIGRATE_CUTOVER_JOB_H
#define MIGRATE_CUTOVER_JOB_H

#include "base/mem.h"
#include "config/config.h"

/*
 * `unmoor cutover`: the table of docs/cutover-states.md in code. `config` is that of its direction:
 * for the way back the reversed one.
 */
struct um_cutover_step {
    const char *name, *where; /* "fence", "source" */
    char *text;               /* a statement, or what is done; of a step that was done: NULL */
    double seconds;           /* that it took, this time or the last; < 0: not known */
};

struct um_cutover_report {
    bool executed, rehearsed, retreated, done_before;
    uint64_t term;
    double pause_seconds;   /* for which the application could not write; < 0: not known */
    struct um_strv reasons; /* why the gate is closed */
    struct um_cutover_step *steps;
    size_t step_count, step_cap;
};
void um_cutover_report_clear(struct um_cutover_report *r);

/* Without cli->execute, cli->rehearse and cli->retreat: what would be done, and the gate's reasons.
   On -1 the report is filled as far as it came. */
int um_cutover_job(const struct um_config *config, const struct um_cli *cli,
                   struct um_cutover_report *report, struct um_err *err);

#endif
