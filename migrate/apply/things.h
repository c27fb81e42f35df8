#ifndef MIGRATE_APPLY_THINGS_H
#define MIGRATE_APPLY_THINGS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Who touched what last: a hash table from a thing's number to the task that last had it for
 * itself and those that share it since. Owned by the schedule.
 */
struct um_node;
struct um_things;

struct um_thing {
    uint64_t number;
    struct um_node *writer;
    struct um_node **readers;
    size_t reader_count, reader_cap;
};

struct um_things *um_things_new(void);
void um_things_delete(struct um_things *t);
/* Makes it where it is not known yet. Valid until the next call. */
struct um_thing *um_things_at(struct um_things *t, uint64_t number);
void um_thing_write(struct um_thing *thing, struct um_node *n); /* the readers go */
void um_thing_read(struct um_thing *thing, struct um_node *n);
/* `now` says what has become of a task; NULL for one that is over. */
void um_things_sweep(struct um_things *t, struct um_node *(*now)(struct um_node *));

#endif
