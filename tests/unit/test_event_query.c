/* Statements and what they depend on: the status variables of every server, in any order. */
/* links: um_binlog um_change um_base */
#include "binlog/event.h"

#include "base/buf.h"
#include "made_event.h"

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
    m.format.mariadb = true;
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_UNSUPPORTED);
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\x03") "\x01\1\1d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\xf0") "d\0BEGIN");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
}

/* ---- each status variable ---- */

static const struct variable {
    const char *bytes; /* the code, then the value */
    size_t len;
    bool maria;
} variables[] = {
#define VARIABLE(literal)                                                                          \
    {                                                                                              \
        literal, sizeof(literal) - 1, false                                                        \
    }
#define MARIA_VARIABLE(literal)                                                                    \
    {                                                                                              \
        literal, sizeof(literal) - 1, true                                                         \
    }
    VARIABLE("\x00\0\0\0\x0c"),
    VARIABLE("\x02\x03std\0"),
    VARIABLE("\x03\x0a\0\x03\0"),
    VARIABLE("\x04\x21\0\x22\0\x23\0"),
    VARIABLE("\x05\x06+02:00"),
    VARIABLE("\x06\x03std"),
    VARIABLE("\x07\x04\0"),
    VARIABLE("\x08\x05\0"),
    VARIABLE("\x09\1\0\0\0\0\0\0\0"),
    VARIABLE("\x0a\1\0\0\0"),
    VARIABLE("\x0b\x04root\x09localhost"),
    VARIABLE("\x0c\x02one\0two\0"),
    VARIABLE("\x0c\xfe"),
    VARIABLE("\x0d\x40\xe2\x01"),
    VARIABLE("\x10\x01"),
    VARIABLE("\x11\x0b\0\0\0\0\0\0\0"),
    VARIABLE("\x12\xff\0"),
    VARIABLE("\x13\x01"),
    VARIABLE("\x14\x01"),
    VARIABLE("\x15\x01"),
    MARIA_VARIABLE("\x80\x40\xe2\x01"),
    MARIA_VARIABLE("\x81\x0b\0\0\0\0\0\0\0"),
    MARIA_VARIABLE("\x82\x02"),
    MARIA_VARIABLE("\x82\x04\1\0\0\0\0\0\0\0"),
    MARIA_VARIABLE("\x83\x02\x2d\0\x00\x09\x21\0\x22\0"),
    MARIA_VARIABLE("\xff"),
};
enum { VARIABLES = sizeof variables / sizeof *variables };

/* A statement whose status is `len` bytes of a variable and the sql_mode behind it, if any. */
static int query_with(const struct variable *v, size_t len, const char *mode, struct um_query *q,
                      struct um_err *err)
{
    struct um_buf body = {0};
    size_t mode_len = mode ? 9 : 0;
    uint8_t head[13] = {[0] = 7, [8] = 1, [11] = (uint8_t)(len + mode_len)};
    um_buf_add(&body, head, sizeof head);
    um_buf_add(&body, v->bytes, len);
    um_buf_add(&body, mode, mode_len);
    um_buf_add(&body, "d\0BEGIN", 7);
    struct made m;
    make(&m, UM_EV_QUERY, body.data, body.len);
    m.format.mariadb = v->maria;
    *err = (struct um_err){0};
    int rc = um_event_query(&m.format, &m.ev, q, err);
    um_buf_free(&body);
    return rc;
}

/* What stands behind a variable is read right only when its length is known. */
static void every_variable_has_its_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIABLES; i++) {
        const struct variable *v = &variables[i];
        struct um_query q;
        struct um_err err;
        if (query_with(v, v->len, "\x01\1\2\3\4\5\6\7\x08", &q, &err) != 0)
            fail_msg("%s", err.text);
        assert_true(q.has_sql_mode && q.sql_mode == 0x0807060504030201);
        for (size_t cut = 1; cut < v->len; cut++) {
            assert_int_equal(query_with(v, cut, NULL, &q, &err), -1);
            assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
            assert_non_null(strstr(err.text, "cut off"));
        }
    }
}

/* All of one server at once; the values of each in its own field. */
static void every_variable_has_its_value(void **state)
{
    (void)state;
    for (int maria = 0; maria <= 1; maria++) {
        struct um_buf all = {0};
        for (size_t i = 0; i < VARIABLES; i++)
            if (!variables[i].maria || maria)
                um_buf_add(&all, variables[i].bytes, variables[i].len);
        struct variable v = {all.data, all.len, maria};
        struct um_query q;
        struct um_err err;
        if (query_with(&v, v.len, NULL, &q, &err) != 0)
            fail_msg("%s", err.text);
        assert_true(q.has_flags2 &&
                    q.flags2 == (UM_QUERY_NO_FOREIGN_KEY_CHECKS | UM_QUERY_RELAXED_UNIQUE_CHECKS));
        assert_int_equal(q.auto_increment_increment, 10);
        assert_int_equal(q.auto_increment_offset, 3);
        assert_int_equal(q.charset_client, 0x21);
        assert_int_equal(q.collation_connection, 0x22);
        assert_int_equal(q.collation_server, 0x23);
        assert_string_equal(q.time_zone, "+02:00");
        assert_int_equal(q.lc_time_names, 4);
        assert_int_equal(q.charset_database, 5);
        assert_int_equal(q.microseconds, 123456);
        assert_int_equal(q.explicit_defaults_timestamp, 1);
        assert_int_equal(q.xid, 11);
        assert_int_equal(q.default_collation_utf8mb4, 255);
        assert_int_equal(q.sql_require_primary_key, 1);
        assert_int_equal(q.default_table_encryption, 1);
        um_buf_free(&all);
    }
}

static void impossible_names(void **state)
{
    (void)state;
    struct um_query q;
    struct um_err err;
    char zone[2 + 64] = {5, 64};
    memset(zone + 2, 'x', 64);
    assert_int_equal(
        query_with(&(struct variable){zone, sizeof zone, false}, sizeof zone, NULL, &q, &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    struct made m;
    MAKE(&m, UM_EV_QUERY, QUERY_HEAD("\0") "dxSELECT 1");
    assert_int_equal(um_event_query(&m.format, &m.ev, &q, &err), -1);
    assert_non_null(strstr(err.text, "schema name has no end"));
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
}

/* ---- as servers log statements ---- */

static bool statement_is(const struct um_query *q, const char *begins)
{
    return q->statement_len >= strlen(begins) && memcmp(q->statement, begins, strlen(begins)) == 0;
}

static void next_statement(struct fixture *f, const char *begins, struct um_query *q)
{
    struct um_err err = {0};
    do {
        fixture_find(f, UM_EV_QUERY);
        if (um_event_query(&f->format, &f->ev, q, &err) != 0)
            fail_msg("%s", err.text);
    } while (!statement_is(q, begins));
}

/* fixtures/binlog/statement.sql says what has to come out. */
static void servers_statements(const char *fixture, bool maria)
{
    struct um_query q;
    struct fixture f = fixture_open(fixture);
    next_statement(&f, "CREATE TABLE t", &q);
    assert_memory_equal(q.schema, "st", 2);
    assert_int_equal(q.schema_len, 2);
    assert_true(q.has_sql_mode && q.sql_mode == 0);
    assert_int_equal(q.microseconds, 0); /* NOW() does not matter to it */
    assert_true(q.xid > 0);
    next_statement(&f, "INSERT INTO t (s, at)", &q);
    assert_int_equal(q.auto_increment_increment, 10);
    assert_int_equal(q.auto_increment_offset, 3);
    assert_int_equal(q.lc_time_names, 4);
    assert_int_equal(q.microseconds, 123456);
    assert_string_equal(q.time_zone, maria ? "" : "+02:00");
    next_statement(&f, "INSERT INTO t (s) VALUES ('elsewhere')", &q);
    assert_int_equal(q.auto_increment_increment, 0);
    assert_int_equal(q.collation_server, 8);
    assert_int_equal(q.charset_database, 5);
    next_statement(&f, "CREATE DEFINER", &q);
    assert_int_equal(q.flags2 & (UM_QUERY_NO_FOREIGN_KEY_CHECKS | UM_QUERY_RELAXED_UNIQUE_CHECKS),
                     UM_QUERY_NO_FOREIGN_KEY_CHECKS | UM_QUERY_RELAXED_UNIQUE_CHECKS);
    assert_int_equal(q.charset_database, 5);
    fixture_close(&f);
}

static void statements_of_mysql(void **state)
{
    (void)state;
    servers_statements("statement-mysql-9.7", false);
}

static void statements_of_mariadb(void **state)
{
    (void)state;
    servers_statements("statement-mariadb-11.8", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_fields),
        cmocka_unit_test(query_status),
        cmocka_unit_test(every_variable_has_its_length),
        cmocka_unit_test(every_variable_has_its_value),
        cmocka_unit_test(impossible_names),
        cmocka_unit_test(statements_of_mysql),
        cmocka_unit_test(statements_of_mariadb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
