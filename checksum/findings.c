#include "checksum/findings.h"

#include <stdlib.h>

#include "base/mem.h"

void um_findings_create(struct um_findings *f, size_t max)
{
    *f = (struct um_findings){.max = max};
    pthread_mutex_init(&f->lock, NULL);
}

void um_findings_destroy(struct um_findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->items[i].key.key);
    free(f->items);
    pthread_mutex_destroy(&f->lock);
}

static uint64_t differing(const struct um_findings *f)
{
    return f->total[UM_KEY_ONLY_SOURCE] + f->total[UM_KEY_ONLY_TARGET] + f->total[UM_KEY_DIFFERS];
}

uint64_t um_findings_total(struct um_findings *f)
{
    pthread_mutex_lock(&f->lock);
    uint64_t total = differing(f);
    pthread_mutex_unlock(&f->lock);
    return total;
}

bool um_findings_full(struct um_findings *f)
{
    pthread_mutex_lock(&f->lock);
    bool full = f->count >= f->max;
    pthread_mutex_unlock(&f->lock);
    return full;
}

void um_findings_add(struct um_findings *f, uint64_t range, enum um_key_difference kind, char *key)
{
    pthread_mutex_lock(&f->lock);
    f->total[kind]++;
    if (key && f->count < f->max) {
        um_grow(&f->items, &f->cap, f->count + 1, sizeof *f->items);
        f->items[f->count] = (struct um_found){range, f->count, {kind, key}};
        f->count++;
        key = NULL;
    }
    pthread_mutex_unlock(&f->lock);
    free(key);
}

void um_findings_count(struct um_findings *f, enum um_key_difference kind, uint64_t rows)
{
    pthread_mutex_lock(&f->lock);
    f->total[kind] += rows;
    pthread_mutex_unlock(&f->lock);
}

void um_findings_inexact(struct um_findings *f, bool at_least, bool as_rows)
{
    pthread_mutex_lock(&f->lock);
    f->at_least |= at_least;
    f->as_rows |= as_rows;
    pthread_mutex_unlock(&f->lock);
}

void um_findings_locate_range(struct um_findings *f, const struct um_bound *lo,
                              const struct um_bound *hi)
{
    pthread_mutex_lock(&f->lock);
    if (f->damage)
        um_damage_add_range(f->damage, lo, hi);
    pthread_mutex_unlock(&f->lock);
}

void um_findings_locate_name(struct um_findings *f, const char *name, size_t len)
{
    pthread_mutex_lock(&f->lock);
    if (f->damage)
        um_damage_add_name(f->damage, name, len);
    pthread_mutex_unlock(&f->lock);
}

void um_findings_locate_more(struct um_findings *f)
{
    pthread_mutex_lock(&f->lock);
    if (f->damage)
        f->damage->more = true;
    pthread_mutex_unlock(&f->lock);
}

static int by_range(const void *a, const void *b)
{
    const struct um_found *x = a, *y = b;
    if (x->range != y->range)
        return x->range < y->range ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

void um_findings_take(struct um_findings *f, struct um_table_report *report)
{
    pthread_mutex_lock(&f->lock);
    report->keys_different = differing(f);
    report->keys_undecided = f->total[UM_KEY_UNDECIDED];
    report->inexact = f->at_least || f->as_rows;
    if (f->count) {
        qsort(f->items, f->count, sizeof *f->items, by_range);
        report->keys = um_alloc_array(f->count, sizeof *report->keys);
        for (size_t i = 0; i < f->count; i++)
            report->keys[i] = f->items[i].key;
        report->key_count = f->count;
        f->count = 0;
    }
    pthread_mutex_unlock(&f->lock);
}
