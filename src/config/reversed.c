#include "config/reversed.h"

struct um_config um_config_reversed(const struct um_config *c)
{
    struct um_config r = *c;
    r.source = c->target;
    r.source.side = "source";
    r.target = c->source;
    r.target.side = "target";
    r.target.sql_log_bin = c->target.sql_log_bin;
    r.copy.redo_log = UM_REDO_LOG_ON;
    /* What the spool keeps is for copies, and of the other server. */
    r.spool.directory = NULL;
    return r;
}
