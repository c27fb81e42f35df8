#ifndef MIGRATE_COPY_LOAD_ROWS_H
#define MIGRATE_COPY_LOAD_ROWS_H

#include "copy/rows.h"

/* A source's rows as LOAD DATA LOCAL, on a connection that takes several statements in a packet. */

/* Sends it, `begin`: behind START TRANSACTION. The target asks for the rows in the time in which
   the source begins to send them. One of the others has to be the next call, with the same. */
int um_load_rows_ask(struct um_conn *target, const struct um_job_table *t, bool begin,
                     struct um_err *err);
/* Adds to *source_us how long it took to get the rows, and to write them as text. */
int um_load_rows(struct um_conn *target, bool begin, struct um_rows_reader *rows,
                 int64_t *source_us, struct um_err *err);
/* There are none, for the source failed with `err`. */
void um_load_no_rows(struct um_conn *target, bool begin, const struct um_err *err);

#endif
