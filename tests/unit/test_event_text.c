/* What a person is told about an event that ends the job. */
/* links: um_binlog um_change um_base */
#include "binlog/event.h"

#include "made_event.h"

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

/* The first event of that type in a server's file. */
static void assert_told(const char *fixture, unsigned type, const char *what)
{
    char text[600], begins[80];
    struct fixture f = fixture_open(fixture);
    fixture_find(&f, type);
    um_event_describe(&f.ev, text, sizeof text);
    snprintf(begins, sizeof begins, "%s event (type %u, %u bytes", um_event_name(type), type,
             f.ev.size);
    if (strncmp(text, begins, strlen(begins)) != 0 || !strstr(text, what))
        fail_msg("%s", text);
    fixture_close(&f);
}

static void events_of_servers(void **state)
{
    (void)state;
    static const char *const files[] = {"statement-mysql-9.7", "statement-mariadb-11.8"};
    for (int i = 0; i < 2; i++) {
        assert_told(files[i], UM_EV_INTVAR, "INSERT_ID = 1 for the next statement");
        assert_told(files[i], UM_EV_USER_VAR, "the user variable @s for the next statement");
        assert_told(files[i], UM_EV_RAND, "the random seed of the next statement");
        assert_told(files[i], UM_EV_BEGIN_LOAD_QUERY, "a part of LOAD DATA");
        assert_told(files[i], UM_EV_EXECUTE_LOAD_QUERY, "a part of LOAD DATA");
        assert_told(files[i], UM_EV_XA_PREPARE,
                    "prepare of the distributed (XA) transaction "
                    "'global', whose outcome another event decides");
        assert_told(files[i], UM_EV_XID, "this version does not apply it");
    }
}

static void events_without_a_body(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        const char *told;
    } events[] = {
        {UM_EV_STOP, "STOP event (type 3, 19 bytes, ends at 0): the source ended this binlog file"},
        {UM_EV_MARIA_START_ENCRYPTION, "an encrypted binlog file"},
        {UM_EV_TRANSACTION_CONTEXT, "group replication's certification data"},
        {UM_EV_VIEW_CHANGE, "a change of membership"},
        {20, "PRE_GA_WRITE_ROWS event (type 20, 19 bytes, ends at 0): rows in the form of"},
        {UM_EV_APPEND_BLOCK, "a part of LOAD DATA"},
        {UM_EV_DELETE_FILE, "a part of LOAD DATA"},
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct made m;
        char text[600];
        MAKE(&m, events[i].type, "");
        um_event_describe(&m.ev, text, sizeof text);
        if (!strstr(text, events[i].told))
            fail_msg("%s", text);
    }
}

/* Names that are cut off or could drive a terminal. */
static void harmless_names(void **state)
{
    (void)state;
    struct made m;
    char text[600];
    MAKE(&m, UM_EV_USER_VAR, "\x05\0\0\0a\x1b[0m");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "@a [0m for"));
    MAKE(&m, UM_EV_USER_VAR, "\x09\0\0\0a");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "@ for"));
    MAKE(&m, UM_EV_XA_PREPARE, "\x01\1\0\0\0\x41\0\0\0\0\0\0\0x");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "one-phase commit of the distributed (XA) transaction ''"));
    MAKE(&m, UM_EV_INTVAR, "\x01\x07\0\0\0\0\0\0\0");
    um_event_describe(&m.ev, text, sizeof text);
    assert_non_null(strstr(text, "LAST_INSERT_ID = 7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptions),
        cmocka_unit_test(events_of_servers),
        cmocka_unit_test(events_without_a_body),
        cmocka_unit_test(harmless_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
