/* Which transactions go together and which wait, against a model that knows every pair. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply/schedule.h"

enum { TASKS = 3000, TOUCHES = 4, SLOTS = 5 };

struct model {
    struct um_task tasks[TASKS];
    struct um_touch touches[TASKS][TOUCHES];
    unsigned slot_of[TASKS];
    enum { NEW, WAITS, RUNS, OVER, HELD } state[TASKS];
    struct um_schedule *schedule;
    bool busy[SLOTS], in_order;
    unsigned hold;       /* one of so many is held; 0: none */
    size_t given[SLOTS]; /* how many had been given out before */
    size_t takes;
    size_t added, over;
    unsigned seed;
};

static unsigned rnd(struct model *m, unsigned below)
{
    return (unsigned)rand_r(&m->seed) % below;
}

static bool conflict(const struct model *m, size_t a, size_t b)
{
    for (size_t i = 0; i < TOUCHES; i++) {
        for (size_t k = 0; k < TOUCHES; k++) {
            if (m->touches[a][i].thing == m->touches[b][k].thing &&
                (m->touches[a][i].exclusive || m->touches[b][k].exclusive))
                return true;
        }
    }
    return false;
}

static bool follows_a_held_one(const struct model *m, size_t n)
{
    for (size_t earlier = 0; earlier < n; earlier++) {
        if (m->state[earlier] == HELD && conflict(m, earlier, n))
            return true;
    }
    return false;
}

static void add(struct model *m, unsigned things)
{
    size_t n = m->added++;
    struct um_touches touches = {.items = m->touches[n], .count = TOUCHES};
    for (size_t i = 0; i < TOUCHES; i++)
        m->touches[n][i] =
            (struct um_touch){.thing = rnd(m, things) * 4096ULL, .exclusive = rnd(m, 3) > 0};
    m->tasks[n] = (struct um_task){.sequence = n, .count = rnd(m, 4), .bytes = 1 + rnd(m, 10)};
    bool held = follows_a_held_one(m, n);
    assert_int_equal(um_schedule_is_held(m->schedule, &touches), held);
    if (held || (m->hold && rnd(m, m->hold) == 0)) {
        um_schedule_hold(m->schedule, &touches);
        m->state[n] = HELD;
        m->over++;
        return;
    }
    m->state[n] = WAITS;
    um_schedule_add(m->schedule, &m->tasks[n], &touches);
}

/* Everything that it conflicts with and that came before is over, or goes with it and before it, or
   will be over when it is written, because it is late. */
static void check_may_run(const struct model *m, size_t n, unsigned slot)
{
    bool late = m->tasks[n].late;
    assert_true(m->in_order || !late);
    for (size_t earlier = 0; earlier < n; earlier++) {
        if (m->state[earlier] == OVER || !conflict(m, earlier, n))
            continue;
        if (m->state[earlier] != RUNS || (m->slot_of[earlier] != slot && !late))
            fail_msg("transaction %zu was given out before %zu had ended", n, earlier);
        if (m->slot_of[earlier] == slot && m->tasks[earlier].late && !late)
            fail_msg("transaction %zu goes before %zu, which is late", n, earlier);
    }
}

/* With room for everything, what stays comes after what others run, or after what stays. */
static void check_had_to_stay(const struct model *m, size_t n, unsigned slot)
{
    for (size_t earlier = 0; earlier < n; earlier++) {
        bool in_the_way = m->state[earlier] == WAITS ||
                          (m->state[earlier] == RUNS && m->slot_of[earlier] != slot);
        if (in_the_way && conflict(m, earlier, n))
            return;
    }
    fail_msg("transaction %zu was left behind", n);
}

static size_t take(struct model *m, unsigned slot)
{
    bool all = rnd(m, 4) == 0;
    bool ready = um_schedule_ready(m->schedule, 1);
    struct um_task *list = um_schedule_take(m->schedule, slot, all ? TASKS * 4 : 1 + rnd(m, 40),
                                            all ? TASKS * 10 : 1 + rnd(m, 400));
    assert_int_equal(list != NULL, ready);
    size_t count = 0;
    for (struct um_task *t = list; t; t = t->next, count++) {
        size_t n = (size_t)t->sequence;
        assert_true(t == &m->tasks[n]);
        assert_int_equal(m->state[n], WAITS);
        assert_true(!t->next || t->next->sequence > t->sequence);
        check_may_run(m, n, slot);
        m->state[n] = RUNS;
        m->slot_of[n] = slot;
        for (size_t earlier = 0; m->in_order && earlier < n; earlier++)
            assert_int_not_equal(m->state[earlier], WAITS);
    }
    for (size_t n = 0; all && n < m->added; n++) {
        if (m->state[n] == WAITS)
            check_had_to_stay(m, n, slot);
    }
    m->busy[slot] = count > 0;
    m->given[slot] = m->takes++;
    return count;
}

/* In order, what was given out first ends first. */
static bool may_finish(const struct model *m, unsigned slot)
{
    for (unsigned s = 0; m->in_order && s < SLOTS; s++) {
        if (m->busy[s] && m->given[s] < m->given[slot])
            return false;
    }
    return true;
}

static void finish(struct model *m, unsigned slot)
{
    um_schedule_done(m->schedule, slot);
    m->busy[slot] = false;
    for (size_t n = 0; n < m->added; n++) {
        if (m->state[n] == RUNS && m->slot_of[n] == slot) {
            m->state[n] = OVER;
            m->over++;
        }
    }
}

static void run(unsigned seed, unsigned things, bool in_order, unsigned hold)
{
    struct model *m = calloc(1, sizeof *m);
    m->seed = seed;
    m->in_order = in_order;
    m->hold = hold;
    m->schedule = um_schedule_new(in_order);
    while (m->over < TASKS) {
        unsigned slot = rnd(m, SLOTS);
        bool anything = false;
        for (unsigned i = rnd(m, 60); i > 0 && m->added < TASKS; i--)
            add(m, things);
        if (!m->busy[slot])
            take(m, slot);
        else if (may_finish(m, slot))
            finish(m, slot);
        /* Never stuck: with nothing running, something may always go. */
        for (unsigned s = 0; s < SLOTS; s++)
            anything |= m->busy[s];
        if (!anything && um_schedule_waiting(m->schedule))
            assert_true(take(m, 0) > 0);
    }
    assert_int_equal(um_schedule_waiting(m->schedule), 0);
    assert_int_equal(um_schedule_waiting_rows(m->schedule), 0);
    assert_int_equal(um_schedule_waiting_bytes(m->schedule), 0);
    um_schedule_delete(m->schedule);
    free(m);
}

static void nothing_overtakes_what_it_depends_on(void **state)
{
    (void)state;
    static const unsigned things[] = {1, 5, 60, 1000, 100000};
    for (unsigned i = 0; i < sizeof things / sizeof *things; i++) {
        run(i + 1, things[i], false, 0);
        run(i + 1, things[i], true, 0);
    }
}

/* … and whatever else is not held goes. */
static void nothing_overtakes_what_is_held(void **state)
{
    (void)state;
    static const unsigned things[] = {5, 60, 1000, 20000};
    for (unsigned i = 0; i < sizeof things / sizeof *things; i++)
        run(i + 1, things[i], false, 100);
}

static struct um_task *waiting(struct um_schedule *s, struct um_task *t, uint64_t sequence,
                               uint64_t thing)
{
    struct um_touch touch = {.thing = thing, .exclusive = true};
    struct um_touches touches = {.items = &touch, .count = 1};
    *t = (struct um_task){.sequence = sequence, .count = 1, .bytes = 1};
    um_schedule_add(s, t, &touches);
    return t;
}

/* A hot row must not keep others from going: they are taken past it. */
static void what_is_free_goes_past_what_waits(void **state)
{
    (void)state;
    struct um_schedule *s = um_schedule_new(false);
    struct um_task hot[3], cold[2];
    waiting(s, &hot[0], 0, 7);
    assert_ptr_equal(um_schedule_take(s, 0, 10, 100), &hot[0]);
    waiting(s, &hot[1], 1, 7);
    waiting(s, &cold[0], 2, 8);
    waiting(s, &hot[2], 3, 7);
    waiting(s, &cold[1], 4, 9);
    struct um_task *taken = um_schedule_take(s, 1, 10, 100);
    assert_ptr_equal(taken, &cold[0]);
    assert_ptr_equal(taken->next, &cold[1]);
    assert_null(taken->next->next);
    assert_null(um_schedule_take(s, 2, 10, 100));
    um_schedule_done(s, 0);
    taken = um_schedule_take(s, 2, 10, 100);
    assert_ptr_equal(taken, &hot[1]);
    assert_ptr_equal(taken->next, &hot[2]);
    um_schedule_delete(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_overtakes_what_it_depends_on),
        cmocka_unit_test(nothing_overtakes_what_is_held),
        cmocka_unit_test(what_is_free_goes_past_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
