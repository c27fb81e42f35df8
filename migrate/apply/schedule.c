#include "apply/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "apply/things.h"

/* Tasks that touch something in common; while they wait, units are united. */
struct um_unit {
    struct um_unit *into; /* united with that one */
    enum { WAITING, RUNNING, DONE, HELD } state;
    unsigned slot;         /* RUNNING */
    uint64_t waits;        /* WAITING: for these slots */
    struct um_task *tasks; /* WAITING; in no order */
    size_t rows, task_count;
    uint64_t seen;                        /* the last take that looked at it */
    struct um_unit *previous, *following; /* all that are not over */
};

struct um_schedule {
    bool in_order;
    struct um_things *things;
    struct um_unit *live; /* WAITING and RUNNING */
    struct um_unit *over; /* DONE and united: things may still point at them */
    struct um_unit held;  /* stands for all that is held */
    size_t over_count;
    struct um_task *first, *last;
    size_t waiting, rows, bytes;
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

static void free_units(struct um_unit *u)
{
    while (u) {
        struct um_unit *next = u->following;
        free(u);
        u = next;
    }
}

void um_schedule_delete(struct um_schedule *s)
{
    if (!s)
        return;
    um_things_delete(s->things);
    free_units(s->live);
    free_units(s->over);
    free(s);
}

/* ---- units ---- */

static struct um_unit *root(struct um_unit *u)
{
    while (u->into) {
        if (u->into->into)
            u->into = u->into->into;
        u = u->into;
    }
    return u;
}

static struct um_unit *unit_new(struct um_schedule *s)
{
    struct um_unit *u = um_alloc(sizeof *u);
    u->following = s->live;
    if (s->live)
        s->live->previous = u;
    s->live = u;
    return u;
}

static void retire(struct um_schedule *s, struct um_unit *u)
{
    if (u->previous)
        u->previous->following = u->following;
    else
        s->live = u->following;
    if (u->following)
        u->following->previous = u->previous;
    u->previous = NULL;
    u->following = s->over;
    s->over = u;
    s->over_count++;
}

static struct um_unit *unite(struct um_schedule *s, struct um_unit *a, struct um_unit *b)
{
    if (a->task_count < b->task_count) {
        struct um_unit *larger = b;
        b = a;
        a = larger;
    }
    struct um_task **end = &b->tasks;
    while (*end)
        end = &(*end)->next;
    *end = a->tasks;
    a->tasks = b->tasks;
    a->rows += b->rows;
    a->task_count += b->task_count;
    a->waits |= b->waits;
    b->tasks = NULL;
    b->into = a;
    retire(s, b);
    return a;
}

/* u comes after whatever holds a thing that it touches. */
static struct um_unit *meet(struct um_schedule *s, struct um_unit *u, struct um_unit *holder)
{
    if (!holder)
        return u;
    holder = root(holder);
    if (holder == u || holder->state == DONE)
        return u;
    if (holder->state == WAITING && u->state == WAITING)
        return unite(s, u, holder);
    if (holder->state == RUNNING)
        u->waits |= (uint64_t)1 << holder->slot;
    return u;
}

static struct um_unit *touch(struct um_schedule *s, struct um_unit *u, const struct um_touch *t)
{
    struct um_thing *thing = um_things_at(s->things, t->thing);
    u = meet(s, u, thing->writer);
    if (t->exclusive) {
        for (size_t i = 0; i < thing->reader_count; i++)
            u = meet(s, u, thing->readers[i]);
        um_thing_write(thing, u);
    } else {
        um_thing_read(thing, u);
    }
    return u;
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

static struct um_unit *still_there(struct um_unit *u)
{
    u = root(u);
    return u->state == DONE ? NULL : u;
}

/* Things keep pointing at units that are over; from time to time they are looked through. */
static void sweep(struct um_schedule *s)
{
    enum { OFTEN = 4096 };
    if (s->over_count < OFTEN || s->over_count < 2 * s->waiting)
        return;
    um_things_sweep(s->things, still_there);
    for (struct um_task *t = s->first; t; t = t->later)
        t->unit = root(t->unit);
    free_units(s->over);
    s->over = NULL;
    s->over_count = 0;
}

/* ---- tasks ---- */

static size_t rows_of(const struct um_task *t)
{
    return t->count ? t->count : 1;
}

void um_schedule_add(struct um_schedule *s, struct um_task *task, const struct um_touches *touches)
{
    sweep(s);
    struct um_unit *u = unit_new(s);
    task->next = NULL;
    u->tasks = task;
    u->task_count = 1;
    u->rows = rows_of(task);
    task->unit = u;
    for (size_t i = 0; i < touches->count; i++)
        u = touch(s, u, &touches->items[i]);

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
}

struct um_task *um_schedule_drop(struct um_schedule *s)
{
    struct um_task *t = s->first;
    if (t)
        leave(s, t);
    return t;
}

/* ---- taking ---- */

struct basket {
    struct um_task *tasks; /* in no order */
    size_t count, rows, bytes, max_rows, max_bytes;
};

static bool fits(const struct basket *b, size_t rows, size_t bytes)
{
    return !b->count || (b->rows + rows <= b->max_rows && b->bytes + bytes <= b->max_bytes);
}

static void put(struct um_schedule *s, struct basket *b, struct um_task *t)
{
    leave(s, t);
    t->next = b->tasks;
    b->tasks = t;
    b->count++;
    b->rows += rows_of(t);
    b->bytes += t->bytes;
}

static int by_sequence(const void *a, const void *b)
{
    uint64_t x = (*(struct um_task *const *)a)->sequence;
    uint64_t y = (*(struct um_task *const *)b)->sequence;
    return x < y ? -1 : x > y;
}

static struct um_task *in_sequence(struct um_task *list, size_t count)
{
    if (count == 0)
        return NULL;
    struct um_task **all = um_alloc_array(count, sizeof *all);
    for (size_t i = 0; list; list = list->next)
        all[i++] = list;
    qsort(all, count, sizeof *all, by_sequence);
    for (size_t i = 0; i < count; i++)
        all[i]->next = i + 1 < count ? all[i + 1] : NULL;
    list = all[0];
    free(all);
    return list;
}

/* The unit's earliest tasks go, as many as fit; what is left of it waits for them. */
static void take_unit(struct um_schedule *s, struct um_unit *u, unsigned slot, struct basket *b)
{
    struct um_task *t = in_sequence(u->tasks, u->task_count);
    while (t && fits(b, rows_of(t), t->bytes)) {
        struct um_task *next = t->next;
        u->task_count--;
        u->rows -= rows_of(t);
        put(s, b, t);
        t = next;
    }
    u->tasks = t;
    if (t) {
        u->waits |= (uint64_t)1 << slot;
    } else {
        u->state = RUNNING;
        u->slot = slot;
    }
}

static void take_units(struct um_schedule *s, unsigned slot, struct basket *b)
{
    uint64_t now = ++s->takes;
    struct um_task *t = s->first;
    while (t && fits(b, 1, 0)) {
        struct um_unit *u = root(t->unit);
        /* The unit's other tasks may be anywhere behind, this one's follower among them. */
        struct um_task *later = t->later;
        if (u->seen != now) {
            u->seen = now;
            if (!u->waits && (!b->count || fits(b, u->rows, t->bytes))) {
                while (later && root(later->unit) == u)
                    later = later->later;
                take_unit(s, u, slot, b);
            }
        }
        t = later;
    }
}

/* The unit loses a task from anywhere in its list. */
static void take_task(struct um_schedule *s, struct um_task *t, unsigned slot, struct basket *b)
{
    struct um_unit *u = root(t->unit);
    struct um_task **at = &u->tasks;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    u->task_count--;
    u->rows -= rows_of(t);
    put(s, b, t);
    if (u->tasks)
        return;
    u->state = RUNNING;
    u->slot = slot;
}

static void take_first(struct um_schedule *s, unsigned slot, struct basket *b)
{
    struct um_task *t = s->first;
    while (t && fits(b, rows_of(t), t->bytes)) {
        struct um_task *later = t->later;
        t->late = root(t->unit)->waits != 0;
        take_task(s, t, slot, b);
        t = later;
    }
    /* What is left of the units that gave something waits for it. */
    for (t = b->tasks; t; t = t->next) {
        struct um_unit *u = root(t->unit);
        if (u->state == WAITING)
            u->waits |= (uint64_t)1 << slot;
    }
}

struct um_task *um_schedule_take(struct um_schedule *s, unsigned slot, size_t rows, size_t bytes)
{
    UM_ASSERT(slot < UM_SCHEDULE_SLOTS);
    struct basket b = {.max_rows = rows, .max_bytes = bytes};
    if (s->in_order)
        take_first(s, slot, &b);
    else
        take_units(s, slot, &b);
    return in_sequence(b.tasks, b.count);
}

bool um_schedule_ready(const struct um_schedule *s, size_t rows)
{
    size_t ready = s->in_order ? s->rows : 0;
    for (struct um_task *t = s->first; t && ready < rows; t = t->later) {
        if (!root(t->unit)->waits)
            ready += rows_of(t);
    }
    return ready >= rows;
}

void um_schedule_done(struct um_schedule *s, unsigned slot)
{
    for (struct um_unit *u = s->live, *next; u; u = next) {
        next = u->following;
        u->waits &= ~((uint64_t)1 << slot);
        if (u->state == RUNNING && u->slot == slot) {
            u->state = DONE;
            retire(s, u);
        }
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
