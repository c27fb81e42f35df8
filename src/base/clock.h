#ifndef UM_BASE_CLOCK_H
#define UM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds; monotonic for intervals, wall for stamps (Unix epoch). */
int64_t um_now_us(void);
int64_t um_wall_us(void);
/* Of the processor, by this thread. */
int64_t um_thread_cpu_us(void);
/* So many microseconds from now, for waits on conditions with CLOCK_MONOTONIC. */
struct timespec um_deadline(int64_t us);
/* Sleeps, or less when the process is asked to stop. Returns -1 if so. */
int um_sleep_us(int64_t us);
/* Sleeps, whatever is asked. */
void um_pause_us(int64_t us);

/* Delays between attempts: doubling from first to max, with jitter. Zero-initialise, set both. */
struct um_backoff {
    int64_t first_us, max_us, next_us;
};
int64_t um_backoff_next(struct um_backoff *b);
void um_backoff_reset(struct um_backoff *b);

#endif
