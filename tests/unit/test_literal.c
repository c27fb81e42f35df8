/* Values as SQL text: each expectation was accepted by real servers and read back unchanged. */
/* links: um_mysql um_binlog um_schema um_change um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "mysql/literal.h"

typedef int literal(struct um_buf *, const struct um_value *, const struct um_column *,
                    const struct um_column *, struct um_err *);

static struct um_column column(enum um_type type, const char *charset)
{
    return (struct um_column){
        .name = "c", .column_type = "some type", .type = type, .charset = (char *)charset};
}

static struct um_value bytes(const void *p, size_t len)
{
    return (struct um_value){.kind = UM_V_BYTES, .bytes = p, .len = (uint32_t)len};
}

static void check(literal *f, struct um_value v, struct um_column from, struct um_column to,
                  const char *want, size_t want_len)
{
    struct um_buf b = {0};
    struct um_err err = {0};
    assert_int_equal(f(&b, &v, &from, &to, &err), 0);
    assert_int_equal(b.len, want_len);
    assert_memory_equal(b.data, want, want_len);
    um_buf_free(&b);
}

/* The same column on both sides. */
#define STORES(value, col, want)  check(um_literal_store, value, col, col, want, strlen(want))
#define MATCHES(value, col, want) check(um_literal_match, value, col, col, want, strlen(want))
#define EXACTLY(value, col, want) check(um_literal_match_exact, value, col, col, want, strlen(want))

static struct um_value integer(int64_t i, uint8_t width)
{
    return (struct um_value){.kind = UM_V_INT, .i = i, .decimals = width};
}

static void integers_take_the_columns_sign(void **state)
{
    (void)state;
    struct um_column s = column(UM_T_BIGINT, NULL), u = s;
    u.is_unsigned = true;
    STORES(integer(-1, 1), s, "-1");
    STORES(integer(INT64_MIN, 8), s, "-9223372036854775808");
    STORES(integer(-1, 1), u, "255");
    STORES(integer(-2, 2), u, "65534");
    STORES(integer(-1, 3), u, "16777215");
    STORES(integer(7, 4), u, "7");
    STORES(integer(-1, 8), u, "18446744073709551615");
}

static void floating_point_keeps_every_bit(void **state)
{
    (void)state;
    struct um_column d = column(UM_T_DOUBLE, NULL);
    struct um_value v = {.kind = UM_V_DOUBLE, .d = 0.1};
    STORES(v, d, "0.10000000000000001e0");
    v.d = -0.0;
    STORES(v, d, "-0e0");
    v.d = 1.7976931348623157e308;
    STORES(v, d, "1.7976931348623157e+308");
    v.d = 5e-324;
    STORES(v, d, "4.9406564584124654e-324");
    STORES(((struct um_value){.kind = UM_V_FLOAT, .f = 1.1f}), d, "1.1000000238418579e0");

    struct um_buf b = {0};
    struct um_err err = {0};
    v.d = INFINITY;
    assert_int_equal(um_literal_store(&b, &v, &d, &d, &err), -1);
    assert_int_equal(err.id, UM_E_TARGET_VALUE);
    um_buf_free(&b);
}

static int store(double value, const struct um_column *c)
{
    struct um_buf b = {0};
    struct um_err err = {0};
    struct um_value v = {.kind = UM_V_DOUBLE, .d = value};
    if (c->type == UM_T_FLOAT)
        v = (struct um_value){.kind = UM_V_FLOAT, .f = (float)value};
    int result = um_literal_store(&b, &v, c, c, &err);
    assert_int_equal(err.id, result ? UM_E_TARGET_VALUE : UM_E_NONE);
    um_buf_clear(&b);
    assert_int_equal(um_literal_match(&b, &v, c, c, &err), 0); /* only storing rounds */
    um_buf_free(&b);
    return result;
}

/* Each line is what servers made of a value: type, M, D, value, what they stored. */
static void values_that_the_server_would_round_are_refused(void **state)
{
    (void)state;
    FILE *file = fopen(UM_FIXTURES "/fixed_scale.txt", "r");
    assert_non_null(file);
    char type[8];
    unsigned digits, scale, kept = 0, lines = 0;
    double value, stored;
    while (fscanf(file, "%7s %u %u %lf %lf", type, &digits, &scale, &value, &stored) == 5) {
        bool is_float = strcmp(type, "float") == 0,
             same = value == stored && signbit(value) == signbit(stored);
        struct um_column c = column(is_float ? UM_T_FLOAT : UM_T_DOUBLE, NULL);
        assert_int_equal(store(value, &c), 0);
        c.fixed_scale = true;
        c.scale = (uint8_t)scale;
        if (store(value, &c) != (same ? 0 : -1))
            fail_msg("%s(%u,%u) %.17g becomes %.17g", type, digits, scale, value, stored);
        kept += same;
        lines++;
    }
    fclose(file);
    assert_true(kept > 500 && lines > kept + 500);
}

static void decimals_print_all_their_digits(void **state)
{
    (void)state;
    static const uint8_t packed[] = {0x8c, 0x32}; /* decimal(4,2), decimal2bin of 12.50 */
    struct um_value v = {
        .kind = UM_V_DECIMAL, .bytes = packed, .len = 2, .precision = 4, .decimals = 2};
    STORES(v, column(UM_T_DECIMAL, NULL), "12.50");
}

static void small_numbers_are_numbers(void **state)
{
    (void)state;
    STORES(((struct um_value){.kind = UM_V_BIT, .u = UINT64_MAX}), column(UM_T_BIT, NULL),
           "18446744073709551615");
    STORES(((struct um_value){.kind = UM_V_YEAR, .u = 0}), column(UM_T_YEAR, NULL), "0");
    STORES(((struct um_value){.kind = UM_V_ENUM, .u = 3}), column(UM_T_ENUM, "latin1"), "3");
}

static void a_set_is_compared_as_a_signed_number(void **state)
{
    (void)state;
    struct um_value v = {.kind = UM_V_SET, .u = UINT64_C(1) << 63 | 1};
    STORES(v, column(UM_T_SET, "latin1"), "9223372036854775809");
    MATCHES(v, column(UM_T_SET, "latin1"), "-9223372036854775807");
}

static void temporals_keep_zero_parts_sign_and_digits(void **state)
{
    (void)state;
    struct um_value v = {.kind = UM_V_DATE, .t = {.year = 2020, .day = 31}};
    STORES(v, column(UM_T_DATE, NULL), "'2020-00-31'");
    v = (struct um_value){
        .kind = UM_V_TIME, .decimals = 2, .t = {.negative = true, .usec = 120000}};
    STORES(v, column(UM_T_TIME, NULL), "'-00:00:00.12'");
    v = (struct um_value){.kind = UM_V_TIME, .t = {.hour = 838, .minute = 59, .second = 59}};
    STORES(v, column(UM_T_TIME, NULL), "'838:59:59'");
    v = (struct um_value){.kind = UM_V_DATETIME,
                          .decimals = 6,
                          .t = {.year = 9999, .month = 12, .day = 31, .hour = 23, .usec = 1}};
    STORES(v, column(UM_T_DATETIME, NULL), "'9999-12-31 23:00:00.000001'");
}

static void timestamps_are_utc(void **state)
{
    (void)state;
    struct um_column ts = column(UM_T_TIMESTAMP, NULL);
    struct um_value v = {.kind = UM_V_TIMESTAMP, .ts = {.s = 2147483647}};
    STORES(v, ts, "'2038-01-19 03:14:07'");
    v.decimals = 6;
    v.ts.usec = 999999;
    STORES(v, ts, "'2038-01-19 03:14:07.999999'");
    v = (struct um_value){.kind = UM_V_TIMESTAMP, .decimals = 3};
    STORES(v, ts, "'0000-00-00 00:00:00.000'");
    v = (struct um_value){.kind = UM_V_TIMESTAMP, .ts = {.s = 4294967295}};
    STORES(v, ts, "'2106-02-07 06:28:15'");
}

static void text_is_quoted_byte_by_byte(void **state)
{
    (void)state;
    static const char text[] = "a'b\\c\0\n\r\x1a\xc3\xa9%_";
    struct um_column c = column(UM_T_VARCHAR, "utf8mb4");
    STORES(bytes(text, sizeof text - 1), c, "'a\\'b\\\\c\\0\\n\\r\\Z\xc3\xa9%_'");
    STORES(bytes("", 0), c, "''");
}

static void text_names_its_character_set_where_it_matters(void **state)
{
    (void)state;
    struct um_column latin1 = column(UM_T_VARCHAR, "latin1"), utf8 = column(UM_T_VARCHAR, "utf8"),
                     mb3 = column(UM_T_VARCHAR, "utf8mb3"), mb4 = column(UM_T_TEXT, "utf8mb4"),
                     binary = column(UM_T_VARBINARY, NULL);
    struct um_value v = bytes("x", 1);
#define CROSS(f, from, to, want) check(f, v, from, to, want, strlen(want))
    CROSS(um_literal_store, latin1, latin1, "'x'");
    CROSS(um_literal_store, latin1, mb4, "_latin1'x'");
    CROSS(um_literal_store, utf8, mb3, "'x'");
    CROSS(um_literal_store, utf8, mb4, "'x'");
    CROSS(um_literal_store, mb4, mb3, "_utf8mb4'x'");
    CROSS(um_literal_store, utf8, latin1, "_utf8mb4'x'");
    CROSS(um_literal_store, binary, binary, "'x'");
    CROSS(um_literal_match, latin1, latin1, "_latin1'x'");
    CROSS(um_literal_match, utf8, mb3, "_utf8mb4'x'"); /* neither name is known everywhere */
    CROSS(um_literal_match, mb3, utf8, "_utf8mb4'x'");
    CROSS(um_literal_match, utf8, mb4, "_utf8mb4'x'");
    CROSS(um_literal_match, binary, binary, "'x'");
#undef CROSS
}

static void binary_gets_its_zeros_back_for_comparing(void **state)
{
    (void)state;
    struct um_column c = column(UM_T_BINARY, NULL);
    c.length = 4;
    STORES(bytes("ab", 2), c, "'ab'");
    MATCHES(bytes("ab", 2), c, "'ab\\0\\0'");
}

static void addresses_are_full_width_binary_or_text(void **state)
{
    (void)state;
    static const uint8_t uuid[] = {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b,
                                   0x12, 0xd3, 0xa4, 0x56, 0x42};
    struct um_column u = column(UM_T_UUID, NULL), i4 = column(UM_T_INET4, NULL),
                     text = column(UM_T_CHAR, "ascii");
    check(um_literal_store, bytes(uuid, sizeof uuid), u, text,
          "'123e4567-e89b-12d3-a456-420000000000'", 38);
    MATCHES(bytes("\x0a", 1), i4, "'\\n\\0\\0\\0'");
    check(um_literal_store, bytes("\x0a", 1), i4, text, "'10.0.0.0'", 10);
}

static void json_reaches_json_and_text_columns(void **state)
{
    (void)state;
    static const uint8_t null_document[] = {0x04, 0x00};
    struct um_column json = column(UM_T_JSON, NULL), text = column(UM_T_TEXT, "utf8mb4");
    struct um_value v = {.kind = UM_V_JSON, .bytes = null_document, .len = 2};
    STORES(v, json, "CAST(_utf8mb4'null' AS JSON)");
    check(um_literal_store, v, json, text, "'null'", 6);
    check(um_literal_match, v, json, text, "_utf8mb4'null'", 14);
    v.len = 0;
    STORES(v, json, "CAST(_utf8mb4'null' AS JSON)");
    check(um_literal_store, bytes("[1]", 3), text, json, "_utf8mb4'[1]'", 13);
}

/* 300 times 'a' with a zlib wrapper, made by Python's zlib.compress(b"a" * 300, 6). */
#define A300 "\x82\x01\x2c\x78\x9c\x4b\x4c\x1c\x05\xc4\x02\x00\xd8\xa8\x71\xad"

static void compressed_values_read_as_what_they_say(void **state)
{
    (void)state;
    struct um_column text = column(UM_T_VARCHAR, "utf8mb4"), blob = column(UM_T_BLOB, NULL),
                     latin1 = column(UM_T_VARCHAR, "latin1");
    struct um_value v = bytes(A300, sizeof A300 - 1);
    v.kind = UM_V_COMPRESSED;
    char want[400] = "'";
    memset(want + 1, 'a', 300);
    strcpy(want + 301, "'");
    STORES(v, text, want);
    STORES(v, blob, want);
    char exact[400];
    snprintf(exact, sizeof exact, "CAST(`c` AS BINARY)=%s", want);
    EXACTLY(v, text, exact);
    snprintf(exact, sizeof exact, "`c`=%s", want);
    EXACTLY(v, blob, exact);

    v = bytes("\0it's", 5); /* kept as it is, behind a header byte */
    v.kind = UM_V_COMPRESSED;
    STORES(v, text, "'it\\'s'");
    MATCHES(v, text, "_utf8mb4'it\\'s'");
    check(um_literal_store, v, latin1, text, "_latin1'it\\'s'", 14);
    check(um_literal_match_exact, v, latin1, text,
          "CAST(`c` AS BINARY)=CAST(CONVERT(_latin1'it\\'s' USING utf8mb4) AS BINARY)", 73);
    v.len = 0;
    STORES(v, text, "''");
    EXACTLY(v, blob, "`c`=''");

    struct um_buf b = {0};
    struct um_err err = {0};
    v = bytes(A300, sizeof A300 - 2);
    v.kind = UM_V_COMPRESSED;
    assert_int_equal(um_literal_store(&b, &v, &text, &text, &err), -1);
    assert_int_equal(err.id, UM_E_COMPRESSED_MALFORMED);
    assert_ptr_equal(strstr(err.text, "column c: "), err.text);
    um_buf_free(&b);
}

static void nulls_and_absent_values(void **state)
{
    (void)state;
    struct um_column c = column(UM_T_INT, NULL);
    struct um_value v = {.kind = UM_V_NULL};
    STORES(v, c, "NULL");
    MATCHES(v, c, "NULL");
    EXACTLY(v, c, "`c` IS NULL");
    struct um_buf b = {0};
    struct um_err err = {0};
    v.kind = UM_V_ABSENT;
    assert_int_equal(um_literal_store(&b, &v, &c, &c, &err), -1);
    assert_int_equal(err.id, UM_E_BUG);
    um_buf_free(&b);
}

static void exact_predicates_see_what_collations_do_not(void **state)
{
    (void)state;
    struct um_column text = column(UM_T_VARCHAR, "utf8mb4"),
                     latin1 = column(UM_T_VARCHAR, "latin1");
    EXACTLY(bytes("a", 1), text, "CAST(`c` AS BINARY)='a'");
    check(um_literal_match_exact, bytes("a", 1), latin1, text,
          "CAST(`c` AS BINARY)=CAST(CONVERT(_latin1'a' USING utf8mb4) AS BINARY)", 69);
    EXACTLY(((struct um_value){.kind = UM_V_DOUBLE, .d = -0.0}), column(UM_T_DOUBLE, NULL),
            "`c`=-0e0 AND LEFT(`c`*1e0,1)='-'");
    EXACTLY(((struct um_value){.kind = UM_V_DOUBLE, .d = 0.0}), column(UM_T_DOUBLE, NULL),
            "`c`=0e0 AND LEFT(`c`*1e0,1)<>'-'");
    EXACTLY(integer(3, 4), column(UM_T_INT, NULL), "`c`=3");
    EXACTLY(((struct um_value){.kind = UM_V_ENUM, .u = 2}), column(UM_T_ENUM, "latin1"), "`c`=2");
    EXACTLY(bytes("\x01", 1), column(UM_T_VECTOR, NULL), "CAST(`c` AS BINARY)='\x01'");
}

static void only_the_error_value_of_enum_needs_a_lax_session(void **state)
{
    (void)state;
    assert_true(um_literal_needs_lax(&(struct um_value){.kind = UM_V_ENUM, .u = 0}));
    assert_false(um_literal_needs_lax(&(struct um_value){.kind = UM_V_ENUM, .u = 1}));
    assert_false(um_literal_needs_lax(&(struct um_value){.kind = UM_V_SET, .u = 0}));
}

/* ---- the copy's forms ---- */

static void check_copy(struct um_column c, const char *select, const char *item, const char *set)
{
    struct um_buf b = {0};
    um_column_select(&b, &c);
    assert_string_equal(b.data, select);
    um_buf_clear(&b);
    um_column_load_item(&b, &c, 7);
    assert_string_equal(b.data, item);
    um_buf_clear(&b);
    assert_int_equal(um_column_load_set(&b, &c, 7), set != NULL);
    if (set)
        assert_string_equal(b.data, set);
    um_buf_free(&b);
}

static void the_copy_takes_detours_only_where_text_would_lose(void **state)
{
    (void)state;
    struct um_column fixed = column(UM_T_DOUBLE, NULL);
    fixed.fixed_scale = true;
    check_copy(column(UM_T_INT, NULL), "`c`", "`c`", NULL);
    check_copy(column(UM_T_FLOAT, NULL), "`c`*1e0", "`c`", NULL);
    check_copy(column(UM_T_DOUBLE, NULL), "`c`", "`c`", NULL);
    check_copy(fixed, "`c`*1e0", "`c`", NULL);
    check_copy(column(UM_T_ENUM, "latin1"), "CAST(`c` AS UNSIGNED)", "@v7",
               "`c`=CAST(@v7 AS UNSIGNED)");
    check_copy(column(UM_T_JSON, NULL), "`c`", "@v7", "`c`=CONVERT(@v7 USING utf8mb4)");
    check_copy(column(UM_T_INET6, NULL), "`c`", "@v7", "`c`=CONVERT(@v7 USING latin1)");
    struct um_column tick = column(UM_T_INT, NULL);
    tick.name = "a`b";
    check_copy(tick, "`a``b`", "`a``b`", NULL);
}

typedef void copy_form(struct um_buf *, const struct um_column *, const char *, unsigned long);

static void check_form(copy_form *f, struct um_column c, const char *value, unsigned long len,
                       const char *want)
{
    struct um_buf b = {0};
    f(&b, &c, value, len);
    assert_string_equal(b.data, want);
    um_buf_free(&b);
}

static void printed_values_become_expressions(void **state)
{
    (void)state;
    struct um_column text = column(UM_T_VARCHAR, "utf8"), number = column(UM_T_BIGINT, NULL),
                     real = column(UM_T_DOUBLE, NULL), set = column(UM_T_SET, "latin1");
    check_form(um_column_insert_value, text, "x'", 2, "'x\\''");
    check_form(um_column_insert_value, text, NULL, 0, "NULL");
    check_form(um_column_insert_value, real, "-0", 2, "'-0'");
    check_form(um_column_insert_value, set, "5", 1, "5");
    check_form(um_column_insert_value, column(UM_T_JSON, NULL), "[]", 2, "_utf8mb4'[]'");
    check_form(um_column_insert_value, column(UM_T_UUID, NULL), "1", 1, "_latin1'1'");

    check_form(um_column_key_value, text, "x", 1, "_utf8'x'");
    check_form(um_column_key_value, number, "-5", 2, "-5");
    check_form(um_column_key_value, number, "1 OR 1", 6, "'1 OR 1'");
    check_form(um_column_key_value, real, "1.5", 3, "1.5e0");
    check_form(um_column_key_value, real, "1e300", 5, "1e300");
    check_form(um_column_key_value, column(UM_T_BIT, NULL), "\x01\x02", 2, "258");
    check_form(um_column_key_value, set, "9223372036854775809", 19, "-9223372036854775807");
    check_form(um_column_key_value, column(UM_T_DATE, NULL), "2020-01-01", 10, "'2020-01-01'");
    check_form(um_column_key_value, column(UM_T_BINARY, NULL), "a\0", 2, "'a\\0'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_the_columns_sign),
        cmocka_unit_test(floating_point_keeps_every_bit),
        cmocka_unit_test(values_that_the_server_would_round_are_refused),
        cmocka_unit_test(decimals_print_all_their_digits),
        cmocka_unit_test(small_numbers_are_numbers),
        cmocka_unit_test(a_set_is_compared_as_a_signed_number),
        cmocka_unit_test(temporals_keep_zero_parts_sign_and_digits),
        cmocka_unit_test(timestamps_are_utc),
        cmocka_unit_test(text_is_quoted_byte_by_byte),
        cmocka_unit_test(text_names_its_character_set_where_it_matters),
        cmocka_unit_test(binary_gets_its_zeros_back_for_comparing),
        cmocka_unit_test(addresses_are_full_width_binary_or_text),
        cmocka_unit_test(json_reaches_json_and_text_columns),
        cmocka_unit_test(compressed_values_read_as_what_they_say),
        cmocka_unit_test(nulls_and_absent_values),
        cmocka_unit_test(exact_predicates_see_what_collations_do_not),
        cmocka_unit_test(only_the_error_value_of_enum_needs_a_lax_session),
        cmocka_unit_test(the_copy_takes_detours_only_where_text_would_lose),
        cmocka_unit_test(printed_values_become_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
