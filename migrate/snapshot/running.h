#ifndef MIGRATE_SNAPSHOT_RUNNING_H
#define MIGRATE_SNAPSHOT_RUNNING_H

#include "mysql/conn.h"

/*
 * What a lock would have to wait for, and the application behind it. The lock is asked for once
 * every statement that was seen running has ended: MySQL's FLUSH TABLES marks all open tables as
 * old before it waits, and killing it does not take that back. Whoever then needs a table that a
 * SELECT has open waits for that SELECT, however long it takes.
 *
 * 0: all that were seen have ended, be it that others have begun meanwhile; 1: one runs for
 * seconds, told in `why`; -1: error. The sessions of `c` and `but` do not count, and without
 * `readers` those that begin with SELECT do not.
 */
int um_running_wait(struct um_conn *c, unsigned long but, bool readers, char *why, size_t size,
                    struct um_err *err);

#endif
