#ifndef MIGRATE_THROTTLE_WATCH_H
#define MIGRATE_THROTTLE_WATCH_H

#include "config/config.h"
#include "ops/progress.h"
#include "ops/throttle.h"
#include "state/throttle.h"

/*
 * Holds workers up while there is a reason to: a thread of its own looks every second at what the
 * section throttle of the configuration names (look.h) and at what was ordered by hand, on
 * connections of its own. The reason shows in the log when it begins and ends, in the progress, and
 * in the job's state.
 */
struct um_watch;

/*
 * Looks once before it returns, so that what is wrong with the configuration is an error
 * (UM_E_THROTTLE_*) and nothing goes on that should wait; what fails later is a reason to wait.
 * `who` tells of itself in the state, where there is one; progress may be NULL.
 */
struct um_watch *um_watch_start(const struct um_config *config, enum um_throttling who,
                                bool has_state, struct um_progress *progress, struct um_err *err);
void um_watch_stop(struct um_watch *w); /* NULL is fine */
/* Where the workers wait. Nobody may be there any more when the watch is stopped. */
struct um_throttle *um_watch_throttle(struct um_watch *w);

#endif
