#ifndef MIGRATE_CUTOVER_RUN_H
#define MIGRATE_CUTOVER_RUN_H

#include "cutover/arm.h"
#include "cutover/journal.h"
#include "cutover_job.h"

/*
 * Private to cutover_job.c (the machine), cutover_begin.c (what is done while the application still
 * writes), cutover_steps.c (the steps), cutover_retreat.c and cutover_show.c (what would be done).
 * One thread.
 */
struct um_cutover_run {
    struct um_config config; /* a lost connection is not waited for: what holds a lock is gone */
    const struct um_cli *cli;
    struct um_conn *asker;  /* target: the verification's lock; asks for the job */
    struct um_conn *target; /* the cutover's lock there; opens it */
    struct um_conn *source; /* the cutover's lock there; fences it, and lifts the fence */
    struct um_job job;
    unsigned long source_session; /* that has it, or had it when it was lost */
    struct um_state *state; /* of the job, or its own where the job is not opened; the job's lock */
    struct um_arm arm;
    struct um_journal journal;
    struct um_cutover now;        /* what is, or may be, in the journal */
    int64_t fenced_us, opened_us; /* 0: not yet */
    int64_t begun_us;             /* the step at hand */
    bool draining;
    int64_t asked_us;         /* when the position that is being followed up to was read */
    struct um_position quiet; /* of the source, behind the last that this job writes there */
    unsigned rounds;
    uint64_t conflict; /* the last that was recorded before it began */
    struct um_cutover_report *report;
};

/* ---- cutover_begin.c ---- */

/* That of the cutover, on one of the servers: UM_E_CUTOVER_RUNNING. */
int um_cutover_lock(struct um_conn *conn, const struct um_config *config, struct um_err *err);
/* The target's first, as every command takes it. */
int um_cutover_take_locks(struct um_cutover_run *c, struct um_err *err);
/* Why it would not be safe, to the report. */
int um_cutover_ask_gate(struct um_cutover_run *c, const struct um_config *config, bool acts,
                        struct um_err *err);
/* `anew`: the statements that undo it are read from the servers, and not from the journal. */
int um_cutover_prepare(struct um_cutover_run *c, bool anew, struct um_err *err);
/* For what needs no more than the journal. */
int um_cutover_open_state(struct um_cutover_run *c, struct um_err *err);

/* ---- cutover_steps.c ---- */

void um_cutover_report_step(struct um_cutover_report *r, const char *name, const char *where,
                            const char *text, double seconds);
/* The state is in the journal, or may be, before what it announces is done. */
int um_cutover_write(struct um_cutover_run *c, enum um_cutover_state state, struct um_err *err);
int um_cutover_call_hook(struct um_cutover_run *c, const char *event, struct um_err *err);
/* From the fence to the decision to open the target. A rehearsal ends in front of the switch. */
int um_cutover_go_to_opening(struct um_cutover_run *c, struct um_err *err);
int um_cutover_finish(struct um_cutover_run *c, struct um_err *err);

/* ---- cutover_retreat.c ---- */

/* `given` has the patience that c->config has not; `cause` is why, NULL: it was asked for. */
int um_cutover_retreat(struct um_cutover_run *c, const struct um_config *given,
                       const struct um_err *cause, struct um_err *err);
int um_cutover_ambiguous(const struct um_cutover_run *c, const struct um_err *cause,
                         struct um_err *err);

/* ---- cutover_show.c ---- */

int um_cutover_show(struct um_cutover_run *c, const struct um_config *given, struct um_err *err);

#endif
