#ifndef MIGRATE_APPLY_GATE_H
#define MIGRATE_APPLY_GATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The door to COMMIT. With apply.commit_order: source batches pass it one after the other, in the
 * order in which they were given out; else it is always open.
 *
 * A batch that waits here holds its rows' locks. Should an earlier one run into them all the same
 * (an index gap is locked that nobody could foresee), it asks for room: those that wait undo what
 * they did and begin again when it is their turn.
 */
struct um_gate;

struct um_gate *um_gate_new(bool in_order);
void um_gate_delete(struct um_gate *g);
void um_gate_enter(struct um_gate *g, uint64_t order); /* in ascending order */
/* It is over, well or not: nothing behind a failure commits any more. */
void um_gate_leave(struct um_gate *g, uint64_t order, bool well);

enum um_gate_answer { UM_GATE_OPEN, UM_GATE_MAKE_ROOM, UM_GATE_CLOSED };
/* Waits for the batch's turn. */
enum um_gate_answer um_gate_wait(struct um_gate *g, uint64_t order, bool has_locks);
void um_gate_ask_for_room(struct um_gate *g, uint64_t order);

#endif
