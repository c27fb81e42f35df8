#ifndef MIGRATE_STATE_ADDED_H
#define MIGRATE_STATE_ADDED_H

#include "state/state.h"

/*
 * Tables that are the job's though its configuration does not include them (job_added, a row for
 * each, by name). Whoever orders so takes no lock. The job's owner lets them join, as it takes up
 * orders to copy again (state/order.h), and from then on their names are wanted as those that the
 * configuration includes: also when the table is dropped and made anew, and when the job begins
 * anew.
 */

/* One that has joined before, and may have left with its table, is to do so again. */
int um_state_put_added(struct um_conn *c, const struct um_config *config, const char *schema,
                       const char *name, struct um_err *err);
/* To *joined and *ordered: schema, name, schema, name … */
int um_state_load_added(struct um_conn *c, const struct um_config *config, struct um_strv *joined,
                        struct um_strv *ordered, struct um_err *err);
/* Inside a transaction: it has joined, as ordered. */
int um_state_set_joined(struct um_conn *c, const struct um_config *config, const char *schema,
                        const char *name, struct um_err *err);

#endif
