#include "binlog/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 17, PLAIN_EXPONENT = 15 };

/* Significant digits and the place of the decimal point: 0.DIGITS × 10^point. */
struct decimal {
    char digits[MAX_DIGITS + 1];
    int count, point;
};

static double to_double(const struct decimal *x)
{
    char text[MAX_DIGITS + 16];
    snprintf(text, sizeof text, "%.*se%d", x->count, x->digits, x->point - x->count);
    return strtod(text, NULL);
}

static void round_to(double d, int count, struct decimal *x)
{
    char text[MAX_DIGITS + 16];
    snprintf(text, sizeof text, "%.*e", count - 1, d);
    x->digits[0] = text[0];
    if (count > 1)
        memcpy(x->digits + 1, text + 2, (size_t)count - 1);
    x->count = count;
    x->point = atoi(strchr(text, 'e') + 1) + 1;
}

static bool step(struct decimal *x, int by)
{
    for (int i = x->count - 1; i >= 0; i--) {
        int digit = x->digits[i] - '0' + by;
        x->digits[i] = (char)('0' + (digit + 10) % 10);
        if (digit >= 0 && digit <= 9)
            return x->digits[0] != '0';
    }
    return false;
}

/*
 * Below a power of two doubles lie half as far apart as above it, so the nearest decimal of a
 * given length may miss where the next one does not.
 */
static bool shortest_of(double d, int count, struct decimal *x)
{
    struct decimal nearest;
    round_to(d, count, &nearest);
    for (int by = 0; by < 3; by++) {
        *x = nearest;
        if ((by == 0 || step(x, by == 1 ? 1 : -1)) && to_double(x) == d)
            return true;
    }
    return false;
}

/* 15 digits survive the way through a normal double, so what fits them is found there. */
static void shortest(double d, struct decimal *x)
{
    int count = d < 2.2250738585072014e-308 ? 1 : 15;
    while (count < MAX_DIGITS && !shortest_of(d, count, x))
        count++;
    if (count == MAX_DIGITS)
        round_to(d, MAX_DIGITS, x);
    while (x->count > 1 && x->digits[x->count - 1] == '0')
        x->count--;
}

static void zeros(struct um_buf *out, int n)
{
    while (n-- > 0)
        um_buf_char(out, '0');
}

static void plain(const struct decimal *x, struct um_buf *out)
{
    if (x->point <= 0) {
        um_buf_str(out, "0.");
        zeros(out, -x->point);
        um_buf_add(out, x->digits, (size_t)x->count);
    } else if (x->point >= x->count) {
        um_buf_add(out, x->digits, (size_t)x->count);
        zeros(out, x->point - x->count);
        um_buf_str(out, ".0");
    } else {
        um_buf_add(out, x->digits, (size_t)x->point);
        um_buf_char(out, '.');
        um_buf_add(out, x->digits + x->point, (size_t)(x->count - x->point));
    }
}

static void scientific(const struct decimal *x, struct um_buf *out)
{
    um_buf_char(out, x->digits[0]);
    if (x->count > 1) {
        um_buf_char(out, '.');
        um_buf_add(out, x->digits + 1, (size_t)x->count - 1);
    }
    um_buf_fmt(out, "e%d", x->point - 1);
}

/* The server's my_gcvt, and ".0" where nothing else says that this is no integer. */
void um_json_print_double(double d, struct um_buf *out)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (bits >> 63)
        um_buf_char(out, '-');
    d = d < 0 ? -d : d;
    if (d == 0) {
        um_buf_str(out, "0.0");
        return;
    }
    struct decimal x;
    shortest(d, &x);
    if (x.point > -PLAIN_EXPONENT && (x.point <= PLAIN_EXPONENT || x.count > x.point))
        plain(&x, out);
    else
        scientific(&x, out);
}
