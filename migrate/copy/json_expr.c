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
    const struct um_json_path *path;
};

struct expr {
    const char *text;
    size_t len;
    struct um_json_paths *paths;
    unsigned column;
    const enum um_json_type *types;
    struct mark *marks; /* in the order of the text */
    size_t count, cap;
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
    e->marks[e->count++] = (struct mark){start, end, type, path};
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

/* ---- the document ---- */

static int document_sql(struct expr *e)
{
    /* A bare scalar of SQL is not yet JSON. */
    if (e->marks[0].start == 0) {
        um_buf_str(e->sql, "CAST(");
        int result = scalar_sql(e, &e->marks[0]);
        um_buf_str(e->sql, " AS JSON)");
        return result;
    }
    um_buf_str(e->sql, "JSON_REPLACE(CAST(_utf8mb4");
    um_quote_bytes(e->sql, e->text, e->len);
    um_buf_str(e->sql, " AS JSON)");
    for (size_t i = 0; i < e->count; i++) {
        um_buf_str(e->sql, ",_utf8mb4");
        um_quote_bytes(e->sql, e->marks[i].path->text, e->marks[i].path->len);
        um_buf_char(e->sql, ',');
        if (scalar_sql(e, &e->marks[i]) != 0)
            return -1;
    }
    um_buf_char(e->sql, ')');
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
    if (*written)
        result = document_sql(&e);
    um_buf_free(&e.bytes);
    free(e.marks);
    return result;
}
