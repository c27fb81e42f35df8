/* Bytes and numbers as text and as JSON. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/utf8.h"
#include "print/value.h"

void um_print_hex(const uint8_t *p, size_t len, struct um_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    um_buf_reserve(out, 2 * len);
    for (size_t i = 0; i < len; i++) {
        um_buf_char(out, digits[p[i] >> 4]);
        um_buf_char(out, digits[p[i] & 15]);
    }
}

/* UTF-8 without control characters, but for those that have an escape of their own. */
static bool printable(const uint8_t *p, size_t len)
{
    size_t bad;
    for (size_t i = 0; i < len; i++) {
        bool c0 = p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t';
        bool c1 = p[i] == 0xc2 && i + 1 < len && p[i + 1] < 0xa0;
        if (c0 || c1 || p[i] == 0x7f)
            return false;
    }
    return um_utf8_valid((const char *)p, len, &bad);
}

/* Whatever needs no escape goes out in one piece. */
static void escaped(const uint8_t *p, size_t len, const char *const escapes[256],
                    struct um_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (!escapes[p[i]])
            continue;
        um_buf_add(out, p + from, i - from);
        um_buf_str(out, escapes[p[i]]);
        from = i + 1;
    }
    um_buf_add(out, p + from, len - from);
}

void um_print_bytes_text(const void *bytes, size_t len, struct um_buf *out)
{
    static const char *const escapes[256] = {
        ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['\''] = "\\'", ['\\'] = "\\\\"};
    if (!printable(bytes, len)) {
        um_buf_str(out, "0x");
        um_print_hex(bytes, len, out);
        return;
    }
    um_buf_char(out, '\'');
    escaped(bytes, len, escapes, out);
    um_buf_char(out, '\'');
}

static const char *const json_escapes[256] = {
    [0x00] = "\\u0000", [0x01] = "\\u0001", [0x02] = "\\u0002", [0x03] = "\\u0003",
    [0x04] = "\\u0004", [0x05] = "\\u0005", [0x06] = "\\u0006", [0x07] = "\\u0007",
    [0x08] = "\\u0008", [0x09] = "\\t",     [0x0a] = "\\n",     [0x0b] = "\\u000b",
    [0x0c] = "\\u000c", [0x0d] = "\\r",     [0x0e] = "\\u000e", [0x0f] = "\\u000f",
    [0x10] = "\\u0010", [0x11] = "\\u0011", [0x12] = "\\u0012", [0x13] = "\\u0013",
    [0x14] = "\\u0014", [0x15] = "\\u0015", [0x16] = "\\u0016", [0x17] = "\\u0017",
    [0x18] = "\\u0018", [0x19] = "\\u0019", [0x1a] = "\\u001a", [0x1b] = "\\u001b",
    [0x1c] = "\\u001c", [0x1d] = "\\u001d", [0x1e] = "\\u001e", [0x1f] = "\\u001f",
    ['"'] = "\\\"",     ['\\'] = "\\\\",    [0x7f] = "\\u007f",
};

void um_print_bytes_json(const void *bytes, size_t len, struct um_buf *out)
{
    size_t bad;
    if (um_utf8_valid(bytes, len, &bad)) {
        um_buf_char(out, '"');
        escaped(bytes, len, json_escapes, out);
        um_buf_char(out, '"');
        return;
    }
    um_buf_str(out, "{\"hex\":\"");
    um_print_hex(bytes, len, out);
    um_buf_str(out, "\"}");
}

void um_print_name_text(const char *name, struct um_buf *out)
{
    size_t len = strlen(name);
    bool plain = printable((const uint8_t *)name, len) && !strpbrk(name, "\n\r\t");
    if (!plain) {
        um_buf_str(out, "0x");
        um_print_hex((const uint8_t *)name, len, out);
        return;
    }
    um_buf_char(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            um_buf_char(out, '`');
        um_buf_char(out, *name);
    }
    um_buf_char(out, '`');
}

/* Most of what is printed are small numbers, so they go without a format to parse. */
void um_print_uint(uint64_t u, struct um_buf *out)
{
    char digits[20], *p = digits + sizeof digits;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    um_buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

void um_print_int(int64_t i, struct um_buf *out)
{
    if (i < 0)
        um_buf_char(out, '-');
    um_print_uint(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, out);
}

void um_print_uint_json(uint64_t u, struct um_buf *out)
{
    bool exact = u <= 1ull << 53;
    if (!exact)
        um_buf_char(out, '"');
    um_print_uint(u, out);
    if (!exact)
        um_buf_char(out, '"');
}

static void whole_with_point(char text[32], struct um_buf *out)
{
    um_buf_str(out, text);
    if (!strpbrk(text, ".eni")) /* nan and inf have no point either */
        um_buf_str(out, ".0");
}

/* As many digits as always survive the way through a normal number; subnormals hold fewer. */
void um_print_double(double d, struct um_buf *out)
{
    char text[32];
    for (int digits = fabs(d) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    whole_with_point(text, out);
}

void um_print_float(float f, struct um_buf *out)
{
    char text[32];
    for (int digits = fabsf(f) < FLT_MIN ? 1 : FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f)
            break;
    }
    whole_with_point(text, out);
}

void um_print_time(int64_t seconds, struct um_buf *out)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    um_buf_fmt(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
}
