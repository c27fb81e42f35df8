/* Statements in one packet: their text, and when it is full. */
/* links: um_apply um_job */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apply/trip.h"

enum { MOST = 20 };

static void add(struct um_trip *t, const char *sql)
{
    struct um_buf text = {0};
    um_buf_str(&text, sql);
    um_trip_add(t, &text, NULL, 0, 0);
    assert_int_equal(text.len, 0);
    um_buf_free(&text);
}

static void statements_are_joined(void **state)
{
    (void)state;
    struct um_trip t = {.most = MOST};
    struct um_job_table table = {0};
    struct um_row_change changes[] = {{.op = UM_ROW_DELETE, .table = &table, .offset = 7},
                                      {.op = UM_ROW_DELETE, .table = &table, .offset = 9}};
    struct um_buf sql = {0};
    add(&t, "BEGIN");
    um_buf_str(&sql, "DELETE");
    um_trip_add(&t, &sql, changes, 2, 3);
    add(&t, "END");
    assert_string_equal(t.next.sql.data, "BEGIN;DELETE;END");
    assert_int_equal(t.next.count, 3);
    assert_null(t.next.statements[0].first.table);
    assert_ptr_equal(t.next.statements[1].first.table, &table);
    assert_int_equal(t.next.statements[1].first.offset, 7);
    assert_int_equal(t.next.statements[1].changes, 2);
    assert_int_equal(t.next.statements[1].lax, 3);
    um_trip_drop(&t);
    add(&t, "AGAIN");
    assert_string_equal(t.next.sql.data, "AGAIN");
    assert_int_equal(t.next.count, 1);
    um_buf_free(&sql);
    um_trip_clear(&t);
}

static void room_is_for_the_separator_too(void **state)
{
    (void)state;
    struct um_trip t = {.most = MOST};
    add(&t, "0123456789");
    assert_true(um_trip_has_room(&t, 9));
    assert_false(um_trip_has_room(&t, 10));
    add(&t, "012345678");
    assert_int_equal(t.next.sql.len, MOST);
    assert_false(um_trip_has_room(&t, 0));
    um_trip_clear(&t);
}

/* One that is larger than any packet is still sent, by itself. */
static void a_single_statement_may_be_larger(void **state)
{
    (void)state;
    struct um_trip t = {.most = MOST};
    assert_true(um_trip_has_room(&t, 1000 * MOST));
    add(&t, "longer than twenty bytes");
    assert_false(um_trip_has_room(&t, 0));
    um_trip_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_joined),
        cmocka_unit_test(room_is_for_the_separator_too),
        cmocka_unit_test(a_single_statement_may_be_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
