/* Server and client error numbers to ids; texts as real servers send them. */
/* links: um_mysql um_binlog um_schema um_change um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mysql/conn.h"
#include "mysql/error.h"

static void errors_come_in_pairs(void **state)
{
    (void)state;
    static const unsigned codes[] = {2003, 1045, 1227, 2026, 2013, 1146, 1205, 1040, 2059, 1153};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        unsigned source = um_server_error(false, codes[i], ""), target = source + 1000;
        assert_int_equal(source, 2001 + i);
        assert_int_equal(um_server_error(true, codes[i], ""), target);
        assert_int_equal(um_err_info(source)->exit_code, UM_EXIT_SOURCE);
        assert_int_equal(um_err_info(target)->exit_code, UM_EXIT_TARGET);
    }
}

static void the_target_has_errors_of_its_own(void **state)
{
    (void)state;
    static const char read_only[] = "The MySQL server is running with the --super-read-only option "
                                    "so it cannot execute this statement";
    static const char file_priv[] =
        "The MySQL server is running with the --secure-file-priv option "
        "so it cannot execute this statement";
    assert_int_equal(um_server_error(true, 1290, read_only), UM_E_TARGET_READ_ONLY);
    assert_int_equal(um_server_error(true, 1290, file_priv), UM_E_TARGET_STATEMENT);
    assert_int_equal(um_server_error(true, 1836, "Running in read-only mode"),
                     UM_E_TARGET_READ_ONLY);
    assert_int_equal(um_server_error(true, 1114, "The table 't' is full"), UM_E_TARGET_FULL);
    assert_int_equal(um_server_error(true, 3,
                                     "Error writing file '/tmp/x' (OS errno 28 - No space "
                                     "left on device)"),
                     UM_E_TARGET_FULL);
    assert_int_equal(um_server_error(true, 1030,
                                     "Got error 28 \"No space left on device\" from "
                                     "storage engine InnoDB"),
                     UM_E_TARGET_FULL);
    assert_int_equal(um_server_error(true, 1030, "Got error 168 from storage engine"),
                     UM_E_TARGET_STATEMENT);
    assert_int_equal(um_server_error(true, 3948, ""), UM_E_TARGET_LOCAL_INFILE);
    assert_int_equal(um_server_error(true, 4166, ""), UM_E_TARGET_LOCAL_INFILE);
    assert_int_equal(um_server_error(true, 1062, ""), UM_E_TARGET_DUPLICATE);
    assert_int_equal(um_server_error(true, 1366, ""), UM_E_TARGET_VALUE);
    assert_int_equal(um_server_error(true, 1452, ""), UM_E_TARGET_FOREIGN_KEY);
    assert_int_equal(um_server_error(false, 1062, ""), UM_E_SOURCE_STATEMENT);
}

static void streams_end_for_different_reasons(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        const char *text;
        enum um_err_id id;
    } cases[] = {
        {1236, "Could not find first log file name in binary log index file", UM_E_SOURCE_PURGED},
        {1236,
         "Cannot replicate because the source purged required binary logs. Replicate the missing "
         "transactions from elsewhere",
         UM_E_SOURCE_PURGED},
        {1236,
         "Could not find GTID state requested by slave in any binlog files. Probably the slave "
         "state is too old and required binlog files have been purged.",
         UM_E_SOURCE_PURGED},
        {1236, "Client requested source to start replication from position > file size",
         UM_E_SOURCE_DIVERGED},
        {1236,
         "Error: connecting slave requested to start from GTID 0-77-9, which is not in the "
         "master's binlog",
         UM_E_SOURCE_DIVERGED},
        {1236, "Replica has more GTIDs than the source has, using the source's SERVER_UUID.",
         UM_E_SOURCE_DIVERGED},
        {1236,
         "A replica with the same server_uuid/server_id as this replica has connected to the "
         "source; the first event '' at 4",
         UM_E_SOURCE_SERVER_ID_CLASH},
        {4052, "A slave with the same server_id is already connected", UM_E_SOURCE_SERVER_ID_CLASH},
        {1236, "log event entry exceeded max_allowed_packet", UM_E_SOURCE_STREAM},
        {1227, "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)",
         UM_E_SOURCE_PRIVILEGE},
        {2013, "Lost connection to server during query", UM_E_SOURCE_LOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(um_stream_error(cases[i].code, cases[i].text), cases[i].id);
    assert_int_equal(um_err_info(UM_E_SOURCE_PURGED)->exit_code, UM_EXIT_CANNOT_RESUME);
    assert_int_equal(um_err_info(UM_E_SOURCE_DIVERGED)->exit_code, UM_EXIT_CANNOT_RESUME);
}

static void values_of_rows_stay_out_of_texts(void **state)
{
    (void)state;
    static const char text[] = "You have an error in your SQL syntax; check the manual for the "
                               "right syntax to use near 'hidden)' at line 1";
    struct um_err err = {0};
    assert_int_equal(um_server_fail(&err, UM_E_TARGET_STATEMENT, "target h:1", 1064, text,
                                    " INSERT INTO t VALUES ('hidden)"),
                     -1);
    assert_int_equal(err.id, UM_E_TARGET_STATEMENT);
    assert_int_equal(err.server_code, 1064);
    assert_null(strstr(err.text, "hidden"));
    assert_non_null(strstr(err.text, "target h:1: error 1064: You have an error"));
    um_server_fail(&err, UM_E_TARGET_STATEMENT, "target h:1", 1064, text,
                   "CREATE TABLE t (hidden)");
    assert_non_null(strstr(err.text, "hidden"));
}

static struct um_err of(bool target, unsigned code)
{
    return (struct um_err){.id = um_server_error(target, code, ""), .server_code = code};
}

static void what_may_be_tried_again(void **state)
{
    (void)state;
    static const unsigned lost[] = {2002, 2003, 2005, 2006, 2013, 1040, 1053, 1927, 3169, 4031};
    static const unsigned not_lost[] = {1045, 1062, 1064, 1205, 1213, 1317, 2026};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        struct um_err source = of(false, lost[i]), target = of(true, lost[i]);
        assert_true(um_err_is_lost(&source));
        assert_true(um_err_is_lost(&target));
    }
    for (size_t i = 0; i < sizeof not_lost / sizeof *not_lost; i++) {
        struct um_err err = of(true, not_lost[i]);
        assert_false(um_err_is_lost(&err));
    }
    for (unsigned code = 1200; code < 1220; code++) {
        struct um_err err = of(true, code);
        assert_int_equal(um_err_is_retryable(&err), code == 1205 || code == 1213);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_come_in_pairs),
        cmocka_unit_test(the_target_has_errors_of_its_own),
        cmocka_unit_test(streams_end_for_different_reasons),
        cmocka_unit_test(values_of_rows_stay_out_of_texts),
        cmocka_unit_test(what_may_be_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
