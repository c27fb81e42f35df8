#ifndef MIGRATE_PLAN_PLAN_H
#define MIGRATE_PLAN_PLAN_H

#include <stdio.h>

#include "config/config.h"
#include "mysql/catalog.h"
#include "mysql/server.h"
#include "schema/ddl.h"
#include "schema/table.h"

/*
 * The plan: reads both servers, never writes, and says what would happen and what stands in the
 * way. `migrate` makes the same plan before it starts.
 */
enum um_level { UM_PASS, UM_WARN, UM_BLOCK };

struct um_check {
    const char *id; /* stable: "source.binlog_format" */
    enum um_level level;
    const char *title; /* what is asked: "Row-based binary log" */
    char *seen;        /* the value observed */
    char *mend;        /* the exact statement or step that mends it; NULL for UM_PASS */
};

struct um_table_plan {
    const struct um_table *table; /* on the source */
    struct um_key key;
    double seconds; /* estimated copy time with one worker */
};

struct um_plan {
    struct um_server source, target;
    bool resuming, following, adding;
    struct um_check *checks; /* grouped: source, target, tables */
    size_t check_count, check_cap;
    struct um_tables tables; /* of the source, what the config wants */
    struct um_objects objects;
    struct um_table_plan *table_plans; /* in the order of tables.items */
    uint64_t rows, bytes;
    double copy_seconds; /* with copy.threads */
    bool blocked;
    enum um_gtid_kind gtid_kind;
    bool full_row_image;
    enum um_lock_method lock; /* the rung of the ladder that the privileges allow */
};

/*
 * `resuming`: the job's own tables on the target are not in the way, and what belongs to the copy
 * alone is not asked for again. Connection failures are errors, not checks.
 */
int um_plan_make(const struct um_config *config, bool resuming, struct um_plan *plan,
                 struct um_err *err);
/* For a job that is past its copy: nothing is asked of the source's tables either. */
int um_plan_make_following(const struct um_config *config, struct um_plan *plan,
                           struct um_err *err);
/* For a job that begins anew: `own` are the tables and objects, as "schema.name", that it made
   before and will drop, so that they are not in the way. */
int um_plan_make_anew(const struct um_config *config, const struct um_strv *own,
                      struct um_plan *plan, struct um_err *err);
/* For a job that is to take in more tables: `adding`, as "schema.name", which the configuration
   wants by now. Of these is asked what is asked of a job that begins. */
int um_plan_make_adding(const struct um_config *config, const struct um_strv *adding,
                        struct um_plan *plan, struct um_err *err);
void um_plan_clear(struct um_plan *plan);
void um_plan_print(const struct um_plan *plan, const struct um_config *config,
                   enum um_output format, FILE *out);
/* Fills err with UM_E_PLAN_BLOCKED and the first blocks; returns -1. */
int um_plan_fail(const struct um_plan *plan, struct um_err *err);

/* docs/reference/checks.md */
void um_plan_reference(FILE *out);

#endif
