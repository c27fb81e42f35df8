#include "binlog/json_path.h"

#include <string.h>

enum { LONGEST_KEY = UINT16_MAX };

const char *um_json_path_open(struct um_json_path *path, const uint8_t *text, size_t len)
{
    *path = (struct um_json_path){.p = text, .end = text + len};
    if (len == 0 || *path->p++ != '$')
        return "its path does not begin with $";
    return NULL;
}

/* ---- names ---- */

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c >= 0x80;
}

static const char *read_name(struct um_json_path *path, struct um_json_leg *leg)
{
    const uint8_t *start = path->p;
    while (path->p < path->end && is_plain(*path->p))
        path->p++;
    leg->key = (struct um_json_text){start, (size_t)(path->p - start)};
    return leg->key.len ? NULL : "a name in its path is missing";
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The server writes control characters so and nothing else: no surrogates, no more than 2 bytes. */
static int read_unicode(const uint8_t **p, const uint8_t *end, uint8_t *to)
{
    uint32_t code = 0;
    if (end - *p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*(*p)++);
        if (digit < 0)
            return -1;
        code = code << 4 | (uint32_t)digit;
    }
    if (code >= 0x800)
        return -1;
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    to[0] = (uint8_t)(0xc0 | code >> 6);
    to[1] = (uint8_t)(0x80 | (code & 0x3f));
    return 2;
}

/* What stands behind a backslash. Returns how many bytes it became, -1 for what is no escape. */
static int read_escape(const uint8_t **p, const uint8_t *end, uint8_t *to)
{
    static const char from[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    if (*p == end)
        return -1;
    uint8_t c = *(*p)++;
    if (c == 'u')
        return read_unicode(p, end, to);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return -1;
    *to = (uint8_t)means[found - from];
    return 1;
}

static const char *unescape(const uint8_t *p, const uint8_t *end, struct um_arena *arena,
                            struct um_json_text *key)
{
    uint8_t *to = um_arena_alloc(arena, (size_t)(end - p)); /* no escape becomes longer */
    key->bytes = to;
    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        p++;
        int n = read_escape(&p, end, to);
        if (n < 0)
            return "a name in its path has an escape that JSON does not have";
        to += n;
    }
    key->len = (size_t)(to - key->bytes);
    return NULL;
}

static const char *read_quoted(struct um_json_path *path, struct um_arena *arena,
                               struct um_json_leg *leg)
{
    const uint8_t *start = ++path->p;
    bool escaped = false;
    for (; path->p < path->end && *path->p != '"'; path->p++) {
        if (*path->p == '\\') {
            escaped = true;
            if (++path->p == path->end)
                break;
        }
    }
    if (path->p == path->end)
        return "a quoted name in its path has no end";
    const uint8_t *end = path->p++;
    leg->key = (struct um_json_text){start, (size_t)(end - start)};
    return escaped ? unescape(start, end, arena, &leg->key) : NULL;
}

/* ---- elements ---- */

static bool take(struct um_json_path *path, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(path->end - path->p) < len || memcmp(path->p, word, len) != 0)
        return false;
    path->p += len;
    return true;
}

static bool read_index(struct um_json_path *path, uint32_t *index)
{
    const uint8_t *start = path->p;
    uint64_t n = 0;
    for (; path->p < path->end && *path->p >= '0' && *path->p <= '9'; path->p++) {
        n = n * 10 + (uint64_t)(*path->p - '0');
        if (n > UINT32_MAX)
            return false;
    }
    *index = (uint32_t)n;
    return path->p > start;
}

static const char *read_element(struct um_json_path *path, struct um_json_leg *leg)
{
    leg->from_end = take(path, "last");
    bool counted = !leg->from_end || take(path, "-");
    if (counted && !read_index(path, &leg->index))
        return "an array index in its path is not a number of 32 bits";
    return take(path, "]") ? NULL : "an array index in its path has no end";
}

int um_json_path_next(struct um_json_path *path, struct um_arena *arena, struct um_json_leg *leg,
                      const char **wrong)
{
    if (path->p == path->end)
        return 0;
    *leg = (struct um_json_leg){0};
    *wrong = NULL;
    if (++path->legs > UM_JSON_MAX_DEPTH) {
        *wrong = "its path has more than 100 levels";
    } else if (*path->p == '.') {
        leg->is_key = true;
        path->p++;
        bool quoted = path->p < path->end && *path->p == '"';
        *wrong = quoted ? read_quoted(path, arena, leg) : read_name(path, leg);
        if (!*wrong && leg->key.len > LONGEST_KEY)
            *wrong = "a name in its path is longer than a key can be";
    } else if (*path->p == '[') {
        path->p++;
        *wrong = read_element(path, leg);
    } else {
        *wrong = "its path goes on with neither a name nor an array index";
    }
    return *wrong ? -1 : 1;
}

bool um_json_leg_element(const struct um_json_leg *leg, uint32_t count, uint32_t *at)
{
    bool there = leg->index < count;
    if (leg->from_end)
        *at = there ? count - 1 - leg->index : 0;
    else
        *at = there ? leg->index : count;
    return there;
}
