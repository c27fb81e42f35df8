#include "state/state.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "schema/ddl.h"
#include "state/ddl.h"
#include "state/schema.h"
#include "state/sql.h"

struct um_state {
    const struct um_config *config;
    struct um_conn *conn; /* holds the job's lock for as long as it lives */
    uint64_t epoch;
};

static const char *const phase_names[] = {"copy", "finish", "follow", "synced"};
static const char *const table_state_names[] = {"pending", "creating", "created",
                                                "copied",  "followed", "left"};

const char *um_phase_name(enum um_phase phase)
{
    return phase_names[phase];
}

const char *um_table_state_name(enum um_table_state state)
{
    return table_state_names[state];
}

/* ---- the lock ---- */

static int get_lock(struct um_conn *conn, const struct um_config *config, int seconds,
                    uint64_t *got, struct um_err *err)
{
    return um_query_uint(conn, got, err, "SELECT COALESCE(GET_LOCK('unmoor.%s', %d), 0)",
                         config->job, seconds);
}

static struct um_conn *connect_and_lock(const struct um_config *config, struct um_err *err)
{
    /* A killed predecessor's lock goes away when the server sees its connection closed. */
    enum { LOCK_WAIT_SECONDS = 8 };

    struct um_conn *conn = um_conn_open(&config->target, err);
    if (!conn)
        return NULL;
    uint64_t got = 0;
    int result = get_lock(conn, config, 0, &got, err);
    if (result == 0 && !got) {
        um_info("The lock of job '%s' is taken; waiting %d s in case its holder has just ended.",
                config->job, LOCK_WAIT_SECONDS);
        result = get_lock(conn, config, LOCK_WAIT_SECONDS, &got, err);
    }
    if (result == 0 && got)
        return conn;
    if (result == 0)
        um_fail(err, UM_E_JOB_RUNNING,
                "job '%s': another instance holds its lock on the target ('unmoor.%s')",
                config->job, config->job);
    um_conn_close(conn);
    return NULL;
}

static struct um_state *state_of(const struct um_config *config, struct um_conn *conn)
{
    if (!conn)
        return NULL;
    struct um_state *s = um_alloc(sizeof *s);
    s->config = config;
    s->conn = conn;
    return s;
}

struct um_state *um_state_lock(const struct um_config *config, struct um_err *err)
{
    return state_of(config, connect_and_lock(config, err));
}

struct um_state *um_state_look(const struct um_config *config, struct um_err *err)
{
    return state_of(config, um_conn_open(&config->target, err));
}

void um_state_close(struct um_state *s)
{
    if (!s)
        return;
    um_conn_close(s->conn);
    free(s);
}

struct um_conn *um_state_conn(struct um_state *s)
{
    return s->conn;
}

const struct um_config *um_state_config(const struct um_state *s)
{
    return s->config;
}

uint64_t um_state_epoch(const struct um_state *s)
{
    return s->epoch;
}

int um_state_check(struct um_state *s, struct um_err *err)
{
    uint64_t mine = 0;
    if (um_query_uint(s->conn, &mine, err,
                      "SELECT COALESCE(IS_USED_LOCK('unmoor.%s') = CONNECTION_ID(), 0)",
                      s->config->job) != 0)
        return -1;
    return mine ? 0
                : um_fail(err, UM_E_JOB_FENCED, "job '%s': its lock on the target was lost",
                          s->config->job);
}

static int read_job(struct um_state *s, const char *column, uint64_t *out, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "SELECT %s FROM ", column);
    um_state_name(&sql, s->config, "job");
    um_sql_job(&sql, s->config);
    int result = um_query_uint(s->conn, out, err, "%s", sql.data);
    um_buf_free(&sql);
    return result;
}

int um_state_reconnect(struct um_state *s, struct um_err *err)
{
    if (um_state_check(s, err) == 0)
        return 0;
    struct um_conn *fresh = connect_and_lock(s->config, err);
    if (!fresh)
        return -1;
    um_conn_close(s->conn);
    s->conn = fresh;
    uint64_t epoch = 0;
    if (read_job(s, "epoch", &epoch, err) != 0)
        return -1;
    return epoch == s->epoch ? 0 : um_state_fenced(s->config, err);
}

int um_state_revive(struct um_state *s, struct um_err *err)
{
    /* What our lost connections still have in flight has to end before the state is read. */
    return um_state_reconnect(s, err) == 0 ? um_state_take_over(s, err) : -1;
}

/* ---- creating, taking over ---- */

/* UPDATE job SET <set> WHERE job=… AND epoch=…; takes sql over. */
static int update_job(struct um_state *s, struct um_buf *set, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, s->config, "job");
    um_buf_fmt(&sql, " SET %s", set->data);
    um_sql_job(&sql, s->config);
    um_buf_fmt(&sql, " AND epoch=%" PRIu64, s->epoch);
    um_buf_free(set);
    if (um_sql_run(s->conn, &sql, err) != 0)
        return -1;
    return um_affected(s->conn) == 1 ? 0 : um_state_fenced(s->config, err);
}

int um_state_fenced(const struct um_config *config, struct um_err *err)
{
    return um_fail(err, UM_E_JOB_FENCED, "job '%s': another instance has taken it over",
                   config->job);
}

static void random_hex(char out[33])
{
    unsigned char bytes[16];
    RAND_bytes(bytes, sizeof bytes);
    for (int i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static int insert_job(struct um_state *s, const struct um_state_new *job, struct um_err *err)
{
    char origin[33];
    random_hex(origin);
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, s->config, "job");
    um_buf_str(&sql, " (job, version, identity, epoch, phase, origin, source_uuid, created_at)"
                     " VALUES (");
    um_sql_text(&sql, s->config->job);
    um_buf_fmt(&sql, ",%d,%" PRIu64 ",1,'copy','%s',", UM_STATE_VERSION, job->identity, origin);
    um_sql_text(&sql, job->source_uuid);
    um_buf_str(&sql, ",UTC_TIMESTAMP(6))");
    return um_sql_run(s->conn, &sql, err);
}

static void put_table(const struct um_state *s, uint32_t id, const struct um_state_table *t,
                      struct um_buf *sql)
{
    if (sql->len) {
        um_buf_char(sql, ',');
    } else {
        um_buf_str(sql, "INSERT INTO ");
        um_state_name(sql, s->config, "job_table");
        um_buf_str(sql, " (job, id, schema_name, table_name, state, rows_estimate, create_sql)"
                        " VALUES ");
    }
    um_buf_char(sql, '(');
    um_sql_text(sql, s->config->job);
    um_buf_fmt(sql, ",%u,", id);
    um_sql_text(sql, t->schema);
    um_buf_char(sql, ',');
    um_sql_text(sql, t->name);
    um_buf_fmt(sql, ",'pending',%" PRIu64 ",", t->rows_estimate);
    um_sql_text(sql, t->create_sql);
    um_buf_char(sql, ')');
}

static int insert_tables(struct um_state *s, uint32_t first_id, const struct um_state_table *tables,
                         size_t count, struct um_err *err)
{
    enum { PACKET = 256 << 10 };
    struct um_buf sql = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        put_table(s, first_id + (uint32_t)i, &tables[i], &sql);
        if (sql.len >= PACKET || i + 1 == count)
            result = um_sql_run(s->conn, &sql, err);
    }
    um_buf_free(&sql);
    return result;
}

int um_state_create(struct um_state *s, const struct um_state_new *job, struct um_err *err)
{
    if (um_state_schema_create(s->conn, s->config, UM_STATE_VERSION, err) != 0 ||
        um_exec(s->conn, err, "START TRANSACTION") != 0 || insert_job(s, job, err) != 0 ||
        insert_tables(s, 1, job->tables, job->table_count, err) != 0 ||
        um_exec(s->conn, err, "COMMIT") != 0)
        return -1;
    s->epoch = 1;
    return 0;
}

/* The version is raised when its layout is there: whoever is stopped before begins again. */
static int upgrade(struct um_state *s, struct um_err *err)
{
    uint64_t version = 0;
    if (read_job(s, "version", &version, err) != 0)
        return -1;
    if (version >= UM_STATE_VERSION)
        return 0;
    if (um_state_schema_upgrade(s->conn, s->config, (unsigned)version, UM_STATE_VERSION, err) != 0)
        return um_fail_in(err, "raising the job's state from version %" PRIu64 " to %d", version,
                          UM_STATE_VERSION);
    if (um_fault(UM_FAULT_STATE_UPGRADED, err) != 0)
        return -1;
    um_info("The job's state was in version %" PRIu64 " and is in version %d now.", version,
            UM_STATE_VERSION);
    struct um_buf set = {0};
    um_buf_fmt(&set, "version=%d", UM_STATE_VERSION);
    return update_job(s, &set, err);
}

int um_state_take_over(struct um_state *s, struct um_err *err)
{
    /* Waits for whatever a killed predecessor still has in flight: its transactions hold the
       job's or the progress row's lock from their last statement to their commit. */
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, s->config, "job");
    um_buf_str(&sql, " SET epoch=epoch+1, error=NULL");
    um_sql_job(&sql, s->config);
    if (um_sql_run(s->conn, &sql, err) != 0 || read_job(s, "epoch", &s->epoch, err) != 0)
        return -1;

    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, s->config, "job_progress");
    um_buf_fmt(&sql, " SET epoch=%" PRIu64, s->epoch);
    um_sql_job(&sql, s->config);
    if (um_sql_run(s->conn, &sql, err) != 0 || upgrade(s, err) != 0)
        return -1;
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, s->config, "job_stopped");
    um_sql_job(&sql, s->config);
    return um_sql_run(s->conn, &sql, err);
}

/* ---- small updates by the owner ---- */

int um_state_set_phase(struct um_state *s, enum um_phase phase, struct um_err *err)
{
    struct um_buf set = {0};
    um_buf_fmt(&set, "phase='%s'", um_phase_name(phase));
    return update_job(s, &set, err);
}

int um_state_set_error(struct um_state *s, const struct um_err *error, struct um_err *err)
{
    struct um_buf set = {0}, text = {0};
    if (error)
        um_buf_fmt(&text, "UM-%d: %s", error->id, error->text);
    um_buf_str(&set, "error=");
    um_sql_text(&set, text.data);
    um_buf_free(&text);
    return update_job(s, &set, err);
}

int um_state_add_object(struct um_state *s, const char *kind, const char *schema, const char *name,
                        struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT IGNORE INTO ");
    um_state_name(&sql, s->config, "job_object");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, s->config->job);
    um_buf_fmt(&sql, ",kind='%s',schema_name=", kind);
    um_sql_text(&sql, schema);
    um_buf_str(&sql, ",object_name=");
    um_sql_text(&sql, name);
    return um_sql_run(s->conn, &sql, err);
}

int um_state_forget_chunks(struct um_state *s, uint32_t table_id, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, s->config, "job_chunk");
    um_sql_job(&sql, s->config);
    um_buf_fmt(&sql, " AND table_id=%u", table_id);
    return um_sql_run(s->conn, &sql, err);
}

int um_state_add_table(struct um_state *s, const struct um_state_table *t, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM ");
    um_state_name(&sql, s->config, "job_table");
    um_sql_job(&sql, s->config);
    uint64_t id = 0;
    int result = um_query_uint(s->conn, &id, err, "%s", sql.data);
    um_buf_free(&sql);
    return result == 0 ? insert_tables(s, (uint32_t)id, t, 1, err) : -1;
}

int um_state_replace_table(struct um_state *s, const struct um_state_table *t,
                           const char *create_sql, uint64_t rows_estimate, struct um_err *err)
{
    enum um_table_state state = t->state == UM_TABLE_PENDING ? t->state : UM_TABLE_CREATING;
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, s->config, "job_table");
    um_buf_fmt(&sql,
               " SET state='%s',rows_estimate=%" PRIu64 ",create_sql=", um_table_state_name(state),
               rows_estimate);
    um_sql_text(&sql, create_sql);
    um_sql_job(&sql, s->config);
    um_buf_fmt(&sql, " AND id=%u", t->id);
    if (um_exec(s->conn, err, "START TRANSACTION") != 0 || um_sql_run(s->conn, &sql, err) != 0 ||
        um_state_forget_chunks(s, t->id, err) != 0)
        return -1;
    return um_exec(s->conn, err, "COMMIT");
}

int um_state_remove_table(struct um_state *s, uint32_t table_id, struct um_err *err)
{
    if (um_exec(s->conn, err, "START TRANSACTION") != 0 ||
        um_state_forget_table(s->conn, s->config, table_id, err) != 0)
        return -1;
    return um_exec(s->conn, err, "COMMIT");
}

int um_state_next_chunk(struct um_state *s, uint64_t *id, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM ");
    um_state_name(&sql, s->config, "job_chunk");
    um_sql_job(&sql, s->config);
    int result = um_query_uint(s->conn, id, err, "%s", sql.data);
    um_buf_free(&sql);
    return result;
}

static int insert_snapshot(struct um_state *s, const struct um_state_snapshot *snapshot,
                           struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, s->config, "job_snapshot");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, s->config->job);
    um_buf_fmt(&sql, ",id=%u,", snapshot->id);
    um_sql_position(&sql, &snapshot->at);
    um_buf_fmt(&sql, ",lock_us=%" PRId64 ",method=", snapshot->lock_us);
    um_sql_text(&sql, snapshot->method);
    um_buf_str(&sql, ",taken_at=UTC_TIMESTAMP(6)");
    return um_sql_run(s->conn, &sql, err);
}

static int insert_progress(struct um_state *s, const struct um_state_snapshot *first,
                           struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, s->config, "job_progress");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, s->config->job);
    um_buf_fmt(&sql, ",worker=0,epoch=%" PRIu64 ",", s->epoch);
    um_sql_position(&sql, &first->at);
    um_buf_fmt(&sql, ",log_born=%" PRId64, first->log_born);
    um_buf_str(&sql, ",transactions=0,changes=0,committed_us=0,applied_at=UTC_TIMESTAMP(6),"
                     "seen_at=UTC_TIMESTAMP(6)");
    return um_sql_run(s->conn, &sql, err);
}

int um_state_add_snapshot(struct um_state *s, struct um_state_snapshot *snapshot,
                          struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM ");
    um_state_name(&sql, s->config, "job_snapshot");
    um_sql_job(&sql, s->config);
    uint64_t id = 0;
    int result = um_query_uint(s->conn, &id, err, "%s", sql.data);
    um_buf_free(&sql);
    if (result != 0)
        return -1;
    snapshot->id = (uint32_t)id;
    if (um_exec(s->conn, err, "START TRANSACTION") != 0 || insert_snapshot(s, snapshot, err) != 0 ||
        (id == 1 && insert_progress(s, snapshot, err) != 0))
        return -1;
    return um_exec(s->conn, err, "COMMIT");
}
