#ifndef CHECKSUM_ROW_HASH_H
#define CHECKSUM_ROW_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The hash of a row: XXH3-128 (seed 0) over its canonical encoding, version 1:
 *
 *   byte 1                       the version
 *   for each column in order:
 *     byte 0                     NULL
 *     byte 1, length, bytes      a value: the text that the server prints for the column's
 *                                um_column_select expression; length is 32 bits, little endian
 *
 * so that values cannot run into each other and NULL is neither '' nor 'NULL'. The same row gives
 * the same hash on every server and machine.
 *
 * JSON is compared as it prints. A DECIMAL 2.5 and a DOUBLE 2.5, a DATE and a string of its text,
 * 5 signed and unsigned print alike, so a difference of only that kind is not seen.
 */
#define UM_ROW_HASH_VERSION 1

struct um_row_hash {
    uint64_t low, high;
};

/* Reusable working space; owned by one thread. */
struct um_row_hasher;
struct um_row_hasher *um_row_hasher_new(void);
void um_row_hasher_delete(struct um_row_hasher *h);
/* values[i] is NULL for SQL NULL. A large value is read where it is, not copied. */
struct um_row_hash um_row_hash(struct um_row_hasher *h, const char *const *values,
                               const unsigned long *lengths, size_t count);
int um_row_hash_compare(const struct um_row_hash *a, const struct um_row_hash *b);

/*
 * A multiset of rows: how many, and the sum of their hashes modulo 2^128. The order of the rows
 * does not matter; equal rows count as often as they are there (which an XOR would lose).
 */
struct um_row_sum {
    uint64_t low, high, rows;
};
void um_row_sum_add_row(struct um_row_sum *s, const struct um_row_hash *row);
void um_row_sum_add(struct um_row_sum *s, const struct um_row_sum *more);
void um_row_sum_subtract(struct um_row_sum *s, const struct um_row_sum *part);
bool um_row_sum_equal(const struct um_row_sum *a, const struct um_row_sum *b);

#endif
