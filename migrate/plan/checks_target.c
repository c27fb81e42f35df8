#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The target as a server. */

static void check_flavour(struct um_plan *p)
{
    const struct um_server *s = &p->source, *t = &p->target;
    char *from = um_server_name(s), *to = um_server_name(t);
    const char *what = NULL;
    if (s->flavour != t->flavour)
        what = "another flavour";
    else if (t->version / 100 < s->version / 100)
        what = "an older version";
    if (what)
        um_check_add(p, UM_CHECK_FLAVOUR, UM_WARN, um_sprintf("%s to %s: %s", from, to, what),
                     um_strdup("Look at what tables.target lists, try the application against the "
                               "target, and verify before the cutover."));
    else
        um_check_pass(p, UM_CHECK_FLAVOUR, "%s to %s", from, to);
    free(from);
    free(to);
}

static bool same_variable(const struct um_facts *f, const char *name)
{
    const char *a = um_variable(&f->source.side.variables, name);
    const char *b = um_variable(&f->target.side.variables, name);
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_same_server(struct um_plan *p, const struct um_facts *f)
{
    static const char *const identity[] = {"hostname", "port", "datadir", "pid_file", "server_uid"};
    bool same_place = true;
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++)
        same_place = same_place && same_variable(f, identity[i]);
    const char *uuid = um_variable(&f->source.side.variables, "server_uuid");
    if (same_place && same_variable(f, "server_uuid")) {
        um_check_add(p, UM_CHECK_SAME_SERVER, UM_BLOCK, um_sprintf("both are %s", p->source.uuid),
                     um_strdup("Set target.host and target.port in the configuration to another "
                               "server."));
    } else if (uuid && same_variable(f, "server_uuid")) {
        /* A copied data directory. Its GTIDs could not be told apart from the source's. */
        struct um_buf mend = {0};
        um_mend_line(&mend, "The target's data directory was copied with its identity. Stop the "
                            "target, remove this file, and start it:");
        um_mend_line(&mend, "%sauto.cnf", um_variable(&f->target.side.variables, "datadir"));
        um_check_add(p, UM_CHECK_SAME_SERVER, UM_BLOCK,
                     um_sprintf("two servers with one server_uuid, %s", uuid), um_buf_take(&mend));
    } else {
        um_check_pass(p, UM_CHECK_SAME_SERVER, "%s and %s", p->source.uuid, p->target.uuid);
    }
}

/* ---- who may write, and who does ---- */

static bool may_write_when_read_only(const struct um_side *s)
{
    bool super = um_side_may(s, "SUPER", NULL, NULL);
    if (s->server->flavour == UM_MARIADB)
        return um_side_may(s, "READ_ONLY ADMIN", NULL, NULL) ||
               (super && s->server->version < 101101);
    return super || um_side_may(s, "CONNECTION_ADMIN", NULL, NULL);
}

static void check_read_only(struct um_plan *p, const struct um_side *s)
{
    const struct um_variables *v = &s->variables;
    const char *read_only = um_variable(v, "read_only");
    bool on = read_only && !um_variable_off(read_only);
    struct um_buf mend = {0};
    if (um_variable_on(um_variable(v, "innodb_read_only"))) {
        um_check_add(p, UM_CHECK_READ_ONLY, UM_BLOCK, um_strdup("innodb_read_only = ON"),
                     um_strdup("Take innodb_read_only out of the server's configuration file and "
                               "restart it."));
    } else if (um_variable_on(um_variable(v, "super_read_only"))) {
        um_mend_variable(&mend, s, "super_read_only", "OFF");
        um_check_add(p, UM_CHECK_READ_ONLY, UM_BLOCK, um_strdup("super_read_only = ON"),
                     um_buf_take(&mend));
    } else if (!on) {
        um_check_pass(p, UM_CHECK_READ_ONLY, "read_only = OFF");
    } else if (may_write_when_read_only(s)) {
        um_check_pass(p, UM_CHECK_READ_ONLY, "read_only = %s, but this account may write",
                      read_only);
    } else {
        um_mend_grant(&mend, s,
                      s->server->flavour == UM_MARIADB ? "READ_ONLY ADMIN" : "CONNECTION_ADMIN",
                      NULL, NULL);
        um_mend_line(&mend, "This keeps the application out until the cutover. Or, for everybody:");
        um_mend_variable(&mend, s, "read_only", "OFF");
        um_check_add(p, UM_CHECK_READ_ONLY, UM_BLOCK, um_sprintf("read_only = %s", read_only),
                     um_buf_take(&mend));
    }
}

static bool is_source(const struct um_facts *f, const struct um_upstream *u)
{
    if (u->uuid && *u->uuid)
        return strcmp(u->uuid, f->source.side.server->uuid) == 0;
    const struct um_endpoint *at = &f->config->source;
    const char *hostname = um_variable(&f->source.side.variables, "hostname");
    uint64_t port = um_variable_uint(&f->source.side.variables, "port", at->port);
    return u->port == port && ((at->host && strcasecmp(u->host, at->host) == 0) ||
                               (hostname && strcasecmp(u->host, hostname) == 0));
}

static void check_replication(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->target.side;
    bool new_words = s->server->flavour == UM_MYSQL && s->server->version >= 80022;
    struct um_list seen = {0};
    bool from_source = false;
    for (size_t i = 0; i < s->upstream_count; i++) {
        const struct um_upstream *u = &s->upstreams[i];
        bool is = is_source(f, u);
        from_source |= is;
        um_list_add(&seen, "replica of %s:%u%s%s", u->host, u->port, is ? ", the source" : "",
                    u->running ? "" : ", stopped");
    }
    if (seen.count == 0) {
        um_check_pass(p, UM_CHECK_TARGET_REPLICATION, "%s",
                      s->upstreams_known ? "not a replica" : "cannot be seen");
        return;
    }
    struct um_buf mend = {0};
    if (!from_source)
        um_mend_line(&mend, "Nothing, if none of the job's tables arrives that way. Otherwise:");
    if (new_words)
        um_mend_line(&mend, "STOP REPLICA;\nRESET REPLICA ALL;");
    else if (s->server->flavour == UM_MARIADB)
        um_mend_line(&mend, "STOP ALL SLAVES;\nRESET SLAVE ALL;");
    else
        um_mend_line(&mend, "STOP SLAVE;\nRESET SLAVE ALL;");
    um_check_add(p, UM_CHECK_TARGET_REPLICATION, from_source ? UM_BLOCK : UM_WARN,
                 um_list_end(&seen), um_buf_take(&mend));
}

static void check_server_id(struct um_plan *p, const struct um_facts *f)
{
    uint64_t source = um_variable_uint(&f->source.side.variables, "server_id", 0);
    uint64_t target = um_variable_uint(&f->target.side.variables, "server_id", 0);
    if (source != target || target == 0) {
        um_check_pass(p, UM_CHECK_TARGET_SERVER_ID, "%llu, and %llu on the source",
                      (unsigned long long)target, (unsigned long long)source);
        return;
    }
    struct um_buf mend = {0};
    char *value = um_sprintf("%llu", (unsigned long long)(target % UINT32_MAX + 1));
    um_mend_variable(&mend, &f->target.side, "server_id", value);
    um_mend_line(&mend, "Take a number that no other server of yours has.");
    free(value);
    um_check_add(p, UM_CHECK_TARGET_SERVER_ID, UM_WARN,
                 um_sprintf("%llu on both", (unsigned long long)target), um_buf_take(&mend));
}

static void check_gtid_consistency(struct um_plan *p, const struct um_facts *f)
{
    const char *name = "enforce_gtid_consistency";
    const char *source = um_variable(&f->source.side.variables, name);
    const char *target = um_variable(&f->target.side.variables, name);
    if (!source || !um_variable_on(target) || um_variable_on(source)) {
        um_check_pass(p, UM_CHECK_GTID_CONSISTENCY, "%s", target ? target : "the server has none");
        return;
    }
    struct um_buf mend = {0};
    um_mend_line(&mend, "To learn whether the application writes such statements, on the source "
                        "(5.7 and later), and then look at its error log for a while:");
    um_mend_line(&mend, "SET GLOBAL enforce_gtid_consistency = WARN;");
    um_check_add(p, UM_CHECK_GTID_CONSISTENCY, UM_WARN,
                 um_sprintf("%s on the source, %s on the target", source, target),
                 um_buf_take(&mend));
}

/* ---- loading and creating ---- */

static void check_local_infile(struct um_plan *p, const struct um_side *s)
{
    const char *value = um_variable(&s->variables, "local_infile");
    if (!value || um_variable_on(value)) {
        um_check_pass(p, UM_CHECK_LOCAL_INFILE, "ON");
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, "local_infile", "ON");
    um_check_add(p, UM_CHECK_LOCAL_INFILE, UM_WARN, um_sprintf("local_infile = %s", value),
                 um_buf_take(&mend));
}

static void check_engine(struct um_plan *p, const struct um_facts *f)
{
    if (f->target.innodb)
        um_check_pass(p, UM_CHECK_TARGET_ENGINE, "InnoDB");
    else
        um_check_add(p, UM_CHECK_TARGET_ENGINE, UM_BLOCK, um_strdup("InnoDB is not available"),
                     um_strdup("Take innodb=OFF, or InnoDB in disabled_storage_engines, out of the "
                               "server's configuration file and restart it."));
}

static void check_strict_mode(struct um_plan *p, const struct um_facts *f)
{
    const char *name = "innodb_strict_mode";
    bool source = um_variable_on(um_variable(&f->source.side.variables, name));
    bool target = um_variable_on(um_variable(&f->target.side.variables, name));
    struct um_list tables = {0};
    for (size_t i = 0; target && !source && i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (t->create_sql &&
            (strstr(t->create_sql, "ROW_FORMAT=") || strstr(t->create_sql, "KEY_BLOCK_SIZE=")))
            um_list_add(&tables, "%s.%s", t->schema, t->name);
    }
    if (tables.count == 0) {
        um_check_pass(p, UM_CHECK_STRICT_MODE, "%s on the source, %s on the target",
                      source ? "ON" : "OFF", target ? "ON" : "OFF");
        return;
    }
    char *list = um_list_end(&tables);
    struct um_buf mend = {0};
    um_mend_variable(&mend, &f->target.side, name, "OFF");
    um_mend_line(&mend, "It can be switched on again once the tables are there.");
    um_check_add(
        p, UM_CHECK_STRICT_MODE, UM_WARN,
        um_sprintf("OFF on the source, ON on the target; tables with a row format of their "
                   "own: %s",
                   list),
        um_buf_take(&mend));
    free(list);
}

static void check_page_size(struct um_plan *p, const struct um_facts *f)
{
    uint64_t source = um_variable_uint(&f->source.side.variables, "innodb_page_size", 16384);
    uint64_t target = um_variable_uint(&f->target.side.variables, "innodb_page_size", 16384);
    const char *format = um_variable(&f->target.side.variables, "innodb_default_row_format");
    bool old_format = format && strcasecmp(format, "dynamic") != 0;
    if (target >= source && !old_format) {
        um_check_pass(p, UM_CHECK_PAGE_SIZE, "pages of %llu bytes, row format %s",
                      (unsigned long long)target, format ? format : "dynamic");
        return;
    }
    struct um_buf seen = {0}, mend = {0};
    um_buf_fmt(&seen, "pages of %llu bytes (source: %llu)", (unsigned long long)target,
               (unsigned long long)source);
    if (old_format) {
        um_buf_fmt(&seen, ", innodb_default_row_format = %s", format);
        um_mend_variable(&mend, &f->target.side, "innodb_default_row_format", "'dynamic'");
    }
    if (target < source)
        um_mend_line(&mend,
                     "If a table is refused for its row or index size: a target that was "
                     "initialised with innodb_page_size = %llu.",
                     (unsigned long long)source);
    um_check_add(p, UM_CHECK_PAGE_SIZE, UM_WARN, um_buf_take(&seen), um_buf_take(&mend));
}

void um_check_target(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->target.side;
    um_check_version(p, UM_CHECK_TARGET_VERSION, s->server, 80000, 100500,
                     "Upgrade the target, or choose another one.");
    check_flavour(p);
    check_same_server(p, f);
    check_read_only(p, s);
    check_replication(p, f);
    check_server_id(p, f);
    check_gtid_consistency(p, f);
    /* Beside the loaders: state, definitions, the applier, its sign of life. */
    um_check_connections(p, UM_CHECK_TARGET_CONNECTIONS, s,
                         f->config->copy.threads + f->config->apply.workers + 4);
    check_local_infile(p, s);
    check_engine(p, f);
    um_check_redo_log(p, f);
    check_strict_mode(p, f);
    check_page_size(p, f);
    um_check_target_application(p, f);
    um_check_target_tables(p, f);
    um_check_target_grants(p, f);
}
