#ifndef MIGRATE_JOB_REPLICA_ID_H
#define MIGRATE_JOB_REPLICA_ID_H

#include "config/config.h"
#include "mysql/stream.h"

/* As what the job registers with the source: follow.server_id, or one derived from the job's
   name, a uuid derived from the job's origin, and a name that the plan knows again while the
   source still lists a connection that has ended. */
void um_replica_id(const struct um_config *config, const char *origin,
                   struct um_stream_options *out);
/* The same for the job's spool, whose stream runs beside others of the job: a source ends one of
   two that say they are the same. */
void um_replica_id_of_spool(const struct um_config *config, const char *origin,
                            struct um_stream_options *out);

#endif
