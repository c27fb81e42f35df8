#ifndef MIGRATE_CATCH_UP_H
#define MIGRATE_CATCH_UP_H

#include "config/config.h"
#include "mysql/conn.h"

/* Waits until the job has applied all that the source has committed by now. The connections are
   outside of any transaction. UM_E_VERIFY_NOT_FOLLOWED when no migration is there to apply it. */
int um_catch_up(const struct um_config *config, struct um_conn *source, struct um_conn *target,
                struct um_err *err);

#endif
