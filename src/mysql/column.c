#include "mysql/literal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mysql/conn.h"
#include "schema/ddl.h"

/*
 * The forms in which the copy moves columns: what SELECT prints under a NULL
 * character_set_results, and the way back through LOAD DATA … CHARACTER SET binary or INSERT.
 * DOUBLE, DECIMAL, integers and temporals print exactly, and text, BIT, GEOMETRY and VECTOR as
 * their bytes. The rest takes a detour.
 */
enum form {
    PLAIN,
    FLOATING,  /* FLOAT prints six digits, and fixed-scale types round: as a DOUBLE they do not */
    NUMBERED,  /* ENUM and SET: by number, since a member's text may be a number, or '' */
    JSON_TEXT, /* JSON is not made from binary strings */
    ASCII_TEXT /* nor are UUID, INET4 and INET6: these take 16 or 4 binary bytes for the value */
};

static enum form form_of(const struct um_column *c)
{
    switch (c->type) {
    case UM_T_FLOAT:
        return FLOATING;
    case UM_T_DOUBLE:
        return c->fixed_scale ? FLOATING : PLAIN;
    case UM_T_ENUM:
    case UM_T_SET:
        return NUMBERED;
    case UM_T_JSON:
        return JSON_TEXT;
    case UM_T_UUID:
    case UM_T_INET4:
    case UM_T_INET6:
        return ASCII_TEXT;
    default:
        return PLAIN;
    }
}

void um_column_select(struct um_buf *b, const struct um_column *c)
{
    enum form form = form_of(c);
    if (form == NUMBERED)
        um_buf_str(b, "CAST(");
    um_quote_ident(b, c->name);
    if (form == NUMBERED)
        um_buf_str(b, " AS UNSIGNED)");
    else if (form == FLOATING)
        um_buf_str(b, "*1e0");
}

static bool through_variable(const struct um_column *to)
{
    enum form form = form_of(to);
    /* Where a statement sets anything, MariaDB forgets that the row gave the counter's column a 0
       of its own, unless that column is set too. */
    return to->auto_increment || (form != PLAIN && form != FLOATING);
}

void um_column_load_item(struct um_buf *b, const struct um_column *to, size_t n)
{
    if (through_variable(to))
        um_buf_fmt(b, "@v%zu", n);
    else
        um_quote_ident(b, to->name);
}

bool um_column_load_set(struct um_buf *b, const struct um_column *to, size_t n)
{
    if (!through_variable(to))
        return false;
    um_quote_ident(b, to->name);
    enum form form = form_of(to);
    if (form == NUMBERED)
        um_buf_fmt(b, "=CAST(@v%zu AS UNSIGNED)", n);
    else if (form == PLAIN || form == FLOATING)
        um_buf_fmt(b, "=@v%zu", n);
    else
        um_buf_fmt(b, "=CONVERT(@v%zu USING %s)", n, form == JSON_TEXT ? "utf8mb4" : "latin1");
    return true;
}

/* Only what can be part of a number: then it may stand without quotes. */
static bool is_number(const char *value, unsigned long len)
{
    return len > 0 && strspn(value, "0123456789+-.eE") >= len;
}

void um_column_insert_value(struct um_buf *b, const struct um_column *to, const char *value,
                            unsigned long len)
{
    enum form form = form_of(to);
    if (!value) {
        um_buf_str(b, "NULL");
        return;
    }
    if (form == NUMBERED && is_number(value, len)) {
        um_buf_add(b, value, len);
        return;
    }
    if (form == JSON_TEXT)
        um_buf_str(b, "_utf8mb4");
    else if (form == ASCII_TEXT)
        um_buf_str(b, "_latin1");
    /* Numbers as text too: '-0' keeps its sign, and no digit passes through a DECIMAL. */
    um_quote_bytes(b, value, len);
}

static void put_bits(struct um_buf *b, const char *value, unsigned long len)
{
    uint64_t bits = 0;
    for (unsigned long i = 0; i < len; i++)
        bits = bits << 8 | (uint8_t)value[i];
    um_buf_fmt(b, "%" PRIu64, bits);
}

/* Compared as a signed number, see um_literal_match. */
static void put_set(struct um_buf *b, const char *value, unsigned long len)
{
    char digits[24] = "";
    memcpy(digits, value, len < sizeof digits ? len : sizeof digits - 1);
    um_buf_fmt(b, "%" PRId64, (int64_t)strtoull(digits, NULL, 10));
}

static bool is_numeric_key(enum um_type type)
{
    return type <= UM_T_DECIMAL || type == UM_T_YEAR || type == UM_T_ENUM || type == UM_T_SET;
}

void um_column_key_value(struct um_buf *b, const struct um_column *c, const char *value,
                         unsigned long len)
{
    if (!value) {
        um_buf_str(b, "NULL");
    } else if (c->type == UM_T_BIT) {
        put_bits(b, value, len);
    } else if (c->type == UM_T_SET && is_number(value, len)) {
        put_set(b, value, len);
    } else if (is_numeric_key(c->type) && is_number(value, len)) {
        bool floating = c->type == UM_T_FLOAT || c->type == UM_T_DOUBLE;
        um_buf_add(b, value, len);
        if (floating && !memchr(value, 'e', len) && !memchr(value, 'E', len))
            um_buf_str(b, "e0");
    } else {
        if (form_of(c) == ASCII_TEXT)
            um_buf_str(b, "_latin1");
        else if (c->charset && !is_numeric_key(c->type))
            um_buf_fmt(b, "_%s", c->charset);
        um_quote_bytes(b, value, len);
    }
}
