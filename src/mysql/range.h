#ifndef UM_MYSQL_RANGE_H
#define UM_MYSQL_RANGE_H

#include "mysql/conn.h"
#include "schema/table.h"

/*
 * Ranges of a table by its chunk key: (lo, hi], each end open when its bound has no values.
 * The ranges of a table cover the whole key space, so every row, NULL keys included, lies in
 * exactly one. A bound holds the key's values in um_column_select's form.
 *
 * Of an index that is not unique (UM_KEY_INDEX) only the first part is used: the rows of one value
 * are never split, and those with NULL belong to the range that is open below.
 */
struct um_bound {
    char **values; /* one for each used part of the key, malloc'd; NULL: open */
    unsigned long *lengths;
    size_t count;
};

void um_bound_clear(struct um_bound *b);
bool um_bound_open(const struct um_bound *b);
/* Copies the values; whatever b had is freed. */
void um_bound_set(struct um_bound *b, const char *const *values, const unsigned long *lengths,
                  size_t count);
/* Of two bounds with values, byte for byte; an open one equals nothing. */
bool um_bound_equal(const struct um_bound *a, const struct um_bound *b);
void um_bound_copy(struct um_bound *to, const struct um_bound *from);
/* The values as one line of printable text ("-" for an open end), and back. */
void um_bound_print(const struct um_bound *b, struct um_buf *out);
int um_bound_parse(const char *text, struct um_bound *out, struct um_err *err);
/* For people, valid UTF-8: "id=41, name='x'", long or binary values shortened. A value that is a
   NULL pointer is told as NULL. */
void um_bound_describe(const struct um_bound *b, const struct um_table *t, const struct um_key *key,
                       struct um_buf *out);

/* " WHERE …" for the range, or nothing when both ends are open. Row comparisons are expanded so
   that the server uses the index. */
void um_range_where(struct um_buf *sql, const struct um_table *t, const struct um_key *key,
                    const struct um_bound *lo, const struct um_bound *hi);
/* " FORCE INDEX (`…`)", or nothing without a key. */
void um_range_force_index(struct um_buf *sql, const struct um_key *key);

/*
 * The bound that ends a range of about `rows` rows after lo. An open *hi means that the rest of
 * the table (up to `end`, which may be open too) is the range. The rows are counted, which costs a
 * part of what reading them does; for a key of one integer they are estimated (range_number.h).
 */
int um_range_next(struct um_conn *c, const struct um_table *t, const struct um_key *key,
                  const struct um_bound *lo, const struct um_bound *end, uint64_t rows,
                  struct um_bound *hi, struct um_err *err);

#endif
