#ifndef MIGRATE_STATUS_H
#define MIGRATE_STATUS_H

#include "base/mem.h"
#include "spool/spool.h"
#include "state/state.h"

/* What `status` knows of a job: its state on the target and, where the source answers, how far
   that has gone on. Readable from any machine that reaches the target. */
struct um_status {
    struct um_state_data data;
    bool source_reached;
    char *source_error; /* why not */
    struct um_position source_position;
    double lag_seconds;     /* < 0: not known */
    double eta_seconds;     /* < 0: not known */
    const char *throttled;  /* why the copy or a verification waits, or would; NULL: it does not */
    const char *bottleneck; /* NULL: nothing holds it up, or nothing runs */
    struct um_strv reasons; /* why a cutover would not be safe now; empty: it would */
    bool redo_log_off;      /* of the target */
    bool has_spool;         /* on this machine */
    struct um_spool_look spool;
    uint64_t rows_total, rows_copied, bytes_copied;
};

/* Among the reasons, where they are. */
#define UM_STATUS_LAGS        "the target lags behind the source"
#define UM_STATUS_LAG_UNKNOWN "the lag is not known yet"
#define UM_STATUS_NOT_RUNNING "no migration is running"

int um_status_read(const struct um_config *config, struct um_status *out, struct um_err *err);
void um_status_clear(struct um_status *s);

#endif
