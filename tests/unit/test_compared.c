/* How far a table is compared, whatever the order in which its ranges end. */
/* links: um_checksum um_mysql um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checksum/progress.h"

enum { RANGES = 150 };

static struct um_bound bound(uint64_t n)
{
    char text[24];
    const char *values[1] = {text};
    const unsigned long lengths[1] = {
        (unsigned long)snprintf(text, sizeof text, "%u", (unsigned)n)};
    struct um_bound b = {0};
    if (n > 0 && n < RANGES)
        um_bound_set(&b, values, lengths, 1);
    return b;
}

static void end(struct um_compared_progress *p, uint64_t number, bool equal)
{
    struct um_compared r = {.number = number,
                            .lo = bound(number),
                            .hi = bound(number + 1),
                            .rows = {10, equal ? 10 : 9},
                            .equal = equal};
    um_compared_add(p, &r);
    um_bound_clear(&r.lo);
    um_bound_clear(&r.hi);
}

static unsigned mark(const struct um_compared_progress *p)
{
    unsigned n = 0;
    if (p->now.hi.count)
        assert_int_equal(sscanf(p->now.hi.values[0], "%u", &n), 1);
    return n;
}

static void in_any_order(void **state)
{
    (void)state;
    struct um_compared_progress p;
    um_compared_begin(&p, NULL);
    end(&p, 1, true);
    end(&p, 2, false);
    assert_false(p.changed);
    assert_int_equal(mark(&p), 0);
    end(&p, 0, true);
    assert_true(p.changed);
    assert_int_equal(mark(&p), 3);
    end(&p, 4, true);
    assert_int_equal(mark(&p), 3);
    assert_int_equal(p.now.chunks, 2);
    assert_int_equal(p.now.rows[0], 20);
    assert_int_equal(p.now.rows[1], 20);
    assert_int_equal(p.now.differing.range_count, 1);
    assert_string_equal(p.now.differing.ranges[0].lo.values[0], "2");
    assert_string_equal(p.now.differing.ranges[0].hi.values[0], "3");
    um_compared_end(&p);
}

static void to_the_end(void **state)
{
    (void)state;
    struct um_compared_progress p;
    um_compared_begin(&p, NULL);
    for (uint64_t i = RANGES; i-- > 0;)
        end(&p, i, true);
    assert_true(p.now.whole);
    assert_int_equal(p.now.chunks, RANGES);
    assert_int_equal(p.ahead_count, 0);
    um_compared_end(&p);
}

/* More that differ than are kept: the mark stays in front of the first one too many. */
static void stuck(void **state)
{
    (void)state;
    struct um_compared_progress p;
    um_compared_begin(&p, NULL);
    for (uint64_t i = 0; i < RANGES; i++)
        end(&p, i, i % 10 == 0 && i < 50);
    assert_int_equal(p.now.differing.range_count, 100);
    assert_int_equal(mark(&p), 105);
    assert_false(p.now.whole);
    assert_true(p.stuck);
    um_compared_end(&p);
}

static void gone_on_with(void **state)
{
    (void)state;
    struct um_resume from = {.hi = bound(7)};
    struct um_bound lo = bound(2), hi = bound(3);
    um_damage_add_range(&from.again, &lo, &hi);
    struct um_compared_progress p;
    um_compared_begin(&p, &from);
    assert_int_equal(mark(&p), 7);
    struct um_compared again = {.lo = lo, .hi = hi, .rows = {5, 5}, .equal = true};
    um_compared_again(&p, 0, &again);
    assert_true(p.again_done[0] && p.changed);
    assert_int_equal(mark(&p), 7);
    assert_int_equal(p.now.chunks, 1);
    struct um_verified copy;
    um_verified_copy(&copy, &p.now);
    assert_int_equal(copy.rows[1], 5);
    um_verified_clear(&copy);
    um_compared_end(&p);
    um_bound_clear(&lo);
    um_bound_clear(&hi);
    um_resume_clear(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_any_order), cmocka_unit_test(to_the_end),
                                       cmocka_unit_test(stuck), cmocka_unit_test(gone_on_with)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
