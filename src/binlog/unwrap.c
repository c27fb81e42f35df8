#include "binlog/unwrap.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "binlog/inflate.h"
#include "binlog/wire.h"

enum {
    STEP = 64 << 10,
    EVENT_MAX = 1 << 30, /* as large as a packet can be */
    KEEP_BYTES = 4 << 20,
    NOT_COMPRESSED = 255,
    ZSTD = 0,
};

struct um_unwrapper {
    ZSTD_DStream *zstd;
    struct um_buf plain;           /* the event at hand */
    struct um_binlog_format inner; /* the stream's, without checksums */
};

struct um_unwrapper *um_unwrapper_new(void)
{
    return um_alloc(sizeof(struct um_unwrapper));
}

void um_unwrapper_delete(struct um_unwrapper *u)
{
    if (!u)
        return;
    ZSTD_freeDStream(u->zstd);
    um_buf_free(&u->plain);
    free(u);
}

/* ---- a transaction's payload ---- */

struct payload {
    const struct um_event *ev;
    ZSTD_inBuffer in;
    bool compressed, declared, frame_ended;
    uint64_t size, left; /* uncompressed: as declared, and what of it has not come yet */
};

static int malformed(const struct payload *p, struct um_err *err, const char *what)
{
    const uint8_t *at = (const uint8_t *)p->in.src + p->in.pos;
    return um_event_malformed(p->ev, at, err, "%s", what);
}

/* Fields of a type, a length and a value, until type 0. */
static int open_payload(struct payload *p, const struct um_event *ev, struct um_err *err)
{
    enum { END = 0, SIZE = 1, COMPRESSION = 2, UNCOMPRESSED_SIZE = 3 };
    struct um_cursor c = um_cursor_body(ev);
    uint64_t type, compression = NOT_COMPRESSED, size = UINT64_MAX;
    *p = (struct payload){.ev = ev, .left = UINT64_MAX};
    while ((type = um_cursor_lenenc(&c)) != END && !c.bad) {
        size_t len = (size_t)um_cursor_lenenc(&c);
        const uint8_t *value = um_cursor_take(&c, len);
        if (!value)
            break;
        struct um_cursor v = um_cursor_open(value, len);
        uint64_t number = um_cursor_lenenc(&v);
        if (v.bad && type <= UNCOMPRESSED_SIZE)
            return um_event_malformed(ev, value, err, "its field %u has no value", (unsigned)type);
        if (type == SIZE)
            size = number;
        else if (type == COMPRESSION)
            compression = number;
        else if (type == UNCOMPRESSED_SIZE)
            p->declared = true, p->size = p->left = number;
    }
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its header");
    if (size != UINT64_MAX && size != um_cursor_left(&c))
        return um_event_malformed(ev, c.p, err, "its payload has %zu bytes and says %llu",
                                  um_cursor_left(&c), (unsigned long long)size);
    if (compression != ZSTD && compression != NOT_COMPRESSED)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "TRANSACTION_PAYLOAD event: compression %llu is not known; only zstd (0) "
                       "and none (255) are",
                       (unsigned long long)compression);
    p->compressed = compression == ZSTD;
    p->in = (ZSTD_inBuffer){.src = c.p, .size = um_cursor_left(&c)};
    return 0;
}

/* Up to `room` bytes behind u->plain; 0 at the end of the payload, -1 when it is damaged. */
static int decompress(struct um_unwrapper *u, struct payload *p, size_t room, struct um_err *err)
{
    um_buf_reserve(&u->plain, room);
    ZSTD_outBuffer out = {.dst = u->plain.data + u->plain.len, .size = room};
    bool more = true;
    while (out.pos == 0 && more) {
        size_t before = p->in.pos;
        size_t rc = ZSTD_decompressStream(u->zstd, &out, &p->in);
        if (ZSTD_isError(rc))
            return malformed(p, err, ZSTD_getErrorName(rc));
        more = out.pos > 0 || p->in.pos > before;
        if (more)
            p->frame_ended = rc == 0;
    }
    u->plain.len += out.pos;
    if (out.pos > 0)
        return 1;
    return p->frame_ended ? 0 : malformed(p, err, "its compressed stream is cut off");
}

static int copy_plain(struct um_unwrapper *u, struct payload *p, size_t room)
{
    size_t n = p->in.size - p->in.pos < room ? p->in.size - p->in.pos : room;
    um_buf_add(&u->plain, (const char *)p->in.src + p->in.pos, n);
    p->in.pos += n;
    return n > 0;
}

/* Brings u->plain to `wanted` bytes: 1, 0 when the payload ends with none of them, -1. */
static int read_to(struct um_unwrapper *u, struct payload *p, size_t wanted, struct um_err *err)
{
    while (u->plain.len < wanted) {
        size_t missing = wanted - u->plain.len, before = u->plain.len;
        size_t room = missing < STEP + before ? missing : STEP + before;
        int more = p->compressed ? decompress(u, p, room, err) : copy_plain(u, p, room);
        if (more < 0)
            return -1;
        if (more == 0)
            return before == 0 ? 0 : malformed(p, err, "its last event is cut off");
        if (u->plain.len - before > p->left)
            return malformed(p, err, "it holds more than the uncompressed size that it declares");
        p->left -= u->plain.len - before;
    }
    return 1;
}

/* 1 and the next event, 0 at the end, -1. */
static int next_event(struct um_unwrapper *u, struct payload *p, struct um_event *ev,
                      struct um_err *err)
{
    enum { SIZE_AT = 9 };
    um_buf_clear(&u->plain);
    um_buf_trim(&u->plain, KEEP_BYTES);
    int more = read_to(u, p, UM_EVENT_HEADER, err);
    if (more <= 0)
        return more < 0 || !p->declared || p->left == 0
                   ? more
                   : malformed(p, err, "it holds less than the uncompressed size that it declares");
    size_t size = um_le((const uint8_t *)u->plain.data + SIZE_AT, 4);
    if (size < UM_EVENT_HEADER || size > EVENT_MAX || size - UM_EVENT_HEADER > p->left)
        return malformed(p, err, "an event in it has an impossible size");
    if (read_to(u, p, size, err) < 0 ||
        um_event_parse(&u->inner, (const uint8_t *)u->plain.data, size, ev, err) != 0)
        return -1;
    return 1;
}

static bool belongs_to_a_transaction(uint8_t type)
{
    switch (type) {
    case UM_EV_FORMAT_DESCRIPTION:
    case UM_EV_ROTATE:
    case UM_EV_HEARTBEAT:
    case UM_EV_HEARTBEAT_V2:
    case UM_EV_TRANSACTION_PAYLOAD:
        return false;
    default:
        return true;
    }
}

static int unwrap_payload(struct um_unwrapper *u, const struct um_binlog_format *f,
                          const struct um_event *ev, um_event_handler *handler, void *context,
                          struct um_err *err)
{
    struct payload p;
    if (open_payload(&p, ev, err) != 0)
        return -1;
    if (!u->zstd && !(u->zstd = ZSTD_createDStream()))
        return um_fail(err, UM_E_SYSTEM, "zstd could not be started");
    ZSTD_initDStream(u->zstd);
    u->inner = *f;
    u->inner.checksum = false;
    int more;
    struct um_event inner = {0};
    while ((more = next_event(u, &p, &inner, err)) > 0) {
        if (!belongs_to_a_transaction(inner.type))
            return um_event_malformed(ev, NULL, err, "there is a %s event in it",
                                      um_event_name(inner.type));
        int result = handler(context, &inner, err);
        if (result != 0)
            return result;
    }
    return more < 0 ? um_fail_in(err, "in a compressed transaction") : 0;
}

/* ---- MariaDB's compressed events ---- */

/* Up to where the body is not compressed. */
static const uint8_t *before_statement(const struct um_binlog_format *f, const struct um_event *ev)
{
    enum { FIXED = 13, SCHEMA_LEN_AT = 8, STATUS_LEN_AT = 11 };
    struct um_cursor c = um_cursor_body(ev);
    uint8_t header = f->header_len[ev->type];
    const uint8_t *fixed = um_cursor_take(&c, header != 0xff && header > FIXED ? header : FIXED);
    if (!fixed)
        return NULL;
    um_cursor_take(&c, (size_t)um_le(fixed + STATUS_LEN_AT, 2) + fixed[SCHEMA_LEN_AT] + 1);
    return c.bad ? NULL : c.p;
}

static const uint8_t *before_rows(const struct um_binlog_format *f, const struct um_event *ev)
{
    struct um_cursor c = um_cursor_body(ev);
    bool v2 = ev->type >= UM_EV_MARIA_WRITE_ROWS_COMPRESSED;
    um_cursor_take(&c, (f->header_len[ev->type] == 6 ? 4 : 6) + 2);
    if (v2) {
        size_t extra = (size_t)um_cursor_uint(&c, 2);
        um_cursor_take(&c, extra < 2 ? SIZE_MAX : extra - 2);
    }
    uint64_t width = um_cursor_lenenc(&c);
    bool update = ev->type == UM_EV_MARIA_UPDATE_ROWS_COMPRESSED ||
                  ev->type == UM_EV_MARIA_UPDATE_ROWS_COMPRESSED_V1;
    um_cursor_take(&c, width > UINT16_MAX ? SIZE_MAX : (size_t)(width + 7) / 8 * (update ? 2 : 1));
    return c.bad ? NULL : c.p;
}

static uint8_t plain_type(uint8_t type)
{
    if (type == UM_EV_MARIA_QUERY_COMPRESSED)
        return UM_EV_QUERY;
    return type >= UM_EV_MARIA_WRITE_ROWS_COMPRESSED
               ? (uint8_t)(type - UM_EV_MARIA_WRITE_ROWS_COMPRESSED + UM_EV_WRITE_ROWS)
               : (uint8_t)(type - UM_EV_MARIA_WRITE_ROWS_COMPRESSED_V1 + UM_EV_WRITE_ROWS_V1);
}

/* A byte 1000 0nnn, the original length in n bytes, high ones first, and the zlib stream. */
static int inflate_rest(struct um_unwrapper *u, const struct um_event *ev, const uint8_t *at,
                        struct um_err *err)
{
    struct um_cursor c = um_cursor_open(at, (size_t)(ev->body + ev->body_len - at));
    unsigned head = (unsigned)um_cursor_uint(&c, 1), bytes = head & 7;
    const uint8_t *length = um_cursor_take(&c, bytes);
    if (c.bad || (head & 0xf8) != 0x80 || bytes < 1 || bytes > 4)
        return um_event_malformed(ev, at, err, "its compressed part has no valid header");
    size_t original = (size_t)um_be(length, bytes), read;
    const char *wrong = original > EVENT_MAX
                            ? "it declares more than an event can hold"
                            : um_inflate(c.p, um_cursor_left(&c), true, original, &u->plain, &read);
    return wrong ? um_event_malformed(ev, c.p, err, "its compressed part: %s", wrong) : 0;
}

static int unwrap_compressed(struct um_unwrapper *u, const struct um_binlog_format *f,
                             const struct um_event *ev, um_event_handler *handler, void *context,
                             struct um_err *err)
{
    bool query = ev->type == UM_EV_MARIA_QUERY_COMPRESSED;
    const uint8_t *at = query ? before_statement(f, ev) : before_rows(f, ev);
    if (!at)
        return um_event_malformed(ev, NULL, err, "it ends within its header");
    um_buf_clear(&u->plain);
    um_buf_trim(&u->plain, KEEP_BYTES);
    um_buf_add(&u->plain, ev->body, (size_t)(at - ev->body));
    if (inflate_rest(u, ev, at, err) != 0)
        return -1;
    struct um_event plain = *ev;
    plain.type = plain_type(ev->type);
    plain.body = (const uint8_t *)u->plain.data;
    plain.body_len = u->plain.len;
    return handler(context, &plain, err);
}

int um_unwrap(struct um_unwrapper *u, const struct um_binlog_format *f, const struct um_event *ev,
              um_event_handler *handler, void *context, struct um_err *err)
{
    if (ev->type == UM_EV_TRANSACTION_PAYLOAD)
        return unwrap_payload(u, f, ev, handler, context, err);
    if (ev->type >= UM_EV_MARIA_QUERY_COMPRESSED && ev->type <= UM_EV_MARIA_DELETE_ROWS_COMPRESSED)
        return unwrap_compressed(u, f, ev, handler, context, err);
    return handler(context, ev, err);
}
