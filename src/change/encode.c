#include "change/encode.h"

#include <string.h>

/* ---- writing ---- */

static void put(struct um_buf *b, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        um_buf_char(b, (char)(v >> (8 * i) & 0xff));
}

enum layout { NOTHING, NUMBER, TEMPORAL, STAMP, BYTES, UNKNOWN };

static enum layout layout_of(uint8_t kind)
{
    switch ((enum um_value_kind)kind) {
    case UM_V_ABSENT:
    case UM_V_NULL:
        return NOTHING;
    case UM_V_INT:
    case UM_V_FLOAT:
    case UM_V_DOUBLE:
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
        return NUMBER;
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
        return TEMPORAL;
    case UM_V_TIMESTAMP:
        return STAMP;
    case UM_V_DECIMAL:
    case UM_V_BYTES:
    case UM_V_JSON:
    case UM_V_GEOMETRY:
    case UM_V_COMPRESSED:
        return BYTES;
    }
    return UNKNOWN;
}

/* Floats go by their bits. */
static uint64_t number_of(const struct um_value *v)
{
    if (v->kind != UM_V_FLOAT)
        return v->u;
    uint32_t bits;
    memcpy(&bits, &v->f, sizeof bits);
    return bits;
}

static void put_value(struct um_buf *b, const struct um_value *v)
{
    put(b, v->kind, 1);
    put(b, v->decimals, 1);
    put(b, v->precision, 1);
    switch (layout_of(v->kind)) {
    case NOTHING:
        return;
    case NUMBER:
        put(b, number_of(v), 8);
        return;
    case TEMPORAL:
        put(b, v->t.year | (unsigned)v->t.negative << 15, 2);
        put(b, v->t.hour, 2);
        put(b, v->t.month, 1);
        put(b, v->t.day, 1);
        put(b, v->t.minute, 1);
        put(b, v->t.second, 1);
        put(b, v->t.usec, 4);
        return;
    case STAMP:
        put(b, (uint64_t)v->ts.s, 8);
        put(b, v->ts.usec, 4);
        return;
    case BYTES:
        put(b, v->len, 4);
        um_buf_add(b, v->bytes, v->len);
        return;
    case UNKNOWN:
        break;
    }
    UM_BUG("value of unknown kind");
}

static void put_image(struct um_buf *b, const struct um_value *row, size_t columns)
{
    for (size_t i = 0; row && i < columns; i++)
        put_value(b, &row[i]);
}

void um_change_encode(const struct um_change *c, uint32_t table, size_t columns, struct um_buf *out)
{
    size_t start = out->len;
    put(out, 0, 4);
    put(out, table, 4);
    put(out, columns, 2);
    put(out, c->op, 1);
    put(out, c->flags, 1);
    put_image(out, c->before, columns);
    put_image(out, c->after, columns);
    size_t len = out->len - start - 4;
    for (size_t i = 0; i < 4; i++)
        out->data[start + i] = (char)(len >> (8 * i) & 0xff);
}

/* ---- reading ---- */

struct reader {
    const uint8_t *start, *p, *end;
    bool bad;
};

static const uint8_t *take(struct reader *r, size_t len)
{
    if ((size_t)(r->end - r->p) < len) {
        r->bad = true;
        return NULL;
    }
    r->p += len;
    return r->p - len;
}

static uint64_t get(struct reader *r, size_t bytes)
{
    const uint8_t *p = take(r, bytes);
    uint64_t v = 0;
    for (size_t i = 0; p && i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void set_number(struct um_value *v, uint64_t u)
{
    v->u = u;
    if (v->kind != UM_V_FLOAT)
        return;
    uint32_t bits = (uint32_t)u;
    memcpy(&v->f, &bits, sizeof bits);
}

static void get_temporal(struct reader *r, struct um_temporal *t)
{
    unsigned year = (unsigned)get(r, 2);
    t->year = year & 0x7fff;
    t->negative = year >> 15;
    t->hour = (uint16_t)get(r, 2);
    t->month = (uint8_t)get(r, 1);
    t->day = (uint8_t)get(r, 1);
    t->minute = (uint8_t)get(r, 1);
    t->second = (uint8_t)get(r, 1);
    t->usec = (uint32_t)get(r, 4);
}

static void get_value(struct reader *r, struct um_value *v)
{
    memset(v, 0, sizeof *v);
    v->kind = (uint8_t)get(r, 1);
    v->decimals = (uint8_t)get(r, 1);
    v->precision = (uint8_t)get(r, 1);
    switch (layout_of(v->kind)) {
    case NOTHING:
        return;
    case NUMBER:
        set_number(v, get(r, 8));
        return;
    case TEMPORAL:
        get_temporal(r, &v->t);
        return;
    case STAMP:
        v->ts.s = (int64_t)get(r, 8);
        v->ts.usec = (uint32_t)get(r, 4);
        return;
    case BYTES:
        v->len = (uint32_t)get(r, 4);
        v->bytes = take(r, v->len);
        return;
    case UNKNOWN:
        r->bad = true;
    }
}

static const struct um_value *get_image(struct reader *r, size_t columns, struct um_arena *arena)
{
    /* A value takes three bytes at least: no size is believed before that many are there. */
    if ((size_t)(r->end - r->p) < 3 * columns) {
        r->bad = true;
        return NULL;
    }
    struct um_value *row = um_arena_alloc(arena, columns * sizeof *row);
    for (size_t i = 0; i < columns && !r->bad; i++)
        get_value(r, &row[i]);
    return row;
}

size_t um_changes_whole(const uint8_t *bytes, size_t len)
{
    struct reader r = {.start = bytes, .p = bytes, .end = bytes + len};
    size_t whole = 0;
    while (take(&r, (size_t)get(&r, 4)) && !r.bad)
        whole = (size_t)(r.p - bytes);
    return whole;
}

int um_change_decode(const uint8_t *bytes, size_t len, size_t *used, struct um_arena *arena,
                     struct um_change *out, struct um_encoded *of, struct um_err *err)
{
    struct reader r = {.start = bytes, .p = bytes, .end = bytes + len};
    uint32_t size = (uint32_t)get(&r, 4);
    if ((size_t)(r.end - r.p) < size)
        r.bad = true;
    else
        r.end = r.p + size;
    *out = (struct um_change){0};
    of->table = (uint32_t)get(&r, 4);
    of->columns = (size_t)get(&r, 2);
    unsigned op = (unsigned)get(&r, 1);
    out->flags = (unsigned)get(&r, 1);
    r.bad |= op > UM_DELETE;
    out->op = (enum um_op)op;
    if (!r.bad && op != UM_INSERT)
        out->before = get_image(&r, of->columns, arena);
    if (!r.bad && op != UM_DELETE)
        out->after = get_image(&r, of->columns, arena);
    if (r.bad || r.p != r.end)
        return um_fail(err, UM_E_STATE_DAMAGED, "a recorded row change is malformed at byte %zu",
                       (size_t)(r.p - r.start));
    *used = (size_t)(r.p - bytes);
    return 0;
}
