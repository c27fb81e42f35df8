#include "mysql/range.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    DESCRIBE_TEXT_BYTES = 60, /* longer values are cut in texts for people */
    DESCRIBE_HEX_BYTES = 24,
};

void um_bound_clear(struct um_bound *b)
{
    for (size_t i = 0; b->values && i < b->count; i++)
        free(b->values[i]);
    free(b->values);
    free(b->lengths);
    *b = (struct um_bound){0};
}

/* Makes room for `count` values; the bound must be clear. */
static void bound_reserve(struct um_bound *b, size_t count)
{
    b->values = um_alloc_array(count, sizeof *b->values);
    b->lengths = um_alloc_array(count, sizeof *b->lengths);
    b->count = count;
}

bool um_bound_open(const struct um_bound *b)
{
    return !b || !b->values || b->count == 0;
}

void um_bound_set(struct um_bound *b, const char *const *values, const unsigned long *lengths,
                  size_t count)
{
    um_bound_clear(b);
    bound_reserve(b, count);
    for (size_t i = 0; i < count; i++) {
        b->values[i] = um_memdup(values[i], lengths[i]);
        b->lengths[i] = lengths[i];
    }
}

void um_bound_copy(struct um_bound *to, const struct um_bound *from)
{
    struct um_bound fresh = {0};
    if (!um_bound_open(from))
        um_bound_set(&fresh, (const char *const *)from->values, from->lengths, from->count);
    um_bound_clear(to);
    *to = fresh;
}

bool um_bound_equal(const struct um_bound *a, const struct um_bound *b)
{
    if (um_bound_open(a) || um_bound_open(b) || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->lengths[i] != b->lengths[i] ||
            memcmp(a->values[i], b->values[i], a->lengths[i]) != 0)
            return false;
    return true;
}

/* "x3431,x": each value has its 'x', so that an empty one is not lost. */
void um_bound_print(const struct um_bound *b, struct um_buf *out)
{
    if (um_bound_open(b)) {
        um_buf_char(out, '-');
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        um_buf_str(out, i ? ",x" : "x");
        for (unsigned long k = 0; k < b->lengths[i]; k++)
            um_buf_fmt(out, "%02x", (unsigned char)b->values[i][k]);
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static int bound_syntax(const char *text, const char *at, struct um_err *err)
{
    return um_fail(err, UM_E_RANGE_SYNTAX,
                   "a key range's bound cannot be read at offset %zu: '%.80s'", (size_t)(at - text),
                   text);
}

int um_bound_parse(const char *text, struct um_bound *out, struct um_err *err)
{
    um_bound_clear(out);
    if (strcmp(text, "-") == 0)
        return 0;
    size_t count = 1;
    for (const char *p = text; *p; p++)
        count += *p == ',';
    bound_reserve(out, count);
    const char *p = text;
    for (size_t i = 0; i < count; i++, p++) {
        const char *start = p + 1;
        if (*p != 'x')
            goto fail;
        for (p = start; *p && *p != ','; p += 2)
            if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
                goto fail;
        size_t len = (size_t)(p - start) / 2;
        out->values[i] = um_alloc(len + 1);
        out->lengths[i] = len;
        for (size_t k = 0; k < len; k++)
            out->values[i][k] = (char)(hex_digit(start[2 * k]) * 16 + hex_digit(start[2 * k + 1]));
    }
    return 0;
fail:
    um_bound_clear(out);
    return bound_syntax(text, p, err);
}

/* ---- texts for people ---- */

/* The length of the well-formed UTF-8 character at p, 0 where there is none. */
static size_t utf8_char(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, beyond U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

/* How much of the value is shown; 0 with a value means that it is not printable text. */
static size_t printable_prefix(const char *value, size_t len)
{
    size_t shown = 0;
    for (size_t at = 0; at < len && at <= DESCRIBE_TEXT_BYTES;) {
        size_t n = utf8_char((const unsigned char *)value + at, len - at);
        if (n == 0 || (unsigned char)value[at] < 0x20 || value[at] == 0x7f)
            return 0;
        at += n;
        if (at <= DESCRIBE_TEXT_BYTES)
            shown = at;
    }
    return shown;
}

static void describe_text(struct um_buf *out, const char *value, size_t len)
{
    size_t shown = printable_prefix(value, len);
    if (len && !shown) {
        um_buf_str(out, "0x");
        for (shown = 0; shown < len && shown < DESCRIBE_HEX_BYTES; shown++)
            um_buf_fmt(out, "%02X", (unsigned char)value[shown]);
    } else {
        um_buf_char(out, '\'');
        for (size_t i = 0; i < shown; i++) {
            if (value[i] == '\'')
                um_buf_char(out, '\'');
            um_buf_char(out, value[i]);
        }
        um_buf_char(out, '\'');
    }
    if (shown < len)
        um_buf_fmt(out, "… (%zu bytes)", len);
}

static bool is_plain_number(enum um_type type, const char *value, size_t len)
{
    switch (type) {
    case UM_T_TINYINT:
    case UM_T_SMALLINT:
    case UM_T_MEDIUMINT:
    case UM_T_INT:
    case UM_T_BIGINT:
    case UM_T_FLOAT:
    case UM_T_DOUBLE:
    case UM_T_DECIMAL:
    case UM_T_YEAR:
    case UM_T_ENUM:
    case UM_T_SET:
        return len > 0 && strspn(value, "0123456789+-.eE") == len;
    default:
        return false;
    }
}

/* BIT comes as its bytes, the highest first. */
static void describe_bits(struct um_buf *out, const char *value, size_t len)
{
    unsigned long long bits = 0;
    for (size_t i = 0; i < len; i++)
        bits = bits << 8 | (unsigned char)value[i];
    um_buf_fmt(out, "%llu", bits);
}

void um_bound_describe(const struct um_bound *b, const struct um_table *t, const struct um_key *key,
                       struct um_buf *out)
{
    if (um_bound_open(b) || key->kind == UM_KEY_NONE) {
        um_buf_char(out, '-');
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        const struct um_column *c = &t->columns[key->index->parts[i].column];
        um_buf_fmt(out, "%s%s=", i ? ", " : "", c->name);
        if (!b->values[i])
            um_buf_str(out, "NULL");
        else if (c->type == UM_T_BIT)
            describe_bits(out, b->values[i], b->lengths[i]);
        else if (is_plain_number(c->type, b->values[i], b->lengths[i]))
            um_buf_add(out, b->values[i], b->lengths[i]);
        else
            describe_text(out, b->values[i], b->lengths[i]);
    }
}
