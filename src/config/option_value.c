/* Texts to values and back, by the type of the option. */
#include "config/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define UM_SHOWN_MAX 64 /* bytes of a refused value that an error text repeats */

struct unit {
    const char *name;
    uint64_t factor;
};
/* Largest first: formatting takes the first that divides. */
static const struct unit duration_units[] = {
    {"d", 86400000000ull}, {"h", 3600000000ull}, {"m", 60000000ull},
    {"s", 1000000ull},     {"ms", 1000ull},      {"us", 1},
};
static const struct unit size_units[] = {
    {"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Decimal digits only; returns the first byte behind them, NULL when there are none or too many. */
static const char *read_digits(const char *text, uint64_t *out)
{
    const char *p = text;
    uint64_t n = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
            return NULL;
    }
    *out = n;
    return p == text ? NULL : p;
}

static bool read_units(const char *text, const struct unit *units, size_t count, bool bare,
                       uint64_t *out)
{
    const char *unit = read_digits(text, out);
    if (!unit)
        return false;
    if (*unit == 0)
        return bare;
    if (*unit == ' ')
        unit++;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(unit, units[i].name) == 0)
            return !__builtin_mul_overflow(*out, units[i].factor, out);
    }
    return false;
}

static void format_units(struct um_buf *out, uint64_t n, const struct unit *units, size_t count,
                         const char *zero)
{
    size_t i = 0;
    if (n == 0) {
        um_buf_str(out, zero);
        return;
    }
    while (i < count - 1 && n % units[i].factor != 0)
        i++;
    um_buf_fmt(out, "%llu%s", (unsigned long long)(n / units[i].factor), units[i].name);
}

void um_format_duration(struct um_buf *out, uint64_t us)
{
    format_units(out, us, duration_units, COUNT(duration_units), "0s");
}

void um_format_size(struct um_buf *out, uint64_t bytes)
{
    format_units(out, bytes, size_units, COUNT(size_units), "0B");
}

/* "is 'abc'; it takes a whole number, 1 to 64" */
static void say_refused(const struct um_option *o, const char *text, struct um_buf *why)
{
    size_t len = strlen(text);
    size_t shown = len > UM_SHOWN_MAX ? UM_SHOWN_MAX : len;
    while (shown < len && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--; /* not in the middle of a character */
    if (len == 0)
        um_buf_str(why, "is empty; it takes ");
    else
        um_buf_fmt(why, "is '%.*s%s'; it takes ", (int)shown, text, shown < len ? "…" : "");
    um_option_accepts(o, why);
}

static enum um_refusal check_string(const struct um_option *o, const char *text, struct um_buf *why)
{
    uint64_t max = o->max ? o->max : 4096;
    size_t len = strlen(text);
    if (len == 0) {
        um_buf_str(why, "is empty");
        return UM_REFUSED_VALUE;
    }
    if (len > max) {
        um_buf_fmt(why, "is %zu bytes long; at most %llu are taken", len, (unsigned long long)max);
        return UM_REFUSED_VALUE;
    }
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if ((*p < 0x20 && !((o->traits & UM_TRAIT_LINES) && (*p == '\n' || *p == '\t'))) ||
            *p == 0x7f) {
            um_buf_fmt(why, "holds the control character 0x%02x", *p);
            return UM_REFUSED_VALUE;
        }
    }
    const char *wrong = o->check ? o->check(text) : NULL;
    if (wrong) {
        um_buf_fmt(why, "is '%.*s'; it %s", UM_SHOWN_MAX, text, wrong);
        return UM_REFUSED_VALUE;
    }
    return UM_ACCEPTED;
}

static enum um_refusal parse_choice(const struct um_option *o, const char *text, uint64_t *out,
                                    struct um_buf *why)
{
    const char *choice;
    size_t len;
    for (unsigned i = 0; (choice = um_option_choice(o, i, &len)); i++) {
        if (strlen(text) == len && memcmp(text, choice, len) == 0) {
            *out = i;
            return UM_ACCEPTED;
        }
    }
    say_refused(o, text, why);
    return UM_REFUSED_VALUE;
}

/* Everything that is a number inside. */
static enum um_refusal parse_number(const struct um_option *o, const char *text, uint64_t *out,
                                    struct um_buf *why)
{
    bool read = false;
    const char *end;
    switch (o->type) {
    case UM_OPTION_SIZE:
        read = read_units(text, size_units, COUNT(size_units), true, out);
        break;
    case UM_OPTION_DURATION:
        read = read_units(text, duration_units, COUNT(duration_units), false, out);
        break;
    case UM_OPTION_SECONDS:
        read = read_units(text, duration_units, COUNT(duration_units), false, out) &&
               *out % 1000000 == 0;
        *out /= 1000000;
        break;
    default:
        end = read_digits(text, out);
        read = end && *end == 0;
    }
    if (!read) {
        say_refused(o, text, why);
        return UM_REFUSED_TYPE;
    }
    if (*out < o->min || *out > o->max) {
        say_refused(o, text, why);
        return UM_REFUSED_VALUE;
    }
    return UM_ACCEPTED;
}

enum um_refusal um_option_parse(const struct um_option *o, const char *text,
                                union um_option_value *out, struct um_buf *why)
{
    enum um_refusal refusal = UM_ACCEPTED;
    switch (o->type) {
    case UM_OPTION_STRING:
    case UM_OPTION_LIST:
        out->text = text;
        return check_string(o, text, why);
    case UM_OPTION_BOOL:
    case UM_OPTION_SWITCH:
        out->number = strcmp(text, "true") == 0;
        if (!out->number && strcmp(text, "false") != 0) {
            say_refused(o, text, why);
            return UM_REFUSED_TYPE;
        }
        return UM_ACCEPTED;
    case UM_OPTION_CHOICE:
        refusal = parse_choice(o, text, &out->number, why);
        break;
    case UM_OPTION_NUMBER:
    case UM_OPTION_DURATION:
    case UM_OPTION_SECONDS:
    case UM_OPTION_SIZE:
        refusal = parse_number(o, text, &out->number, why);
        break;
    }
    return refusal;
}

void um_option_store(const struct um_option *o, void *base, union um_option_value value)
{
    char *field = (char *)base + o->offset;
    if (o->type == UM_OPTION_STRING) {
        char *copy = um_strdup(value.text); /* first: it may be the old value */
        free(*(char **)field);
        *(char **)field = copy;
        return;
    }
    if (o->type == UM_OPTION_LIST) {
        um_strv_add((struct um_strv *)field, value.text);
        return;
    }
    if (o->size == sizeof(bool)) {
        *(bool *)field = value.number != 0;
    } else if (o->size == sizeof(uint32_t)) {
        uint32_t n = (uint32_t)value.number;
        memcpy(field, &n, sizeof n);
    } else {
        memcpy(field, &value.number, sizeof value.number);
    }
}

static uint64_t load_number(const struct um_option *o, const void *field)
{
    uint32_t n;
    uint64_t wide;
    if (o->size == sizeof(bool))
        return *(const bool *)field;
    if (o->size == sizeof n) {
        memcpy(&n, field, sizeof n);
        return n;
    }
    memcpy(&wide, field, sizeof wide);
    return wide;
}

static bool format_list(const struct um_strv *list, struct um_buf *out)
{
    if (list->count == 0)
        return false;
    for (size_t i = 0; i < list->count; i++)
        um_buf_fmt(out, "%s\"%s\"", i ? ", " : "[", list->items[i]);
    um_buf_char(out, ']');
    return true;
}

bool um_option_format(const struct um_option *o, const void *base, struct um_buf *out)
{
    const char *field = (const char *)base + o->offset;
    const char *text;
    size_t len;
    switch (o->type) {
    case UM_OPTION_STRING:
        text = *(char *const *)field;
        if (text)
            um_buf_str(out, text);
        return text != NULL;
    case UM_OPTION_LIST:
        return format_list((const struct um_strv *)field, out);
    case UM_OPTION_BOOL:
    case UM_OPTION_SWITCH:
        um_buf_str(out, load_number(o, field) ? "true" : "false");
        break;
    case UM_OPTION_CHOICE:
        text = um_option_choice(o, (unsigned)load_number(o, field), &len);
        UM_ASSERT(text);
        um_buf_add(out, text, len);
        break;
    case UM_OPTION_NUMBER:
        um_buf_fmt(out, "%llu", (unsigned long long)load_number(o, field));
        break;
    case UM_OPTION_DURATION:
        um_format_duration(out, load_number(o, field));
        break;
    case UM_OPTION_SECONDS:
        um_format_duration(out, load_number(o, field) * 1000000);
        break;
    case UM_OPTION_SIZE:
        um_format_size(out, load_number(o, field));
        break;
    }
    return true;
}
