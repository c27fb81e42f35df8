#include "job/replica_id.h"

#include <stdio.h>
#include <string.h>

static void identify(const struct um_config *config, const char *origin, char variant,
                     struct um_stream_options *out)
{
    um_config_replica_name(config, out->replica_name);
    /* A version 4 uuid from the origin's 32 hex digits. */
    snprintf(out->replica_uuid, sizeof out->replica_uuid, "%.8s-%.4s-4%.3s-%c%.3s-%.12s", origin,
             origin + 8, origin + 13, variant, origin + 17, origin + 20);
}

void um_replica_id(const struct um_config *config, const char *origin,
                   struct um_stream_options *out)
{
    out->server_id = um_config_server_id(config);
    identify(config, origin, 'a', out);
}

void um_replica_id_of_spool(const struct um_config *config, const char *origin,
                            struct um_stream_options *out)
{
    out->server_id = um_config_spool_server_id(config);
    identify(config, origin, 'b', out);
}
