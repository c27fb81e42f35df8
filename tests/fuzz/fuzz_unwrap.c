#include "binlog/unwrap.h"
/* links: um_binlog um_change um_base dep::zstd */
/* max_len: 1024 */

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/buf.h"

/*
 * Input: a byte of choices, then
 *   0: the type of a packed event and its body, as they are;
 *   1: events, of which a TRANSACTION_PAYLOAD is made. What comes out of it is what went in. The
 *      choices say how it is compressed, what its header tells, and whether a byte is damaged.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum choice {
    MADE = 1,
    COMPRESSED = 2,
    TELLS_SIZE = 4,
    TELLS_ORIGINAL = 8,
    DAMAGED = 16,
    CUT = 32
};

static struct um_unwrapper *u; /* kept, as in the product: damage must not reach the next event */
static struct um_binlog_format format = {.known = true};

static struct um_event event_of(unsigned type, const uint8_t *body, size_t len)
{
    struct um_event ev = {.type = (uint8_t)type, .body = body, .body_len = len};
    ev.size = (uint32_t)(len + UM_EVENT_HEADER);
    return ev;
}

/* Touches every byte. */
static int touch(void *context, const struct um_event *ev, struct um_err *err)
{
    uint64_t *sum = context;
    (void)err;
    UM_ASSERT(ev->type != UM_EV_TRANSACTION_PAYLOAD);
    for (size_t i = 0; i < ev->body_len; i++)
        *sum += ev->body[i];
    return 0;
}

static void unwrap_raw(const uint8_t *data, size_t size)
{
    static const uint8_t types[] = {
        UM_EV_TRANSACTION_PAYLOAD,          UM_EV_MARIA_QUERY_COMPRESSED,
        UM_EV_MARIA_WRITE_ROWS_COMPRESSED,  UM_EV_MARIA_UPDATE_ROWS_COMPRESSED_V1,
        UM_EV_MARIA_UPDATE_ROWS_COMPRESSED, UM_EV_MARIA_DELETE_ROWS_COMPRESSED_V1,
    };
    if (size < 1)
        return;
    uint8_t *body = malloc(size);
    memcpy(body, data + 1, size - 1);
    struct um_event ev = event_of(types[data[0] % sizeof types], body, size - 1);
    struct um_err err;
    uint64_t sum = 0;
    if (um_unwrap(u, &format, &ev, touch, &sum, &err) != 0)
        UM_ASSERT(err.id == UM_E_EVENT_MALFORMED || err.id == UM_E_EVENT_UNSUPPORTED ||
                  err.id == UM_E_EVENT_CHECKSUM);
    free(body);
}

/* ---- made payloads ---- */

struct expected {
    const uint8_t *p, *end; /* events that have not come yet */
    bool damaged;
};

static int compare(void *context, const struct um_event *ev, struct um_err *err)
{
    struct expected *x = context;
    (void)err;
    if (x->damaged) /* what the damage lets through is anything */
        return 0;
    size_t left = (size_t)(x->end - x->p);
    UM_ASSERT(ev->size <= left && ev->body_len == ev->size - UM_EVENT_HEADER);
    UM_ASSERT(ev->type == x->p[4]);
    UM_ASSERT(memcmp(ev->body, x->p + UM_EVENT_HEADER, ev->body_len) == 0);
    x->p += ev->size;
    return 0;
}

/* Events with their sizes set right; those that do not belong into a payload become others. */
static void add_events(const uint8_t *data, size_t size, struct um_buf *out)
{
    for (const uint8_t *p = data, *end = data + size; end - p >= 2;) {
        size_t len = p[0], left = (size_t)(end - p) - 2;
        uint8_t header[UM_EVENT_HEADER] = {[4] = p[1] % 40};
        if (header[4] == UM_EV_FORMAT_DESCRIPTION || header[4] == UM_EV_ROTATE ||
            header[4] == UM_EV_HEARTBEAT || header[4] == 1)
            header[4] = UM_EV_QUERY;
        if (len > left)
            len = left;
        header[9] = (uint8_t)(UM_EVENT_HEADER + len);
        header[10] = (uint8_t)((UM_EVENT_HEADER + len) >> 8);
        um_buf_add(out, header, sizeof header);
        um_buf_add(out, p + 2, len);
        p += 2 + len;
    }
}

/* Type, length and value: a length-encoded integer in its widest form. */
static void add_field(struct um_buf *out, unsigned type, uint64_t value)
{
    uint8_t bytes[11] = {(uint8_t)type, 9, 0xfe};
    for (int i = 0; i < 8; i++)
        bytes[3 + i] = (uint8_t)(value >> (8 * i));
    um_buf_add(out, bytes, sizeof bytes);
}

static void compress_into(struct um_buf *out, const struct um_buf *plain)
{
    static ZSTD_CCtx *cctx;
    if (!cctx)
        cctx = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(plain->len);
    um_buf_reserve(out, room);
    out->len += ZSTD_compressCCtx(cctx, out->data + out->len, room, plain->data, plain->len, 1);
}

static void unwrap_made(unsigned choice, const uint8_t *data, size_t size)
{
    static struct um_buf plain, packed, body;
    unsigned at = size ? *data : 0;
    um_buf_clear(&plain);
    um_buf_clear(&packed);
    um_buf_clear(&body);
    um_buf_str(&plain, ""); /* no events, but a place for them */
    if (size)
        add_events(data + 1, size - 1, &plain);
    if (choice & COMPRESSED)
        compress_into(&packed, &plain);
    else
        um_buf_add(&packed, plain.data, plain.len);
    add_field(&body, 2, choice & COMPRESSED ? 0 : 255);
    if (choice & TELLS_ORIGINAL)
        add_field(&body, 3, plain.len);
    if (choice & TELLS_SIZE)
        add_field(&body, 1, packed.len);
    um_buf_char(&body, 0);
    um_buf_add(&body, packed.data, packed.len);
    if (choice & CUT)
        body.len -= at % (packed.len + 1);
    bool cut = choice & CUT && at % (packed.len + 1);
    if (choice & DAMAGED)
        body.data[at % body.len] ^= 0x41;
    uint8_t *exact = malloc(body.len + 1);
    memcpy(exact, body.data, body.len);

    struct expected x = {(const uint8_t *)plain.data, (const uint8_t *)plain.data + plain.len,
                         choice & DAMAGED || cut};
    struct um_event ev = event_of(UM_EV_TRANSACTION_PAYLOAD, exact, body.len);
    struct um_err err = {0};
    int rc = um_unwrap(u, &format, &ev, compare, &x, &err);
    if (rc != 0)
        UM_ASSERT(x.damaged);
    else
        UM_ASSERT(x.damaged || x.p == x.end);
    /* Less than was told is an error wherever it was told. */
    if (cut && !(choice & DAMAGED) && choice & (TELLS_SIZE | TELLS_ORIGINAL | COMPRESSED))
        UM_ASSERT(rc != 0);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (!u) {
        u = um_unwrapper_new();
        memset(format.header_len, 0xff, sizeof format.header_len);
    }
    if (data[0] & MADE)
        unwrap_made(data[0], data + 1, size - 1);
    else
        unwrap_raw(data + 1, size - 1);
    return 0;
}
