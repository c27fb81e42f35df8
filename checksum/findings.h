#ifndef CHECKSUM_FINDINGS_H
#define CHECKSUM_FINDINGS_H

#include <pthread.h>

#include "checksum/verify.h"

/*
 * The differing rows of one table: all of them counted, the first of them named. Several threads
 * add to it.
 */
struct um_found {
    uint64_t range; /* ordinal: the list is sorted by it in the end */
    size_t order;   /* and then by this */
    struct um_differing_key key;
};

struct um_findings {
    pthread_mutex_t lock;
    size_t max;
    struct um_found *items;
    size_t count, cap;
    uint64_t total[3]; /* by enum um_key_difference */
    bool at_least;     /* some could not be counted one by one: there may be more */
    bool as_rows;      /* some differing rows are counted as one row missing on each side */
};

void um_findings_create(struct um_findings *f, size_t max);
void um_findings_destroy(struct um_findings *f);
bool um_findings_full(struct um_findings *f); /* names are not needed any more */
/* Takes the key (malloc'd); NULL counts without naming. */
void um_findings_add(struct um_findings *f, uint64_t range, enum um_key_difference kind, char *key);
void um_findings_count(struct um_findings *f, enum um_key_difference kind, uint64_t rows);
void um_findings_inexact(struct um_findings *f, bool at_least, bool as_rows);
/* Hands counts and names over to the report; f is empty then. */
void um_findings_take(struct um_findings *f, struct um_table_report *report);

#endif
