#include "apply/trip.h"

#include <stdlib.h>

#include "base/fault.h"
#include "base/mem.h"

enum { PACKET_BYTES = 1 << 20, KEEP_BYTES = 4 << 20 };

void um_trip_init(struct um_trip *t, struct um_conn *target)
{
    size_t server = um_conn_packet_bytes(target);
    *t = (struct um_trip){.target = target, .most = server < PACKET_BYTES ? server : PACKET_BYTES};
}

bool um_trip_has_room(const struct um_trip *t, size_t len)
{
    return t->count == 0 || t->sql.len + 1 + len <= t->most;
}

/* The first is not copied: it may be of any size. */
static void take(struct um_trip *t, struct um_buf *sql)
{
    if (t->count) {
        um_buf_char(&t->sql, ';');
        um_buf_add(&t->sql, sql->data, sql->len);
    } else {
        struct um_buf empty = t->sql;
        t->sql = *sql;
        *sql = empty;
    }
    um_buf_clear(sql);
}

void um_trip_add(struct um_trip *t, struct um_buf *sql, const struct um_row_change *changes,
                 size_t count, unsigned lax)
{
    take(t, sql);
    um_grow(&t->statements, &t->cap, t->count + 1, sizeof *t->statements);
    t->statements[t->count++] = (struct um_trip_statement){
        .first = changes ? *changes : (struct um_row_change){0}, .changes = count, .lax = lax};
}

void um_trip_drop(struct um_trip *t)
{
    um_buf_clear(&t->sql);
    um_buf_trim(&t->sql, KEEP_BYTES);
    t->count = 0;
}

void um_trip_clear(struct um_trip *t)
{
    um_buf_free(&t->sql);
    free(t->statements);
    free(t->answers);
    *t = (struct um_trip){0};
}

int um_trip_send(struct um_trip *t, size_t *answered, struct um_err *err)
{
    struct um_err fault;
    *answered = 0;
    um_grow(&t->answers, &t->answer_cap, t->count, sizeof *t->answers);
    if (um_multi_send(t->target, t->sql.data, t->sql.len, err) != 0)
        return -1;
    int injected = um_fault(UM_FAULT_APPLY_SENT, &fault);
    int result = um_multi_read(t->target, t->answers, t->count, answered, err);
    if (injected == 0)
        return result;
    *err = fault;
    return -1;
}
