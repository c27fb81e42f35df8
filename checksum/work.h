#ifndef CHECKSUM_WORK_H
#define CHECKSUM_WORK_H

#include <pthread.h>
#include <stdatomic.h>

#include "checksum/findings.h"
#include "checksum/progress.h"
#include "checksum/sample.h"
#include "checksum/scan.h"

/*
 * The work of a pass, shared among workers: each takes the next range of some table (whoever is
 * free walks the source's key a step further), so that one big table keeps all of them busy.
 */
struct um_work_table {
    const struct um_verify_table *input;
    size_t index;                   /* of the input */
    const struct um_resume *resume; /* what an earlier verification has left; NULL: nothing */
    struct um_table_report *report; /* verdict and why are set by the one who ends the table */
    bool readable;                  /* there on both sides, with columns that can be compared */
    struct um_pairing pairing;
    struct um_findings found;
    atomic_uint_fast64_t rows_done;

    /* Under um_work.lock. */
    bool walking, walked; /* somebody looks for the next range; the last one was found */
    struct um_bound lo;   /* where the next range begins; belongs to the one who walks */
    unsigned active;      /* ranges being read */
    uint64_t chunk_rows;  /* what the next range should have … */
    uint64_t rows_most;   /* … and its bound by bytes */
    struct um_row_sum total[2];
    uint64_t ranges, ranges_different;
    size_t again;   /* the next one of what is left */
    bool undecided; /* of some rows it could not be told */
    struct um_compared_progress compared;
    struct um_sample sample; /* which of them are read */
};

struct um_worker {
    struct um_work *work;
    struct um_conn *conn[2]; /* by enum um_side; inside their snapshots */
    pthread_t thread;
};

struct um_work {
    const struct um_verify_options *options;
    struct um_work_table *tables; /* largest first */
    size_t table_count;
    struct um_worker *workers;
    size_t worker_count;

    pthread_mutex_t lock; /* the only one; um_findings.lock may be taken inside it */
    pthread_cond_t changed;
    size_t running;
    bool failed;
    struct um_err err; /* of the first that failed */
    bool records;      /* of the thread that watches */
    int64_t next_record;
};

/* Prepares a table for reading once its pairing is made. */
void um_work_table_start(struct um_work *w, struct um_work_table *t);
/* Reads everything with the workers' connections. Fails with the first error, or UM_E_STOPPED. */
int um_work_run(struct um_work *w, struct um_err *err);

#endif
