/* SHOW GRANTS as MySQL 5.6, MySQL 9.7 and MariaDB 10.11 print it. */
/* links: um_mysql um_binlog um_schema um_change um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mysql/grants.h"

static struct um_grants *read_lines(bool patterns, const char *const *lines)
{
    struct um_grants *g = um_grants_new("'u'@'h'", patterns);
    for (; *lines; lines++)
        um_grants_add_line(g, *lines);
    return g;
}

static void mysql_9_7_with_a_role_and_a_partial_revoke(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "GRANT SELECT, RELOAD, PROCESS, REPLICATION SLAVE ON *.* TO `u1`@`localhost`",
        "GRANT BACKUP_ADMIN,BINLOG_ADMIN ON *.* TO `u1`@`localhost`",
        "GRANT DELETE, EXECUTE ON `a_b`.* TO `u1`@`localhost`",
        "GRANT ALL PRIVILEGES ON `x%`.* TO `u1`@`localhost` WITH GRANT OPTION",
        "REVOKE SELECT ON `mysql`.* FROM `u1`@`localhost`",
        "GRANT INSERT (`i`, `odd)name`), UPDATE ON `a_b`.`t` TO `u1`@`localhost`",
        "GRANT EXECUTE ON PROCEDURE `a_b`.`p` TO `u1`@`localhost`",
        "GRANT PROXY ON ``@`` TO `u1`@`localhost` WITH GRANT OPTION",
        "GRANT `r1`@`%` TO `u1`@`localhost`",
        NULL};
    struct um_grants *g = read_lines(false, lines);
    assert_true(um_grants_have(g, "RELOAD", NULL, NULL));
    assert_true(um_grants_have(g, "BINLOG_ADMIN", NULL, NULL));
    assert_true(um_grants_have(g, "SELECT", "any", "table"));
    assert_false(um_grants_have(g, "SELECT", "mysql", "user"));
    assert_true(um_grants_have(g, "DELETE", "a_b", "t"));
    assert_false(um_grants_have(g, "DELETE", "axb", "t")); /* no patterns with partial revokes */
    assert_false(um_grants_have(g, "DELETE", NULL, NULL));
    assert_true(um_grants_have(g, "UPDATE", "a_b", "t"));
    assert_false(um_grants_have(g, "UPDATE", "a_b", NULL));
    assert_false(um_grants_have(g, "INSERT", "a_b", "t")); /* on some columns only */
    assert_true(um_grants_have(g, "DROP", "x%", "t"));
    assert_false(um_grants_have(g, "DROP", "xy", "t"));
    assert_false(um_grants_have(g, "SUPER", NULL, NULL));
    assert_string_equal(um_grants_account(g), "'u'@'h'");
    um_grants_delete(g);
}

static void mysql_5_6_with_patterns(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "GRANT RELOAD ON *.* TO 'u1'@'localhost' IDENTIFIED BY PASSWORD <secret>",
        "GRANT SELECT ON `a\\_b`.* TO 'u1'@'localhost'",
        "GRANT INSERT ON `a_c`.* TO 'u1'@'localhost'",
        "GRANT ALL PRIVILEGES ON `x%`.* TO 'u1'@'localhost'",
        "GRANT INSERT (i), UPDATE ON `a_b`.`t` TO 'u1'@'localhost'",
        NULL};
    struct um_grants *g = read_lines(true, lines);
    assert_true(um_grants_have(g, "SELECT", "a_b", NULL));
    assert_false(um_grants_have(g, "SELECT", "axb", NULL));
    assert_true(um_grants_have(g, "INSERT", "axc", "t"));
    assert_false(um_grants_have(g, "INSERT", "axcd", "t"));
    assert_true(um_grants_have(g, "ALTER", "x", NULL));
    assert_true(um_grants_have(g, "ALTER", "xyz", "t"));
    assert_false(um_grants_have(g, "ALTER", "yx", NULL));
    assert_true(um_grants_have(g, "UPDATE", "a_b", "t"));
    assert_false(um_grants_have(g, "UPDATE", "axb", "t")); /* tables have no patterns */
    um_grants_delete(g);
}

static void mariadb_with_a_role(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "GRANT `r1` TO `u1`@`localhost`",
        "GRANT RELOAD, BINLOG MONITOR ON *.* TO `u1`@`localhost` IDENTIFIED BY PASSWORD '*0'",
        "GRANT USAGE ON *.* TO `r1`",
        "GRANT DELETE ON `a_b`.* TO `r1`",
        "GRANT PROCESS ON *.* TO `r2`",
        "SET DEFAULT ROLE `r1` FOR `u1`@`localhost`",
        NULL};
    struct um_grants *g = read_lines(true, lines);
    assert_true(um_grants_have(g, "PROCESS", NULL, NULL));
    assert_true(um_grants_have(g, "DELETE", "a_b", "t"));
    assert_true(um_grants_have(g, "REPLICATION CLIENT", NULL, NULL)); /* its name before 10.5 */
    assert_false(um_grants_have(g, "SELECT", "a_b", NULL));
    um_grants_delete(g);
}

static void all_privileges_and_odd_names(void **state)
{
    (void)state;
    static const char *const lines[] = {"GRANT ALL PRIVILEGES ON `we``ird ON x`.* TO 'a'@'b'",
                                        "GRANT SELECT ON `unfinished", "GRANT", "", NULL};
    struct um_grants *g = read_lines(true, lines);
    assert_true(um_grants_have(g, "TRIGGER", "we`ird ON x", "t"));
    assert_false(um_grants_have(g, "SELECT", "unfinished", NULL));
    um_grants_delete(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql_9_7_with_a_role_and_a_partial_revoke),
        cmocka_unit_test(mysql_5_6_with_patterns),
        cmocka_unit_test(mariadb_with_a_role),
        cmocka_unit_test(all_privileges_and_odd_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
