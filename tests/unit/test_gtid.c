#include "change/gtid.h"
/* links: um_binlog um_change um_base */

#include "binlog_fixture.h"

#define U1 "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define U2 "fedcba98-7654-3210-ffff-8081fe7f0012"

static struct um_gtid_set *parse(enum um_gtid_kind kind, const char *text)
{
    struct um_err err = {0};
    struct um_gtid_set *s = um_gtid_set_parse(kind, text, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static void check_print(const struct um_gtid_set *s, const char *expected)
{
    struct um_buf out = {0};
    um_gtid_set_print(s, &out);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

static void canonical(enum um_gtid_kind kind, const char *text, const char *expected)
{
    struct um_gtid_set *s = parse(kind, text);
    check_print(s, expected);
    um_gtid_set_delete(s);
}

static void mysql_text(void **state)
{
    (void)state;
    canonical(UM_GTID_MYSQL, "", "");
    canonical(UM_GTID_MYSQL, " \n ", "");
    canonical(UM_GTID_MYSQL, U1 ":1", U1 ":1");
    canonical(UM_GTID_MYSQL, U1 ":1-3:4-5:7", U1 ":1-5:7");
    canonical(UM_GTID_MYSQL, U1 ":7:5:6:1-2:4", U1 ":1-2:4-7");
    canonical(UM_GTID_MYSQL, U1 ":10-20:1-100:50", U1 ":1-100");
    /* As the server prints it: a line break after each comma. */
    canonical(UM_GTID_MYSQL, U2 ":3,\n" U1 ":1", U1 ":1," U2 ":3");
    canonical(UM_GTID_MYSQL, " " U1 " : 1 - 3 : 9 , ", U1 ":1-3:9");
    canonical(UM_GTID_MYSQL, "3E11FA4771CA11E19E33C80AA9429562:1", U1 ":1");
    canonical(UM_GTID_MYSQL, U1 ":1-9223372036854775806", U1 ":1-9223372036854775806");
    canonical(UM_GTID_MYSQL, U1 ":5," U1 ":6", U1 ":5-6");
}

static void mysql_tags(void **state)
{
    (void)state;
    canonical(UM_GTID_MYSQL, U1 ":1-3:zeta:1:Alpha:4-5:6", U1 ":1-3:alpha:4-6:zeta:1");
    canonical(UM_GTID_MYSQL, U1 ":_t:1," U1 ":7", U1 ":7:_t:1");
    canonical(UM_GTID_MYSQL, U1 ":a2345678901234567890123456789012:1",
              U1 ":a2345678901234567890123456789012:1");
    struct um_gtid_set *s = parse(UM_GTID_MYSQL, U1 ":1-3:t:5");
    struct um_gtid g;
    struct um_err err = {0};
    assert_int_equal(um_gtid_parse(UM_GTID_MYSQL, U1 ":T:5", &g, &err), 0);
    assert_true(um_gtid_set_contains(s, &g));
    assert_string_equal(g.tag, "t");
    g.tag[0] = '\0';
    assert_false(um_gtid_set_contains(s, &g));
    um_gtid_set_delete(s);
}

static void mariadb_text(void **state)
{
    (void)state;
    canonical(UM_GTID_MARIADB, "", "");
    canonical(UM_GTID_MARIADB, "1-2-50, 0-1-100", "0-1-100,1-2-50");
    canonical(UM_GTID_MARIADB, "4294967295-4294967295-18446744073709551615",
              "4294967295-4294967295-18446744073709551615");
    /* gtid_binlog_state lists every server of a domain: the furthest counts. */
    canonical(UM_GTID_MARIADB, "0-1-7,0-2-9,0-3-8", "0-2-9");
}

static void refuse(enum um_gtid_kind kind, const char *text, const char *offset)
{
    struct um_err err = {0};
    assert_null(um_gtid_set_parse(kind, text, &err));
    assert_int_equal(err.id, UM_E_GTID_SYNTAX);
    assert_non_null(strstr(err.text, offset));
}

static void syntax_errors(void **state)
{
    (void)state;
    refuse(UM_GTID_MYSQL, "x", "offset 0 ");
    refuse(UM_GTID_MYSQL, U1, "offset 36 ");
    refuse(UM_GTID_MYSQL, U1 ":", "offset 37 ");
    refuse(UM_GTID_MYSQL, U1 ":0", "offset 37 ");
    refuse(UM_GTID_MYSQL, U1 ":1-", "offset 39 ");
    refuse(UM_GTID_MYSQL, U1 ":5-3", "offset 39 ");
    refuse(UM_GTID_MYSQL, U1 ":9223372036854775807", "offset 37 ");
    refuse(UM_GTID_MYSQL, U1 ":99999999999999999999999", "offset 37 ");
    refuse(UM_GTID_MYSQL, U1 ":1;", "offset 38 ");
    refuse(UM_GTID_MYSQL, U1 ":tag", "offset 40 ");
    refuse(UM_GTID_MYSQL, U1 ":a23456789012345678901234567890123:1", "offset 37 ");
    refuse(UM_GTID_MYSQL, "3e11fa47-71ca11e1-9e33-c80aa9429562:1", "a UUID");
    refuse(UM_GTID_MYSQL, "0-1-2", "a UUID");
    refuse(UM_GTID_MARIADB, "0-1", "offset 3 ");
    refuse(UM_GTID_MARIADB, "0-4294967296-1", "offset 2 ");
    refuse(UM_GTID_MARIADB, "0-1-18446744073709551616", "offset 4 ");
    refuse(UM_GTID_MARIADB, "0-1-2 0-1-3", "offset 6 ");
    struct um_gtid g;
    struct um_err err = {0};
    assert_int_equal(um_gtid_parse(UM_GTID_MYSQL, U1 ":1-2", &g, &err), -1);
    assert_int_equal(um_gtid_parse(UM_GTID_MARIADB, "0-1-2,", &g, &err), -1);
}

static void single(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_gtid a, b;
    struct um_buf out = {0};
    assert_int_equal(um_gtid_parse(UM_GTID_MYSQL, U2 ":tag_1:77", &a, &err), 0);
    um_gtid_print(&a, &out);
    assert_string_equal(out.data, U2 ":tag_1:77");
    assert_int_equal(um_gtid_parse(UM_GTID_MYSQL, U2 ":77", &b, &err), 0);
    assert_false(um_gtid_equal(&a, &b));
    strcpy(b.tag, "tag_1");
    assert_true(um_gtid_equal(&a, &b));
    assert_int_equal(um_gtid_parse(UM_GTID_MARIADB, "5-6-7", &b, &err), 0);
    um_buf_clear(&out);
    um_gtid_print(&b, &out);
    assert_string_equal(out.data, "5-6-7");
    assert_false(um_gtid_equal(&a, &b));
    um_buf_free(&out);
}

static void mariadb_contains(void **state)
{
    (void)state;
    struct um_gtid_set *s = parse(UM_GTID_MARIADB, "0-1-100,3-1-5");
    struct um_gtid g = {.kind = UM_GTID_MARIADB, .domain = 0, .server_id = 2, .sequence = 100};
    assert_true(um_gtid_set_contains(s, &g));
    g.sequence = 101;
    assert_false(um_gtid_set_contains(s, &g));
    um_gtid_set_add(s, &g);
    check_print(s, "0-2-101,3-1-5");
    g.sequence = 50;
    um_gtid_set_add(s, &g);
    check_print(s, "0-2-101,3-1-5");
    struct um_gtid_set *more = parse(UM_GTID_MARIADB, "0-1-102,3-1-4,7-1-1");
    assert_false(um_gtid_set_subset(s, more));
    assert_false(um_gtid_set_subset(more, s));
    um_gtid_set_union(s, more);
    check_print(s, "0-1-102,3-1-5,7-1-1");
    assert_true(um_gtid_set_subset(more, s));
    um_gtid_set_delete(more);
    um_gtid_set_delete(s);
}

static void algebra(void **state)
{
    (void)state;
    struct um_gtid_set *a = parse(UM_GTID_MYSQL, U1 ":1-100:t:1-10," U2 ":5");
    struct um_gtid_set *b = parse(UM_GTID_MYSQL, U1 ":20-30:100:t:1-10");
    assert_true(um_gtid_set_subset(b, a));
    assert_false(um_gtid_set_subset(a, b));
    struct um_gtid_set *c = um_gtid_set_copy(a);
    um_gtid_set_subtract(c, b);
    check_print(c, U1 ":1-19:31-99," U2 ":5");
    um_gtid_set_union(c, b);
    check_print(c, U1 ":1-100:t:1-10," U2 ":5");
    um_gtid_set_subtract(c, c);
    assert_true(um_gtid_set_empty(c));
    check_print(c, "");
    assert_true(um_gtid_set_subset(c, b));
    um_gtid_set_delete(a);
    um_gtid_set_delete(b);
    um_gtid_set_delete(c);
}

/* Random sets against plain arrays of flags. */
enum { UNIVERSE = 40 };

static struct um_gtid_set *random_set(bool flags[UNIVERSE + 1])
{
    struct um_gtid_set *s = um_gtid_set_new(UM_GTID_MYSQL);
    memset(flags, 0, UNIVERSE + 1);
    for (int n = rand() % UNIVERSE; n > 0; n--) {
        struct um_gtid g = {.kind = UM_GTID_MYSQL};
        g.sequence = 1 + (uint64_t)rand() % UNIVERSE;
        flags[g.sequence] = true;
        um_gtid_set_add(s, &g);
    }
    return s;
}

static void check_flags(const struct um_gtid_set *s, const bool flags[UNIVERSE + 1])
{
    struct um_buf out = {0}, again = {0};
    struct um_err err = {0};
    for (unsigned i = 1; i <= UNIVERSE; i++) {
        struct um_gtid g = {.kind = UM_GTID_MYSQL, .sequence = i};
        assert_int_equal(um_gtid_set_contains(s, &g), flags[i]);
    }
    um_gtid_set_print(s, &out);
    struct um_gtid_set *back = um_gtid_set_parse(UM_GTID_MYSQL, out.data, &err);
    um_gtid_set_print(back, &again);
    assert_int_equal(out.len, again.len);
    assert_true(um_gtid_set_subset(s, back) && um_gtid_set_subset(back, s));
    um_gtid_set_delete(back);
    um_buf_free(&out);
    um_buf_free(&again);
}

static void algebra_at_random(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 2000; round++) {
        bool fa[UNIVERSE + 1], fb[UNIVERSE + 1], within = true;
        struct um_gtid_set *a = random_set(fa), *b = random_set(fb);
        for (int i = 1; i <= UNIVERSE; i++)
            within = within && (!fa[i] || fb[i]);
        check_flags(a, fa);
        assert_int_equal(um_gtid_set_subset(a, b), within);
        if (round % 2)
            um_gtid_set_union(a, b);
        else
            um_gtid_set_subtract(a, b);
        for (int i = 1; i <= UNIVERSE; i++)
            fa[i] = round % 2 ? fa[i] || fb[i] : fa[i] && !fb[i];
        check_flags(a, fa);
        um_gtid_set_delete(a);
        um_gtid_set_delete(b);
    }
}

/* The server writes the same form at the head of each binlog file. */
static void encodes_as_the_server(void **state)
{
    (void)state;
    struct fixture f = fixture_open("types-mysql-5.6");
    struct um_gtid_set *s = um_gtid_set_new(UM_GTID_MYSQL);
    struct um_buf out = {0};
    fixture_find(&f, UM_EV_PREVIOUS_GTIDS);
    um_gtid_set_encode(s, &out);
    assert_int_equal(out.len, f.ev.body_len);
    assert_memory_equal(out.data, f.ev.body, out.len);
    um_gtid_set_delete(s);
    fixture_close(&f);

    f = fixture_open("stream-mysql-9.7");
    fixture_find(&f, UM_EV_PREVIOUS_GTIDS);
    fixture_find(&f, UM_EV_PREVIOUS_GTIDS);
    s = parse(UM_GTID_MYSQL, "3adfa1c9-e589-11f1-878c-02fc00000001:1-21:blue:1," U2
                             ":12345678901:a_tag_of_exactly_32_characters_x:9223372036854775806");
    um_buf_clear(&out);
    um_gtid_set_encode(s, &out);
    assert_int_equal(out.len, f.ev.body_len);
    assert_memory_equal(out.data, f.ev.body, out.len);
    um_gtid_set_delete(s);
    um_buf_free(&out);
    fixture_close(&f);
}

static void encodes_untagged(void **state)
{
    (void)state;
    static const uint8_t expected[] =
        "\x01\0\0\0\0\0\0\0\x3e\x11\xfa\x47\x71\xca\x11\xe1\x9e\x33\xc8\x0a\xa9\x42\x95\x62"
        "\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0"
        "\x07\0\0\0\0\0\0\0\x08\0\0\0\0\0\0";
    struct um_gtid_set *s = parse(UM_GTID_MYSQL, U1 ":1-3:7");
    struct um_buf out = {0};
    um_gtid_set_encode(s, &out);
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    um_buf_free(&out);
    um_gtid_set_delete(s);
}

static void tags_are_words(void **state)
{
    static const char *const good[] = {"", "a", "_", "a_1", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"Abc",  "aB",       "1a",
                                      "a-b",  "a b",      "a:",
                                      "\x01", "\xc3\xa4", "abcdefghijklmnopqrstuvwxyz0123456"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(um_gtid_tag_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(um_gtid_tag_valid(bad[i], strlen(bad[i])));
    assert_false(um_gtid_tag_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_words),
        cmocka_unit_test(mysql_text),
        cmocka_unit_test(mysql_tags),
        cmocka_unit_test(mariadb_text),
        cmocka_unit_test(syntax_errors),
        cmocka_unit_test(single),
        cmocka_unit_test(mariadb_contains),
        cmocka_unit_test(algebra),
        cmocka_unit_test(algebra_at_random),
        cmocka_unit_test(encodes_untagged),
        cmocka_unit_test(encodes_as_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
