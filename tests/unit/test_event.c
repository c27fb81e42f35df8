#include "binlog/event.h"
/* links: um_binlog um_change um_base */

#include "binlog_fixture.h"

static const char *const fixtures[] = {
    "types-mysql-9.7", "types-mysql-5.6",  "types-mariadb-11.8",  "mysql-9.7",
    "mariadb-11.8",    "stream-mysql-9.7", "stream-mariadb-11.8",
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
}

/* An event that is made here, for a stream without checksums. */
struct made {
    uint8_t bytes[512];
    struct um_binlog_format format;
    struct um_event ev;
};

static void make(struct made *m, unsigned type, const char *body, size_t len)
{
    struct um_err err = {0};
    m->format = (struct um_binlog_format){.known = true};
    memset(m->format.header_len, 0xff, sizeof m->format.header_len);
    strcpy(m->format.server_version, "made");
    memset(m->bytes, 0, UM_EVENT_HEADER);
    m->bytes[0] = 1;
    m->bytes[4] = (uint8_t)type;
    m->bytes[5] = 9;
    m->bytes[9] = (uint8_t)(UM_EVENT_HEADER + len);
    m->bytes[10] = (uint8_t)((UM_EVENT_HEADER + len) >> 8);
    memcpy(m->bytes + UM_EVENT_HEADER, body, len);
    if (um_event_parse(&m->format, m->bytes, UM_EVENT_HEADER + len, &m->ev, &err))
        fail_msg("%s", err.text);
}
#define MAKE(m, type, literal) make(m, type, literal, sizeof(literal) - 1)

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
}

static void next_gtid(struct fixture *f, unsigned type, struct um_gtid_event *g, const char *text)
{
    struct um_err err = {0};
    struct um_buf out = {0};
    fixture_find(f, type);
    if (um_event_gtid(&f->format, &f->ev, g, &err))
        fail_msg("%s", err.text);
    um_gtid_print(&g->gtid, &out);
    assert_string_equal(out.data, text);
    um_buf_free(&out);
}

#define MY "3adfa1c9-e589-11f1-878c-02fc00000001:"

static void mysql_gtids(void **state)
{
    (void)state;
    struct um_gtid_event g;
    struct fixture f = fixture_open("mysql-9.7");
    next_gtid(&f, UM_EV_GTID, &g, MY "1");
    assert_int_equal(g.last_committed, 0);
    assert_int_equal(g.sequence_number, 1);
    assert_int_equal(g.transaction_length, 179); /* to the next GTID event, as the file has it */
    next_gtid(&f, UM_EV_GTID_TAGGED, &g, MY "blue:1");
    assert_int_equal(g.sequence_number, g.last_committed + 2);
    next_gtid(&f, UM_EV_GTID_TAGGED, &g,
              "fedcba98-7654-3210-ffff-8081fe7f0012:a_tag_of_exactly_32_characters_x:"
              "9223372036854775806");
    assert_true(g.transaction_length > f.ev.size);
    next_gtid(&f, UM_EV_GTID, &g, "fedcba98-7654-3210-ffff-8081fe7f0012:12345678901");
    next_gtid(&f, UM_EV_GTID, &g, MY "14");
    assert_true(g.commit_us == 1600000000123456); /* the original one, not this server's */
    fixture_close(&f);

    f = fixture_open("types-mysql-5.6");
    fixture_find(&f, UM_EV_GTID);
    struct um_err err = {0};
    assert_int_equal(um_event_gtid(&f.format, &f.ev, &g, &err), 0);
    assert_int_equal(g.gtid.sequence, 1);
    assert_int_equal(g.sequence_number + g.last_committed + g.transaction_length, 0);
    fixture_close(&f);
}

static void mariadb_gtids(void **state)
{
    (void)state;
    struct um_gtid_event g;
    struct fixture f = fixture_open("mariadb-11.8");
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-1");
    assert_true(g.standalone);
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-2");
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-3");
    assert_false(g.standalone);
    for (int i = 4; i <= 7; i++)
        fixture_find(&f, UM_EV_MARIA_GTID);
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "4294967295-77-18446744073709551000");
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-8");
    assert_true(g.maria_xa_prepared && !g.maria_xa_completed);
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-9");
    assert_true(!g.maria_xa_prepared && g.maria_xa_completed);
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-10");
    assert_true(g.maria_alter_start && !g.maria_alter_commit && !g.maria_alter_rollback);
    next_gtid(&f, UM_EV_MARIA_GTID, &g, "0-9-11");
    assert_true(!g.maria_alter_start && g.maria_alter_commit && !g.maria_alter_rollback);
    fixture_close(&f);
}

static void anonymous_gtid(void **state)
{
    (void)state;
    struct made m;
    struct um_gtid_event g;
    struct um_err err = {0};
#define UUID_0 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    /* Clock, both commit stamps (the first with the bit that says so), a length of three bytes. */
    MAKE(&m, UM_EV_ANONYMOUS_GTID,
         "\0" UUID_0 "\0\0\0\0\0\0\0\0\x02\x07\0\0\0\0\0\0\0"
         "\x08\0\0\0\0\0\0\0\x01\0\0\0\0\0\x80\x05\0\0\0\0\0\0"
         "\xfc\x34\x12");
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), 0);
    assert_int_equal(g.gtid.kind, UM_GTID_NONE);
    assert_int_equal(g.last_committed, 7);
    assert_int_equal(g.sequence_number, 8);
    assert_int_equal(g.commit_us, 5);
    assert_int_equal(g.transaction_length, 0x1234);
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 "\0\0\0\0\0\0\0\0");
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), -1);
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 "\x01\0\0");
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), -1);
}

/* The serialization's rule: a field above the known ones matters only if the event says so. */
static void tagged_unknown_field(void **state)
{
    (void)state;
    struct made m;
    struct um_gtid_event g;
    struct um_err err = {0};
#define ONES "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"
    MAKE(&m, UM_EV_GTID_TAGGED, "\x02\x3a\x00\x02" ONES "\x04\x04\x06\x02t\x28\xff\xff\xff");
    m.bytes[UM_EVENT_HEADER + 1] = (uint8_t)(m.ev.body_len << 1);
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), 0);
    assert_string_equal(g.gtid.tag, "t");
    assert_int_equal(g.gtid.sequence, 1);
    m.bytes[UM_EVENT_HEADER + 2] = 40;
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
}

static void query_fields(void **state)
{
    (void)state;
    struct um_query q;
    struct um_err err = {0};
    struct fixture f = fixture_open("types-mysql-9.7");
    fixture_find(&f, UM_EV_QUERY);
    assert_int_equal(um_event_query(&f.format, &f.ev, &q, &err), 0);
    assert_int_equal(q.statement_len, strlen("CREATE DATABASE fx"));
    assert_memory_equal(q.statement, "CREATE DATABASE fx", q.statement_len);
    assert_memory_equal(q.schema, "fx", q.schema_len);
    assert_true(q.has_sql_mode && q.sql_mode == 0);
    assert_int_equal(q.charset_client, 255);
    assert_int_equal(q.default_collation_utf8mb4, 255);
    assert_int_equal(q.explicit_defaults_timestamp, -1);
    bool unchecked = false, zone = false, explicit_defaults = false;
    while (fixture_next(&f)) {
        if (f.ev.type != UM_EV_QUERY)
            continue;
        assert_int_equal(um_event_query(&f.format, &f.ev, &q, &err), 0);
        assert_true(q.has_flags2);
        unchecked = unchecked ||
                    q.flags2 == (UM_QUERY_NO_FOREIGN_KEY_CHECKS | UM_QUERY_RELAXED_UNIQUE_CHECKS);
        zone = zone || strcmp(q.time_zone, "+00:00") == 0;
        explicit_defaults = explicit_defaults || q.explicit_defaults_timestamp == 1;
    }
    assert_true(unchecked && zone && explicit_defaults);
    fixture_close(&f);
}

#define QUERY_HEAD(status_len) "\x07\0\0\0\x02\0\0\0\x01\x05\0" status_len "\0"

static void query_status(void **state)
{
    (void)state;
    struct made m;
    struct um_query q;
    struct um_err err = {0};
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\0") "d\0SELECT 1");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), 0);
    assert_int_equal(q.thread_id, 7);
    assert_int_equal(q.exec_time, 2);
    assert_int_equal(q.error_code, 5);
    assert_memory_equal(q.statement, "SELECT 1", q.statement_len);
    assert_false(q.has_sql_mode);

    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\x05") "\x0c\x01xy\0d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), 0);
    MAKE(&m, UM_EV_QUERY,
         QUERY_HEAD("\x02") "\x0c\xfe"
                            "d\0BEGIN"); /* too many schemas to list */
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), 0);

    /* MariaDB's collations come before the character set, out of the order of codes. */
    const char maria[] = QUERY_HEAD("\x16") "\x83\x01\x2d\0\x00\x09\x04\x21\0\x22\0\x23\0"
                                            "\x82\x04\1\2\3\4\5\6\7\x08"
                                            "d\0ALTER";
    make(&m, UM_EV_QUERY, maria, sizeof maria - 1);
    m.bytes[UM_EVENT_HEADER + 11] = 23;
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
    assert_non_null(strstr(err.text, "131"));
    m.format.mariadb = true;
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), 0);
    assert_int_equal(q.collation_server, 0x23);
    assert_memory_equal(q.statement, "ALTER", q.statement_len);

    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\x03") "\xc8\1\1d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
    assert_non_null(strstr(err.text, "200"));
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\x03") "\x01\1\1d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\xf0") "d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
}

static void descriptions(void **state)
{
    (void)state;
    struct made m;
    char text[600];
    MAKE(&m, UM_EV_INCIDENT, "\x01\0\x0aLOST\nGTIDS");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "LOST GTIDS"));
    MAKE(&m, UM_EV_INCIDENT,
         "\x01\0\xff"
         "cut");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "incident 1"));
    MAKE(&m, UM_EV_INTVAR, "\x02\x2a\0\0\0\0\0\0\0");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "INSERT_ID = 42"));
    MAKE(&m, 250, "");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "unknown event (type 250"));
    um_event_describe(&m.ev, text, 10);
    assert_int_equal(strlen(text), 9);
    assert_string_equal(um_event_name(UM_EV_GTID_TAGGED), "GTID_TAGGED");
    assert_string_equal(um_event_name(171), "DELETE_ROWS_COMPRESSED");
    assert_string_equal(um_event_name(172), "unknown");
    assert_string_equal(um_event_name(43), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_fixtures),
        cmocka_unit_test(formats),
        cmocka_unit_test(checksums),
        cmocka_unit_test(bad_sizes),
        cmocka_unit_test(rotates),
        cmocka_unit_test(artificial_in_checksum_stream),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(mysql_gtids),
        cmocka_unit_test(mariadb_gtids),
        cmocka_unit_test(anonymous_gtid),
        cmocka_unit_test(tagged_unknown_field),
        cmocka_unit_test(query_fields),
        cmocka_unit_test(query_status),
        cmocka_unit_test(descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
