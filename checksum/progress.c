#include "checksum/progress.h"

#include <stdlib.h>

#include "base/mem.h"

enum { DIFFERING_MAX = 100 };

void um_verified_clear(struct um_verified *v)
{
    um_bound_clear(&v->hi);
    um_damage_clear(&v->differing);
    *v = (struct um_verified){0};
}

void um_verified_copy(struct um_verified *to, const struct um_verified *from)
{
    *to = (struct um_verified){
        .whole = from->whole, .chunks = from->chunks, .rows = {from->rows[0], from->rows[1]}};
    um_bound_copy(&to->hi, &from->hi);
    for (size_t i = 0; i < from->differing.range_count; i++)
        um_damage_add_range(&to->differing, &from->differing.ranges[i].lo,
                            &from->differing.ranges[i].hi);
}

void um_resume_clear(struct um_resume *r)
{
    um_bound_clear(&r->hi);
    um_damage_clear(&r->again);
    *r = (struct um_resume){0};
}

void um_compared_begin(struct um_compared_progress *p, const struct um_resume *from)
{
    *p = (struct um_compared_progress){0};
    if (!from)
        return;
    p->now.whole = from->whole;
    um_bound_copy(&p->now.hi, &from->hi);
    p->again_done = um_alloc_array(from->again.range_count + 1, sizeof *p->again_done);
}

void um_compared_end(struct um_compared_progress *p)
{
    um_verified_clear(&p->now);
    for (size_t i = 0; i < p->ahead_count; i++) {
        um_bound_clear(&p->ahead[i].lo);
        um_bound_clear(&p->ahead[i].hi);
    }
    free(p->ahead);
    free(p->again_done);
    *p = (struct um_compared_progress){0};
}

static void count(struct um_verified *v, const struct um_compared *r)
{
    if (!r->equal) {
        um_damage_add_range(&v->differing, &r->lo, &r->hi);
        return;
    }
    v->chunks++;
    v->rows[0] += r->rows[0];
    v->rows[1] += r->rows[1];
}

static void pass(struct um_compared_progress *p, const struct um_compared *r)
{
    count(&p->now, r);
    p->now.whole = um_bound_open(&r->hi);
    um_bound_copy(&p->now.hi, &r->hi);
    p->next++;
    p->changed = true;
}

static struct um_compared *find_next(struct um_compared_progress *p)
{
    for (size_t i = 0; i < p->ahead_count; i++) {
        if (p->ahead[i].number == p->next)
            return &p->ahead[i];
    }
    return NULL;
}

static void move_on(struct um_compared_progress *p)
{
    struct um_compared *r;
    while (!p->stuck && (r = find_next(p)) != NULL) {
        if (!r->equal && p->now.differing.range_count >= DIFFERING_MAX) {
            p->stuck = true;
            return;
        }
        pass(p, r);
        um_bound_clear(&r->lo);
        um_bound_clear(&r->hi);
        *r = p->ahead[--p->ahead_count];
    }
}

void um_compared_add(struct um_compared_progress *p, const struct um_compared *range)
{
    if (p->stuck)
        return;
    um_grow(&p->ahead, &p->ahead_cap, p->ahead_count + 1, sizeof *p->ahead);
    struct um_compared *r = &p->ahead[p->ahead_count++];
    *r = *range;
    r->lo = r->hi = (struct um_bound){0};
    um_bound_copy(&r->lo, &range->lo);
    um_bound_copy(&r->hi, &range->hi);
    move_on(p);
}

void um_compared_again(struct um_compared_progress *p, size_t i, const struct um_compared *range)
{
    count(&p->now, range);
    p->again_done[i] = true;
    p->changed = true;
}
