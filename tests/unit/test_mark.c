/* The low-water mark: where everything before is committed, whatever the order of commits. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply/mark.h"

static struct um_txn at(uint64_t n, bool gtid)
{
    struct um_txn t = {
        .begin_offset = 100 * n + 50, .end_offset = 100 * (n + 1), .commit_us = (int64_t)n + 1};
    snprintf(t.file, sizeof t.file, "b.%06d", n < 5 ? 1 : 2);
    if (gtid)
        t.gtid = (struct um_gtid){.kind = UM_GTID_MYSQL, .uuid = {1}, .sequence = n + 1};
    return t;
}

static struct um_mark *start(struct um_applied_left *left)
{
    struct um_state_progress from = {.at = {.file = "b.000001", .offset = 4}, .transactions = 7};
    struct um_applied_left none = {0};
    return um_mark_new(&from, left ? left : &none);
}

static uint64_t offset(const struct um_mark *m)
{
    return um_mark_progress(m)->at.offset;
}

static void it_stands_before_the_first_gap(void **state)
{
    (void)state;
    struct um_mark *m = start(NULL);
    for (uint64_t n = 0; n < 8; n++) {
        struct um_txn t = at(n, true);
        assert_int_equal(um_mark_push(m, &t), n);
    }
    assert_int_equal(um_mark_pushed(m)->offset, 800);
    assert_int_equal(offset(m), 4);
    um_mark_count(m, 1, 1, 10);
    um_mark_done(m, 1);
    um_mark_count(m, 1, 3, 10);
    um_mark_done(m, 3);
    assert_int_equal(offset(m), 4);
    assert_false(um_mark_moved(m));
    um_mark_done(m, 0);
    assert_int_equal(offset(m), 200);
    assert_true(um_mark_moved(m));
    assert_int_equal(um_mark_foldable(m), 0); /* batch 1 has transaction 3 too */
    um_mark_done(m, 2);
    assert_int_equal(offset(m), 400);
    assert_int_equal(um_mark_foldable(m), 1);
    for (uint64_t n = 7; n > 3; n--)
        um_mark_done(m, n);
    assert_int_equal(offset(m), 800);
    assert_string_equal(um_mark_progress(m)->at.file, "b.000002");
    assert_int_equal(um_mark_progress(m)->commit_us, 8);
    struct um_buf gtids = {0};
    um_gtid_set_print(um_mark_progress(m)->at.gtids, &gtids);
    assert_string_equal(gtids.data, "01000000-0000-0000-0000-000000000000:1-8");
    um_buf_free(&gtids);
    um_mark_delete(m);
}

static void in_any_order(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    unsigned seed = 3;
    static uint64_t order[MANY];
    static bool done[MANY];
    struct um_mark *m = start(NULL);
    for (uint64_t n = 0; n < MANY; n++) {
        struct um_txn t = at(n, false);
        um_mark_push(m, &t);
        order[n] = n;
    }
    for (size_t n = MANY - 1; n > 0; n--) {
        size_t other = (size_t)rand_r(&seed) % (n + 1);
        uint64_t kept = order[n];
        order[n] = order[other];
        order[other] = kept;
    }
    size_t first = 0;
    for (size_t i = 0; i < MANY; i++) {
        um_mark_done(m, order[i]);
        done[order[i]] = true;
        while (first < MANY && done[first])
            first++;
        assert_int_equal(offset(m), first ? 100 * first : 4);
    }
    um_mark_delete(m);
}

static void what_an_earlier_run_did_is_known(void **state)
{
    (void)state;
    for (int gtid = 0; gtid < 2; gtid++) {
        struct um_applied_left left = {0};
        struct um_txn two = at(2, gtid), three = at(3, gtid);
        um_applied_add(&left.of, &two);
        struct um_mark *m = start(&left);
        assert_true(um_mark_knows(m, &two));
        assert_false(um_mark_knows(m, &three));
        um_mark_delete(m);
    }
}

static void names_are_behind_a_position(void **state)
{
    (void)state;
    struct um_applied a = {0};
    struct um_txn three = at(3, false), six = at(6, false);
    struct um_position p = {.file = "b.000001", .offset = 400};
    um_applied_add(&a, &three);
    assert_true(um_applied_within(&a, &p));
    p.offset = 300;
    assert_false(um_applied_within(&a, &p));
    p = (struct um_position){.file = "b.000002", .offset = 600};
    assert_true(um_applied_within(&a, &p));
    um_applied_add(&a, &six);
    assert_false(um_applied_within(&a, &p));
    p.offset = 700;
    assert_true(um_applied_within(&a, &p));
    um_applied_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_before_the_first_gap),
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(what_an_earlier_run_did_is_known),
        cmocka_unit_test(names_are_behind_a_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
