#include "copy/chunker.h"

#include <pthread.h>
#include <stdlib.h>

#include "copy/key_order.h"
#include "copy/worker.h"

enum {
    FIRST_CHUNK_ROWS = 20000,
    LEAST_CHUNK_ROWS = 500,
    /* Of large rows fewer: all workers are to have some, and a chunk is to be over in time. */
    FIRST_CHUNK_BYTES = 8 * 1024 * 1024,
    LEAST_CHUNK_BYTES = 1024 * 1024,
};

struct um_chunker {
    const struct um_config *config;
    const struct um_job_table *table;
    pthread_mutex_t lock; /* guards what follows; held while the server looks for a chunk's end */
    struct um_chunk *gaps;
    size_t gap_count, gap_cap, gap; /* gaps[gap] is being cut; its lo moves up */
    double rows_per_second;
};

void um_chunk_clear(struct um_chunk *k)
{
    um_bound_clear(&k->lo);
    um_bound_clear(&k->hi);
}

static void add_gap(struct um_chunker *c, const struct um_bound *lo, const struct um_bound *hi)
{
    um_grow(&c->gaps, &c->gap_cap, c->gap_count + 1, sizeof *c->gaps);
    struct um_chunk *g = &c->gaps[c->gap_count++];
    *g = (struct um_chunk){0};
    um_bound_copy(&g->lo, lo);
    um_bound_copy(&g->hi, hi);
}

/* What lies between the finished chunks. Only keys that the client can order get here with some
   chunks finished: the others are copied within one snapshot or not at all. */
static void find_gaps(struct um_chunker *c, const struct um_state_table *recorded)
{
    const struct um_state_chunk **sorted = um_alloc_array(recorded->chunk_count, sizeof *sorted);
    for (size_t i = 0; i < recorded->chunk_count; i++)
        sorted[i] = &recorded->chunks[i];
    um_key_sort_chunks(c->table, sorted, recorded->chunk_count);

    static const struct um_bound open = {0};
    const struct um_bound *from = &open;
    bool to_the_end = true;
    for (size_t i = 0; i < recorded->chunk_count; i++) {
        const struct um_state_chunk *k = sorted[i];
        if (um_key_compare_bounds(c->table, from, &k->lo) != 0)
            add_gap(c, from, &k->lo);
        from = &k->hi;
        to_the_end = k->hi.count != 0;
    }
    if (to_the_end)
        add_gap(c, from, &open);
    free(sorted);
}

struct um_chunker *um_chunker_new(const struct um_config *config, const struct um_job_table *t,
                                  const struct um_state_table *recorded)
{
    struct um_chunker *c = um_alloc(sizeof *c);
    c->config = config;
    c->table = t;
    pthread_mutex_init(&c->lock, NULL);
    find_gaps(c, recorded);
    return c;
}

void um_chunker_delete(struct um_chunker *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->gap_count; i++)
        um_chunk_clear(&c->gaps[i]);
    free(c->gaps);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* So many rows, or as many as have so many bytes by the catalogue, but one at least. */
static double rows_within(const struct um_table *t, double rows, double bytes)
{
    double all = (double)(t->rows_estimate ? t->rows_estimate : 1);
    if (t->data_bytes > 0 && bytes * all / (double)t->data_bytes < rows)
        rows = bytes * all / (double)t->data_bytes;
    return rows < 1 ? 1 : rows;
}

static uint64_t chunk_rows(const struct um_chunker *c)
{
    const struct um_table *t = c->table->source;
    double rows = c->rows_per_second > 0
                      ? c->rows_per_second * (double)c->config->copy.chunk_time_us / 1e6
                      : rows_within(t, FIRST_CHUNK_ROWS, FIRST_CHUNK_BYTES);
    double least = rows_within(t, LEAST_CHUNK_ROWS, LEAST_CHUNK_BYTES);
    if (rows < least)
        rows = least;
    uint64_t most = c->config->copy.chunk_rows_max;
    return rows < (double)most ? (uint64_t)rows : most;
}

static int cut(struct um_chunker *c, struct um_conn *source, struct um_chunk *out,
               struct um_err *err)
{
    struct um_chunk *g = &c->gaps[c->gap];
    um_bound_copy(&out->lo, &g->lo);
    if (c->table->chunk_key.kind == UM_KEY_NONE) {
        c->gap++;
        return 1;
    }
    int result = um_range_next(source, c->table->source, &c->table->chunk_key, &g->lo, &g->hi,
                               chunk_rows(c), &out->hi, err);
    /* Where it found one, the chunk's rows are read next, and their end gives the lock back. */
    if (result != 0)
        return um_copy_unlock(source, result, err);
    if (out->hi.count == 0) {
        um_bound_copy(&out->hi, &g->hi);
        c->gap++;
    } else {
        um_bound_clear(&g->lo);
        um_bound_copy(&g->lo, &out->hi);
    }
    return 1;
}

int um_chunker_next(struct um_chunker *c, struct um_conn *source, struct um_chunk *out,
                    struct um_err *err)
{
    *out = (struct um_chunk){0};
    pthread_mutex_lock(&c->lock);
    int result = c->gap < c->gap_count ? cut(c, source, out, err) : 0;
    pthread_mutex_unlock(&c->lock);
    if (result < 0)
        um_chunk_clear(out);
    return result;
}

void um_chunker_took(struct um_chunker *c, uint64_t rows, int64_t us)
{
    if (us < 1000)
        us = 1000;
    double rate = (double)(rows ? rows : 1) * 1e6 / (double)us;
    pthread_mutex_lock(&c->lock);
    /* Follows changes within a few chunks, and one slow chunk does not make the next ones tiny. */
    c->rows_per_second = c->rows_per_second > 0 ? 0.5 * c->rows_per_second + 0.5 * rate : rate;
    pthread_mutex_unlock(&c->lock);
}
