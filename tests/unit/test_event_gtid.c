/* GTIDs of every form: as servers write them, cut off and impossible. */
/* links: um_binlog um_change um_base */
#include "binlog/event.h"

#include "base/buf.h"
#include "made_event.h"

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

static void refuse_gtid(struct made *m, const char *why)
{
    struct um_gtid_event g;
    struct um_err err = {0};
    assert_int_equal(um_event_gtid(&m->format, &m->ev, &g, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
}

static void gtids_cut_off(void **state)
{
    (void)state;
    struct made m;
    struct um_gtid_event g;
    struct um_err err = {0};
#define NUMBER_7 "\7\0\0\0\0\0\0\0"
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 NUMBER_7 "\x02" NUMBER_7 "\1\0");
    refuse_gtid(&m, "logical clock");
    /* 5.7: a clock and nothing behind it. */
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 NUMBER_7 "\x02" NUMBER_7 NUMBER_7);
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), 0);
    assert_int_equal(g.last_committed, 7);
    assert_int_equal(g.commit_us, 0);
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 NUMBER_7 "\x02" NUMBER_7 NUMBER_7 "\1\0\0\0\0\0\x80\5");
    refuse_gtid(&m, "commit stamps");
    MAKE(&m, UM_EV_GTID, "\0" UUID_0 NUMBER_7 "\x02" NUMBER_7 NUMBER_7 "\1\0\0\0\0\0\0\xfc\1");
    refuse_gtid(&m, "commit stamps");
}

/* Format 1, its size set right, and fields. */
static void make_tagged(struct made *m, const char *fields, size_t len)
{
    char body[64] = {2, (char)((3 + len) << 1), 0};
    memcpy(body + 3, fields, len);
    make(m, UM_EV_GTID_TAGGED, body, 3 + len);
}
#define MAKE_TAGGED(m, literal) make_tagged(m, literal, sizeof(literal) - 1)

static void impossible_tagged_gtids(void **state)
{
    (void)state;
    struct made m;
    struct um_gtid_event g;
    struct um_err err = {0};
    MAKE_TAGGED(&m, "\x02" ONES "\x04\x04\x06\x02t\x08\x08\x0a\x0c");
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), 0);
    assert_int_equal(g.last_committed, 2);
    assert_int_equal(g.sequence_number, 3);
    m.bytes[UM_EVENT_HEADER + 1] += 2;
    refuse_gtid(&m, "says that it has");
    m.bytes[UM_EVENT_HEADER + 1] = 2;
    refuse_gtid(&m, "says that it has");
    MAKE_TAGGED(&m, "\x02" ONES "\x04\x04\x06\x021");
    refuse_gtid(&m, "field 3 is cut off"); /* no tag begins with a digit */
    MAKE_TAGGED(&m, "\x02" ONES "\x04\x04\x06\x04t");
    refuse_gtid(&m, "field 3 is cut off");
    MAKE_TAGGED(&m, "\x04\x04\x02" ONES);
    refuse_gtid(&m, "field 1 is out of order");
    MAKE_TAGGED(&m, "\x02" ONES "\x04\0");
    refuse_gtid(&m, "sequence number is 0");
}

static void mariadb_gtids_cut_off(void **state)
{
    (void)state;
    struct made m;
    struct um_gtid_event g;
    struct um_err err = {0};
#define DOMAIN_1 "\1\0\0\0"
    MAKE(&m, UM_EV_MARIA_GTID, NUMBER_7 DOMAIN_1 "\2" NUMBER_7); /* of a group commit, 10.5 */
    assert_int_equal(um_event_gtid(&m.format, &m.ev, &g, &err), 0);
    assert_true(g.gtid.domain == 1 && g.gtid.sequence == 7 && g.gtid.server_id == 9);
    MAKE(&m, UM_EV_MARIA_GTID, NUMBER_7 DOMAIN_1 "\2\1\0\0");
    refuse_gtid(&m, "its flags 02");
    MAKE(&m, UM_EV_MARIA_GTID, NUMBER_7 DOMAIN_1 "\x40\1\0\0\0\1\2gb");
    refuse_gtid(&m, "its flags 40");
    MAKE(&m, UM_EV_MARIA_GTID, NUMBER_7 DOMAIN_1 "\0\4\1\0");
    refuse_gtid(&m, "its extra flags 04");
    MAKE(&m, UM_EV_MARIA_GTID, NUMBER_7 DOMAIN_1 "\0\1");
    refuse_gtid(&m, "its extra flags 01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql_gtids),           cmocka_unit_test(mariadb_gtids),
        cmocka_unit_test(anonymous_gtid),        cmocka_unit_test(tagged_unknown_field),
        cmocka_unit_test(gtids_cut_off),         cmocka_unit_test(impossible_tagged_gtids),
        cmocka_unit_test(mariadb_gtids_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
