#ifndef MIGRATE_STATE_PREPARED_H
#define MIGRATE_STATE_PREPARED_H

#include "config/config.h"
#include "mysql/conn.h"

/*
 * job_prepared: a transaction that is prepared by XA lies in the source's binlog long before
 * anybody knows whether it commits. Its changes wait here, as parts of any size, in order from 0.
 *
 * On the applier's connection, inside its transaction.
 */
int um_prepared_put(struct um_conn *c, const struct um_config *config, const char *xid,
                    uint32_t part, const void *bytes, size_t len, struct um_err *err);
/* Appends the part to *out: 1, 0 when there is none, -1. */
int um_prepared_get(struct um_conn *c, const struct um_config *config, const char *xid,
                    uint32_t part, struct um_buf *out, struct um_err *err);
int um_prepared_remove(struct um_conn *c, const struct um_config *config, const char *xid,
                       struct um_err *err);

#endif
