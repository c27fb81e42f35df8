#ifndef UM_CHANGE_ENCODE_H
#define UM_CHANGE_ENCODE_H

#include "base/err.h"
#include "change/change.h"

/*
 * Row changes as bytes, for those that have to wait outside memory. Pure. Little-endian on every
 * machine, so that another one can go on:
 *
 *   change  length u32 of what follows · table u32 · columns u16 · op u8 · flags u8 · image…
 *   image   a value for each column; before, then after, as far as the op has them
 *   value   kind u8 · decimals u8 · precision u8 · then, by the kind, nothing, 8 bytes, 12 bytes,
 *           or a length u32 and that many bytes
 *
 * Part of the state's format: see UM_STATE_VERSION.
 */
void um_change_encode(const struct um_change *c, uint32_t table, size_t columns,
                      struct um_buf *out);

/* How many of the bytes are whole changes; the rest is the beginning of one. */
size_t um_changes_whole(const uint8_t *bytes, size_t len);

/*
 * Takes the change at the front, which takes *used bytes. UM_E_STATE_DAMAGED with the offset when
 * they are none. The caller maps `table` to *out's table. Values borrow from the bytes; images lie
 * in the arena.
 */
struct um_encoded {
    uint32_t table;
    size_t columns;
};
int um_change_decode(const uint8_t *bytes, size_t len, size_t *used, struct um_arena *arena,
                     struct um_change *out, struct um_encoded *of, struct um_err *err);

#endif
