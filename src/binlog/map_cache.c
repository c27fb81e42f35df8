#include "binlog/map_cache.h"

#include <stdlib.h>

#include "base/mem.h"

enum { MOST = 4096 }; /* more tables than that, and all are forgotten: memory has a bound */

void um_map_cache_clear(struct um_map_cache *m)
{
    for (size_t i = 0; i < UM_MAP_BUCKETS; i++) {
        for (struct um_kept_map *k = m->buckets[i], *next; k; k = next) {
            next = k->next;
            um_table_map_delete(k->map);
            free(k);
        }
        m->buckets[i] = NULL;
    }
    m->count = 0;
}

void um_map_cache_end_statement(struct um_map_cache *m)
{
    m->statement++;
    if (m->count > MOST)
        um_map_cache_clear(m);
}

static struct um_kept_map *find_any(struct um_map_cache *m, uint64_t id)
{
    struct um_kept_map *k = m->buckets[id % UM_MAP_BUCKETS];
    while (k && k->id != id)
        k = k->next;
    return k;
}

struct um_kept_map *um_map_cache_find(struct um_map_cache *m, uint64_t id)
{
    struct um_kept_map *k = find_any(m, id);
    return k && k->statement == m->statement ? k : NULL;
}

static struct um_kept_map *add(struct um_map_cache *m, uint64_t id)
{
    struct um_kept_map *k = um_alloc(sizeof *k), **bucket = &m->buckets[id % UM_MAP_BUCKETS];
    k->id = id;
    k->next = *bucket;
    *bucket = k;
    m->count++;
    return k;
}

struct um_kept_map *um_map_cache_announce(struct um_map_cache *m, const struct um_binlog_format *f,
                                          const struct um_event *ev, struct um_err *err)
{
    uint64_t id;
    if (um_event_table_id(f, ev, &id, err) != 0)
        return NULL;
    struct um_kept_map *k = find_any(m, id);
    if (!k || !um_table_map_same(k->map, ev)) {
        struct um_table_map *map = um_table_map_new(f, ev, err);
        if (!map)
            return NULL;
        if (!k)
            k = add(m, id);
        um_table_map_delete(k->map);
        k->map = map;
        k->note = NULL;
    }
    k->statement = m->statement;
    return k;
}
