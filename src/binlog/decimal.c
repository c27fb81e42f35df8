#include "binlog/decimal.h"

#include <stdbool.h>
#include <stdio.h>

enum { DIGITS = 9, WORD = 4 };

/* Bytes of a group that is not full, by its number of digits. */
static const uint8_t group_bytes[DIGITS + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

size_t um_decimal_size(unsigned precision, unsigned scale)
{
    unsigned whole = precision - scale;
    return (size_t)(whole / DIGITS + scale / DIGITS) * WORD + group_bytes[whole % DIGITS] +
           group_bytes[scale % DIGITS];
}

/*
 * One group: big-endian; all bytes of a negative number are inverted, and the very first bit is
 * flipped so that bytes sort as numbers do.
 */
struct groups {
    const uint8_t *p;
    uint8_t invert, flip;
};

static uint32_t next_group(struct groups *g, unsigned digits)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < group_bytes[digits]; i++) {
        v = v << 8 | (uint8_t)(*g->p++ ^ g->invert ^ g->flip);
        g->flip = 0;
    }
    return v;
}

static char *put_digits(char *out, uint32_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

void um_decimal_print(const uint8_t *bytes, unsigned precision, unsigned scale, struct um_buf *out)
{
    char text[2 + 255 + 255 + 2 * DIGITS];
    char *end = text;
    unsigned whole = precision - scale;
    bool negative = um_decimal_size(precision, scale) > 0 && !(bytes[0] & 0x80);
    struct groups g = {bytes, negative ? 0xff : 0, 0x80};

    if (whole % DIGITS)
        end = put_digits(end, next_group(&g, whole % DIGITS), whole % DIGITS);
    for (unsigned i = 0; i < whole / DIGITS; i++)
        end = put_digits(end, next_group(&g, DIGITS), DIGITS);
    const char *first = text;
    while (first + 1 < end && *first == '0')
        first++;
    if (negative)
        um_buf_char(out, '-');
    if (first == end)
        um_buf_char(out, '0');
    else
        um_buf_add(out, first, (size_t)(end - first));
    if (scale == 0)
        return;

    um_buf_char(out, '.');
    end = text;
    for (unsigned i = 0; i < scale / DIGITS; i++)
        end = put_digits(end, next_group(&g, DIGITS), DIGITS);
    if (scale % DIGITS)
        end = put_digits(end, next_group(&g, scale % DIGITS), scale % DIGITS);
    um_buf_add(out, text, (size_t)(end - text));
}
