#ifndef MIGRATE_SNAPSHOT_LOCK_H
#define MIGRATE_SNAPSHOT_LOCK_H

#include "config/config.h"
#include "mysql/conn.h"
#include "schema/table.h"

/*
 * One rung of the lock ladder, on a session of its own, with a second session that kills an
 * attempt which is not granted within copy.lock_wait.
 */
struct um_lock;

struct um_lock *um_lock_new(const struct um_config *config, enum um_lock_method method,
                            const struct um_table *const *tables, size_t table_count,
                            struct um_err *err);
void um_lock_delete(struct um_lock *l); /* releases it by closing its session */
const char *um_lock_name(const struct um_lock *l);
struct um_conn *um_lock_conn(struct um_lock *l);

/* 1: held. 0: somebody is in the way, told in `why`; nothing is held or queued. -1: error. */
int um_lock_take(struct um_lock *l, char *why, size_t why_size, struct um_err *err);
/* When the statement that locks was sent: from then on writes may be held up. */
int64_t um_lock_taken_us(const struct um_lock *l);
int um_lock_release(struct um_lock *l, struct um_err *err);

#endif
