#ifndef MIGRATE_COPY_TIMES_H
#define MIGRATE_COPY_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* Where the time of a chunk went, or that of the last ones, in microseconds. */
struct um_copy_times {
    int64_t whole;
    int64_t source; /* until its rows were there, and text; 0: not known */
    int64_t cpu;    /* of the worker's thread */
};

/* Adds a chunk, and forgets what so many workers have done a few chunks ago. */
void um_copy_times_add(struct um_copy_times *sum, const struct um_copy_times *chunk,
                       size_t workers);
/* For people; NULL: not known. */
const char *um_copy_times_bottleneck(const struct um_copy_times *sum);

#endif
