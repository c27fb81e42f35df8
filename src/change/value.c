#include "change/value.h"

#include <string.h>

static bool same_temporal(const struct um_temporal *a, const struct um_temporal *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->usec == b->usec &&
           a->negative == b->negative;
}

static uint32_t float_bits(const struct um_value *v)
{
    uint32_t bits;
    memcpy(&bits, &v->f, sizeof bits);
    return bits;
}

bool um_value_same(const struct um_value *a, const struct um_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch ((enum um_value_kind)a->kind) {
    case UM_V_ABSENT:
    case UM_V_NULL:
        return true;
    case UM_V_INT:
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
    case UM_V_DOUBLE: /* by its bits */
        return a->u == b->u;
    case UM_V_FLOAT:
        return float_bits(a) == float_bits(b);
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
        return same_temporal(&a->t, &b->t);
    case UM_V_TIMESTAMP:
        return a->ts.s == b->ts.s && a->ts.usec == b->ts.usec;
    case UM_V_BYTES:
    case UM_V_JSON:
    case UM_V_GEOMETRY:
    case UM_V_DECIMAL:
    case UM_V_COMPRESSED:
        return a->len == b->len && (!a->len || memcmp(a->bytes, b->bytes, a->len) == 0);
    }
    return false;
}
