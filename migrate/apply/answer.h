#ifndef MIGRATE_APPLY_ANSWER_H
#define MIGRATE_APPLY_ANSWER_H

#include "apply/statement.h"
#include "mysql/conn.h"

/*
 * What the target's answer to a statement means for a strict applier, in errors that name table
 * and key.
 */

/* Holds the answer to the statement that ran last on the connection against what the changes and
   their `lax` values ask for: the rows to the row, warnings to the warning.
   1: it did not do what was expected, nothing else is wrong; UM_ANSWER_UNSEEN: nor that, for the
   target did not see what there was to do (unseen.h); 0: it did; -1: UM_E_APPLY_WARNING. */
enum { UM_ANSWER_UNSEEN = 2 };
int um_answer_check(struct um_conn *target, const struct um_row_change *changes, size_t count,
                    unsigned lax, const struct um_answer *answer, struct um_err *err);
/* What the server's error means; those that may go away stay what they are. Returns -1. */
int um_answer_explain(const struct um_row_change *c, struct um_err *err);
/* Which change has to wait, or is one of several of them that do: the error stays the server's.
   Returns -1. */
int um_answer_waits(const struct um_row_change *changes, size_t count, struct um_err *err);
/* An error of ours about the change; returns -1. */
int um_answer_fail(const struct um_row_change *c, enum um_err_id id, const char *what,
                   struct um_err *err);

#endif
