#include "mysql/server.h"
#include "throttle/look.h"

/* A replica: does it replicate, and how far does it lag behind? */

static int is_no_replica(const struct um_look *l, struct um_err *err)
{
    return um_fail(err, UM_E_THROTTLE_REPLICA, "%s replicates from no server", l->name);
}

/* What is refused for good is the configuration's, or that of the account. */
static int refused(struct um_look *l, struct um_err *err)
{
    if (err->id == UM_E_SOURCE_PRIVILEGE)
        l->lacks = um_server_replication_privilege(um_conn_server(l->conn));
    return -1;
}

int um_look_ask_replica(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    struct um_replication now;
    l->lacks = NULL;
    if (um_server_replication(l->conn, &now, err) != 0)
        return refused(l, err);
    if (!now.configured)
        return is_no_replica(l, err);
    if (!now.running)
        um_reasons_add(out, l->name, "%s does not replicate (%s)", l->name, now.threads);
    else if ((int64_t)now.lag_s * 1000000 > l->config->throttle.max_lag_us)
        um_reasons_add(out, l->name, "%s lags %llu s behind, more than %lld s", l->name,
                       (unsigned long long)now.lag_s,
                       (long long)(l->config->throttle.max_lag_us / 1000000));
    return 0;
}
