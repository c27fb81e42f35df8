#ifndef MIGRATE_APPLY_WRITE_H
#define MIGRATE_APPLY_WRITE_H

#include "apply/gate.h"
#include "apply/worker.h"

/* One worker's connection, and how a batch becomes a transaction of the target. One thread. */
struct um_writer;

struct um_writer *um_writer_new(const struct um_worker_setup *setup, struct um_gate *gate,
                                unsigned number, struct um_err *err);
void um_writer_delete(struct um_writer *w); /* rolls back what is open */
/* Errors name table, key and position. */
int um_writer_apply(struct um_writer *w, struct um_batch *batch, struct um_err *err);

#endif
