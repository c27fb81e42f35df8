#ifndef UM_BASE_SHELL_H
#define UM_BASE_SHELL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * A command of the operator's, run by /bin/sh -c in a session of its own, so that it has no
 * terminal to ask questions on (it would hang a service unseen) and can be killed with all its
 * children. Its stderr is Unmoor's.
 */
/* `in`: -1 for none. The descriptors stay the caller's. -1: it could not be started. */
pid_t um_shell_start(const char *command, int in, int out, struct um_err *err);
/* Has it ended? *status as of waitpid, or -1. Its end decides, not the end of its output: a child
   that it leaves behind may hold that open for ever. */
bool um_shell_ended(pid_t pid, int *status);
void um_shell_kill(pid_t pid, int *status);

#endif
