#include "binlog/event_info.h"

#include <string.h>

#include "binlog/wire.h"
#include "change/gtid_set.h"

static struct um_bytes take(struct um_cursor *c, size_t len)
{
    const uint8_t *p = um_cursor_take(c, len);
    return (struct um_bytes){p, p ? len : 0};
}

static struct um_bytes rest(struct um_cursor *c)
{
    return take(c, um_cursor_left(c));
}

static int check(const struct um_event *ev, const struct um_cursor *c, struct um_err *err)
{
    return c->bad ? um_event_malformed(ev, c->p, err, "it is cut off") : 0;
}

int um_event_xid(const struct um_event *ev, uint64_t *xid, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_XID);
    struct um_cursor c = um_cursor_body(ev);
    *xid = um_cursor_uint(&c, 8);
    return check(ev, &c, err);
}

int um_event_rows_statement(const struct um_event *ev, struct um_bytes *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_ROWS_QUERY || ev->type == UM_EV_MARIA_ANNOTATE);
    struct um_cursor c = um_cursor_body(ev);
    if (ev->type == UM_EV_ROWS_QUERY)
        um_cursor_take(&c, 1); /* a length that holds no more than 255 */
    *out = rest(&c);
    return check(ev, &c, err);
}

int um_event_intvar(const struct um_event *ev, struct um_intvar *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_INTVAR);
    enum { LAST_INSERT_ID = 1, INSERT_ID = 2 };
    struct um_cursor c = um_cursor_body(ev);
    unsigned kind = (unsigned)um_cursor_uint(&c, 1);
    out->last_insert_id = kind == LAST_INSERT_ID;
    out->value = um_cursor_uint(&c, 8);
    if (!c.bad && kind != LAST_INSERT_ID && kind != INSERT_ID)
        return um_event_malformed(ev, ev->body, err, "it is of kind %u", kind);
    return check(ev, &c, err);
}

int um_event_rand(const struct um_event *ev, struct um_rand *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_RAND);
    struct um_cursor c = um_cursor_body(ev);
    out->seed1 = um_cursor_uint(&c, 8);
    out->seed2 = um_cursor_uint(&c, 8);
    return check(ev, &c, err);
}

/* The number that a user variable's bytes stand for. */
static bool read_number(struct um_user_var *out)
{
    struct um_cursor v = um_cursor_open(out->value.p, out->value.len);
    uint64_t bits;
    switch (out->type) {
    case UM_USER_STRING:
        return true;
    case UM_USER_REAL:
        bits = um_cursor_uint(&v, 8);
        memcpy(&out->d, &bits, sizeof out->d);
        return !v.bad;
    case UM_USER_INT:
        out->i = (int64_t)um_cursor_uint(&v, 8);
        return !v.bad;
    case UM_USER_DECIMAL:
        out->precision = (uint8_t)um_cursor_uint(&v, 1);
        out->scale = (uint8_t)um_cursor_uint(&v, 1);
        out->value = rest(&v);
        return !v.bad && out->precision > 0 && out->precision <= 81 && out->scale <= out->precision;
    }
    return false;
}

int um_event_user_var(const struct um_event *ev, struct um_user_var *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_USER_VAR);
    enum { UNSIGNED_FLAG = 1 };
    *out = (struct um_user_var){0};
    struct um_cursor c = um_cursor_body(ev);
    out->name = take(&c, (size_t)um_cursor_uint(&c, 4));
    out->is_null = um_cursor_uint(&c, 1) != 0;
    if (c.bad || out->is_null)
        return check(ev, &c, err);
    unsigned type = (unsigned)um_cursor_uint(&c, 1);
    out->type = type;
    out->collation = (uint32_t)um_cursor_uint(&c, 4);
    out->value = take(&c, (size_t)um_cursor_uint(&c, 4));
    if (c.bad)
        return check(ev, &c, err);
    if (um_cursor_left(&c) > 0)
        out->is_unsigned = um_cursor_uint(&c, 1) & UNSIGNED_FLAG;
    if (!read_number(out))
        return um_event_malformed(ev, out->value.p, err, "its value of type %u does not fit", type);
    return 0;
}

int um_event_xa_prepare(const struct um_event *ev, struct um_xa_prepare *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_XA_PREPARE);
    struct um_cursor c = um_cursor_body(ev);
    out->one_phase = um_cursor_uint(&c, 1) != 0;
    out->format_id = (uint32_t)um_cursor_uint(&c, 4);
    size_t global = (size_t)um_cursor_uint(&c, 4), branch = (size_t)um_cursor_uint(&c, 4);
    out->global = take(&c, global);
    out->branch = take(&c, branch);
    return check(ev, &c, err);
}

int um_event_incident(const struct um_event *ev, struct um_incident *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_INCIDENT);
    struct um_cursor c = um_cursor_body(ev);
    out->number = (uint16_t)um_cursor_uint(&c, 2);
    out->message = take(&c, (size_t)um_cursor_uint(&c, 1));
    return check(ev, &c, err);
}

/* ---- sets of GTIDs ---- */

static void read_maria_list(struct um_cursor *c, struct um_buf *out)
{
    enum { COUNT_MASK = 0x0fffffff }; /* flags above */
    uint32_t count = (uint32_t)um_cursor_uint(c, 4) & COUNT_MASK;
    for (uint32_t i = 0; i < count && !c->bad; i++) {
        struct um_gtid g = {.kind = UM_GTID_MARIADB};
        g.domain = (uint32_t)um_cursor_uint(c, 4);
        g.server_id = (uint32_t)um_cursor_uint(c, 4);
        g.sequence = um_cursor_uint(c, 8);
        if (i > 0)
            um_buf_char(out, ',');
        um_gtid_print(&g, out);
    }
}

/* A source without intervals contributes nothing, as the server reads it. */
static void read_intervals(struct um_cursor *c, struct um_gtid_set *s, const uint8_t uuid[16],
                           const char *tag)
{
    uint64_t count = um_cursor_uint(c, 8);
    for (; count > 0 && !c->bad; count--) {
        uint64_t first = um_cursor_uint(c, 8), behind = um_cursor_uint(c, 8);
        if (first == 0 || behind <= first || behind - 1 > UM_GTID_MYSQL_MAX)
            c->bad = true;
        if (!c->bad)
            um_gtid_source_add(um_gtid_set_source(s, uuid, tag), first, behind - 1);
    }
}

/* The form of um_gtid_set_encode. */
static void read_mysql_set(struct um_cursor *c, struct um_gtid_set *s)
{
    uint64_t head = um_cursor_uint(c, 8);
    bool tagged = head >> 56 == 1;
    uint64_t count = tagged ? head << 8 >> 16 : head;
    if (head >> 56 > 1)
        c->bad = true;
    for (; count > 0 && !c->bad; count--) {
        const uint8_t *uuid = um_cursor_take(c, 16);
        char tag[33] = "";
        size_t len = tagged ? (size_t)um_cursor_uint(c, 1) >> 1 : 0;
        const uint8_t *name = um_cursor_take(c, len);
        if (c->bad || !um_gtid_tag_valid(name, len)) {
            c->bad = true;
            return;
        }
        memcpy(tag, name, len);
        read_intervals(c, s, uuid, tag);
    }
}

int um_event_gtids_before(const struct um_event *ev, struct um_buf *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_PREVIOUS_GTIDS || ev->type == UM_EV_MARIA_GTID_LIST);
    struct um_cursor c = um_cursor_body(ev);
    if (ev->type == UM_EV_MARIA_GTID_LIST) {
        read_maria_list(&c, out);
    } else {
        struct um_gtid_set *s = um_gtid_set_new(UM_GTID_MYSQL);
        read_mysql_set(&c, s);
        um_gtid_set_print(s, out);
        um_gtid_set_delete(s);
    }
    return c.bad ? um_event_malformed(ev, c.p, err, "its set of GTIDs is cut off or impossible")
                 : 0;
}

int um_event_checkpoint(const struct um_event *ev, struct um_bytes *file, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_MARIA_CHECKPOINT);
    struct um_cursor c = um_cursor_body(ev);
    *file = take(&c, (size_t)um_cursor_uint(&c, 4));
    return check(ev, &c, err);
}

int um_event_load(const struct um_event *ev, struct um_load *out, struct um_err *err)
{
    enum { QUERY_HEADER = 13 };
    struct um_cursor c = um_cursor_body(ev);
    *out = (struct um_load){0};
    if (ev->type == UM_EV_EXECUTE_LOAD_QUERY)
        um_cursor_take(&c, QUERY_HEADER);
    else
        UM_ASSERT(ev->type == UM_EV_BEGIN_LOAD_QUERY || ev->type == UM_EV_APPEND_BLOCK ||
                  ev->type == UM_EV_DELETE_FILE);
    out->file_id = (uint32_t)um_cursor_uint(&c, 4);
    if (ev->type == UM_EV_BEGIN_LOAD_QUERY || ev->type == UM_EV_APPEND_BLOCK)
        out->block = rest(&c);
    return check(ev, &c, err);
}
