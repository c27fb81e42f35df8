#include "spool/cursor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "binlog/event.h"
#include "binlog/make.h"
#include "binlogs/file.h"
#include "spool/files.h"

enum { FIRST_EVENT = 4 };

struct um_spool_cursor {
    struct um_spool *s;
    struct um_position from, at;
    bool by_gtid; /* what lies behind `from`, its set tells */
    bool first;   /* the file of `from` is at hand */
    bool passing; /* the transaction at hand lies behind `from` */
    bool announced, described;
    struct um_binlog_file *in;
    struct um_binlog_format format;
    struct um_buf made;
};

struct um_spool_cursor *um_spool_cursor_open(struct um_spool *s, const struct um_position *from)
{
    struct um_spool_cursor *c = um_alloc(sizeof *c);
    c->s = s;
    um_position_copy(&c->from, from);
    um_position_copy(&c->at, from);
    c->by_gtid = from->gtids && !um_gtid_set_empty(from->gtids);
    c->first = true;
    c->passing = !c->by_gtid;
    return c;
}

static void leave_file(struct um_spool_cursor *c)
{
    um_binlog_file_close(c->in);
    c->in = NULL;
    c->announced = c->described = false;
}

void um_spool_cursor_close(struct um_spool_cursor *c)
{
    if (!c)
        return;
    leave_file(c);
    um_position_clear(&c->from);
    um_position_clear(&c->at);
    um_buf_free(&c->made);
    free(c);
}

const struct um_position *um_spool_cursor_position(const struct um_spool_cursor *c)
{
    return &c->at;
}

/* ---- where it may go ---- */

/* Up to where the file at hand may be read; *next, "" at the end, is the file behind it. */
static uint64_t limit(struct um_spool_cursor *c, char next[256])
{
    struct um_spool *s = c->s;
    uint64_t to = 0;
    next[0] = '\0';
    pthread_mutex_lock(&s->lock);
    const struct um_spool_file *f = um_spool_find(s, c->at.file);
    bool last = f && f == &s->files[s->count - 1];
    if (f)
        to = last ? s->end : f->size;
    if (f && !last)
        snprintf(next, sizeof c->at.file, "%s", f[1].name);
    pthread_mutex_unlock(&s->lock);
    return to;
}

static int open_file(struct um_spool_cursor *c, struct um_err *err)
{
    char *path = um_spool_dir_path(&c->s->dir, c->at.file);
    c->in = um_binlog_file_open(path, err);
    free(path);
    return c->in ? 0 : -1;
}

/* Cut where it is damaged, it ends there: what is behind is the source's to tell. */
static int damaged(struct um_spool_cursor *c, struct um_err *err)
{
    if (err->id == UM_E_BINLOG_FILE_OPEN)
        return -1;
    struct um_err cut;
    char what[sizeof err->text];
    snprintf(what, sizeof what, "%s", err->text);
    leave_file(c);
    if (um_spool_cut_damaged(c->s, c->at.file, &cut) != 0) {
        *err = cut;
        return -1;
    }
    return um_fail(err, UM_E_SPOOL_DAMAGED, "the spool is damaged and ends in %s: %s", c->at.file,
                   what);
}

/* ---- events ---- */

static int read_one(struct um_spool_cursor *c, const uint8_t **bytes, size_t *len,
                    struct um_event *ev, struct um_err *err)
{
    int more = um_binlog_file_next(c->in, bytes, len, err);
    if (more == 0)
        more = um_fail(err, UM_E_BINLOG_FILE_TRUNCATED, "'%s' is shorter than it was", c->at.file);
    if (more < 0 || um_event_parse(&c->format, *bytes, *len, ev, err) != 0)
        return damaged(c, err);
    return 1;
}

static int announce(struct um_spool_cursor *c, const uint8_t **bytes, size_t *len,
                    struct um_err *err)
{
    struct um_event ev;
    if (open_file(c, err) != 0)
        return damaged(c, err);
    /* The format description tells whether events have checksums; it is read once more then. */
    int result = read_one(c, bytes, len, &ev, err);
    if (result < 0 || um_binlog_file_seek(c->in, FIRST_EVENT, err) != 0)
        return -1;
    if (!c->first)
        c->at.offset = FIRST_EVENT;
    um_make_rotation(&c->made, c->at.file, c->at.offset, c->format.checksum);
    *bytes = (const uint8_t *)c->made.data;
    *len = c->made.len;
    c->announced = true;
    return 1;
}

static int describe(struct um_spool_cursor *c, const uint8_t **bytes, size_t *len,
                    struct um_err *err)
{
    struct um_event ev;
    if (read_one(c, bytes, len, &ev, err) < 0)
        return -1;
    c->described = true;
    if (c->at.offset <= FIRST_EVENT) {
        c->at.offset = um_binlog_file_offset(c->in);
        return 1;
    }
    if (!c->by_gtid && um_binlog_file_seek(c->in, c->at.offset, err) != 0)
        return -1;
    um_make_repeated_format(&c->made, *bytes, *len, c->format.checksum);
    *bytes = (const uint8_t *)c->made.data;
    *len = c->made.len;
    return 1;
}

static bool carries_gtid(uint8_t type)
{
    return type == UM_EV_GTID || type == UM_EV_ANONYMOUS_GTID || type == UM_EV_GTID_TAGGED ||
           type == UM_EV_MARIA_GTID;
}

static int on_gtid(struct um_spool_cursor *c, const struct um_event *ev, struct um_err *err)
{
    struct um_gtid_event g;
    if (um_event_gtid(&c->format, ev, &g, err) != 0)
        return damaged(c, err);
    c->passing = um_position_before(&c->from, c->at.file, um_binlog_file_offset(c->in), &g.gtid);
    if (c->at.gtids && g.gtid.kind == um_gtid_set_kind(c->at.gtids))
        um_gtid_set_add(c->at.gtids, &g.gtid);
    return 0;
}

/* The next event that lies behind `from`; 0: there is none in this file. */
static int read_behind(struct um_spool_cursor *c, uint64_t end, const uint8_t **bytes, size_t *len,
                       struct um_err *err)
{
    while (um_binlog_file_offset(c->in) < end) {
        struct um_event ev = {0};
        if (read_one(c, bytes, len, &ev, err) < 0)
            return -1;
        if (um_binlog_file_offset(c->in) > c->at.offset)
            c->at.offset = um_binlog_file_offset(c->in);
        if (carries_gtid(ev.type) && on_gtid(c, &ev, err) != 0)
            return -1;
        if (c->passing || ev.type == UM_EV_ROTATE)
            return 1;
    }
    return 0;
}

int um_spool_cursor_next(struct um_spool_cursor *c, const uint8_t **bytes, size_t *len,
                         struct um_err *err)
{
    for (;;) {
        char next[256];
        uint64_t end = limit(c, next);
        if (!c->announced)
            return announce(c, bytes, len, err);
        if (!c->described)
            return describe(c, bytes, len, err);
        int more = read_behind(c, end, bytes, len, err);
        if (more != 0)
            return more;
        if (!next[0])
            return um_binlog_file_seek(c->in, um_binlog_file_offset(c->in), err);
        leave_file(c);
        c->first = false;
        c->passing = true;
        memcpy(c->at.file, next, sizeof next);
        c->at.offset = 0;
    }
}
