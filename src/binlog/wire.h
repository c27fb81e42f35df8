#ifndef UM_BINLOG_WIRE_H
#define UM_BINLOG_WIRE_H

#include <endian.h>
#include <string.h>

#include "binlog/event.h"

/*
 * Reading bytes that may lie. A cursor never leaves its bounds; the first read that would marks
 * it bad, and every later one gives zeros. So a decoder reads straight on and asks once.
 */
struct um_cursor {
    const uint8_t *start, *p, *end;
    bool bad;
};

static inline struct um_cursor um_cursor_open(const uint8_t *bytes, size_t len)
{
    return (struct um_cursor){bytes, bytes, bytes + len, false};
}

static inline struct um_cursor um_cursor_body(const struct um_event *ev)
{
    return um_cursor_open(ev->body, ev->body_len);
}

static inline size_t um_cursor_left(const struct um_cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline bool um_cursor_has(struct um_cursor *c, size_t n)
{
    if (!c->bad && um_cursor_left(c) >= n)
        return true;
    c->bad = true;
    return false;
}

/* n bytes that stay where they are; NULL when they are not there. */
static inline const uint8_t *um_cursor_take(struct um_cursor *c, size_t n)
{
    if (!um_cursor_has(c, n))
        return NULL;
    const uint8_t *p = c->p;
    c->p += n;
    return p;
}

/* One load each for the usual widths: they are read for almost every value. */
static inline uint64_t um_le(const uint8_t *p, unsigned n)
{
    uint16_t two;
    uint32_t four;
    uint64_t v = 0;
    switch (n) {
    case 1:
        return *p;
    case 2:
        memcpy(&two, p, sizeof two);
        return le16toh(two);
    case 3:
        return um_le(p, 2) | (uint64_t)p[2] << 16;
    case 4:
        memcpy(&four, p, sizeof four);
        return le32toh(four);
    case 8:
        memcpy(&v, p, sizeof v);
        return le64toh(v);
    default:
        for (unsigned i = n; i-- > 0;)
            v = v << 8 | p[i];
        return v;
    }
}

static inline uint64_t um_be(const uint8_t *p, unsigned n)
{
    uint32_t four;
    uint64_t v = 0;
    switch (n) {
    case 1:
        return *p;
    case 4:
        memcpy(&four, p, sizeof four);
        return be32toh(four);
    case 5:
        return um_be(p, 4) << 8 | p[4];
    default:
        for (unsigned i = 0; i < n; i++)
            v = v << 8 | p[i];
        return v;
    }
}

/* Little-endian, 1 to 8 bytes. */
static inline uint64_t um_cursor_uint(struct um_cursor *c, unsigned n)
{
    const uint8_t *p = um_cursor_take(c, n);
    return p ? um_le(p, n) : 0;
}

/* The protocol's length-encoded integer; its NULL and error marks are no lengths. */
static inline uint64_t um_cursor_lenenc(struct um_cursor *c)
{
    uint64_t first = um_cursor_uint(c, 1);
    if (first < 0xfb)
        return first;
    if (first == 0xfc)
        return um_cursor_uint(c, 2);
    if (first == 0xfd)
        return um_cursor_uint(c, 3);
    if (first == 0xfe)
        return um_cursor_uint(c, 8);
    c->bad = true;
    return 0;
}

/* Fails with UM_E_EVENT_MALFORMED; `at` points into the body, NULL for the event as a whole. */
int um_event_malformed(const struct um_event *ev, const uint8_t *at, struct um_err *err,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
