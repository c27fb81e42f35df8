/* A queue between threads keeps order, its byte bound, and wakes everyone when it is closed. */
/* links: um_base */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/queue.h"

static void keeps_order_across_growth(void **state)
{
    (void)state;
    struct um_queue *q = um_queue_new(1 << 20);
    for (uintptr_t i = 1; i <= 1000; i++)
        assert_int_equal(um_queue_push(q, (void *)i, 1), 0);
    assert_int_equal(um_queue_bytes(q), 1000);
    for (uintptr_t i = 1; i <= 1000; i++)
        assert_ptr_equal(um_queue_pop(q, 0), (void *)i);
    assert_null(um_queue_pop(q, 0));
    um_queue_delete(q);
}

struct pair {
    struct um_queue *q;
    uintptr_t count;
    size_t most;
};

static void *push_all(void *context)
{
    struct pair *p = context;
    for (uintptr_t i = 1; i <= p->count; i++) {
        if (um_queue_push(p->q, (void *)i, 100) != 0)
            return NULL;
    }
    um_queue_close(p->q);
    return NULL;
}

static void bounds_bytes_between_threads(void **state)
{
    (void)state;
    struct pair p = {.q = um_queue_new(1000), .count = 20000};
    pthread_t pusher;
    assert_int_equal(pthread_create(&pusher, NULL, push_all, &p), 0);
    uintptr_t next = 1;
    void *item;
    while ((item = um_queue_pop(p.q, -1)) != NULL) {
        size_t bytes = um_queue_bytes(p.q);
        p.most = bytes > p.most ? bytes : p.most;
        assert_ptr_equal(item, (void *)next++);
    }
    pthread_join(pusher, NULL);
    assert_int_equal(next, p.count + 1);
    assert_true(p.most <= 1000);
    um_queue_delete(p.q);
}

static void takes_one_item_above_the_bound(void **state)
{
    (void)state;
    struct um_queue *q = um_queue_new(10);
    assert_int_equal(um_queue_push(q, (void *)1, 1000), 0);
    assert_ptr_equal(um_queue_pop(q, 0), (void *)1);
    um_queue_delete(q);
}

static void *push_two(void *context)
{
    struct pair *p = context;
    p->count = um_queue_push(p->q, (void *)1, 10) == 0;
    p->count += um_queue_push(p->q, (void *)2, 10) == 0;
    return NULL;
}

static void close_wakes_a_blocked_pusher(void **state)
{
    (void)state;
    struct pair p = {.q = um_queue_new(10)};
    pthread_t pusher;
    assert_int_equal(pthread_create(&pusher, NULL, push_two, &p), 0);
    while (um_queue_bytes(p.q) == 0)
        sched_yield();
    um_queue_close(p.q);
    pthread_join(pusher, NULL);
    assert_int_equal(p.count, 1);
    assert_ptr_equal(um_queue_pop(p.q, -1), (void *)1);
    assert_null(um_queue_pop(p.q, -1));
    um_queue_delete(p.q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_across_growth),
        cmocka_unit_test(bounds_bytes_between_threads),
        cmocka_unit_test(takes_one_item_above_the_bound),
        cmocka_unit_test(close_wakes_a_blocked_pusher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
