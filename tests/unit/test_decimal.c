#include "binlog/decimal.h"
/* links: um_binlog um_base */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

/* The sizes follow from the manual's table: 9 digits in 4 bytes, 1-2 in 1, 3-4 in 2 … */
static void sizes(void **state)
{
    (void)state;
    assert_int_equal(um_decimal_size(1, 0), 1);
    assert_int_equal(um_decimal_size(9, 0), 4);
    assert_int_equal(um_decimal_size(10, 0), 5);
    assert_int_equal(um_decimal_size(9, 9), 4);
    assert_int_equal(um_decimal_size(10, 5), 6);
    assert_int_equal(um_decimal_size(14, 4), 7);
    assert_int_equal(um_decimal_size(20, 6), 10);
    assert_int_equal(um_decimal_size(65, 30), 30);
}

static void check(const char *bytes, unsigned precision, unsigned scale, const char *expected)
{
    struct um_buf out = {0};
    um_decimal_print((const uint8_t *)bytes, precision, scale, &out);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

/* The manual's own example, "1234567890.1234" in DECIMAL(14,4), and what follows from it. */
static void prints(void **state)
{
    (void)state;
    check("\x81\x0d\xfb\x38\xd2\x04\xd2", 14, 4, "1234567890.1234");
    check("\x7e\xf2\x04\xc7\x2d\xfb\x2d", 14, 4, "-1234567890.1234");
    check("\x80", 1, 0, "0");
    check("\x89", 1, 0, "9");
    check("\x76", 1, 0, "-9");
    check("\x80\x00\x00\x00", 9, 9, "0.000000000");
    check("\x80\x00\x00\x01", 9, 9, "0.000000001");
    check("\x7f\xff\xff\xfe", 9, 9, "-0.000000001");
    check("\x80\x00\x00\x01", 9, 0, "1");
    check("\x80\x00\x00\x00\x07", 10, 0, "7");
    check("\x80\x05\x0a", 5, 2, "5.10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(prints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
