#include "copy/json_scan.h"

#include <string.h>

int um_json_text_fail(size_t at, const char *what, struct um_err *err)
{
    return um_fail(err, UM_E_JSON_TEXT, "JSON text of the source, byte %zu: %s", at, what);
}

static size_t string_end(const char *text, size_t len, size_t at)
{
    for (size_t from = at + 1; from < len;) {
        const char *quote = memchr(text + from, '"', len - from);
        if (!quote)
            break;
        size_t q = (size_t)(quote - text), back = q;
        while (back > at + 1 && text[back - 1] == '\\')
            back--;
        if ((q - back) % 2 == 0)
            return q + 1;
        from = q + 1;
    }
    return len;
}

/* ---- what a scalar looks like ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits without leading zeros, as numbers: more digits are more, equally many compare as text. */
static bool exceeds(const char *digits, size_t len, const char *limit)
{
    size_t limit_len = strlen(limit);
    return len != limit_len ? len > limit_len : memcmp(digits, limit, len) > 0;
}

static enum um_json_look number_look(const char *p, size_t len)
{
    bool negative = len > 0 && *p == '-';
    const char *digits = p + negative;
    size_t n = len - negative;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(digits[i]))
            return UM_JSON_LOOK_FRACTION;
    }
    if (exceeds(digits, n, negative ? "9223372036854775808" : "18446744073709551615"))
        return UM_JSON_LOOK_HUGE;
    if (negative)
        return UM_JSON_LOOK_NEGATIVE;
    return exceeds(digits, n, "4294967295") ? UM_JSON_LOOK_BIG : UM_JSON_LOOK_SMALL;
}

/* 0 stands for a digit, everything else for itself. */
static bool has_form(const char *p, size_t len, const char *form)
{
    if (len != strlen(form))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (form[i] == '0' ? !is_digit(p[i]) : p[i] != form[i])
            return false;
    }
    return true;
}

/* Between the quotes. */
static enum um_json_look string_look(const char *p, size_t len)
{
    static const char bytes[] = "base64:type";
    if (len < 10)
        return 0;
    if (*p == 'b')
        return len > sizeof bytes - 1 && memcmp(p, bytes, sizeof bytes - 1) == 0
                   ? UM_JSON_LOOK_BYTES
                   : 0;
    if (!is_digit(*p) && *p != '-')
        return 0;
    const char *time = p + (*p == '-');
    size_t time_len = len - (*p == '-');
    return has_form(p, len, "0000-00-00") || has_form(p, len, "0000-00-00 00:00:00.000000") ||
                   has_form(time, time_len, "00:00:00.000000") ||
                   has_form(time, time_len, "000:00:00.000000")
               ? UM_JSON_LOOK_TEMPORAL
               : 0;
}

/* ---- walking ---- */

static bool at_char(const struct um_json_scan *s, char c)
{
    return s->at < s->len && s->text[s->at] == c;
}

static void skip_space(struct um_json_scan *s)
{
    while (at_char(s, ' '))
        s->at++;
}

static int read_key(struct um_json_scan *s, struct um_err *err)
{
    struct um_json_leg *leg = &s->legs[s->depth - 1];
    if (!at_char(s, '"'))
        return um_json_text_fail(s->at, "a key was expected", err);
    size_t end = string_end(s->text, s->len, s->at);
    leg->key = s->text + s->at;
    leg->key_len = end - s->at;
    s->at = end;
    if (!at_char(s, ':'))
        return um_json_text_fail(s->at, "a colon was expected", err);
    s->at++;
    skip_space(s);
    return 0;
}

static int read_scalar(struct um_json_scan *s, um_json_sink *sink, void *context,
                       struct um_err *err)
{
    size_t start = s->at;
    if (start == s->len)
        return um_json_text_fail(start, "the text ends in the middle", err);
    char first = s->text[start];
    enum um_json_look look = 0;
    if (first == '"') {
        s->at = string_end(s->text, s->len, start);
        if (s->at - start >= 2)
            look = string_look(s->text + start + 1, s->at - start - 2);
    } else {
        while (s->at < s->len && !strchr(",]} ", s->text[s->at]))
            s->at++;
        if (first == '-' || is_digit(first))
            look = number_look(s->text + start, s->at - start);
    }
    return look ? sink(context, s, look, start, s->at, err) : 0;
}

/* Goes into a container; what comes next is its first member, or its end if it is empty. */
static int enter(struct um_json_scan *s, bool *empty, struct um_err *err)
{
    bool array = s->text[s->at] == '[';
    if (s->depth == UM_JSON_DEPTH_MAX)
        return um_json_text_fail(s->at, "more than 100 levels", err);
    s->at++;
    s->legs[s->depth++] = (struct um_json_leg){.array = array};
    *empty = at_char(s, array ? ']' : '}');
    return *empty || array ? 0 : read_key(s, err);
}

/* After a member: leaves what ends here and goes on to the next one; *done at the very end. */
static int go_on(struct um_json_scan *s, bool *done, struct um_err *err)
{
    while (s->depth && at_char(s, s->legs[s->depth - 1].array ? ']' : '}')) {
        s->depth--;
        s->at++;
    }
    *done = s->depth == 0;
    if (*done)
        return s->at == s->len ? 0 : um_json_text_fail(s->at, "more than one document", err);
    if (!at_char(s, ','))
        return um_json_text_fail(s->at, "a comma was expected", err);
    s->at++;
    skip_space(s);
    struct um_json_leg *leg = &s->legs[s->depth - 1];
    if (!leg->array)
        return read_key(s, err);
    leg->index++;
    return 0;
}

int um_json_scan(const char *text, size_t len, um_json_sink *sink, void *context,
                 struct um_err *err)
{
    struct um_json_scan s;
    s.text = text;
    s.len = len;
    s.at = 0;
    s.depth = 0;
    for (bool done = false; !done;) {
        if (at_char(&s, '{') || at_char(&s, '[')) {
            bool empty = false;
            if (enter(&s, &empty, err) != 0)
                return -1;
            if (!empty)
                continue;
        } else if (read_scalar(&s, sink, context, err) != 0) {
            return -1;
        }
        if (go_on(&s, &done, err) != 0)
            return -1;
    }
    return 0;
}

void um_json_path_print(const struct um_json_scan *scan, struct um_buf *out)
{
    um_buf_char(out, '$');
    for (unsigned i = 0; i < scan->depth; i++) {
        const struct um_json_leg *leg = &scan->legs[i];
        if (leg->array) {
            /* Not um_buf_fmt: this runs for every such scalar. */
            char digits[12], *p = digits + sizeof digits;
            uint32_t n = leg->index;
            *--p = ']';
            do {
                *--p = (char)('0' + n % 10);
            } while (n /= 10);
            um_buf_char(out, '[');
            um_buf_add(out, p, (size_t)(digits + sizeof digits - p));
        } else {
            um_buf_char(out, '.');
            um_buf_add(out, leg->key, leg->key_len);
        }
    }
}
