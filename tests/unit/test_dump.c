/* What binlog dump prints: values, places, and which events belong to a range or a table. */
/* links: um_dump um_binlog um_config um_change um_base dep::zlib */
#include "dump/dump.h"

#include <float.h>
#include <unistd.h>
#include <zlib.h>

#include "binlog_fixture.h"
#include "dump/place.h"
#include "print/value.h"

/* ---- bytes and numbers ---- */

static void expect_bytes(const char *bytes, size_t len, const char *text, const char *json)
{
    struct um_buf b = {0};
    um_print_bytes_text(bytes, len, &b);
    assert_string_equal(b.data, text);
    um_buf_clear(&b);
    um_print_bytes_json(bytes, len, &b);
    assert_string_equal(b.data, json);
    um_buf_free(&b);
}

#define BYTES(literal, text, json) expect_bytes(literal, sizeof(literal) - 1, text, json)

static void bytes_are_text_where_they_can_be(void **state)
{
    (void)state;
    BYTES("", "''", "\"\"");
    BYTES("it's a\\b", "'it\\'s a\\\\b'", "\"it's a\\\\b\"");
    BYTES("a\nb\tc\r", "'a\\nb\\tc\\r'", "\"a\\nb\\tc\\r\"");
    BYTES("\"q\"", "'\"q\"'", "\"\\\"q\\\"\"");
    BYTES("\xc3\xa4\xf0\x9f\x98\x80", "'\xc3\xa4\xf0\x9f\x98\x80'", "\"\xc3\xa4\xf0\x9f\x98\x80\"");
    BYTES("\xe9", "0xe9", "{\"hex\":\"e9\"}");
    BYTES("a\0b", "0x610062", "\"a\\u0000b\"");
    BYTES("\x1b[2J", "0x1b5b324a", "\"\\u001b[2J\"");
    BYTES("\x7f", "0x7f", "\"\\u007f\"");
    BYTES("\xc2\x9b", "0xc29b", "\"\xc2\x9b\"");
    BYTES("\xed\xa0\x80", "0xeda080", "{\"hex\":\"eda080\"}"); /* a surrogate is no character */
}

static void numbers_give_themselves_again(void **state)
{
    static const struct {
        double d;
        const char *text;
    } doubles[] = {
        {0.1, "0.1"},
        {5, "5.0"},
        {-0.0, "-0.0"},
        {1e300, "1e+300"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {0.1 + 0.2, "0.30000000000000004"},
    };
    struct um_buf b = {0};
    (void)state;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        um_buf_clear(&b);
        um_print_double(doubles[i].d, &b);
        assert_string_equal(b.data, doubles[i].text);
    }
    static const struct {
        float f;
        const char *text;
    } floats[] = {{0.1f, "0.1"},
                  {16777216.0f, "16777216.0"},
                  {3.4e38f, "3.4e+38"},
                  {1e-45f, "1e-45"},
                  {-1.5f, "-1.5"}};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        um_buf_clear(&b);
        um_print_float(floats[i].f, &b);
        assert_string_equal(b.data, floats[i].text);
    }
    um_buf_clear(&b);
    um_print_uint_json(1ull << 53, &b);
    um_buf_char(&b, ' ');
    um_print_uint_json((1ull << 53) + 1, &b);
    assert_string_equal(b.data, "9007199254740992 \"9007199254740993\"");
    um_buf_free(&b);
}

/* ---- places ---- */

static struct um_place place(const char *text)
{
    struct um_err err = {0};
    struct um_place p;
    if (um_place_parse("--from", text, &p, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return p;
}

static void expect_place(const char *text, int kind)
{
    struct um_place p = place(text);
    if ((int)p.kind != kind)
        fail_msg("%s is of kind %d", text, p.kind);
    um_place_clear(&p);
}

#define UUID "3adfa1c9-e589-11f1-878c-02fc00000001"

static void places_are_told_apart(void **state)
{
    (void)state;
    expect_place("4", UM_PLACE_POSITION);
    expect_place("binlog.000003:1234", UM_PLACE_POSITION);
    expect_place("a:b:18446744073709551615", UM_PLACE_POSITION);
    expect_place(UUID ":5", UM_PLACE_GTID);
    expect_place(UUID ":tag:5", UM_PLACE_GTID);
    expect_place("3adfa1c9e58911f1878c02fc00000001:5", UM_PLACE_GTID);
    expect_place(UUID ":1-5", UM_PLACE_GTIDS);
    expect_place(UUID ":1:7", UM_PLACE_GTIDS);
    expect_place(UUID ":5," UUID ":7", UM_PLACE_GTIDS);
    expect_place("0-1-100", UM_PLACE_GTID);
    expect_place("0-1-100,1-1-5", UM_PLACE_GTIDS);
    expect_place("2026-01-31", UM_PLACE_GTID); /* domain 2026: a time has a clock */
    expect_place("2026-01-31T12:00:00Z", UM_PLACE_TIME);
    expect_place("2026-01-31 12:00:00", UM_PLACE_TIME);

    struct um_place p = place("binlog.000003:4294967299");
    assert_string_equal(p.file, "binlog.000003");
    assert_true(p.offset == 4294967299);
    p = place("2026-01-31T12:00:01Z");
    assert_true(p.seconds == 1769860801);
}

/* As a server prints it, with a newline behind each comma. */
static void a_set_may_have_several_lines(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_place p;
    assert_int_equal(um_place_parse("--from", "\n " UUID ":1-3,\n\t" UUID ":7", &p, &err), 0);
    assert_int_equal(p.kind, UM_PLACE_GTIDS);
    um_place_clear(&p);
}

static void what_is_no_place_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "x",
                                      ":4",
                                      "binlog.000001",
                                      "binlog.000001:",
                                      "1e3",
                                      "-4",
                                      "4 ",
                                      "99999999999999999999",
                                      UUID,
                                      UUID ":",
                                      UUID ":0",
                                      UUID ":5-4",
                                      "0-1-",
                                      "0-1-x",
                                      "2026-02-30T00:00:00Z",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T12:00",
                                      "2026-01-31T12:00:00+01:00",
                                      "2026-01-31T12:00:00.5Z"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct um_err err = {0};
        struct um_place p;
        if (um_place_parse("--to", bad[i], &p, &err) == 0)
            fail_msg("taken: '%s'", bad[i]);
        assert_int_equal(err.id, UM_E_USAGE_OPTION_VALUE);
        assert_non_null(strstr(err.text, "--to: "));
        um_place_clear(&p);
    }
}

/* ---- whole files ---- */

struct asked {
    const char *files[3], *from, *to, *table;
};

/* "position TYPE" of each event that is printed, up to an error; that in *err. */
static char *printed(struct asked a, struct um_err *err)
{
    struct um_strv files = {0}, tables = {0};
    char path[512], *text = NULL;
    size_t len = 0;
    for (size_t i = 0; a.files[i]; i++) {
        const char *form = a.files[i][0] == '/' ? "%s" : UM_FIXTURES "/binlog/%s.binlog";
        snprintf(path, sizeof path, form, a.files[i]);
        um_strv_add(&files, path);
    }
    if (a.table)
        um_strv_add(&tables, a.table);
    struct um_dump_options options = {
        .files = &files, .tables = &tables, .from = a.from, .to = a.to};
    FILE *out = open_memstream(&text, &len);
    *err = (struct um_err){0};
    int result = um_dump(&options, out, err);
    assert_int_equal(result, err->id ? -1 : 0);
    fclose(out);
    um_strv_clear(&files);
    um_strv_clear(&tables);

    struct um_buf short_form = {0};
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned long long at;
        char type[64];
        if (*line != ' ' && sscanf(strchr(line, ':'), ":%llu %*s server %*u %63s", &at, type) == 2)
            um_buf_fmt(&short_form, "%llu %s\n", at, type);
    }
    free(text);
    um_buf_str(&short_form, "");
    return um_buf_take(&short_form);
}

static void expect_printed(struct asked a, const char *expected)
{
    struct um_err err;
    char *text = printed(a, &err);
    if (err.id)
        fail_msg("%s", err.text);
    assert_string_equal(text, expected);
    free(text);
}

static void expect_failed(struct asked a, enum um_err_id id, const char *part)
{
    struct um_err err;
    free(printed(a, &err));
    assert_int_equal(err.id, id);
    if (!strstr(err.text, part))
        fail_msg("'%s' is not in: %s", part, err.text);
}

#define MYSQL "types-mysql-9.7"
#define MARIA "types-mariadb-11.8"
#define OLD   "types-mysql-5.6"

static void positions_cut_between_events(void **state)
{
    (void)state;
    expect_printed((struct asked){.files = {MYSQL}, .from = "876", .to = "1085"},
                   "876 QUERY\n949 TABLE_MAP\n");
    expect_printed((struct asked){.files = {MYSQL}, .from = "877", .to = "1086"},
                   "949 TABLE_MAP\n1085 WRITE_ROWS\n");
    /* Behind the table map, which is known all the same. */
    expect_printed((struct asked){.files = {MYSQL}, .from = "1085", .to = "1100"},
                   "1085 WRITE_ROWS\n");
    expect_printed(
        (struct asked){.files = {MYSQL, MARIA}, .from = MARIA ".binlog:8000", .to = "8076"},
        "8024 ANNOTATE_ROWS\n");
    expect_printed((struct asked){.files = {MYSQL, MARIA, NULL}, .to = MYSQL ".binlog:158"},
                   "4 FORMAT_DESCRIPTION\n127 PREVIOUS_GTIDS\n");
    expect_failed((struct asked){.files = {MYSQL}, .from = "x.000001:4"}, UM_E_DUMP_PLACE,
                  "none of the files");
    expect_failed((struct asked){.files = {MYSQL}, .from = "99999"}, UM_E_DUMP_PLACE, "ends at");
}

static void a_gtid_names_one_transaction(void **state)
{
    (void)state;
    const char *third = "797 GTID\n876 QUERY\n949 TABLE_MAP\n1085 WRITE_ROWS\n1264 XID\n";
    expect_printed((struct asked){.files = {MYSQL}, .from = UUID ":3", .to = UUID ":3"}, third);
    expect_printed((struct asked){.files = {MYSQL}, .to = UUID ":1"},
                   "4 FORMAT_DESCRIPTION\n127 PREVIOUS_GTIDS\n158 GTID\n235 QUERY\n");
    expect_printed((struct asked){.files = {MARIA}, .from = "0-9-14", .to = "0-9-14"},
                   "7982 MARIADB_GTID\n8024 ANNOTATE_ROWS\n8076 TABLE_MAP\n8207 DELETE_ROWS_V1\n"
                   "8247 XID\n");
    expect_failed((struct asked){.files = {MYSQL}, .from = UUID ":9999"}, UM_E_DUMP_PLACE,
                  "--from is " UUID ":9999");
    expect_failed((struct asked){.files = {MYSQL}, .to = UUID ":9999"}, UM_E_DUMP_PLACE, "--to is");
    expect_failed((struct asked){.files = {MYSQL}, .to = "0-1-1"}, UM_E_DUMP_PLACE,
                  "a GTID of MariaDB, and the files are those of MySQL");
}

static void sets_choose_transactions(void **state)
{
    (void)state;
    expect_printed((struct asked){.files = {MYSQL}, .to = UUID ":1:3"},
                   "158 GTID\n235 QUERY\n797 GTID\n876 QUERY\n949 TABLE_MAP\n1085 WRITE_ROWS\n"
                   "1264 XID\n");
    expect_printed((struct asked){.files = {MYSQL}, .from = UUID ":1-2:4-999", .to = UUID ":1-4"},
                   "797 GTID\n876 QUERY\n949 TABLE_MAP\n1085 WRITE_ROWS\n1264 XID\n");
    /* A list of MariaDB is how far each domain had come. */
    expect_printed((struct asked){.files = {MARIA}, .from = "0-9-13,5-1-1", .to = "0-9-14,5-1-1"},
                   "7982 MARIADB_GTID\n8024 ANNOTATE_ROWS\n8076 TABLE_MAP\n8207 DELETE_ROWS_V1\n"
                   "8247 XID\n");
}

static void times_keep_transactions_whole(void **state)
{
    (void)state;
    struct um_err err;
    /* The format description is younger than the transactions, whose clock was set. */
    char *all = printed((struct asked){.files = {MYSQL}}, &err);
    char *none = printed((struct asked){.files = {MYSQL}, .to = "2023-11-14T22:13:20Z"}, &err);
    char *some = printed((struct asked){.files = {MYSQL}, .from = "2026-11-21 09:23:42"}, &err);
    char *late = printed((struct asked){.files = {MYSQL}, .from = "2026-11-22 00:00:00"}, &err);
    assert_string_equal(none, "");
    assert_string_equal(some, all);
    assert_string_equal(late, "");
    assert_true(strlen(all) > 500);
    free(all);
    free(none);
    free(some);
    free(late);
}

static void a_table_comes_with_its_frame(void **state)
{
    (void)state;
    char *text;
    struct um_err err;
    text = printed(
        (struct asked){.files = {MARIA}, .table = "f?.dec*", .from = "7000", .to = "9000"}, &err);
    assert_string_equal(text, "7087 MARIADB_GTID\n7129 ANNOTATE_ROWS\n7185 TABLE_MAP\n"
                              "7265 DELETE_ROWS_V1\n7344 XID\n"
                              "7375 MARIADB_GTID\n7417 ANNOTATE_ROWS\n7483 TABLE_MAP\n"
                              "7563 WRITE_ROWS_V1\n7642 XID\n");
    free(text);
    /* Without rows of the table, statements are what is left. */
    text = printed((struct asked){.files = {MYSQL}, .table = "no.table", .to = "1300"}, &err);
    assert_string_equal(text, "158 GTID\n235 QUERY\n337 GTID\n416 QUERY\n");
    free(text);
    /* Without GTIDs as with them. */
    text = printed((struct asked){.files = {OLD}, .table = "fx.decimals"}, &err);
    assert_non_null(strstr(text, "GTID\n"));
    assert_non_null(strstr(text, "DELETE_ROWS\n"));
    assert_null(strstr(text, "UPDATE_ROWS"));
    free(text);
}

/* ---- damaged files ---- */

struct copy {
    char path[64];
    uint8_t *bytes;
    size_t len;
};

static struct copy copy_of(const char *name)
{
    struct fixture f = fixture_open(name);
    struct copy c = {.bytes = f.bytes, .len = f.len};
    f.bytes = NULL;
    fixture_close(&f);
    snprintf(c.path, sizeof c.path, "/tmp/um-test-dump-%d", (int)getpid());
    return c;
}

static void save(const struct copy *c, size_t len)
{
    FILE *out = fopen(c->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(c->bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Cut anywhere: what is whole is printed, and the end is an error unless it is between events. */
static void a_file_that_is_cut_off_is_printed_up_to_there(void **state)
{
    (void)state;
    struct copy c = copy_of(MYSQL);
    struct um_err err;
    size_t begins[256], count = 0;
    for (size_t at = 4; at < c.len; count++) {
        uint32_t size;
        begins[count] = at;
        memcpy(&size, c.bytes + at + 9, 4);
        at += size;
    }
    for (size_t len = 0; len < c.len; len += len < 1400 ? 7 : 131) {
        save(&c, len);
        char *text = printed((struct asked){.files = {c.path}}, &err);
        size_t whole = 0;
        while (whole + 1 < count && begins[whole + 1] <= len)
            whole++;
        bool between = len == 4 || begins[whole] == len;
        assert_int_equal(lines(text), len < begins[1] ? 0 : whole);
        assert_int_equal(err.id, len < 4   ? UM_E_BINLOG_FILE_FORM
                                 : between ? UM_E_NONE
                                           : UM_E_BINLOG_FILE_TRUNCATED);
        if (err.id == UM_E_BINLOG_FILE_TRUNCATED) {
            char offset[32];
            snprintf(offset, sizeof offset, "offset %zu:", begins[whole]);
            assert_non_null(strstr(err.text, offset));
            if (len >= begins[0] + UM_EVENT_HEADER)
                assert_non_null(strstr(err.text, "a server may be writing it"));
        }
        free(text);
    }
    unlink(c.path);
    free(c.bytes);
}

static void expect_damage(struct copy *c, size_t at, uint8_t with, enum um_err_id id,
                          const char *part)
{
    struct um_err err;
    uint8_t old = c->bytes[at];
    c->bytes[at] = with;
    save(c, c->len);
    free(printed((struct asked){.files = {c->path}}, &err));
    c->bytes[at] = old;
    assert_int_equal(err.id, id);
    if (!strstr(err.text, part))
        fail_msg("'%s' is not in: %s", part, err.text);
}

static void damage_is_named_with_its_place(void **state)
{
    (void)state;
    struct copy c = copy_of(MYSQL);
    expect_damage(&c, 1100, 0x99, UM_E_BINLOG_FILE_DAMAGED, "offset 1085: WRITE_ROWS event");
    expect_damage(&c, 158 + 9, 3, UM_E_BINLOG_FILE_DAMAGED, "offset 158: an event cannot have");
    expect_damage(&c, 158 + 12, 0x7f, UM_E_BINLOG_FILE_DAMAGED, "offset 158: an event cannot have");
    expect_damage(&c, 158 + 11, 0x70, UM_E_BINLOG_FILE_TRUNCATED, "offset 158: the file ends");
    expect_damage(&c, 0, 0xfd, UM_E_BINLOG_ENCRYPTED, "binlog_encryption");
    expect_damage(&c, 0, 0x00, UM_E_BINLOG_FILE_FORM, "begins with 00 62 69 6e");
    unlink(c.path);
    free(c.bytes);

    /* MariaDB says in plain text that the rest is not. */
    c = copy_of("stream-mariadb-11.8");
    size_t at = 4;
    while (c.bytes[at + 4] != UM_EV_MARIA_GTID_LIST)
        at += c.bytes[at + 9] | (size_t)c.bytes[at + 10] << 8;
    size_t covered = (c.bytes[at + 9] | (size_t)c.bytes[at + 10] << 8) - 4;
    c.bytes[at + 4] = UM_EV_MARIA_START_ENCRYPTION;
    uint32_t crc = (uint32_t)crc32_z(0, c.bytes + at, covered);
    memcpy(c.bytes + at + covered, &crc, sizeof crc);
    expect_damage(&c, 0, 0xfe, UM_E_BINLOG_ENCRYPTED, "the rest of the file is encrypted");
    unlink(c.path);
    free(c.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_text_where_they_can_be),
        cmocka_unit_test(numbers_give_themselves_again),
        cmocka_unit_test(places_are_told_apart),
        cmocka_unit_test(a_set_may_have_several_lines),
        cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(positions_cut_between_events),
        cmocka_unit_test(a_gtid_names_one_transaction),
        cmocka_unit_test(sets_choose_transactions),
        cmocka_unit_test(times_keep_transactions_whole),
        cmocka_unit_test(a_table_comes_with_its_frame),
        cmocka_unit_test(a_file_that_is_cut_off_is_printed_up_to_there),
        cmocka_unit_test(damage_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
