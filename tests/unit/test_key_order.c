/* Chunk keys in the server's order, for the types that a client can order. */
/* links: um_copy */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "copy/key_order.h"

static struct um_column columns[2];
static struct um_index_part parts[] = {{.column = 0}, {.column = 1}};
static struct um_index primary = {.unique = true, .primary = true, .parts = parts};
static struct um_table table = {.columns = columns, .indexes = &primary, .index_count = 1};
static struct um_job_table t = {.source = &table};

static void key_of(enum um_type a, bool is_unsigned, size_t count, enum um_type b)
{
    columns[0] = (struct um_column){.type = a, .is_unsigned = is_unsigned, .fsp = 3};
    columns[1] = (struct um_column){.type = b};
    table.column_count = primary.part_count = count;
    t.chunk_key = (struct um_key){.kind = UM_KEY_PRIMARY, .index = &primary, .part_count = count};
}

static struct um_bound bound(char **values, unsigned long *lengths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lengths[i] = strlen(values[i]);
    return (struct um_bound){values, lengths, count};
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static int compare(const char *a, const char *b)
{
    char *va[] = {(char *)a}, *vb[] = {(char *)b};
    unsigned long la[1], lb[1];
    struct um_bound x = bound(va, la, 1), y = bound(vb, lb, 1);
    return sign(um_key_compare_bounds(&t, &x, &y));
}

static void bounds_follow_the_type(void **state)
{
    (void)state;
    key_of(UM_T_BIGINT, false, 1, 0);
    assert_int_equal(compare("9", "10"), -1);
    assert_int_equal(compare("-9", "-10"), 1);
    assert_int_equal(compare("-9223372036854775808", "9223372036854775807"), -1);
    key_of(UM_T_BIGINT, true, 1, 0);
    assert_int_equal(compare("18446744073709551615", "9223372036854775807"), 1);
    key_of(UM_T_TIME, false, 1, 0);
    assert_int_equal(compare("-00:00:00.120", "00:00:00.000"), -1);
    assert_int_equal(compare("-00:00:00.5", "-00:00:00.12"), -1);
    assert_int_equal(compare("838:59:59.000", "99:00:00.000"), 1);
    key_of(UM_T_DATE, false, 1, 0);
    assert_int_equal(compare("0000-00-00", "2000-02-30"), -1);
    key_of(UM_T_VARBINARY, false, 1, 0);
    assert_int_equal(compare("a", "a "), -1);
    assert_int_equal(compare("\x7f", "\xff"), -1);
    assert_int_equal(compare("b", "aa"), 1);
}

static void an_open_end_is_below_everything(void **state)
{
    (void)state;
    key_of(UM_T_INT, false, 1, 0);
    struct um_bound open = {0};
    char *v[] = {(char *)"-2147483648"};
    unsigned long l[1];
    struct um_bound least = bound(v, l, 1);
    assert_int_equal(sign(um_key_compare_bounds(&t, &open, &least)), -1);
    assert_int_equal(sign(um_key_compare_bounds(&t, &least, &open)), 1);
    assert_int_equal(um_key_compare_bounds(&t, &open, &open), 0);
}

static int compare_row(const struct um_value *row, const char *a, const char *b)
{
    char *v[] = {(char *)a, (char *)b};
    unsigned long l[2];
    struct um_bound x = bound(v, l, b ? 2 : 1);
    return sign(um_key_compare_row(&t, row, &x));
}

static void rows_compare_with_bounds(void **state)
{
    (void)state;
    key_of(UM_T_TINYINT, true, 1, 0);
    struct um_value row[2] = {{.kind = UM_V_INT, .i = -1, .decimals = 1}}; /* 255 on the wire */
    assert_int_equal(compare_row(row, "254", NULL), 1);
    assert_int_equal(compare_row(row, "255", NULL), 0);
    key_of(UM_T_TINYINT, false, 1, 0);
    assert_int_equal(compare_row(row, "0", NULL), -1);

    key_of(UM_T_TIMESTAMP, false, 1, 0);
    row[0] = (struct um_value){.kind = UM_V_TIMESTAMP, .ts = {.s = 1582977600, .usec = 250000}};
    assert_int_equal(compare_row(row, "2020-02-29 12:00:00.250", NULL), 0);
    assert_int_equal(compare_row(row, "2020-02-29 12:00:00.251", NULL), -1);
    row[0] = (struct um_value){.kind = UM_V_TIMESTAMP};
    assert_int_equal(compare_row(row, "0000-00-00 00:00:00.000", NULL), 0);

    key_of(UM_T_TIME, false, 1, 0);
    row[0] = (struct um_value){.kind = UM_V_TIME, .t = {.negative = true, .usec = 120000}};
    assert_int_equal(compare_row(row, "-00:00:00.120", NULL), 0);
    assert_int_equal(compare_row(row, "00:00:00.000", NULL), -1);

    key_of(UM_T_BINARY, false, 1, 0);
    row[0] = (struct um_value){.kind = UM_V_BYTES, .bytes = (const uint8_t *)"ab", .len = 2};
    assert_int_equal(compare_row(row, "ab", NULL), 0);
    assert_int_equal(compare_row(row, "ac", NULL), -1);

    key_of(UM_T_YEAR, false, 1, 0);
    row[0] = (struct um_value){.kind = UM_V_YEAR, .u = 0};
    assert_int_equal(compare_row(row, "0000", NULL), 0);
    assert_int_equal(compare_row(row, "1901", NULL), -1);
}

static void composite_keys_compare_in_full(void **state)
{
    (void)state;
    key_of(UM_T_INT, false, 2, UM_T_VARBINARY);
    struct um_value row[2] = {
        {.kind = UM_V_INT, .i = 7, .decimals = 4},
        {.kind = UM_V_BYTES, .bytes = (const uint8_t *)"m", .len = 1},
    };
    assert_int_equal(compare_row(row, "7", "m"), 0);
    assert_int_equal(compare_row(row, "7", "n"), -1);
    assert_int_equal(compare_row(row, "6", "z"), 1);
    row[1].kind = UM_V_NULL;
    assert_int_equal(compare_row(row, "7", ""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_follow_the_type),
        cmocka_unit_test(an_open_end_is_below_everything),
        cmocka_unit_test(rows_compare_with_bounds),
        cmocka_unit_test(composite_keys_compare_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
