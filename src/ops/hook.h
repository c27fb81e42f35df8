#ifndef UM_OPS_HOOK_H
#define UM_OPS_HOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Commands of the operator that Unmoor calls: run by /bin/sh -c in a session of their own, with a
 * JSON object of texts on stdin. What they write goes to the log, line by line. One that has not
 * ended in time is killed with all its children.
 */
struct um_hook_fact {
    const char *name, *value; /* NULL: null */
};

/* `option` is where the command comes from, for error texts. UM_E_HOOK_FAILED, UM_E_HOOK_TIMEOUT. A
   request to stop the program does not end it: what it has begun, nobody else can judge. */
int um_hook_run(const char *option, const char *command, const struct um_hook_fact *facts, size_t n,
                int64_t timeout_us, struct um_err *err);

#endif
