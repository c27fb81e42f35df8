#include "state/schema.h"

#include "schema/ddl.h"

/* The newest layout. `since` is the version of the state (UM_STATE_VERSION) that brought it. */
static const struct {
    unsigned since;
    const char *name, *columns;
} state_tables[] = {
    {1, "job",
     "job VARCHAR(32) NOT NULL,"
     "version INT UNSIGNED NOT NULL,"
     "identity BIGINT UNSIGNED NOT NULL COMMENT 'digest of what may not change',"
     "epoch BIGINT UNSIGNED NOT NULL COMMENT 'raised by each start',"
     "phase VARCHAR(16) NOT NULL,"
     "origin CHAR(32) NOT NULL COMMENT 'names this job in loop control',"
     "source_uuid VARCHAR(128) NOT NULL,"
     "error TEXT NULL,"
     "created_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job)"},
    {1, "job_table",
     "job VARCHAR(32) NOT NULL,"
     "id INT UNSIGNED NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "table_name VARCHAR(64) NOT NULL,"
     "state VARCHAR(16) NOT NULL,"
     "rows_estimate BIGINT UNSIGNED NOT NULL,"
     "create_sql LONGTEXT NOT NULL,"
     "PRIMARY KEY (job, id)"},
    {1, "job_snapshot",
     "job VARCHAR(32) NOT NULL,"
     "id INT UNSIGNED NOT NULL,"
     "log_file VARCHAR(255) NOT NULL,"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "gtids LONGTEXT NULL,"
     "lock_us BIGINT UNSIGNED NOT NULL,"
     "method VARCHAR(64) NOT NULL,"
     "taken_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job, id)"},
    {1, "job_chunk",
     "job VARCHAR(32) NOT NULL,"
     "id BIGINT UNSIGNED NOT NULL,"
     "table_id INT UNSIGNED NOT NULL,"
     "snapshot_id INT UNSIGNED NOT NULL,"
     "lo LONGTEXT NOT NULL COMMENT 'exclusive; - is open',"
     "hi LONGTEXT NOT NULL COMMENT 'inclusive; - is open',"
     "row_count BIGINT UNSIGNED NOT NULL,"
     "byte_count BIGINT UNSIGNED NOT NULL,"
     "checksum CHAR(32) NULL COMMENT 'of its rows, seen on both sides',"
     "done_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job, id)"},
    {1, "job_progress",
     "job VARCHAR(32) NOT NULL,"
     "worker INT UNSIGNED NOT NULL,"
     "epoch BIGINT UNSIGNED NOT NULL,"
     "log_file VARCHAR(255) NOT NULL,"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "gtids LONGTEXT NULL,"
     "log_born BIGINT NOT NULL DEFAULT 0 COMMENT 'when log_file was created',"
     "transactions BIGINT UNSIGNED NOT NULL,"
     "changes BIGINT UNSIGNED NOT NULL,"
     "committed_us BIGINT NOT NULL COMMENT 'clock of the source',"
     "applied_at DATETIME(6) NOT NULL COMMENT 'clock of the target',"
     "seen_at DATETIME(6) NOT NULL COMMENT 'sign of life',"
     "PRIMARY KEY (job, worker)"},
    {1, "job_applied",
     "job VARCHAR(32) NOT NULL,"
     "batch BIGINT UNSIGNED NOT NULL,"
     "names LONGTEXT NOT NULL COMMENT 'source transactions beyond job_progress',"
     "transactions BIGINT UNSIGNED NOT NULL,"
     "changes BIGINT UNSIGNED NOT NULL,"
     "PRIMARY KEY (job, batch)"},
    {1, "job_object",
     "job VARCHAR(32) NOT NULL,"
     "kind VARCHAR(16) NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "object_name VARCHAR(64) NOT NULL,"
     "PRIMARY KEY (job, kind, schema_name, object_name)"},
    {1, "job_prepared",
     "job VARCHAR(32) NOT NULL,"
     "xid VARCHAR(300) NOT NULL COMMENT 'as the source logs it',"
     "part INT UNSIGNED NOT NULL,"
     "changes LONGBLOB NOT NULL COMMENT 'row changes, cut anywhere',"
     "PRIMARY KEY (job, xid, part)"},
    {1, "job_hold",
     "job VARCHAR(32) NOT NULL,"
     "ticket BIGINT UNSIGNED NOT NULL COMMENT 'connection that asks',"
     "stage VARCHAR(16) NOT NULL COMMENT 'asked, asked to write, held, until, reached',"
     "log_file VARCHAR(255) NULL, log_pos BIGINT UNSIGNED NULL, gtids LONGTEXT NULL,"
     "PRIMARY KEY (job)"},
    {2, "job_conflict",
     "id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,"
     "job VARCHAR(32) NOT NULL,"
     "log_file VARCHAR(255) NOT NULL,"
     "log_pos BIGINT UNSIGNED NOT NULL COMMENT 'where the row event ends',"
     "gtid VARCHAR(128) NULL,"
     "row_no BIGINT UNSIGNED NOT NULL COMMENT 'in the transaction, from 1',"
     "schema_name VARCHAR(64) NULL,"
     "table_name VARCHAR(64) NULL,"
     "op VARCHAR(16) NOT NULL COMMENT 'insert, update, delete, statement',"
     "policy VARCHAR(16) NOT NULL COMMENT 'overwrite, skip, ctl skip',"
     "error VARCHAR(16) NOT NULL COMMENT 'what was found',"
     "row_key LONGTEXT NULL,"
     "before_image LONGTEXT NULL COMMENT 'of the source, JSON',"
     "after_image LONGTEXT NULL COMMENT 'of the source, JSON',"
     "target_rows LONGTEXT NULL COMMENT 'rows in the way, JSON',"
     "recorded_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (id), KEY (job, id)"},
    {2, "job_stopped",
     "job VARCHAR(32) NOT NULL,"
     "transaction_name VARCHAR(400) NOT NULL COMMENT 'GTID, or where it begins',"
     "log_file VARCHAR(255) NOT NULL,"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "row_no BIGINT UNSIGNED NOT NULL COMMENT '0: the whole transaction',"
     "schema_name VARCHAR(64) NULL,"
     "table_name VARCHAR(64) NULL,"
     "op VARCHAR(16) NULL,"
     "row_key LONGTEXT NULL,"
     "error INT UNSIGNED NOT NULL,"
     "PRIMARY KEY (job)"},
    {2, "job_skip",
     "job VARCHAR(32) NOT NULL,"
     "transaction_name VARCHAR(400) NOT NULL,"
     "row_no BIGINT UNSIGNED NOT NULL COMMENT '0: the whole transaction',"
     "error INT UNSIGNED NOT NULL,"
     "PRIMARY KEY (job, transaction_name, row_no)"},
    {2, "job_model",
     "job VARCHAR(32) NOT NULL,"
     "table_id INT UNSIGNED NOT NULL,"
     "model LONGTEXT NOT NULL COMMENT 'of the source as of the applied position',"
     "generation BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'another one whenever the row is "
     "written',"
     "PRIMARY KEY (job, table_id)"},
    {2, "job_ddl",
     "job VARCHAR(32) NOT NULL,"
     "log_file VARCHAR(255) NOT NULL COMMENT 'where the statement ends',"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "gtids LONGTEXT NULL,"
     "log_born BIGINT NOT NULL,"
     "committed_us BIGINT NOT NULL,"
     "transactions BIGINT UNSIGNED NOT NULL,"
     "changes BIGINT UNSIGNED NOT NULL,"
     "session LONGBLOB NOT NULL COMMENT 'statements that set it up',"
     "statement LONGBLOB NOT NULL,"
     "effects LONGTEXT NOT NULL,"
     "before_it LONGTEXT NOT NULL COMMENT 'what it concerns, as it was on the target',"
     "PRIMARY KEY (job)"},
    {3, "job_throttle",
     "job VARCHAR(32) NOT NULL,"
     "who VARCHAR(16) NOT NULL COMMENT 'hand, copy, verify',"
     "reason TEXT NOT NULL,"
     "recorded_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job, who)"},
    {4, "job_order",
     "job VARCHAR(32) NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "table_name VARCHAR(64) NOT NULL COMMENT 'to be copied again',"
     "ordered_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job, schema_name, table_name)"},
    {4, "job_repair",
     "id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,"
     "job VARCHAR(32) NOT NULL,"
     "run BIGINT UNSIGNED NOT NULL COMMENT 'of verify, the same for all of its rows',"
     "log_file VARCHAR(255) NOT NULL COMMENT 'the source when the row was read',"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "table_name VARCHAR(64) NOT NULL,"
     "op VARCHAR(16) NOT NULL COMMENT 'insert, update, delete',"
     "row_key LONGTEXT NOT NULL,"
     "before_image LONGTEXT NULL COMMENT 'of the target, JSON',"
     "after_image LONGTEXT NULL COMMENT 'of the target, JSON',"
     "recorded_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (id), KEY (job, run)"},
    {5, "job_cutover",
     "job VARCHAR(32) NOT NULL,"
     "term BIGINT UNSIGNED NOT NULL COMMENT 'of the cutovers there and back, the last has the "
     "highest',"
     "state VARCHAR(16) NOT NULL,"
     "hook_called TINYINT NOT NULL COMMENT 'the switch hook has to be told of a retreat',"
     "lift LONGTEXT NOT NULL COMMENT 'statements that open the source again',"
     "opening LONGTEXT NOT NULL COMMENT 'statements that open the target',"
     "log_file VARCHAR(255) NULL COMMENT 'where the source stood when it was fenced',"
     "log_pos BIGINT UNSIGNED NULL, gtids LONGTEXT NULL,"
     "changed_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job)"},
    {5, "job_cutover_step",
     "id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,"
     "job VARCHAR(32) NOT NULL,"
     "term BIGINT UNSIGNED NOT NULL,"
     "step VARCHAR(32) NOT NULL,"
     "event VARCHAR(16) NOT NULL COMMENT 'begin, end, failed',"
     "detail TEXT NOT NULL,"
     "recorded_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (id), KEY (job, term)"},
    {5, "job_verdict",
     "job VARCHAR(32) NOT NULL,"
     "equal TINYINT NOT NULL COMMENT 'all rows of all tables were compared, and are',"
     "conflict BIGINT UNSIGNED NOT NULL COMMENT 'the last in job_conflict by then',"
     "log_file VARCHAR(255) NULL, log_pos BIGINT UNSIGNED NULL, gtids LONGTEXT NULL,"
     "verified_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job)"},
    {5, "job_added",
     "job VARCHAR(32) NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "table_name VARCHAR(64) NOT NULL COMMENT 'wanted beside those of the configuration',"
     "ordered_at DATETIME(6) NULL COMMENT 'NULL: that is carried out',"
     "joined_at DATETIME(6) NULL COMMENT 'NULL: it has not yet',"
     "PRIMARY KEY (job, schema_name, table_name)"},
    {5, "job_verified",
     "job VARCHAR(32) NOT NULL,"
     "schema_name VARCHAR(64) NOT NULL,"
     "table_name VARCHAR(64) NOT NULL,"
     "part INT UNSIGNED NOT NULL COMMENT 'of the verification, one for each time it was begun',"
     "log_file VARCHAR(255) NOT NULL COMMENT 'where it was compared',"
     "log_pos BIGINT UNSIGNED NOT NULL,"
     "gtids LONGTEXT NULL,"
     "at_or_later TINYINT NOT NULL COMMENT 'compared without a lock, from there on',"
     "hi LONGTEXT NOT NULL COMMENT 'compared up to here; empty: nothing; - is the end',"
     "differing LONGTEXT NOT NULL COMMENT 'ranges that differed, lo and hi, a line each',"
     "settled BIGINT UNSIGNED NOT NULL COMMENT 'such ranges that a later part has compared again',"
     "chunks BIGINT UNSIGNED NOT NULL COMMENT 'that were equal',"
     "rows_source BIGINT UNSIGNED NOT NULL COMMENT 'in these',"
     "rows_target BIGINT UNSIGNED NOT NULL,"
     "generation BIGINT UNSIGNED NOT NULL COMMENT 'of job_model',"
     "conflicts BIGINT UNSIGNED NOT NULL COMMENT 'recorded by then that concern the table',"
     "definition CHAR(32) NOT NULL COMMENT 'digest of both sides'' definitions',"
     "recorded_at DATETIME(6) NOT NULL,"
     "PRIMARY KEY (job, schema_name, table_name, part)"},
};

/* Columns that a later version brought to a table of an earlier one. */
static const struct {
    unsigned since;
    const char *table, *name, *rest;
} state_columns[] = {
    {3, "job_chunk", "checksum",
     "CHAR(32) NULL COMMENT 'of its rows, seen on both sides' AFTER byte_count"},
    {5, "job_model", "generation",
     "BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'another one whenever the row is written'"},
};

static int add_column(struct um_conn *c, const struct um_config *config, size_t i,
                      struct um_err *err)
{
    struct um_buf sql = {0}, schema = {0};
    uint64_t there = 0;
    um_quote_text(&schema, config->state.schema);
    int result =
        um_query_uint(c, &there, err,
                      "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = "
                      "CONVERT(%s USING utf8mb4) AND table_name = '%s' AND column_name = '%s'",
                      schema.data, state_columns[i].table, state_columns[i].name);
    if (result == 0 && !there) {
        um_buf_str(&sql, "ALTER TABLE ");
        um_quote_table(&sql, config->state.schema, state_columns[i].table);
        um_buf_fmt(&sql, " ADD COLUMN %s %s", state_columns[i].name, state_columns[i].rest);
        result = um_exec_bytes(c, sql.data, sql.len, err);
    }
    um_buf_free(&schema);
    um_buf_free(&sql);
    return result;
}

/* One step: what this version brought. It finds the layout of the version before, or what a crash
   left of a step like it, or the newest one, when another job of the schema was there first. */
static int bring(struct um_conn *c, const struct um_config *config, unsigned version,
                 struct um_err *err)
{
    struct um_buf sql = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof state_tables / sizeof *state_tables; i++) {
        if (state_tables[i].since != version)
            continue;
        um_buf_clear(&sql);
        um_buf_str(&sql, "CREATE TABLE IF NOT EXISTS ");
        um_quote_table(&sql, config->state.schema, state_tables[i].name);
        um_buf_fmt(&sql, " (%s) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                   state_tables[i].columns);
        result = um_exec_bytes(c, sql.data, sql.len, err);
    }
    um_buf_free(&sql);
    for (size_t i = 0; result == 0 && i < sizeof state_columns / sizeof *state_columns; i++) {
        if (state_columns[i].since == version)
            result = add_column(c, config, i, err);
    }
    return result;
}

int um_state_schema_upgrade(struct um_conn *c, const struct um_config *config, unsigned from,
                            unsigned to, struct um_err *err)
{
    for (unsigned version = from + 1; version <= to; version++) {
        if (bring(c, config, version, err) != 0)
            return -1;
    }
    return 0;
}

int um_state_schema_create(struct um_conn *c, const struct um_config *config, unsigned version,
                           struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "CREATE DATABASE IF NOT EXISTS ");
    um_quote_ident(&sql, config->state.schema);
    int result = um_exec_bytes(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result == 0 ? um_state_schema_upgrade(c, config, 0, version, err) : -1;
}

int um_state_schema_drop(struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    struct um_buf sql = {0};
    int result = 0;
    for (size_t i = sizeof state_tables / sizeof *state_tables; result == 0 && i-- > 0;) {
        um_buf_clear(&sql);
        um_buf_str(&sql, "DROP TABLE IF EXISTS ");
        um_quote_table(&sql, config->state.schema, state_tables[i].name);
        result = um_exec_bytes(c, sql.data, sql.len, err);
    }
    /* The schema may have been there before, and may hold what others put there. */
    uint64_t others = 1;
    struct um_buf name = {0};
    um_quote_text(&name, config->state.schema);
    if (result == 0)
        result = um_query_uint(c, &others, err,
                               "SELECT COUNT(*) FROM information_schema.tables "
                               "WHERE table_schema = CONVERT(%s USING utf8mb4)",
                               name.data);
    if (result == 0 && others == 0) {
        um_buf_clear(&sql);
        um_buf_str(&sql, "DROP DATABASE IF EXISTS ");
        um_quote_ident(&sql, config->state.schema);
        result = um_exec_bytes(c, sql.data, sql.len, err);
    }
    um_buf_free(&name);
    um_buf_free(&sql);
    return result;
}

const char *um_state_schema_table(size_t i)
{
    return i < sizeof state_tables / sizeof *state_tables ? state_tables[i].name : NULL;
}
