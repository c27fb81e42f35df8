/* Key ranges: conditions and the text form of bounds. */
/* links: um_mysql um_schema um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mysql/range.h"

static struct um_column columns[] = {
    {.name = (char *)"a", .type = UM_T_INT, .column_type = (char *)"int"},
    {.name = (char *)"b`c", .type = UM_T_BIGINT, .column_type = (char *)"bigint"},
    {.name = (char *)"d", .type = UM_T_SMALLINT, .column_type = (char *)"smallint"},
    {.name = (char *)"n", .type = UM_T_INT, .column_type = (char *)"int", .nullable = true},
    {.name = (char *)"s",
     .type = UM_T_VARCHAR,
     .column_type = (char *)"varchar(200)",
     .length = 200,
     .charset = (char *)"utf8mb4",
     .collation = (char *)"utf8mb4_bin"},
    {.name = (char *)"e", .type = UM_T_ENUM, .column_type = (char *)"enum('x','y','z')"},
};
static struct um_index_part abd[] = {
    {.column = 0}, {.column = 1, .descending = true}, {.column = 2}};
static struct um_index_part nd[] = {{.column = 3}, {.column = 2}};
static struct um_index_part as[] = {{.column = 0}, {.column = 4}};
static struct um_index_part ea[] = {{.column = 5}, {.column = 0}};
static struct um_index indexes[] = {
    {.name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = abd, .part_count = 3},
    {.name = (char *)"x`y", .parts = nd, .part_count = 2},
    {.name = (char *)"as", .unique = true, .parts = as, .part_count = 2},
    {.name = (char *)"ea", .unique = true, .parts = ea, .part_count = 2},
};
static const struct um_table table = {.schema = (char *)"shop",
                                      .name = (char *)"t",
                                      .columns = columns,
                                      .column_count = 6,
                                      .indexes = indexes,
                                      .index_count = 4};

static struct um_key key_of(enum um_key_kind kind, int index, size_t parts)
{
    return (struct um_key){.kind = kind,
                           .index = index < 0 ? NULL : &indexes[index],
                           .part_count = parts,
                           .unique = kind != UM_KEY_INDEX};
}

static const char *const none[] = {NULL};

/* A bound of texts that borrows them. */
struct borrowed {
    struct um_bound bound;
    char *values[4];
    unsigned long lengths[4];
};

static const struct um_bound *bound(struct borrowed *b, const char *const *texts)
{
    size_t n = 0;
    for (; texts[n]; n++) {
        b->values[n] = (char *)texts[n];
        b->lengths[n] = strlen(texts[n]);
    }
    b->bound = (struct um_bound){n ? b->values : NULL, n ? b->lengths : NULL, n};
    return &b->bound;
}

static void expect_where(struct um_key key, const char *const *lo, const char *const *hi,
                         const char *expected)
{
    struct borrowed l, h;
    struct um_buf sql = {0};
    um_range_where(&sql, &table, &key, bound(&l, lo), bound(&h, hi));
    assert_string_equal(sql.data ? sql.data : "", expected);
    um_buf_free(&sql);
}

#define V(...) ((const char *const[]){__VA_ARGS__, NULL})

static void one_part(void **state)
{
    (void)state;
    struct um_key key = key_of(UM_KEY_PRIMARY, 0, 1);
    expect_where(key, V("10"), V("20"), " WHERE `a` > 10 AND `a` <= 20");
    expect_where(key, none, V("20"), " WHERE `a` <= 20");
    expect_where(key, V("-1"), none, " WHERE `a` > -1");
    expect_where(key, none, none, "");
}

static void several_parts(void **state)
{
    (void)state;
    expect_where(key_of(UM_KEY_PRIMARY, 0, 2), V("1", "2"), none,
                 " WHERE `a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b``c` > 2))");
    expect_where(key_of(UM_KEY_PRIMARY, 0, 3), V("1", "2", "3"), V("4", "5", "6"),
                 " WHERE `a` >= 1 AND (`a` > 1 OR (`a` = 1 AND (`b``c` > 2 OR (`b``c` = 2 AND "
                 "`d` > 3))))"
                 " AND `a` <= 4 AND (`a` < 4 OR (`a` = 4 AND (`b``c` < 5 OR (`b``c` = 5 AND "
                 "`d` <= 6))))");
}

static void null_rows_belong_to_the_first_range(void **state)
{
    (void)state;
    struct um_key key = key_of(UM_KEY_INDEX, 1, 1);
    expect_where(key, none, V("5"), " WHERE (`n` IS NULL OR `n` <= 5)");
    expect_where(key, V("5"), V("9"), " WHERE `n` > 5 AND `n` <= 9");
    expect_where(key, V("9"), none, " WHERE `n` > 9");
    expect_where(key, none, none, "");
    /* More parts than the first are never used for it. */
    expect_where(key_of(UM_KEY_INDEX, 1, 2), V("5"), none, " WHERE `n` > 5");
}

/* Servers make no index range of inequalities of an ENUM. */
static void enums_are_listed(void **state)
{
    (void)state;
    expect_where(key_of(UM_KEY_UNIQUE, 3, 1), V("1"), V("2"),
                 " WHERE `e` IN (2, 3) AND `e` IN (0, 1, 2)");
    expect_where(key_of(UM_KEY_UNIQUE, 3, 1), V("3"), none, " WHERE FALSE");
    expect_where(key_of(UM_KEY_UNIQUE, 3, 2), V("0", "5"), V("3", "6"),
                 " WHERE `e` IN (0, 1, 2, 3) AND (`e` IN (1, 2, 3) OR (`e` = 0 AND `a` > 5))"
                 " AND `e` IN (0, 1, 2, 3) AND (`e` IN (0, 1, 2) OR (`e` = 3 AND `a` <= 6))");
    expect_where(key_of(UM_KEY_UNIQUE, 3, 2), none, V("0", "6"),
                 " WHERE `e` IN (0) AND (FALSE OR (`e` = 0 AND `a` <= 6))");
}

static void no_key(void **state)
{
    (void)state;
    struct um_key key = key_of(UM_KEY_NONE, -1, 0);
    struct um_buf sql = {0};
    expect_where(key, none, none, "");
    um_range_force_index(&sql, &key);
    assert_int_equal(sql.len, 0);
    key = key_of(UM_KEY_INDEX, 1, 1);
    um_range_force_index(&sql, &key);
    assert_string_equal(sql.data, " FORCE INDEX (`x``y`)");
    um_buf_free(&sql);
}

static void expect_print(const struct um_bound *b, const char *expected)
{
    struct um_buf out = {0};
    um_bound_print(b, &out);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

static void bounds_as_text(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_bound b = {0};
    expect_print(&b, "-");

    char bytes[] = "a\0,\xff";
    char *values[] = {(char *)"41", (char *)"", bytes};
    unsigned long lengths[] = {2, 0, 4};
    struct um_bound three = {values, lengths, 3};
    expect_print(&three, "x3431,x,x61002cff");

    assert_int_equal(um_bound_parse("x3431,x,x61002cff", &b, &err), 0);
    assert_int_equal(b.count, 3);
    assert_int_equal(b.lengths[0], 2);
    assert_string_equal(b.values[0], "41");
    assert_int_equal(b.lengths[1], 0);
    assert_string_equal(b.values[1], "");
    assert_int_equal(b.lengths[2], 4);
    assert_memory_equal(b.values[2], bytes, 5);

    struct um_bound copy = {0};
    um_bound_copy(&copy, &b);
    expect_print(&copy, "x3431,x,x61002cff");
    um_bound_copy(&copy, &copy);
    expect_print(&copy, "x3431,x,x61002cff");
    assert_int_equal(um_bound_parse("-", &b, &err), 0);
    assert_int_equal(b.count, 0);
    um_bound_copy(&copy, &b);
    expect_print(&copy, "-");

    /* A single empty value is not the open end. */
    assert_int_equal(um_bound_parse("x", &b, &err), 0);
    assert_int_equal(b.count, 1);
    expect_print(&b, "x");
    um_bound_clear(&b);
}

static void bad_bounds_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",  "x4",   "x4g", "3431", "x34,",
                                      ",", "x34 ", "--",  "X34",  "x3A"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct um_err err = {0};
        struct um_bound b = {0};
        assert_int_equal(um_bound_parse(bad[i], &b, &err), -1);
        assert_int_equal(err.id, UM_E_RANGE_SYNTAX);
        assert_null(b.values);
    }
}

static void expect_description(const char *number, const char *text, unsigned long len,
                               const char *expected)
{
    struct um_key key = key_of(UM_KEY_UNIQUE, 2, 2);
    char *values[] = {(char *)number, (char *)text};
    unsigned long lengths[] = {strlen(number), len};
    struct um_bound b = {values, lengths, 2};
    struct um_buf out = {0};
    um_bound_describe(&b, &table, &key, &out);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

static void bounds_for_people(void **state)
{
    (void)state;
    expect_description("-41", "it's", 4, "a=-41, s='it''s'");
    expect_description("1", "", 0, "a=1, s=''");
    expect_description("1", "\xc3\xa9", 2, "a=1, s='\xc3\xa9'");
    expect_description("1", "\xe9", 1, "a=1, s=0xE9");
    expect_description("1", "\xed\xa0\x80", 3, "a=1, s=0xEDA080");
    expect_description("1", "a\nb", 3, "a=1, s=0x610A62");
    expect_description("1", "\0", 1, "a=1, s=0x00");
    /* 59 bytes and a character of two: it is not cut in half. */
    char text[100];
    memset(text, 'y', sizeof text);
    memcpy(text + 59, "\xc3\xa9", 2);
    expect_description("1", text, sizeof text,
                       "a=1, s='yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'"
                       "\xe2\x80\xa6 (100 bytes)");
    memset(text, 0, sizeof text);
    expect_description("1", text, sizeof text,
                       "a=1, s=0x000000000000000000000000000000000000000000000000"
                       "\xe2\x80\xa6 (100 bytes)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_part),
        cmocka_unit_test(several_parts),
        cmocka_unit_test(null_rows_belong_to_the_first_range),
        cmocka_unit_test(enums_are_listed),
        cmocka_unit_test(no_key),
        cmocka_unit_test(bounds_as_text),
        cmocka_unit_test(bad_bounds_are_refused),
        cmocka_unit_test(bounds_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
