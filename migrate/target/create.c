#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/stop.h"
#include "target/target_tables.h"

/*
 * The job's tables, made by several connections at once. What is there already is asked for once.
 * Each connection takes some tables at a time, records that it is about to make them, makes them,
 * and records that they are made, so that a table costs one statement and next to no commits of the
 * state. A crash leaves some CREATING: what is there of those is the job's own.
 */
struct creation {
    struct um_job *job;
    struct um_job_table **todo; /* by their names on the target */
    bool *there;                /* likewise: a table of that name was there in the beginning */
    size_t count, batch;

    pthread_mutex_t lock; /* guards what follows */
    size_t next;
    bool failed;
    struct um_err first_err;
};

/* ---- what is there ---- */

static int look_at_schema(struct creation *c, struct um_conn *ddl, const char *schema,
                          struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_text(&name, schema);
    struct um_resultset *rows =
        um_query(ddl, err, "SELECT table_name FROM information_schema.tables WHERE table_schema=%s",
                 name.data);
    um_buf_free(&name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        struct um_job_table **t = um_target_find(c->todo, c->count, schema, v[0]);
        if (t)
            c->there[t - c->todo] = true;
    }
    um_result_close(rows);
    return more;
}

static int refuse(const struct um_job_table *t, struct um_err *err)
{
    return um_fail(err, UM_E_TARGET_TABLE_EXISTS,
                   "table `%s`.`%s` is already on the target and copy.existing is refuse",
                   t->target_schema, t->target_name);
}

static bool is_ours(const struct creation *c, size_t i)
{
    return c->job->data.tables[c->todo[i]->index].state == UM_TABLE_CREATING;
}

/* Before anything is recorded: what is found now is not ours. */
static int look(struct creation *c, struct um_conn *ddl, struct um_err *err)
{
    qsort(c->todo, c->count, sizeof *c->todo, um_target_by_name);
    c->there = um_alloc_array(c->count, sizeof *c->there);
    for (size_t i = 0; i < c->count; i++) {
        const char *schema = c->todo[i]->target_schema;
        if ((i == 0 || strcmp(schema, c->todo[i - 1]->target_schema) != 0) &&
            look_at_schema(c, ddl, schema, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (c->there[i] && !is_ours(c, i) && c->job->config->copy.existing == UM_EXISTING_REFUSE)
            return refuse(c->todo[i], err);
    }
    return 0;
}

static int create_schemas(const struct creation *c, struct um_conn *ddl, struct um_err *err)
{
    struct um_conn *source = um_conn_open(&c->job->config->source, err);
    int result = source ? 0 : -1;
    for (size_t i = 0; result == 0 && i < c->count; i++) {
        const char *schema = c->todo[i]->target_schema;
        if (i == 0 || strcmp(schema, c->todo[i - 1]->target_schema) != 0)
            result = um_target_create_schema(source, ddl, c->todo[i], err);
    }
    um_conn_close(source);
    return result;
}

/* ---- one table ---- */

/* Until it is as large as this, an index costs less while rows are loaded than an ALTER TABLE
   behind them; and it is one chunk. */
static bool is_small(const struct um_job *job, const struct um_table *source)
{
    enum { BYTES = 1 << 20, ROWS = 10000 };
    return source->data_bytes <= BYTES && source->rows_estimate <= ROWS &&
           source->rows_estimate <= job->config->copy.chunk_rows_max / 2;
}

/* The server computes for an index what it would not compute for a row, and may warn of it. */
static bool indexes_what_is_computed(const struct um_table *t)
{
    bool found = false;
    for (size_t i = 0; i < t->index_count; i++) {
        for (size_t k = 0; k < t->indexes[i].part_count; k++) {
            int column = t->indexes[i].parts[k].column;
            found |= column < 0 || t->columns[column].generated != UM_NOT_GENERATED;
        }
    }
    return found;
}

/* Unique ones may be there when rows of several positions cannot meet: where the snapshot is lost
   half-way, the table begins anew without them (copy/restart.c), if it may be made anew. */
static unsigned groups_at_once(const struct um_job *job, const struct um_job_table *t)
{
    if (!is_small(job, t->source) || indexes_what_is_computed(t->source))
        return 0;
    unsigned groups = 1u << UM_DDL_GROUP_PLAIN;
    if (!t->mixable ||
        (job->lock != UM_LOCK_NONE && job->config->copy.existing != UM_EXISTING_EMPTY))
        groups |= 1u << UM_DDL_GROUP_UNIQUE;
    return groups;
}

/* Gets a table that is in the way out of it. *create: make a new one. */
static int make_way(const struct um_job *job, struct um_conn *ddl, const struct um_job_table *t,
                    bool *create, struct um_err *err)
{
    *create = job->config->copy.existing != UM_EXISTING_EMPTY;
    return um_target_run_on_table(ddl, *create ? "DROP TABLE IF EXISTS" : "TRUNCATE TABLE",
                                  t->target_schema, t->target_name, err);
}

/* It is recorded that it is being created. */
static int create_table(struct um_job *job, struct um_conn *ddl, const struct um_job_table *t,
                        bool there, unsigned groups, struct um_err *err)
{
    bool create = true;
    struct um_buf sql = {0};
    int result = um_target_drop_child_keys(job, ddl, t, err);
    if (result == 0)
        result = um_fault(UM_FAULT_TARGET_BEFORE_CREATE_TABLE, err);
    if (result == 0 && there)
        result = make_way(job, ddl, t, &create, err);
    if (result == 0 && create)
        result = um_ddl_create(t->ddl, &t->to, groups, &sql, err);
    if (result == 0 && create)
        result = um_exec_bytes(ddl, sql.data, sql.len, err);
    um_buf_free(&sql);
    if (result == 0)
        result = um_fault(UM_FAULT_TARGET_AFTER_CREATE_TABLE, err);
    return result == 0 ? 0
                       : um_fail_in(err, "creating `%s`.`%s`", t->target_schema, t->target_name);
}

/* ---- many ---- */

/* Of those from..to that are in this state, or of all. */
static int record(struct creation *c, struct um_conn *ddl, size_t from, size_t to,
                  const enum um_table_state *in, enum um_table_state state, struct um_err *err)
{
    const struct um_state_data *data = &c->job->data;
    uint32_t *ids = um_alloc_array(to - from + 1, sizeof *ids);
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        if (!in || data->tables[c->todo[i]->index].state == *in)
            ids[count++] = c->todo[i]->id;
    }
    int result = count ? um_state_set_tables(ddl, c->job->config, um_state_epoch(c->job->state),
                                             ids, count, state, err)
                       : 0;
    free(ids);
    return result;
}

/*
 * A failure ended it at table `at`. What was not begun is nothing of ours, and neither is a table
 * that somebody else has made since: the next start would take it for a half-done one and drop it.
 */
static int take_back(struct creation *c, struct um_conn *ddl, size_t at, size_t to,
                     struct um_err *err)
{
    enum { TABLE_EXISTS = 1050 };
    enum um_table_state pending = UM_TABLE_PENDING;
    struct um_err ignored;
    bool not_ours = err->server_code == TABLE_EXISTS && !c->there[at] && !is_ours(c, at);
    record(c, ddl, not_ours ? at : at + 1, to, &pending, UM_TABLE_PENDING, &ignored);
    return not_ours && c->job->config->copy.existing == UM_EXISTING_REFUSE
               ? refuse(c->todo[at], err)
               : -1;
}

/* A statement of a killed predecessor may still have been under way when it was looked. */
static bool may_be_there(const struct creation *c, size_t i)
{
    return c->there[i] || (is_ours(c, i) && c->job->config->copy.existing != UM_EXISTING_EMPTY);
}

static int create_batch(struct creation *c, struct um_conn *ddl, size_t from, size_t to,
                        struct um_err *err)
{
    enum um_table_state pending = UM_TABLE_PENDING;
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "stopped while creating tables");
    if (record(c, ddl, from, to, &pending, UM_TABLE_CREATING, err) != 0)
        return -1;
    for (size_t i = from; i < to; i++) {
        const struct um_job_table *t = c->todo[i];
        if (create_table(c->job, ddl, t, may_be_there(c, i), groups_at_once(c->job, t), err) != 0)
            return take_back(c, ddl, i, to, err);
        um_progress_step_done(c->job->progress);
    }
    if (record(c, ddl, from, to, NULL, UM_TABLE_CREATED, err) != 0)
        return -1;
    return um_fault(UM_FAULT_TARGET_TABLES_CREATED, err);
}

static bool next_batch(struct creation *c, size_t *from, size_t *to)
{
    pthread_mutex_lock(&c->lock);
    *from = c->failed ? c->count : c->next;
    *to = c->count - *from < c->batch ? c->count : *from + c->batch;
    c->next = *to;
    pthread_mutex_unlock(&c->lock);
    return *from < *to;
}

static int create_batches(struct creation *c, struct um_conn *ddl, struct um_err *err)
{
    size_t from, to;
    int result = 0;
    while (result == 0 && next_batch(c, &from, &to))
        result = create_batch(c, ddl, from, to, err);
    return result;
}

static void *create_main(void *argument)
{
    struct creation *c = argument;
    um_mysql_thread_begin();
    struct um_err err = {0};
    struct um_conn *ddl = um_target_ddl_open(c->job->config, &err);
    if (!ddl || create_batches(c, ddl, &err) != 0) {
        pthread_mutex_lock(&c->lock);
        if (!c->failed)
            c->first_err = err;
        c->failed = true;
        pthread_mutex_unlock(&c->lock);
    }
    um_conn_close(ddl);
    um_mysql_thread_end();
    return NULL;
}

static int create_by_threads(struct creation *c, struct um_err *err)
{
    enum { BATCH = 20 };
    size_t threads = c->job->config->copy.threads;
    c->batch = (c->count + threads - 1) / threads;
    if (c->batch > BATCH)
        c->batch = BATCH;
    size_t started = 0, wanted = (c->count + c->batch - 1) / c->batch;
    pthread_t *ids = um_alloc_array(threads, sizeof *ids);
    for (size_t i = 0; i < threads && i < wanted; i++)
        started += pthread_create(&ids[started], NULL, create_main, c) == 0;
    for (size_t i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    if (!started)
        return um_fail(err, UM_E_SYSTEM, "no thread could be started");
    if (c->failed)
        *err = c->first_err;
    return c->failed ? -1 : 0;
}

static int create_all(struct creation *c, struct um_err *err)
{
    um_progress_phase(c->job->progress, "create");
    um_progress_steps(c->job->progress, c->count);
    struct um_conn *ddl = um_target_ddl_open(c->job->config, err);
    int result = ddl ? look(c, ddl, err) : -1;
    if (result == 0)
        result = create_schemas(c, ddl, err);
    um_conn_close(ddl);
    if (result == 0)
        result = create_by_threads(c, err);
    for (size_t i = 0; result == 0 && i < c->count; i++)
        c->job->data.tables[c->todo[i]->index].state = UM_TABLE_CREATED;
    um_progress_phase(c->job->progress, "copy");
    return result;
}

int um_target_create_tables(struct um_job *job, struct um_err *err)
{
    struct creation c = {.job = job};
    c.todo = um_alloc_array(job->table_count + 1, sizeof(struct um_job_table *));
    for (size_t i = 0; i < job->table_count; i++) {
        if (job->data.tables[i].state < UM_TABLE_CREATED)
            c.todo[c.count++] = &job->tables[i];
    }
    pthread_mutex_init(&c.lock, NULL);
    int result = c.count ? create_all(&c, err) : 0;
    pthread_mutex_destroy(&c.lock);
    free(c.todo);
    free(c.there);
    return result;
}

static int set_state(struct um_job *job, const struct um_job_table *t, enum um_table_state state,
                     struct um_err *err)
{
    return um_state_set_tables(um_state_conn(job->state), job->config, um_state_epoch(job->state),
                               &t->id, 1, state, err);
}

int um_target_reset_table(struct um_job *job, struct um_conn *ddl, struct um_job_table *t,
                          struct um_err *err)
{
    /* Chunks first: were the table emptied first, a crash would leave a manifest of rows that are
       gone. CREATING makes the next start begin the table anew in either case. */
    struct um_state_table *recorded = &job->data.tables[t->index];
    if (set_state(job, t, UM_TABLE_CREATING, err) != 0 ||
        um_state_forget_chunks(job->state, t->id, err) != 0)
        return -1;
    recorded->state = UM_TABLE_CREATING;
    for (size_t i = 0; i < recorded->chunk_count; i++) {
        um_bound_clear(&recorded->chunks[i].lo);
        um_bound_clear(&recorded->chunks[i].hi);
    }
    recorded->chunk_count = 0;
    recorded->rows_copied = recorded->bytes_copied = 0;
    /* It was not done with in one snapshot, so it is not as small as it is said to be. */
    if (create_table(job, ddl, t, true, 0, err) != 0)
        return -1;
    recorded->state = UM_TABLE_CREATED;
    return set_state(job, t, UM_TABLE_CREATED, err);
}
