#include "checksum/damage.h"

#include <stdlib.h>

#include "base/mem.h"

void um_damage_add_range(struct um_damage *d, const struct um_bound *lo, const struct um_bound *hi)
{
    um_grow(&d->ranges, &d->range_cap, d->range_count + 1, sizeof *d->ranges);
    struct um_damage_range *r = &d->ranges[d->range_count++];
    *r = (struct um_damage_range){0};
    um_bound_copy(&r->lo, lo);
    um_bound_copy(&r->hi, hi);
}

void um_damage_add_name(struct um_damage *d, const char *bytes, size_t len)
{
    um_grow(&d->names, &d->name_cap, d->name_count + 1, sizeof *d->names);
    d->names[d->name_count++] = (struct um_damage_name){um_arena_dup(&d->arena, bytes, len), len};
}

bool um_damage_is_empty(const struct um_damage *d)
{
    return d->range_count == 0 && d->name_count == 0;
}

void um_damage_clear(struct um_damage *d)
{
    for (size_t i = 0; i < d->range_count; i++) {
        um_bound_clear(&d->ranges[i].lo);
        um_bound_clear(&d->ranges[i].hi);
    }
    free(d->ranges);
    free(d->names);
    um_arena_free(&d->arena);
    *d = (struct um_damage){0};
}
