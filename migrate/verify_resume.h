#ifndef MIGRATE_VERIFY_RESUME_H
#define MIGRATE_VERIFY_RESUME_H

#include "checksum/progress.h"
#include "checksum/verify.h"
#include "state/verified.h"

/*
 * A verification that can be gone on with: what it compares is recorded on the target
 * (state/verified.h), one mark for each table, and the next one begins there.
 *
 * Why a verdict from several positions holds: a range that was equal at P1 is equal at every later
 * position for as long as the applier carries out each change of it exactly, which is what it does
 * or stops. So what was recorded is of use only if nothing was overwritten or passed over since,
 * and if the table is still the one that was compared: not copied again, not altered on either
 * side.
 */
struct um_verify_resume;

/* Behind the job's tables as they are now. `go_on`: what is recorded is of use; else it goes. */
struct um_verify_resume *um_verify_resume_new(struct um_conn *control,
                                              const struct um_config *config, const char *origin,
                                              bool go_on, struct um_err *err);
void um_verify_resume_delete(struct um_verify_resume *r);

/* Of tables as they are read: fills out[i], which is empty. `at` is where they are compared. */
int um_verify_resume_begin(struct um_verify_resume *r, const struct um_verify_table *pairs,
                           size_t count, const struct um_position *at, struct um_resume *out,
                           struct um_err *err);
/* As um_verify_record. */
int um_verify_resume_record(struct um_verify_resume *r, size_t table, const struct um_verified *now,
                            const bool *again_done, struct um_err *err);
/* All is compared: what the parts before have told becomes part of the report, and goes. */
void um_verify_resume_end(struct um_verify_resume *r, struct um_verify_report *report);

#endif
