#ifndef MIGRATE_TARGET_TARGET_H
#define MIGRATE_TARGET_TARGET_H

#include "job/job.h"

/*
 * What is made on the target around the rows: schemas and bare tables before the load, indexes
 * and foreign keys after it, views and routines then, triggers and AUTO_INCREMENT last. Every step
 * looks at what is there and makes what is missing, so it can be repeated after a crash.
 */

/* A session for DDL: utf8mb4 texts, no foreign key checks. */
struct um_conn *um_target_ddl_open(const struct um_config *config, struct um_err *err);
/* Lends a session that does something else to DDL, which is UTF-8 text, and back. */
int um_target_ddl_begin(struct um_conn *c, struct um_err *err);
int um_target_ddl_end(struct um_conn *c, struct um_err *err);

/* Creates what is still pending, by copy.existing: small tables with their secondary indexes, as
   far as nothing calls for waiting with them. */
int um_target_create_tables(struct um_job *job, struct um_err *err);
/* Empties a table that is to be copied anew; it is without secondary indexes then. */
int um_target_reset_table(struct um_job *job, struct um_conn *ddl, struct um_job_table *t,
                          struct um_err *err);
/* Drops what the job has made so far, tables and objects: for --restart. With copy.existing: empty
   the tables stay: they may have been there before. */
int um_target_drop_made(const struct um_config *config, const struct um_state_data *data,
                        struct um_conn *ddl, struct um_err *err);

/* The names of what all tables have on the target, asked for once. NULL with an error. */
struct um_present;
struct um_present *um_present_read(const struct um_job *job, struct um_conn *ddl,
                                   struct um_err *err);
void um_present_delete(struct um_present *p);
const struct um_strv *um_present_indexes(const struct um_present *p, const struct um_job_table *t);
const struct um_strv *um_present_foreign_keys(const struct um_present *p,
                                              const struct um_job_table *t);
/* Of one table. */
int um_target_indexes(struct um_conn *c, const struct um_job_table *t, struct um_strv *names,
                      struct um_err *err);

/* None of the source's is missing. */
bool um_target_has_all_indexes(const struct um_job_table *t, const struct um_strv *present);
/* Of the unique indexes that wait while positions are mixed, are some there? */
int um_target_has_unique(struct um_conn *ddl, const struct um_job_table *t, bool *has,
                         struct um_err *err);

/* Secondary indexes, and foreign keys, that are not there yet. `unique` is held back while chunks
   of the table are at different positions. */
int um_target_build_indexes(struct um_conn *ddl, const struct um_job_table *t,
                            const struct um_strv *present, bool unique, struct um_err *err);
int um_target_build_foreign_keys(struct um_conn *ddl, const struct um_job_table *t,
                                 const struct um_strv *present, struct um_err *err);

/* Views, procedures, functions, events (disabled): all of them, or those that the target has not.
 */
int um_target_create_objects(struct um_job *job, struct um_conn *ddl, bool missing,
                             struct um_err *err);
/* DEFINER=… out of a CREATE statement, malloc'd. */
char *um_target_without_definer(const char *sql);
/* Triggers would fire for applied rows: they are there only while nothing is applied. */
int um_target_create_triggers(struct um_job *job, struct um_conn *ddl, struct um_err *err);
int um_target_drop_triggers(struct um_job *job, struct um_conn *ddl, struct um_err *err);
/* The source's AUTO_INCREMENT counters as they are now. */
int um_target_set_auto_increment(struct um_job *job, struct um_conn *ddl, struct um_err *err);

#endif
