#ifndef MIGRATE_JOB_H
#define MIGRATE_JOB_H

#include "config/config.h"
#include "mysql/catalog.h"
#include "mysql/server.h"
#include "ops/progress.h"
#include "schema/ddl.h"
#include "schema/table.h"
#include "state/state.h"

/*
 * What the stages of one job share. Filled by the coordinator before worker threads start; they
 * read it without locks. What a stage changes while threads run lives in the stage.
 */
struct um_job_table {
    uint32_t id;                   /* in the state */
    const struct um_table *source; /* owned by um_job.source_tables */
    const struct um_table *target; /* owned by um_job.target_tables; NULL until it is created */
    const char *target_schema, *target_name;
    struct um_ddl *ddl;
    struct um_ddl_target to;
    struct um_key chunk_key, row_key;
    /* Tables that must be copied within one snapshot together; the lowest table id names it. */
    uint32_t unit;
    enum um_on_conflict on_conflict;
    /* Its chunks may be read at different positions (see docs/architecture.md). */
    bool mixable;
};

struct um_job {
    const struct um_config *config;
    struct um_state *state;
    struct um_state_data data; /* as it was when the job was started or resumed */
    struct um_server source, target;
    enum um_gtid_kind gtid_kind;
    bool full_row_image;
    enum um_lock_method lock;
    struct um_tables source_tables, target_tables;
    struct um_objects objects;
    struct um_job_table *tables; /* in the order of the state's ids */
    size_t table_count;
    struct um_job_table **by_name; /* the same, sorted */
    struct um_progress *progress;
};

/* Reads the source's catalogue, matches it with the state's tables and checks that nothing
   changed meanwhile (UM_E_SOURCE_DDL). Needs config, state, data. */
int um_job_read_source(struct um_job *job, struct um_err *err);
/* The target's models of the job's tables, once they are created. */
int um_job_read_target(struct um_job *job, struct um_err *err);
void um_job_clear(struct um_job *job);

/* The table of that name on the source, or NULL. */
struct um_job_table *um_job_find(const struct um_job *job, const char *schema, const char *name);

/* Where the options of a CREATE TABLE text begin, as a server prints it. */
const char *um_job_table_options(const char *create_sql);
/* The source's CREATE TABLE without AUTO_INCREMENT=…: equal as long as no DDL came by. */
char *um_job_fingerprint(const char *create_sql);

#endif
