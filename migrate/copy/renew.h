#ifndef MIGRATE_COPY_RENEW_H
#define MIGRATE_COPY_RENEW_H

#include "job/job.h"

/*
 * Before a snapshot: the tables that are to be read from it are those that the source has now, as
 * it has them. What is copied wholly stays as it is, the stream brings what became of it. Of the
 * others, one that was altered begins anew, one that is gone leaves the job and the target, and
 * one that is new joins: whatever is wanted and in the snapshot is of the job.
 *
 * What has to be copied with a table that begins anew does so too (along.h).
 *
 * Needs what um_job_read_source reads; makes the job's tables. UM_E_SOURCE_DDL where it may not be
 * so: by apply.ddl: stop, or as the target's table is not the job's own (copy.existing: empty).
 * Each step may be repeated after a crash. *changed: some are not what they were, or are new.
 */
int um_copy_renew(struct um_job *job, bool *changed, struct um_err *err);

/*
 * Behind the snapshot: UM_E_COPY_CHANGED where a table that is to be read was altered, dropped or
 * created since the catalogue was read, so that another snapshot is needed. `session` is inside
 * the snapshot.
 */
int um_copy_check_snapshot(const struct um_job *job, struct um_conn *session, struct um_err *err);

/*
 * Of a table some rows of which were just read in the snapshot by `session`, which holds its
 * metadata lock: did they mean what is recorded? A snapshot keeps rows, but not what their columns
 * are called. UM_E_COPY_CHANGED where a column that is read is not what it was.
 */
int um_copy_check_rows(const struct um_job *job, struct um_conn *session,
                       const struct um_job_table *t, struct um_err *err);
/* The same where the question goes to the server in one packet with others: the question, and its
   answer, which is closed. */
void um_copy_ask_rows(struct um_buf *sql, const struct um_job_table *t);
int um_copy_judge_rows(const struct um_job *job, const struct um_job_table *t,
                       struct um_resultset *answer, struct um_err *err);

/* Does the snapshot that `session` is in hold the table's rows still? */
bool um_copy_is_readable(struct um_conn *session, const struct um_table *t);

/* Is that what a server answers when a table is not any more what it was in the snapshot? */
bool um_copy_is_changed_table(const struct um_err *err);

/* Does a table of this definition, as a server prints it, have the columns of that one, in their
   order? */
bool um_copy_has_columns(const char *now, const char *then);

#endif
