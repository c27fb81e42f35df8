#ifndef MIGRATE_SPOOL_CURSOR_H
#define MIGRATE_SPOOL_CURSOR_H

#include "spool/spool.h"

/*
 * The events behind a position as the source would send them, from the spool that holds it: each
 * file is announced by a rotation and its format description, and of the first only those
 * transactions come that lie behind the position. One thread, beside the spool's own.
 */
struct um_spool_cursor;

struct um_spool_cursor *um_spool_cursor_open(struct um_spool *s, const struct um_position *from);
void um_spool_cursor_close(struct um_spool_cursor *c);

/* 1: one event, valid until the next call; 0: all that is spooled was read, up to the
   end of a transaction. On UM_E_SPOOL_DAMAGED the spool was cut, and ends earlier from then on. */
int um_spool_cursor_next(struct um_spool_cursor *c, const uint8_t **bytes, size_t *len,
                         struct um_err *err);
/* Where the last event ended, with the GTIDs up to there where `from` has some. Borrowed. */
const struct um_position *um_spool_cursor_position(const struct um_spool_cursor *c);

#endif
