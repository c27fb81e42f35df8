#include "state/state.h"

#include <stdlib.h>
#include <string.h>

#include "schema/ddl.h"
#include "state/added.h"
#include "state/order.h"
#include "state/sql.h"

static uint64_t to_uint(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

static char *dup_or_null(const char *text)
{
    return text ? um_strdup(text) : NULL;
}

static int load_job(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                    struct um_err *err)
{
    struct um_resultset *rows = um_sql_select(
        c, config, "version, identity, epoch, phase, origin, source_uuid, error", "job", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0) {
        d->exists = true;
        d->version = (unsigned)to_uint(v[0]);
        d->identity = to_uint(v[1]);
        d->epoch = to_uint(v[2]);
        for (int p = UM_PHASE_COPY; p <= UM_PHASE_SYNCED; p++) {
            if (strcmp(v[3], um_phase_name(p)) == 0)
                d->phase = p;
        }
        d->origin = um_strdup(v[4]);
        d->source_uuid = um_strdup(v[5]);
        d->error = dup_or_null(v[6]);
    }
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

static int load_tables(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                       struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "id, schema_name, table_name, state, rows_estimate, create_sql",
                      "job_table", " ORDER BY id", err);
    if (!rows)
        return -1;
    d->tables = um_alloc_array(um_result_rows(rows), sizeof *d->tables);
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        if (strcmp(v[3], um_table_state_name(UM_TABLE_LEFT)) == 0) {
            um_strv_add(&d->left, v[1]);
            um_strv_add(&d->left, v[2]);
            continue;
        }
        struct um_state_table *t = &d->tables[d->table_count++];
        t->id = (uint32_t)to_uint(v[0]);
        t->schema = um_strdup(v[1]);
        t->name = um_strdup(v[2]);
        for (int s = UM_TABLE_PENDING; s <= UM_TABLE_FOLLOWED; s++) {
            if (strcmp(v[3], um_table_state_name(s)) == 0)
                t->state = s;
        }
        t->rows_estimate = to_uint(v[4]);
        t->create_sql = um_strdup(v[5]);
    }
    um_result_close(rows);
    return more;
}

static int load_models(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                       struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "table_id, model", "job_model", " ORDER BY table_id", err);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    size_t i = 0;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        uint64_t id = to_uint(v[0]);
        while (i < d->table_count && d->tables[i].id < id)
            i++;
        if (i < d->table_count && d->tables[i].id == id)
            d->tables[i].model = um_strdup(v[1]);
    }
    um_result_close(rows);
    return more;
}

static int load_snapshots(struct um_conn *c, const struct um_config *config,
                          struct um_state_data *d, struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "id, log_file, log_pos, gtids, lock_us, method", "job_snapshot",
                      " ORDER BY id", err);
    if (!rows)
        return -1;
    d->snapshots = um_alloc_array(um_result_rows(rows), sizeof *d->snapshots);
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        struct um_state_snapshot *s = &d->snapshots[d->snapshot_count++];
        s->id = (uint32_t)to_uint(v[0]);
        s->lock_us = (int64_t)to_uint(v[4]);
        s->method = um_strdup(v[5]);
        UM_ASSERT(s->id == d->snapshot_count);
        if (um_position_from_state(v + 1, &s->at, err) != 0) {
            more = -1;
            break;
        }
    }
    um_result_close(rows);
    return more;
}

static int load_objects(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                        struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "kind, schema_name, object_name", "job_object", "", err);
    if (!rows)
        return -1;
    d->objects = um_alloc_array(um_result_rows(rows), sizeof *d->objects);
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0)
        d->objects[d->object_count++] = (struct um_state_object){
            .kind = um_strdup(v[0]), .schema = um_strdup(v[1]), .name = um_strdup(v[2])};
    um_result_close(rows);
    return more;
}

/* What is applied beyond the mark counts too. */
static int add_applied(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                       struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "COALESCE(SUM(transactions), 0), COALESCE(SUM(changes), 0)",
                      "job_applied", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0) {
        d->progress.transactions_applied = d->progress.transactions + to_uint(v[0]);
        d->progress.changes_applied = d->progress.changes + to_uint(v[1]);
    }
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

static int load_progress(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                         struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config,
                      "log_file, log_pos, gtids, transactions, changes, committed_us, "
                      "CAST(UNIX_TIMESTAMP(applied_at) * 1000000 AS SIGNED), "
                      "CAST(UNIX_TIMESTAMP(seen_at) * 1000000 AS SIGNED), log_born",
                      "job_progress", " AND worker=0", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0) {
        struct um_state_progress *p = &d->progress;
        p->exists = true;
        p->transactions = to_uint(v[3]);
        p->changes = to_uint(v[4]);
        p->commit_us = strtoll(v[5], NULL, 10);
        p->applied_us = strtoll(v[6], NULL, 10);
        p->seen_us = strtoll(v[7], NULL, 10);
        p->log_born = strtoll(v[8], NULL, 10);
        more = um_position_from_state(v, &p->at, err);
    }
    um_result_close(rows);
    return more < 0 ? -1 : add_applied(c, config, d, err);
}

static struct um_state_table *table_by_id(struct um_state_data *d, const char *id)
{
    uint64_t n = to_uint(id);
    for (size_t i = 0; i < d->table_count; i++) {
        if (d->tables[i].id == n)
            return &d->tables[i];
    }
    UM_BUG("chunks of a table that the job does not have");
}

static int load_sums(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                     struct um_err *err)
{
    const char *sums = d->version >= 3 ? "table_id, SUM(row_count), SUM(byte_count), "
                                         "SUM(IF(checksum IS NULL, 0, row_count))"
                                       : "table_id, SUM(row_count), SUM(byte_count), 0";
    struct um_resultset *rows =
        um_sql_select(c, config, sums, "job_chunk", " GROUP BY table_id", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        struct um_state_table *t = table_by_id(d, v[0]);
        t->rows_copied = to_uint(v[1]);
        t->bytes_copied = to_uint(v[2]);
        t->rows_checked = to_uint(v[3]);
    }
    um_result_close(rows);
    return more;
}

static int load_chunks(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                       struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "table_id, id, snapshot_id, lo, hi, row_count, byte_count",
                      "job_chunk", " ORDER BY table_id, id", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        struct um_state_table *t = table_by_id(d, v[0]);
        um_grow(&t->chunks, &t->chunk_cap, t->chunk_count + 1, sizeof *t->chunks);
        struct um_state_chunk *k = &t->chunks[t->chunk_count++];
        *k = (struct um_state_chunk){.table_id = t->id,
                                     .id = to_uint(v[1]),
                                     .snapshot_id = (uint32_t)to_uint(v[2]),
                                     .rows = to_uint(v[5]),
                                     .bytes = to_uint(v[6])};
        if (um_bound_parse(v[3], &k->lo, err) != 0 || um_bound_parse(v[4], &k->hi, err) != 0) {
            more = -1;
            break;
        }
    }
    um_result_close(rows);
    return more;
}

static int load_conflicts(struct um_conn *c, const struct um_config *config,
                          struct um_state_data *d, struct um_err *err)
{
    struct um_resultset *rows = um_sql_select(c, config, "COUNT(*)", "job_conflict", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0)
        d->conflicts = to_uint(v[0]);
    um_result_close(rows);
    return more < 0 ? -1 : um_state_load_stopped(c, config, &d->stopped, err);
}

static int schema_is_there(struct um_conn *c, const struct um_config *config, bool *there,
                           struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_text(&name, config->state.schema);
    uint64_t count = 0;
    int result = um_query_uint(c, &count, err,
                               "SELECT COUNT(*) FROM information_schema.tables WHERE "
                               "table_schema = CONVERT(%s USING utf8mb4) AND table_name IN "
                               "('job', 'job_hold')",
                               name.data);
    um_buf_free(&name);
    *there = count == 2;
    return result;
}

static int lock_is_used(struct um_conn *c, const struct um_config *config, const char *of,
                        bool *used, struct um_err *err)
{
    uint64_t id = 0;
    int result = um_query_uint(c, &id, err, "SELECT IS_USED_LOCK('unmoor.%s%s') IS NOT NULL",
                               config->job, of);
    *used = id != 0;
    return result;
}

/* They may be all that is there, where a job that begins anew was stopped. */
static int load_added(struct um_conn *c, const struct um_config *config, struct um_state_data *d,
                      struct um_err *err)
{
    uint64_t there = d->version >= UM_STATE_VERSION_ADDED;
    int result = d->exists ? 0 : um_sql_has_table(c, config, "job_added", &there, err);
    return result == 0 && there ? um_state_load_added(c, config, &d->added, &d->adding, err)
                                : result;
}

int um_state_load(struct um_conn *c, const struct um_config *config, bool with_chunks,
                  struct um_state_data *d, struct um_err *err)
{
    *d = (struct um_state_data){0};
    bool there;
    if (schema_is_there(c, config, &there, err) != 0 ||
        lock_is_used(c, config, "", &d->running, err) != 0 ||
        lock_is_used(c, config, ".verify", &d->verifying, err) != 0)
        return -1;
    if (!there)
        return 0;

    /* One snapshot, so that chunks, tables and progress belong together. */
    if (um_exec(c, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT") != 0)
        return -1;
    int result = load_job(c, config, d, err);
    if (result == 0 && d->exists && d->version > UM_STATE_VERSION)
        result = um_fail(err, UM_E_STATE_VERSION,
                         "job '%s': its state on the target has version %u, this program knows "
                         "versions up to %d",
                         config->job, d->version, UM_STATE_VERSION);
    if (result == 0 && d->exists) {
        if (load_tables(c, config, d, err) != 0 || load_snapshots(c, config, d, err) != 0 ||
            load_objects(c, config, d, err) != 0 || load_progress(c, config, d, err) != 0 ||
            load_sums(c, config, d, err) != 0 ||
            (d->version >= 2 &&
             (load_conflicts(c, config, d, err) != 0 || load_models(c, config, d, err) != 0)) ||
            (d->version >= UM_STATE_VERSION_THROTTLE &&
             um_state_load_throttlings(c, config, &d->throttled, err) != 0) ||
            (d->version >= UM_STATE_VERSION_ORDER &&
             um_state_load_orders(c, config, &d->orders, err) != 0) ||
            (with_chunks && load_chunks(c, config, d, err) != 0))
            result = -1;
    }
    if (result == 0)
        result = load_added(c, config, d, err);
    struct um_err ignored;
    if (um_exec(c, result == 0 ? err : &ignored, "COMMIT") != 0)
        result = -1;
    if (result != 0)
        um_state_data_clear(d);
    return result;
}

int um_state_load_position(struct um_conn *c, const struct um_config *config,
                           struct um_position *out, struct um_err *err)
{
    struct um_resultset *rows =
        um_sql_select(c, config, "log_file, log_pos, gtids", "job_progress", "", err);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? um_result_next(rows, &v, &l, err) : -1;
    if (more > 0)
        more = um_position_from_state(v, out, err);
    else if (more == 0)
        more = um_fail(err, UM_E_STATE_DAMAGED, "job '%s' has no row in %s.job_progress",
                       config->job, config->state.schema);
    um_result_close(rows);
    return more;
}

void um_state_data_clear(struct um_state_data *d)
{
    for (size_t i = 0; i < d->table_count; i++) {
        struct um_state_table *t = &d->tables[i];
        for (size_t k = 0; k < t->chunk_count; k++) {
            um_bound_clear(&t->chunks[k].lo);
            um_bound_clear(&t->chunks[k].hi);
        }
        free(t->chunks);
        free(t->schema);
        free(t->name);
        free(t->create_sql);
        free(t->model);
    }
    for (size_t i = 0; i < d->snapshot_count; i++) {
        um_position_clear(&d->snapshots[i].at);
        free(d->snapshots[i].method);
    }
    for (size_t i = 0; i < d->object_count; i++) {
        free(d->objects[i].kind);
        free(d->objects[i].schema);
        free(d->objects[i].name);
    }
    um_position_clear(&d->progress.at);
    um_stopped_clear(&d->stopped);
    um_throttlings_clear(&d->throttled);
    um_strv_clear(&d->left);
    um_strv_clear(&d->orders);
    um_strv_clear(&d->adding);
    um_strv_clear(&d->added);
    free(d->objects);
    free(d->tables);
    free(d->snapshots);
    free(d->source_uuid);
    free(d->origin);
    free(d->error);
    *d = (struct um_state_data){0};
}
