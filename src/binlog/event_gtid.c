#include "binlog/event.h"

#include <string.h>

#include "binlog/wire.h"

/* Two bits above the microseconds say whether a second stamp or version follows. */
#define ORIGINAL_STAMP_FOLLOWS (1ULL << 55)

/*
 * Flags, uuid, sequence number, then what the server's version had to add: the logical clock
 * (5.7), commit stamps and the transaction's length (8.0). 5.6 ends after the sequence number.
 */
static int mysql_gtid(const struct um_event *ev, struct um_gtid_event *out, struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    um_cursor_uint(&c, 1);
    const uint8_t *uuid = um_cursor_take(&c, 16);
    uint64_t sequence = um_cursor_uint(&c, 8);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its GTID");
    if (ev->type == UM_EV_GTID) {
        if (sequence == 0 || sequence >= INT64_MAX)
            return um_event_malformed(ev, c.p - 8, err, "its sequence number is %llu",
                                      (unsigned long long)sequence);
        out->gtid.kind = UM_GTID_MYSQL;
        out->gtid.sequence = sequence;
        memcpy(out->gtid.uuid, uuid, 16);
    }
    /* 2 is the one form of logical clock that releases have used. */
    if (um_cursor_left(&c) == 0 || um_cursor_uint(&c, 1) != 2)
        return 0;
    out->last_committed = um_cursor_uint(&c, 8);
    out->sequence_number = um_cursor_uint(&c, 8);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its logical clock");
    if (um_cursor_left(&c) < 7)
        return 0;
    uint64_t stamp = um_cursor_uint(&c, 7);
    if (stamp & ORIGINAL_STAMP_FOLLOWS)
        stamp = um_cursor_uint(&c, 7);
    out->commit_us = (int64_t)stamp;
    if (um_cursor_left(&c) > 0)
        out->transaction_length = um_cursor_lenenc(&c);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within its commit stamps");
    return 0;
}

/*
 * MySQL's serialization library: the count of trailing ones in the first byte is the count of
 * bytes to follow; the rest of the bits is the number, low bits first.
 */
static uint64_t varint(struct um_cursor *c)
{
    unsigned first = (unsigned)um_cursor_uint(c, 1), more = 0;
    while (more < 8 && (first >> more & 1))
        more++;
    uint64_t high = more ? um_cursor_uint(c, more) : 0;
    if (more >= 7)
        return high;
    return (uint64_t)(first >> (more + 1)) | high << (7 - more);
}

static int64_t signed_varint(struct um_cursor *c)
{
    uint64_t v = varint(c);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

enum tagged_field {
    TAGGED_FLAGS,
    TAGGED_UUID,
    TAGGED_SEQUENCE,
    TAGGED_TAG,
    TAGGED_LAST_COMMITTED,
    TAGGED_SEQUENCE_NUMBER,
    TAGGED_IMMEDIATE_STAMP,
    TAGGED_ORIGINAL_STAMP, /* left out where it equals the one before */
    TAGGED_TRANSACTION_LENGTH,
    TAGGED_IMMEDIATE_VERSION,
    TAGGED_ORIGINAL_VERSION,
    TAGGED_GROUP_TICKET,
    TAGGED_FIELDS
};

static void tagged_field(struct um_cursor *c, uint64_t field, struct um_gtid_event *out)
{
    size_t len;
    const uint8_t *tag;
    switch (field) {
    case TAGGED_UUID: /* an array of numbers, so bytes from 128 on take two */
        for (int i = 0; i < 16; i++)
            out->gtid.uuid[i] = (uint8_t)varint(c);
        break;
    case TAGGED_SEQUENCE:
        out->gtid.sequence = (uint64_t)signed_varint(c);
        break;
    case TAGGED_TAG:
        len = (size_t)varint(c);
        tag = um_cursor_take(c, len);
        if (tag && um_gtid_tag_valid(tag, len))
            memcpy(out->gtid.tag, tag, len);
        else
            c->bad = true;
        break;
    case TAGGED_LAST_COMMITTED:
        out->last_committed = (uint64_t)signed_varint(c);
        break;
    case TAGGED_SEQUENCE_NUMBER:
        out->sequence_number = (uint64_t)signed_varint(c);
        break;
    case TAGGED_IMMEDIATE_STAMP:
    case TAGGED_ORIGINAL_STAMP:
        out->commit_us = (int64_t)varint(c);
        break;
    case TAGGED_TRANSACTION_LENGTH:
        out->transaction_length = varint(c);
        break;
    default: /* flags, versions, ticket */
        varint(c);
    }
}

static int tagged_gtid(const struct um_event *ev, struct um_gtid_event *out, struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    uint64_t version = varint(&c), size = varint(&c), must_know = varint(&c);
    if (version != 1 || must_know >= TAGGED_FIELDS)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "GTID_TAGGED event: it is written in format %llu and needs a reader that "
                       "knows field %llu; format 1 and fields up to %d are known",
                       (unsigned long long)version, (unsigned long long)must_know,
                       TAGGED_FIELDS - 1);
    if (c.bad || size > ev->body_len || size < (size_t)(c.p - c.start))
        return um_event_malformed(ev, c.p, err, "it says that it has %llu bytes",
                                  (unsigned long long)size);
    c.end = c.start + size;
    int last = -1;
    while (um_cursor_left(&c) > 0) {
        const uint8_t *at = c.p;
        uint64_t field = varint(&c);
        if (!c.bad && field >= TAGGED_FIELDS)
            break; /* newer than this reader, and marked as not needed */
        if (!c.bad && (int)field <= last)
            return um_event_malformed(ev, at, err, "field %llu is out of order",
                                      (unsigned long long)field);
        tagged_field(&c, field, out);
        if (c.bad)
            return um_event_malformed(ev, at, err, "field %llu is cut off",
                                      (unsigned long long)field);
        last = (int)field;
    }
    if (out->gtid.sequence == 0 || out->gtid.sequence >= INT64_MAX)
        return um_event_malformed(ev, c.p, err, "its sequence number is %lld",
                                  (long long)out->gtid.sequence);
    out->gtid.kind = UM_GTID_MYSQL;
    return 0;
}

enum maria_flags {
    MARIA_STANDALONE = 1,
    MARIA_GROUP_COMMIT = 2,
    MARIA_PREPARED_XA = 64,
    MARIA_COMPLETED_XA = 128,
    MARIA_EXTRA_ENGINES = 1,
    MARIA_EXTRA_START_ALTER = 2,
    MARIA_EXTRA_COMMIT_ALTER = 4,
    MARIA_EXTRA_ROLLBACK_ALTER = 8,
};

static int maria_gtid(const struct um_event *ev, struct um_gtid_event *out, struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    out->gtid.kind = UM_GTID_MARIADB;
    out->gtid.server_id = ev->server_id;
    out->gtid.sequence = um_cursor_uint(&c, 8);
    out->gtid.domain = (uint32_t)um_cursor_uint(&c, 4);
    unsigned flags = (unsigned)um_cursor_uint(&c, 1);
    if (flags & MARIA_GROUP_COMMIT)
        um_cursor_take(&c, 8);
    if (flags & (MARIA_PREPARED_XA | MARIA_COMPLETED_XA)) {
        out->maria_xid.format_id = (uint32_t)um_cursor_uint(&c, 4);
        out->maria_xid.global_len = (uint8_t)um_cursor_uint(&c, 1);
        out->maria_xid.branch_len = (uint8_t)um_cursor_uint(&c, 1);
        out->maria_xid.global = um_cursor_take(&c, out->maria_xid.global_len);
        out->maria_xid.branch = um_cursor_take(&c, out->maria_xid.branch_len);
    }
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within what its flags %02x ask for",
                                  flags);
    out->standalone = (flags & MARIA_STANDALONE) != 0;
    out->maria_xa_prepared = (flags & MARIA_PREPARED_XA) != 0;
    out->maria_xa_completed = (flags & MARIA_COMPLETED_XA) != 0;
    /* 10.8+; older ones end here or are filled up with zeros. */
    if (um_cursor_left(&c) == 0)
        return 0;
    unsigned extra = (unsigned)um_cursor_uint(&c, 1);
    if (extra & MARIA_EXTRA_ENGINES)
        um_cursor_take(&c, 1);
    if (extra & (MARIA_EXTRA_COMMIT_ALTER | MARIA_EXTRA_ROLLBACK_ALTER))
        um_cursor_take(&c, 8);
    if (c.bad)
        return um_event_malformed(ev, c.p, err, "it ends within what its extra flags %02x ask for",
                                  extra);
    out->maria_alter_start = (extra & MARIA_EXTRA_START_ALTER) != 0;
    out->maria_alter_commit = (extra & MARIA_EXTRA_COMMIT_ALTER) != 0;
    out->maria_alter_rollback = (extra & MARIA_EXTRA_ROLLBACK_ALTER) != 0;
    return 0;
}

static void print_hex(const uint8_t *bytes, size_t len, struct um_buf *out)
{
    um_buf_str(out, "X'");
    for (size_t i = 0; i < len; i++)
        um_buf_fmt(out, "%02x", bytes[i]);
    um_buf_char(out, '\'');
}

void um_xid_print(const struct um_xid *xid, struct um_buf *out)
{
    print_hex(xid->global, xid->global_len, out);
    um_buf_char(out, ',');
    print_hex(xid->branch, xid->branch_len, out);
    um_buf_fmt(out, ",%u", xid->format_id);
}

int um_event_gtid(const struct um_binlog_format *f, const struct um_event *ev,
                  struct um_gtid_event *out, struct um_err *err)
{
    (void)f;
    *out = (struct um_gtid_event){0};
    switch (ev->type) {
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
        return mysql_gtid(ev, out, err);
    case UM_EV_GTID_TAGGED:
        return tagged_gtid(ev, out, err);
    case UM_EV_MARIA_GTID:
        return maria_gtid(ev, out, err);
    default:
        UM_BUG("um_event_gtid on another event");
    }
}
