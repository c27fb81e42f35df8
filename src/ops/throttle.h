#ifndef UM_OPS_THROTTLE_H
#define UM_OPS_THROTTLE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Where workers wait before their next piece of work while there is a reason to. Whoever looks for
 * reasons sets it (migrate/throttle/watch.h); without one, waiting costs one look at a flag.
 */
struct um_throttle;

struct um_throttle *um_throttle_new(void);
void um_throttle_delete(struct um_throttle *t);

void um_throttle_set(struct um_throttle *t, bool held);
/* Until the next um_throttle_set whoever waits, or comes to wait, fails with this error. */
void um_throttle_fail(struct um_throttle *t, const struct um_err *err);

/* Would um_throttle_wait wait? NULL never holds anybody. */
bool um_throttle_is_held(const struct um_throttle *t);
/* Is what the worker belongs to over? Asked now and then while it waits. */
typedef bool um_throttle_over(void *context);
/* 0: on with it, also when `over` (may be NULL) says so; -1: UM_E_STOPPED, or what
   um_throttle_fail was told. */
int um_throttle_wait(struct um_throttle *t, um_throttle_over *over, void *context,
                     struct um_err *err);

#endif
