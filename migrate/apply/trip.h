#ifndef MIGRATE_APPLY_TRIP_H
#define MIGRATE_APPLY_TRIP_H

#include "apply/statement.h"
#include "mysql/conn.h"

/*
 * Statements that go to the target in one packet, and what each of them is for: one round trip for
 * all. The server does not wait for its answers to be looked at, so this is only for transactions
 * that are undone whole when one of them is not as expected.
 */
struct um_trip_statement {
    struct um_row_change
        first; /* that it makes; .table is NULL where it changes no row of the job */
    size_t changes;
    unsigned lax; /* how many warnings it has to give */
};

struct um_trip {
    struct um_conn *target; /* um_multi_allow was called for it */
    size_t most;            /* bytes in one packet; a single statement may have more */
    struct um_buf sql;
    struct um_trip_statement *statements;
    struct um_answer *answers; /* of those that were sent last */
    size_t count, cap, answer_cap;
};

void um_trip_init(struct um_trip *t, struct um_conn *target);
void um_trip_clear(struct um_trip *t);
/* Is there room for a statement of that many bytes? Alone there is for any. */
bool um_trip_has_room(const struct um_trip *t, size_t len);
/* Takes the statement and leaves `sql` empty. `changes` may be NULL; what they point to stays until
   the statement has been sent. */
void um_trip_add(struct um_trip *t, struct um_buf *sql, const struct um_row_change *changes,
                 size_t count, unsigned lax);
void um_trip_drop(struct um_trip *t); /* all that is in */
/* Sends them and waits. As um_multi_read: *answered were carried out, and on -1 the next has
   failed. They stay until um_trip_drop. */
int um_trip_send(struct um_trip *t, size_t *answered, struct um_err *err);

#endif
