#include "change/position.h"
/* links: um_change um_base */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct um_position at(const char *file, uint64_t offset)
{
    struct um_position p = {.offset = offset};
    snprintf(p.file, sizeof p.file, "%s", file);
    return p;
}

static void order(void **state)
{
    (void)state;
    struct um_position a = at("binlog.000009", 100), b = at("binlog.000010", 4);
    assert_true(um_position_compare(&a, &b) < 0);
    assert_true(um_position_compare(&b, &a) > 0);
    a = at("binlog.999999", 4);
    b = at("binlog.1000000", 4);
    assert_true(um_position_compare(&a, &b) < 0);
    b = at("binlog.999999", 5000000000);
    assert_true(um_position_compare(&a, &b) < 0);
    b.offset = 4;
    assert_int_equal(um_position_compare(&a, &b), 0);
    /* A host's name may have dots and digits of its own. */
    a = at("db1.example.000002", 4);
    b = at("db1.example.000010", 4);
    assert_true(um_position_compare(&a, &b) < 0);
}

static void before_by_offset(void **state)
{
    (void)state;
    struct um_position p = at("binlog.000010", 1000);
    struct um_gtid none = {0};
    assert_false(um_position_before(&p, "binlog.000010", 1000, &none));
    assert_true(um_position_before(&p, "binlog.000010", 1001, &none));
    assert_false(um_position_before(&p, "binlog.000009", 9999, &none));
    assert_true(um_position_before(&p, "binlog.000011", 4, NULL));
}

static void before_by_gtid(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_gtid g;
    struct um_position p = at("binlog.000010", 1000);
    p.gtids =
        um_gtid_set_parse(UM_GTID_MYSQL, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:t:1-2", &err);
    assert_non_null(p.gtids);
    /* The set decides, whatever the file says: it can hold later transactions and lack earlier. */
    um_gtid_parse(UM_GTID_MYSQL, "3e11fa47-71ca-11e1-9e33-c80aa9429562:5", &g, &err);
    assert_false(um_position_before(&p, "binlog.000011", 4, &g));
    g.sequence = 6;
    assert_true(um_position_before(&p, "binlog.000001", 4, &g));
    um_gtid_parse(UM_GTID_MYSQL, "3e11fa47-71ca-11e1-9e33-c80aa9429562:t:2", &g, &err);
    assert_false(um_position_before(&p, "binlog.000011", 4, &g));
    /* An anonymous transaction in a stream with GTIDs is placed by file and offset. */
    g.kind = UM_GTID_NONE;
    assert_false(um_position_before(&p, "binlog.000010", 900, &g));
    assert_true(um_position_before(&p, "binlog.000010", 1100, &g));
    p.file[0] = '\0';
    assert_true(um_position_before(&p, "binlog.000001", 4, &g));
    um_position_clear(&p);
    assert_null(p.gtids);
}

static void copies_deeply(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_position p = at("binlog.000012", 4711), copy = {0};
    struct um_gtid g;
    p.gtids = um_gtid_set_parse(UM_GTID_MARIADB, "0-1-77", &err);
    um_position_copy(&copy, &p);
    um_position_copy(&copy, &copy);
    um_gtid_parse(UM_GTID_MARIADB, "0-1-78", &g, &err);
    um_gtid_set_add(p.gtids, &g);
    struct um_buf out = {0};
    um_position_print(&copy, &out);
    assert_string_equal(out.data, "binlog.000012:4711 (0-1-77)");
    um_buf_clear(&out);
    um_position_print(&p, &out);
    assert_string_equal(out.data, "binlog.000012:4711 (0-1-78)");
    um_position_clear(&p);
    um_position_copy(&copy, &p);
    assert_null(copy.gtids);
    um_buf_free(&out);
}

static void prints_parts(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_position p = at("binlog.000012", 5000000000);
    struct um_buf out = {0};
    um_position_print(&p, &out);
    assert_string_equal(out.data, "binlog.000012:5000000000");
    um_buf_clear(&out);
    p = (struct um_position){.gtids = um_gtid_set_parse(UM_GTID_MARIADB, "1-2-3,0-9-8", &err)};
    um_position_print(&p, &out);
    assert_string_equal(out.data, "0-9-8,1-2-3");
    um_buf_free(&out);
    um_position_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),          cmocka_unit_test(before_by_offset),
        cmocka_unit_test(before_by_gtid), cmocka_unit_test(copies_deeply),
        cmocka_unit_test(prints_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
