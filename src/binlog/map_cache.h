#ifndef UM_BINLOG_MAP_CACHE_H
#define UM_BINLOG_MAP_CACHE_H

#include "binlog/rows.h"

/*
 * The table maps of a stream. A server announces the tables of each statement anew, almost always
 * as it did before; a map is compiled once and taken again for as long as the announcement is the
 * same, byte for byte. It is in force until its statement ends. Zero-initialised is empty; one
 * thread.
 */
enum { UM_MAP_BUCKETS = 64 };

struct um_kept_map {
    struct um_kept_map *next; /* in its bucket */
    uint64_t id, statement;   /* the last one that announced it */
    struct um_table_map *map;
    const void *note; /* of whoever the events are handed to */
};

struct um_map_cache {
    struct um_kept_map *buckets[UM_MAP_BUCKETS];
    size_t count;
    uint64_t statement; /* the one at hand */
};

/* The map of a TABLE_MAP event, now in force; NULL with an error. */
struct um_kept_map *um_map_cache_announce(struct um_map_cache *m, const struct um_binlog_format *f,
                                          const struct um_event *ev, struct um_err *err);
/* The map in force with that id, or NULL. */
struct um_kept_map *um_map_cache_find(struct um_map_cache *m, uint64_t id);
/* No map is in force any more, and any may be freed. */
void um_map_cache_end_statement(struct um_map_cache *m);
void um_map_cache_clear(struct um_map_cache *m);

#endif
