#ifndef CHECKSUM_PAIRING_H
#define CHECKSUM_PAIRING_H

#include "base/buf.h"
#include "mysql/range.h"
#include "schema/table.h"

/*
 * How the two tables of a pair are read alike: the same columns in the same order and in text
 * forms that can be compared, in the same ranges. Pure; immutable once made, shared by threads.
 */
enum um_side { UM_SOURCE, UM_TARGET };

/* Generated columns are written by no copy: the target computes its own. */
enum um_pairing_columns { UM_COLUMNS_ALL, UM_COLUMNS_WRITTEN };

struct um_pairing {
    const struct um_table *table[2]; /* borrowed */
    enum um_pairing_columns columns;
    struct um_key key[2]; /* of the same columns; both UM_KEY_NONE: one range */
    size_t key_parts;
    /* Both servers put every row into the same range. Where a collation may order differently
       only the sums of the whole tables can be compared. */
    bool same_order;
    char *head[2];  /* "SELECT … FROM … FORCE INDEX (…)", a WHERE can follow */
    size_t list[2]; /* how much of it is "SELECT …" */
    size_t column_count;
    /* Every value is selected as um_column_select has it, on both sides. */
    bool plain;
    /* The columns that name a row in the report: of a unique key, or without one a few columns
       that may repeat; and their positions in the select list. */
    bool named_by_key;
    struct um_index name_index;
    size_t *name_columns;
    char
        *name_from[2]; /* " FROM … FORCE INDEX (…)" with the index that has them, if there is one */
    char *note;        /* what is left out of the comparison by its nature, or NULL */
};

/* False when the columns cannot be compared; *why then says so (malloc'd). */
bool um_pairing_make(struct um_pairing *p, const struct um_table *source,
                     const struct um_table *target, enum um_flavour source_flavour,
                     enum um_flavour target_flavour, enum um_pairing_columns columns, char **why);
void um_pairing_clear(struct um_pairing *p);

/* The name of a row as bytes that are equal exactly when all its naming values are; and for
   people. Without a unique key the bytes are the text for people. */
void um_pairing_name_row(const struct um_pairing *p, const char *const *values,
                         const unsigned long *lengths, struct um_buf *out);
/* " `k`=…", true of the row of that name, and of rows whose key the server takes for equal. */
void um_pairing_name_where(const struct um_pairing *p, enum um_side side, const char *name,
                           struct um_buf *sql);
char *um_pairing_describe(const struct um_pairing *p, const char *name, size_t len);
/* "shop.t (id=4, id=9]" */
void um_pairing_describe_range(const struct um_pairing *p, const struct um_bound *lo,
                               const struct um_bound *hi, struct um_buf *out);

#endif
