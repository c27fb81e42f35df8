#include "apply/image.h"

#include <stdlib.h>
#include <string.h>

#include "copy/rows.h"
#include "mysql/literal.h"
#include "print/value.h"

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

/* The binlog leaves out the zeros at the end that a BINARY is filled up with. */
static int put_padded(const struct um_column *c, const struct um_value *v, struct um_buf *out)
{
    struct um_buf whole = {0};
    um_buf_add(&whole, v->bytes, v->len);
    while (whole.len < c->length)
        um_buf_char(&whole, '\0');
    um_print_bytes_json(whole.data ? whole.data : "", whole.len, out);
    um_buf_free(&whole);
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
        struct um_print_as as = {.is_unsigned = c->is_unsigned, .opaque = is_opaque(c->type)};
        result = c->type == UM_T_BINARY && row[i].kind == UM_V_BYTES
                     ? put_padded(c, &row[i], out)
                     : um_print_json(as, &row[i], out, err);
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
