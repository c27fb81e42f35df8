/* What JSON text does not say: the scanner, the paths and the expressions of the full copy. */
/* links: um_copy um_binlog um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "copy/json_expr.h"

/* ---- scanner ---- */

struct found {
    struct um_buf text; /* "path look token;" … */
};

static int note(void *context, const struct um_json_scan *scan, enum um_json_look look,
                size_t start, size_t end, struct um_err *err)
{
    struct found *f = context;
    (void)err;
    um_json_path_print(scan, &f->text);
    um_buf_fmt(&f->text, " %u %.*s;", look, (int)(end - start), scan->text + start);
    return 0;
}

static void assert_scan(const char *text, const char *expected)
{
    struct found f = {0};
    struct um_err err;
    assert_int_equal(um_json_scan(text, strlen(text), note, &f, &err), 0);
    assert_string_equal(f.text.data ? f.text.data : "", expected);
    um_buf_free(&f.text);
}

static void scans(void **state)
{
    (void)state;
    assert_scan("{}", "");
    assert_scan("null", "");
    assert_scan("\"2.5\"", "");
    assert_scan("2.50", "$ 1 2.50;");
    assert_scan("[true, 1e300, {\"a\": [], \"b\": [[-3]]}, false]",
                "$[1] 1 1e300;$[2].\"b\"[0][0] 2 -3;");
    assert_scan("{\"\": 1, \"q\\\"\\\\\": {\"é.x\": 4294967295}, \"z\": 4294967296}",
                "$.\"\" 4 1;$.\"q\\\"\\\\\".\"é.x\" 4 4294967295;$.\"z\" 8 4294967296;");
    assert_scan("[18446744073709551615, 18446744073709551616, -9223372036854775808, "
                "-9223372036854775809]",
                "$[0] 8 18446744073709551615;$[1] 16 18446744073709551616;"
                "$[2] 2 -9223372036854775808;$[3] 16 -9223372036854775809;");
    /* Only what the server would print of a temporal is one. */
    assert_scan(
        "[\"2020-02-29\", \"2020-02-29T10:00:00Z\", \"2020-02-29 10:00:00\", \"2020-2-29\"]",
        "$[0] 32 \"2020-02-29\";");
    assert_scan("[\"2020-02-29 10:00:00.000001\", \"-838:59:59.000000\", \"10:00:00.000000\"]",
                "$[0] 32 \"2020-02-29 10:00:00.000001\";$[1] 32 \"-838:59:59.000000\";"
                "$[2] 32 \"10:00:00.000000\";");
    assert_scan("[\"base64:type15:AA==\", \"base64:typ\", \"base64:types\"]",
                "$[0] 64 \"base64:type15:AA==\";$[2] 64 \"base64:types\";");
}

static void refuses(void **state)
{
    static const char *const bad[] = {"",        "[",         "[1",      "[1,",          "{\"a\"",
                                      "{\"a\":", "{\"a\": 1", "{1: 2}",  "[1] 2",        "[1 2]",
                                      "\"abc",   "{\"a",      "[\"\\\"", "[1, \"x\\\\\""};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct found f = {0};
        struct um_err err = {0};
        /* From memory of just its size, so that reading on is seen. */
        char *copy = malloc(strlen(bad[i]) + 1);
        memcpy(copy, bad[i], strlen(bad[i]) + 1);
        char *exact =
            strlen(bad[i]) ? memcpy(malloc(strlen(bad[i])), bad[i], strlen(bad[i])) : copy;
        int result = um_json_scan(exact, strlen(bad[i]), note, &f, &err);
        if (strcmp(bad[i], "\"abc") != 0) /* an open string of its own is nobody's candidate */
            assert_int_equal(result, -1);
        if (exact != copy)
            free(exact);
        free(copy);
        um_buf_free(&f.text);
    }
    char deep[2 * 101 + 1];
    memset(deep, '[', 101);
    memset(deep + 101, ']', 101);
    struct um_err err;
    struct found f = {0};
    assert_int_equal(um_json_scan(deep, 202, note, &f, &err), -1);
    assert_int_equal(err.id, UM_E_JSON_TEXT);
    assert_int_equal(um_json_scan(deep + 1, 200, note, &f, &err), 0);
}

/* ---- paths ---- */

static void collects(void **state)
{
    (void)state;
    struct um_json_paths s = {0};
    struct um_err err;
    um_json_paths_reset(&s, 1000, 1 << 20);
    struct um_buf text = {0};
    for (int round = 0; round < 3; round++) {
        um_buf_clear(&text);
        um_buf_char(&text, '[');
        for (int i = 0; i < 500; i++)
            um_buf_fmt(&text, "%s%d.5", i ? ", " : "", i);
        um_buf_char(&text, ']');
        assert_int_equal(um_json_paths_add(&s, 0, text.data, text.len, &err), 0);
    }
    assert_int_equal(s.count, 500);
    assert_int_equal(um_json_paths_add(&s, 1, "[7, 5000000000]", 15, &err), 0);
    assert_int_equal(um_json_paths_add(&s, 1, "[5000000000]", 12, &err), 0);
    assert_int_equal(s.count, 502); /* of another column */
    assert_int_equal(s.items[500].looks, UM_JSON_LOOK_SMALL | UM_JSON_LOOK_BIG);
    assert_int_equal(s.items[501].looks, UM_JSON_LOOK_BIG);
    assert_false(s.full);

    um_json_paths_reset(&s, 2, 1 << 20);
    assert_int_equal(s.count, 0);
    assert_int_equal(um_json_paths_add(&s, 0, "[1, 2]", 6, &err), 0);
    assert_false(s.full);
    assert_int_equal(um_json_paths_add(&s, 0, "[1, 2, 3]", 9, &err), 0);
    assert_true(s.full);
    um_json_paths_reset(&s, 100, 10);
    assert_int_equal(um_json_paths_add(&s, 0, "{\"abcdefghijkl\": 1}", 19, &err), 0);
    assert_true(s.full);
    um_buf_free(&text);
    um_json_paths_free(&s);
}

/* ---- expressions ---- */

/* types: JSON_TYPE's words for the candidates of the text, in its order. */
static int expr(const char *text, const char *types, struct um_buf *sql, bool *written,
                struct um_err *err)
{
    struct um_json_paths s = {0};
    enum um_json_type list[32];
    size_t n = 0;
    um_json_paths_reset(&s, 1000, 1 << 20);
    assert_int_equal(um_json_paths_add(&s, 3, text, strlen(text), err), 0);
    for (const char *p = types; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
        list[n++] = um_json_type_named(p, strcspn(p, ","));
    assert_int_equal(n, s.count);
    for (size_t i = 0; i < n; i++) {
        s.items[i].typed = true;
        s.items[i].rank = (unsigned)i;
    }
    int result = um_json_expr(sql, text, strlen(text), &s, 3, list, written, err);
    um_json_paths_free(&s);
    return result;
}

static void assert_expr(const char *text, const char *types, const char *expected)
{
    struct um_buf sql = {0};
    struct um_err err = {0};
    bool written;
    assert_int_equal(expr(text, types, &sql, &written, &err), 0);
    assert_int_equal(written, expected != NULL);
    if (expected)
        assert_string_equal(sql.data, expected);
    um_buf_free(&sql);
}

static void builds(void **state)
{
    (void)state;
    assert_expr("[2.5, 1, \"2020-01-01\"]", "DOUBLE,INTEGER,STRING", NULL);
    assert_expr("2.50", "DECIMAL", "CAST(2.50 AS JSON)");
    assert_expr("-5", "DECIMAL", "CAST(-5. AS JSON)");
    assert_expr("\"2020-01-01\"", "DATE", "CAST(CAST('2020-01-01' AS DATE) AS JSON)");
    assert_expr("[[1.5, \"a\"], 2.5e0, {\"k'\": 3.5}, -4]", "DOUBLE,DOUBLE,DECIMAL,DECIMAL",
                "JSON_REPLACE(CAST(_utf8mb4'[[1.5, \"a\"], 2.5e0, {\"k\\'\": 3.5}, -4]' AS JSON),"
                "_utf8mb4'$[2].\"k\\'\"',3.5,_utf8mb4'$[3]',-4.)");
    assert_expr("{\"a\\\\\": 5, \"b\": 5000000000}", "UNSIGNED INTEGER,INTEGER",
                "JSON_REPLACE(CAST(_utf8mb4'{\"a\\\\\\\\\": 5, \"b\": 5000000000}' AS JSON),"
                "_utf8mb4'$.\"a\\\\\\\\\"',CAST(5 AS UNSIGNED),"
                "_utf8mb4'$.\"b\"',CAST(5000000000 AS SIGNED))");
    assert_expr("[\"-12:00:00.000000\", \"2020-01-01 00:00:00.500000\"]", "TIME,DATETIME",
                "JSON_REPLACE(CAST(_utf8mb4'[\"-12:00:00.000000\", \"2020-01-01 "
                "00:00:00.500000\"]' AS JSON),"
                "_utf8mb4'$[0]',CAST('-12:00:00.000000' AS TIME(6)),"
                "_utf8mb4'$[1]',CAST('2020-01-01 00:00:00.500000' AS DATETIME(6)))");
    /* RFC 4648: "foobar" is Zm9vYmFy, "foob" is Zm9vYg==; the server breaks lines. */
    assert_expr("\"base64:type15:Zm9v\\nYmFy\"", "BLOB", "CAST(x'666f6f626172' AS JSON)");
    assert_expr("\"base64:type15:Zm9vYg==\"", "BLOB", "CAST(x'666f6f62' AS JSON)");
    assert_expr("\"base64:type15:\"", "BLOB", "CAST(x'' AS JSON)");
}

static void refuses_types(void **state)
{
    static const char *const bad[][2] = {{"[2.5]", "DATE"},
                                         {"[2.5]", "INTEGER"},
                                         {"[\"2020-01-01\"]", "DECIMAL"},
                                         {"[\"2020-01-01\"]", "BLOB"},
                                         {"[-5]", "UNSIGNED INTEGER"},
                                         {"[5]", "DOUBLE"},
                                         {"[\"base64:type15:A\"]", "BLOB"},
                                         {"[\"base64:type15:A===\"]", "BLOB"},
                                         {"[\"base64:type999:AAAA\"]", "BLOB"},
                                         {"[\"base64:type13:AAAA\"]", "OPAQUE"},
                                         {"[1e5]", "DECIMAL"},
                                         {"[0.1234567890123456789012345678901]", "DECIMAL"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct um_buf sql = {0};
        struct um_err err = {0};
        bool written;
        int result = expr(bad[i][0], bad[i][1], &sql, &written, &err);
        if (result == 0)
            print_error("%s as %s was taken: %s\n", bad[i][0], bad[i][1], sql.data);
        assert_int_equal(result, -1);
        um_buf_free(&sql);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans),  cmocka_unit_test(refuses),       cmocka_unit_test(collects),
        cmocka_unit_test(builds), cmocka_unit_test(refuses_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
