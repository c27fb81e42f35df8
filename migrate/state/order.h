#ifndef MIGRATE_STATE_ORDER_H
#define MIGRATE_STATE_ORDER_H

#include "state/state.h"

/*
 * Tables that somebody ordered to be copied again (job_order, a row for each, by name). Whoever
 * orders takes no lock: the job's owner finds the orders when it starts, and looks for new ones
 * while it runs.
 */

/* One that is there already stays the same. */
int um_state_put_order(struct um_conn *c, const struct um_config *config, const char *schema,
                       const char *name, struct um_err *err);
/* To out: schema, name, schema, name … */
int um_state_load_orders(struct um_conn *c, const struct um_config *config, struct um_strv *out,
                         struct um_err *err);
/* Those of tables that are to join (state/added.h) count. *out: false as well as long as a
   verification is under way, which reads the tables. */
int um_state_has_orders(struct um_conn *c, const struct um_config *config, bool *out,
                        struct um_err *err);

/*
 * Of the job's tables, those of `again` (by their place in `d`) are to be copied from the
 * beginning: their manifests go, they are UM_TABLE_CREATING by a definition that has yet to be
 * read, and the job is in UM_PHASE_COPY. `ordered`: the orders of `d` are taken back, and the
 * tables that were to join are UM_TABLE_PENDING, by definitions that have yet to be read. One
 * transaction.
 */
int um_state_copy_again(struct um_state *s, const struct um_state_data *d, const bool *again,
                        bool ordered, struct um_err *err);

#endif
