#include "binlog/json_binary.h"

#include <inttypes.h>

#include "binlog/column.h"
#include "binlog/decimal.h"
#include "binlog/json_text.h"
#include "binlog/wire.h"

static const char *escape_of(uint8_t c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void print_quoted(const uint8_t *text, size_t len, struct um_buf *out)
{
    um_buf_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
            continue;
        um_buf_add(out, text + from, i - from);
        from = i + 1;
        const char *escape = escape_of(text[i]);
        if (escape)
            um_buf_str(out, escape);
        else
            um_buf_fmt(out, "\\u%04x", text[i]);
    }
    um_buf_add(out, text + from, len - from);
    um_buf_char(out, '"');
}

int um_json_print_decimal(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    unsigned precision = v->bytes[0], scale = v->bytes[1];
    if (um_decimal_size(precision, scale) != v->len - 2)
        return um_json_fail(w, v->bytes, "a DECIMAL whose size is not that of its precision");
    um_decimal_print(v->bytes + 2, precision, scale, out);
    return 0;
}

/* One number: date, time and 24 bits of microseconds; for TIME negative as a whole. */
void um_json_print_temporal(const struct um_json_value *v, struct um_buf *out)
{
    uint64_t packed = um_le(v->bytes, 8);
    bool negative = packed >> 63;
    if (negative)
        packed = 0 - packed;
    unsigned usec = (unsigned)(packed & 0xffffff);
    uint64_t whole = packed >> 24;
    unsigned hms = (unsigned)(whole & 0x1ffff), ymd = (unsigned)(whole >> 17);
    if (v->field_type == UM_CT_TIME) {
        um_buf_fmt(out, "%s%02u:%02u:%02u.%06u", negative ? "-" : "",
                   (unsigned)(whole >> 12 & 1023), hms >> 6 & 63, hms & 63, usec);
        return;
    }
    um_buf_fmt(out, "%04u-%02u-%02u", (ymd >> 5) / 13, (ymd >> 5) % 13, ymd & 31);
    if (v->field_type != UM_CT_DATE)
        um_buf_fmt(out, " %02u:%02u:%02u.%06u", hms >> 12, hms >> 6 & 63, hms & 63, usec);
}

/* With a line break after every 76 characters, as the server has it: escaped, in the JSON text. */
static void print_base64(const uint8_t *p, size_t len, struct um_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        if (i > 0 && i % 57 == 0)
            um_buf_str(out, "\\n");
        uint32_t bits = (uint32_t)p[i] << 16;
        if (i + 1 < len)
            bits |= (uint32_t)p[i + 1] << 8;
        if (i + 2 < len)
            bits |= p[i + 2];
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                        digits[bits & 63]};
        if (i + 1 >= len)
            four[2] = '=';
        if (i + 2 >= len)
            four[3] = '=';
        um_buf_add(out, four, sizeof four);
    }
}

static int print_opaque(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    switch (v->field_type) {
    case UM_CT_NEWDECIMAL:
        return um_json_print_decimal(w, v, out);
    case UM_CT_DATE:
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_TIMESTAMP:
        um_buf_char(out, '"');
        um_json_print_temporal(v, out);
        um_buf_char(out, '"');
        return 0;
    default:
        um_buf_fmt(out, "\"base64:type%u:", v->field_type);
        print_base64(v->bytes, v->len, out);
        um_buf_char(out, '"');
        return 0;
    }
}

static int print_container(struct um_json_walk *w, const struct um_json_value *v,
                           struct um_buf *out)
{
    bool object = v->kind == UM_JSON_OBJECT;
    if (um_json_enter(w, v))
        return -1;
    um_buf_char(out, object ? '{' : '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            um_buf_str(out, ", ");
        if (object) {
            struct um_json_text key;
            if (um_json_key(w, v, i, &key))
                return -1;
            print_quoted(key.bytes, key.len, out);
            um_buf_str(out, ": ");
        }
        struct um_json_value member;
        if (um_json_member(w, v, i, &member) || um_json_print_value(w, &member, out))
            return -1;
    }
    um_buf_char(out, object ? '}' : ']');
    um_json_leave(w);
    return 0;
}

int um_json_print_value(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    switch (v->kind) {
    case UM_JSON_OBJECT:
    case UM_JSON_ARRAY:
        return print_container(w, v, out);
    case UM_JSON_NULL:
        um_buf_str(out, "null");
        return 0;
    case UM_JSON_FALSE:
        um_buf_str(out, "false");
        return 0;
    case UM_JSON_TRUE:
        um_buf_str(out, "true");
        return 0;
    case UM_JSON_INT:
        um_buf_fmt(out, "%" PRId64, v->i);
        return 0;
    case UM_JSON_UINT:
        um_buf_fmt(out, "%" PRIu64, v->u);
        return 0;
    case UM_JSON_DOUBLE:
        um_json_print_double(v->d, out);
        return 0;
    case UM_JSON_STRING:
        print_quoted(v->bytes, v->len, out);
        return 0;
    case UM_JSON_OPAQUE:
        return print_opaque(w, v, out);
    }
    UM_BUG("a JSON value of no kind");
}

int um_json_print(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err)
{
    struct um_json_walk w;
    struct um_json_value root;
    if (um_json_open(&w, bytes, len, &root, err))
        return -1;
    return um_json_print_value(&w, &root, out);
}
