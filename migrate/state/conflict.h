#ifndef MIGRATE_STATE_CONFLICT_H
#define MIGRATE_STATE_CONFLICT_H

#include "change/change.h"
#include "state/state.h"

/*
 * job_conflict: one row for each change of the source that was not applied as it stands, because
 * the target's rows or a permission said otherwise. Written in the target transaction that says
 * so, on the worker's own connection.
 */
struct um_conflict_record {
    const struct um_txn *txn;
    uint64_t offset, row;       /* where its row event ends; number in the transaction, from 1 */
    const char *schema, *table; /* of the target; NULL for a statement */
    const char *op, *policy;
    unsigned error;                   /* what was found, by its id */
    const char *key, *before, *after; /* of the source; the images as JSON, NULL: none */
    const char *target_rows;          /* JSON, an array of what was in the way; NULL: not looked */
};
int um_state_put_conflict(struct um_conn *c, const struct um_config *config,
                          const struct um_conflict_record *record, struct um_err *err);

#endif
