#include "state/arm.h"

#include <inttypes.h>
#include <string.h>

#include "state/added.h"
#include "state/ddl.h"
#include "state/schema.h"
#include "state/sql.h"

static bool is_journal(const char *table)
{
    return strncmp(table, "job_cutover", 11) == 0;
}

static int forget(struct um_state *s, const char *table, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, um_state_config(s), table);
    um_sql_job(&sql, um_state_config(s));
    return um_sql_run(um_state_conn(s), &sql, err);
}

/* The row stays, for its epoch: what an earlier owner has in flight must not pass. */
static int forget_all(struct um_state *s, struct um_err *err)
{
    for (size_t i = 0; um_state_schema_table(i); i++) {
        const char *table = um_state_schema_table(i);
        if (strcmp(table, "job") != 0 && !is_journal(table) && forget(s, table, err) != 0)
            return -1;
    }
    return 0;
}

static int put_job(struct um_state *s, const struct um_state_armed *job, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, um_state_config(s), "job");
    um_buf_str(&sql, " (job, version, identity, epoch, phase, origin, source_uuid, created_at)"
                     " VALUES (");
    um_sql_text(&sql, um_state_config(s)->job);
    um_buf_fmt(&sql, ",%d,%" PRIu64 ",1,'%s',REPLACE(UUID(),'-',''),", UM_STATE_VERSION,
               job->identity, um_phase_name(UM_PHASE_SYNCED));
    um_sql_text(&sql, job->source_uuid);
    um_buf_str(&sql, ",UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE version=VALUES(version),"
                     "identity=VALUES(identity),epoch=epoch+1,phase=VALUES(phase),"
                     "source_uuid=VALUES(source_uuid),error=NULL");
    return um_sql_run(um_state_conn(s), &sql, err);
}

static int put_tables(struct um_state *s, const struct um_state_armed *job, struct um_err *err)
{
    for (size_t i = 0; i < job->table_count; i++) {
        if (um_state_put_model(um_state_conn(s), um_state_config(s), 0, job->tables[i]->schema,
                               job->tables[i]->name, job->models[i], err) != 0)
            return -1;
    }
    for (size_t i = 0; i + 1 < job->added->count; i += 2) {
        const char *schema = job->added->items[i], *name = job->added->items[i + 1];
        if (um_state_put_added(um_state_conn(s), um_state_config(s), schema, name, err) != 0 ||
            um_state_set_joined(um_state_conn(s), um_state_config(s), schema, name, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < job->trigger_count; i++) {
        const struct um_state_object *t = &job->triggers[i];
        if (um_state_add_object(s, t->kind, t->schema, t->name, err) != 0)
            return -1;
    }
    return 0;
}

int um_state_arm(struct um_state *s, const struct um_state_armed *job, struct um_err *err)
{
    struct um_conn *c = um_state_conn(s);
    if (um_state_schema_create(c, um_state_config(s), UM_STATE_VERSION, err) != 0 ||
        um_exec(c, err, "START TRANSACTION") != 0 || put_job(s, job, err) != 0 ||
        forget_all(s, err) != 0 || put_tables(s, job, err) != 0 || um_exec(c, err, "COMMIT") != 0)
        return -1;
    return um_state_take_over(s, err);
}

int um_state_arm_at(struct um_state *s, const struct um_position *at, struct um_err *err)
{
    struct um_state_snapshot first = {.method = (char *)"cutover"};
    um_position_copy(&first.at, at);
    int result = forget(s, "job_snapshot", err);
    if (result == 0)
        result = forget(s, "job_progress", err);
    if (result == 0)
        result = um_state_add_snapshot(s, &first, err);
    um_position_clear(&first.at);
    return result;
}
