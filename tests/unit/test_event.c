#include "binlog/event.h"
/* links: um_binlog um_change um_base */

#include "binlog_fixture.h"
#include "made_event.h"

static const char *const fixtures[] = {
    "types-mysql-9.7",     "types-mysql-5.6",     "types-mariadb-11.8",
    "mysql-9.7",           "mariadb-11.8",        "stream-mysql-9.7",
    "stream-mariadb-11.8", "statement-mysql-9.7", "statement-mariadb-11.8",
};

/* Every event's checksum holds, and every QUERY and GTID of every server can be read. */
static void reads_all_fixtures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        struct fixture f = fixture_open(fixtures[i]);
        size_t gtids = 0;
        while (fixture_next(&f)) {
            struct um_err err = {0};
            struct um_query q;
            struct um_gtid_event g;
            int rc = 0;
            bool gtid = f.ev.type == UM_EV_GTID || f.ev.type == UM_EV_GTID_TAGGED ||
                        f.ev.type == UM_EV_MARIA_GTID;
            if (f.ev.type == UM_EV_QUERY)
                rc = um_event_query(&f.format, &f.ev, &q, &err);
            else if (gtid)
                rc = um_event_gtid(&f.format, &f.ev, &g, &err);
            if (rc)
                fail_msg("%s: %s", fixtures[i], err.text);
            gtids += gtid;
        }
        assert_true(gtids > 0 || strcmp(fixtures[i], "stream-mariadb-11.8") == 0);
        fixture_close(&f);
    }
}

static void formats(void **state)
{
    (void)state;
    struct fixture f = fixture_open("types-mysql-9.7");
    fixture_find(&f, UM_EV_FORMAT_DESCRIPTION);
    assert_int_equal(f.ev.flags & 1, 1); /* in use; its checksum holds all the same */
    assert_true(f.format.known && f.format.checksum && !f.format.mariadb);
    assert_string_equal(f.format.server_version, "9.7.4-2");
    assert_int_equal(f.format.version, 4);
    assert_int_equal(f.format.header_len[UM_EV_QUERY], 13);
    assert_int_equal(f.format.header_len[UM_EV_WRITE_ROWS], 10);
    assert_int_equal(f.format.header_len[UM_EV_MARIA_GTID], 0xff);
    fixture_close(&f);
    f = fixture_open("types-mariadb-11.8");
    fixture_find(&f, UM_EV_FORMAT_DESCRIPTION);
    assert_true(f.format.known && f.format.checksum && f.format.mariadb);
    assert_int_equal(f.format.header_len[UM_EV_WRITE_ROWS_V1], 8);
    assert_int_equal(f.format.header_len[UM_EV_MARIA_GTID], 19);
    fixture_close(&f);
}

/* A real server's format description without checksums, with one place overwritten and cut off. */
static int format_with(size_t at, const char *bytes, size_t len, size_t cut,
                       struct um_binlog_format *format, struct um_err *err)
{
    struct fixture f = fixture_open("types-mysql-9.7");
    fixture_find(&f, UM_EV_FORMAT_DESCRIPTION);
    uint32_t size = f.ev.size - (uint32_t)cut;
    uint8_t *made = calloc(1, size);
    struct um_event ev;
    memcpy(made, f.copy, size);
    memcpy(made + 9, &size, 4);
    if (!cut)
        made[size - 5] = 0; /* the algorithm */
    if (len)
        memcpy(made + at, bytes, len);
    *format = (struct um_binlog_format){0};
    *err = (struct um_err){0};
    int rc = um_event_parse(format, made, size, &ev, err);
    free(made);
    fixture_close(&f);
    return rc;
}

static void refuse_format(size_t at, const char *bytes, size_t len, size_t cut, unsigned id,
                          const char *why)
{
    struct um_binlog_format format;
    struct um_err err;
    assert_int_equal(format_with(at, bytes, len, cut, &format, &err), -1);
    assert_int_equal(err.id, id);
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
    assert_false(format.known);
}

static void other_formats(void **state)
{
    enum { VERSION = 19, SERVER = 21, HEADER = 75, TYPES = 76, SIZE = 123, ALGORITHM = SIZE - 5 };
    (void)state;
    struct um_binlog_format format;
    struct um_err err;
    assert_int_equal(format_with(0, "", 0, 0, &format, &err), 0);
    assert_false(format.checksum);
    assert_false(format.mariadb);
    /* As MariaDB 10 names itself to replicas of its time. */
    assert_int_equal(format_with(SERVER, "5.5.5-10.6.1-MariaDB", 21, 0, &format, &err), 0);
    assert_true(format.mariadb);
    assert_int_equal(format.header_len[ALGORITHM - TYPES + 1], 0xff);
    /* Before checksums were: what they would take is a part of the list. */
    assert_int_equal(format_with(SERVER, "5.5.60-log", 11, 0, &format, &err), 0);
    assert_int_equal(format.header_len[ALGORITHM - TYPES + 1], 0);
    refuse_format(SERVER, "no number", 10, 0, UM_E_EVENT_MALFORMED, "names no server version");
    refuse_format(SERVER, "9.999.1", 8, 0, UM_E_EVENT_MALFORMED, "names no server version");
    refuse_format(VERSION, "\3", 1, 0, UM_E_EVENT_UNSUPPORTED, "format version 3");
    refuse_format(HEADER, "\x0d", 1, 0, UM_E_EVENT_UNSUPPORTED, "13-byte headers");
    refuse_format(ALGORITHM, "\2", 1, 0, UM_E_EVENT_UNSUPPORTED, "checksum algorithm 2");
    refuse_format(0, "", 0, SIZE - HEADER, UM_E_EVENT_MALFORMED, "shorter than its 57 fixed");
    refuse_format(0, "", 0, SIZE - TYPES - 4, UM_E_EVENT_MALFORMED, "no room for the checksum");
}

static void too_many_event_types(void **state)
{
    (void)state;
    struct um_binlog_format f = {0};
    struct um_event ev;
    struct um_err err;
    uint8_t bytes[19 + 57 + 256] = {[4] = UM_EV_FORMAT_DESCRIPTION,
                                    [9] = sizeof bytes & 0xff,
                                    [10] = sizeof bytes >> 8,
                                    [19] = 4,
                                    [75] = 19};
    strcpy((char *)bytes + 21, "5.2.0");
    assert_int_equal(um_event_parse(&f, bytes, sizeof bytes, &ev, &err), -1);
    assert_non_null(strstr(err.text, "lists 256 event types"));
    bytes[9]--;
    assert_int_equal(um_event_parse(&f, bytes, sizeof bytes - 1, &ev, &err), 0);
}

/* Any flipped bit in any event is noticed. */
static void checksums(void **state)
{
    (void)state;
    struct fixture f = fixture_open("types-mysql-5.6");
    while (fixture_next(&f)) {
        uint32_t size = f.ev.size;
        for (uint32_t at = 0; at < size; at += at < 40 ? 1 : 13) {
            struct um_binlog_format format = f.format;
            struct um_event ev;
            struct um_err err = {0};
            bool length = at >= 9 && at < 13, type = at == 4;
            /* The version is what says that there is a checksum at all. */
            bool version = f.ev.type == UM_EV_FORMAT_DESCRIPTION && at >= 21 && at < 71;
            if (length || type || version)
                continue;
            f.copy[at] ^= 0x10;
            assert_int_equal(um_event_parse(&format, f.copy, size, &ev, &err), -1);
            assert_true(err.id == UM_E_EVENT_CHECKSUM || err.id == UM_E_EVENT_UNSUPPORTED);
            f.copy[at] ^= 0x10;
        }
    }
    fixture_close(&f);
}

static int parse_bytes(struct um_binlog_format *f, uint8_t *bytes, size_t len, struct um_event *ev,
                       struct um_err *err)
{
    *err = (struct um_err){0};
    return um_event_parse(f, bytes, len, ev, err);
}

static void bad_sizes(void **state)
{
    (void)state;
    struct um_binlog_format f = {.known = true};
    struct um_event ev;
    struct um_err err;
    uint8_t bytes[32] = {[4] = UM_EV_XID, [9] = 31};
    assert_int_equal(parse_bytes(&f, bytes, 5, &ev, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    assert_int_equal(parse_bytes(&f, bytes, 32, &ev, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    assert_int_equal(parse_bytes(&f, bytes, 31, &ev, &err), 0);
    assert_int_equal(ev.body_len, 12);
    f = (struct um_binlog_format){0};
    assert_int_equal(parse_bytes(&f, bytes, 31, &ev, &err), -1);
    assert_non_null(strstr(err.text, "format description"));
    bytes[4] = 1;
    assert_int_equal(parse_bytes(&f, bytes, 31, &ev, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
    assert_non_null(strstr(err.text, "START_V3"));
}

/* Too short for the checksum that the stream has, ordinary and made up on the way. */
static void no_room_for_a_checksum(void **state)
{
    (void)state;
    static const uint8_t types[] = {UM_EV_XID, UM_EV_HEARTBEAT, UM_EV_HEARTBEAT_V2};
    for (size_t i = 0; i < sizeof types; i++) {
        struct um_binlog_format f = {.known = true, .checksum = true};
        struct um_event ev;
        struct um_err err;
        uint8_t bytes[22] = {[4] = types[i], [9] = 22};
        assert_int_equal(parse_bytes(&f, bytes, sizeof bytes, &ev, &err), -1);
        assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
        assert_non_null(strstr(err.text, "no room for its checksum"));
    }
}

static void rotates(void **state)
{
    (void)state;
    struct um_rotate r;
    struct um_err err = {0};
    struct fixture f = fixture_open("stream-mysql-9.7");
    fixture_find(&f, UM_EV_ROTATE); /* artificial, before the format is known, with a CRC */
    assert_int_equal(um_event_rotate(&f.ev, &r, &err), 0);
    assert_string_equal(r.file, "binlog.000001");
    assert_int_equal(r.position, 4);
    fixture_find(&f, UM_EV_ROTATE); /* the real one */
    assert_int_equal(um_event_rotate(&f.ev, &r, &err), 0);
    assert_string_equal(r.file, "binlog.000002");
    fixture_find(&f, UM_EV_ROTATE); /* and the artificial one that follows it */
    assert_int_equal(f.ev.flags & UM_EVENT_FLAG_ARTIFICIAL, UM_EVENT_FLAG_ARTIFICIAL);
    assert_int_equal(um_event_rotate(&f.ev, &r, &err), 0);
    assert_string_equal(r.file, "binlog.000002");
    fixture_close(&f);

    f = fixture_open("stream-mariadb-11.8"); /* artificial and without a CRC */
    fixture_find(&f, UM_EV_ROTATE);
    assert_int_equal(um_event_rotate(&f.ev, &r, &err), 0);
    assert_string_equal(r.file, "binlog.000002");
    fixture_close(&f);

    struct made m;
    MAKE(&m, UM_EV_ROTATE, "\x05\0\0\0\x01\0\0\0x.000001");
    assert_int_equal(um_event_rotate(&m.ev, &r, &err), 0);
    assert_true(r.position == 0x100000005);
    MAKE(&m, UM_EV_ROTATE, "\x04\0\0\0\0\0\0\0");
    assert_int_equal(um_event_rotate(&m.ev, &r, &err), -1);
    MAKE(&m, UM_EV_ROTATE, "\x04\0\0\0\0\0\0\0a\0b");
    assert_int_equal(um_event_rotate(&m.ev, &r, &err), -1);
    MAKE(&m, UM_EV_ROTATE, "\x04\0\0");
    assert_int_equal(um_event_rotate(&m.ev, &r, &err), -1);
}

/* A stream that has checksums still gets artificial events without, and damaged ones. */
static void artificial_in_checksum_stream(void **state)
{
    (void)state;
    struct um_binlog_format f = {.known = true, .checksum = true};
    struct um_event ev;
    struct um_err err;
    uint8_t bytes[] =
        "\0\0\0\0\x04\x01\0\0\0\x2c\0\0\0\0\0\0\0\x20\0\x04\0\0\0\0\0\0\0binlog.000001";
    bytes[9] = sizeof bytes - 1;
    assert_int_equal(parse_bytes(&f, bytes, sizeof bytes - 1, &ev, &err), 0);
    assert_int_equal(ev.body_len, 8 + 13);
    bytes[sizeof bytes - 2] = 0x7f;
    assert_int_equal(parse_bytes(&f, bytes, sizeof bytes - 1, &ev, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_CHECKSUM);
}

static void heartbeats(void **state)
{
    (void)state;
    struct um_heartbeat h;
    struct um_err err = {0};
    struct fixture f = fixture_open("stream-mysql-9.7");
    fixture_find(&f, UM_EV_HEARTBEAT_V2);
    assert_int_equal(um_event_heartbeat(&f.format, &f.ev, &h, &err), 0);
    assert_string_equal(h.file, "binlog.000001");
    assert_int_equal(h.position, 10075);
    fixture_close(&f);
    f = fixture_open("stream-mariadb-11.8");
    fixture_find(&f, UM_EV_HEARTBEAT);
    assert_int_equal(um_event_heartbeat(&f.format, &f.ev, &h, &err), 0);
    assert_string_equal(h.file, "binlog.000002");
    assert_int_equal(h.position, 395);
    fixture_close(&f);

    struct made m;
    MAKE(&m, UM_EV_HEARTBEAT, "\x01\0\0\0\x02\0\0\0b.000009"); /* beyond 4 GiB */
    m.format.mariadb = true;
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), 0);
    assert_string_equal(h.file, "b.000009");
    assert_true(h.position == 0x200000001);
    MAKE(&m, UM_EV_HEARTBEAT_V2,
         "\x07\x02xx\x02\x09\xfe\x01\0\0\0\x02\0\0\0\x01\x08"
         "b.000009\0");
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), 0);
    assert_string_equal(h.file, "b.000009");
    assert_true(h.position == 0x200000001);
    MAKE(&m, UM_EV_HEARTBEAT_V2,
         "\x01\x09"
         "b.000009");
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), -1);
    MAKE(&m, UM_EV_HEARTBEAT_V2, "\x02\x01\x04\0");
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), -1);
    assert_non_null(strstr(err.text, "names no binlog file"));
    MAKE(&m, UM_EV_HEARTBEAT_V2,
         "\x01\x03"
         "a\0b");
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), -1);
    assert_non_null(strstr(err.text, "no binlog file name"));
    MAKE(&m, UM_EV_HEARTBEAT_V2, "\x02\x02\xfe\x01");
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), -1);
    assert_non_null(strstr(err.text, "position is cut off"));
    MAKE(&m, UM_EV_HEARTBEAT, "\x01\0\0\0");
    m.format.mariadb = true;
    assert_int_equal(um_event_heartbeat(&m.format, &m.ev, &h, &err), -1);
    assert_non_null(strstr(err.text, "ends within its position"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_fixtures),
        cmocka_unit_test(formats),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(too_many_event_types),
        cmocka_unit_test(checksums),
        cmocka_unit_test(bad_sizes),
        cmocka_unit_test(no_room_for_a_checksum),
        cmocka_unit_test(rotates),
        cmocka_unit_test(artificial_in_checksum_stream),
        cmocka_unit_test(heartbeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
