#ifndef MIGRATE_COPY_COPY_H
#define MIGRATE_COPY_COPY_H

#include "job/job.h"

/*
 * The full copy: connects every exporter, takes one snapshot for all of them, and lets them copy
 * chunk by chunk whatever the manifest does not have yet. A table's indexes are built by the
 * worker that finishes it, while the others go on.
 *
 * On return with 0 every table of the job is copied. With 1 the rest has to be read from another
 * snapshot: this one became too old (copy.snapshot_max_age), or tables were ordered to be copied
 * again. An error names table and
 * chunk; whatever was committed stays and is not copied again. An error for which um_err_is_lost is
 * true, and UM_E_COPY_CHANGED, may be tried again once the state was revived and read again, as
 * after 1; *progressed says whether a chunk was committed at all. *before, NULL at first and closed
 * by the caller in the end, passes a session that is inside the snapshot on from one attempt to the
 * next.
 */
int um_copy(struct um_job *job, struct um_conn **before, bool *progressed, struct um_err *err);

#endif
