#ifndef MIGRATE_CUTOVER_FENCE_H
#define MIGRATE_CUTOVER_FENCE_H

#include "base/mem.h"
#include "config/config.h"
#include "mysql/conn.h"

/*
 * Closing a server to the application, and opening it. What has to be done is made into statements
 * first, which are shown, recorded and then run: whoever lifts a fence that another process has put
 * up runs what that one has recorded.
 *
 *   read_only        the server's own switch, lasting (SET PERSIST) where it has that. Accounts
 * with SUPER or CONNECTION_ADMIN (MariaDB: READ_ONLY ADMIN) are not stopped by it. super_read_only
 * the same and those accounts too, Unmoor's included: there can be no way back accounts
 * cutover.accounts are locked, and their connections killed hook             cutover.fence_hook
 * does it
 *
 * cutover.accounts are locked whatever the fence is. Events of the job's schemas are disabled on
 * the server that is closed and enabled on the one that is opened.
 */
struct um_fence {
    struct um_strv close, open; /* in this order; "hook: …" stands for a call of the hook */
    bool lasting;               /* outlives a restart of the server */
};
void um_fence_clear(struct um_fence *f);

/* What closes this server, and what opens it as it is now. */
int um_fence_of_source(struct um_conn *source, const struct um_config *config, struct um_fence *out,
                       struct um_err *err);
/* What keeps the target closed until then, and what opens it. `source` tells which events run. */
int um_fence_of_target(struct um_conn *target, struct um_conn *source,
                       const struct um_config *config, struct um_fence *out, struct um_err *err);

/* Statements of one of them, on that server's session. */
int um_fence_run(struct um_conn *c, const struct um_config *config,
                 const struct um_strv *statements, struct um_err *err);
/* Ends the connections of cutover.accounts, until none is left or the time is over. */
int um_fence_kill(struct um_conn *c, const struct um_config *config, int64_t deadline_us,
                  struct um_err *err);
/* By what the server says of itself, and by the probe's account where there is one, is it closed?
 */
int um_fence_prove(struct um_conn *c, const struct um_config *config, struct um_err *err);
/* Is it, before anything was done? */
int um_fence_is_closed(struct um_conn *c, const struct um_config *config, bool *closed,
                       struct um_err *err);

#endif
