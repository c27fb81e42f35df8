/* What holds workers up, and where they wait. */
/* links: um_throttle um_config */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/option.h"
#include "ops/throttle.h"
#include "throttle/look.h"

/* ---- waiting ---- */

static void nobody_waits_without_a_reason(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_throttle *t = um_throttle_new();
    assert_int_equal(um_throttle_wait(NULL, NULL, NULL, &err), 0);
    assert_false(um_throttle_is_held(NULL));
    assert_int_equal(um_throttle_wait(t, NULL, NULL, &err), 0);
    um_throttle_set(t, true);
    assert_true(um_throttle_is_held(t));
    um_throttle_set(t, false);
    assert_int_equal(um_throttle_wait(t, NULL, NULL, &err), 0);
    um_throttle_delete(t);
}

static bool over_at_the_third_look(void *context)
{
    return ++*(int *)context == 3;
}

static void who_has_nothing_to_do_waits_no_more(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_throttle *t = um_throttle_new();
    int looks = 0;
    um_throttle_set(t, true);
    assert_int_equal(um_throttle_wait(t, over_at_the_third_look, &looks, &err), 0);
    assert_int_equal(looks, 3);
    assert_true(um_throttle_is_held(t));
    um_throttle_delete(t);
}

static void an_error_is_everybodys_until_it_is_over(void **state)
{
    (void)state;
    struct um_err err = {0}, lost = {0};
    struct um_throttle *t = um_throttle_new();
    um_fail(&lost, UM_E_SOURCE_LOST, "gone");
    um_throttle_fail(t, &lost);
    for (int i = 0; i < 2; i++) {
        um_err_clear(&err);
        assert_int_equal(um_throttle_wait(t, NULL, NULL, &err), -1);
        assert_int_equal(err.id, UM_E_SOURCE_LOST);
        assert_string_equal(err.text, "gone");
    }
    um_throttle_set(t, false);
    assert_int_equal(um_throttle_wait(t, NULL, NULL, &err), 0);
    um_throttle_delete(t);
}

struct waiter {
    struct um_throttle *throttle;
    int result;
    struct um_err err;
};

static void *wait_main(void *context)
{
    struct waiter *w = context;
    w->result = um_throttle_wait(w->throttle, NULL, NULL, &w->err);
    return NULL;
}

static void all_go_on_at_once(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    struct waiter waiters[COUNT];
    pthread_t threads[COUNT];
    struct um_throttle *t = um_throttle_new();
    um_throttle_set(t, true);
    for (int i = 0; i < COUNT; i++) {
        waiters[i] = (struct waiter){.throttle = t, .result = 7};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_main, &waiters[i]), 0);
    }
    um_throttle_set(t, false);
    for (int i = 0; i < COUNT; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].result, 0);
    }
    um_throttle_delete(t);
}

/* ---- what the configuration says ---- */

static void server_is(const char *text, const char *host, unsigned port)
{
    char found[UM_HOST_MAX + 1];
    unsigned found_port = 99;
    if (!um_config_server(text, found, &found_port))
        fail_msg("%s is refused", text);
    assert_string_equal(found, host);
    assert_int_equal(found_port, port);
    assert_null(um_check_server(text));
}

static void servers_with_and_without_a_port(void **state)
{
    (void)state;
    server_is("db3", "db3", 0);
    server_is("db3.example.org:3307", "db3.example.org", 3307);
    server_is("10.0.0.3:1", "10.0.0.3", 1);
    server_is("::1", "::1", 0);
    server_is("fe80::1:2", "fe80::1:2", 0);
    server_is("[::1]", "::1", 0);
    server_is("[fe80::1]:65535", "fe80::1", 65535);
}

static void what_is_no_server(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",        ":3306", "db3:",     "db3:0", "db3:65536", "db3:33o6",      "[::1",     "[::1]x",
        "[]:3306", "db 3",  "user@db3", "db3/x", "db3:3306 ", "db3:123456789", "[::1]3306"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (!um_check_server(wrong[i]))
            fail_msg("'%s' is taken for a server", wrong[i]);
    }
    char *longer = um_alloc(UM_HOST_MAX + 2);
    memset(longer, 'x', UM_HOST_MAX + 1);
    assert_non_null(um_check_server(longer));
    longer[UM_HOST_MAX] = 0;
    assert_null(um_check_server(longer));
    free(longer);
}

static void queries(void **state)
{
    (void)state;
    assert_null(um_check_query("SELECT 1"));
    assert_null(um_check_query("\n\t (select 1)"));
    assert_null(um_check_query("WITH a AS (SELECT 1) SELECT * FROM a"));
    assert_non_null(um_check_query("DELETE FROM t"));
    assert_non_null(um_check_query("SET GLOBAL x = 1"));
    assert_non_null(um_check_query(""));
}

static void number_is(const char *text, bool is, double value)
{
    double found = -99;
    if (um_look_number(text, &found) != is)
        fail_msg("'%s'", text ? text : "NULL");
    if (is)
        assert_true(found == value);
}

static void numbers_and_what_is_none(void **state)
{
    (void)state;
    number_is("0", true, 0);
    number_is("-3", true, -3);
    number_is("12.50", true, 12.5);
    number_is("1e3", true, 1000);
    number_is(NULL, false, 0);
    number_is("", false, 0);
    number_is("12 rows", false, 0);
    number_is("0x10", false, 0);
    number_is("nan", false, 0);
    number_is("inf", false, 0);
    number_is("1e999", false, 0);
    number_is("--1", false, 0);
}

/* ---- what is looked at ---- */

static void make(struct um_config *c)
{
    *c = (struct um_config){
        .source = {.side = "source", .host = "10.0.0.1", .port = 3310, .socket = "/run/x"}};
    c->source.connect_timeout = 60;
}

static void only_what_is_configured_is_asked(void **state)
{
    (void)state;
    struct um_config c;
    struct um_looks looks;
    struct um_reasons found = {0};
    make(&c);
    um_looks_begin(&looks, &c);
    assert_int_equal(looks.count, 0);
    um_looks_end(&looks);
    um_look_at_file(&c, &found);
    assert_int_equal(found.text.len, 0);

    c.throttle.threads_running = 5;
    um_strv_add(&c.throttle.replicas, "10.0.0.3");
    um_strv_add(&c.throttle.replicas, "[::1]:3307");
    um_looks_begin(&looks, &c);
    assert_int_equal(looks.count, 3);
    assert_string_equal(looks.items[0].at.socket, "/run/x");
    assert_string_equal(looks.items[1].name, "replica 10.0.0.3:3310");
    assert_null(looks.items[1].at.socket);
    assert_int_equal(looks.items[2].at.port, 3307);
    assert_string_equal(looks.items[2].at.host, "::1");
    assert_true(looks.items[2].at.connect_timeout < 60);
    um_looks_end(&looks);
    um_strv_clear(&c.throttle.replicas);
}

static void a_file_that_is_there(void **state)
{
    (void)state;
    struct um_config c;
    struct um_reasons found = {0};
    make(&c);
    c.throttle.file = UM_FIXTURES "/mixed.sql/none";
    um_look_at_file(&c, &found);
    c.throttle.file = UM_FIXTURES "/none";
    um_look_at_file(&c, &found);
    assert_int_equal(found.text.len, 0);
    c.throttle.file = UM_FIXTURES "/mixed.sql";
    um_look_at_file(&c, &found);
    assert_non_null(strstr(found.text.data, "mixed.sql exists"));
    um_reasons_clear(&found);
}

static void several_reasons_are_all_told(void **state)
{
    (void)state;
    struct um_reasons found = {0};
    um_reasons_add(&found, "a", "lags %d s", 7);
    um_reasons_add(&found, "b", "the file exists");
    assert_string_equal(found.text.data, "lags 7 s; the file exists");
    assert_string_equal(found.causes.data, "a;b;");
    um_reasons_clear(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits_without_a_reason),
        cmocka_unit_test(who_has_nothing_to_do_waits_no_more),
        cmocka_unit_test(an_error_is_everybodys_until_it_is_over),
        cmocka_unit_test(all_go_on_at_once),
        cmocka_unit_test(servers_with_and_without_a_port),
        cmocka_unit_test(what_is_no_server),
        cmocka_unit_test(queries),
        cmocka_unit_test(numbers_and_what_is_none),
        cmocka_unit_test(only_what_is_configured_is_asked),
        cmocka_unit_test(a_file_that_is_there),
        cmocka_unit_test(several_reasons_are_all_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
