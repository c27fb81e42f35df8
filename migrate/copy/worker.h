#ifndef MIGRATE_COPY_WORKER_H
#define MIGRATE_COPY_WORKER_H

#include <pthread.h>

#include "checksum/pairing.h"
#include "copy/chunker.h"
#include "copy/times.h"
#include "job/job.h"

/* One run of the copy, shared by its workers. Private to this folder. */
struct copy_table {
    struct um_job_table *table;
    struct um_chunker *chunker;
    struct um_pairing *check; /* how its chunks are read back; NULL: they are not */
    bool begun;               /* a worker was at it, in this snapshot */
    bool cut;                 /* the chunker has no more */
    unsigned active;          /* workers with a chunk of it */
    bool finishing;
    bool recorded; /* that it is copied */
};

struct copy {
    struct um_job *job;
    struct um_conn **sources; /* one per worker, inside its snapshot */
    uint32_t *snapshot_ids;   /* likewise */
    size_t worker_count;
    bool own_positions; /* each session has a position of its own (lock-free) */
    bool local_infile;

    pthread_mutex_t lock;      /* guards what follows, and the state's connection */
    struct copy_table *tables; /* largest first */
    size_t table_count;
    size_t cut_count;  /* so many at the beginning are cut: with many tables no one looks at all */
    int64_t old_at_us; /* when the snapshot is as old as it may get; 0: never */
    int64_t next_look; /* for orders */
    bool ordered;      /* tables are to be copied again: from another snapshot */
    uint64_t next_chunk;
    bool progressed;            /* a chunk was committed */
    struct um_copy_times times; /* of the last chunks */
    bool failed;
    struct um_err first_err;
};

/*
 * Starts the workers and waits for them. Each takes chunk after chunk of the table that has the
 * fewest workers, and finishes the table when it commits its last chunk. The first error is in
 * `first_err`, and ends all of them at their next chunk. Tables are left over when the snapshot has
 * become too old, or when tables were ordered to be copied again.
 */
void um_copy_work(struct copy *c);

/*
 * Gives the metadata locks back that the session took by reading, and stays in the snapshot: a DDL
 * on the source must not wait, with the application queued behind it, until the whole copy is done.
 * After an error (result < 0) the session may be of no more use, and the error is what counts.
 */
#define UM_COPY_UNLOCK "ROLLBACK TO SAVEPOINT unmoor"
int um_copy_unlock(struct um_conn *source, int result, struct um_err *err);

#endif
