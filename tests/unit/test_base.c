/* Buffers, arenas, errors and their catalogue, fault points. */
/* links: um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/mem.h"

static void buffer_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct um_buf b = {0};
    for (int i = 0; i < 1000; i++)
        um_buf_fmt(&b, "%d,", i);
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(strlen(b.data), b.len);
    um_buf_clear(&b);
    um_buf_trim(&b, 128);
    assert_true(b.cap <= 128);
    um_buf_add(&b, "a\0b", 3);
    assert_memory_equal(b.data, "a\0b", 4);
    um_buf_free(&b);
}

static void arena_keeps_what_it_hands_out(void **state)
{
    (void)state;
    struct um_arena a = {0};
    unsigned char *pieces[300];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 300; i++) {
            size_t size = (size_t)i * 173 % 60000 + 1;
            pieces[i] = um_arena_alloc(&a, size);
            assert_int_equal((uintptr_t)pieces[i] % 8, 0);
            memset(pieces[i], i % 256, size);
        }
        for (int i = 0; i < 300; i++) {
            size_t size = (size_t)i * 173 % 60000 + 1;
            assert_int_equal(pieces[i][0], i % 256);
            assert_int_equal(pieces[i][size - 1], i % 256);
        }
        um_arena_reset(&a);
    }
    um_arena_free(&a);
}

/* A queue's bound counts what arenas hold, and most of them have one small transaction in them. */
static void arena_holds_little_more_than_it_hands_out(void **state)
{
    (void)state;
    struct um_arena a = {0};
    um_arena_alloc(&a, 100);
    assert_true(a.used == 104 && a.held >= a.used && a.held <= 1100);
    for (int i = 0; i < 3000; i++) {
        um_arena_alloc(&a, (size_t)i * 173 % 20000 + 1);
        assert_true(a.held >= a.used && a.held <= 4 * a.used + 1100);
    }
    um_arena_reset(&a);
    assert_true(a.used == 0 && a.held > 60000 && a.held < 70000);
    um_arena_alloc(&a, 50000);
    assert_true(a.held < 120000); /* large ones get a block of their own */
    um_arena_free(&a);
    um_arena_alloc(&a, 100000);
    um_arena_reset(&a);
    assert_int_equal(a.held, 0); /* nothing of that size is kept */
    um_arena_free(&a);
}

static void errors_know_their_exit_code(void **state)
{
    (void)state;
    struct um_err err = {0};
    assert_int_equal(um_fail(&err, UM_E_JOB_RUNNING, "job '%s'", "x"), -1);
    assert_int_equal(um_err_exit(&err), 10);
    um_fail_in(&err, "table %s", "t");
    assert_string_equal(err.text, "table t: job 'x'");
    assert_int_equal(um_err_exit(&err), 10);
}

static void a_long_error_is_cut_not_overrun(void **state)
{
    (void)state;
    struct um_err err = {0};
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    um_fail(&err, UM_E_SYSTEM, "%s", text);
    um_fail_in(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void the_catalogue_is_sorted_and_complete(void **state)
{
    (void)state;
    size_t count;
    const struct um_err_info *all = um_err_catalogue(&count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        if (i)
            assert_true(all[i].id > all[i - 1].id);
        assert_true(strlen(all[i].meaning) > 20);
        assert_true(strlen(all[i].remedy) > 5);
        assert_ptr_equal(um_err_info(all[i].id), &all[i]);
    }
}

static void fault_points_are_sorted(void **state)
{
    (void)state;
    for (int i = 1; i < UM_FAULT_COUNT; i++)
        assert_true(strcmp(um_fault_name(i - 1), um_fault_name(i)) < 0);
}

static void fault_points_fail_when_their_time_has_come(void **state)
{
    (void)state;
    struct um_err err = {0};
    setenv("UNMOOR_FAULT", "no.such.point=fail", 1);
    assert_int_equal(um_fault_setup(&err), -1);
    assert_int_equal(err.id, UM_E_FAULT_SYNTAX);
    setenv("UNMOOR_FAULT", "copy.mid_chunk=explode", 1);
    assert_int_equal(um_fault_setup(&err), -1);

    setenv("UNMOOR_FAULT", "copy.mid_chunk=fail@3", 1);
    assert_int_equal(um_fault_setup(&err), 0);
    assert_int_equal(um_fault(UM_FAULT_COPY_MID_CHUNK, &err), 0);
    assert_int_equal(um_fault(UM_FAULT_COPY_MID_CHUNK, &err), 0);
    assert_int_equal(um_fault(UM_FAULT_COPY_MID_CHUNK, &err), -1);
    assert_int_equal(err.id, UM_E_FAULT_INJECTED);
    assert_int_equal(um_fault(UM_FAULT_COPY_MID_CHUNK, &err), 0);
    assert_int_equal(um_fault(UM_FAULT_APPLY_BEFORE_COMMIT, &err), 0);
    unsetenv("UNMOOR_FAULT");
}

static void backoff_doubles_up_to_its_bound(void **state)
{
    (void)state;
    struct um_backoff b = {.first_us = 1000, .max_us = 8000};
    int64_t expected[] = {1000, 2000, 4000, 8000, 8000};
    for (int i = 0; i < 5; i++) {
        int64_t us = um_backoff_next(&b);
        assert_true(us >= expected[i] * 3 / 4 && us <= expected[i] * 5 / 4);
    }
    um_backoff_reset(&b);
    assert_true(um_backoff_next(&b) <= 1250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_grows_and_stays_terminated),
        cmocka_unit_test(arena_keeps_what_it_hands_out),
        cmocka_unit_test(arena_holds_little_more_than_it_hands_out),
        cmocka_unit_test(errors_know_their_exit_code),
        cmocka_unit_test(a_long_error_is_cut_not_overrun),
        cmocka_unit_test(the_catalogue_is_sorted_and_complete),
        cmocka_unit_test(fault_points_are_sorted),
        cmocka_unit_test(fault_points_fail_when_their_time_has_come),
        cmocka_unit_test(backoff_doubles_up_to_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
