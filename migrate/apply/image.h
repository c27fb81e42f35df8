#ifndef MIGRATE_APPLY_IMAGE_H
#define MIGRATE_APPLY_IMAGE_H

#include "change/value.h"
#include "job/job.h"

/* Does a row image of the source carry all columns that are written? */
bool um_image_is_whole(const struct um_job_table *t, const struct um_value *row);

/* Rows as JSON objects, exactly, for job_conflict: the forms of binlog dump. Pure. */

/* A row image of the source; columns that it does not carry are left out. */
int um_image_json(const struct um_job_table *t, const struct um_value *row, struct um_buf *out,
                  struct um_err *err);

/* A row of the target: the list for SELECT, and what came of it. */
void um_image_select(const struct um_job_table *t, struct um_buf *sql);
void um_image_row_json(const struct um_job_table *t, const char *const *values,
                       const unsigned long *lengths, struct um_buf *out);

#endif
