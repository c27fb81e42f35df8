#include "copy/json_expr.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "binlog/json_binary.h"
#include "mysql/conn.h"

enum { DECIMAL_DIGITS = 65, DECIMAL_SCALE = 30 };

enum um_json_type um_json_type_named(const char *name, size_t len)
{
    static const struct {
        const char *name;
        enum um_json_type type;
    } names[] = {
        {"", UM_JSON_TYPE_ABSENT},           {"DOUBLE", UM_JSON_TYPE_DOUBLE},
        {"STRING", UM_JSON_TYPE_STRING},     {"INTEGER", UM_JSON_TYPE_INTEGER},
        {"DECIMAL", UM_JSON_TYPE_DECIMAL},   {"UNSIGNED INTEGER", UM_JSON_TYPE_UNSIGNED},
        {"DATE", UM_JSON_TYPE_DATE},         {"TIME", UM_JSON_TYPE_TIME},
        {"DATETIME", UM_JSON_TYPE_DATETIME}, {"TIMESTAMP", UM_JSON_TYPE_TIMESTAMP},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
            return names[i].type;
    }
    return UM_JSON_TYPE_OTHER;
}

/* ---- which scalars need it ---- */

struct mark {
    size_t start, end;
    enum um_json_type type;
};

struct expr {
    const char *text;
    size_t len;
    struct um_json_paths *paths;
    unsigned column;
    const enum um_json_type *types;
    struct mark *marks; /* in the order of the text */
    size_t count, cap;
    size_t next; /* the first mark that is not written yet */
    struct um_buf *sql, bytes;
    struct um_err *err;
};

static enum um_json_type type_from_text(enum um_json_look look)
{
    switch (look) {
    case UM_JSON_LOOK_FRACTION:
    case UM_JSON_LOOK_HUGE:
        return UM_JSON_TYPE_DOUBLE;
    case UM_JSON_LOOK_NEGATIVE:
    case UM_JSON_LOOK_SMALL:
        return UM_JSON_TYPE_INTEGER;
    case UM_JSON_LOOK_BIG:
        return UM_JSON_TYPE_UNSIGNED;
    case UM_JSON_LOOK_TEMPORAL:
    case UM_JSON_LOOK_BYTES:
        return UM_JSON_TYPE_STRING;
    }
    UM_BUG("a JSON scalar of no look");
}

/* Text of this look can be a value of this type. */
static bool possible(enum um_json_look look, enum um_json_type type)
{
    switch (type) {
    case UM_JSON_TYPE_ABSENT:
        return false;
    case UM_JSON_TYPE_DOUBLE:
        return look == UM_JSON_LOOK_FRACTION;
    case UM_JSON_TYPE_STRING:
        return look == UM_JSON_LOOK_TEMPORAL || look == UM_JSON_LOOK_BYTES;
    case UM_JSON_TYPE_INTEGER:
        return look == UM_JSON_LOOK_NEGATIVE || look == UM_JSON_LOOK_SMALL ||
               look == UM_JSON_LOOK_BIG;
    case UM_JSON_TYPE_UNSIGNED:
        return look == UM_JSON_LOOK_SMALL || look == UM_JSON_LOOK_BIG;
    case UM_JSON_TYPE_DECIMAL:
        return look < UM_JSON_LOOK_TEMPORAL;
    case UM_JSON_TYPE_DATE:
    case UM_JSON_TYPE_TIME:
    case UM_JSON_TYPE_DATETIME:
    case UM_JSON_TYPE_TIMESTAMP:
        return look == UM_JSON_LOOK_TEMPORAL;
    case UM_JSON_TYPE_OTHER:
        return look == UM_JSON_LOOK_BYTES;
    }
    return false;
}

static int mark(void *context, const struct um_json_scan *scan, enum um_json_look look,
                size_t start, size_t end, struct um_err *err)
{
    struct expr *e = context;
    const struct um_json_path *path = um_json_paths_find(e->paths, e->column, scan);
    if (!path)
        return um_json_text_fail(start, "a value that was not there when it was read before", err);
    if (!path->typed)
        return 0;
    enum um_json_type type = e->types[path->rank];
    if (!possible(look, type))
        return um_json_text_fail(start, "a value that is not of the type that JSON_TYPE says", err);
    if (type == type_from_text(look))
        return 0;
    um_grow(&e->marks, &e->cap, e->count + 1, sizeof *e->marks);
    e->marks[e->count++] = (struct mark){start, end, type};
    return 0;
}

/* ---- one scalar ---- */

static int decimal_sql(struct expr *e, const char *p, size_t len, size_t at)
{
    const char *point = memchr(p, '.', len);
    size_t scale = point ? len - (size_t)(point - p) - 1 : 0;
    size_t digits = len - (*p == '-') - (point != NULL);
    if (memchr(p, 'e', len) || memchr(p, 'E', len))
        return um_json_text_fail(at, "a DECIMAL with an exponent", e->err);
    if (digits > DECIMAL_DIGITS + (size_t)1 || scale > DECIMAL_SCALE)
        return um_fail(e->err, UM_E_JSON_UNSUPPORTED,
                       "byte %zu of a JSON document: a DECIMAL of %zu digits, %zu of them after "
                       "the point, has no SQL literal",
                       at, digits, scale);
    /* A literal with a point is a DECIMAL of just these digits. */
    um_buf_add(e->sql, p, len);
    if (!point)
        um_buf_char(e->sql, '.');
    return 0;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* With the line breaks that the server puts in, escaped as they are in JSON. */
static bool decode_base64(const char *p, size_t len, struct um_buf *out)
{
    uint32_t bits = 0;
    unsigned n = 0, padding = 0;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\\' && i + 1 < len && p[i + 1] == 'n') {
            i++;
            continue;
        }
        int digit = base64_digit(p[i]);
        if (p[i] == '=')
            padding++;
        else if (digit < 0 || padding)
            return false;
        bits = bits << 6 | (digit < 0 ? 0u : (uint32_t)digit);
        if (++n % 4 == 0) {
            const char three[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
            if (padding > 2)
                return false;
            um_buf_add(out, three, 3 - padding);
        }
    }
    return n % 4 == 0;
}

/* base64:typeN:…, without quotes. */
static int bytes_sql(struct expr *e, const char *p, size_t len, size_t at)
{
    size_t i = strlen("base64:type");
    unsigned type = 0;
    while (i < len && p[i] >= '0' && p[i] <= '9' && type < 256)
        type = 10 * type + (unsigned)(p[i++] - '0');
    um_buf_clear(&e->bytes);
    if (type > 255 || i == len || p[i] != ':' || !decode_base64(p + i + 1, len - i - 1, &e->bytes))
        return um_json_text_fail(at, "an opaque value of another form", e->err);
    const char *bytes = e->bytes.len ? e->bytes.data : "";
    if (um_json_bytes_sql((uint8_t)type, (const uint8_t *)bytes, e->bytes.len, e->sql))
        return 0;
    return um_fail(e->err, UM_E_JSON_UNSUPPORTED,
                   "byte %zu of a JSON document: an opaque value of column type %u and %zu bytes "
                   "has no SQL expression that makes it",
                   at, type, e->bytes.len);
}

static int scalar_sql(struct expr *e, const struct mark *m)
{
    const char *p = e->text + m->start;
    size_t len = m->end - m->start;
    switch (m->type) {
    case UM_JSON_TYPE_DECIMAL:
        return decimal_sql(e, p, len, m->start);
    case UM_JSON_TYPE_INTEGER:
    case UM_JSON_TYPE_UNSIGNED:
        um_buf_str(e->sql, "CAST(");
        um_buf_add(e->sql, p, len);
        um_buf_str(e->sql, m->type == UM_JSON_TYPE_INTEGER ? " AS SIGNED)" : " AS UNSIGNED)");
        return 0;
    case UM_JSON_TYPE_DATE:
        um_json_temporal_sql("DATE", p + 1, len - 2, e->sql);
        return 0;
    case UM_JSON_TYPE_TIME:
        um_json_temporal_sql("TIME", p + 1, len - 2, e->sql);
        return 0;
    case UM_JSON_TYPE_DATETIME:
        um_json_temporal_sql("DATETIME", p + 1, len - 2, e->sql);
        return 0;
    case UM_JSON_TYPE_TIMESTAMP:
        um_json_temporal_sql("TIMESTAMP", p + 1, len - 2, e->sql);
        return 0;
    case UM_JSON_TYPE_OTHER:
        return bytes_sql(e, p + 1, len - 2, m->start);
    default:
        UM_BUG("a JSON scalar that text would bring back");
    }
}

/* ---- what is around it ---- */

/* Where the value at `at` ends, or `stop` if that comes first. The text was scanned before. */
static size_t value_end(const struct expr *e, size_t at, size_t stop)
{
    unsigned depth = 0;
    while (at < stop) {
        char c = e->text[at];
        if (c == '"') {
            at = um_json_string_end(e->text, e->len, at);
        } else {
            if (depth == 0 && (c == ',' || c == ']' || c == '}'))
                return at;
            at++;
            depth += c == '[' || c == '{';
            depth -= c == ']' || c == '}';
            if (depth || (c != ']' && c != '}'))
                continue;
        }
        if (depth == 0)
            return at;
    }
    return stop;
}

static unsigned hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

/* A key as text of SQL. The server escapes nothing as \u but control characters. */
static int key_sql(struct expr *e, size_t start, size_t end)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    um_buf_clear(&e->bytes);
    for (size_t i = start + 1; i + 1 < end; i++) {
        char c = e->text[i];
        if (c == '\\' && i + 2 < end) {
            c = e->text[++i];
            const char *short_form = strchr(from, c);
            if (c == 'u') {
                if (i + 5 >= end || memcmp(e->text + i + 1, "00", 2) != 0)
                    return um_json_text_fail(i, "an escape that the server does not print", e->err);
                c = (char)(hex_digit(e->text[i + 3]) << 4 | hex_digit(e->text[i + 4]));
                if (c & 0x80)
                    return um_json_text_fail(i, "an escape that the server does not print", e->err);
                i += 4;
            } else if (short_form) {
                c = to[short_form - from];
            }
        }
        um_buf_char(&e->bytes, c);
    }
    um_buf_str(e->sql, "_utf8mb4");
    um_quote_bytes(e->sql, e->bytes.len ? e->bytes.data : "", e->bytes.len);
    um_buf_char(e->sql, ',');
    return 0;
}

static int value_sql(struct expr *e, size_t *at);

/* It was scanned before, so its form is as it should be and no deeper than a hundred levels. */
static int container_sql(struct expr *e, size_t *at)
{
    bool object = e->text[*at] == '{';
    char close = object ? '}' : ']';
    um_buf_str(e->sql, object ? "JSON_OBJECT(" : "JSON_ARRAY(");
    for (++*at; e->text[*at] != close;) {
        if (e->text[*at] == ',') {
            um_buf_char(e->sql, ',');
            ++*at;
        }
        while (e->text[*at] == ' ')
            ++*at;
        if (object) {
            size_t end = um_json_string_end(e->text, e->len, *at);
            if (key_sql(e, *at, end) != 0)
                return -1;
            for (*at = end + 1; e->text[*at] == ' ';)
                ++*at;
        }
        if (value_sql(e, at) != 0)
            return -1;
    }
    ++*at;
    um_buf_char(e->sql, ')');
    return 0;
}

static int value_sql(struct expr *e, size_t *at)
{
    const struct mark *m = e->next < e->count ? &e->marks[e->next] : NULL;
    if (m && m->start == *at) {
        e->next++;
        *at = m->end;
        return scalar_sql(e, m);
    }
    size_t stop = m ? m->start : e->len, end = value_end(e, *at, stop);
    if (m && end == stop)
        return container_sql(e, at);
    um_buf_str(e->sql, "CAST(_utf8mb4");
    um_quote_bytes(e->sql, e->text + *at, end - *at);
    um_buf_str(e->sql, " AS JSON)");
    *at = end;
    return 0;
}

int um_json_expr(struct um_buf *sql, const char *text, size_t len, struct um_json_paths *paths,
                 unsigned column, const enum um_json_type *types, bool *written, struct um_err *err)
{
    struct expr e = {.text = text,
                     .len = len,
                     .paths = paths,
                     .column = column,
                     .types = types,
                     .sql = sql,
                     .err = err};
    int result = um_json_scan(text, len, mark, &e, err);
    *written = result == 0 && e.count;
    if (*written) {
        /* A bare scalar of SQL is not yet JSON. */
        bool scalar = e.marks[0].start == 0;
        size_t at = 0;
        um_buf_str(sql, scalar ? "CAST(" : "");
        result = value_sql(&e, &at);
        um_buf_str(sql, scalar ? " AS JSON)" : "");
    }
    um_buf_free(&e.bytes);
    free(e.marks);
    return result;
}
