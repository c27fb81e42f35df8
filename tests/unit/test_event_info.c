/* The bodies of events that change no rows: as servers write them, and cut off anywhere. */
/* links: um_binlog um_change um_base */
#include "binlog/event_info.h"

#include "base/buf.h"
#include "change/gtid.h"
#include "made_event.h"

static void assert_bytes(struct um_bytes b, const char *text)
{
    assert_int_equal(b.len, strlen(text));
    assert_memory_equal(b.p, text, b.len);
}

static void succeed(int rc, const struct um_err *err)
{
    if (rc != 0)
        fail_msg("%s", err->text);
}

/* ---- fixtures/binlog/statement.sql says what has to come out ---- */

static const char *const statements[] = {"statement-mysql-9.7", "statement-mariadb-11.8"};
enum { FILES = sizeof statements / sizeof *statements };

static void next_intvar(struct fixture *f, bool last_insert_id, uint64_t value)
{
    struct um_intvar v;
    struct um_err err;
    fixture_find(f, UM_EV_INTVAR);
    succeed(um_event_intvar(&f->ev, &v, &err), &err);
    assert_int_equal(v.last_insert_id, last_insert_id);
    assert_true(v.value == value);
}

static void counters(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        struct fixture f = fixture_open(statements[i]);
        next_intvar(&f, false, 1);
        next_intvar(&f, true, 1);
        next_intvar(&f, false, 2);
        next_intvar(&f, false, 18446744073709551000U);
        fixture_close(&f);
    }
}

static void seeds(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        struct um_rand r;
        struct um_err err;
        struct fixture f = fixture_open(statements[i]);
        fixture_find(&f, UM_EV_RAND);
        succeed(um_event_rand(&f.ev, &r, &err), &err);
        assert_int_equal(r.seed1, 123456789);
        assert_int_equal(r.seed2, 987654321);
        fixture_close(&f);
    }
}

static struct um_user_var next_variable(struct fixture *f, const char *name)
{
    struct um_user_var v;
    struct um_err err;
    fixture_find(f, UM_EV_USER_VAR);
    succeed(um_event_user_var(&f->ev, &v, &err), &err);
    assert_bytes(v.name, name);
    assert_int_equal(v.is_null, *name == 'n');
    return v;
}

static void variables(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        struct fixture f = fixture_open(statements[i]);
        struct um_user_var v = next_variable(&f, "s");
        assert_int_equal(v.type, UM_USER_STRING);
        assert_bytes(v.value, "Größe");
        assert_int_equal(v.collation, i == 0 ? 255 : 2304);
        v = next_variable(&f, "r");
        assert_int_equal(v.type, UM_USER_REAL);
        assert_true(v.d == -1.5e100);
        v = next_variable(&f, "i");
        assert_int_equal(v.type, UM_USER_INT);
        assert_true(!v.is_unsigned && v.i == INT64_MIN);
        v = next_variable(&f, "u");
        assert_true(v.is_unsigned && (uint64_t)v.i == UINT64_MAX);
        v = next_variable(&f, "d");
        assert_int_equal(v.type, UM_USER_DECIMAL);
        assert_int_equal(v.precision, 21);
        assert_int_equal(v.scale, 10);
        assert_int_equal(v.value.len, 10);
        assert_int_equal(v.value.p[0], 0xff ^ 0x80 ^ 12); /* negative, and 12 in front */
        next_variable(&f, "n");
        fixture_close(&f);
    }
}

static void load_data(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        struct um_load l;
        struct um_query q;
        struct um_err err;
        struct fixture f = fixture_open(statements[i]);
        fixture_find(&f, UM_EV_BEGIN_LOAD_QUERY);
        succeed(um_event_load(&f.ev, &l, &err), &err);
        assert_int_equal(l.file_id, 1);
        assert_bytes(l.block, "201\tone\n202\ttwo\n");
        fixture_find(&f, UM_EV_EXECUTE_LOAD_QUERY);
        succeed(um_event_load(&f.ev, &l, &err), &err);
        assert_int_equal(l.file_id, 1);
        assert_int_equal(l.block.len, 0);
        succeed(um_event_query(&f.format, &f.ev, &q, &err), &err);
        assert_memory_equal(q.statement, "LOAD DATA INFILE 'rows.txt'", 27);
        fixture_close(&f);
    }
    struct made m;
    struct um_load l;
    struct um_err err;
    MAKE(&m, UM_EV_APPEND_BLOCK, "\x02\x01\0\0more");
    succeed(um_event_load(&m.ev, &l, &err), &err);
    assert_int_equal(l.file_id, 0x102);
    assert_bytes(l.block, "more");
    MAKE(&m, UM_EV_DELETE_FILE, "\x09\0\0\0");
    succeed(um_event_load(&m.ev, &l, &err), &err);
    assert_int_equal(l.file_id, 9);
}

static void distributed_transactions(void **state)
{
    (void)state;
    struct um_xa_prepare x;
    struct um_err err;
    for (int i = 0; i < FILES; i++) {
        struct fixture f = fixture_open(statements[i]);
        fixture_find(&f, UM_EV_XA_PREPARE);
        succeed(um_event_xa_prepare(&f.ev, &x, &err), &err);
        assert_false(x.one_phase);
        assert_int_equal(x.format_id, 7);
        assert_bytes(x.global, "global");
        assert_bytes(x.branch, "branch");
        if (i == 0) { /* MariaDB logs a one-phase commit as an ordinary transaction */
            fixture_find(&f, UM_EV_XA_PREPARE);
            succeed(um_event_xa_prepare(&f.ev, &x, &err), &err);
            assert_true(x.one_phase);
            assert_bytes(x.global, "short");
            assert_bytes(x.branch, "");
        }
        fixture_close(&f);
    }
}

static void commits(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        uint64_t xid = 0, before = 0;
        struct um_err err;
        struct fixture f = fixture_open(statements[i]);
        for (int n = 0; n < 5; n++, before = xid) {
            fixture_find(&f, UM_EV_XID);
            succeed(um_event_xid(&f.ev, &xid, &err), &err);
            assert_true(xid > before && xid < 1000); /* a server counts statements */
        }
        fixture_close(&f);
    }
}

static void statements_of_rows(void **state)
{
    (void)state;
    struct um_bytes text;
    struct um_err err;
    struct fixture f = fixture_open("mysql-9.7");
    fixture_find(&f, UM_EV_ROWS_QUERY);
    succeed(um_event_rows_statement(&f.ev, &text, &err), &err);
    assert_memory_equal(text.p, "INSERT INTO kinds VALUES", 24);
    fixture_close(&f);
    f = fixture_open("mariadb-11.8");
    fixture_find(&f, UM_EV_MARIA_ANNOTATE);
    succeed(um_event_rows_statement(&f.ev, &text, &err), &err);
    assert_memory_equal(text.p, "INSERT INTO old_temporals VALUES", 32);
    fixture_close(&f);
}

static void checkpoints(void **state)
{
    (void)state;
    struct um_bytes file;
    struct um_err err;
    struct fixture f = fixture_open("mariadb-11.8");
    fixture_find(&f, UM_EV_MARIA_CHECKPOINT);
    succeed(um_event_checkpoint(&f.ev, &file, &err), &err);
    assert_bytes(file, "binlog.000001");
    fixture_close(&f);
}

static void incidents(void **state)
{
    (void)state;
    struct made m;
    struct um_incident i;
    struct um_err err;
    MAKE(&m, UM_EV_INCIDENT, "\x01\0\x0aLOST\nGTIDS");
    succeed(um_event_incident(&m.ev, &i, &err), &err);
    assert_int_equal(i.number, 1);
    assert_bytes(i.message, "LOST\nGTIDS");
}

/* ---- what lies before a file ---- */

static void assert_before(const struct um_event *ev, const char *gtids)
{
    struct um_buf out = {0};
    struct um_err err;
    succeed(um_event_gtids_before(ev, &out, &err), &err);
    assert_string_equal(out.data ? out.data : "", gtids);
    um_buf_free(&out);
}

#define UUID_A "\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define TEXT_A "aa000000-0000-0000-0000-000000000000"

static void gtids_before(void **state)
{
    (void)state;
    struct made m;
    struct fixture f = fixture_open("types-mysql-9.7");
    fixture_find(&f, UM_EV_PREVIOUS_GTIDS);
    assert_before(&f.ev, "");
    fixture_close(&f);
    /* As COM_BINLOG_DUMP_GTID has it: sources, each with intervals whose ends are exclusive. */
    MAKE(&m, UM_EV_PREVIOUS_GTIDS,
         "\x01\0\0\0\0\0\0\0" UUID_A "\x02\0\0\0\0\0\0\0"
         "\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0");
    assert_before(&m.ev, TEXT_A ":1-5:9");
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, "\x01\0\0\0\0\0\0\0" UUID_A "\0\0\0\0\0\0\0\0");
    assert_before(&m.ev, ""); /* a source of nothing */
    /* With tags: the format in the top byte, the number in the six below it but one. */
    MAKE(&m, UM_EV_PREVIOUS_GTIDS,
         "\x01\x02\0\0\0\0\0\x01" UUID_A
         "\x00\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0" UUID_A "\x08"
         "blue\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0");
    assert_before(&m.ev, TEXT_A ":1-2:blue:7");
    MAKE(&m, UM_EV_MARIA_GTID_LIST,
         "\x02\0\0\x10" /* with a flag */
         "\x01\0\0\0\x09\0\0\0\x05\0\0\0\x01\0\0\0\x02\0\0\0\x08\0\0\0\x06\0\0\0\0\0\0\0");
    assert_before(&m.ev, "1-9-4294967301,2-8-6");
    f = fixture_open("stream-mariadb-11.8");
    fixture_find(&f, UM_EV_MARIA_GTID_LIST);
    struct um_buf out = {0};
    struct um_err err;
    succeed(um_event_gtids_before(&f.ev, &out, &err), &err);
    /* What mariadb.sql wrote last in each domain. */
    assert_non_null(strstr(out.data, "4294967295-77-18446744073709551000"));
    um_buf_free(&out);
    fixture_close(&f);
}

static void refuse_before(struct made *m)
{
    struct um_buf out = {0};
    struct um_err err;
    assert_int_equal(um_event_gtids_before(&m->ev, &out, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    um_buf_free(&out);
}

static void impossible_gtids_before(void **state)
{
    (void)state;
    struct made m;
#define ONE_INTERVAL(first, behind) "\x01\0\0\0\0\0\0\0" UUID_A "\x01\0\0\0\0\0\0\0" first behind
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, ONE_INTERVAL("\0\0\0\0\0\0\0\0", "\1\0\0\0\0\0\0\0"));
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, ONE_INTERVAL("\2\0\0\0\0\0\0\0", "\2\0\0\0\0\0\0\0"));
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, ONE_INTERVAL("\2\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\x80"));
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, ONE_INTERVAL("\2\0\0\0\0\0\0\0", "\3\0\0\0"));
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS, "\0\0\0\0\0\0\0\2"); /* a format that does not exist */
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS,
         "\x01\x01\0\0\0\0\0\x01" UUID_A "\x08"
         "1lue\0\0\0\0\0\0\0\0");
    refuse_before(&m);
    MAKE(&m, UM_EV_PREVIOUS_GTIDS,
         "\x01\x01\0\0\0\0\0\x01" UUID_A "\x02"
         "B\0\0\0\0\0\0\0\0");
    refuse_before(&m); /* servers store tags in lower case */
    MAKE(&m, UM_EV_MARIA_GTID_LIST, "\x02\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0");
    refuse_before(&m);
}

/* ---- cut off ---- */

static int read_any(const struct um_event *ev, struct um_err *err)
{
    union {
        uint64_t xid;
        struct um_bytes bytes;
        struct um_intvar intvar;
        struct um_rand rand;
        struct um_user_var user_var;
        struct um_xa_prepare xa;
        struct um_incident incident;
        struct um_load load;
    } out;
    switch (ev->type) {
    case UM_EV_XID:
        return um_event_xid(ev, &out.xid, err);
    case UM_EV_ROWS_QUERY:
        return um_event_rows_statement(ev, &out.bytes, err);
    case UM_EV_INTVAR:
        return um_event_intvar(ev, &out.intvar, err);
    case UM_EV_RAND:
        return um_event_rand(ev, &out.rand, err);
    case UM_EV_USER_VAR:
        return um_event_user_var(ev, &out.user_var, err);
    case UM_EV_XA_PREPARE:
        return um_event_xa_prepare(ev, &out.xa, err);
    case UM_EV_INCIDENT:
        return um_event_incident(ev, &out.incident, err);
    case UM_EV_MARIA_CHECKPOINT:
        return um_event_checkpoint(ev, &out.bytes, err);
    default:
        return um_event_load(ev, &out.load, err);
    }
}

/* Each whole, and at no length below `least`. */
static void cut_off_anywhere(void **state)
{
    (void)state;
    static const struct {
        unsigned type, least;
        const char *body;
        size_t len;
    } events[] = {
#define EVENT(type, least, literal) {type, least, literal, sizeof(literal) - 1}
        EVENT(UM_EV_XID, 8, "\1\0\0\0\0\0\0\0"),
        EVENT(UM_EV_ROWS_QUERY, 1, "\x05QUERY"),
        EVENT(UM_EV_INTVAR, 9, "\1\1\0\0\0\0\0\0\0"),
        EVENT(UM_EV_RAND, 16, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"),
        EVENT(UM_EV_USER_VAR, 6, "\1\0\0\0v\1"),
        EVENT(UM_EV_USER_VAR, 17, "\1\0\0\0v\0\0\x21\0\0\0\3\0\0\0abc\0"),
        EVENT(UM_EV_XA_PREPARE, 15, "\0\1\0\0\0\1\0\0\0\1\0\0\0gb"),
        EVENT(UM_EV_INCIDENT, 6, "\1\0\3abc"),
        EVENT(UM_EV_MARIA_CHECKPOINT, 7, "\3\0\0\0abc"),
        EVENT(UM_EV_APPEND_BLOCK, 4, "\1\0\0\0block"),
        EVENT(UM_EV_DELETE_FILE, 4, "\1\0\0\0"),
        EVENT(UM_EV_EXECUTE_LOAD_QUERY, 17, "\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"),
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct um_err err = {0};
        struct made m;
        make(&m, events[i].type, events[i].body, events[i].len);
        if (read_any(&m.ev, &err) != 0)
            fail_msg("%s", err.text);
        for (size_t len = 0; len < events[i].least; len++) {
            make(&m, events[i].type, events[i].body, len);
            assert_int_equal(read_any(&m.ev, &err), -1);
            assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
        }
    }
}

static void refuse_any(struct made *m)
{
    struct um_err err = {0};
    assert_int_equal(read_any(&m->ev, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
}

static void impossible_values(void **state)
{
    (void)state;
    struct made m;
#define USER_VAR(type, len, value) "\1\0\0\0v\0" type "\x21\0\0\0" len "\0\0\0" value
    MAKE(&m, UM_EV_INTVAR, "\3\1\0\0\0\0\0\0\0");
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x01", "\4", "1234")); /* a REAL of four bytes */
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x02", "\4", "1234"));
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x03", "\4", "1234")); /* ROW_RESULT is no value */
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x04", "\3", "\x05\x06\x80")); /* scale over precision */
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x04", "\1", "\x05"));
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x04", "\3", "\x00\x00\x80"));
    refuse_any(&m);
    MAKE(&m, UM_EV_USER_VAR, USER_VAR("\x04", "\3", "\x52\x00\x80")); /* more than 81 digits */
    refuse_any(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters),
        cmocka_unit_test(seeds),
        cmocka_unit_test(variables),
        cmocka_unit_test(load_data),
        cmocka_unit_test(distributed_transactions),
        cmocka_unit_test(commits),
        cmocka_unit_test(statements_of_rows),
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(incidents),
        cmocka_unit_test(gtids_before),
        cmocka_unit_test(impossible_gtids_before),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(impossible_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
