#ifndef UM_BASE_STOP_H
#define UM_BASE_STOP_H

#include <stdbool.h>

/*
 * The stop flag: the only process-wide state beside the log. The first SIGTERM or SIGINT asks
 * for a clean stop; a second one leaves at once (the job stays resumable, as after a kill).
 */
void um_stop_install(void);   /* signal handlers; call once, before threads start */
bool um_stop_requested(void); /* async-signal-safe and cheap */
int um_stop_signal(void);     /* 0, SIGINT or SIGTERM */
int um_stop_fd(void);         /* readable once a stop is requested: for poll() */

#endif
