#include "apply/things.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Open addressing; a thing without a writer and readers is free. */
struct um_things {
    struct um_thing *slots;
    size_t size, used; /* size is a power of two */
};

enum { FIRST_SIZE = 4096 };

struct um_things *um_things_new(void)
{
    struct um_things *t = um_alloc(sizeof *t);
    t->size = FIRST_SIZE;
    t->slots = um_alloc_array(t->size, sizeof *t->slots);
    return t;
}

void um_things_delete(struct um_things *t)
{
    for (size_t i = 0; i < t->size; i++)
        free(t->slots[i].readers);
    free(t->slots);
    free(t);
}

static bool is_free(const struct um_thing *thing)
{
    return !thing->writer && !thing->reader_count;
}

static struct um_thing *find(const struct um_things *t, uint64_t number)
{
    size_t i = (size_t)number & (t->size - 1);
    while (!is_free(&t->slots[i]) && t->slots[i].number != number)
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

static void rebuild(struct um_things *t, size_t size)
{
    struct um_things old = *t;
    t->size = size;
    t->used = 0;
    t->slots = um_alloc_array(size, sizeof *t->slots);
    for (size_t i = 0; i < old.size; i++) {
        if (is_free(&old.slots[i])) {
            free(old.slots[i].readers);
            continue;
        }
        *find(t, old.slots[i].number) = old.slots[i];
        t->used++;
    }
    free(old.slots);
}

struct um_thing *um_things_at(struct um_things *t, uint64_t number)
{
    if (t->used * 2 >= t->size)
        rebuild(t, t->size * 2);
    struct um_thing *thing = find(t, number);
    if (is_free(thing)) {
        thing->number = number;
        t->used++; /* whoever asks is about to touch it */
    }
    return thing;
}

void um_thing_write(struct um_thing *thing, struct um_node *n)
{
    thing->writer = n;
    thing->reader_count = 0;
}

void um_thing_read(struct um_thing *thing, struct um_node *n)
{
    if (thing->reader_count && thing->readers[thing->reader_count - 1] == n)
        return;
    um_grow(&thing->readers, &thing->reader_cap, thing->reader_count + 1, sizeof *thing->readers);
    thing->readers[thing->reader_count++] = n;
}

static int by_address(const void *a, const void *b)
{
    const struct um_node *x = *(struct um_node *const *)a, *y = *(struct um_node *const *)b;
    return x < y ? -1 : x > y;
}

static void sweep_readers(struct um_thing *thing, struct um_node *(*now)(struct um_node *))
{
    size_t kept = 0;
    for (size_t i = 0; i < thing->reader_count; i++) {
        struct um_node *n = now(thing->readers[i]);
        if (n)
            thing->readers[kept++] = n;
    }
    qsort(thing->readers, kept, sizeof *thing->readers, by_address);
    size_t different = 0;
    for (size_t i = 0; i < kept; i++) {
        if (!different || thing->readers[different - 1] != thing->readers[i])
            thing->readers[different++] = thing->readers[i];
    }
    thing->reader_count = different;
}

void um_things_sweep(struct um_things *t, struct um_node *(*now)(struct um_node *))
{
    size_t live = 0;
    for (size_t i = 0; i < t->size; i++) {
        struct um_thing *thing = &t->slots[i];
        if (is_free(thing))
            continue;
        if (thing->writer)
            thing->writer = now(thing->writer);
        if (thing->reader_count)
            sweep_readers(thing, now);
        live += !is_free(thing);
    }
    size_t size = FIRST_SIZE;
    while (size < live * 4)
        size *= 2;
    rebuild(t, size);
}
