#include "apply/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "apply/things.h"

/*
 * A task in the graph of who comes after whom: edges lead from a task to those that touch the same
 * after it. A task is in the way of what comes after it when it runs, or waits for one that does.
 */
struct um_node {
    struct um_task *task; /* NULL once it is over */
    enum { WAITING, RUNNING, OVER, HELD } state;
    struct um_node **after;
    size_t after_count, after_cap;
    size_t before;        /* edges from tasks that are not over */
    size_t behind;        /* WAITING: edges from tasks that are in the way */
    uint64_t take;        /* the last one that took a task before it */
    size_t with;          /* edges from what that one took */
    struct um_node *next; /* of what runs in a slot; of what is over */
    struct um_node *changed;
};

struct um_schedule {
    bool in_order;
    struct um_things *things;
    struct um_node *running[UM_SCHEDULE_SLOTS];
    struct um_node *over; /* things may still point at them */
    size_t over_count;
    struct um_node held; /* stands for all that is held */
    struct um_task *first, *last;
    size_t waiting, rows, bytes;
    size_t free_rows; /* of waiting tasks that nothing is in the way of */
    uint64_t takes;
};

struct um_schedule *um_schedule_new(bool in_order)
{
    struct um_schedule *s = um_alloc(sizeof *s);
    s->in_order = in_order;
    s->held.state = HELD;
    s->things = um_things_new();
    return s;
}

static void node_delete(struct um_node *n)
{
    free(n->after);
    free(n);
}

static void nodes_delete(struct um_node *n)
{
    while (n) {
        struct um_node *next = n->next;
        node_delete(n);
        n = next;
    }
}

void um_schedule_delete(struct um_schedule *s)
{
    if (!s)
        return;
    while (um_schedule_drop(s))
        ;
    for (unsigned slot = 0; slot < UM_SCHEDULE_SLOTS; slot++)
        nodes_delete(s->running[slot]);
    nodes_delete(s->over);
    um_things_delete(s->things);
    free(s);
}

static size_t rows_of(const struct um_task *t)
{
    return t->count ? t->count : 1;
}

/* ---- the graph ---- */

static bool is_in_the_way(const struct um_node *n)
{
    return n->state == RUNNING || (n->state == WAITING && n->behind);
}

static void comes_after(struct um_node *n, struct um_node *earlier)
{
    if (!earlier || earlier == n || earlier->state == OVER || earlier->state == HELD)
        return;
    um_grow(&earlier->after, &earlier->after_cap, earlier->after_count + 1, sizeof *earlier->after);
    earlier->after[earlier->after_count++] = n;
    n->before++;
    n->behind += is_in_the_way(earlier);
}

static void touch(struct um_schedule *s, struct um_node *n, const struct um_touch *t)
{
    struct um_thing *thing = um_things_at(s->things, t->thing);
    comes_after(n, thing->writer);
    if (t->exclusive) {
        for (size_t i = 0; i < thing->reader_count; i++)
            comes_after(n, thing->readers[i]);
        um_thing_write(thing, n);
    } else {
        um_thing_read(thing, n);
    }
}

/* n gets in the way, and so does what waits for it; or both get out of it. */
static void pass_on(struct um_schedule *s, struct um_node *n, bool in)
{
    n->changed = NULL;
    for (struct um_node *list = n; list;) {
        struct um_node *of = list;
        list = list->changed;
        for (size_t i = 0; i < of->after_count; i++) {
            struct um_node *x = of->after[i];
            if (x->state != WAITING)
                continue;
            size_t was = x->behind;
            x->behind += in ? 1 : -(size_t)1;
            if (was && x->behind)
                continue;
            s->free_rows += in ? -rows_of(x->task) : rows_of(x->task);
            x->changed = list;
            list = x;
        }
    }
}

static void end(struct um_schedule *s, struct um_node *n)
{
    bool was_in_the_way = is_in_the_way(n);
    n->state = OVER;
    n->task = NULL;
    for (size_t i = 0; i < n->after_count; i++)
        n->after[i]->before--;
    if (was_in_the_way)
        pass_on(s, n, false);
    n->after_count = 0;
    n->next = s->over;
    s->over = n;
    s->over_count++;
}

/* ---- what is held ---- */

bool um_schedule_is_held(struct um_schedule *s, const struct um_touches *touches)
{
    for (size_t i = 0; i < touches->count; i++) {
        const struct um_thing *thing = um_things_at(s->things, touches->items[i].thing);
        bool held = thing->writer == &s->held;
        for (size_t k = 0; touches->items[i].exclusive && k < thing->reader_count; k++)
            held |= thing->readers[k] == &s->held;
        if (held)
            return true;
    }
    return false;
}

/* What is before it need not be met: it is never run. */
void um_schedule_hold(struct um_schedule *s, const struct um_touches *touches)
{
    for (size_t i = 0; i < touches->count; i++) {
        struct um_thing *thing = um_things_at(s->things, touches->items[i].thing);
        if (touches->items[i].exclusive)
            um_thing_write(thing, &s->held);
        else
            um_thing_read(thing, &s->held);
    }
}

/* ---- what is over ---- */

static struct um_node *still_there(struct um_node *n)
{
    return n->state == OVER ? NULL : n;
}

/* Things keep pointing at tasks that are over; from time to time they are looked through. In order
   a task can be over before one that it comes after is known to be. */
static void sweep(struct um_schedule *s)
{
    enum { OFTEN = 4096 };
    if (s->over_count < OFTEN || s->over_count < 2 * s->waiting)
        return;
    um_things_sweep(s->things, still_there);
    struct um_node **at = &s->over;
    while (*at) {
        struct um_node *n = *at;
        if (n->before) {
            at = &n->next;
            continue;
        }
        *at = n->next;
        node_delete(n);
        s->over_count--;
    }
}

/* ---- tasks ---- */

void um_schedule_add(struct um_schedule *s, struct um_task *task, const struct um_touches *touches)
{
    sweep(s);
    struct um_node *n = um_alloc(sizeof *n);
    n->task = task;
    task->node = n;
    for (size_t i = 0; i < touches->count; i++)
        touch(s, n, &touches->items[i]);

    task->next = NULL;
    task->later = NULL;
    task->earlier = s->last;
    if (s->last)
        s->last->later = task;
    else
        s->first = task;
    s->last = task;
    s->waiting++;
    s->rows += rows_of(task);
    s->bytes += task->bytes;
    s->free_rows += n->behind ? 0 : rows_of(task);
}

static void leave(struct um_schedule *s, struct um_task *t)
{
    if (t->earlier)
        t->earlier->later = t->later;
    else
        s->first = t->later;
    if (t->later)
        t->later->earlier = t->earlier;
    else
        s->last = t->earlier;
    s->waiting--;
    s->rows -= rows_of(t);
    s->bytes -= t->bytes;
    s->free_rows -= t->node->behind ? 0 : rows_of(t);
}

struct um_task *um_schedule_drop(struct um_schedule *s)
{
    struct um_task *t = s->first;
    if (t) {
        leave(s, t);
        end(s, t->node);
    }
    return t;
}

/* ---- taking ---- */

struct basket {
    struct um_task *first, **end;
    size_t count, rows, bytes, max_rows, max_bytes;
};

static bool fits(const struct basket *b, size_t rows, size_t bytes)
{
    return !b->count || (b->rows + rows <= b->max_rows && b->bytes + bytes <= b->max_bytes);
}

/* In the source's order: whoever takes looks through what waits in that. */
static void put(struct um_schedule *s, struct basket *b, struct um_task *t)
{
    leave(s, t);
    t->next = NULL;
    *b->end = t;
    b->end = &t->next;
    b->count++;
    b->rows += rows_of(t);
    b->bytes += t->bytes;
    t->node->state = RUNNING;
    for (size_t i = 0; i < t->node->after_count; i++) {
        struct um_node *x = t->node->after[i];
        x->with = x->take == s->takes ? x->with + 1 : 1;
        x->take = s->takes;
    }
}

/* Whatever it comes after is over or goes along. */
static bool may_go(const struct um_schedule *s, const struct um_node *n)
{
    return n->before == (n->take == s->takes ? n->with : 0);
}

static void take_free(struct um_schedule *s, struct basket *b)
{
    for (struct um_task *t = s->first, *later; t && s->free_rows && fits(b, 1, 0); t = later) {
        later = t->later;
        t->late = false;
        if (may_go(s, t->node) && fits(b, rows_of(t), t->bytes))
            put(s, b, t);
    }
}

static void take_first(struct um_schedule *s, struct basket *b)
{
    for (struct um_task *t = s->first; t && fits(b, rows_of(t), t->bytes); t = s->first) {
        t->late = t->node->behind != 0;
        put(s, b, t);
    }
}

struct um_task *um_schedule_take(struct um_schedule *s, unsigned slot, size_t rows, size_t bytes)
{
    UM_ASSERT(slot < UM_SCHEDULE_SLOTS && !s->running[slot]);
    struct basket b = {.max_rows = rows, .max_bytes = bytes};
    b.end = &b.first;
    s->takes++;
    if (s->in_order)
        take_first(s, &b);
    else
        take_free(s, &b);
    for (struct um_task *t = b.first; t; t = t->next) {
        t->node->next = s->running[slot];
        s->running[slot] = t->node;
        if (!t->node->behind)
            pass_on(s, t->node, true);
    }
    return b.first;
}

bool um_schedule_ready(const struct um_schedule *s, size_t rows)
{
    return (s->in_order ? s->rows : s->free_rows) >= rows;
}

void um_schedule_done(struct um_schedule *s, unsigned slot)
{
    while (s->running[slot]) {
        struct um_node *n = s->running[slot];
        s->running[slot] = n->next;
        end(s, n);
    }
}

size_t um_schedule_waiting(const struct um_schedule *s)
{
    return s->waiting;
}

size_t um_schedule_waiting_rows(const struct um_schedule *s)
{
    return s->rows;
}

size_t um_schedule_waiting_bytes(const struct um_schedule *s)
{
    return s->bytes;
}
