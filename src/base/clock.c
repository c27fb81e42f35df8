#include "base/clock.h"

#include <poll.h>
#include <time.h>

#include "base/stop.h"

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t um_now_us(void)
{
    return now(CLOCK_MONOTONIC);
}

int64_t um_wall_us(void)
{
    return now(CLOCK_REALTIME);
}

int64_t um_thread_cpu_us(void)
{
    return now(CLOCK_THREAD_CPUTIME_ID);
}

int um_sleep_us(int64_t us)
{
    int64_t end = um_now_us() + us;
    while (!um_stop_requested()) {
        int64_t left = end - um_now_us();
        if (left <= 0)
            return 0;
        struct pollfd stop = {.fd = um_stop_fd(), .events = POLLIN};
        struct timespec t = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
        ppoll(&stop, stop.fd >= 0 ? 1 : 0, &t, NULL);
    }
    return -1;
}

void um_pause_us(int64_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

int64_t um_backoff_next(struct um_backoff *b)
{
    if (b->next_us < b->first_us)
        b->next_us = b->first_us;
    int64_t base = b->next_us;
    b->next_us = base * 2 < b->max_us ? base * 2 : b->max_us;
    /* A quarter of jitter, so that many jobs do not come back in step. */
    return base - base / 8 + now(CLOCK_MONOTONIC) % (base / 4 + 1);
}

void um_backoff_reset(struct um_backoff *b)
{
    b->next_us = 0;
}

struct timespec um_deadline(int64_t us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += us / 1000000;
    t.tv_nsec += us % 1000000 * 1000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}
