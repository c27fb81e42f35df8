/* Privileges: what is missing is named, with the exact GRANT, and the lock follows from them. */
/* links: um_plan um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan_facts.h"

/* With these denied ("PRIVILEGE" or "PRIVILEGE:schema.table"), this check says that. */
static void expect(bool target, const char *denied, const char *id, enum um_level level,
                   const char *seen, const char *mend)
{
    struct world w;
    world_make(&w);
    um_strv_add(target ? &w.denied_target : &w.denied_source, denied);
    world_judge(&w);
    const struct um_check *c = world_find(&w, id);
    assert_non_null(c);
    assert_int_equal(c->level, level);
    assert_string_equal(c->seen, seen);
    assert_string_equal(c->mend ? c->mend : "", mend);
    world_clear(&w);
}

static void on_the_source(void **state)
{
    (void)state;
    /* '_' would match any character in a grant on a schema. */
    expect(false, "SELECT", "source.grant.select", UM_BLOCK, "missing: SELECT on shop_eu",
           "GRANT SELECT ON `shop\\_eu`.* TO 'unmoor'@'%';");
    expect(false, "TRIGGER", "source.grant.trigger", UM_BLOCK, "missing: TRIGGER on shop_eu",
           "GRANT TRIGGER ON `shop\\_eu`.* TO 'unmoor'@'%';");
    expect(false, "EVENT", "source.grant.event", UM_BLOCK, "missing: EVENT on shop_eu",
           "GRANT EVENT ON `shop\\_eu`.* TO 'unmoor'@'%';");
    expect(false, "REPLICATION SLAVE", "source.grant.replication_slave", UM_BLOCK,
           "missing: REPLICATION SLAVE", "GRANT REPLICATION SLAVE ON *.* TO 'unmoor'@'%';");
    expect(false, "PROCESS", "source.grant.process", UM_WARN, "missing: PROCESS",
           "GRANT PROCESS ON *.* TO 'unmoor'@'%';\nWithout it, long transactions and statements "
           "that the lock would wait for are not seen.");
    expect(false, "XA_RECOVER_ADMIN", "source.grant.xa_recover", UM_WARN,
           "missing: XA_RECOVER_ADMIN",
           "GRANT XA_RECOVER_ADMIN ON *.* TO 'unmoor'@'%';\nWithout it, make sure by hand that no "
           "XA transaction stays prepared.");
    expect(false, "SHOW VIEW", "source.grant.show_view", UM_PASS, "not needed: no views", "");
}

/* Under partial_revokes a schema name in a grant is no pattern. */
static void partial_revokes(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.denied_source, "SELECT");
    world_set(&w.facts.source.side, "partial_revokes", "ON");
    world_judge(&w);
    assert_string_equal(world_find(&w, "source.grant.select")->mend,
                        "GRANT SELECT ON `shop_eu`.* TO 'unmoor'@'%';");
    world_clear(&w);
}

static void tables_named_one_by_one(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_clear(&w.config.tables.include);
    um_strv_add(&w.config.tables.include, "shop_eu.orders");
    um_strv_add(&w.config.tables.include, "shop_eu.custom`ers");
    world_add(&w, world_table("shop_eu", "custom`ers", true));
    /* The schema as a whole is not granted, one of the tables is. */
    um_strv_add(&w.denied_source, "SELECT:shop_eu.custom`ers");
    world_judge(&w);
    const struct um_check *c = world_find(&w, "source.grant.select");
    assert_int_equal(c->level, UM_BLOCK);
    assert_string_equal(c->seen, "missing: SELECT on shop_eu.custom`ers");
    /* A table's schema is no pattern. */
    assert_string_equal(c->mend, "GRANT SELECT ON `shop_eu`.`custom``ers` TO 'unmoor'@'%';");
    world_clear(&w);
}

/* "shop.*" with a privilege on some of its tables: the others would not even be listed. */
static void wildcards_ask_for_the_whole_schema(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.denied_source, "SELECT:shop_eu.hidden");
    world_judge(&w);
    assert_string_equal(world_find(&w, "source.grant.select")->seen, "missing: SELECT on shop_eu");
    world_clear(&w);

    world_make(&w);
    um_strv_clear(&w.config.tables.include);
    um_strv_add(&w.config.tables.include, "shop_*.orders");
    um_strv_add(&w.denied_source, "SELECT:other");
    world_judge(&w);
    const struct um_check *c = world_find(&w, "source.grant.select");
    assert_int_equal(c->level, UM_WARN);
    assert_non_null(strstr(c->mend, "GRANT SELECT ON *.* TO"));
    world_clear(&w);
}

static void routines(void **state)
{
    static const struct {
        enum um_flavour flavour;
        unsigned version;
        const char *denied, *seen;
        enum um_level level;
    } cases[] = {
        {UM_MYSQL, 50744, "SELECT:mysql", "missing: SELECT on mysql.proc", UM_BLOCK},
        {UM_MARIADB, 101100, "SELECT:mysql", "missing: SELECT on mysql.proc", UM_BLOCK},
        {UM_MYSQL, 80019, "SELECT:other", "missing: SELECT", UM_BLOCK},
        {UM_MYSQL, 80020, "SELECT:other", "SHOW_ROUTINE", UM_PASS},
        {UM_MYSQL, 80020, "none", "SELECT on all schemas", UM_PASS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.plan.source.flavour = cases[i].flavour;
        w.plan.source.version = cases[i].version;
        um_strv_add(&w.denied_source, cases[i].denied);
        world_judge(&w);
        const struct um_check *c = world_find(&w, "source.grant.routines");
        assert_int_equal(c->level, cases[i].level);
        assert_string_equal(c->seen, cases[i].seen);
        world_clear(&w);
    }
}

static void names_of_mariadb(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.plan.source.flavour = UM_MARIADB;
    w.plan.source.version = 101100;
    um_strv_add(&w.denied_source, "BINLOG MONITOR");
    um_strv_add(&w.denied_source, "REPLICATION CLIENT");
    um_strv_add(&w.denied_source, "SLAVE MONITOR");
    um_strv_add(&w.denied_source, "REPLICA MONITOR");
    world_judge(&w);
    assert_string_equal(world_find(&w, "source.grant.replication_client")->mend,
                        "GRANT BINLOG MONITOR ON *.* TO 'unmoor'@'%';");
    assert_int_equal(world_find(&w, "source.grant.replica_monitor")->level, UM_WARN);
    world_clear(&w);
}

/* ---- the ladder ---- */

static void ladder(void **state)
{
    static const struct {
        enum um_flavour flavour;
        unsigned version;
        enum um_lock_method wanted;
        const char *denied[3];
        enum um_lock_method chosen;
        enum um_level level;
    } cases[] = {
        {UM_MYSQL, 80036, UM_LOCK_AUTO, {0}, UM_LOCK_GLOBAL, UM_PASS},
        {UM_MYSQL, 80036, UM_LOCK_AUTO, {"RELOAD"}, UM_LOCK_GLOBAL, UM_PASS}, /* FLUSH_TABLES */
        {UM_MYSQL, 80036, UM_LOCK_AUTO, {"RELOAD", "FLUSH_TABLES"}, UM_LOCK_TABLES, UM_WARN},
        {UM_MYSQL, 80022, UM_LOCK_AUTO, {"RELOAD"}, UM_LOCK_TABLES, UM_WARN},
        {UM_MYSQL, 80022, UM_LOCK_AUTO, {"RELOAD", "LOCK TABLES"}, UM_LOCK_AUTO, UM_BLOCK},
        {UM_MYSQL, 80036, UM_LOCK_BACKUP, {0}, UM_LOCK_AUTO, UM_BLOCK},
        {UM_MYSQL, 80036, UM_LOCK_NONE, {0}, UM_LOCK_AUTO, UM_BLOCK},
        {UM_MYSQL, 80036, UM_LOCK_TABLES, {0}, UM_LOCK_TABLES, UM_PASS},
        {UM_MYSQL, 80036, UM_LOCK_TABLES, {"LOCK TABLES:shop_eu"}, UM_LOCK_AUTO, UM_BLOCK},
        {UM_MARIADB, 101100, UM_LOCK_AUTO, {0}, UM_LOCK_GLOBAL, UM_PASS},
        {UM_MARIADB, 101100, UM_LOCK_BACKUP, {0}, UM_LOCK_BACKUP, UM_PASS},
        {UM_MARIADB, 100339, UM_LOCK_BACKUP, {0}, UM_LOCK_AUTO, UM_BLOCK},
        {UM_MARIADB, 101100, UM_LOCK_AUTO, {"RELOAD", "LOCK TABLES"}, UM_LOCK_NONE, UM_WARN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.plan.source.flavour = cases[i].flavour;
        w.plan.source.version = cases[i].version;
        w.config.copy.lock = cases[i].wanted;
        for (size_t k = 0; k < 3 && cases[i].denied[k]; k++)
            um_strv_add(&w.denied_source, cases[i].denied[k]);
        world_judge(&w);
        if (w.plan.lock != cases[i].chosen ||
            world_find(&w, "source.lock")->level != cases[i].level)
            fail_msg("case %zu: lock %d, %s", i, w.plan.lock, world_find(&w, "source.lock")->seen);
        world_clear(&w);
    }
}

/* ---- the target ---- */

static void on_the_target(void **state)
{
    (void)state;
    expect(true, "INSERT", "target.grant.tables", UM_BLOCK, "missing: INSERT on shop_eu",
           "GRANT INSERT ON `shop\\_eu`.* TO 'unmoor'@'%';");
    expect(true, "INSERT", "target.grant.state", UM_BLOCK, "missing: INSERT on unmoor",
           "GRANT INSERT ON `unmoor`.* TO 'unmoor'@'%';");
    /* Not asked for where nothing needs it. */
    expect(true, "REFERENCES", "target.grant.tables", UM_PASS, "all that is needed", "");
    expect(true, "CREATE VIEW", "target.grant.objects", UM_PASS, "not needed: no such objects", "");
    expect(true, "SUPER", "target.grant.functions", UM_PASS, "not needed: no functions or triggers",
           "");
}

static void what_the_objects_need(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_object(&w, UM_OBJ_VIEW, "v", "`unmoor`@`%`");
    world_object(&w, UM_OBJ_FUNCTION, "f", "`unmoor`@`%`");
    um_strv_add(&w.denied_target, "SHOW VIEW");
    um_strv_add(&w.denied_target, "CREATE ROUTINE");
    um_strv_add(&w.denied_target, "TRIGGER");
    um_strv_add(&w.denied_target, "SUPER");
    um_strv_add(&w.denied_target, "SET_ANY_DEFINER");
    world_judge(&w);
    assert_string_equal(world_find(&w, "target.grant.objects")->mend,
                        "GRANT SHOW VIEW, CREATE ROUTINE ON `shop\\_eu`.* TO 'unmoor'@'%';");
    assert_int_equal(world_find(&w, "target.grant.functions")->level, UM_BLOCK);
    assert_non_null(strstr(world_find(&w, "target.grant.functions")->mend,
                           "SET PERSIST log_bin_trust_function_creators = ON;"));
    /* All belong to the account itself: nobody else's definer is set. */
    assert_int_equal(world_find(&w, "target.grant.definer")->level, UM_PASS);
    assert_int_equal(world_find(&w, "target.definers")->level, UM_PASS);
    world_clear(&w);
}

static void definers(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_object(&w, UM_OBJ_VIEW, "v", "`root`@`localhost`");
    world_object(&w, UM_OBJ_EVENT, "e", "`gh``ost`@`10.%`");
    um_strv_add(&w.facts.target.accounts, "root@localhost");
    um_strv_add(&w.facts.target.system_users, "root@localhost");
    um_strv_add(&w.denied_target, "SUPER");
    um_strv_add(&w.denied_target, "SET_ANY_DEFINER");
    um_strv_add(&w.denied_target, "SET_USER_ID");
    um_strv_add(&w.denied_target, "ALLOW_NONEXISTENT_DEFINER");
    um_strv_add(&w.denied_target, "SYSTEM_USER");
    world_judge(&w);
    const struct um_check *c = world_find(&w, "target.definers");
    assert_int_equal(c->level, UM_WARN);
    assert_string_equal(c->seen, "not there: gh`ost@10.%");
    assert_non_null(strstr(c->mend, "CREATE USER 'gh`ost'@'10.%' ACCOUNT LOCK;"));
    c = world_find(&w, "target.grant.definer");
    assert_int_equal(c->level, UM_BLOCK);
    assert_string_equal(c->mend, "GRANT SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER ON "
                                 "*.* TO 'unmoor'@'%';\nOr set copy.definer to current.");
    world_clear(&w);

    world_make(&w);
    world_object(&w, UM_OBJ_VIEW, "v", "`root`@`localhost`");
    um_strv_add(&w.facts.target.accounts, "root@localhost");
    w.facts.target.system_users_known = false;
    um_strv_add(&w.denied_target, "SYSTEM_USER");
    world_judge(&w);
    c = world_find(&w, "target.grant.definer");
    assert_int_equal(c->level, UM_BLOCK);
    assert_string_equal(c->seen, "missing: SYSTEM_USER (definers may hold it, which the account "
                                 "cannot see: root@localhost)");
    assert_string_equal(c->mend, "GRANT SYSTEM_USER ON *.* TO 'unmoor'@'%';\n"
                                 "Or let the account look whether it needs SYSTEM_USER:\n"
                                 "GRANT SELECT ON `mysql`.`user` TO 'unmoor'@'%';\n"
                                 "GRANT SELECT ON `mysql`.`global_grants` TO 'unmoor'@'%';\n"
                                 "GRANT SELECT ON `mysql`.`role_edges` TO 'unmoor'@'%';\n"
                                 "Or set copy.definer to current.");
    world_clear(&w);

    world_make(&w); /* known not to have it, or not to be there: nothing is asked for */
    world_object(&w, UM_OBJ_VIEW, "v", "`app`@`localhost`");
    um_strv_add(&w.facts.target.accounts, "app@localhost");
    um_strv_add(&w.facts.target.system_users, "root@localhost");
    um_strv_add(&w.denied_target, "SYSTEM_USER");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.grant.definer")->level, UM_PASS);
    world_clear(&w);

    world_make(&w);
    world_object(&w, UM_OBJ_VIEW, "v", "`gone`@`localhost`");
    w.facts.target.system_users_known = false;
    um_strv_add(&w.denied_target, "SYSTEM_USER");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.grant.definer")->level, UM_PASS);
    world_clear(&w);

    world_make(&w); /* servers that know no SYSTEM_USER */
    w.plan.target.version = 80015;
    w.facts.target.system_users_known = false;
    world_object(&w, UM_OBJ_VIEW, "v", "`root`@`localhost`");
    um_strv_add(&w.facts.target.accounts, "root@localhost");
    um_strv_add(&w.denied_target, "SYSTEM_USER");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.grant.definer")->level, UM_PASS);
    world_clear(&w);

    world_make(&w); /* nothing of it with copy.definer: current */
    world_object(&w, UM_OBJ_VIEW, "v", "`root`@`localhost`");
    w.config.copy.definer = UM_DEFINER_CURRENT;
    um_strv_add(&w.denied_target, "SUPER");
    um_strv_add(&w.denied_target, "SET_ANY_DEFINER");
    um_strv_add(&w.denied_target, "SET_USER_ID");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.grant.definer")->level, UM_PASS);
    world_clear(&w);
}

static void log_of_the_target(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.config.target.sql_log_bin = false;
    um_strv_add(&w.denied_target, "SUPER");
    um_strv_add(&w.denied_target, "SYSTEM_VARIABLES_ADMIN");
    um_strv_add(&w.denied_target, "SESSION_VARIABLES_ADMIN");
    world_judge(&w);
    assert_string_equal(world_find(&w, "target.grant.sql_log_bin")->mend,
                        "GRANT SESSION_VARIABLES_ADMIN ON *.* TO 'unmoor'@'%';");
    world_clear(&w);
}

static void read_only_target(void **state)
{
    struct world w;
    (void)state;
    world_make(&w); /* the account may write: that keeps the application out */
    world_set(&w.facts.target.side, "read_only", "ON");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.read_only")->level, UM_PASS);
    world_clear(&w);

    world_make(&w);
    world_set(&w.facts.target.side, "read_only", "ON");
    um_strv_add(&w.denied_target, "SUPER");
    um_strv_add(&w.denied_target, "CONNECTION_ADMIN");
    world_judge(&w);
    assert_int_equal(world_find(&w, "target.read_only")->level, UM_BLOCK);
    assert_non_null(strstr(world_find(&w, "target.read_only")->mend,
                           "GRANT CONNECTION_ADMIN ON *.* TO 'unmoor'@'%';"));
    world_clear(&w);
}

static void accounts_in_all_forms(void **state)
{
    static const char *const forms[][2] = {
        {"`root`@`localhost`", "root@localhost"},
        {"'root'@'localhost'", "root@localhost"},
        {"root@localhost", "root@localhost"},
        {"`a``b`@`%`", "a`b@%"},
        {"'o''neil'@'h'", "o'neil@h"},
        {"`we@ird`@`h`", "we@ird@h"},
        {"`role`", "role@"},
        {"`role`@``", "role@"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *plain = um_account_plain(forms[i][0]);
        assert_string_equal(plain, forms[i][1]);
        free(plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_source),
        cmocka_unit_test(partial_revokes),
        cmocka_unit_test(tables_named_one_by_one),
        cmocka_unit_test(wildcards_ask_for_the_whole_schema),
        cmocka_unit_test(routines),
        cmocka_unit_test(names_of_mariadb),
        cmocka_unit_test(ladder),
        cmocka_unit_test(on_the_target),
        cmocka_unit_test(what_the_objects_need),
        cmocka_unit_test(definers),
        cmocka_unit_test(log_of_the_target),
        cmocka_unit_test(read_only_target),
        cmocka_unit_test(accounts_in_all_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
