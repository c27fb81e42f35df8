#include "binlog/column.h"

#include <string.h>

#include "binlog/compressed_column.h"
#include "binlog/wire.h"

static const uint32_t power10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static void set_clock(struct um_temporal *t, uint64_t hms) /* decimal digits hhmmss */
{
    t->second = (uint8_t)(hms % 100);
    t->minute = (uint8_t)(hms / 100 % 100);
    t->hour = (uint16_t)(hms / 10000 % 10000);
}

static void read_date(const uint8_t *p, struct um_value *v)
{
    unsigned date = (unsigned)um_le(p, 3);
    v->t.day = date & 31;
    v->t.month = date >> 5 & 15;
    v->t.year = (uint16_t)(date >> 9);
}

static void read_time_old(const uint8_t *p, struct um_value *v)
{
    int32_t digits = (int32_t)((uint32_t)um_le(p, 3) << 8) >> 8;
    v->t.negative = digits < 0;
    set_clock(&v->t, (uint64_t)(digits < 0 ? -(int64_t)digits : digits));
}

static void read_datetime_old(const uint8_t *p, struct um_value *v)
{
    uint64_t digits = um_le(p, 8), date = digits / 1000000;
    set_clock(&v->t, digits % 1000000);
    v->t.day = (uint8_t)(date % 100);
    v->t.month = (uint8_t)(date / 100 % 100);
    v->t.year = (uint16_t)(date / 10000 % 10000);
}

/* MariaDB's own: one mixed-radix number, in units of the column's fraction. */
static void split_hires(uint64_t packed, unsigned decimals, struct um_temporal *t)
{
    t->usec = (uint32_t)(packed % power10[decimals]) * power10[6 - decimals];
    packed /= power10[decimals];
    t->second = (uint8_t)(packed % 60);
    t->minute = (uint8_t)(packed / 60 % 60);
    packed /= 3600;
    t->hour = (uint16_t)(packed % 24);
    t->day = (uint8_t)(packed / 24 % 32);
    t->month = (uint8_t)(packed / (24 * 32) % 13);
    t->year = (uint16_t)(packed / (24 * 32 * 13));
}

static void read_time_hires(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    /* Biased by one second more than the largest TIME, so that it sorts as bytes. */
    uint32_t unit = power10[v->decimals];
    int64_t zero = (int64_t)(838 * 3600 + 59 * 60 + 59 + 1) * unit;
    int64_t packed = (int64_t)um_be(p, c->size) - zero;
    v->t.negative = packed < 0;
    uint64_t size = (uint64_t)(packed < 0 ? -packed : packed);
    split_hires(size, v->decimals, &v->t);
    v->t.hour = (uint16_t)(size / unit / 3600);
    v->t.day = v->t.month = 0;
    v->t.year = 0;
}

/* The fraction of the 5.6 forms: pairs of decimal digits, one byte per pair, big-endian. */
static uint32_t fraction(const uint8_t *p, unsigned decimals)
{
    unsigned bytes = (decimals + 1) / 2;
    return (uint32_t)um_be(p, bytes) * power10[6 - 2 * bytes];
}

/*
 * Whole and fraction are one biased number: a negative time borrows from its whole part, and
 * -00:00:00.12 is told from 00:00:00.12 by nothing else.
 */
static void read_time2(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    unsigned bits = 8U * c->size;
    int64_t packed = (int64_t)um_be(p, c->size) - ((int64_t)1 << (bits - 1));
    v->t.negative = packed < 0;
    uint64_t size = (uint64_t)(packed < 0 ? -packed : packed);
    unsigned fraction_bits = bits - 24, bytes = fraction_bits / 8;
    uint32_t hms = (uint32_t)(size >> fraction_bits);
    v->t.usec = (uint32_t)(size & (((uint64_t)1 << fraction_bits) - 1)) * power10[6 - 2 * bytes];
    v->t.hour = hms >> 12 & 1023;
    v->t.minute = hms >> 6 & 63;
    v->t.second = hms & 63;
}

static void read_datetime2(const uint8_t *p, struct um_value *v)
{
    uint64_t packed = um_be(p, 5) & 0x7fffffffffULL; /* the top bit is the bias */
    uint32_t ymd = (uint32_t)(packed >> 17), hms = (uint32_t)packed & 0x1ffff;
    v->t.day = ymd & 31;
    v->t.month = (uint8_t)((ymd >> 5) % 13);
    v->t.year = (uint16_t)((ymd >> 5) / 13);
    v->t.second = hms & 63;
    v->t.minute = hms >> 6 & 63;
    v->t.hour = (uint16_t)(hms >> 12);
    v->t.usec = fraction(p + 5, v->decimals);
}

static void read_float(const uint8_t *p, struct um_value *v)
{
    uint32_t bits = (uint32_t)um_le(p, 4);
    memcpy(&v->f, &bits, sizeof v->f);
}

static int64_t read_int(const uint8_t *p, unsigned size)
{
    unsigned shift = 64 - 8U * size;
    return (int64_t)(um_le(p, size) << shift) >> shift;
}

/* A header that declares more than the column can hold is damaged, and would cost memory. */
static bool compressed_fits(const struct um_column *c, const uint8_t *bytes, size_t len)
{
    size_t original, most = c->type == UM_CT_MARIA_VARCHAR_COMPRESSED
                                ? c->meta - 1U
                                : (size_t)(((uint64_t)1 << (8 * c->meta)) - 1);
    return um_compressed_length(bytes, len, &original) && original <= most;
}

/* Behind the length, which is there, and the bytes; NULL when they are not. */
static inline const uint8_t *read_sized(const struct um_column *c, const uint8_t *p,
                                        const uint8_t *end, struct um_value *v)
{
    uint64_t len = um_le(p, c->size);
    v->bytes = p + c->size;
    v->len = (uint32_t)len;
    return len <= (uint64_t)(end - v->bytes) ? v->bytes + len : NULL;
}

/* The bytes of a fraction have room for more than a second; those who print it do not. */
static inline const uint8_t *whole_second(uint32_t usec, const uint8_t *behind)
{
    return usec < 1000000 ? behind : NULL;
}

/* Where the next value begins, or NULL when this one is cut off or none. */
static inline const uint8_t *read_value(const struct um_column *c, const uint8_t *p,
                                        const uint8_t *end, struct um_value *v)
{
    if ((size_t)(end - p) < c->size)
        return NULL;
    const uint8_t *behind = p + c->size;
    *v = c->common;
    switch ((enum um_column_op)c->op) {
    case UM_OP_INT:
        v->i = read_int(p, c->size);
        return behind;
    case UM_OP_UINT:
        v->u = um_le(p, c->size);
        return behind;
    case UM_OP_UINT_BE:
        v->u = um_be(p, c->size);
        return behind;
    case UM_OP_FLOAT:
        read_float(p, v);
        return behind;
    case UM_OP_DOUBLE:
        v->u = um_le(p, 8); /* the same bits */
        return behind;
    case UM_OP_YEAR:
        v->u = *p ? 1900U + *p : 0;
        return behind;
    case UM_OP_DATE:
        read_date(p, v);
        return behind;
    case UM_OP_TIME:
        read_time_old(p, v);
        return behind;
    case UM_OP_TIME_HIRES:
        read_time_hires(c, p, v);
        return whole_second(v->t.usec, behind);
    case UM_OP_TIME2:
        read_time2(c, p, v);
        return whole_second(v->t.usec, behind);
    case UM_OP_DATETIME:
        read_datetime_old(p, v);
        return behind;
    case UM_OP_DATETIME_HIRES:
        split_hires(um_be(p, c->size), v->decimals, &v->t);
        return whole_second(v->t.usec, behind);
    case UM_OP_DATETIME2:
        read_datetime2(p, v);
        return whole_second(v->t.usec, behind);
    case UM_OP_TIMESTAMP:
        v->ts.s = (int64_t)um_le(p, 4);
        return behind;
    case UM_OP_TIMESTAMP_HIRES:
        v->ts.s = (int64_t)um_be(p, 4);
        v->ts.usec = (uint32_t)um_be(p + 4, c->size - 4U) * power10[6 - v->decimals];
        return whole_second(v->ts.usec, behind);
    case UM_OP_TIMESTAMP2:
        v->ts.s = (int64_t)um_be(p, 4);
        v->ts.usec = fraction(p + 4, v->decimals);
        return whole_second(v->ts.usec, behind);
    case UM_OP_FIXED:
        v->bytes = p;
        return behind;
    case UM_OP_SIZED:
        return read_sized(c, p, end, v);
    case UM_OP_COMPRESSED:
        behind = read_sized(c, p, end, v);
        return behind && compressed_fits(c, v->bytes, v->len) ? behind : NULL;
    case UM_OP_UNSUPPORTED:
        break;
    }
    return NULL;
}

int um_column_read(const struct um_column *c, const uint8_t **p, const uint8_t *end,
                   struct um_value *v)
{
    const uint8_t *behind = read_value(c, *p, end, v);
    if (!behind)
        return -1;
    *p = behind;
    return 0;
}

size_t um_columns_read(const struct um_column *columns, size_t count, const uint8_t *nulls,
                       const uint8_t **p, const uint8_t *end, struct um_value *values)
{
    const uint8_t *at = *p;
    size_t i = 0;
    for (; i < count; i++) {
        if (nulls[i / 8] >> (i % 8) & 1) {
            values[i].kind = UM_V_NULL;
            continue;
        }
        const uint8_t *behind = read_value(&columns[i], at, end, &values[i]);
        if (!behind)
            break;
        at = behind;
    }
    *p = at;
    return i;
}
