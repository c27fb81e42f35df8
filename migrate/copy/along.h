#ifndef MIGRATE_COPY_ALONG_H
#define MIGRATE_COPY_ALONG_H

#include "job/job.h"

/*
 * Tables that cannot be copied again alone. Which, by their place in job->tables: `again` has those
 * that are to be, and gets those that have to go along:
 *
 *   tables of one unit (struct um_job_table), whose rows have to be of one snapshot;
 *   tables that DDL came by and that refer to one of them: the foreign key has to go until the
 *   stream has passed the new copy, and what it was told is on the target alone. A table that no
 *   DDL came by has its definition in the state, by which it gets the key back.
 *
 * Returns how many these are.
 */
size_t um_copy_along(const struct um_job *job, bool *again);

/* The same for those that are not copied yet: what goes along is discarded in the state, and its
   definition has to be read. *found: there is some; the state is to be loaded again. */
int um_copy_take_along(struct um_job *job, bool *found, struct um_err *err);

#endif
