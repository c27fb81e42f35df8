#ifndef MIGRATE_CUTOVER_GATE_H
#define MIGRATE_CUTOVER_GATE_H

#include "state/state.h"

/* The questions before a cutover: why one would not be safe now, each reason as a clause. Changes
   nothing. A question that cannot be asked is a reason as well. */

/* What costs some statements on both servers. `state` is the job's. */
int um_gate_ask(const struct um_config *config, struct um_conn *source, struct um_conn *target,
                const struct um_state_data *state, struct um_strv *reasons, struct um_err *err);
/* Can the way back be followed? By the plan of the reversed job. */
int um_gate_ask_reverse(const struct um_config *config, struct um_strv *reasons,
                        struct um_err *err);

#endif
