#ifndef CHECKSUM_DAMAGE_H
#define CHECKSUM_DAMAGE_H

#include "mysql/range.h"

/*
 * Where the differing rows of a table are, for whoever wants to look at them again: ranges of its
 * chunk key, small ones or such as one side has no rows in, so that the memory does not grow with
 * the rows; and where the servers share no order of the key, rows by their names
 * (um_pairing_name_row), a bounded number of them.
 */
struct um_damage_range {
    struct um_bound lo, hi;
};
struct um_damage_name {
    const char *bytes; /* in the arena */
    size_t len;
};

struct um_damage {
    struct um_damage_range *ranges;
    size_t range_count, range_cap;
    struct um_damage_name *names;
    size_t name_count, name_cap;
    struct um_arena arena;
    bool more; /* some rows that differ are in neither */
};

void um_damage_add_range(struct um_damage *d, const struct um_bound *lo, const struct um_bound *hi);
void um_damage_add_name(struct um_damage *d, const char *bytes, size_t len);
bool um_damage_is_empty(const struct um_damage *d);
void um_damage_clear(struct um_damage *d);

#endif
