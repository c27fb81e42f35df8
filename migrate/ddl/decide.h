#ifndef MIGRATE_DDL_DECIDE_H
#define MIGRATE_DDL_DECIDE_H

#include "ddl/ddl.h"
#include "schema/ddl_statement.h"

/* Between decide.c and decide_objects.c. */

struct um_deciding {
    const struct um_job *job;
    const struct um_txn *txn;
    const struct um_sql *sql;
    const struct um_sql_reading *how;
    struct um_ddl_decision *out;
};

/* Of a table that the job has: what it is on the target now goes with it. */
int um_add_member(struct um_deciding *d, enum um_effect_kind kind, const struct um_job_table *t,
                  struct um_err *err);
/* The decision is about this name. */
void um_about(struct um_deciding *d, const struct um_sql_name *n);
/* By the configuration alone: views have no companions. */
bool um_is_included(const struct um_deciding *d, const struct um_sql_name *n);

int um_decide_object(struct um_deciding *d, struct um_err *err); /* views and routines */
int um_decide_drop_object(struct um_deciding *d);
int um_decide_create_database(struct um_deciding *d);
int um_decide_alter_database(struct um_deciding *d, struct um_err *err);
int um_decide_drop_database(struct um_deciding *d, struct um_err *err);

#endif
