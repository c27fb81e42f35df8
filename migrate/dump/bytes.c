/* Bytes and numbers as text and as JSON. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/utf8.h"
#include "dump/value.h"

static void hex(const uint8_t *p, size_t len, struct um_buf *out)
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

void um_dump_bytes_text(const void *bytes, size_t len, struct um_buf *out)
{
    const uint8_t *p = bytes;
    if (!printable(p, len)) {
        um_buf_str(out, "0x");
        hex(p, len, out);
        return;
    }
    um_buf_char(out, '\'');
    for (size_t i = 0; i < len; i++) {
        const char *escape = p[i] == '\n'   ? "\\n"
                             : p[i] == '\r' ? "\\r"
                             : p[i] == '\t' ? "\\t"
                             : p[i] == '\'' ? "\\'"
                             : p[i] == '\\' ? "\\\\"
                                            : NULL;
        if (escape)
            um_buf_str(out, escape);
        else
            um_buf_char(out, (char)p[i]);
    }
    um_buf_char(out, '\'');
}

static void json_string(const uint8_t *p, size_t len, struct um_buf *out)
{
    um_buf_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        const char *escape = p[i] == '"'    ? "\\\""
                             : p[i] == '\\' ? "\\\\"
                             : p[i] == '\n' ? "\\n"
                             : p[i] == '\r' ? "\\r"
                             : p[i] == '\t' ? "\\t"
                                            : NULL;
        if (escape)
            um_buf_str(out, escape);
        else if (p[i] < 0x20 || p[i] == 0x7f)
            um_buf_fmt(out, "\\u%04x", p[i]);
        else
            um_buf_char(out, (char)p[i]);
    }
    um_buf_char(out, '"');
}

void um_dump_bytes_json(const void *bytes, size_t len, struct um_buf *out)
{
    size_t bad;
    if (um_utf8_valid(bytes, len, &bad)) {
        json_string(bytes, len, out);
        return;
    }
    um_buf_str(out, "{\"hex\":\"");
    hex(bytes, len, out);
    um_buf_str(out, "\"}");
}

void um_dump_name_text(const char *name, struct um_buf *out)
{
    size_t len = strlen(name);
    bool plain = printable((const uint8_t *)name, len) && !strpbrk(name, "\n\r\t");
    if (!plain) {
        um_buf_str(out, "0x");
        hex((const uint8_t *)name, len, out);
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

void um_dump_uint_json(uint64_t u, struct um_buf *out)
{
    bool exact = u <= 1ull << 53;
    um_buf_fmt(out, exact ? "%" PRIu64 : "\"%" PRIu64 "\"", u);
}

static void whole_with_point(char text[32], struct um_buf *out)
{
    um_buf_str(out, text);
    if (!strpbrk(text, ".eni")) /* nan and inf have no point either */
        um_buf_str(out, ".0");
}

/* As many digits as always survive the way through a normal number; subnormals hold fewer. */
void um_dump_double(double d, struct um_buf *out)
{
    char text[32];
    for (int digits = fabs(d) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    whole_with_point(text, out);
}

void um_dump_float(float f, struct um_buf *out)
{
    char text[32];
    for (int digits = fabsf(f) < FLT_MIN ? 1 : FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f)
            break;
    }
    whole_with_point(text, out);
}

void um_dump_time(int64_t seconds, struct um_buf *out)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    um_buf_fmt(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
}
