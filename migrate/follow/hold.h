#ifndef MIGRATE_FOLLOW_HOLD_H
#define MIGRATE_FOLLOW_HOLD_H

#include "change/position.h"
#include "config/config.h"
#include "mysql/conn.h"

/*
 * How a verification aligns both sides while a migration runs, perhaps on another machine. It asks
 * through one row on the target:
 *
 *   verification                          migration
 *   asked                 ──────────►     commits, stops applying
 *                         ◄──────────     held
 *   takes the source's snapshots at P
 *   until P               ──────────►     applies up to P and not a transaction further
 *                         ◄──────────     reached
 *   takes the target's snapshots
 *   row deleted           ──────────►     goes on
 *
 * The verification holds GET_LOCK('unmoor.JOB.verify') meanwhile; when that is gone, so is the
 * hold, and the migration goes on by itself. A repair writes where the target's snapshots are
 * taken: in transactions that keep the row from going (state/repair.h).
 *
 * A cutover asks the same way for the job itself. The migration commits, gives the job's lock back
 * and waits for as long as the cutover holds GET_LOCK('unmoor.JOB.verify'); then it goes on, or
 * ends where the job was cut over (coordinator.c).
 */
enum um_hold_stage {
    UM_HOLD_NONE,
    UM_HOLD_ASKED,
    UM_HOLD_ASKED_TO_WRITE, /* the same, by one that repairs: the triggers have to go first */
    UM_HOLD_HELD,
    UM_HOLD_UNTIL,
    UM_HOLD_REACHED,
    UM_HOLD_HAND_OVER /* by a cutover: the migration gives its lock back, and waits */
};

struct um_hold {
    enum um_hold_stage stage;
    struct um_position until; /* with UM_HOLD_UNTIL */
};

/* The migration's side: what is asked for now; removes the row of a verification that died. */
int um_hold_read(struct um_conn *c, const struct um_config *config, struct um_hold *out,
                 struct um_err *err);
void um_hold_clear(struct um_hold *h);

/* The verification's side. */
int um_hold_lock(struct um_conn *c, const struct um_config *config, struct um_err *err);
/* UM_HOLD_ASKED, UM_HOLD_ASKED_TO_WRITE or UM_HOLD_HAND_OVER. */
int um_hold_ask(struct um_conn *c, const struct um_config *config, enum um_hold_stage what,
                struct um_err *err);
/* Does anybody hold the lock that goes with it? */
int um_hold_is_locked(struct um_conn *c, const struct um_config *config, bool *locked,
                      struct um_err *err);
/* Waits until the other side answered; gives up when the migration is no longer running. */
int um_hold_wait(struct um_conn *c, const struct um_config *config, enum um_hold_stage stage,
                 struct um_err *err);
int um_hold_release(struct um_conn *c, const struct um_config *config, struct um_err *err);
/* Either side. `until` may be NULL. */
int um_hold_set(struct um_conn *c, const struct um_config *config, enum um_hold_stage stage,
                const struct um_position *until, struct um_err *err);

#endif
