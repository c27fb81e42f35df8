#include "copy/pump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/stop.h"
#include "copy/load_rows.h"
#include "copy/read_back.h"
#include "copy/renew.h"
#include "copy/rows.h"
#include "copy/worker.h"
#include "job/model.h"

struct um_pump {
    const struct um_job *job;
    struct um_conn *source, *target;
    bool local_infile;
    struct um_json_paths paths; /* of the range at hand */
    bool *typed;                /* by table index: JSON was seen that text does not bring back */
    struct um_row_hasher *hasher;
    const struct um_pairing *check; /* of the chunk at hand */
    struct um_row_sum sum;          /* of its rows, as they were read; with a check alone */
    bool no_notes;                  /* the target's session gives none */
    bool begun;                     /* the chunk's transaction */
    struct um_copy_times times;     /* of the last chunk */
};

struct um_pump *um_pump_new(const struct um_job *job, struct um_conn *source, bool local_infile)
{
    struct um_pump *p = um_alloc(sizeof *p);
    p->job = job;
    p->source = source;
    p->local_infile = local_infile;
    p->typed = um_alloc_array(job->table_count, sizeof *p->typed);
    p->hasher = um_row_hasher_new();
    return p;
}

void um_pump_delete(struct um_pump *p)
{
    if (!p)
        return;
    um_conn_close(p->target);
    um_json_paths_free(&p->paths);
    um_row_hasher_delete(p->hasher);
    free(p->typed);
    free(p);
}

int um_pump_connect(struct um_pump *p, struct um_err *err)
{
    um_conn_close(p->target);
    p->no_notes = false;
    p->target = um_conn_open(&p->job->config->target, err);
    if (!p->target || um_multi_allow(p->target, err) != 0)
        return -1;
    return um_exec(p->target, err, "SET SESSION foreign_key_checks=0");
}

const struct um_copy_times *um_pump_times(const struct um_pump *p)
{
    return &p->times;
}

struct um_conn *um_pump_target(struct um_pump *p)
{
    return p->target;
}

/* What is to be moved at once: a chunk, or a part of one. */
struct range {
    const struct um_bound *lo, *hi;
    struct um_json_paths *collect, *typed; /* see struct um_rows_reader */
    bool all; /* of the chunk: nothing else is asked of the source for it */
};

/*
 * One packet. The source runs what is behind the rows when it has sent them all: the table's
 * definition while their metadata lock is held, and then it gives that lock back.
 */
static int ask_range(struct um_pump *p, const struct um_job_table *t, const struct range *r,
                     struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT ");
    um_rows_select_list(&sql, t);
    if (r->typed)
        um_json_types_select(&sql, t, r->typed);
    um_buf_str(&sql, " FROM ");
    um_quote_table(&sql, t->source->schema, t->source->name);
    um_range_force_index(&sql, &t->chunk_key);
    um_range_where(&sql, t->source, &t->chunk_key, r->lo, r->hi);
    if (r->all) {
        um_buf_str(&sql, "; ");
        um_copy_ask_rows(&sql, t);
        um_buf_str(&sql, "; " UM_COPY_UNLOCK);
    }
    int result = um_multi_send(p->source, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

/* What was asked for with the rows, once they are read. `result`: of what was done with them. */
static int end_range(struct um_pump *p, const struct um_job_table *t, const struct range *r,
                     int result, struct um_err *err)
{
    if (result == 0 && r->all)
        result = um_copy_judge_rows(p->job, t, um_multi_rows(p->source, false, err), err);
    struct um_err ignored;
    return um_multi_rest(p->source, result == 0 ? err : &ignored) == 0 ? result : -1;
}

static int load_rows(struct um_pump *p, struct um_rows_reader *rows, struct um_err *err)
{
    int result = um_load_rows(p->target, !p->begun, rows, &p->times.source, err);
    p->begun = true;
    return result;
}

static int insert_rows(struct um_pump *p, const struct um_job_table *t, struct um_rows_reader *rows,
                       struct um_err *err)
{
    if (!p->begun && um_exec(p->target, err, "START TRANSACTION") != 0)
        return -1;
    p->begun = true;
    return um_rows_insert(p->target, t, rows, err);
}

static void begin_chunk(struct um_pump *p, struct um_state_chunk *chunk)
{
    chunk->rows = chunk->bytes = 0;
    p->sum = (struct um_row_sum){0};
    p->begun = false;
    p->times.source = 0;
}

/* Adds to the chunk's rows and bytes. LOAD DATA has no expressions, typed documents need them. */
static int move_range(struct um_pump *p, const struct um_job_table *t, const struct range *r,
                      struct um_state_chunk *chunk, struct um_err *err)
{
    bool load = p->local_infile && !r->typed;
    if (ask_range(p, t, r, err) != 0)
        return -1;
    int asked = load ? um_load_rows_ask(p->target, t, !p->begun, err) : 0;
    struct um_err source_err = {0};
    struct um_resultset *result_rows =
        um_multi_rows(p->source, true, asked == 0 ? err : &source_err);
    if (!result_rows && load && asked == 0)
        um_load_no_rows(p->target, !p->begun, err);
    if (!result_rows || asked != 0) {
        um_result_close(result_rows);
        return -1;
    }
    struct um_rows_reader rows;
    um_rows_reader_open(&rows, t, result_rows, r->collect, r->typed, p->check ? p->hasher : NULL);
    int result = load ? load_rows(p, &rows, err) : insert_rows(p, t, &rows, err);
    um_rows_reader_close(&rows);
    um_result_close(result_rows);
    result = end_range(p, t, r, result, err);
    chunk->rows += rows.rows;
    chunk->bytes += rows.bytes;
    um_row_sum_add(&p->sum, &rows.sum);
    return result;
}

/* ---- JSON, whose text is not all of it ---- */

struct moving {
    struct um_pump *pump;
    const struct um_job_table *table;
    struct um_state_chunk *chunk;
    bool typed;
};

static int look_at_part(void *context, const struct um_json_range *part, bool typed,
                        struct um_err *err)
{
    struct moving *m = context;
    (void)part;
    (void)err;
    m->typed |= typed;
    return m->typed;
}

static int move_part(void *context, const struct um_json_range *part, bool typed,
                     struct um_err *err)
{
    struct moving *m = context;
    UM_ASSERT(m->pump);
    struct range r = {.lo = part->lo, .hi = part->hi};
    if (typed)
        r.typed = &m->pump->paths;
    return move_range(m->pump, m->table, &r, m->chunk, err);
}

/* The rows are moved as text, and it turns out whether that was enough. */
static int move_as_text(struct moving *m, const struct um_json_range *whole, struct um_err *err)
{
    struct um_json_paths *paths = &m->pump->paths;
    struct range r = {.lo = whole->lo, .hi = whole->hi, .collect = paths};
    um_json_paths_begin(paths);
    if (move_range(m->pump, m->table, &r, m->chunk, err) != 0)
        return -1;
    return paths->full ? um_json_types_parts(whole, paths, look_at_part, m, err)
                       : um_json_types_ask(whole, paths, &m->typed, err);
}

/*
 * Most documents are no more than their text, so that is tried first. A chunk where it is not
 * enough is rolled back and moved again with the types; the table's later chunks are looked at
 * before they are moved.
 */
static int move_json(struct moving *m, struct um_err *err)
{
    struct um_pump *p = m->pump;
    const struct um_json_range whole = {
        .source = p->source, .table = m->table, .lo = &m->chunk->lo, .hi = &m->chunk->hi};
    UM_ASSERT(m->table->index < p->job->table_count);
    if (!p->typed[m->table->index]) {
        if (move_as_text(m, &whole, err) != 0)
            return -1;
        if (!m->typed)
            return 0;
        p->typed[m->table->index] = true;
        begin_chunk(p, m->chunk);
        if (um_exec(p->target, err, "ROLLBACK") != 0)
            return -1;
    }
    return um_json_types_parts(&whole, &p->paths, move_part, m, err);
}

/* *locked: the source still holds the metadata lock of what was read. */
static int move_rows(struct um_pump *p, const struct um_job_table *t, struct um_state_chunk *chunk,
                     bool *locked, struct um_err *err)
{
    begin_chunk(p, chunk);
    *locked = um_json_any_carried(t);
    if (*locked) {
        struct moving m = {.pump = p, .table = t, .chunk = chunk};
        return move_json(&m, err) == 0 ? um_copy_check_rows(p->job, p->source, t, err) : -1;
    }
    const struct range r = {.lo = &chunk->lo, .hi = &chunk->hi, .all = true};
    return move_range(p, t, &r, chunk, err);
}

/* Notes about a generated column are no loss: the source has the same of its own. */
static int set_notes(struct um_pump *p, const struct um_job_table *t, struct um_err *err)
{
    if (p->no_notes == t->rounds_generated)
        return 0;
    p->no_notes = t->rounds_generated;
    return um_exec(p->target, err, "SET SESSION sql_notes=%d", !t->rounds_generated);
}

static int read_back(struct um_pump *p, struct um_state_chunk *chunk, struct um_err *err)
{
    chunk->has_checksum = p->check != NULL;
    chunk->checksum_high = p->sum.high;
    chunk->checksum_low = p->sum.low;
    return p->check ? um_read_back(p->check, p->source, p->target, chunk, &p->sum, err) : 0;
}

bool um_pump_is_table(const struct um_state_chunk *chunk)
{
    return !chunk->lo.count && !chunk->hi.count;
}

/* Without a chunk: that its table is copied. */
static int put_copied(struct um_pump *p, const struct um_job_table *t,
                      const struct um_state_chunk *chunk, struct um_err *err)
{
    struct um_buf model = {0};
    bool table = !chunk || um_pump_is_table(chunk);
    if (table)
        um_model_print(t->source, &model);
    const struct um_state_copied copied = {.table_id = t->id, .model = model.data};
    int result = um_state_put_copied(p->target, p->job->config, um_state_epoch(p->job->state),
                                     chunk, table ? &copied : NULL, err);
    um_buf_free(&model);
    return result;
}

static int move_and_record(struct um_pump *p, const struct um_job_table *t,
                           struct um_state_chunk *chunk, bool *locked, struct um_err *err)
{
    if (set_notes(p, t, err) != 0 || move_rows(p, t, chunk, locked, err) != 0 ||
        read_back(p, chunk, err) != 0 || put_copied(p, t, chunk, err) != 0 ||
        um_fault(UM_FAULT_COPY_BEFORE_CHUNK_COMMIT, err) != 0 ||
        um_exec(p->target, err, "COMMIT") != 0)
        return -1;
    return um_fault(UM_FAULT_COPY_AFTER_CHUNK_COMMIT, err);
}

int um_pump_table_copied(struct um_pump *p, const struct um_job_table *t, struct um_err *err)
{
    if (um_exec(p->target, err, "START TRANSACTION") != 0)
        return -1;
    int result = put_copied(p, t, NULL, err);
    if (result == 0)
        result = um_exec(p->target, err, "COMMIT");
    struct um_err ignored;
    if (result != 0)
        um_exec(p->target, &ignored, "ROLLBACK");
    return result;
}

int um_pump_chunk(struct um_pump *p, const struct um_job_table *t, const struct um_pairing *check,
                  struct um_state_chunk *chunk, struct um_err *err)
{
    p->check = check;
    bool locked = true;
    const struct um_copy_times begun = {.whole = um_now_us(), .cpu = um_thread_cpu_us()};
    int result = move_and_record(p, t, chunk, &locked, err);
    struct um_err ignored;
    if (result != 0)
        um_exec(p->target, &ignored, "ROLLBACK");
    p->times.whole = um_now_us() - begun.whole;
    p->times.cpu = um_thread_cpu_us() - begun.cpu;
    return result != 0 || locked ? um_copy_unlock(p->source, result, err) : 0;
}
