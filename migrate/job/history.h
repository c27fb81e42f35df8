#ifndef MIGRATE_JOB_HISTORY_H
#define MIGRATE_JOB_HISTORY_H

#include "job/job.h"

/*
 * Is the source's binlog still the one that was followed so far? After RESET MASTER, a restore or
 * a failover the same files, offsets and GTIDs stand for other changes, and what is new under old
 * names would be taken for applied. Two signs tell:
 *
 *   the source does not have everything that was applied;
 *   the binlog file that was read last was created at another time.
 *
 * With a spool, what it holds counts as read: the source may have purged it, but has to have what
 * comes behind it.
 *
 * Errors: UM_E_SOURCE_DIVERGED.
 */

/* Before the stream is opened, and where a snapshot is taken. Takes the file's time of creation
   down in `progress` when the state does not have it yet. 1: the source cannot be asked (err says
   why), and the spool has something to go on with. */
int um_history_check(const struct um_job *job, struct um_state_progress *progress,
                     struct um_err *err);

/* While it is read: a server that was reset goes on sending heartbeats for the old file. */
struct um_history_watch {
    const struct um_job *job;
    struct um_conn *source; /* opened when it is needed */
    char file[256];         /* where the stream stood at the last look */
    uint64_t offset;
    unsigned behind, silent; /* looks in a row */
    int64_t next_look;
};
/* `heard`: the stream gave signs of life since the last call, other than new positions. Fails with
   UM_E_SOURCE_LOST when the stream brings nothing though there is something: then it is to be
   opened again, after um_history_check. */
int um_history_look(struct um_history_watch *w, const struct um_position *applied, bool heard,
                    struct um_err *err);
void um_history_watch_clear(struct um_history_watch *w);

#endif
