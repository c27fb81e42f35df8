#ifndef MIGRATE_TARGET_REDO_LOG_H
#define MIGRATE_TARGET_REDO_LOG_H

#include "config/config.h"

/*
 * InnoDB's redo log of the target (copy.redo_log). Nothing of it is in the job's state: the server
 * itself tells whether it is off, after a crash of Unmoor as well. The plan has made sure that a
 * server may be lost before it is switched off.
 */
/* Before rows are copied: as the option says. */
int um_redo_log_begin(const struct um_config *config, struct um_err *err);
/* Where it is off, whoever did it: nothing is followed, and no job left, without it. Where the
   option is on, an account that may not switch it on is no error: it was somebody else's doing. */
int um_redo_log_on(const struct um_config *config, struct um_err *err);
/* On the way out, whatever it was that ended the job: says so where it may stay off. */
void um_redo_log_leave(const struct um_config *config);

#endif
