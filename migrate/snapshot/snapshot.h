#ifndef MIGRATE_SNAPSHOT_SNAPSHOT_H
#define MIGRATE_SNAPSHOT_SNAPSHOT_H

#include "change/position.h"
#include "config/config.h"
#include "mysql/conn.h"
#include "schema/table.h"

/*
 * Several sessions that see one and the same state of the source, and the position of that state.
 *
 * The ladder: global read lock → backup lock (MariaDB) → LOCK TABLES on the job's tables →
 * no lock at all (MariaDB; only where each session's own position is asked for). For few tables of
 * a MySQL server, LOCK TABLES and the first rung are tried in turn. A rung is held while the
 * position is read and the snapshots are opened, not longer. What would make the lock wait is
 * looked for first, and an attempt that is not granted within copy.lock_wait is killed and tried
 * again later, so the application does not queue behind it for longer than that.
 */
struct um_snapshot {
    struct um_position at;   /* of all sessions; with UM_LOCK_NONE of the first */
    struct um_position *own; /* UM_LOCK_NONE: one per session; else NULL */
    size_t session_count;
    int64_t lock_us;    /* from the statement that locks to the one that releases */
    const char *method; /* for people: "global read lock" */
    unsigned attempts;
};

/*
 * `sessions` are open and idle; each is inside a consistent snapshot afterwards. `tables` are what
 * LOCK TABLES has to cover. While the lock is held nothing but the snapshots and the position is
 * asked for.
 */
int um_snapshot_take(const struct um_config *config, enum um_lock_method method,
                     struct um_conn **sessions, size_t count, const struct um_table *const *tables,
                     size_t table_count, struct um_snapshot *out, struct um_err *err);
void um_snapshot_clear(struct um_snapshot *s);

#endif
