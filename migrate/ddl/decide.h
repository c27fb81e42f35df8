#ifndef MIGRATE_DDL_DECIDE_H
#define MIGRATE_DDL_DECIDE_H

#include "ddl/ddl.h"
#include "schema/ddl_statement.h"

/* Between decide.c, decide_brings.c, decide_rename.c, decide_objects.c and decide_copied.c. */

struct um_deciding {
    const struct um_job *job;
    const struct um_coverage *coverage;
    const struct um_txn *txn;
    const struct um_sql *sql;
    const struct um_sql_reading *how;
    struct um_ddl_decision *out;
};

/* Of a table that the job has: what it is on the target now goes with it. */
int um_add_member(struct um_deciding *d, enum um_effect_kind kind, const struct um_job_table *t,
                  struct um_err *err);
struct um_effect *um_find_effect(const struct um_effects *e, const char *schema, const char *name);
void um_becomes(struct um_effect *e, const struct um_sql_name *to);
/* From outside into the job, or out of it. */
int um_refuse_border(const struct um_deciding *d, const struct um_sql_name *from,
                     const struct um_sql_name *to, bool enters, struct um_err *err);
/* The decision is about this name. */
void um_about(struct um_deciding *d, const struct um_sql_name *n);
/* By the configuration alone: views have no companions. */
bool um_is_included(const struct um_deciding *d, const struct um_sql_name *n);

/* How a name stands to the place of the statement in the stream. */
enum um_standing {
    UM_STANDS_IN_STEP, /* a table of the job, as it was there */
    UM_STANDS_AHEAD,   /* a table of the job whose rows were all read later */
    UM_STANDS_MIXED,   /* some of its rows were */
    UM_STANDS_GONE,    /* of no table that was left at the latest snapshot, which comes later */
    UM_STANDS_OUTSIDE, /* all else: no table of the job */
};
enum um_standing um_standing_of(const struct um_deciding *d, const char *schema, const char *name);
/* Is it before the latest snapshot, so that tables may be ahead of it? */
bool um_is_before_a_snapshot(const struct um_deciding *d);
/* Of statements about rows and columns: does the copy have all of its effect? Refuses what it has
   in part, and what runs and has to do with it. */
int um_decide_copied(const struct um_deciding *d, bool *copied, struct um_err *err);
int um_refuse_mixed(const struct um_deciding *d, const struct um_sql_name *n, struct um_err *err);
/* Of what is run: a table that it changes must not have indexes or foreign keys that wait for the
   stream to pass a copy. From then on, the target alone tells what it is. */
int um_refuse_what_waits(const struct um_deciding *d, struct um_err *err);
/* A statement is passed over; what was copied earlier and refers to this table must not be changed
   by it. */
int um_refuse_children(const struct um_deciding *d, const struct um_sql_name *n,
                       struct um_err *err);

/* Of a statement that is to be run as it is. */
int um_refuse_what_plan_blocks(const struct um_deciding *d, struct um_err *err);

int um_decide_rename(struct um_deciding *d, struct um_err *err);
int um_decide_object(struct um_deciding *d, struct um_err *err); /* views and routines */
int um_decide_drop_object(struct um_deciding *d);
int um_decide_create_database(struct um_deciding *d);
int um_decide_alter_database(struct um_deciding *d, struct um_err *err);
int um_decide_drop_database(struct um_deciding *d, struct um_err *err);

#endif
