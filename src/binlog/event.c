#include "binlog/event.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "binlog/wire.h"

enum {
    FLAG_IN_USE = 0x01, /* set while the server writes the file; not part of the checksum */
    CHECKSUM_BYTES = 4,
    START_V3 = 1,
    FORMAT_FIXED = 2 + 50 + 4 + 1, /* version, server version, created, header length */
};

int um_event_malformed(const struct um_event *ev, const uint8_t *at, struct um_err *err,
                       const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    size_t offset = at ? UM_EVENT_HEADER + (size_t)(at - ev->body) : 0;
    return um_fail(err, UM_E_EVENT_MALFORMED, "%s event (type %u, %u bytes), offset %zu: %s",
                   um_event_name(ev->type), ev->type, ev->size, offset, what);
}

/* libdeflate's CRC32 is zlib's, at several times its speed: it is due for every byte. */
static uint32_t crc_of(const uint8_t *bytes, size_t len, bool drop_in_use)
{
    uint32_t crc = 0;
    if (drop_in_use) {
        uint8_t header[UM_EVENT_HEADER];
        memcpy(header, bytes, sizeof header);
        header[17] &= (uint8_t)~FLAG_IN_USE;
        crc = libdeflate_crc32(crc, header, sizeof header);
        bytes += sizeof header;
        len -= sizeof header;
    }
    return libdeflate_crc32(crc, bytes, len);
}

static bool crc_matches(const uint8_t *bytes, size_t len)
{
    if (len < UM_EVENT_HEADER + CHECKSUM_BYTES)
        return false;
    size_t covered = len - CHECKSUM_BYTES;
    bool format = bytes[4] == UM_EV_FORMAT_DESCRIPTION;
    return crc_of(bytes, covered, format) == (uint32_t)um_le(bytes + covered, CHECKSUM_BYTES);
}

static int fail_checksum(const struct um_event *ev, const uint8_t *bytes, size_t len,
                         struct um_err *err)
{
    size_t covered = len - CHECKSUM_BYTES;
    bool format = ev->type == UM_EV_FORMAT_DESCRIPTION;
    return um_fail(err, UM_E_EVENT_CHECKSUM,
                   "%s event (type %u, %zu bytes, ends at binlog position %u): its bytes give "
                   "CRC32 %08x, it carries %08x",
                   um_event_name(ev->type), ev->type, len, ev->log_pos,
                   crc_of(bytes, covered, format), (uint32_t)um_le(bytes + covered, 4));
}

/* 5.6.1 as 50601. */
static unsigned long version_number(const char *text)
{
    unsigned long part[3] = {0};
    for (int i = 0; i < 3; i++) {
        char *end;
        part[i] = strtoul(text, &end, 10);
        if (end == text || part[i] > 255)
            return 0;
        text = end;
        if (*text != '.')
            break;
        text++;
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

static int parse_format(struct um_binlog_format *f, const uint8_t *bytes, struct um_event *ev,
                        struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    struct um_binlog_format next = {.known = true};
    next.version = (uint16_t)um_cursor_uint(&c, 2);
    const uint8_t *server_version = um_cursor_take(&c, 50);
    um_cursor_uint(&c, 4);
    unsigned header = (unsigned)um_cursor_uint(&c, 1);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it is shorter than its %d fixed bytes",
                                  FORMAT_FIXED);
    memcpy(next.server_version, server_version, 50);
    if (next.version != 4 || header != UM_EVENT_HEADER)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "the binlog has format version %u with %u-byte headers (server \"%s\"); "
                       "only version 4 with %d bytes, of MySQL 5.0 and later, is read",
                       next.version, header, next.server_version, UM_EVENT_HEADER);

    unsigned long version = version_number(next.server_version);
    if (version == 0)
        return um_event_malformed(ev, server_version, err, "it names no server version");
    /* The types beyond 160 are MariaDB's alone, also where --version hides the name. */
    next.mariadb = strstr(next.server_version, "MariaDB") || um_cursor_left(&c) > 160;
    size_t types = um_cursor_left(&c);
    if (version >= (next.mariadb ? 50300UL : 50601UL)) {
        /* The algorithm's byte and room for a CRC are there even where checksums are off. */
        if (types < 1 + CHECKSUM_BYTES)
            return um_event_malformed(ev, c.p, err, "there is no room for the checksum algorithm");
        types -= 1 + CHECKSUM_BYTES;
        uint8_t algorithm = c.p[types];
        if (algorithm > 1 && algorithm != 255)
            return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                           "the binlog of server \"%s\" uses checksum algorithm %u; only CRC32 "
                           "(1) and none (0) are known",
                           next.server_version, algorithm);
        next.checksum = algorithm == 1;
        ev->body_len -= CHECKSUM_BYTES;
        if (next.checksum && !crc_matches(bytes, ev->size))
            return fail_checksum(ev, bytes, ev->size, err);
    }
    memset(next.header_len, 0xff, sizeof next.header_len);
    if (types > sizeof next.header_len - 1)
        return um_event_malformed(ev, c.p, err, "it lists %zu event types", types);
    memcpy(next.header_len + 1, c.p, types);
    *f = next;
    return 0;
}

static bool is_artificial(const struct um_event *ev)
{
    if (ev->type == UM_EV_HEARTBEAT || ev->type == UM_EV_HEARTBEAT_V2)
        return true;
    return ev->type == UM_EV_ROTATE &&
           (ev->timestamp == 0 || (ev->flags & UM_EVENT_FLAG_ARTIFICIAL) != 0);
}

/*
 * Events that the source makes up on the way follow what was negotiated or the file before, which
 * the format description at hand need not tell. A matching CRC says that there is one. Without
 * one, a file name ends the event, and the last four bytes of that are digits.
 */
static int strip_artificial(const struct um_binlog_format *f, const uint8_t *bytes,
                            struct um_event *ev, struct um_err *err)
{
    if (crc_matches(bytes, ev->size)) {
        ev->body_len -= CHECKSUM_BYTES;
        return 0;
    }
    if (!f->known || !f->checksum)
        return 0;
    bool name = ev->type != UM_EV_HEARTBEAT_V2 && ev->body_len > CHECKSUM_BYTES;
    for (size_t i = 1; name && i <= CHECKSUM_BYTES; i++)
        name = ev->body[ev->body_len - i] >= '0' && ev->body[ev->body_len - i] <= '9';
    if (name)
        return 0;
    if (ev->body_len < CHECKSUM_BYTES)
        return um_event_malformed(ev, ev->body, err, "there is no room for its checksum");
    return fail_checksum(ev, bytes, ev->size, err);
}

int um_event_parse(struct um_binlog_format *f, const uint8_t *bytes, size_t len,
                   struct um_event *ev, struct um_err *err)
{
    *ev = (struct um_event){0};
    if (len < UM_EVENT_HEADER)
        return um_fail(err, UM_E_EVENT_MALFORMED,
                       "a binlog event of %zu bytes is shorter than its %d-byte header", len,
                       UM_EVENT_HEADER);
    ev->timestamp = (uint32_t)um_le(bytes, 4);
    ev->type = bytes[4];
    ev->server_id = (uint32_t)um_le(bytes + 5, 4);
    ev->size = (uint32_t)um_le(bytes + 9, 4);
    ev->log_pos = (uint32_t)um_le(bytes + 13, 4);
    ev->flags = (uint16_t)um_le(bytes + 17, 2);
    ev->body = bytes + UM_EVENT_HEADER;
    ev->body_len = len - UM_EVENT_HEADER;
    if (ev->size != len)
        return um_event_malformed(ev, NULL, err, "the packet holds %zu bytes", len);

    if (ev->type == UM_EV_FORMAT_DESCRIPTION)
        return parse_format(f, bytes, ev, err);
    if (is_artificial(ev))
        return strip_artificial(f, bytes, ev, err);
    if (!f->known && ev->type == START_V3)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "the binlog begins with a START_V3 event, as those of servers before 5.0 "
                       "do; only format version 4 is read");
    if (!f->known)
        return um_event_malformed(ev, NULL, err, "it comes before the stream's format description");
    if (!f->checksum)
        return 0;
    if (ev->body_len < CHECKSUM_BYTES)
        return um_event_malformed(ev, ev->body, err, "there is no room for its checksum");
    if (!crc_matches(bytes, len))
        return fail_checksum(ev, bytes, len, err);
    ev->body_len -= CHECKSUM_BYTES;
    return 0;
}
