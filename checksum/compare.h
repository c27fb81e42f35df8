#ifndef CHECKSUM_COMPARE_H
#define CHECKSUM_COMPARE_H

#include "checksum/findings.h"
#include "checksum/scan.h"

/* Down from a range that differs to the rows that do. */
struct um_compare {
    struct um_conn *const *conn; /* of both sides */
    const struct um_pairing *pairing;
    struct um_findings *found;
    uint64_t range; /* ordinal of the range, for the order of the report */
};

/* Both sides of a range that is known to be small. */
int um_compare_leaf(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, struct um_err *err);

/* For keys that both servers order alike: halves the range and follows the halves that differ.
   sums are those of (lo, hi]. */
int um_compare_keys(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, const struct um_row_sum sums[2], struct um_err *err);

/* For all others: compares the range as a multiset of row hashes, in bounded memory, reading it
   up to three times. */
int um_compare_rows(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, const struct um_row_sum sums[2], struct um_err *err);

/* ---- shared by both ---- */

struct um_entry {
    struct um_row_hash hash;
    const char *name; /* as um_pairing_name_row has it */
    size_t len;
};
struct um_entries {
    struct um_entry *items;
    size_t count, cap;
    struct um_arena names;
    struct um_buf work;
};
void um_entries_add(struct um_entries *e, const struct um_pairing *p, const char *const *values,
                    const unsigned long *lengths, const struct um_row_hash *hash);
void um_entries_free(struct um_entries *e);
/* Sorts both and reports what is in one only. Two rows of one unique key are one that differs. */
void um_entries_merge(const struct um_compare *c, struct um_entries sides[2]);

#endif
