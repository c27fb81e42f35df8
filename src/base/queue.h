#ifndef UM_BASE_QUEUE_H
#define UM_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded queue of pointers between threads. The bound is in bytes as told by the pusher; one
 * item above the bound is taken when the queue is empty, so nothing can block for good.
 */
struct um_queue;

struct um_queue *um_queue_new(size_t max_bytes);
void um_queue_delete(struct um_queue *q); /* items still inside are the caller's to drain first */
/* Blocks while full. Returns -1 when the queue is closed; the item stays the caller's. */
int um_queue_push(struct um_queue *q, void *item, size_t bytes);
/* NULL when nothing came within wait_us (0: at once, -1: for ever), or closed and drained. */
void *um_queue_pop(struct um_queue *q, int64_t wait_us);
/* Whoever waits for an item, or comes to, waits no longer once: something else has happened. */
void um_queue_nudge(struct um_queue *q);
/* Wakes everyone; pushes fail from now on, pops drain what is left. */
void um_queue_close(struct um_queue *q);
bool um_queue_closed(struct um_queue *q);
size_t um_queue_bytes(struct um_queue *q);

#endif
