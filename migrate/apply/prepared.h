#ifndef MIGRATE_APPLY_PREPARED_H
#define MIGRATE_APPLY_PREPARED_H

#include "apply/coverage.h"
#include "change/change.h"
#include "job/job.h"

/*
 * Transactions of XA PREPARE: their changes wait in the state until the stream says what became
 * of them, so they survive a restart and take no memory. Inside the applier's transaction.
 */
struct um_prepared {
    const struct um_job *job;
    const struct um_coverage *coverage;
    struct um_conn *target;
    uint32_t parts; /* written of the transaction at hand */
};

/* Keeps the changes of a UM_TXN_XA_PREPARE fragment. */
int um_prepared_keep(struct um_prepared *p, const struct um_txn *txn, struct um_err *err);

/* Gives back what was kept for an XID, some at a time: *out is a fragment that stands where `at`,
   its commit, stands, or NULL after the last. The caller frees it. Left out is what concerns tables
   that were copied later, which may be of other columns by now. */
struct um_prepared_reader {
    const struct um_prepared *prepared;
    const struct um_txn *at;
    uint32_t part;
    struct um_buf bytes; /* read and not handed out yet */
};
int um_prepared_next(struct um_prepared_reader *r, struct um_txn **out, struct um_err *err);

int um_prepared_forget(struct um_prepared *p, const char *xid, struct um_err *err);

#endif
