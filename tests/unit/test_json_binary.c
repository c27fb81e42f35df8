#include "binlog/json_binary.h"
/* links: um_binlog um_change um_base */

#include "binlog_fixture.h"

enum { DOCS = 38 };

/* The documents of mysql.sql: their bytes, and the server's own text of each. */
struct docs {
    struct fixture f;
    uint8_t *bytes[DOCS + 1];
    uint32_t len[DOCS + 1];
    char *printed[DOCS + 1];
};

static void take_document(struct docs *d, const struct um_value *row)
{
    int64_t id = row[0].i;
    assert_true(id >= 1 && id <= DOCS);
    assert_null(d->bytes[id]);
    if (row[1].kind == UM_V_NULL)
        return;
    assert_int_equal(row[1].kind, UM_V_JSON);
    /* No byte more than the value: reading past it is noticed. */
    d->bytes[id] = malloc(row[1].len);
    d->len[id] = row[1].len;
    memcpy(d->bytes[id], row[1].bytes, row[1].len);
}

static void take_text(struct docs *d, int64_t id, const struct um_value *v)
{
    if (v->kind != UM_V_BYTES)
        return;
    d->printed[id] = calloc(1, v->len + 1);
    memcpy(d->printed[id], v->bytes, v->len);
}

static void load(struct docs *d)
{
    *d = (struct docs){.f = fixture_open("mysql-9.7")};
    size_t texts = 0;
    while (texts == 0) {
        struct um_err err = {0};
        struct um_rows r;
        struct um_value before[3], after[3];
        fixture_find_rows(&d->f, "docs");
        assert_int_equal(um_rows_open(&r, &d->f.format, &d->f.ev, d->f.map, &err), 0);
        while (um_rows_next(&r, before, after, &err) == 1) {
            if (r.kind == UM_ROWS_INSERT) {
                take_document(d, after);
            } else {
                take_text(d, before[0].i, &after[2]);
                texts++;
            }
        }
    }
}

static void unload(struct docs *d)
{
    for (int i = 0; i <= DOCS; i++) {
        free(d->bytes[i]);
        free(d->printed[i]);
    }
    fixture_close(&d->f);
}

static void prints_as_the_server(void **state)
{
    (void)state;
    struct docs d;
    int compared = 0;
    load(&d);
    for (int i = 1; i <= DOCS; i++) {
        struct um_buf out = {0};
        struct um_err err = {0};
        if (!d.bytes[i])
            continue;
        assert_non_null(d.printed[i]);
        if (um_json_print(d.bytes[i], d.len[i], &out, &err))
            fail_msg("document %d: %s", i, err.text);
        assert_string_equal(out.data, d.printed[i]);
        um_buf_free(&out);
        compared++;
    }
    assert_int_equal(compared, DOCS - 1);
    unload(&d);
}

/* JSON_SET shrank a value in place: the document has a hole and is still right. */
static void partial_update_leaves_a_hole(void **state)
{
    (void)state;
    struct docs d;
    struct um_err err = {0};
    struct um_rows r;
    struct um_value before[3], after[3];
    struct um_buf out = {0};
    load(&d);
    fixture_find_rows(&d.f, "docs");
    assert_int_equal(um_rows_open(&r, &d.f.format, &d.f.ev, d.f.map, &err), 0);
    assert_int_equal(r.kind, UM_ROWS_UPDATE);
    assert_int_equal(um_rows_next(&r, before, after, &err), 1);
    assert_int_equal(um_json_print(after[1].bytes, after[1].len, &out, &err), 0);
    assert_string_equal(out.data, "{\"a\": [1, 100000, -3000000000], \"i\": -2147483648, "
                                  "\"u\": 4294967295, \"big\": \"small\", \"i16\": 1}");
    um_buf_free(&out);
    unload(&d);
}

static void check_sql(const struct docs *d, int id, const char *expected)
{
    struct um_buf out = {0};
    struct um_err err = {0};
    if (um_json_sql(d->bytes[id], d->len[id], &out, &err))
        fail_msg("document %d: %s", id, err.text);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

/* Expressions that a MySQL 9.7 turned into documents of the same types and text. */
static void sql_expressions(void **state)
{
    (void)state;
    struct docs d;
    load(&d);
    check_sql(&d, 1, "CAST(_utf8mb4'null' AS JSON)");
    check_sql(&d, 12, "CAST(_utf8mb4'18446744073709551615' AS JSON)");
    check_sql(&d, 13, "CAST(_utf8mb4'1.0' AS JSON)");
    check_sql(&d, 22,
              "CAST(_utf8mb4'\"a\\\\\"\\\\\\\\\\\\b\\\\f\\\\n\\\\r\\\\t\\\\u0001\\\\u001f/é😀\"' AS "
              "JSON)");
    check_sql(&d, 24, "CAST(_utf8mb4'{}' AS JSON)");
    check_sql(&d, 28,
              "JSON_ARRAY(CAST(5 AS UNSIGNED), CAST(70000 AS UNSIGNED), "
              "CAST(_utf8mb4'5000000000' AS JSON))");
    check_sql(&d, 29, "JSON_ARRAY(1.50, -0.001, 7., -1.500000000000000000000000000000)");
    check_sql(&d, 30,
              "JSON_OBJECT(_utf8mb4'd', CAST('2020-02-29' AS DATE), "
              "_utf8mb4't', CAST('-838:59:58.000001' AS TIME(6)), "
              "_utf8mb4'z', CAST('0000-00-00' AS DATE), "
              "_utf8mb4'dt', CAST('9999-12-31 23:59:59.999999' AS DATETIME(6)), "
              "_utf8mb4't0', CAST('00:00:00.000000' AS TIME(6)))");
    check_sql(&d, 31, "CAST(12.34 AS JSON)");
    check_sql(&d, 33, "CAST(CAST(1 AS UNSIGNED) AS JSON)");
    check_sql(&d, 34, "CAST(x'00ff' AS JSON)");
    check_sql(&d, 38,
              "CAST((SELECT CAST(v AS JSON) FROM JSON_TABLE(JSON_ARRAY(21), _utf8mb4'$[*]' "
              "COLUMNS (v BIT(8) PATH _utf8mb4'$')) AS t) AS JSON)");
    unload(&d);
}

/* Handmade documents. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* Unlike text, in which JSON has escaped them already, a key goes into the statement as it is. */
static void keys_are_quoted(void **state)
{
    (void)state;
    struct um_buf out = {0};
    struct um_err err = {0};
    assert_int_equal(um_json_sql(BYTES("\0\x01\0\x11\0\x0b\0\x06\0\x06\x05\0"
                                       "\0\n\r\x1a'\\"),
                                 &out, &err),
                     0);
    assert_string_equal(out.data,
                        "JSON_OBJECT(_utf8mb4'\\0\\n\\r\\Z\\'\\\\', CAST(5 AS UNSIGNED))");
    um_buf_free(&out);
}

static void check_print(const uint8_t *bytes, size_t len, const char *expected)
{
    struct um_buf out = {0};
    struct um_err err = {0};
    if (um_json_print(bytes, len, &out, &err))
        fail_msg("%s", err.text);
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

static void refuse(const uint8_t *bytes, size_t len, const char *reason)
{
    struct um_buf out = {0};
    struct um_err err = {0};
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, bytes, len);
    assert_int_equal(um_json_print(exact, len, &out, &err), -1);
    assert_int_equal(err.id, UM_E_JSON_MALFORMED);
    if (!strstr(err.text, reason))
        fail_msg("\"%s\" is not in \"%s\"", reason, err.text);
    um_json_sql(exact, len, &out, &err);
    um_buf_free(&out);
    free(exact);
}

static void handmade(void **state)
{
    (void)state;
    check_print(NULL, 0, "null");
    check_print(BYTES("\x04\x00"), "null");
    check_print(BYTES("\x0b\0\0\0\0\0\0\0\x80"), "-0.0");
    /* A large array inlines 32 bits. */
    check_print(BYTES("\x03\x02\0\0\0\x16\0\0\0\x07\xff\xff\xff\xff\x08\xff\xff\xff\xff"
                      "\0\0\0\0"),
                "[-1, 4294967295]");
    /* A large object, whose values come before its keys. */
    check_print(BYTES("\x01\x01\0\0\0\x18\0\0\0\x15\0\0\0\x02\0\x0c\x13\0\0\0\x01v"
                      "kk\0"),
                "{\"kk\": \"v\"}");
    check_print(BYTES("\x0f\x0f\x39"
                      "123456789012345678901234567890123456789012345678901234567"),
                "\"base64:type15:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4"
                "OTAxMjM0NTY3\"");
    check_print(BYTES("\x0f\x0f\x3a"
                      "1234567890123456789012345678901234567890123456789012345678"),
                "\"base64:type15:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4"
                "OTAxMjM0NTY3\\nOA==\"");
}

static void malformed(void **state)
{
    (void)state;
    refuse(BYTES("\x0d"), "cut off");
    refuse(BYTES("\x0d\1"), "unknown type");
    refuse(BYTES("\x04\x03"), "unknown literal");
    refuse(BYTES("\x05\x01"), "number is cut off");
    refuse(BYTES("\x0b\0\0\0\0\0\0\xf8\x7f"), "not finite");
    refuse(BYTES("\x0c\x05"
                 "abcd"),
           "beyond the end");
    refuse(BYTES("\x0c\x80\x80\x80\x80\x80\x01"), "cut off");
    refuse(BYTES("\x0c\xff"), "cut off");
    refuse(BYTES("\x02\x01\0"), "header is cut off");
    refuse(BYTES("\x02\x01\0\x05\0\x04"), "does not fit");
    refuse(BYTES("\x02\xff\xff\x04\0"), "does not fit");
    refuse(BYTES("\x03\xff\xff\xff\xff\xff\xff\xff\xff"), "does not fit");
    refuse(BYTES("\x02\x01\0\x07\0\x0c\x07\0"), "outside");
    refuse(BYTES("\x00\x01\0\x0c\0\x0b\0\x05\0\x04\0\0x"), "key goes beyond");
    refuse(BYTES("\x0f\xf6\x04\x42\x00\x80\x00"), "DECIMAL");
    refuse(BYTES("\x0f\xf6\x03\x02\x03\x80"), "DECIMAL");
    refuse(BYTES("\x0f\x0c\x07\0\0\0\0\0\0\0"), "temporal");
}

/* Containers that contain themselves, or one child many times over, end soon. */
static void overlapping(void **state)
{
    (void)state;
    /* Its own header as its first value. */
    refuse(BYTES("\x02\x01\0\x07\0\x02\x00\0"), "outside");
    /* 40 levels, each twice the same next one: 2^40 values in a few hundred bytes. */
    enum { LEVELS = 40, STEP = 10 };
    uint8_t doc[1 + LEVELS * STEP + 2];
    memset(doc, 0, sizeof doc);
    doc[0] = 2;
    for (int i = 0; i < LEVELS; i++) {
        uint8_t *p = doc + 1 + i * STEP;
        size_t size = sizeof doc - (size_t)(p - doc);
        p[0] = 2;
        p[2] = (uint8_t)size;
        p[3] = (uint8_t)(size >> 8);
        p[4] = p[7] = i + 1 < LEVELS ? 2 : 4;
        p[5] = p[8] = i + 1 < LEVELS ? STEP : 0;
    }
    refuse(doc, sizeof doc, "overlap");
}

static void nested(int levels, uint8_t *doc, size_t *len)
{
    /* Arrays of one array each; the innermost is empty. */
    *len = 1 + (size_t)levels * 7 - 3;
    doc[0] = 2;
    for (int i = 0; i < levels; i++) {
        uint8_t *p = doc + 1 + i * 7;
        size_t size = *len - (size_t)(p - doc);
        bool last = i + 1 == levels;
        p[0] = !last;
        p[1] = 0;
        p[2] = (uint8_t)size;
        p[3] = (uint8_t)(size >> 8);
        if (!last) {
            p[4] = 2;
            p[5] = 7;
            p[6] = 0;
        }
    }
}

static void depth(void **state)
{
    (void)state;
    uint8_t doc[1024];
    size_t len;
    struct um_buf out = {0};
    struct um_err err = {0};
    nested(100, doc, &len);
    assert_int_equal(um_json_print(doc, len, &out, &err), 0);
    assert_int_equal(out.len, 200);
    nested(101, doc, &len);
    refuse(doc, len, "100 levels");
    um_buf_free(&out);
}

static void unsupported_opaque(void **state)
{
    (void)state;
    struct um_buf out = {0};
    struct um_err err = {0};
    check_print(BYTES("\x0f\xfd\x01x"), "\"base64:type253:eA==\"");
    assert_int_equal(um_json_sql(BYTES("\x0f\xfd\x01x"), &out, &err), -1);
    assert_int_equal(err.id, UM_E_JSON_UNSUPPORTED);
    assert_non_null(strstr(err.text, "column type 253"));
    um_buf_free(&out);
}

/* Every document cut short anywhere or with any byte changed gives text or an error. */
static void damaged(void **state)
{
    (void)state;
    struct docs d;
    load(&d);
    for (int i = 1; i <= DOCS; i++) {
        for (uint32_t k = 0; k < d.len[i]; k++) {
            struct um_buf out = {0};
            struct um_err err = {0};
            uint8_t *part = malloc(k + 1);
            memcpy(part, d.bytes[i], k);
            um_json_print(part, k, &out, &err);
            free(part);
            d.bytes[i][k] ^= 0x5a;
            um_json_print(d.bytes[i], d.len[i], &out, &err);
            um_json_sql(d.bytes[i], d.len[i], &out, &err);
            d.bytes[i][k] ^= 0x5a;
            um_buf_free(&out);
        }
    }
    unload(&d);
}

/* Text that a MySQL 9.7 gave for CAST(… AS JSON) of these doubles. */
static void doubles(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *text;
    } cases[] = {
        {1.0, "1.0"},
        {1e14, "100000000000000.0"},
        {1e15, "1e15"},
        {123456789.0, "123456789.0"},
        {1.2345678901234568e17, "1.2345678901234568e17"},
        {1.2345678901234567e15, "1234567890123456.8"},
        {1.2345678901234567e14, "123456789012345.67"},
        {1.5e-7, "0.00000015"},
        {1e-15, "0.000000000000001"},
        {1e-16, "1e-16"},
        {1.2345678901234567e-14, "0.000000000000012345678901234567"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {5e-324, "5e-324"},
        {0.1 + 0.2, "0.30000000000000004"},
        {-1e100, "-1e100"},
        {0x1p-44, "0.00000000000005684341886080802"},
        {0x1p-1074, "5e-324"},
        {0x1p1023, "8.98846567431158e307"},
        {9007199254740992.0, "9.007199254740992e15"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t doc[9] = {0x0b};
        memcpy(doc + 1, &cases[i].d, 8);
        check_print(doc, 9, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_the_server),
        cmocka_unit_test(partial_update_leaves_a_hole),
        cmocka_unit_test(sql_expressions),
        cmocka_unit_test(keys_are_quoted),
        cmocka_unit_test(handmade),
        cmocka_unit_test(malformed),
        cmocka_unit_test(overlapping),
        cmocka_unit_test(depth),
        cmocka_unit_test(unsupported_opaque),
        cmocka_unit_test(damaged),
        cmocka_unit_test(doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
