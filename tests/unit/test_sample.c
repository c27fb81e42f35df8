/* Which ranges of a table a sample takes. */
/* links: um_checksum um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checksum/sample.h"

enum { RANGES = 1000 };

static void test_all(void **state)
{
    (void)state;
    for (unsigned percent = 0; percent <= 100; percent += 100) {
        struct um_sample s = {.percent = percent, .phase = 42};
        for (uint64_t i = 0; i < RANGES; i++)
            assert_true(um_sample_takes(&s, i, i + 1 == RANGES));
        assert_int_equal(s.taken, RANGES);
    }
}

/* As many as were asked for, and nowhere more than one too few in a row. */
static void test_even_spread(void **state)
{
    (void)state;
    for (unsigned percent = 1; percent < 100; percent++) {
        for (unsigned phase = 0; phase < 100; phase += 7) {
            struct um_sample s = {.percent = percent, .phase = phase};
            unsigned gap = 0, widest = (100 + percent - 1) / percent;
            for (uint64_t i = 0; i < RANGES; i++) {
                gap = um_sample_takes(&s, i, i + 1 == RANGES) ? 0 : gap + 1;
                assert_true(gap < widest || (gap == widest && i < widest));
            }
            assert_int_equal(s.taken, RANGES * percent / 100);
        }
    }
}

/* Small tables are not left out. */
static void test_one_at_least(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < 100; phase++) {
        struct um_sample s = {.percent = 1, .phase = phase};
        for (uint64_t i = 0; i < 3; i++)
            um_sample_takes(&s, i, i == 2);
        assert_int_equal(s.taken, 1);
    }
}

/* Any range may be the one. */
static void test_chance(void **state)
{
    (void)state;
    bool seen[10] = {false};
    for (unsigned phase = 0; phase < 100; phase++) {
        struct um_sample s = {.percent = 10, .phase = phase};
        for (uint64_t i = 0; i < 10; i++)
            seen[i] |= um_sample_takes(&s, i, i == 9);
        assert_true(um_sample_phase() < 100);
    }
    for (int i = 0; i < 10; i++)
        assert_true(seen[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_even_spread),
        cmocka_unit_test(test_one_at_least),
        cmocka_unit_test(test_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
