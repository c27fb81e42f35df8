#ifndef MIGRATE_COPY_PUMP_H
#define MIGRATE_COPY_PUMP_H

#include "checksum/pairing.h"
#include "copy/chunker.h"
#include "copy/times.h"
#include "job/job.h"

/*
 * Moves one chunk: source rows are read one by one inside the LOAD DATA LOCAL callback of the
 * target's connection, so nothing lies between but the row at hand. Where the target refuses
 * LOCAL, rows go as multi-row INSERT. Rows and manifest row commit together, once the rows have
 * been read back and compared.
 *
 * A pump belongs to one worker thread, and has one connection on each side.
 */
struct um_pump;

struct um_pump *um_pump_new(const struct um_job *job, struct um_conn *source, bool local_infile);
void um_pump_delete(struct um_pump *p); /* closes the target's connection; not the source's */
/* Connects to the target, or again after it was lost. */
int um_pump_connect(struct um_pump *p, struct um_err *err);
/* One chunk; fills its rows, bytes and checksum. `check`: how it is read back (read_back.h), or
   NULL. A chunk that is all of the table records with its rows that the table is copied. The
   transaction is ended in every case. */
int um_pump_chunk(struct um_pump *p, const struct um_job_table *t, const struct um_pairing *check,
                  struct um_state_chunk *chunk, struct um_err *err);
/* Of the last chunk. */
const struct um_copy_times *um_pump_times(const struct um_pump *p);
bool um_pump_is_table(const struct um_state_chunk *chunk);
/* Records that the table is copied, in a transaction. What it is from now on is what it was in its
   snapshot: the stream brings what became of it. */
int um_pump_table_copied(struct um_pump *p, const struct um_job_table *t, struct um_err *err);
/* The target connection, for what belongs to the worker's table after its load. */
struct um_conn *um_pump_target(struct um_pump *p);

#endif
