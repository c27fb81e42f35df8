#ifndef MIGRATE_COPY_JSON_PATHS_H
#define MIGRATE_COPY_JSON_PATHS_H

#include "copy/json_scan.h"

/*
 * The different paths at which the documents of a range have scalars whose text does not tell
 * their type (see json_scan.h). Documents of one making share their paths, so these are few where
 * the rows are many. Pure.
 */
struct um_json_path {
    uint64_t hash;
    char *text; /* as JSON_EXTRACT takes it, in the arena */
    size_t len;
    unsigned column; /* which of the table's JSON columns: a number of the caller's */
    unsigned looks;  /* enum um_json_look, all that were seen */
    bool typed;      /* has a value somewhere that text would not bring back */
    unsigned rank;   /* among the typed ones of its column */
};

struct um_json_paths {
    struct um_arena arena;
    struct um_json_path *items;
    size_t count, cap;
    uint32_t *slots; /* 1 + item; a power of two of them */
    size_t slot_count;
    size_t count_max, bytes_max; /* beyond that `full` is set and nothing is added */
    bool full;
    struct um_buf path; /* working space */
};

/* Empties it, and sets the bounds. A zeroed one is empty. */
void um_json_paths_reset(struct um_json_paths *s, size_t count_max, size_t bytes_max);
void um_json_paths_free(struct um_json_paths *s);
/* Adds the paths of one document. */
int um_json_paths_add(struct um_json_paths *s, unsigned column, const char *text, size_t len,
                      struct um_err *err);
/* The path of the scan's scalar, or NULL. */
struct um_json_path *um_json_paths_find(struct um_json_paths *s, unsigned column,
                                        const struct um_json_scan *scan);

#endif
