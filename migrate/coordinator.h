#ifndef MIGRATE_COORDINATOR_H
#define MIGRATE_COORDINATOR_H

#include "config/config.h"
#include "job/job.h"

/*
 * The job, from beginning to end. Read coordinator.c first: it is the table of contents of the
 * program. Ends with 0, -1, or UM_FOLLOW_HANDED_OVER (follow/follow.h).
 */
int um_coordinator_run(const struct um_config *config, const struct um_cli *cli, bool restart,
                       struct um_err *err);
/* The same through cutovers, to which it is handed over (hand_over.c). */
int um_migrate(const struct um_config *config, const struct um_cli *cli, struct um_err *err);

/* Locks an existing job, takes it over and reads the source's catalogue; the target's is for
   whoever follows (um_job_read_target). UM_E_STATE_NONE when there is no such job. For
   verification. */
int um_coordinator_open(const struct um_config *config, struct um_job *job, struct um_err *err);

/* `unmoor reverse`: waits until its source owns the writes, and follows it from where the cutover
   has armed it. `config` is the reversed one. */
int um_reverse(const struct um_config *config, const struct um_cli *cli, struct um_err *err);

#endif
