#include "target/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"

static int write_in(struct um_conn *c, const char *charset, struct um_err *err)
{
    return um_exec(c, err, "SET SESSION character_set_client=%s, character_set_connection=%s",
                   charset, charset);
}

int um_target_ddl_begin(struct um_conn *c, struct um_err *err)
{
    return write_in(c, "utf8mb4", err);
}

int um_target_ddl_end(struct um_conn *c, struct um_err *err)
{
    return write_in(c, "binary", err);
}

struct um_conn *um_target_ddl_open(const struct um_config *config, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&config->target, err);
    if (c && (um_target_ddl_begin(c, err) != 0 ||
              um_exec(c, err, "SET SESSION foreign_key_checks=0") != 0)) {
        um_conn_close(c);
        c = NULL;
    }
    return c;
}

static int exists(struct um_conn *c, const struct um_job_table *t, bool *there, struct um_err *err)
{
    struct um_buf schema = {0}, name = {0};
    um_quote_text(&schema, t->target_schema);
    um_quote_text(&name, t->target_name);
    uint64_t count = 0;
    int result = um_query_uint(c, &count, err,
                               "SELECT COUNT(*) FROM information_schema.tables "
                               "WHERE table_schema=%s AND table_name=%s",
                               schema.data, name.data);
    um_buf_free(&schema);
    um_buf_free(&name);
    *there = count > 0;
    return result;
}

static int run_on_table(struct um_conn *c, const char *verb, const char *schema, const char *name,
                        struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "%s ", verb);
    um_quote_table(&sql, schema, name);
    int result = um_exec_bytes(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

/* Gets a table that is in the way out of it, or says that it is. *create: make a new one. */
static int make_way(struct um_job *job, struct um_conn *ddl, const struct um_job_table *t,
                    bool ours, bool *create, struct um_err *err)
{
    bool there;
    *create = true;
    if (exists(ddl, t, &there, err) != 0)
        return -1;
    if (!there)
        return 0;
    switch (job->config->copy.existing) {
    case UM_EXISTING_EMPTY:
        *create = false;
        return run_on_table(ddl, "TRUNCATE TABLE", t->target_schema, t->target_name, err);
    case UM_EXISTING_REFUSE:
        if (!ours)
            return um_fail(err, UM_E_TARGET_TABLE_EXISTS,
                           "table `%s`.`%s` is already on the target and copy.existing is refuse",
                           t->target_schema, t->target_name);
        break;
    case UM_EXISTING_DROP:
        break;
    }
    return run_on_table(ddl, "DROP TABLE", t->target_schema, t->target_name, err);
}

static int create_table(struct um_job *job, struct um_conn *ddl, struct um_job_table *t,
                        struct um_err *err)
{
    struct um_state_table *recorded = &job->data.tables[t->index];
    bool ours = recorded->state == UM_TABLE_CREATING, create;
    if (!ours) {
        /* Before the intent is recorded: what is found now is not ours. */
        bool there;
        if (exists(ddl, t, &there, err) != 0)
            return -1;
        if (there && job->config->copy.existing == UM_EXISTING_REFUSE)
            return make_way(job, ddl, t, false, &create, err);
        if (um_state_set_table(job->state, t->id, UM_TABLE_CREATING, err) != 0)
            return -1;
    }
    if (um_fault(UM_FAULT_TARGET_BEFORE_CREATE_TABLE, err) != 0 ||
        make_way(job, ddl, t, true, &create, err) != 0)
        return -1;
    if (create) {
        struct um_buf sql = {0};
        int result = um_ddl_bare(t->ddl, &t->to, &sql, err);
        if (result == 0)
            result = um_exec_bytes(ddl, sql.data, sql.len, err);
        um_buf_free(&sql);
        if (result != 0)
            return -1;
    }
    if (um_fault(UM_FAULT_TARGET_AFTER_CREATE_TABLE, err) != 0)
        return -1;
    recorded->state = UM_TABLE_CREATED;
    return um_state_set_table(job->state, t->id, UM_TABLE_CREATED, err);
}

/* The schema as the source has it, unless the target has one of that name. */
static int create_schema(struct um_conn *source, struct um_conn *ddl, const struct um_job_table *t,
                         struct um_err *err)
{
    const char *schema = t->target_schema;
    struct um_buf name = {0};
    um_quote_text(&name, schema);
    uint64_t count = 0;
    int result = um_query_uint(
        ddl, &count, err, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name=%s",
        name.data);
    um_buf_free(&name);
    if (result != 0 || count)
        return result;
    char *sql = NULL;
    if (um_catalog_schema_sql(source, schema, &sql, err) != 0)
        return -1;
    struct um_buf create = {0};
    struct um_ddl_obstacles notes = {0};
    result = um_ddl_schema(sql, &t->to, &create, &notes, err);
    for (size_t i = 0; result == 0 && i < notes.count; i++)
        um_warn("Schema `%s`: %s", schema, notes.items[i].what);
    if (result == 0)
        result = um_exec_bytes(ddl, create.data, create.len, err);
    um_ddl_obstacles_clear(&notes);
    um_buf_free(&create);
    free(sql);
    enum { SCHEMA_EXISTS = 1007 };
    if (result != 0 && err->server_code == SCHEMA_EXISTS)
        result = 0;
    return result;
}

int um_target_create_tables(struct um_job *job, struct um_err *err)
{
    struct um_conn *ddl = um_target_ddl_open(job->config, err);
    struct um_conn *source = ddl ? um_conn_open(&job->config->source, err) : NULL;
    int result = source ? 0 : -1;
    const char *last_schema = "";
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        struct um_job_table *t = &job->tables[i];
        if (job->data.tables[i].state >= UM_TABLE_CREATED)
            continue;
        if (um_stop_requested())
            result = um_fail(err, UM_E_STOPPED, "stopped while creating tables");
        if (result == 0 && strcmp(last_schema, t->target_schema) != 0)
            result = create_schema(source, ddl, t, err);
        last_schema = t->target_schema;
        if (result == 0 && create_table(job, ddl, t, err) != 0)
            result = um_fail_in(err, "creating `%s`.`%s`", t->target_schema, t->target_name);
    }
    um_conn_close(source);
    um_conn_close(ddl);
    return result;
}

int um_target_reset_table(struct um_job *job, struct um_conn *ddl, struct um_job_table *t,
                          struct um_err *err)
{
    /* Chunks first: were the table emptied first, a crash would leave a manifest of rows that are
       gone. CREATING makes the next start begin the table anew in either case. */
    struct um_state_table *recorded = &job->data.tables[t->index];
    if (um_state_set_table(job->state, t->id, UM_TABLE_CREATING, err) != 0 ||
        um_state_forget_chunks(job->state, t->id, err) != 0)
        return -1;
    recorded->state = UM_TABLE_CREATING;
    for (size_t i = 0; i < recorded->chunk_count; i++) {
        um_bound_clear(&recorded->chunks[i].lo);
        um_bound_clear(&recorded->chunks[i].hi);
    }
    recorded->chunk_count = 0;
    recorded->rows_copied = recorded->bytes_copied = 0;
    return create_table(job, ddl, t, err);
}

int um_target_drop_made(const struct um_config *config, const struct um_state_data *data,
                        struct um_conn *ddl, struct um_err *err)
{
    for (size_t i = 0; i < data->object_count; i++) {
        const struct um_state_object *o = &data->objects[i];
        struct um_buf drop = {0};
        um_buf_fmt(&drop, "DROP %s IF EXISTS", o->kind);
        um_info("Dropping %s `%s`.`%s`, which this job had created.", o->kind, o->schema, o->name);
        int result = run_on_table(ddl, drop.data, o->schema, o->name, err);
        um_buf_free(&drop);
        if (result != 0)
            return um_fail_in(err, "dropping %s `%s`.`%s`", o->kind, o->schema, o->name);
    }
    bool keep = config->copy.existing == UM_EXISTING_EMPTY;
    for (size_t i = 0; !keep && i < data->table_count; i++) {
        const struct um_state_table *t = &data->tables[i];
        if (t->state == UM_TABLE_PENDING)
            continue;
        um_info("Dropping `%s`.`%s`, which this job had created.", t->schema, t->name);
        if (run_on_table(ddl, "DROP TABLE IF EXISTS", t->schema, t->name, err) != 0)
            return um_fail_in(err, "dropping `%s`.`%s`", t->schema, t->name);
    }
    return 0;
}
