#ifndef MIGRATE_STATE_THROTTLE_H
#define MIGRATE_STATE_THROTTLE_H

#include "config/config.h"
#include "mysql/conn.h"

/*
 * Why a job's work waits (job_throttle, a row for each that has something to say): what somebody
 * ordered by hand, and what the processes that wait tell of themselves. The latter is for people
 * only: it decides nothing, and is worth nothing once its process is gone.
 */
enum um_throttling { UM_THROTTLED_BY_HAND, UM_THROTTLED_COPY, UM_THROTTLED_VERIFY };
enum { UM_THROTTLING_COUNT = 3 };

struct um_throttlings {
    char *reasons[UM_THROTTLING_COUNT]; /* NULL: none */
};
void um_throttlings_clear(struct um_throttlings *t);

int um_state_load_throttlings(struct um_conn *c, const struct um_config *config,
                              struct um_throttlings *out, struct um_err *err);
/* NULL takes it back. On a connection that has no transaction open. */
int um_state_put_throttling(struct um_conn *c, const struct um_config *config,
                            enum um_throttling who, const char *reason, struct um_err *err);

#endif
