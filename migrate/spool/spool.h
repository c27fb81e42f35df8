#ifndef MIGRATE_SPOOL_SPOOL_H
#define MIGRATE_SPOOL_SPOOL_H

#include "change/position.h"
#include "config/config.h"
#include "mysql/stream.h"

/*
 * The spool: the source's binlog on local disk, from the file of the first snapshot's position on,
 * so that a source that purges its binlogs meanwhile does not end a long copy.
 *
 * Its files are the source's: of the same names, and each byte where the source has it. So a
 * position is the same in both, and a file's beginning tells of which history it is, as the
 * source's does. What the source leaves out of its stream is filled with events to be ignored.
 *
 *   directory.c  the job's own directory: whose it is, and what is in it
 *   spool.c      the files, and where they end; for any thread
 *   writer.c     the thread that reads the source's stream into them
 *   cursor.c     from them, the events that the source would send
 */
struct um_spool;

/* As what it is written and found again. */
struct um_spool_owner {
    const struct um_config *config;
    const char *origin; /* of the job: another one begins with each --restart */
};

/*
 * Takes the job's spool for this process, and cuts off what is not whole at its end. *spool is NULL
 * without spool.directory, and without `make` where there is nothing. UM_E_SPOOL_DIRECTORY,
 * UM_E_SPOOL_FOREIGN.
 */
int um_spool_open(const struct um_spool_owner *owner, bool make, struct um_spool **spool,
                  struct um_err *err);
void um_spool_close(struct um_spool *s); /* stops its thread; what is there stays */
/* Closes it, and removes it from the disk. */
void um_spool_remove(struct um_spool *s);

/*
 * Begins to spool, unless it has begun or was stopped: from the end of what there is, if that holds
 * `from`, else anew from the file of `from`. It never fails the job: what stops it is warned of,
 * and what is there stays of use.
 */
void um_spool_begin(struct um_spool *s, const struct um_position *from, int64_t log_born,
                    const struct um_stream_options *stream);
/* For good: what is whole stays. */
void um_spool_stop(struct um_spool *s);

/* Can the stream be read from `at` on? Not in a file of another history: *log_born is when the
   source created its file, and is filled in where it is 0. NULL holds nothing. */
bool um_spool_holds(struct um_spool *s, const struct um_position *at, int64_t *log_born);
/* Where it ends at the moment, and of which file that is; false: it is empty. No GTIDs. */
bool um_spool_end(struct um_spool *s, struct um_position *end, int64_t *log_born);
/* Deletes the files before this one, which is recorded as applied. */
int um_spool_forget(struct um_spool *s, const struct um_position *applied, struct um_err *err);

/* What is on the disk, looked at beside a process that has it. False: nothing of this job. */
struct um_spool_look {
    uint64_t bytes;
    char file[256]; /* "": no event yet */
    uint64_t offset;
    char *stopped; /* why nothing was added any more, or NULL */
};
bool um_spool_look(const struct um_spool_owner *owner, struct um_spool_look *out);

/* For the plan: NULL, or what is wrong with the directory, malloc'd. *free_bytes: of its disk. */
char *um_spool_check(const struct um_config *config, uint64_t *free_bytes);

#endif
