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
    v->kind = UM_V_DATE;
    v->t.day = date & 31;
    v->t.month = date >> 5 & 15;
    v->t.year = (uint16_t)(date >> 9);
}

static void read_time_old(const uint8_t *p, struct um_value *v)
{
    int32_t digits = (int32_t)((uint32_t)um_le(p, 3) << 8) >> 8;
    v->kind = UM_V_TIME;
    v->t.negative = digits < 0;
    set_clock(&v->t, (uint64_t)(digits < 0 ? -(int64_t)digits : digits));
}

static void read_datetime_old(const uint8_t *p, struct um_value *v)
{
    uint64_t digits = um_le(p, 8), date = digits / 1000000;
    v->kind = UM_V_DATETIME;
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
    int64_t zero = (int64_t)(838 * 3600 + 59 * 60 + 59 + 1) * power10[c->decimals];
    int64_t packed = (int64_t)um_be(p, c->size) - zero;
    v->kind = UM_V_TIME;
    v->t.negative = packed < 0;
    uint64_t size = (uint64_t)(packed < 0 ? -packed : packed);
    split_hires(size, c->decimals, &v->t);
    v->t.hour = (uint16_t)(size / power10[c->decimals] / 3600);
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
    v->kind = UM_V_TIME;
    v->t.negative = packed < 0;
    uint64_t size = (uint64_t)(packed < 0 ? -packed : packed);
    unsigned fraction_bits = bits - 24, bytes = fraction_bits / 8;
    uint32_t hms = (uint32_t)(size >> fraction_bits);
    v->t.usec = (uint32_t)(size & (((uint64_t)1 << fraction_bits) - 1)) * power10[6 - 2 * bytes];
    v->t.hour = hms >> 12 & 1023;
    v->t.minute = hms >> 6 & 63;
    v->t.second = hms & 63;
}

static void read_datetime2(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    uint64_t packed = um_be(p, 5) & 0x7fffffffffULL; /* the top bit is the bias */
    uint32_t ymd = (uint32_t)(packed >> 17), hms = (uint32_t)packed & 0x1ffff;
    v->kind = UM_V_DATETIME;
    v->t.day = ymd & 31;
    v->t.month = (uint8_t)((ymd >> 5) % 13);
    v->t.year = (uint16_t)((ymd >> 5) / 13);
    v->t.second = hms & 63;
    v->t.minute = hms >> 6 & 63;
    v->t.hour = (uint16_t)(hms >> 12);
    v->t.usec = fraction(p + 5, c->decimals);
}

static void read_timestamp(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    v->kind = UM_V_TIMESTAMP;
    v->ts.usec = 0;
    if (c->op == UM_OP_TIMESTAMP) {
        v->ts.s = (int64_t)um_le(p, 4);
        return;
    }
    v->ts.s = (int64_t)um_be(p, 4);
    v->ts.usec = c->op == UM_OP_TIMESTAMP2
                     ? fraction(p + 4, c->decimals)
                     : (uint32_t)um_be(p + 4, c->size - 4U) * power10[6 - c->decimals];
}

static void read_int(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    unsigned shift = 64 - 8U * c->size;
    v->kind = UM_V_INT;
    v->decimals = c->size;
    v->i = (int64_t)(um_le(p, c->size) << shift) >> shift;
}

static void read_real(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    uint64_t bits = um_le(p, c->size);
    if (c->op == UM_OP_DOUBLE) {
        v->kind = UM_V_DOUBLE;
        memcpy(&v->d, &bits, sizeof v->d);
        return;
    }
    uint32_t low = (uint32_t)bits;
    v->kind = UM_V_FLOAT;
    memcpy(&v->f, &low, sizeof v->f);
}

/* The bytes of a fraction have room for more than a second; those who print it do not. */
static int read_temporal(const struct um_column *c, const uint8_t *p, struct um_value *v)
{
    v->decimals = c->decimals;
    if (c->op == UM_OP_TIMESTAMP || c->op == UM_OP_TIMESTAMP2 || c->op == UM_OP_TIMESTAMP_HIRES) {
        read_timestamp(c, p, v);
        return v->ts.usec < 1000000 ? 0 : -1;
    }
    v->t = (struct um_temporal){0};
    switch (c->op) {
    case UM_OP_DATE:
        read_date(p, v);
        break;
    case UM_OP_TIME:
        read_time_old(p, v);
        break;
    case UM_OP_TIME_HIRES:
        read_time_hires(c, p, v);
        break;
    case UM_OP_TIME2:
        read_time2(c, p, v);
        break;
    case UM_OP_DATETIME:
        read_datetime_old(p, v);
        break;
    case UM_OP_DATETIME_HIRES:
        v->kind = UM_V_DATETIME;
        split_hires(um_be(p, c->size), c->decimals, &v->t);
        break;
    default:
        read_datetime2(c, p, v);
    }
    return v->t.usec < 1000000 ? 0 : -1;
}

static uint8_t sized_kind(uint8_t op)
{
    switch (op) {
    case UM_OP_JSON:
        return UM_V_JSON;
    case UM_OP_GEOMETRY:
        return UM_V_GEOMETRY;
    case UM_OP_COMPRESSED:
        return UM_V_COMPRESSED;
    default:
        return UM_V_BYTES;
    }
}

/* A header that declares more than the column can hold is damaged, and would cost memory. */
static bool compressed_fits(const struct um_column *c, const uint8_t *bytes, size_t len)
{
    size_t original, most = c->type == UM_CT_MARIA_VARCHAR_COMPRESSED
                                ? c->meta - 1U
                                : (size_t)(((uint64_t)1 << (8 * c->meta)) - 1);
    return um_compressed_length(bytes, len, &original) && original <= most;
}

static int read_sized(const struct um_column *c, const uint8_t **p, const uint8_t *end,
                      struct um_value *v)
{
    uint64_t len = um_le(*p, c->size);
    const uint8_t *bytes = *p + c->size;
    if (len > (uint64_t)(end - bytes))
        return -1;
    if (c->op == UM_OP_COMPRESSED && !compressed_fits(c, bytes, (size_t)len))
        return -1;
    v->kind = sized_kind(c->op);
    v->bytes = bytes;
    v->len = (uint32_t)len;
    *p = bytes + len;
    return 0;
}

int um_column_read(const struct um_column *c, const uint8_t **p, const uint8_t *end,
                   struct um_value *v)
{
    const uint8_t *at = *p;
    if ((size_t)(end - at) < c->size)
        return -1;
    v->decimals = v->precision = v->spare = 0;
    v->len = 0;
    if (c->op >= UM_OP_BYTES)
        return read_sized(c, p, end, v);
    switch (c->op) {
    case UM_OP_INT:
        read_int(c, at, v);
        break;
    case UM_OP_FLOAT:
    case UM_OP_DOUBLE:
        read_real(c, at, v);
        break;
    case UM_OP_DECIMAL:
        v->kind = UM_V_DECIMAL;
        v->decimals = c->decimals;
        v->precision = c->precision;
        v->bytes = at;
        v->len = c->size;
        break;
    case UM_OP_BIT:
        v->kind = UM_V_BIT;
        v->u = um_be(at, c->size);
        break;
    case UM_OP_YEAR:
        v->kind = UM_V_YEAR;
        v->u = *at ? 1900U + *at : 0;
        break;
    case UM_OP_ENUM:
        v->kind = UM_V_ENUM;
        v->u = um_le(at, c->size);
        break;
    case UM_OP_SET:
        v->kind = UM_V_SET;
        v->u = um_le(at, c->size);
        break;
    case UM_OP_UNSUPPORTED:
        return -1;
    default:
        if (read_temporal(c, at, v))
            return -1;
    }
    *p = at + c->size;
    return 0;
}
