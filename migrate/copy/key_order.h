#ifndef MIGRATE_COPY_KEY_ORDER_H
#define MIGRATE_COPY_KEY_ORDER_H

#include "change/value.h"
#include "job/job.h"

/*
 * The order of chunk keys as the server has it, for keys that are client_ordered (integers,
 * temporals, binary strings). Pure.
 */

/* <0, 0, >0. An open bound is below everything as a lower end; both open are equal. */
int um_key_compare_bounds(const struct um_job_table *t, const struct um_bound *a,
                          const struct um_bound *b);
/* By their lower ends. */
void um_key_sort_chunks(const struct um_job_table *t, const struct um_state_chunk **chunks,
                        size_t count);
/* The key of a row image (values of all columns) against a bound that is not open. A NULL sorts
   before everything. */
int um_key_compare_row(const struct um_job_table *t, const struct um_value *row,
                       const struct um_bound *b);

#endif
