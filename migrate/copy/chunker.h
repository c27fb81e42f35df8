#ifndef MIGRATE_COPY_CHUNKER_H
#define MIGRATE_COPY_CHUNKER_H

#include "job/job.h"

/*
 * Cuts one table into chunks, a chunk at a time, from the gaps that the manifest leaves. Several
 * workers may ask at once; the sizes adapt to the time that chunks take.
 */
struct um_chunker;

struct um_chunk {
    struct um_bound lo, hi; /* (lo, hi], open where empty; owned */
};
void um_chunk_clear(struct um_chunk *k);

struct um_chunker *um_chunker_new(const struct um_config *config, const struct um_job_table *t,
                                  const struct um_state_table *recorded);
void um_chunker_delete(struct um_chunker *c);
/* 1: *out is the next chunk; 0: there is none left; -1: error. `source` is used to look for the
   chunk's end, and must be inside the worker's snapshot. */
int um_chunker_next(struct um_chunker *c, struct um_conn *source, struct um_chunk *out,
                    struct um_err *err);
/* Tells how long a chunk took. */
void um_chunker_took(struct um_chunker *c, uint64_t rows, int64_t us);

#endif
