#ifndef MIGRATE_COPY_READ_BACK_H
#define MIGRATE_COPY_READ_BACK_H

#include "checksum/pairing.h"
#include "checksum/row_hash.h"
#include "job/job.h"

/*
 * The proof of a chunk: before it commits, its rows are read back from the target, inside the
 * transaction that wrote them, and their hashes are held against those of the rows that were read
 * from the source. So the source is read once for copy and proof together, and a chunk whose
 * manifest has a checksum is a proven one, whatever crashed since.
 *
 * Generated columns take no part: nothing is copied into them.
 */

/* How the chunks of a table are read back, shared by threads; NULL where they are not: a column has
   to be read in another form to be compared, or the target has no index yet that finds a chunk's
   rows, or orders them otherwise. */
struct um_pairing *um_read_back_new(const struct um_job *job, const struct um_job_table *t);
void um_read_back_delete(struct um_pairing *p);

/* `read`: of the rows that were read from the source. UM_E_COPY_DIFFERS names the first rows that
   the target has otherwise; the source's session still has to be in its snapshot. */
int um_read_back(const struct um_pairing *p, struct um_conn *source, struct um_conn *target,
                 const struct um_state_chunk *chunk, const struct um_row_sum *read,
                 struct um_err *err);

#endif
