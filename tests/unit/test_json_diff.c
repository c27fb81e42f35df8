/* Differences between JSON documents, made by hand: what they do, and what is refused. */
/* links: um_binlog um_change um_base */
#include "binlog/json_diff.h"

#include "binlog/json_binary.h"
#include "binlog/json_path.h"
#include "binlog_fixture.h"

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

struct made {
    uint8_t bytes[4096];
    size_t len;
};

static void add(struct made *m, const void *bytes, size_t len)
{
    assert_true(m->len + len <= sizeof m->bytes);
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

/* value: binary JSON; NULL for REMOVE. */
static void add_diff(struct made *m, uint8_t operation, const char *path, const char *value,
                     size_t value_len)
{
    uint8_t head[] = {operation, (uint8_t)strlen(path)}, len = (uint8_t)value_len;
    add(m, head, sizeof head);
    add(m, path, strlen(path));
    if (value) {
        add(m, &len, 1);
        add(m, value, value_len);
    }
}

/* {"a": [1, 2], "b c": "x"} */
#define DOCUMENT                                                                                   \
    "\x00\x02\x00\x22\x00\x12\x00\x01\x00\x13\x00\x03\x00\x02\x16\x00\x0c\x20\x00"                 \
    "ab c\x02\x00\x0a\x00\x05\x01\x00\x05\x02\x00\x01x"
#define NUMBER_7 "\x05\x07\x00"

/* The outcome as text, or the error. */
static void check(const char *expected, const uint8_t *document, size_t document_len,
                  const struct made *diffs)
{
    struct um_arena arena = {0};
    struct um_buf out = {0};
    struct um_err err = {0};
    uint8_t *own = malloc(document_len ? document_len : 1), *d = malloc(diffs->len + 1);
    if (document_len)
        memcpy(own, document, document_len);
    memcpy(d, diffs->bytes, diffs->len);
    struct um_json_text doc = {own, document_len};
    if (um_json_diff_apply(&doc, d, diffs->len, &arena, &err)) {
        assert_int_equal(err.id, UM_E_JSON_MALFORMED);
        um_buf_str(&out, err.text);
    } else if (um_json_print(doc.bytes, doc.len, &out, &err)) {
        fail_msg("%s", err.text);
    }
    if (!strstr(out.data, expected))
        fail_msg("'%s' is not '%s'", out.data, expected);
    um_buf_free(&out);
    um_arena_free(&arena);
    free(own);
    free(d);
}

static void check_one(const char *expected, uint8_t operation, const char *path)
{
    struct made m = {.len = 0};
    bool remove = operation == 2;
    add_diff(&m, operation, path, remove ? NULL : NUMBER_7, remove ? 0 : 3);
    check(expected, BYTES(DOCUMENT), &m);
}

static void operations(void **state)
{
    (void)state;
    check("{\"a\": [1, 2], \"b c\": \"x\"}", BYTES(DOCUMENT), &(struct made){.len = 0});
    check_one("{\"a\": 7, \"b c\": \"x\"}", 0, "$.a");
    check_one("{\"a\": [1, 2], \"b c\": 7}", 0, "$.\"b c\"");
    check_one("{\"a\": [1, 2], \"b c\": 7}", 0, "$.\"\\u0062\\u0020c\"");
    check_one("{\"a\": [1, 7], \"b c\": \"x\"}", 0, "$.a[last]");
    check_one("{\"a\": [7, 2], \"b c\": \"x\"}", 0, "$.a[last-1]");
    check_one("{\"a\": [7, 1, 2], \"b c\": \"x\"}", 1, "$.a[0]");
    check_one("{\"a\": [1, 7, 2], \"b c\": \"x\"}", 1, "$.a[last]");
    check_one("{\"a\": [1, 2, 7], \"b c\": \"x\"}", 1, "$.a[4294967295]");
    check_one("{\"a\": [7, 1, 2], \"b c\": \"x\"}", 1, "$.a[last-4294967295]");
    check_one("{\"\": 7, \"a\": [1, 2], \"b c\": \"x\"}", 1, "$.\"\"");
    check_one("{\"a\": [1, 2], \"b\": 7, \"b c\": \"x\"}", 1, "$.b");
    check_one("{\"a\": [1, 2], \"\xc3\xa9\": 7, \"b c\": \"x\"}", 1, "$.\xc3\xa9");
    check_one("{\"a\": [1, 2], \"\xc3\xa9\": 7, \"b c\": \"x\"}", 1, "$.\"\\u00e9\"");
    check_one("{\"a\": [1, 2], \"b c\": \"x\", \"\\\"/\\b\\f\": 7}", 1, "$.\"\\\"\\/\\b\\f\"");
    check_one("{\"a\": [2], \"b c\": \"x\"}", 2, "$.a[0]");
    check_one("{\"b c\": \"x\"}", 2, "$.a");
}

static void what_does_not_fit(void **state)
{
    (void)state;
    static const char nothing[] = "there is nothing at its path", *const paths[] = {
                                                                      "$.c",         "$[0]",
                                                                      "$.a.b",       "$.a[2]",
                                                                      "$.a[last-2]", "$.a[0][0]",
                                                                      "$.a[0].b",    "$.\"b c\".x"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        check_one(nothing, 0, paths[i]);
        check_one(nothing, 2, paths[i]);
    }
    check_one("JSON difference 1, REPLACE at $.c: there is", 0, "$.c");
    check_one(nothing, 1, "$.b.c");
    check_one("there is a value at its path already", 1, "$.a");
    check_one("could be inserted into", 1, "$[0]");
    check_one("could be inserted into", 1, "$.a.b");
    check_one("could be inserted into", 1, "$.\"b c\"[0]");
    for (uint8_t operation = 0; operation < 3; operation++)
        check_one("means the whole document", operation, "$");
}

static void what_is_no_path(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "a",
                                        "$a",
                                        "$ .a",
                                        "$.",
                                        "$.a.",
                                        "$.*",
                                        "$**.a",
                                        "$[*]",
                                        "$.a[",
                                        "$.a[1",
                                        "$.a[]",
                                        "$.a[x]",
                                        "$.a[-1]",
                                        "$.a[last-",
                                        "$.a[last",
                                        "$.a[last-]",
                                        "$.a[la]",
                                        "$.a[0 ]",
                                        "$.a[0 to 1]",
                                        "$.a[4294967296]",
                                        "$.\"",
                                        "$.\"a",
                                        "$.\"a\\",
                                        "$.\"a\\\"",
                                        "$.\"\\x\"",
                                        "$.\"\\u12\"",
                                        "$.\"\\u00g0\"",
                                        "$.\"\\ud83d\\ude00\"",
                                        "$.a b",
                                        "$.a\\u0062",
                                        "$.\"a\"b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        check_one("path", 2, paths[i]);
}

/* As deep as a document can be, and no deeper. */
static void depth_of_paths(void **state)
{
    (void)state;
    char text[256] = "$";
    for (int i = 0; i < 101; i++)
        strcat(text, ".a");
    struct um_json_path path;
    struct um_json_leg leg;
    const char *wrong;
    assert_null(um_json_path_open(&path, (const uint8_t *)text, strlen(text)));
    for (int i = 0; i < 100; i++)
        assert_int_equal(um_json_path_next(&path, NULL, &leg, &wrong), 1);
    assert_int_equal(um_json_path_next(&path, NULL, &leg, &wrong), -1);
    assert_non_null(strstr(wrong, "more than 100 levels"));
}

static void what_is_no_difference(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
    } cases[] = {
#define CASE(literal, reason) {literal, sizeof(literal) - 1, reason}
        CASE("\x03\x03$.a", "operation is not known"),
        CASE("\x00", "path is cut off"),
        CASE("\x00\x04$.a", "path is cut off"),
        CASE("\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff$.a", "path is cut off"),
        CASE("\x00\xfb$.a", "path is cut off"),
        CASE("\x00\x03$.a", "value is cut off"),
        CASE("\x00\x03$.a\x04\x05\x07\x00", "value is cut off"),
        CASE("\x00\x03$.a\x02\x05\x07", "a number is cut off"),
        CASE("\x02\x03$.a\x02", "JSON difference 2: its path is cut off"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m = {.len = 0};
        add(&m, cases[i].bytes, cases[i].len);
        check(cases[i].reason, BYTES(DOCUMENT), &m);
    }
    struct made m = {.len = 0};
    add_diff(&m, 1, "$[0]", NUMBER_7, 3);
    check("there is nothing that it could be inserted into", NULL, 0, &m); /* reads as null */
}

/* Documents that no server writes: keys out of order, bytes that belong to two values. */
static void dishonest_documents(void **state)
{
    (void)state;
    struct made m = {.len = 0};
    add_diff(&m, 1, "$.z", NUMBER_7, 3);
    check("not in order",
          BYTES("\x00\x02\x00\x14\x00\x12\x00\x01\x00\x13\x00\x01\x00\x04\x00\x00\x04\x00\x00"
                "ba"),
          &m);
    check("not in order",
          BYTES("\x00\x02\x00\x14\x00\x12\x00\x01\x00\x13\x00\x01\x00\x04\x00\x00\x04\x00\x00"
                "aa"),
          &m);
    /* An array whose three members are one container of ten bytes. */
    m.len = 0;
    add_diff(&m, 1, "$[0]", NUMBER_7, 3);
    check("overlap",
          BYTES("\x02\x03\x00\x17\x00\x02\x0d\x00\x02\x0d\x00\x02\x0d\x00"
                "\x02\x00\x0a\x00\x05\x01\x00\x05\x02\x00"),
          &m);
}

/* Many changes to one place cost what there is to write, not what came by. */
static void replaced_many_times(void **state)
{
    (void)state;
    struct made m = {.len = 0};
    struct um_arena arena = {0};
    struct um_err err = {0};
    for (int i = 0; i < 50; i++)
        add_diff(&m, 0, "$.a", DOCUMENT, sizeof DOCUMENT - 1);
    add_diff(&m, 0, "$.a.\"b c\"", NUMBER_7, 3);
    struct um_json_text doc = {BYTES(DOCUMENT)};
    if (um_json_diff_apply(&doc, m.bytes, m.len, &arena, &err))
        fail_msg("%s", err.text);
    assert_true(arena.used < 3 * sizeof DOCUMENT);
    um_arena_free(&arena);
    check("{\"a\": {\"a\": [1, 2], \"b c\": 7}, \"b c\": \"x\"}", BYTES(DOCUMENT), &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations),          cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(what_is_no_path),     cmocka_unit_test(what_is_no_difference),
        cmocka_unit_test(depth_of_paths),      cmocka_unit_test(dishonest_documents),
        cmocka_unit_test(replaced_many_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
