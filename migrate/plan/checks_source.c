#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The source as a server. */

static void check_server_id(struct um_plan *p, const struct um_side *s)
{
    uint64_t id = um_variable_uint(&s->variables, "server_id", 0);
    if (id) {
        um_check_pass(p, UM_CHECK_SERVER_ID, "%llu", (unsigned long long)id);
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, "server_id", "1");
    um_mend_line(&mend, "Take a number that no other server of yours has.");
    um_check_add(p, UM_CHECK_SERVER_ID, UM_BLOCK, um_strdup("0"), um_buf_take(&mend));
}

/*
 * Who has our id already? malloc'd, NULL when nobody. A source lists a connection for some ten
 * seconds after its end: the job's own, known by its name, is in nobody's way.
 */
static char *id_taken_by(const struct um_facts *f, uint32_t id, bool *self)
{
    char name[UM_REPLICA_NAME_MAX + 1];
    um_config_replica_name(f->config, name);
    *self = false;
    if (um_variable_uint(&f->source.side.variables, "server_id", 0) == id)
        return um_strdup("the source itself");
    if (um_variable_uint(&f->target.side.variables, "server_id", 0) == id)
        return um_strdup("the target");
    for (size_t i = 0; i < f->source.replica_count; i++) {
        const struct um_replica *r = &f->source.replicas[i];
        if (r->server_id != id)
            continue;
        if (strcmp(r->host, name) == 0)
            *self = true;
        else
            return um_sprintf("a replica of the source%s%s", *r->host ? ", " : "", r->host);
    }
    return NULL;
}

static bool check_spool_server_id(struct um_plan *p, const struct um_facts *f)
{
    bool listed;
    if (!f->config->spool.directory)
        return true;
    uint32_t id = um_config_spool_server_id(f->config);
    char *taken = id_taken_by(f, id, &listed);
    if (taken)
        um_check_add(
            p, UM_CHECK_FOLLOW_SERVER_ID, UM_BLOCK,
            um_sprintf("%u (of the spool, from the name of the job) is in use by %s", id, taken),
            um_strdup("Give the job another name, or do without spool.directory."));
    bool is_free = !taken;
    free(taken);
    return is_free;
}

static void check_follow_server_id(struct um_plan *p, const struct um_facts *f)
{
    uint32_t id = um_config_server_id(f->config);
    const char *from =
        f->config->follow.server_id ? "follow.server_id" : "from the name of the job";
    bool listed;
    char *taken = id_taken_by(f, id, &listed);
    if (taken) {
        /* An older version of this program did not give its connection a name. */
        bool self = f->resuming && strncmp(taken, "a replica", 9) == 0;
        um_check_add(p, UM_CHECK_FOLLOW_SERVER_ID, self ? UM_WARN : UM_BLOCK,
                     um_sprintf("%u (%s) is in use by %s", id, from, taken),
                     um_strdup(self ? "Nothing, if that is this job's own earlier connection. "
                                      "Otherwise set follow.server_id to a number that is free."
                                    : "Set follow.server_id in the configuration to a number that "
                                      "no server has."));
    } else if (check_spool_server_id(p, f)) {
        um_check_pass(p, UM_CHECK_FOLLOW_SERVER_ID, "%u (%s)%s%s", id, from,
                      f->source.replicas_known ? "" : "; replicas cannot be seen",
                      listed ? "; the source still lists this job's own connection" : "");
    }
    free(taken);
}

/* ---- what the source receives ---- */

static void check_replication(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    const char *name = "log_replica_updates";
    const char *updates = um_variable(&s->variables, name);
    if (!updates)
        updates = um_variable(&s->variables, name = "log_slave_updates");
    bool logs = !um_variable_off(updates);
    bool cluster = um_variable_on(um_variable(&s->variables, "wsrep_on"));

    struct um_buf seen = {0}, mend = {0};
    bool stopped = false;
    for (size_t i = 0; i < s->upstream_count; i++) {
        const struct um_upstream *u = &s->upstreams[i];
        um_buf_fmt(&seen, "%sreplica of %s:%u%s", seen.len ? ", " : "", u->host, u->port,
                   u->running ? "" : ", stopped");
        stopped |= !u->running;
    }
    if (cluster)
        um_buf_fmt(&seen, "%snode of a Galera cluster", seen.len ? ", " : "");
    if (!s->upstreams_known)
        um_buf_fmt(&seen, "%sits replication state cannot be seen", seen.len ? ", " : "");

    enum um_level level = UM_PASS;
    if (seen.len == 0) {
        um_buf_str(&seen, "not a replica");
    } else {
        um_buf_fmt(&seen, "; %s = %s", name, updates ? updates : "?");
        if (!logs) {
            level = s->upstream_count || cluster ? UM_BLOCK : UM_WARN;
            um_mend_line(&mend, "In the server's configuration file, then restart it:");
            um_mend_line(&mend, "[mysqld]");
            um_mend_line(&mend, "%s = ON", name);
            if (!cluster)
                um_mend_line(&mend, "Or migrate from the server that it replicates from.");
        } else if (stopped) {
            level = UM_WARN;
            um_mend_line(&mend, s->server->flavour == UM_MYSQL && s->server->version >= 80022
                                    ? "START REPLICA;"
                                    : "START SLAVE;");
            um_mend_line(&mend, "Until then nothing new reaches the source, nor the target.");
        }
    }
    um_check_add(p, UM_CHECK_SOURCE_REPLICATION, level, um_buf_take(&seen),
                 level == UM_PASS ? NULL : um_buf_take(&mend));
}

/* Beside the snapshots: the lock, the stream, the catalogue, the heartbeat, and what throttles. */
static uint64_t connections_needed(const struct um_config *c)
{
    bool throttled = c->throttle.threads_running || c->throttle.query;
    return c->copy.threads + 4 + throttled;
}

void um_check_source(struct um_plan *p, const struct um_facts *f)
{
    um_check_version(p, UM_CHECK_SOURCE_VERSION, f->source.side.server, 50600, 100200,
                     "Migrate from a replica of it that runs a version which is supported.");
    um_check_source_binlog(p, f);
    check_server_id(p, &f->source.side);
    check_follow_server_id(p, f);
    check_replication(p, f);
    um_check_connections(p, UM_CHECK_SOURCE_CONNECTIONS, &f->source.side,
                         connections_needed(f->config));
    um_check_source_grants(p, f);
    um_check_source_activity(p, f);
    um_check_throttle(p, f);
    um_check_spool(p, f);
}
