#include "print/value.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "binlog/column.h"
#include "binlog/compressed_column.h"
#include "binlog/decimal.h"
#include "binlog/json_binary.h"

/* ---- temporals: the same text in both forms ---- */

static void fraction(uint32_t usec, unsigned decimals, struct um_buf *out)
{
    if (decimals == 0)
        return;
    for (unsigned i = decimals; i < 6; i++)
        usec /= 10;
    um_buf_fmt(out, ".%0*u", (int)decimals, usec);
}

static void date(const struct um_temporal *t, struct um_buf *out)
{
    um_buf_fmt(out, "%04u-%02u-%02u", t->year, t->month, t->day);
}

static void timestamp(const struct um_value *v, struct um_buf *out)
{
    if (v->ts.s == 0 && v->ts.usec == 0) {
        um_buf_str(out, "0000-00-00 00:00:00");
    } else {
        time_t seconds = (time_t)v->ts.s;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        um_buf_fmt(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    }
    fraction(v->ts.usec, v->decimals, out);
}

static void temporal(const struct um_value *v, struct um_buf *out)
{
    if (v->kind == UM_V_TIMESTAMP) {
        timestamp(v, out);
        return;
    }
    if (v->kind == UM_V_DATE || v->kind == UM_V_DATETIME)
        date(&v->t, out);
    if (v->kind == UM_V_DATE)
        return;
    um_buf_fmt(out, "%s%02u:%02u:%02u",
               v->kind == UM_V_DATETIME ? " "
               : v->t.negative          ? "-"
                                        : "",
               v->t.hour, v->t.minute, v->t.second);
    fraction(v->t.usec, v->decimals, out);
}

/* ---- bytes ---- */

typedef void print_bytes(const void *bytes, size_t len, struct um_buf *out);

static int compressed(const struct um_value *v, print_bytes *print, struct um_buf *out,
                      struct um_err *err)
{
    struct um_buf plain = {0};
    int result = um_compressed_inflate(v->bytes, v->len, &plain, err);
    if (result == 0)
        print(plain.data ? plain.data : "", plain.len, out);
    um_buf_free(&plain);
    return result;
}

static int document(const struct um_value *v, struct um_buf *out, struct um_err *err)
{
    if (v->len > 0)
        return um_json_print(v->bytes, v->len, out, err);
    um_buf_str(out, "null"); /* as the server reads a document of no bytes */
    return 0;
}

static struct um_print_as form(const struct um_table_map *map, size_t column)
{
    return (struct um_print_as){.is_unsigned = um_table_map_unsigned(map, column),
                                .opaque = um_table_map_type(map, column) == UM_CT_VECTOR};
}

/* Never text, even where the bytes happen to look like it. */
static bool is_opaque(struct um_print_as as, const struct um_value *v)
{
    return v->kind == UM_V_GEOMETRY || as.opaque;
}

/* ---- integers ---- */

static bool ambiguous(struct um_print_as as, const struct um_value *v)
{
    return as.is_unsigned < 0 && v->i < 0;
}

static bool reads_unsigned(struct um_print_as as, const struct um_value *v)
{
    return as.is_unsigned == 1 || v->i >= 0;
}

void um_print_int_json(int64_t i, struct um_buf *out)
{
    bool exact = i >= -(1ll << 53) && i <= 1ll << 53;
    if (!exact)
        um_buf_char(out, '"');
    um_print_int(i, out);
    if (!exact)
        um_buf_char(out, '"');
}

/* ---- the two forms ---- */

int um_print_value_text(const struct um_table_map *map, size_t column, const struct um_value *v,
                        struct um_buf *out, struct um_err *err)
{
    struct um_print_as as = form(map, column);
    switch ((enum um_value_kind)v->kind) {
    case UM_V_ABSENT:
        UM_BUG("a column that is not in the row has no value");
    case UM_V_NULL:
        um_buf_str(out, "NULL");
        return 0;
    case UM_V_INT:
        if (reads_unsigned(as, v))
            um_print_uint(um_value_as_unsigned(v), out);
        else
            um_print_int(v->i, out);
        if (ambiguous(as, v))
            um_buf_fmt(out, " (%" PRIu64 ")", um_value_as_unsigned(v));
        return 0;
    case UM_V_FLOAT:
        um_print_float(v->f, out);
        return 0;
    case UM_V_DOUBLE:
        um_print_double(v->d, out);
        return 0;
    case UM_V_DECIMAL:
        um_decimal_print(v->bytes, v->precision, v->decimals, out);
        return 0;
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
        um_print_uint(v->u, out);
        return 0;
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
    case UM_V_TIMESTAMP:
        um_buf_char(out, '\'');
        temporal(v, out);
        um_buf_char(out, '\'');
        return 0;
    case UM_V_JSON:
        return document(v, out, err);
    case UM_V_COMPRESSED:
        return compressed(v, um_print_bytes_text, out, err);
    case UM_V_BYTES:
    case UM_V_GEOMETRY:
        break;
    }
    if (!is_opaque(as, v)) {
        um_print_bytes_text(v->bytes, v->len, out);
        return 0;
    }
    um_buf_str(out, "0x");
    um_print_hex(v->bytes, v->len, out);
    return 0;
}

static void integer_json(struct um_print_as as, const struct um_value *v, struct um_buf *out)
{
    if (ambiguous(as, v)) {
        um_buf_str(out, "{\"signed\":");
        um_print_int_json(v->i, out);
        um_buf_str(out, ",\"unsigned\":");
        um_print_uint_json(um_value_as_unsigned(v), out);
        um_buf_char(out, '}');
    } else if (reads_unsigned(as, v)) {
        um_print_uint_json(um_value_as_unsigned(v), out);
    } else {
        um_print_int_json(v->i, out);
    }
}

/* JSON has no numbers that are not finite; neither have the servers, but bytes can be anything. */
static void real_json(const struct um_value *v, struct um_buf *out)
{
    const char *quote = isfinite(v->kind == UM_V_FLOAT ? (double)v->f : v->d) ? "" : "\"";
    um_buf_str(out, quote);
    if (v->kind == UM_V_FLOAT)
        um_print_float(v->f, out);
    else
        um_print_double(v->d, out);
    um_buf_str(out, quote);
}

int um_print_value_json(const struct um_table_map *map, size_t column, const struct um_value *v,
                        struct um_buf *out, struct um_err *err)
{
    return um_print_json(form(map, column), v, out, err);
}

int um_print_json(struct um_print_as as, const struct um_value *v, struct um_buf *out,
                  struct um_err *err)
{
    struct um_buf text = {0};
    int result = 0;
    switch ((enum um_value_kind)v->kind) {
    case UM_V_ABSENT:
        UM_BUG("a column that is not in the row has no value");
    case UM_V_NULL:
        um_buf_str(out, "null");
        break;
    case UM_V_INT:
        integer_json(as, v, out);
        break;
    case UM_V_FLOAT:
    case UM_V_DOUBLE:
        real_json(v, out);
        break;
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
        um_print_uint_json(v->u, out);
        break;
    case UM_V_COMPRESSED:
        result = compressed(v, um_print_bytes_json, out, err);
        break;
    case UM_V_DECIMAL:
        um_buf_char(out, '"');
        um_decimal_print(v->bytes, v->precision, v->decimals, out);
        um_buf_char(out, '"');
        break;
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
    case UM_V_TIMESTAMP:
        um_buf_char(out, '"');
        temporal(v, out);
        um_buf_char(out, '"');
        break;
    case UM_V_JSON:
        result = document(v, &text, err);
        if (result == 0)
            um_print_bytes_json(text.data, text.len, out);
        break;
    case UM_V_BYTES:
    case UM_V_GEOMETRY:
        if (is_opaque(as, v)) {
            um_buf_str(out, "{\"hex\":\"");
            um_print_hex(v->bytes, v->len, out);
            um_buf_str(out, "\"}");
        } else {
            um_print_bytes_json(v->bytes, v->len, out);
        }
        break;
    }
    um_buf_free(&text);
    return result;
}
