#include "copy/key_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int compare_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* BINARY(n) comes without its trailing zeros in row images and with them in results. */
static size_t unpadded(const char *bytes, size_t len)
{
    while (len && bytes[len - 1] == '\0')
        len--;
    return len;
}

static int compare_integers(const struct um_column *c, const char *a, const char *b)
{
    if (c->is_unsigned) {
        uint64_t x = strtoull(a, NULL, 10), y = strtoull(b, NULL, 10);
        return (x > y) - (x < y);
    }
    int64_t x = strtoll(a, NULL, 10), y = strtoll(b, NULL, 10);
    return (x > y) - (x < y);
}

/* "-12:30:00.5" as microseconds; hours go up to 838. */
static int64_t time_us(const char *text)
{
    bool negative = *text == '-';
    unsigned hour = 0, minute = 0, second = 0;
    char fraction[8] = "";
    sscanf(text + negative, "%u:%u:%u.%6[0-9]", &hour, &minute, &second, fraction);
    int64_t us = ((int64_t)hour * 60 + minute) * 60 + second;
    int64_t part = 0;
    for (int i = 0; i < 6; i++)
        part = part * 10 + (i < (int)strlen(fraction) ? fraction[i] - '0' : 0);
    us = us * 1000000 + part;
    return negative ? -us : us;
}

static int compare_texts(const struct um_column *c, const char *a, size_t a_len, const char *b,
                         size_t b_len)
{
    switch (c->type) {
    case UM_T_DATE:
    case UM_T_DATETIME:
    case UM_T_TIMESTAMP:
        return compare_bytes(a, a_len, b, b_len); /* same width: the text's order is the value's */
    case UM_T_TIME: {
        int64_t x = time_us(a), y = time_us(b);
        return (x > y) - (x < y);
    }
    case UM_T_BINARY:
        return compare_bytes(a, unpadded(a, a_len), b, unpadded(b, b_len));
    case UM_T_VARBINARY:
        return compare_bytes(a, a_len, b, b_len);
    default:
        return compare_integers(c, a, b);
    }
}

static const struct um_column *key_column(const struct um_job_table *t, size_t part)
{
    return &t->source->columns[t->chunk_key.index->parts[part].column];
}

int um_key_compare_bounds(const struct um_job_table *t, const struct um_bound *a,
                          const struct um_bound *b)
{
    if (!a->count || !b->count)
        return (a->count != 0) - (b->count != 0);
    for (size_t i = 0; i < a->count; i++) {
        int order = compare_texts(key_column(t, i), a->values[i], a->lengths[i], b->values[i],
                                  b->lengths[i]);
        if (order)
            return order;
    }
    return 0;
}

static int by_lower_end(const void *a, const void *b, void *table)
{
    const struct um_state_chunk *const *x = a, *const *y = b;
    return um_key_compare_bounds(table, &(*x)->lo, &(*y)->lo);
}

void um_key_sort_chunks(const struct um_job_table *t, const struct um_state_chunk **chunks,
                        size_t count)
{
    if (count > 1)
        qsort_r(chunks, count, sizeof *chunks, by_lower_end, (void *)t);
}

static void date_text(const struct um_value *v, char *out, size_t size)
{
    snprintf(out, size, "%04u-%02u-%02u", v->t.year, v->t.month, v->t.day);
}

static void fraction_text(uint32_t usec, unsigned fsp, char *out, size_t size)
{
    char digits[8];
    snprintf(digits, sizeof digits, "%06u", usec);
    if (fsp)
        snprintf(out, size, ".%.*s", (int)fsp, digits);
    else
        *out = '\0';
}

/* A temporal value of a row image in the form that results have it. */
static void temporal_text(const struct um_value *v, unsigned fsp, char *out, size_t size)
{
    struct um_temporal t = v->t;
    if (v->kind == UM_V_TIMESTAMP) {
        time_t seconds = v->ts.s;
        struct tm tm = {0};
        if (v->ts.s || v->ts.usec)
            gmtime_r(&seconds, &tm);
        bool zero = !v->ts.s && !v->ts.usec;
        t = (struct um_temporal){.year = zero ? 0 : (uint16_t)(tm.tm_year + 1900),
                                 .month = zero ? 0 : (uint8_t)(tm.tm_mon + 1),
                                 .day = (uint8_t)tm.tm_mday,
                                 .hour = (uint16_t)tm.tm_hour,
                                 .minute = (uint8_t)tm.tm_min,
                                 .second = (uint8_t)tm.tm_sec,
                                 .usec = v->ts.usec};
    }
    char fraction[8];
    fraction_text(t.usec, fsp, fraction, sizeof fraction);
    if (v->kind == UM_V_TIME)
        snprintf(out, size, "%s%02u:%02u:%02u%s", t.negative ? "-" : "", t.hour, t.minute, t.second,
                 fraction);
    else
        snprintf(out, size, "%04u-%02u-%02u %02u:%02u:%02u%s", t.year, t.month, t.day, t.hour,
                 t.minute, t.second, fraction);
}

static int compare_value(const struct um_column *c, const struct um_value *v, const char *bound,
                         size_t bound_len)
{
    char text[64];
    switch (v->kind) {
    case UM_V_NULL:
    case UM_V_ABSENT:
        return -1;
    case UM_V_BYTES:
        return compare_texts(c, (const char *)v->bytes, v->len, bound, bound_len);
    case UM_V_INT:
        if (c->is_unsigned) {
            uint64_t x = um_value_as_unsigned(v), y = strtoull(bound, NULL, 10);
            return (x > y) - (x < y);
        } else {
            int64_t y = strtoll(bound, NULL, 10);
            return (v->i > y) - (v->i < y);
        }
    case UM_V_COMPRESSED:
        UM_BUG("a compressed column in a key, which the servers do not allow");
    case UM_V_YEAR: {
        uint64_t y = strtoull(bound, NULL, 10);
        return (v->u > y) - (v->u < y);
    }
    case UM_V_DATE:
        date_text(v, text, sizeof text);
        break;
    default:
        temporal_text(v, c->fsp, text, sizeof text);
        break;
    }
    return compare_texts(c, text, strlen(text), bound, bound_len);
}

int um_key_compare_row(const struct um_job_table *t, const struct um_value *row,
                       const struct um_bound *b)
{
    for (size_t i = 0; i < b->count; i++) {
        int column = t->chunk_key.index->parts[i].column;
        int order =
            compare_value(&t->source->columns[column], &row[column], b->values[i], b->lengths[i]);
        if (order)
            return order;
    }
    return 0;
}
