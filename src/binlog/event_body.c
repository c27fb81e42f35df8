#include "binlog/event.h"

#include <string.h>

#include "binlog/wire.h"

/* File names are short and have no NUL; anything else would move a position to nowhere. */
static int copy_file(const struct um_event *ev, const uint8_t *name, size_t len, char file[256],
                     struct um_err *err)
{
    if (len == 0 || len > 255 || memchr(name, 0, len))
        return um_event_malformed(ev, name, err, "it has no binlog file name (%zu bytes)", len);
    memcpy(file, name, len);
    file[len] = '\0';
    return 0;
}

int um_event_rotate(const struct um_event *ev, struct um_rotate *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_ROTATE);
    *out = (struct um_rotate){0};
    struct um_cursor c = um_cursor_body(ev);
    out->position = um_cursor_uint(&c, 8);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its position");
    return copy_file(ev, c.p, um_cursor_left(&c), out->file, err);
}

/* MySQL 8.0.26+: type, length, value; 0 ends, 1 is the file, 2 the position. */
static int heartbeat_v2(const struct um_event *ev, struct um_heartbeat *out, struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    while (um_cursor_left(&c) > 0) {
        unsigned field = (unsigned)um_cursor_uint(&c, 1);
        if (field == 0)
            break;
        uint64_t len = um_cursor_lenenc(&c);
        const uint8_t *value = len <= um_cursor_left(&c) ? um_cursor_take(&c, (size_t)len) : NULL;
        if (!value || c.bad)
            return um_event_malformed(ev, c.p, err, "field %u goes beyond its end", field);
        if (field == 1) {
            if (copy_file(ev, value, (size_t)len, out->file, err))
                return -1;
        } else if (field == 2) {
            struct um_cursor v = um_cursor_open(value, (size_t)len);
            out->position = um_cursor_lenenc(&v);
            if (v.bad)
                return um_event_malformed(ev, value, err, "its position is cut off");
        }
    }
    if (!out->file[0])
        return um_event_malformed(ev, c.p, err, "it names no binlog file");
    return 0;
}

int um_event_heartbeat(const struct um_binlog_format *f, const struct um_event *ev,
                       struct um_heartbeat *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_HEARTBEAT || ev->type == UM_EV_HEARTBEAT_V2);
    *out = (struct um_heartbeat){0};
    if (ev->type == UM_EV_HEARTBEAT_V2)
        return heartbeat_v2(ev, out, err);
    struct um_cursor c = um_cursor_body(ev);
    out->position = ev->log_pos;
    /* MariaDB: a position that the header cannot hold comes in front of the name. */
    if (f->mariadb && ev->log_pos == 0)
        out->position = um_cursor_uint(&c, 8);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its position");
    return copy_file(ev, c.p, um_cursor_left(&c), out->file, err);
}
