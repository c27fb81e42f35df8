#ifndef MIGRATE_TARGET_TABLES_H
#define MIGRATE_TARGET_TABLES_H

#include "target/target.h"

/* What the making of tables shares. Private to this folder. */

/* "DROP TABLE" and the like. */
int um_target_run_on_table(struct um_conn *c, const char *verb, const char *schema,
                           const char *name, struct um_err *err);
/* The schema as the source has it, unless the target has one of that name. */
int um_target_create_schema(struct um_conn *source, struct um_conn *ddl,
                            const struct um_job_table *t, struct um_err *err);

/* Foreign keys of tables that are copied already to one that is going to be made anew. */
int um_target_drop_child_keys(struct um_job *job, struct um_conn *ddl, const struct um_job_table *t,
                              struct um_err *err);

/* For qsort: pointers to the job's tables by their names on the target; and the place of one. */
int um_target_by_name(const void *a, const void *b);
struct um_job_table **um_target_find(struct um_job_table **sorted, size_t count, const char *schema,
                                     const char *name);

#endif
