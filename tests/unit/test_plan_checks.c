/* What the plan makes of what it saw: each bad setting gives its check, with the statement. */
/* links: um_plan um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/check.h"
#include "plan_facts.h"

/* Exactly these checks are not PASS. */
static void expect_only(struct world *w, const char *id, enum um_level level, const char *seen,
                        const char *mend)
{
    world_judge(w);
    size_t others = 0;
    const struct um_check *found = NULL;
    for (size_t i = 0; i < w->plan.check_count; i++) {
        const struct um_check *c = &w->plan.checks[i];
        if (strcmp(c->id, id) == 0 && c->level != UM_PASS)
            found = c;
        else if (c->level != UM_PASS) {
            print_error("%s: %s\n", c->id, c->seen);
            others++;
        }
    }
    assert_int_equal(others, 0);
    assert_non_null(found);
    assert_int_equal(found->level, level);
    if (!strstr(found->seen, seen))
        fail_msg("%s saw '%s', not '%s'", id, found->seen, seen);
    if (!strstr(found->mend, mend))
        fail_msg("%s mends by '%s', not '%s'", id, found->mend, mend);
    assert_int_equal(w->plan.blocked, level == UM_BLOCK);
}

static void a_good_pair_passes(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_judge(&w);
    for (size_t i = 0; i < w.plan.check_count; i++) {
        const struct um_check *c = &w.plan.checks[i];
        if (c->level != UM_PASS)
            fail_msg("%s: %s", c->id, c->seen);
        assert_null(c->mend);
        /* Each once, in the order of the table. */
        assert_string_equal(c->id, um_check_info((enum um_check_id)i)->id);
    }
    assert_int_equal(w.plan.check_count, UM_CHECK_COUNT);
    assert_false(w.plan.blocked);
    assert_int_equal(w.plan.lock, UM_LOCK_GLOBAL);
    world_clear(&w);
}

static void settings(void **state)
{
    static const struct {
        bool target;
        const char *name, *value;
        const char *id;
        enum um_level level;
        const char *seen, *mend;
    } cases[] = {
        {false, "log_bin", "OFF", "source.log_bin", UM_BLOCK, "OFF", "log_bin = binlog"},
        {false, "binlog_format", "STATEMENT", "source.binlog_format", UM_BLOCK, "STATEMENT",
         "SET PERSIST binlog_format = 'ROW';"},
        {false, "binlog_format", "MIXED", "source.binlog_format", UM_BLOCK, "MIXED", "'ROW';"},
        {false, "binlog_row_image", "MINIMAL", "source.binlog_row_image", UM_WARN, "MINIMAL",
         "SET PERSIST binlog_row_image = 'FULL';"},
        {false, "binlog_row_image", "NOBLOB", "source.binlog_row_image", UM_WARN, "NOBLOB",
         "reconnect"},
        {false, "binlog_checksum", "NONE", "source.binlog_checksum", UM_WARN, "NONE",
         "SET PERSIST binlog_checksum = 'CRC32';"},
        {false, "binlog_error_action", "IGNORE_ERROR", "source.binlog_error_action", UM_WARN,
         "IGNORE_ERROR", "SET PERSIST binlog_error_action = 'ABORT_SERVER';"},
        {false, "sync_binlog", "0", "source.durability", UM_WARN, "sync_binlog = 0",
         "SET PERSIST sync_binlog = 1;"},
        {false, "innodb_flush_log_at_trx_commit", "2", "source.durability", UM_WARN,
         "innodb_flush_log_at_trx_commit = 2", "innodb_flush_log_at_trx_commit = 1;"},
        {false, "gtid_mode", "ON_PERMISSIVE", "source.gtid", UM_WARN, "ON_PERMISSIVE",
         "SET PERSIST gtid_mode = ON;"},
        {false, "server_id", "0", "source.server_id", UM_BLOCK, "0", "SET PERSIST server_id = 1;"},
        {false, "max_user_connections", "3", "source.connections", UM_BLOCK,
         "max_user_connections is 3", "copy.threads"},
        {false, "max_connections", "25", "source.connections", UM_WARN, "20 of 25", "copy.threads"},
        {true, "innodb_read_only", "ON", "target.read_only", UM_BLOCK, "innodb_read_only",
         "restart"},
        {true, "super_read_only", "ON", "target.read_only", UM_BLOCK, "super_read_only",
         "SET PERSIST super_read_only = OFF;"},
        {true, "local_infile", "OFF", "target.local_infile", UM_WARN, "local_infile = OFF",
         "SET PERSIST local_infile = ON;"},
        {true, "innodb_page_size", "8192", "target.innodb_page_size", UM_WARN, "8192 bytes",
         "16384"},
        {true, "innodb_default_row_format", "compact", "target.innodb_page_size", UM_WARN,
         "compact", "SET PERSIST innodb_default_row_format = 'dynamic';"},
        {true, "explicit_defaults_for_timestamp", "OFF", "target.timestamp_defaults", UM_WARN,
         "ON on the source, OFF on the target",
         "SET PERSIST explicit_defaults_for_timestamp = ON;"},
        {true, "sql_mode", "STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY", "target.sql_mode", UM_WARN,
         "only on the target: ONLY_FULL_GROUP_BY", "sql_mode = 'STRICT_TRANS_TABLES';"},
        {true, "server_id", "1", "target.server_id", UM_WARN, "1 on both",
         "SET PERSIST server_id = 2;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        world_set(cases[i].target ? &w.facts.target.side : &w.facts.source.side, cases[i].name,
                  cases[i].value);
        expect_only(&w, cases[i].id, cases[i].level, cases[i].seen, cases[i].mend);
        world_clear(&w);
    }
}

static const struct um_check *check_by_id(const struct world *w, const char *id)
{
    for (size_t i = 0; i < w->plan.check_count; i++)
        if (strcmp(w->plan.checks[i].id, id) == 0)
            return &w->plan.checks[i];
    fail_msg("no check %s", id);
    return NULL;
}

/* What a REPLACE sets to a default is not in them, but for FULL_NODUP, where it can be told. */
static void partial_images_of_mariadb(void **state)
{
    static const struct {
        const char *image;
        size_t columns; /* of the table; the key is the first */
        enum um_level level;
        const char *seen;
    } cases[] = {
        {"NOBLOB", 2, UM_BLOCK, "NOBLOB: MariaDB leaves out"},
        {"MINIMAL", 2, UM_BLOCK, "MINIMAL: MariaDB leaves out"},
        {"FULL_NODUP", 2, UM_PASS, "FULL_NODUP"},
        {"FULL_NODUP", 1, UM_BLOCK, "cannot be told from those of MINIMAL or NOBLOB in: shop_eu.o"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.plan.source.flavour = UM_MARIADB;
        world_set(&w.facts.source.side, "binlog_row_image", cases[i].image);
        struct um_table *t = w.plan.tables.items[0];
        size_t all = t->column_count;
        t->column_count = cases[i].columns;
        t->columns[0].type = UM_T_DOUBLE; /* 0 meets -0 */
        world_judge(&w);
        t->column_count = all;
        const struct um_check *c = check_by_id(&w, "source.binlog_row_image");
        assert_int_equal(c->level, cases[i].level);
        assert_non_null(strstr(c->seen, cases[i].seen));
        if (c->mend)
            assert_non_null(strstr(c->mend, "binlog_row_image = 'FULL'"));
        world_clear(&w);
    }
}

/* Differences between documents can be followed where the documents before are in the images. */
static void partial_json(void **state)
{
    static const struct {
        const char *image;
        enum um_level level;
        const char *seen, *mend;
    } cases[] = {
        {"FULL", UM_PASS, "PARTIAL_JSON", NULL},
        {"MINIMAL", UM_BLOCK, "PARTIAL_JSON, with row images that are MINIMAL",
         "SET PERSIST binlog_row_image = 'FULL';"},
        {"NOBLOB", UM_BLOCK, "NOBLOB", "SET PERSIST binlog_row_value_options = '';"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        world_set(&w.facts.source.side, "binlog_row_value_options", "PARTIAL_JSON");
        world_set(&w.facts.source.side, "binlog_row_image", cases[i].image);
        world_judge(&w);
        const struct um_check *c = check_by_id(&w, "source.binlog_row_value_options");
        assert_int_equal(c->level, cases[i].level);
        assert_non_null(strstr(c->seen, cases[i].seen));
        if (cases[i].mend)
            assert_non_null(strstr(c->mend, cases[i].mend));
        assert_int_equal(w.plan.blocked, cases[i].level == UM_BLOCK);
        world_clear(&w);
    }
}

/* MySQL 5.x and MariaDB have no SET PERSIST. */
static void older_servers_get_set_global(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.plan.source.version = 50744;
    world_set(&w.facts.source.side, "binlog_row_image", "MINIMAL");
    expect_only(&w, "source.binlog_row_image", UM_WARN, "MINIMAL",
                "SET GLOBAL binlog_row_image = 'FULL';\nAnd binlog_row_image = 'FULL' in");
    world_clear(&w);
}

static void versions(void **state)
{
    static const struct {
        enum um_flavour flavour;
        unsigned version;
        enum um_level source, target;
    } cases[] = {
        {UM_MYSQL, 50562, UM_BLOCK, UM_BLOCK},    {UM_MYSQL, 50600, UM_PASS, UM_BLOCK},
        {UM_MYSQL, 50744, UM_PASS, UM_BLOCK},     {UM_MYSQL, 80011, UM_PASS, UM_PASS},
        {UM_MYSQL, 90700, UM_PASS, UM_PASS},      {UM_MYSQL, 100000, UM_WARN, UM_WARN},
        {UM_MARIADB, 100144, UM_BLOCK, UM_BLOCK}, {UM_MARIADB, 100200, UM_PASS, UM_BLOCK},
        {UM_MARIADB, 100500, UM_PASS, UM_PASS},   {UM_MARIADB, 110806, UM_PASS, UM_PASS},
        {UM_MARIADB, 120001, UM_WARN, UM_WARN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.plan.source.flavour = w.plan.target.flavour = cases[i].flavour;
        w.plan.source.version = w.plan.target.version = cases[i].version;
        world_judge(&w);
        assert_int_equal(world_find(&w, "source.version")->level, cases[i].source);
        assert_int_equal(world_find(&w, "target.version")->level, cases[i].target);
        world_clear(&w);
    }
}

static void retention(void **state)
{
    static const struct {
        const char *seconds, *days, *purge;
        double copy;
        uint64_t kept;
        enum um_level level;
    } cases[] = {
        {"2592000", NULL, "ON", 3600, 2592000, UM_PASS},
        {"3600", NULL, "OFF", 7200, UINT64_MAX, UM_PASS},
        {"0", "0", NULL, 7200, UINT64_MAX, UM_PASS},
        {"3600", NULL, "ON", 7200, 3600, UM_BLOCK},
        {"36000", NULL, "ON", 7200, 36000, UM_WARN},    /* less than a day */
        {"172800", NULL, "ON", 86400, 172800, UM_WARN}, /* less than four times the copy */
        {NULL, "7", NULL, 3600, 604800, UM_PASS},
        {"0", "0.500000", NULL, 3600, 43200, UM_WARN}, /* MariaDB */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        struct um_side *s = &w.facts.source.side;
        world_set(s, "binlog_expire_logs_seconds", cases[i].seconds);
        world_set(s, "expire_logs_days", cases[i].days);
        world_set(s, "binlog_expire_logs_auto_purge", cases[i].purge);
        assert_true(um_retention_seconds(s) == cases[i].kept);
        w.plan.copy_seconds = cases[i].copy;
        if (cases[i].level == UM_PASS) {
            world_judge(&w);
            assert_int_equal(world_find(&w, "source.binlog_retention")->level, UM_PASS);
        } else {
            expect_only(&w, "source.binlog_retention", cases[i].level, "estimated copy of",
                        "SET PERSIST binlog_expire_logs_seconds = 604800;\n"
                        "Or set spool.directory");
        }
        world_clear(&w);
    }
}

/* A copy is no danger any more, an interruption is. */
static void retention_with_a_spool(void **state)
{
    static const struct {
        const char *seconds;
        enum um_level level;
    } cases[] = {{"86400", UM_PASS}, {"86399", UM_WARN}, {"0", UM_PASS}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.config.spool.directory = "/spool";
        world_set(&w.facts.source.side, "binlog_expire_logs_seconds", cases[i].seconds);
        world_set(&w.facts.source.side, "max_binlog_total_size", "1073741824");
        w.plan.copy_seconds = 200000;
        world_judge(&w);
        const struct um_check *check = world_find(&w, "source.binlog_retention");
        assert_int_equal(check->level, cases[i].level);
        assert_non_null(strstr(check->seen, "spooled while the copy runs"));
        assert_true(!check->mend || !strstr(check->mend, "spool.directory"));
        world_clear(&w);
    }
}

/* With a spool of at most 2 GiB. */
static void spool_world(struct world *w, uint64_t free_bytes)
{
    world_make(w);
    w->config.spool.directory = "/spool";
    w->config.spool.max_bytes = 2ull << 30;
    w->facts.spool_free = free_bytes;
}

static void the_spool_itself(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_expect(&w, "source.spool", UM_PASS, "no spool", "");
    spool_world(&w, 2ull << 30);
    world_expect(&w, "source.spool", UM_PASS, "2 GiB are free for at most 2 GiB", "");
    spool_world(&w, (2ull << 30) - 1);
    world_expect(&w, "source.spool", UM_WARN, "spool.max_bytes is 2 GiB", "Make room on the disk");
    spool_world(&w, 0);
    w.facts.spool_wrong = um_strdup("'/spool' is no directory");
    world_expect(&w, "source.spool", UM_BLOCK, "is no directory", "Set spool.directory");
    spool_world(&w, 2ull << 30);
    world_replica(&w.facts.source, um_config_spool_server_id(&w.config), "r");
    world_expect(&w, "source.follow_server_id", UM_BLOCK, "of the spool", "another name");
}

static void retention_by_size(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_set(&w.facts.source.side, "max_binlog_total_size", "1073741824");
    expect_only(&w, "source.binlog_retention", UM_WARN, "at most 1 GiB",
                "max_binlog_total_size = 0;");
    world_clear(&w);
}

static void filters(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.facts.source.binlog_ignore = um_strdup("tmp,shop_eu");
    expect_only(&w, "source.binlog_filters", UM_BLOCK, "not logged: shop_eu", "binlog-ignore-db");
    world_clear(&w);

    world_make(&w);
    w.facts.source.binlog_do = um_strdup("shop,shop_e");
    expect_only(&w, "source.binlog_filters", UM_BLOCK, "not logged: shop_eu", "binlog-do-db");
    world_clear(&w);

    world_make(&w); /* statements are judged by the default database, so still a warning */
    w.facts.source.binlog_do = um_strdup("other,shop_eu");
    expect_only(&w, "source.binlog_filters", UM_WARN, "binlog-do-db", "default database");
    world_clear(&w);
}

static void source_that_is_a_replica(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_upstream(&w.facts.source.side, "10.1.1.1", 3306, "u", true);
    world_judge(&w);
    assert_int_equal(world_find(&w, "source.replication")->level, UM_PASS);
    world_clear(&w);

    world_make(&w);
    world_upstream(&w.facts.source.side, "10.1.1.1", 3306, "u", true);
    world_set(&w.facts.source.side, "log_replica_updates", "OFF");
    expect_only(&w, "source.replication", UM_BLOCK, "replica of 10.1.1.1:3306",
                "log_replica_updates = ON");
    world_clear(&w);

    world_make(&w);
    world_upstream(&w.facts.source.side, "10.1.1.1", 3306, "u", false);
    expect_only(&w, "source.replication", UM_WARN, "stopped", "START REPLICA;");
    world_clear(&w);

    world_make(&w); /* not a replica: the setting does not matter */
    world_set(&w.facts.source.side, "log_replica_updates", "OFF");
    world_judge(&w);
    assert_int_equal(world_find(&w, "source.replication")->level, UM_PASS);
    world_clear(&w);

    world_make(&w); /* other nodes' writes are in this one's log only then */
    world_set(&w.facts.source.side, "wsrep_on", "ON");
    world_set(&w.facts.source.side, "log_replica_updates", "OFF");
    expect_only(&w, "source.replication", UM_BLOCK, "Galera", "log_replica_updates = ON");
    world_clear(&w);
}

static void target_that_is_a_replica(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_upstream(&w.facts.target.side, "10.0.0.1", 3306, "source-uuid", true);
    expect_only(&w, "target.replication", UM_BLOCK, "the source", "RESET REPLICA ALL;");
    world_clear(&w);

    world_make(&w);
    world_upstream(&w.facts.target.side, "10.9.9.9", 3306, "another", true);
    expect_only(&w, "target.replication", UM_WARN, "10.9.9.9:3306", "STOP REPLICA;");
    world_clear(&w);
}

static void server_ids(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.config.follow.server_id = 77;
    world_replica(&w.facts.source, 77, "db7");
    expect_only(&w, "source.follow_server_id", UM_BLOCK,
                "77 (follow.server_id) is in use by a "
                "replica of the source, db7",
                "follow.server_id");
    world_clear(&w);

    world_make(&w);
    w.config.follow.server_id = 2;
    expect_only(&w, "source.follow_server_id", UM_BLOCK, "the target", "follow.server_id");
    world_clear(&w);

    world_make(&w); /* a job that goes on may meet itself */
    w.config.follow.server_id = 77;
    w.facts.resuming = w.plan.resuming = true;
    world_replica(&w.facts.source, 77, "");
    expect_only(&w, "source.follow_server_id", UM_WARN, "77", "earlier connection");
    world_clear(&w);
}

/* A job that begins anew within seconds is still listed, under the name that it registers. */
static void own_connection_still_listed(void **state)
{
    struct world w;
    char name[UM_REPLICA_NAME_MAX + 1];
    (void)state;
    world_make(&w);
    w.config.follow.server_id = 77;
    um_config_replica_name(&w.config, name);
    world_replica(&w.facts.source, 77, name);
    world_judge(&w);
    assert_int_equal(world_find(&w, "source.follow_server_id")->level, UM_PASS);
    assert_non_null(strstr(world_find(&w, "source.follow_server_id")->seen, "own connection"));
    world_clear(&w);

    world_make(&w); /* that excuses nobody else with the id */
    w.config.follow.server_id = 77;
    world_replica(&w.facts.source, 77, name);
    world_replica(&w.facts.source, 77, "db7");
    expect_only(&w, "source.follow_server_id", UM_BLOCK, "db7", "follow.server_id");
    world_clear(&w);

    for (size_t i = 0; i < 3; i++) { /* another job, another target, another state */
        world_make(&w);
        w.config.follow.server_id = 77;
        struct um_config other = w.config;
        other.job = i == 0 ? "shop2" : other.job;
        other.target.port += i == 1;
        other.state.schema = i == 2 ? "unmoor2" : other.state.schema;
        um_config_replica_name(&other, name);
        world_replica(&w.facts.source, 77, name);
        expect_only(&w, "source.follow_server_id", UM_BLOCK, name, "follow.server_id");
        world_clear(&w);
    }
}

static void same_server(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    static const char *const names[] = {"hostname", "port", "datadir", "pid_file", "server_uuid"};
    for (size_t i = 0; i < 5; i++)
        world_set(&w.facts.target.side, names[i],
                  um_variable(&w.facts.source.side.variables, names[i]));
    expect_only(&w, "target.same_server", UM_BLOCK, "both are", "target.host");
    world_clear(&w);

    world_make(&w); /* a copied data directory */
    world_set(&w.facts.target.side, "server_uuid", "source-uuid");
    expect_only(&w, "target.same_server", UM_BLOCK, "one server_uuid", "/data/target/auto.cnf");
    world_clear(&w);
}

static void clocks_and_zones(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.facts.clock_us = 2000000;
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.clock")->level, UM_PASS);
    world_clear(&w);

    world_make(&w);
    w.facts.clock_us = -2500000;
    expect_only(&w, "target.clock", UM_WARN, "2.5 s behind", "chronyc");
    world_clear(&w);

    world_make(&w);
    w.facts.source.side.zone_minutes[0] = w.facts.source.side.zone_minutes[1] = -210;
    expect_only(&w, "target.time_zone", UM_WARN, "-03:30", "SET PERSIST time_zone = '-03:30';");
    world_clear(&w);

    world_make(&w);
    world_set(&w.facts.source.side, "time_zone", "Europe/Zurich");
    w.facts.source.side.zone_minutes[0] = 60;
    w.facts.source.side.zone_minutes[1] = 120;
    w.facts.target.source_zone_known = false;
    expect_only(&w, "target.time_zone", UM_WARN, "Europe/Zurich +01:00, in summer +02:00",
                "mysql_tzinfo_to_sql");
    world_clear(&w);
}

static void activity(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_session(&w.facts.source.transactions, 41, 37, "app", "updating");
    expect_only(&w, "source.long_transactions", UM_WARN, "41 (app, 37 s, updating)", "KILL 41;");
    world_clear(&w);

    world_make(&w);
    world_session(&w.facts.source.queries, 42, 7200, "app", "");
    expect_only(&w, "source.long_queries", UM_WARN, "42 (app, 2 h)", "KILL 42;");
    world_clear(&w);

    world_make(&w);
    um_strv_add(&w.facts.source.xa, "'g','b',1");
    expect_only(&w, "source.xa", UM_WARN, "'g','b',1",
                "XA COMMIT 'g','b',1; or XA ROLLBACK 'g','b',1;");
    world_clear(&w);

    world_make(&w);
    w.facts.source.xa_known = false;
    expect_only(&w, "source.xa", UM_WARN, "not known", "source.grant.xa_recover");
    world_clear(&w);
}

static struct um_throttle_look *throttle_look(struct world *w, const char *name, const char *seen)
{
    struct um_source_facts *s = &w->facts.source;
    um_grow(&s->looks, &s->look_cap, s->look_count + 1, sizeof *s->looks);
    s->looks[s->look_count++] =
        (struct um_throttle_look){.name = um_strdup(name), .seen = seen ? um_strdup(seen) : NULL};
    return &s->looks[s->look_count - 1];
}

static void throttling(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    world_expect(&w, "source.throttle", UM_PASS, "no server is asked", "");

    world_make(&w);
    throttle_look(&w, "replica r:1", NULL);
    world_expect(&w, "source.throttle", UM_PASS, "nothing to wait for", "");

    world_make(&w);
    throttle_look(&w, "the source", NULL);
    throttle_look(&w, "replica r:1", "replica r:1 lags 20 s behind");
    world_expect(&w, "source.throttle", UM_WARN, "lags 20 s", "does not pass by itself");

    world_make(&w);
    throttle_look(&w, "replica r:1", "replica r:1 lags 20 s behind");
    throttle_look(&w, "replica r:2", "replica r:2: error 1227")->refused = true;
    w.facts.source.looks[1].lacks = "REPLICATION CLIENT";
    world_expect(&w, "source.throttle", UM_BLOCK, "error 1227",
                 "On replica r:2:\nGRANT REPLICATION CLIENT ON *.* TO 'unmoor'@'%';");

    world_make(&w);
    throttle_look(&w, "the source", "throttle.query fails")->refused = true;
    world_expect(&w, "source.throttle", UM_BLOCK, "throttle.query fails", "Mend it on the source");
}

static void a_resumed_job_is_not_asked_for_the_copy(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.facts.resuming = w.plan.resuming = true;
    um_strv_add(&w.facts.target.relations, "shop_eu.orders");
    world_session(&w.facts.source.transactions, 41, 37, "app", "updating");
    world_set(&w.facts.target.side, "local_infile", "OFF");
    world_judge(&w);
    for (size_t i = 0; i < w.plan.check_count; i++) {
        assert_int_equal(w.plan.checks[i].level, UM_PASS);
        assert_string_not_equal(w.plan.checks[i].id, "target.existing");
        assert_string_not_equal(w.plan.checks[i].id, "source.lock");
    }
    assert_int_equal(w.plan.lock, UM_LOCK_GLOBAL); /* known all the same */
    world_clear(&w);
}

static void failing_names_the_blocks(void **state)
{
    struct world w;
    struct um_err err = {0};
    (void)state;
    world_make(&w);
    world_set(&w.facts.source.side, "binlog_format", "MIXED");
    world_set(&w.facts.source.side, "binlog_row_image", "MINIMAL");
    world_set(&w.facts.source.side, "binlog_row_value_options", "PARTIAL_JSON");
    world_set(&w.facts.source.side, "server_id", "0");
    world_set(&w.facts.target.side, "super_read_only", "ON");
    world_judge(&w);
    assert_int_equal(um_plan_fail(&w.plan, &err), -1);
    assert_int_equal(err.id, UM_E_PLAN_BLOCKED);
    assert_int_equal(um_err_exit(&err), 4);
    assert_string_equal(
        err.text,
        "4 checks of the plan stand in the way; source.binlog_format: MIXED (mend: SET PERSIST "
        "binlog_format = 'ROW';); source.binlog_row_value_options: PARTIAL_JSON, with row images "
        "that are MINIMAL "
        "(mend: SET PERSIST binlog_row_image = 'FULL';); source.server_id: 0 (mend: SET PERSIST "
        "server_id = 1;); "
        "and "
        "1 more");
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_pair_passes),
        cmocka_unit_test(settings),
        cmocka_unit_test(partial_images_of_mariadb),
        cmocka_unit_test(partial_json),
        cmocka_unit_test(older_servers_get_set_global),
        cmocka_unit_test(versions),
        cmocka_unit_test(retention),
        cmocka_unit_test(retention_by_size),
        cmocka_unit_test(retention_with_a_spool),
        cmocka_unit_test(the_spool_itself),
        cmocka_unit_test(filters),
        cmocka_unit_test(source_that_is_a_replica),
        cmocka_unit_test(own_connection_still_listed),
        cmocka_unit_test(target_that_is_a_replica),
        cmocka_unit_test(server_ids),
        cmocka_unit_test(same_server),
        cmocka_unit_test(clocks_and_zones),
        cmocka_unit_test(activity),
        cmocka_unit_test(throttling),
        cmocka_unit_test(a_resumed_job_is_not_asked_for_the_copy),
        cmocka_unit_test(failing_names_the_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
