#ifndef MIGRATE_APPLY_GONE_H
#define MIGRATE_APPLY_GONE_H

#include "apply/schedule.h"

/*
 * A source that logs what foreign keys cascade (MySQL from 9.6 on) can log twice that a row is
 * deleted, the second time by its parent, where rows refer to one another in a circle. Leaves the
 * second one out of task->changes: a row with a key is gone until its transaction writes a row of
 * that key again, so it says nothing. Seen within one part of a transaction only.
 */
void um_gone_leave_out(const struct um_job *job, struct um_task *task);

#endif
