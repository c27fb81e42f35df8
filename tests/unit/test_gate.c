/* The door to COMMIT, with a thread for each batch. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "apply/gate.h"

enum { BATCHES = 40, NOBODY = BATCHES };

struct hall {
    struct um_gate *gate;
    pthread_mutex_t lock;
    uint64_t passed[BATCHES];
    size_t passed_count;
    uint64_t failing; /* this one does not end well */
};

struct batch {
    struct hall *hall;
    uint64_t order;
    pthread_t thread;
    enum um_gate_answer answer;
    useconds_t work; /* before it comes to the gate */
};

static void *run(void *context)
{
    struct batch *b = context;
    struct hall *h = b->hall;
    usleep(b->work);
    b->answer = um_gate_wait(h->gate, b->order, true);
    if (b->answer == UM_GATE_OPEN) {
        pthread_mutex_lock(&h->lock);
        h->passed[h->passed_count++] = b->order;
        pthread_mutex_unlock(&h->lock);
    }
    um_gate_leave(h->gate, b->order, b->answer == UM_GATE_OPEN && b->order != h->failing);
    return NULL;
}

static void all_at_once(struct hall *h, struct batch *batches)
{
    unsigned seed = 3;
    pthread_mutex_init(&h->lock, NULL);
    for (uint64_t i = 0; i < BATCHES; i++) {
        batches[i] =
            (struct batch){.hall = h, .order = i, .work = (useconds_t)(rand_r(&seed) % 3000)};
        um_gate_enter(h->gate, i);
        assert_int_equal(pthread_create(&batches[i].thread, NULL, run, &batches[i]), 0);
    }
    for (size_t i = 0; i < BATCHES; i++)
        pthread_join(batches[i].thread, NULL);
    pthread_mutex_destroy(&h->lock);
}

static void batches_pass_in_order(void **state)
{
    (void)state;
    struct hall h = {.gate = um_gate_new(true), .failing = NOBODY};
    struct batch batches[BATCHES];
    all_at_once(&h, batches);
    assert_int_equal(h.passed_count, BATCHES);
    for (uint64_t i = 0; i < BATCHES; i++)
        assert_int_equal(h.passed[i], i);
    um_gate_delete(h.gate);
}

static void nothing_passes_behind_a_failure(void **state)
{
    (void)state;
    struct hall h = {.gate = um_gate_new(true), .failing = 17};
    struct batch batches[BATCHES];
    all_at_once(&h, batches);
    assert_int_equal(h.passed_count, 18); /* the failing one came through, but not well */
    for (size_t i = 0; i < BATCHES; i++)
        assert_int_equal(batches[i].answer, i <= 17 ? UM_GATE_OPEN : UM_GATE_CLOSED);
    um_gate_delete(h.gate);
}

static void without_an_order_it_is_open(void **state)
{
    (void)state;
    struct um_gate *g = um_gate_new(false);
    for (uint64_t i = 0; i < 3; i++)
        um_gate_enter(g, i);
    assert_int_equal(um_gate_wait(g, 2, true), UM_GATE_OPEN);
    um_gate_delete(g);
}

static void *wait_here(void *context)
{
    struct batch *b = context;
    b->answer = um_gate_wait(b->hall->gate, b->order, true);
    return NULL;
}

/* Those behind it that hold locks give them back; it is the turn of nobody else for that. */
static void an_earlier_batch_asks_for_room(void **state)
{
    (void)state;
    struct hall h = {.gate = um_gate_new(true)};
    struct batch behind = {.hall = &h, .order = 2};
    for (uint64_t i = 0; i < 3; i++)
        um_gate_enter(h.gate, i);
    assert_int_equal(pthread_create(&behind.thread, NULL, wait_here, &behind), 0);
    um_gate_ask_for_room(h.gate, 1);
    pthread_join(behind.thread, NULL);
    assert_int_equal(behind.answer, UM_GATE_MAKE_ROOM);

    /* It comes back without locks and waits for its turn, whatever anybody asks for. */
    um_gate_leave(h.gate, 0, true);
    assert_int_equal(um_gate_wait(h.gate, 1, true), UM_GATE_OPEN);
    um_gate_leave(h.gate, 1, true);
    assert_int_equal(um_gate_wait(h.gate, 2, false), UM_GATE_OPEN);
    um_gate_leave(h.gate, 2, true);
    um_gate_delete(h.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_pass_in_order),
        cmocka_unit_test(nothing_passes_behind_a_failure),
        cmocka_unit_test(without_an_order_it_is_open),
        cmocka_unit_test(an_earlier_batch_asks_for_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
