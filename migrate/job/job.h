#ifndef MIGRATE_JOB_H
#define MIGRATE_JOB_H

#include "config/config.h"
#include "mysql/catalog.h"
#include "mysql/server.h"
#include "ops/progress.h"
#include "ops/throttle.h"
#include "schema/ddl.h"
#include "schema/ddl_statement.h"
#include "schema/table.h"
#include "spool/spool.h"
#include "state/state.h"

/*
 * What the stages of one job share. Filled by the coordinator before worker threads start; they
 * read it without locks. What a stage changes while threads run lives in the stage.
 */
struct um_job_table {
    uint32_t id;                   /* in the state */
    size_t index;                  /* in um_job.tables and um_job.data.tables */
    const struct um_table *source; /* owned by um_job.source_tables, or by um_job.models */
    const struct um_table *target; /* owned by um_job.target_tables; NULL until it is created */
    const char *target_schema, *target_name;
    struct um_ddl *ddl; /* NULL once DDL came by: what it says is on the target */
    struct um_ddl_target to;
    struct um_key chunk_key, row_key;
    /* Tables that must be copied within one snapshot together; the lowest index names it. */
    size_t unit;
    enum um_on_conflict on_conflict;
    /* Its chunks may be read at different positions (see docs/architecture.md). */
    bool mixable;
    /* Rows come whole, but the server notes of generated columns that they round what they compute.
     */
    bool rounds_generated;
};

struct um_job {
    const struct um_config *config;
    struct um_config with_added; /* what it leads to, see um_job_init */
    struct um_state *state;
    struct um_state_data data; /* as it was when the job was started or resumed */
    struct um_server source, target;
    enum um_gtid_kind gtid_kind;
    bool full_row_image;
    bool fold_names;        /* lower_case_table_names=1 on the source */
    bool explicit_defaults; /* the source's explicit_defaults_for_timestamp */
    bool source_in_utc;     /* its sessions are, unless they say otherwise */
    bool cascades_logged;   /* what foreign keys do to other rows is in the binlog */
    enum um_lock_method lock;
    struct um_tables source_tables, target_tables;
    struct um_tables models; /* of the source as of the applied position, once they are copied */
    struct um_objects objects;
    struct um_job_table *tables; /* in the order of the state's ids */
    size_t table_count;
    struct um_job_table **by_name; /* the same, sorted */
    struct um_progress *progress;
    struct um_throttle *throttle; /* where the copy waits before a chunk; NULL: it never does */
    struct um_spool *spool;       /* NULL: the source alone has its binlog */
};

/* A job of which nothing is read yet, and which stays where it is. Its configuration is the one
   given, and wants what `data` says was added to the job as well. */
void um_job_init(struct um_job *job, const struct um_config *config);

/* Reads what the source is and, as far as it is needed, its catalogue. Needs config, state, data.
 */
int um_job_read_source(struct um_job *job, struct um_err *err);
/* Makes the tables of what was read and of the state: those that are copied wholly are what they
   were in their snapshot, others what the catalogue says, which has to be what is recorded
   (UM_E_SOURCE_DDL). */
int um_job_match(struct um_job *job, struct um_err *err);
bool um_job_is_as_recorded(const struct um_table *source, const struct um_state_table *recorded);
/* Views, routines, triggers and events as the source has them now; um_job_read_source does it too.
 */
int um_job_read_objects(struct um_job *job, struct um_err *err);
/* The target's models of the job's tables, once they are created; it also has to carry out their
   cascades (um_job_check_cascades). */
int um_job_read_target(struct um_job *job, struct um_err *err);
/* Rows that InnoDB changes by itself leave no trace in the binlog. From MySQL 9.6 on the SQL layer
   does it, and logs it, unless it is told otherwise. False where the server cannot be asked. */
bool um_job_cascades_by_sql_layer(struct um_conn *c);
/* UM_E_TARGET_CASCADES where it would not do so whole, see schema/cascades.h. */
int um_job_check_cascades(const struct um_job *job, struct um_err *err);
/* UM_E_GENERATED_TIMES where the target would keep other values than the source: it computes them
   in UTC. What the plan blocks, for a table that has come by DDL since. */
int um_job_check_generated_times(const struct um_job *job, const struct um_ddl *ddl,
                                 const char *schema, const char *name, struct um_err *err);
/* Needs source and target: is nothing else of the table's columns rounded? */
bool um_job_rounds_generated(const struct um_job_table *t);
/* All of it from the state once more, after a DDL was applied. No other thread uses the job. */
int um_job_read_again(struct um_job *job, struct um_err *err);
void um_job_clear(struct um_job *job);

/* Takes the job's spool, where the configuration has one. A job that is past its copy makes none.
 */
int um_job_open_spool(struct um_job *job, struct um_err *err);
/* From where the job follows on, the source's binlog is spooled from now on, unless it is already.
 */
void um_job_begin_spool(struct um_job *job, const struct um_state_progress *from);

/* The table of that name on the source, or NULL. */
struct um_job_table *um_job_find(const struct um_job *job, const char *schema, const char *name);

/* Has the child a foreign key to the parent? */
bool um_job_refers_to(const struct um_job *job, const struct um_job_table *child,
                      const struct um_job_table *parent);

/*
 * Does the configuration include the table, or is it a companion of one that it includes: what
 * gh-ost and pt-online-schema-change make beside a table, to take its place in the end? Companions
 * are of the job when they are created while it follows.
 */
bool um_job_wants(const struct um_job *job, const char *schema, const char *name);

/* How a statement of the source is read. */
struct um_sql_reading um_job_reading(const struct um_job *job, const char *schema,
                                     uint64_t sql_mode, uint16_t charset_client);

/* Where the options of a CREATE TABLE text begin, as a server prints it. */
const char *um_job_table_options(const char *create_sql);
/* The source's CREATE TABLE without AUTO_INCREMENT=…: equal as long as no DDL came by. */
char *um_job_fingerprint(const char *create_sql);

#endif
