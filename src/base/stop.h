#ifndef UM_BASE_STOP_H
#define UM_BASE_STOP_H

#include <stdbool.h>

/*
 * The stop flag: the only process-wide state beside the log. The first SIGTERM or SIGINT asks
 * for a clean stop; a second one leaves at once (the job stays resumable, as after a kill).
 */
void um_stop_install(void); /* signal handlers; call once, before threads start */
/* From now on a thread of its own takes the signals: system calls of this one, and of those that it
   starts, are not interrupted by them. A socket that has a timeout is one whose calls would fail.
 */
void um_stop_aside(void);
bool um_stop_requested(void); /* async-signal-safe and cheap */
int um_stop_signal(void);     /* 0, SIGINT or SIGTERM */
int um_stop_fd(void);         /* readable once a stop is requested: for poll() */

#endif
