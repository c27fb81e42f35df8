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
    return t->next.count == 0 || t->next.sql.len + 1 + len <= t->most;
}

/* The first is not copied: it may be of any size. */
static void take(struct um_trip_packet *p, struct um_buf *sql)
{
    if (p->count) {
        um_buf_char(&p->sql, ';');
        um_buf_add(&p->sql, sql->data, sql->len);
    } else {
        struct um_buf spare = p->sql;
        p->sql = *sql;
        *sql = spare;
    }
    um_buf_clear(sql);
}

void um_trip_add(struct um_trip *t, struct um_buf *sql, const struct um_row_change *changes,
                 size_t count, unsigned lax)
{
    struct um_trip_packet *p = &t->next;
    take(p, sql);
    um_grow(&p->statements, &p->cap, p->count + 1, sizeof *p->statements);
    p->statements[p->count++] = (struct um_trip_statement){
        .first = changes ? *changes : (struct um_row_change){0}, .changes = count, .lax = lax};
}

static void empty(struct um_trip_packet *p)
{
    um_buf_clear(&p->sql);
    um_buf_trim(&p->sql, KEEP_BYTES);
    p->count = 0;
}

int um_trip_send(struct um_trip *t, struct um_err *err)
{
    UM_ASSERT(!t->under_way);
    empty(&t->sent);
    struct um_trip_packet sent = t->next;
    t->next = t->sent;
    t->sent = sent;
    um_grow(&t->answers, &t->answer_cap, sent.count, sizeof *t->answers);
    if (um_multi_send(t->target, sent.sql.data, sent.sql.len, err) != 0)
        return -1;
    t->under_way = true;
    return 0;
}

int um_trip_wait(struct um_trip *t, size_t *answered, struct um_err *err)
{
    struct um_err fault;
    int injected = um_fault(UM_FAULT_APPLY_SENT, &fault);
    t->under_way = false;
    int result = um_multi_read(t->target, t->answers, t->sent.count, answered, err);
    if (injected == 0)
        return result;
    *err = fault;
    return -1;
}

void um_trip_drop(struct um_trip *t)
{
    struct um_err ignored;
    size_t answered;
    if (t->under_way)
        um_trip_wait(t, &answered, &ignored);
    empty(&t->next);
    empty(&t->sent);
}

static void clear(struct um_trip_packet *p)
{
    um_buf_free(&p->sql);
    free(p->statements);
}

void um_trip_clear(struct um_trip *t)
{
    clear(&t->next);
    clear(&t->sent);
    free(t->answers);
    *t = (struct um_trip){0};
}
