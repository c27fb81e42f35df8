#include "apply/image.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "copy/rows.h"
#include "mysql/literal.h"
#include "print/value.h"

bool um_image_is_whole(const struct um_job_table *t, const struct um_value *row)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (row[i].kind == UM_V_ABSENT && um_column_writable(&t->source->columns[i]))
            return false;
    }
    return true;
}

static void put_name(const struct um_column *c, bool *first, struct um_buf *out)
{
    um_buf_str(out, *first ? "" : ",");
    um_print_bytes_json(c->name, strlen(c->name), out);
    um_buf_char(out, ':');
    *first = false;
}

static bool is_opaque(enum um_type type)
{
    return type == UM_T_GEOMETRY || type == UM_T_VECTOR;
}

/* ---- of the source ---- */

/* As the server prints them. */
static void put_uuid(const uint8_t *bytes, struct um_buf *out)
{
    um_buf_char(out, '"');
    for (size_t i = 0; i < 16; i++) {
        um_buf_str(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
        um_print_hex(bytes + i, 1, out);
    }
    um_buf_char(out, '"');
}

static void put_address(int family, const void *bytes, struct um_buf *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, bytes, text, sizeof text);
    um_print_bytes_json(text, strlen(text), out);
}

/* Of types whose values have one width: the binlog leaves out the zeros at the end. */
static size_t width_of(const struct um_column *c)
{
    switch (c->type) {
    case UM_T_BINARY:
        return c->length;
    case UM_T_INET4:
        return 4;
    case UM_T_INET6:
    case UM_T_UUID:
        return 16;
    default:
        return 0;
    }
}

static void put_fixed(const struct um_column *c, const struct um_value *v, size_t width,
                      struct um_buf *out)
{
    struct um_buf whole = {0};
    um_buf_add(&whole, v->bytes, v->len);
    while (whole.len < width)
        um_buf_char(&whole, '\0');
    if (c->type == UM_T_UUID)
        put_uuid((const uint8_t *)whole.data, out);
    else if (c->type == UM_T_BINARY)
        um_print_bytes_json(whole.data, whole.len, out);
    else
        put_address(c->type == UM_T_INET4 ? AF_INET : AF_INET6, whole.data, out);
    um_buf_free(&whole);
}

static int put_image(const struct um_column *c, const struct um_value *v, struct um_buf *out,
                     struct um_err *err)
{
    struct um_print_as as = {.is_unsigned = c->is_unsigned, .opaque = is_opaque(c->type)};
    size_t width = v->kind == UM_V_BYTES ? width_of(c) : 0;
    if (!width)
        return um_print_json(as, v, out, err);
    put_fixed(c, v, width, out);
    return 0;
}

int um_image_json(const struct um_job_table *t, const struct um_value *row, struct um_buf *out,
                  struct um_err *err)
{
    bool first = true;
    int result = 0;
    um_buf_char(out, '{');
    for (size_t i = 0; result == 0 && i < t->source->column_count; i++) {
        const struct um_column *c = &t->source->columns[i];
        if (row[i].kind == UM_V_ABSENT)
            continue;
        put_name(c, &first, out);
        result = put_image(c, &row[i], out, err);
    }
    um_buf_char(out, '}');
    return result;
}

/* ---- of the target ---- */

void um_image_select(const struct um_job_table *t, struct um_buf *sql)
{
    const char *comma = "";
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]))
            continue;
        um_buf_str(sql, comma);
        um_column_select(sql, um_rows_target_column(t, i));
        comma = ",";
    }
}

static void put_hex(const char *bytes, size_t len, struct um_buf *out)
{
    um_buf_str(out, "{\"hex\":\"");
    um_print_hex((const uint8_t *)bytes, len, out);
    um_buf_str(out, "\"}");
}

static void put_bits(const char *bytes, size_t len, struct um_buf *out)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < len; i++)
        bits = bits << 8 | (uint8_t)bytes[i];
    um_print_uint_json(bits, out);
}

/* ZEROFILL puts zeros in front. */
static void put_decimal(const char *value, size_t len, struct um_buf *out)
{
    while (len > 1 && value[0] == '0' && value[1] != '.')
        value++, len--;
    um_print_bytes_json(value, len, out);
}

/* As um_column_select has it printed. */
static void put_value(const struct um_column *c, const char *value, size_t len, struct um_buf *out)
{
    if (!value)
        um_buf_str(out, "null");
    else if (c->type <= UM_T_BIGINT && *value == '-')
        um_print_int_json(strtoll(value, NULL, 10), out);
    else if (c->type <= UM_T_BIGINT || c->type == UM_T_YEAR || c->type == UM_T_ENUM ||
             c->type == UM_T_SET)
        um_print_uint_json(strtoull(value, NULL, 10), out);
    else if (c->type == UM_T_FLOAT)
        um_print_float(strtof(value, NULL), out);
    else if (c->type == UM_T_DOUBLE)
        um_print_double(strtod(value, NULL), out);
    else if (c->type == UM_T_BIT)
        put_bits(value, len, out);
    else if (c->type == UM_T_DECIMAL)
        put_decimal(value, len, out);
    else if (is_opaque(c->type))
        put_hex(value, len, out);
    else
        um_print_bytes_json(value, len, out);
}

void um_image_row_json(const struct um_job_table *t, const char *const *values,
                       const unsigned long *lengths, struct um_buf *out)
{
    bool first = true;
    size_t n = 0;
    um_buf_char(out, '{');
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]))
            continue;
        const struct um_column *c = um_rows_target_column(t, i);
        put_name(c, &first, out);
        put_value(c, values[n], lengths[n], out);
        n++;
    }
    um_buf_char(out, '}');
}
