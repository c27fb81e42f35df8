#ifndef MIGRATE_STATE_APPLIED_H
#define MIGRATE_STATE_APPLIED_H

#include "change/change.h"
#include "state/state.h"

/*
 * What is applied. Several workers commit at once, each batch with a row of its own in
 * job_applied, so that they do not wait for each other; job_progress is the low-water mark: all
 * up to it is applied, and the batches that it has passed are folded into it. After a restart the
 * stream begins at the mark, and what job_applied names is passed over.
 */

/* A set of source transactions: by their GTIDs, else by where they begin. */
struct um_applied {
    struct um_gtid_set *gtids; /* MySQL's; others are named one by one */
    struct um_strv names;      /* sorted when it was loaded */
};
/* The one name of a transaction: its GTID, else the place where it begins. */
void um_applied_name(const struct um_txn *txn, struct um_buf *out);
bool um_applied_name_within(const char *name, const struct um_position *p);
/* What stopped the job is of this transaction; a row of it is filled in by whoever knows one. */
void um_stopped_at(struct um_stopped *out, const struct um_txn *txn, const struct um_err *err);
void um_applied_add(struct um_applied *a, const struct um_txn *txn);
bool um_applied_contains(const struct um_applied *a, const struct um_txn *txn);
bool um_applied_empty(const struct um_applied *a);
/* All of them lie up to the position. */
bool um_applied_within(const struct um_applied *a, const struct um_position *p);
void um_applied_clear(struct um_applied *a);

struct um_applied_batch {
    uint64_t id; /* not used before in this job */
    struct um_applied of;
    uint64_t transactions, changes;
};
/* The statement for the worker's own connection, inside its transaction … */
void um_state_applied_statement(const struct um_config *config, uint64_t epoch,
                                const struct um_applied_batch *batch, struct um_buf *sql);
/* … and whether it recorded the batch, by the rows that it affected: an instance that took the job
   over keeps it from that. */
int um_state_check_applied(const struct um_config *config, uint64_t affected, struct um_err *err);
/* All batches that are not folded yet. */
struct um_applied_left {
    struct um_applied of;
    uint64_t *ids;
    size_t count, cap;
    uint64_t transactions, changes;
};
int um_state_load_applied(struct um_conn *c, const struct um_config *config,
                          struct um_applied_left *out, struct um_err *err);
void um_applied_left_clear(struct um_applied_left *l);
/* Moves the mark and removes the batches that it has passed, in one transaction. */
int um_state_fold(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                  const struct um_state_progress *mark, const uint64_t *batches, size_t count,
                  struct um_err *err);

#endif
