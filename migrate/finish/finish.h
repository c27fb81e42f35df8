#ifndef MIGRATE_FINISH_H
#define MIGRATE_FINISH_H

#include "apply/coverage.h"
#include "job/job.h"

/* What makes loaded tables whole. Each looks at what is there, so it can be repeated. */

/* Indexes and foreign keys. `hold_back` (may be NULL): tables whose chunks are at different
   positions keep their unique indexes and foreign keys until the stream has passed them. */
int um_finish_tables(struct um_job *job, const struct um_coverage *hold_back, struct um_err *err);
/* Views and routines; events, disabled. */
int um_finish_objects(struct um_job *job, struct um_err *err);
/* In step with the source and nothing applied any more: triggers, AUTO_INCREMENT. */
int um_finish_settle(struct um_job *job, struct um_err *err);
/* Before anything is applied again: no triggers. */
int um_finish_unsettle(struct um_job *job, struct um_err *err);

#endif
