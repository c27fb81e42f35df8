#include "target/target_tables.h"

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

int um_target_by_name(const void *a, const void *b)
{
    const struct um_job_table *x = *(struct um_job_table *const *)a,
                              *y = *(struct um_job_table *const *)b;
    int order = strcmp(x->target_schema, y->target_schema);
    return order ? order : strcmp(x->target_name, y->target_name);
}

struct um_job_table **um_target_find(struct um_job_table **sorted, size_t count, const char *schema,
                                     const char *name)
{
    struct um_job_table wanted = {.target_schema = schema, .target_name = name}, *key = &wanted;
    return bsearch(&key, sorted, count, sizeof *sorted, um_target_by_name);
}

int um_target_run_on_table(struct um_conn *c, const char *verb, const char *schema,
                           const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "%s ", verb);
    um_quote_table(&sql, schema, name);
    int result = um_exec_bytes(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

/* Names of the target's foreign keys from one table to the other. */
static int list_keys(struct um_conn *ddl, const struct um_job_table *child,
                     const struct um_job_table *parent, struct um_strv *out, struct um_err *err)
{
    const char *const names[] = {child->target_schema, child->target_name, parent->target_schema,
                                 parent->target_name};
    struct um_buf quoted[4] = {{0}};
    for (int i = 0; i < 4; i++)
        um_quote_text(&quoted[i], names[i]);
    struct um_resultset *rows =
        um_query(ddl, err,
                 "SELECT constraint_name FROM information_schema.referential_constraints "
                 "WHERE constraint_schema=%s AND table_name=%s AND unique_constraint_schema=%s AND "
                 "referenced_table_name=%s",
                 quoted[0].data, quoted[1].data, quoted[2].data, quoted[3].data);
    for (int i = 0; i < 4; i++)
        um_buf_free(&quoted[i]);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0)
        um_strv_add(out, v[0]);
    um_result_close(rows);
    return more;
}

static int drop_keys(struct um_conn *ddl, const struct um_job_table *child,
                     const struct um_job_table *parent, struct um_err *err)
{
    struct um_strv keys = {0};
    int result = list_keys(ddl, child, parent, &keys, err);
    for (size_t i = 0; result == 0 && i < keys.count; i++) {
        struct um_buf sql = {0};
        um_buf_str(&sql, "ALTER TABLE ");
        um_quote_table(&sql, child->target_schema, child->target_name);
        um_buf_str(&sql, " DROP FOREIGN KEY ");
        um_quote_ident(&sql, keys.items[i]);
        result = um_exec_bytes(ddl, sql.data, sql.len, err);
        um_buf_free(&sql);
        if (result == 0)
            result = um_fault(UM_FAULT_TARGET_AFTER_CHILD_KEYS, err);
    }
    um_strv_clear(&keys);
    return result;
}

/* What the stream brings to children that are copied already refers to rows that the table, copied
   later, never has. So their foreign keys go until the stream has passed it, and are made with all
   else that waits, by the definitions that the job has of them. Children of which it has none, as
   DDL came by, are copied as well (copy/along.h). */
int um_target_drop_child_keys(struct um_job *job, struct um_conn *ddl, const struct um_job_table *t,
                              struct um_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        const struct um_job_table *child = &job->tables[i];
        if (child != t && child->ddl && um_state_is_copied(&job->data.tables[i]) &&
            um_job_refers_to(job, child, t))
            result = drop_keys(ddl, child, t, err);
    }
    return result;
}

/* The schema as the source has it, unless the target has one of that name. */
int um_target_create_schema(struct um_conn *source, struct um_conn *ddl,
                            const struct um_job_table *t, struct um_err *err)
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

int um_target_drop_made(const struct um_config *config, const struct um_state_data *data,
                        struct um_conn *ddl, struct um_err *err)
{
    for (size_t i = 0; i < data->object_count; i++) {
        const struct um_state_object *o = &data->objects[i];
        struct um_buf drop = {0};
        um_buf_fmt(&drop, "DROP %s IF EXISTS", o->kind);
        um_info("Dropping %s `%s`.`%s`, which this job had created.", o->kind, o->schema, o->name);
        int result = um_target_run_on_table(ddl, drop.data, o->schema, o->name, err);
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
        if (um_target_run_on_table(ddl, "DROP TABLE IF EXISTS", t->schema, t->name, err) != 0)
            return um_fail_in(err, "dropping `%s`.`%s`", t->schema, t->name);
    }
    return 0;
}
