#include "binlog/rows.h"
/* links: um_binlog um_change um_base */

#include <inttypes.h>

#include "binlog/decimal.h"
#include "binlog_fixture.h"

enum { MAX_COLUMNS = 32 };

/* A value as the statements in the fixtures say it. */
static void render(const struct um_value *v, bool is_unsigned, struct um_buf *out)
{
    const struct um_temporal *t = &v->t;
    unsigned usec = v->kind == UM_V_TIMESTAMP ? v->ts.usec : t->usec;
    char fraction[16] = "";
    if (v->kind == UM_V_TIME || v->kind == UM_V_DATETIME || v->kind == UM_V_TIMESTAMP) {
        snprintf(fraction, sizeof fraction, ".%06u", usec);
        fraction[v->decimals ? v->decimals + 1 : 0] = '\0';
    }
    switch (v->kind) {
    case UM_V_ABSENT:
        um_buf_str(out, "-");
        break;
    case UM_V_NULL:
        um_buf_str(out, "NULL");
        break;
    case UM_V_INT:
        if (is_unsigned)
            um_buf_fmt(out, "%" PRIu64, um_value_as_unsigned(v));
        else
            um_buf_fmt(out, "%" PRId64, v->i);
        break;
    case UM_V_FLOAT:
        um_buf_fmt(out, "%.7g", (double)v->f);
        break;
    case UM_V_DOUBLE:
        um_buf_fmt(out, "%.15g", v->d);
        break;
    case UM_V_DECIMAL:
        um_decimal_print(v->bytes, v->precision, v->decimals, out);
        break;
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
        um_buf_fmt(out, "%" PRIu64, v->u);
        break;
    case UM_V_DATE:
        um_buf_fmt(out, "%04u-%02u-%02u", t->year, t->month, t->day);
        break;
    case UM_V_TIME:
        um_buf_fmt(out, "%s%02u:%02u:%02u%s", t->negative ? "-" : "", t->hour, t->minute, t->second,
                   fraction);
        break;
    case UM_V_DATETIME:
        um_buf_fmt(out, "%04u-%02u-%02u %02u:%02u:%02u%s", t->year, t->month, t->day, t->hour,
                   t->minute, t->second, fraction);
        break;
    case UM_V_TIMESTAMP:
        um_buf_fmt(out, "@%" PRId64 "%s", v->ts.s, fraction);
        break;
    default:
        um_buf_str(out, v->kind == UM_V_JSON ? "json:" : v->kind == UM_V_GEOMETRY ? "wkb:" : "'");
        for (uint32_t i = 0; i < v->len; i++)
            if (v->bytes[i] >= 0x20 && v->bytes[i] < 0x7f)
                um_buf_char(out, (char)v->bytes[i]);
            else
                um_buf_fmt(out, "\\%02x", v->bytes[i]);
        if (v->kind == UM_V_BYTES)
            um_buf_char(out, '\'');
    }
}

static void check_image(const struct um_value *values, size_t count, const char *unsigned_columns,
                        const char *expected)
{
    struct um_buf out = {0};
    for (size_t i = 0; i < count; i++) {
        if (i)
            um_buf_str(&out, " ");
        render(&values[i],
               unsigned_columns && i < strlen(unsigned_columns) && unsigned_columns[i] == 'u',
               &out);
    }
    assert_string_equal(out.data, expected);
    um_buf_free(&out);
}

/* The rows of the event at hand: for an update before and after by turns. */
static void check_rows(struct fixture *f, const char *unsigned_columns, const char *const *expected)
{
    struct um_rows r;
    struct um_err err = {0};
    struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
    size_t count = um_table_map_columns(f->map);
    int rc;
    assert_true(count <= MAX_COLUMNS);
    if (um_rows_open(&r, &f->format, &f->ev, f->map, &err))
        fail_msg("%s", err.text);
    while ((rc = um_rows_next(&r, before, after, &err)) == 1) {
        if (r.kind != UM_ROWS_INSERT) {
            assert_non_null(*expected);
            check_image(before, count, unsigned_columns, *expected++);
        }
        if (r.kind != UM_ROWS_DELETE) {
            assert_non_null(*expected);
            check_image(after, count, unsigned_columns, *expected++);
        }
    }
    if (rc)
        fail_msg("%s", err.text);
    assert_null(*expected);
}
#define CHECK_ROWS(f, unsigned_columns, ...)                                                       \
    check_rows(f, unsigned_columns, (const char *const[]){__VA_ARGS__, NULL})

#define INTS_2     "0 2155 32767 0 8388607 0 2147483647 0 9223372036854775807 "
#define INTS_2_END " 3.4e+38 -1.7e+308 0 2 9223372036854775809"

static void check_numbers(struct fixture *f)
{
    const char *u = "ssuysususususss";
    fixture_find_rows(f, "ints");
    CHECK_ROWS(f, u,
               "1 -128 255 1901 -32768 65535 -8388608 16777215 -2147483648 4294967295 "
               "-9223372036854775808 18446744073709551615 -1.5 0.1 1 513 18446744073709551615",
               "2 127 " INTS_2 "0" INTS_2_END,
               "3 NULL NULL 0 NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL");
    fixture_find_rows(f, "decimals");
    CHECK_ROWS(f, NULL,
               "1 -9 -0.999999999 12345.67891 "
               "-99999999999999999999999999999999999.999999999999999999999999999999",
               "2 0 0.000000001 0.00000 1.000000000000000000000000000000",
               "3 7 NULL 0.00001 -0.000000000000000000000000000001");
}

static void check_temporals(struct fixture *f)
{
    fixture_find_rows(f, "temporals");
    CHECK_ROWS(
        f, NULL,
        "1 9999-12-31 838:59:59 -838:59:58.9 -00:00:00.12 -00:00:01.001 -10:11:12.9999 "
        "-00:00:00.000001 9999-12-31 23:59:59 1000-01-01 00:00:00.9 2024-02-29 12:34:56.789 "
        "1970-01-01 00:00:00.000001 @1 @2147483647.99 @981173106.7891 @981173106.000001",
        "2 0000-00-00 00:00:00 00:00:00.1 -838:59:59.00 12:34:56.789 00:00:00.0001 "
        "-838:59:58.999999 0000-00-00 00:00:00 2024-00-00 00:00:00.1 0000-00-00 00:00:00.000 "
        "9999-12-31 23:59:59.999999 @0 @0.00 NULL NULL");
}

#define TEN(c)     c c c c c c c c c c
#define HUNDRED(c) TEN(TEN(c))

static void check_strings(struct fixture *f)
{
    fixture_find_rows(f, "strings");
    CHECK_ROWS(
        f, NULL,
        "1 'ab' '" HUNDRED("z") HUNDRED("z") TEN("z") TEN("z") TEN("z") TEN("z") TEN(
            "z") "zzzzz' '\\01\\02' '\\e9' '" HUNDRED("y") HUNDRED("y") TEN("y") TEN("y") TEN("y")
            TEN("y") TEN("y") "yyyyyy' '\\00\\01\\02' 'tiny' '" HUNDRED("b") HUNDRED("b")
                HUNDRED("b") "' 'medium' 'long' 3 5 9223372036854775809 "
                             "wkb:\\00\\00\\00\\00\\01\\01\\00\\00\\00\\00\\00\\00\\00\\00\\00\\f0?"
                             "\\00\\00\\00\\00\\00\\00\\00\\c0",
        "2 '' '' '' '' '' '' '' '' '' '' 0 0 0 NULL",
        "3 NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL NULL");
}

static void check_images(struct fixture *f)
{
    const char *u = "ssuysususususss";
    fixture_find_rows(f, "ints");
    CHECK_ROWS(f, u, "2 127 " INTS_2 "0" INTS_2_END,
               "2 -1 " INTS_2 "9223372036854775808" INTS_2_END);
    fixture_find_rows(f, "decimals");
    CHECK_ROWS(f, NULL, "2 0 0.000000001 0.00000 1.000000000000000000000000000000");
    fixture_find_rows(f, "decimals");
    struct um_rows r;
    struct um_err err = {0};
    assert_int_equal(um_rows_open(&r, &f->format, &f->ev, f->map, &err), 0);
    assert_int_equal(r.flags & 7, UM_ROWS_END_OF_STATEMENT | UM_ROWS_NO_FOREIGN_KEY_CHECKS |
                                      UM_ROWS_NO_UNIQUE_CHECKS);
    assert_true(um_rows_full_image(&r));

    fixture_find_rows(f, "ints"); /* MINIMAL: the key before, the change after */
    CHECK_ROWS(f, u, "3 - - - - - - - - - - - - - - - -", "- - - - - - - - 5 - - - - - - - -");
    assert_int_equal(um_rows_open(&r, &f->format, &f->ev, f->map, &err), 0);
    assert_false(um_rows_full_image(&r));
    fixture_find_rows(f, "ints");
    CHECK_ROWS(f, u, "3 - - - - - - - - - - - - - - - -");
    fixture_find_rows(f, "ints");
    CHECK_ROWS(f, u, "4 - - - - - - - - - - 1 - - - - -");
    fixture_find_rows(f, "strings"); /* NOBLOB */
    CHECK_ROWS(f, NULL, "2 '' '' '' '' '' '' - - - - 0 0 0 NULL",
               "2 '' '' '' 'n' '' '' - - - - 0 0 0 NULL");
    fixture_find_rows(f, "wide");
    CHECK_ROWS(f, NULL, "1 NULL 2 NULL 4 NULL 6 NULL NULL 9");
}

static void all_types(void **state)
{
    static const char *const names[] = {"types-mysql-9.7", "types-mysql-5.6", "types-mariadb-11.8"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fixture f = fixture_open(names[i]);
        check_numbers(&f);
        check_temporals(&f);
        check_strings(&f);
        check_images(&f);
        fixture_close(&f);
    }
}

static void metadata(void **state)
{
    static const char *const names[] = {"types-mysql-9.7", "types-mariadb-11.8"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f = fixture_open(names[i]);
        fixture_find_rows(&f, "signs");
        const struct um_table_map *m = f.map;
        assert_string_equal(um_table_map_schema(m), "fx");
        assert_int_equal(um_table_map_columns(m), 26);
        /* Integers stand at the even places, unsigned and signed by turns. */
        for (size_t c = 0; c < 25; c += 2)
            assert_int_equal(um_table_map_unsigned(m, c), c % 4 == 0);
        assert_int_equal(um_table_map_unsigned(m, 3), 1); /* YEAR has a bit of its own */
        assert_int_equal(um_table_map_unsigned(m, 25), 0);
        assert_int_equal(um_table_map_unsigned(m, 1), -1);
        assert_string_equal(um_table_map_column_name(m, 0), "a");
        assert_string_equal(um_table_map_column_name(m, 25), "z");
        assert_false(um_table_map_nullable(m, 0));
        assert_true(um_table_map_nullable(m, 25));
        assert_int_equal(um_table_map_type(m, 5), 247); /* ENUM, STRING on the wire */
        assert_int_equal(um_table_map_type(m, 7), 248);
        uint64_t id;
        struct um_err err = {0};
        assert_int_equal(um_event_table_id(&f.format, &f.ev, &id, &err), 0);
        assert_true(id == um_table_map_id(m));
        fixture_close(&f);
    }
    struct fixture f = fixture_open("types-mysql-5.6");
    fixture_find_rows(&f, "signs");
    assert_int_equal(um_table_map_unsigned(f.map, 0), -1);
    assert_null(um_table_map_column_name(f.map, 0));
    fixture_close(&f);
}

static void check_old_temporals(struct fixture *f)
{
    struct um_err err = {0};
    struct um_rows r;
    struct um_value after[MAX_COLUMNS];
    for (uint8_t kind = 0; kind < 3; kind++)
        for (uint8_t fsp = 0; fsp < 7; fsp++)
            um_table_map_set_fsp(f->map, 1U + 7U * kind + fsp, fsp);
    um_table_map_set_fsp(f->map, 0, 3); /* an integer: nothing changes */
    CHECK_ROWS(
        f, NULL,
        "1 -838:59:59 -00:00:00.1 -838:59:59.99 12:34:56.789 -12:34:56.7891 00:00:00.00001 "
        "838:59:59.999999 9999-12-31 23:59:59 2024-02-29 12:34:56.7 1000-01-01 00:00:00.01 "
        "2024-02-29 12:34:56.789 2024-02-29 12:34:56.7891 2024-02-29 12:34:56.78912 "
        "9999-12-31 23:59:59.999999 @981173106 @981173106.7 @981173106.78 @981173106.789 "
        "@981173106.7891 @981173106.78912 @981173106.789123",
        "2 838:59:59 00:00:00.1 00:00:00.00 -12:34:56.789 12:34:56.7891 -00:00:00.00001 "
        "-838:59:59.999999 0000-00-00 00:00:00 0000-00-00 00:00:00.0 2024-00-00 00:00:00.00 "
        "0000-00-00 00:00:00.000 NULL NULL 0000-00-00 00:00:00.000000 @0 @0.0 NULL NULL NULL "
        "NULL @0.000001");
    /* Without the precision the lengths do not add up. */
    um_table_map_set_fsp(f->map, 21, 0);
    int rc;
    assert_int_equal(um_rows_open(&r, &f->format, &f->ev, f->map, &err), 0);
    while ((rc = um_rows_next(&r, NULL, after, &err)) == 1)
        ;
    assert_int_equal(rc, -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
}

static void mariadb_types(void **state)
{
    (void)state;
    struct fixture f = fixture_open("mariadb-11.8");
    fixture_find_rows(&f, "old_temporals");
    check_old_temporals(&f);
    fixture_find_rows(&f, "own_types");
    CHECK_ROWS(&f, NULL,
               "1 '\\00\\11\"3DUfw\\88\\99\\aa\\bb\\cc\\dd\\ee\\ff' '\\01\\02\\03\\04' "
               "'\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\ff\\ff\\01\\02\\03\\04' '{\"a\": 1.10}' "
               "@4260308645");
    fixture_close(&f);
}

static void mysql_types(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_rows r;
    struct fixture f = fixture_open("mysql-9.7");
    fixture_find_rows(&f, "vectors");
    CHECK_ROWS(&f, "ssuss",
               "1 '\\00\\00\\80?\\00\\00\\00\\c0\\00\\00\\00?' 4294967295 "
               "json:\\02\\01\\00\\07\\00\\05\\01\\00 -1",
               "2 NULL 0 NULL 0");
    assert_int_equal(um_table_map_unsigned(f.map, 2), 1);
    assert_int_equal(um_table_map_unsigned(f.map, 4), 0);
    fixture_find_rows(&f, "defaults"); /* all defaults and a MINIMAL image: nothing to see */
    assert_int_equal(um_rows_open(&r, &f.format, &f.ev, f.map, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
    fixture_find_rows(&f, "defaults");
    CHECK_ROWS(&f, NULL, "- 3");
    fixture_find_rows(&f, "hidden"); /* neither functional index shows */
    CHECK_ROWS(&f, NULL, "1 json:\\02\\02\\00\\0a\\00\\05\\01\\00\\05\\02\\00 'x' 2");
    fixture_close(&f);
}

/* Gives an event a body of its own and a size to match; the stream has no checksums then. */
static struct um_event cut(const struct fixture *f, uint8_t **bytes, size_t body_len)
{
    struct um_event ev = f->ev;
    *bytes = malloc(body_len ? body_len : 1);
    memcpy(*bytes, f->ev.body, body_len);
    ev.body = *bytes;
    ev.body_len = body_len;
    ev.size = (uint32_t)(UM_EVENT_HEADER + body_len);
    return ev;
}

/* Cut short anywhere, an event gives its leading rows or an error, never bytes behind its end. */
static void truncated(void **state)
{
    (void)state;
    struct fixture f = fixture_open("types-mysql-9.7");
    while (fixture_next(&f)) {
        bool map = f.ev.type == UM_EV_TABLE_MAP;
        if (!map && !um_event_is_rows(f.ev.type))
            continue;
        for (size_t len = 0; len < f.ev.body_len; len++) {
            uint8_t *bytes;
            struct um_err err = {0};
            struct um_rows r;
            struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
            struct um_event ev = cut(&f, &bytes, len);
            int rc = -1;
            if (map) {
                struct um_table_map *m = um_table_map_new(&f.format, &ev, &err);
                /* It may end where its optional metadata does, and nowhere else. */
                rc = m ? 0 : -1;
                um_table_map_delete(m);
            } else if (um_rows_open(&r, &f.format, &ev, f.map, &err) == 0) {
                while ((rc = um_rows_next(&r, before, after, &err)) == 1)
                    ;
            }
            if (rc)
                assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
            free(bytes);
        }
    }
    fixture_close(&f);
}

static void made_table_map(const char *body, size_t len, struct um_table_map **m,
                           struct um_err *err)
{
    struct um_binlog_format f = {.known = true};
    memset(f.header_len, 0xff, sizeof f.header_len);
    struct um_event ev = {.type = UM_EV_TABLE_MAP, .size = (uint32_t)len + UM_EVENT_HEADER};
    ev.body = (const uint8_t *)body;
    ev.body_len = len;
    *err = (struct um_err){0};
    *m = um_table_map_new(&f, &ev, err);
}
#define MADE_MAP(literal, m, err) made_table_map(literal, sizeof(literal) - 1, m, err)
#define MAP_HEAD                  "\x07\0\0\0\0\0\x01\0\x01s\0\x01t\0"

static void optional_metadata(void **state)
{
    (void)state;
    struct um_table_map *m;
    struct um_err err;
    /* Names first, two unknown kinds, then the signs: INT, VARCHAR(10), INT. */
    MADE_MAP(MAP_HEAD "\x03\x03\x0f\x03\x02\x0a\x00\x05"
                      "\x04\x06\x01"
                      "a\x01"
                      "b\x01"
                      "c\xc8\x02xx\x63\x00\x01\x01\x40",
             &m, &err);
    assert_non_null(m);
    assert_int_equal(um_table_map_id(m), 7);
    assert_string_equal(um_table_map_column_name(m, 2), "c");
    assert_int_equal(um_table_map_unsigned(m, 0), 0);
    assert_int_equal(um_table_map_unsigned(m, 1), -1);
    assert_int_equal(um_table_map_unsigned(m, 2), 1);
    assert_true(um_table_map_nullable(m, 0) && !um_table_map_nullable(m, 1));
    assert_int_equal(um_table_map_meta(m, 1), 10);
    um_table_map_delete(m);

    MADE_MAP(MAP_HEAD "\x01\x03\x00\x00\x04\x03\x05"
                      "ab",
             &m, &err); /* a name too long */
    assert_null(m);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    assert_non_null(strstr(err.text, "s.t"));
    MADE_MAP(MAP_HEAD "\x01\x03\x00\x00\x01\x00", &m, &err); /* no bit for the one number */
    assert_null(m);
    MADE_MAP(MAP_HEAD "\x01\x03\x00\x00\x04\x02\x01"
                      "a\x04\x02\x01"
                      "a",
             &m, &err); /* twice */
    assert_null(m);
    MADE_MAP(MAP_HEAD "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", &m, &err);
    assert_null(m);
    MADE_MAP(MAP_HEAD "\x02\x0f\x0f\x02\x0a\x00\x00", &m, &err); /* metadata for one of two */
    assert_null(m);
}

/* Types that are not decoded are told when rows of that table come, not before. */
static void unsupported_types(void **state)
{
    (void)state;
    struct um_table_map *m;
    struct um_err err;
    struct um_rows r;
    struct um_binlog_format f = {.known = true};
    memset(f.header_len, 0xff, sizeof f.header_len);
    struct um_event ev = {.type = UM_EV_WRITE_ROWS_V1};
    ev.body = (const uint8_t *)"\x07\0\0\0\0\0\0\0\x03\x07\0";
    ev.body_len = 11;
    static const char *const maps[] = {
        MAP_HEAD "\x03\x03\xc9\x0f\x05\1\2\3\x0a\x00\x00",   /* 201 is no type */
        MAP_HEAD "\x03\x03\x00\x0f\x02\x0a\x00\x00",         /* DECIMAL before 5.0 */
        MAP_HEAD "\x03\x03\xf6\x0f\x04\x05\x06\x0a\x00\x00", /* DECIMAL(5,6) */
        MAP_HEAD "\x03\x03\x13\x0f\x03\x07\x0a\x00\x00",     /* TIME(7) */
        MAP_HEAD "\x03\x03\x10\x0f\x04\x01\x08\x0a\x00\x00", /* BIT(65) */
        MAP_HEAD "\x03\x03\xfc\x0f\x03\x05\x0a\x00\x00",     /* a BLOB with 5 bytes of length */
        MAP_HEAD "\x03\x03\x8c\x0f\x03\x05\x0a\x00\x00",     /* likewise, COMPRESSED */
        MAP_HEAD "\x03\x03\x8d\x0f\x04\x00\x00\x0a\x00\x00", /* no room for the header */
    };
    static const uint8_t lengths[] = {10, 7, 9, 8, 9, 8, 8, 9};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        size_t head = sizeof(MAP_HEAD) - 1;
        made_table_map(maps[i], head + lengths[i] + 1, &m, &err);
        assert_non_null(m);
        assert_int_equal(um_rows_open(&r, &f, &ev, m, &err), -1);
        assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
        assert_non_null(strstr(err.text, "s.t: column 2"));
        um_table_map_delete(m);
    }
}

static void other_table(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_rows r;
    struct fixture f = fixture_open("types-mysql-9.7");
    fixture_find_rows(&f, "ints");
    f.copy[UM_EVENT_HEADER] ^= 1;
    assert_int_equal(um_rows_open(&r, &f.format, &f.ev, f.map, &err), -1);
    assert_non_null(strstr(err.text, "table id"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types),         cmocka_unit_test(metadata),
        cmocka_unit_test(mariadb_types),     cmocka_unit_test(mysql_types),
        cmocka_unit_test(truncated),         cmocka_unit_test(optional_metadata),
        cmocka_unit_test(unsupported_types), cmocka_unit_test(other_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
