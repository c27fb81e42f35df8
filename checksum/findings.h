#ifndef CHECKSUM_FINDINGS_H
#define CHECKSUM_FINDINGS_H

#include <pthread.h>

#include "checksum/damage.h"
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

/* Gets the name of a row that differs, as um_pairing_name_row has it. */
typedef void um_differing_row(void *context, const char *name, size_t len);

struct um_findings {
    pthread_mutex_t lock;
    size_t max;
    struct um_found *items;
    size_t count, cap;
    uint64_t total[UM_KEY_DIFFERENCES]; /* by enum um_key_difference */
    bool at_least;            /* some could not be counted one by one: there may be more */
    bool as_rows;             /* some differing rows are counted as one row missing on each side */
    struct um_damage *damage; /* of the caller; NULL: nobody asks where they are */
    /* Gets the rows of um_compare_leaf instead: nothing is counted then. NULL: nobody does. */
    um_differing_row *differs;
    void *context;
};

void um_findings_create(struct um_findings *f, size_t max);
void um_findings_destroy(struct um_findings *f);
bool um_findings_full(struct um_findings *f); /* names are not needed any more */
/* Takes the key (malloc'd); NULL counts without naming. */
void um_findings_add(struct um_findings *f, uint64_t range, enum um_key_difference kind, char *key);
/* Rows that are known to differ. */
uint64_t um_findings_total(struct um_findings *f);
void um_findings_count(struct um_findings *f, enum um_key_difference kind, uint64_t rows);
void um_findings_inexact(struct um_findings *f, bool at_least, bool as_rows);
/* Where they are, for those who asked: in this range; the row of this name; `more` of them are told
   in neither way. */
void um_findings_locate_range(struct um_findings *f, const struct um_bound *lo,
                              const struct um_bound *hi);
void um_findings_locate_name(struct um_findings *f, const char *name, size_t len);
void um_findings_locate_more(struct um_findings *f);
/* Hands counts and names over to the report; f is empty then. */
void um_findings_take(struct um_findings *f, struct um_table_report *report);

#endif
