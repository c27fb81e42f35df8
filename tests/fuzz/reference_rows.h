#ifndef UM_TESTS_REFERENCE_ROWS_H
#define UM_TESTS_REFERENCE_ROWS_H

#include <string.h>

#include "binlog/column.h"
#include "binlog/compressed_column.h"

/*
 * Row events once more, written from the servers' documentation in the plainest way: no plan, one
 * type after the other, numbers by shifting bytes. What the decoder gives has to be the same.
 * Sources: MySQL binlog_event row documentation, my_time.cc (…_from_binary); MariaDB field.cc
 * (Field_*_hires).
 */
struct reference {
    const struct um_table_map *map;
    unsigned fsp; /* of all old temporals */
    const uint8_t *p, *end;
    const uint8_t *before, *after; /* bitmaps of columns that are present, or NULL */
};

static inline uint64_t ref_le(const uint8_t *p, size_t n)
{
    return n == 0 ? 0 : ref_le(p + 1, n - 1) << 8 | *p;
}

static inline uint64_t ref_be(const uint8_t *p, size_t n)
{
    return n == 0 ? 0 : ref_be(p, n - 1) << 8 | p[n - 1];
}

static inline bool ref_bit(const uint8_t *bitmap, size_t i)
{
    return (bitmap[i >> 3] & 1 << (i & 7)) != 0;
}

static inline int64_t ref_signed(uint64_t v, size_t bytes)
{
    uint64_t half = (uint64_t)1 << (8 * bytes - 1);
    return bytes == 8 || v < half ? (int64_t)v : (int64_t)v - (int64_t)(2 * half);
}

static inline uint32_t ref_scale(uint64_t fraction, unsigned digits)
{
    for (; digits < 6; digits++)
        fraction *= 10;
    return (uint32_t)fraction;
}

/* Nine digits take four bytes, what is left over a byte for each two. */
static inline size_t ref_decimal_bytes(unsigned digits)
{
    return digits / 9 * 4 + (digits % 9 + 1) / 2;
}

static inline void ref_clock(struct um_temporal *t, uint64_t h, uint64_t m, uint64_t s)
{
    t->hour = (uint16_t)h;
    t->minute = (uint8_t)m;
    t->second = (uint8_t)s;
}

/* my_time_packed_from_binary */
static inline void ref_time2(const uint8_t *p, unsigned decimals, struct um_temporal *t)
{
    int64_t whole, part = 0;
    if (decimals <= 4) {
        size_t bytes = (decimals + 1) / 2;
        whole = (int64_t)ref_be(p, 3) - 0x800000;
        part = (int64_t)ref_be(p + 3, bytes);
        if (whole < 0 && part) {
            whole++;
            part -= (int64_t)1 << (8 * bytes);
        }
        part = decimals == 0 ? 0 : decimals <= 2 ? part * 10000 : part * 100;
    } else {
        int64_t packed = (int64_t)ref_be(p, 6) - 0x800000000000;
        whole = packed / (1 << 24);
        part = packed % (1 << 24);
    }
    t->negative = whole < 0 || part < 0;
    uint64_t size = (uint64_t)(whole < 0 ? -whole : whole);
    t->usec = (uint32_t)(part < 0 ? -part : part);
    ref_clock(t, size >> 12 & 1023, size >> 6 & 63, size & 63);
}

static inline size_t ref_time_size(uint8_t type, unsigned fsp)
{
    static const char sizes[3][8] = {"3445556", "8667778", "4556677"};
    return (size_t)(sizes[type == UM_CT_TIME ? 0 : type == UM_CT_DATETIME ? 1 : 2][fsp] - '0');
}

/* Field_*_hires: the number that would be in microseconds, in units of the fraction. */
static inline void ref_hires(uint8_t type, const uint8_t *p, unsigned fsp, struct um_value *v)
{
    uint64_t unit = 1000000 / ref_scale(1, fsp), n = ref_be(p, ref_time_size(type, fsp));
    if (type == UM_CT_TIMESTAMP) {
        v->ts.s = (int64_t)ref_be(p, 4);
        v->ts.usec = ref_scale(ref_be(p + 4, ref_time_size(type, fsp) - 4), fsp);
        return;
    }
    if (type == UM_CT_TIME) {
        uint64_t zero = 3020400 * unit; /* 838:59:59 and a second */
        v->t.negative = n < zero;
        n = n < zero ? zero - n : n - zero;
        ref_clock(&v->t, n / unit / 3600, n / unit / 60 % 60, n / unit % 60);
    } else {
        uint64_t days = n / unit / 86400, seconds = n / unit % 86400;
        v->t.day = (uint8_t)(days % 32);
        v->t.month = (uint8_t)(days / 32 % 13);
        v->t.year = (uint16_t)(days / 32 / 13);
        ref_clock(&v->t, seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    v->t.usec = ref_scale(n % unit, fsp);
}

static inline void ref_old_temporal(uint8_t type, const uint8_t *p, struct um_value *v)
{
    if (type == UM_CT_TIMESTAMP) {
        v->ts.s = (int64_t)ref_le(p, 4);
        v->ts.usec = 0;
    } else if (type == UM_CT_TIME) {
        int64_t digits = ref_signed(ref_le(p, 3), 3);
        v->t.negative = digits < 0;
        digits = digits < 0 ? -digits : digits;
        ref_clock(&v->t, (uint64_t)digits / 10000, (uint64_t)digits / 100 % 100,
                  (uint64_t)digits % 100);
    } else {
        uint64_t digits = ref_le(p, 8);
        ref_clock(&v->t, digits / 10000 % 100, digits / 100 % 100, digits % 100);
        v->t.day = (uint8_t)(digits / 1000000 % 100);
        v->t.month = (uint8_t)(digits / 100000000 % 100);
        v->t.year = (uint16_t)(digits / 10000000000 % 10000);
    }
}

static inline size_t ref_temporal(uint8_t type, unsigned meta, unsigned fsp, const uint8_t *p,
                                  struct um_value *v)
{
    size_t part = (meta + 1) / 2;
    uint64_t n;
    switch (type) {
    case UM_CT_DATE:
    case UM_CT_NEWDATE:
        n = ref_le(p, 3);
        v->kind = UM_V_DATE;
        v->t.day = (uint8_t)(n % 32);
        v->t.month = (uint8_t)(n / 32 % 16);
        v->t.year = (uint16_t)(n / 512);
        return 3;
    case UM_CT_TIME2:
        v->kind = UM_V_TIME;
        v->decimals = (uint8_t)meta;
        ref_time2(p, meta, &v->t);
        return 3 + part;
    case UM_CT_DATETIME2:
        n = ref_be(p, 5) % 0x8000000000;
        v->kind = UM_V_DATETIME;
        v->decimals = (uint8_t)meta;
        v->t.day = (uint8_t)(n >> 17 & 31);
        v->t.month = (uint8_t)((n >> 22) % 13);
        v->t.year = (uint16_t)((n >> 22) / 13);
        ref_clock(&v->t, n >> 12 & 31, n >> 6 & 63, n & 63);
        v->t.usec = ref_scale(ref_be(p + 5, part), (unsigned)(2 * part));
        return 5 + part;
    case UM_CT_TIMESTAMP2:
        v->kind = UM_V_TIMESTAMP;
        v->decimals = (uint8_t)meta;
        v->ts.s = (int64_t)ref_be(p, 4);
        v->ts.usec = ref_scale(ref_be(p + 4, part), (unsigned)(2 * part));
        return 4 + part;
    default:
        v->kind = type == UM_CT_TIME       ? UM_V_TIME
                  : type == UM_CT_DATETIME ? UM_V_DATETIME
                                           : UM_V_TIMESTAMP;
        v->decimals = (uint8_t)fsp;
        if (fsp)
            ref_hires(type, p, fsp, v);
        else
            ref_old_temporal(type, p, v);
        return ref_time_size(type, fsp);
    }
}

/* Bytes of length in front of a value of that type, 0 for those of fixed size. */
static inline size_t ref_length_bytes(uint8_t type, unsigned meta)
{
    unsigned char_len = (meta & 0xff) | ((meta >> 4 & 0x300) ^ 0x300);
    switch (type) {
    case UM_CT_VARCHAR:
    case UM_CT_VAR_STRING:
    case UM_CT_MARIA_VARCHAR_COMPRESSED:
        return meta > 255 ? 2 : 1;
    case UM_CT_STRING:
        return (meta >> 8 ? char_len : meta) > 255 ? 2 : 1;
    case UM_CT_TINY_BLOB:
    case UM_CT_BLOB:
    case UM_CT_MEDIUM_BLOB:
    case UM_CT_LONG_BLOB:
    case UM_CT_VECTOR:
    case UM_CT_JSON:
    case UM_CT_GEOMETRY:
    case UM_CT_MARIA_BLOB_COMPRESSED:
        return meta;
    default:
        return 0;
    }
}

/* How many bytes a value of fixed size takes. */
static inline size_t ref_size(uint8_t type, unsigned meta, unsigned fsp)
{
    switch (type) {
    case UM_CT_TINY:
    case UM_CT_YEAR:
        return 1;
    case UM_CT_SHORT:
        return 2;
    case UM_CT_INT24:
    case UM_CT_DATE:
    case UM_CT_NEWDATE:
        return 3;
    case UM_CT_LONG:
    case UM_CT_FLOAT:
        return 4;
    case UM_CT_LONGLONG:
    case UM_CT_DOUBLE:
        return 8;
    case UM_CT_NEWDECIMAL:
        return ref_decimal_bytes((meta >> 8) - (meta & 0xff)) + ref_decimal_bytes(meta & 0xff);
    case UM_CT_BIT:
        return (meta >> 8) + ((meta & 0xff) + 7) / 8;
    case UM_CT_ENUM:
    case UM_CT_SET:
        return meta & 0xff;
    case UM_CT_TIME2:
        return 3 + (meta + 1) / 2;
    case UM_CT_TIMESTAMP2:
        return 4 + (meta + 1) / 2;
    case UM_CT_DATETIME2:
        return 5 + (meta + 1) / 2;
    default:
        return ref_time_size(type, fsp);
    }
}

static inline bool ref_sized(uint8_t type, unsigned meta, struct reference *r, struct um_value *v)
{
    size_t prefix = ref_length_bytes(type, meta), original;
    if ((size_t)(r->end - r->p) < prefix)
        return false;
    uint64_t len = ref_le(r->p, prefix);
    if (len > (uint64_t)(r->end - r->p) - prefix)
        return false;
    v->bytes = r->p + prefix;
    v->len = (uint32_t)len;
    r->p += prefix + len;
    v->kind = type == UM_CT_JSON ? UM_V_JSON : type == UM_CT_GEOMETRY ? UM_V_GEOMETRY : UM_V_BYTES;
    if (type != UM_CT_MARIA_BLOB_COMPRESSED && type != UM_CT_MARIA_VARCHAR_COMPRESSED)
        return true;
    v->kind = UM_V_COMPRESSED;
    uint64_t most = type == UM_CT_MARIA_VARCHAR_COMPRESSED ? meta - 1 : (1ULL << (8 * meta)) - 1;
    return um_compressed_length(v->bytes, v->len, &original) && original <= most;
}

/* One value; false when it is cut off or none. */
static inline bool ref_value(struct reference *r, size_t column, struct um_value *v)
{
    uint8_t type = um_table_map_type(r->map, column);
    unsigned meta = um_table_map_meta(r->map, column);
    memset(v, 0, sizeof *v);
    if (ref_length_bytes(type, meta))
        return ref_sized(type, meta, r, v);
    size_t size = ref_size(type, meta, r->fsp);
    const uint8_t *p = r->p;
    if ((size_t)(r->end - p) < size)
        return false;
    r->p += size;
    uint64_t bits = ref_le(p, size <= 8 ? size : 0);
    uint32_t low = (uint32_t)bits;
    switch (type) {
    case UM_CT_TINY:
    case UM_CT_SHORT:
    case UM_CT_INT24:
    case UM_CT_LONG:
    case UM_CT_LONGLONG:
        v->kind = UM_V_INT;
        v->decimals = (uint8_t)size;
        v->i = ref_signed(bits, size);
        return true;
    case UM_CT_FLOAT:
        v->kind = UM_V_FLOAT;
        memcpy(&v->f, &low, sizeof low);
        return true;
    case UM_CT_DOUBLE:
        v->kind = UM_V_DOUBLE;
        memcpy(&v->d, &bits, sizeof bits);
        return true;
    case UM_CT_NEWDECIMAL:
        v->kind = UM_V_DECIMAL;
        v->precision = (uint8_t)(meta >> 8);
        v->decimals = (uint8_t)meta;
        v->bytes = p;
        v->len = (uint32_t)size;
        return true;
    case UM_CT_YEAR:
        v->kind = UM_V_YEAR;
        v->u = bits ? 1900 + bits : 0;
        return true;
    case UM_CT_BIT:
        v->kind = UM_V_BIT;
        v->u = ref_be(p, size);
        return true;
    case UM_CT_ENUM:
        v->kind = UM_V_ENUM;
        v->u = bits;
        return true;
    case UM_CT_SET:
        v->kind = UM_V_SET;
        v->u = bits;
        return true;
    default:
        ref_temporal(type, meta, r->fsp, p, v);
        return (v->kind == UM_V_TIMESTAMP ? v->ts.usec : v->t.usec) < 1000000;
    }
}

static inline bool ref_image(struct reference *r, const uint8_t *present, struct um_value *values)
{
    size_t columns = um_table_map_columns(r->map), count = 0;
    for (size_t i = 0; i < columns; i++)
        count += ref_bit(present, i);
    const uint8_t *nulls = r->p;
    if ((size_t)(r->end - r->p) < (count + 7) / 8)
        return false;
    r->p += (count + 7) / 8;
    for (size_t i = 0, n = 0; i < columns; i++) {
        memset(&values[i], 0, sizeof *values);
        if (!ref_bit(present, i))
            values[i].kind = UM_V_ABSENT;
        else if (ref_bit(nulls, n++))
            values[i].kind = UM_V_NULL;
        else if (!ref_value(r, i, &values[i]))
            return false;
    }
    return true;
}

/* Behind the bitmaps of an event that um_rows_open takes. */
static inline struct reference ref_open(const struct um_binlog_format *f, const struct um_event *ev,
                                        const struct um_table_map *map, unsigned fsp)
{
    struct reference r = {.map = map, .fsp = fsp};
    size_t columns = um_table_map_columns(map), bitmap = (columns + 7) / 8;
    bool v2 = ev->type >= UM_EV_WRITE_ROWS;
    unsigned kind = (ev->type - (v2 ? UM_EV_WRITE_ROWS : UM_EV_WRITE_ROWS_V1)) % 3;
    r.p = ev->body + (f->header_len[ev->type] == 6 ? 4 : 6) + 2;
    r.end = ev->body + ev->body_len;
    if (v2)
        r.p += ref_le(r.p, 2);
    r.p += *r.p < 0xfb ? 1 : *r.p == 0xfc ? 3 : *r.p == 0xfd ? 4 : 9;
    if (kind > 0) {
        r.before = r.p;
        r.p += bitmap;
    }
    if (kind < 2) {
        r.after = r.p;
        r.p += bitmap;
    }
    return r;
}

/* 1 and the row, 0 at the end, -1. */
static inline int ref_next(struct reference *r, struct um_value *before, struct um_value *after)
{
    if (r->p == r->end)
        return 0;
    return (r->before && !ref_image(r, r->before, before)) ||
                   (r->after && !ref_image(r, r->after, after))
               ? -1
               : 1;
}

static inline bool ref_same_time(const struct um_temporal *a, const struct um_temporal *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->usec == b->usec &&
           a->negative == b->negative;
}

static inline bool ref_same(const struct um_value *a, const struct um_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == UM_V_ABSENT || a->kind == UM_V_NULL)
        return true;
    if (a->decimals != b->decimals || a->precision != b->precision || a->len != b->len)
        return false;
    switch (a->kind) {
    case UM_V_FLOAT:
        return memcmp(&a->f, &b->f, sizeof a->f) == 0;
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
        return ref_same_time(&a->t, &b->t);
    case UM_V_TIMESTAMP:
        return a->ts.s == b->ts.s && a->ts.usec == b->ts.usec;
    default: /* eight bytes: a number, or where the bytes are */
        return a->u == b->u;
    }
}

#endif
