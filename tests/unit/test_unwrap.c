/* Compressed transactions and events: the same rows as the fixtures that are not compressed have,
   and damaged ones. */
/* links: um_binlog um_change um_base */
#include "binlog/unwrap.h"

#include "base/buf.h"
#include "binlog_fixture.h"

/* ---- what comes out ---- */

struct seen {
    struct um_buf names; /* "QUERY TABLE_MAP …" */
    struct um_buf rows;  /* the bodies of row events from their flags on: the table id differs */
    size_t largest;
};

static int note(void *context, const struct um_event *ev, struct um_err *err)
{
    struct seen *s = context;
    (void)err;
    um_buf_fmt(&s->names, "%s ", um_event_name(ev->type));
    if (um_event_is_rows(ev->type))
        um_buf_add(&s->rows, ev->body + 6, ev->body_len - 6);
    if (ev->body_len > s->largest)
        s->largest = ev->body_len;
    return 0;
}

static void seen_free(struct seen *s)
{
    um_buf_free(&s->names);
    um_buf_free(&s->rows);
}

/* The events of a file up to the first that creates `until`; all when it is NULL. */
static struct seen unwrap_file(const char *name, const char *until)
{
    struct fixture f = fixture_open(name);
    struct um_unwrapper *u = um_unwrapper_new();
    struct seen s = {0};
    struct um_err err = {0};
    while (fixture_next(&f)) {
        if (until && memmem(f.ev.body, f.ev.body_len, until, strlen(until)))
            break;
        if (um_unwrap(u, &f.format, &f.ev, note, &s, &err) != 0)
            fail_msg("%s: %s", name, err.text);
    }
    um_unwrapper_delete(u);
    fixture_close(&f);
    return s;
}

static void same_rows(const char *packed, const char *plain)
{
    struct seen a = unwrap_file(packed, "CREATE DATABASE packed"), b = unwrap_file(plain, NULL);
    assert_true(b.rows.len > 1000);
    assert_int_equal(a.rows.len, b.rows.len);
    assert_memory_equal(a.rows.data, b.rows.data, b.rows.len);
    seen_free(&a);
    seen_free(&b);
}

static void rows_are_those_of_the_plain_file(void **state)
{
    (void)state;
    same_rows("packed-mysql-9.7", "types-mysql-9.7");
    same_rows("packed-mariadb-11.8", "types-mariadb-11.8");
}

/* Is there really something packed in the files? */
static size_t count_packed(const char *name)
{
    struct fixture f = fixture_open(name);
    size_t count = 0;
    while (fixture_next(&f))
        count += f.ev.type == UM_EV_TRANSACTION_PAYLOAD ||
                 (f.ev.type >= UM_EV_MARIA_QUERY_COMPRESSED &&
                  f.ev.type <= UM_EV_MARIA_DELETE_ROWS_COMPRESSED);
    fixture_close(&f);
    return count;
}

static void every_event_of_a_transaction_comes_out(void **state)
{
    (void)state;
    assert_true(count_packed("packed-mysql-9.7") > 5);
    assert_true(count_packed("packed-mariadb-11.8") > 5);

    struct seen s = unwrap_file("packed-mysql-9.7", NULL);
    assert_non_null(strstr(s.names.data, "GTID QUERY TABLE_MAP WRITE_ROWS TABLE_MAP UPDATE_ROWS "
                                         "TABLE_MAP DELETE_ROWS XID "));
    assert_true(s.largest > 80000);
    seen_free(&s);

    s = unwrap_file("packed-mariadb-11.8", NULL);
    assert_non_null(strstr(s.names.data, "WRITE_ROWS"));
    assert_null(strstr(s.names.data, "COMPRESSED"));
    assert_true(s.largest > 80000);
    seen_free(&s);
}

/* Version 2 has two bytes or more of extra data behind the flags. No server writes it packed
   today, but the type has been set aside. */
static void rows_of_version_2(void **state)
{
    (void)state;
    enum { FLAGS_END = 8 };
    struct fixture f = fixture_open("packed-mariadb-11.8");
    struct um_unwrapper *u = um_unwrapper_new();
    struct um_err err = {0};
    size_t count = 0;
    while (fixture_next(&f)) {
        if (f.ev.type < UM_EV_MARIA_WRITE_ROWS_COMPRESSED_V1 ||
            f.ev.type > UM_EV_MARIA_DELETE_ROWS_COMPRESSED_V1)
            continue;
        struct um_buf body = {0};
        um_buf_add(&body, f.ev.body, FLAGS_END);
        um_buf_add(&body, "\4\0xx", 4);
        um_buf_add(&body, f.ev.body + FLAGS_END, f.ev.body_len - FLAGS_END);
        struct um_event v2 = f.ev;
        v2.type += UM_EV_MARIA_WRITE_ROWS_COMPRESSED - UM_EV_MARIA_WRITE_ROWS_COMPRESSED_V1;
        v2.body = (const uint8_t *)body.data;
        v2.body_len = body.len;
        struct seen a = {0}, b = {0};
        assert_int_equal(um_unwrap(u, &f.format, &f.ev, note, &a, &err), 0);
        assert_int_equal(um_unwrap(u, &f.format, &v2, note, &b, &err), 0);
        assert_int_equal(b.rows.len, a.rows.len + 4);
        assert_memory_equal(b.rows.data, a.rows.data, 2);
        assert_memory_equal(b.rows.data + 6, a.rows.data + 2, a.rows.len - 2);
        body.data[FLAGS_END] = 1; /* its length counts itself */
        assert_int_equal(um_unwrap(u, &f.format, &v2, note, &b, &err), -1);
        assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
        seen_free(&a);
        seen_free(&b);
        um_buf_free(&body);
        count++;
    }
    assert_true(count > 5);
    um_unwrapper_delete(u);
    fixture_close(&f);
}

/* ---- damage ---- */

static int ignore(void *context, const struct um_event *ev, struct um_err *err)
{
    (void)context;
    (void)ev;
    (void)err;
    return 0;
}

/* Every event of the file, cut at each length and with each byte changed: an error or not, but
   within bounds. At least one of the changes has to be noticed. */
static void damage(const char *name, size_t limit)
{
    struct fixture f = fixture_open(name);
    struct um_unwrapper *u = um_unwrapper_new();
    size_t noticed = 0, tried = 0;
    while (fixture_next(&f)) {
        bool packed = f.ev.type == UM_EV_TRANSACTION_PAYLOAD || f.ev.type >= 165;
        if (!packed || tried > limit)
            continue;
        for (size_t i = 0; i < f.ev.body_len; i += 1 + f.ev.body_len / 200) {
            struct um_event bad = f.ev;
            struct um_err err = {0};
            uint8_t *body = malloc(f.ev.body_len);
            memcpy(body, f.ev.body, f.ev.body_len);
            bad.body = body;
            body[i] ^= 0x41;
            noticed += um_unwrap(u, &f.format, &bad, ignore, NULL, &err) != 0;
            free(body);

            body = malloc(i ? i : 1);
            memcpy(body, f.ev.body, i);
            bad.body = body;
            bad.body_len = i;
            if (um_unwrap(u, &f.format, &bad, ignore, NULL, &err) == 0)
                fail_msg("%s: %s cut to %zu bytes was taken", name, um_event_name(bad.type), i);
            if (err.id != UM_E_EVENT_MALFORMED)
                fail_msg("%s: %s", name, err.text);
            free(body);
            tried++;
        }
    }
    assert_true(tried > 100);
    assert_true(noticed > tried / 2);
    um_unwrapper_delete(u);
    fixture_close(&f);
}

static void damage_is_an_error(void **state)
{
    (void)state;
    damage("packed-mysql-9.7", 3000);
    damage("packed-mariadb-11.8", 3000);
}

static int stop_at_once(void *context, const struct um_event *ev, struct um_err *err)
{
    (void)ev;
    (void)err;
    ++*(int *)context;
    return 1;
}

static void the_handler_can_end_it(void **state)
{
    (void)state;
    struct fixture f = fixture_open("packed-mysql-9.7");
    struct um_unwrapper *u = um_unwrapper_new();
    while (fixture_next(&f) && f.ev.type != UM_EV_TRANSACTION_PAYLOAD)
        ;
    for (int i = 1; i <= 2; i++) {
        int calls = 0;
        struct um_err err = {0};
        assert_int_equal(um_unwrap(u, &f.format, &f.ev, stop_at_once, &calls, &err), 1);
        assert_int_equal(calls, 1);
        /* The next one begins from its own beginning. */
        struct seen s = {0};
        assert_int_equal(um_unwrap(u, &f.format, &f.ev, note, &s, &err), 0);
        assert_non_null(strstr(s.names.data, "XID"));
        seen_free(&s);
    }
    um_unwrapper_delete(u);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_plain_file),
        cmocka_unit_test(every_event_of_a_transaction_comes_out),
        cmocka_unit_test(rows_of_version_2),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(the_handler_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
