#ifndef MIGRATE_PLAN_ASK_H
#define MIGRATE_PLAN_ASK_H

#include "plan/facts.h"

/*
 * Questions that a server may refuse. Private to the reading of facts.
 *
 * 1: answered, the rows are in *r. 0: refused for want of a privilege, or not known to this
 * server: what was asked for stays unknown. -1: the connection failed.
 */
int um_ask(struct um_conn *c, struct um_resultset **r, struct um_err *err, const char *sql);

/* Reads the columns of every row, joined with '.' where there are several, into *out. Same
   results as um_ask, rows counting as answered. */
int um_ask_names(struct um_conn *c, struct um_strv *out, struct um_err *err, const char *sql);

/* The column of that name, or of the other one, in the current row; "" where there is none. */
const char *um_ask_column(const struct um_resultset *r, const char *const *row, const char *name,
                          const char *older);

/* " IN ('a','b')", or " IN ('')" for none. */
void um_ask_in(struct um_buf *sql, const struct um_strv *values);

#endif
