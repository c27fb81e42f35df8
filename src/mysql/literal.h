#ifndef UM_MYSQL_LITERAL_H
#define UM_MYSQL_LITERAL_H

#include "base/buf.h"
#include "base/err.h"
#include "change/value.h"
#include "schema/table.h"

/*
 * Values as SQL text, exact to the last bit for the session settings of conn.h. Pure.
 */

/* For INSERT and SET: `from` is the column on the source, `to` the one on the target. */
int um_literal_store(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, struct um_err *err);
/* For WHERE: equal to this value in the column's own sense, and so that the server can use an index
   on it (text: charset introducer, the column's collation wins). NULL gives NULL: compare by <=>.
 */
int um_literal_match(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, struct um_err *err);
/*
 * A whole predicate ("`c`=…") that is true of this very value only: under a collation several texts
 * are equal, and so are 0 and -0. For tables without a key, whose rows are found by all columns.
 * MySQL's VECTOR columns can be compared in this form alone.
 */
int um_literal_match_exact(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                           const struct um_column *to, struct um_err *err);
/* True for ENUM index 0, which a strict session refuses: the statement then runs without
   strictness and its warnings are counted. */
bool um_literal_needs_lax(const struct um_value *v);

/* Is it a FLOAT(M,D) or DOUBLE(M,D), which rounds what is written to it but can hold what is not
   rounded? */
bool um_column_rounds(const struct um_column *c);
/* Fails with UM_E_TARGET_VALUE where this value, written as text or a literal, would be stored as
   another one. um_literal_store asks by itself. */
int um_column_takes(const struct um_column *to, double value, struct um_err *err);
/* For a column that rounds: a predicate that is true only of values that it does not take, and of
   them all but some in the last place of a FLOAT. */
void um_column_rounded_where(struct um_buf *b, const struct um_column *c);

/*
 * The copy's select list and its mirror in LOAD DATA, column by column: what the source must
 * print, and how the target turns it back into the same value.
 * select: e.g. `f`*1e0 for FLOAT, CAST(`e` AS UNSIGNED) for ENUM and SET, else the name.
 */
void um_column_select(struct um_buf *b, const struct um_column *c);
/* The item of the LOAD DATA column list: the column's name, or a user variable @vN … */
void um_column_load_item(struct um_buf *b, const struct um_column *to, size_t n);
/* … and then its SET clause ("`e`=CAST(@v3 AS UNSIGNED)"); returns false where none is needed. */
bool um_column_load_set(struct um_buf *b, const struct um_column *to, size_t n);
/* A value in um_column_select's form as an expression for INSERT … VALUES. */
void um_column_insert_value(struct um_buf *b, const struct um_column *to, const char *value,
                            unsigned long len);
/* A value in um_column_select's form for comparing keys in WHERE. */
void um_column_key_value(struct um_buf *b, const struct um_column *c, const char *value,
                         unsigned long len);

#endif
