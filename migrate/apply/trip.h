#ifndef MIGRATE_APPLY_TRIP_H
#define MIGRATE_APPLY_TRIP_H

#include "apply/statement.h"
#include "mysql/conn.h"

/*
 * Statements that go to the target in packets, and what each of them is for: one round trip for all
 * of a packet, and while the target is at one, the next is made. The server does not wait for its
 * answers to be looked at, so this is only for what is undone whole when one of them is not as
 * expected. One packet is under way at a time.
 */
struct um_trip_statement {
    struct um_row_change
        first; /* that it makes; .table is NULL where it changes no row of the job */
    size_t changes;
    unsigned lax; /* how many warnings it has to give */
};

struct um_trip_packet {
    struct um_buf sql;
    struct um_trip_statement *statements;
    size_t count, cap;
};

struct um_trip {
    struct um_conn *target; /* um_multi_allow was called for it */
    size_t most;            /* bytes in one packet; a single statement may have more */
    struct um_trip_packet next, sent;
    struct um_answer *answers; /* of what was sent */
    size_t answer_cap;
    bool under_way; /* what was sent: its answers are still to come */
};

void um_trip_init(struct um_trip *t, struct um_conn *target);
void um_trip_clear(struct um_trip *t);
/* Is there room for a statement of that many bytes? Alone there is for any. */
bool um_trip_has_room(const struct um_trip *t, size_t len);
/* Takes the statement and leaves `sql` empty. `changes` may be NULL; what they point to stays until
   the answers are there. */
void um_trip_add(struct um_trip *t, struct um_buf *sql, const struct um_row_change *changes,
                 size_t count, unsigned lax);
/* Sends what is in; nothing is under way. */
int um_trip_send(struct um_trip *t, struct um_err *err);
/* Waits for the answers to t->sent. As um_multi_read: *answered were carried out, and on -1 the
   next has failed. */
int um_trip_wait(struct um_trip *t, size_t *answered, struct um_err *err);
/* Forgets all that is in, and waits for what is under way. */
void um_trip_drop(struct um_trip *t);

#endif
