#include "binlog/json_reader.h"

#include <math.h>
#include <string.h>

#include "binlog/column.h"
#include "binlog/json_binary.h"
#include "binlog/wire.h"

int um_json_fail(struct um_json_walk *w, const uint8_t *at, const char *what)
{
    um_fail(w->err, UM_E_JSON_MALFORMED, "binary JSON, offset %zu: %s", (size_t)(at - w->start),
            what);
    return -1; /* said here, too, so that an analyser sees it */
}

static int spend(struct um_json_walk *w, const uint8_t *at, size_t bytes)
{
    if (bytes > w->budget)
        return um_json_fail(w, at, "values overlap");
    w->budget -= bytes;
    return 0;
}

static int read_container(struct um_json_walk *w, uint8_t type, const uint8_t *p, size_t len,
                          struct um_json_value *out)
{
    out->kind = type <= UM_JT_LARGE_OBJECT ? UM_JSON_OBJECT : UM_JSON_ARRAY;
    out->large = type == UM_JT_LARGE_OBJECT || type == UM_JT_LARGE_ARRAY;
    unsigned width = out->large ? 4 : 2;
    if (len < 2 * (size_t)width)
        return um_json_fail(w, p, "a container's header is cut off");
    out->count = (uint32_t)um_le(p, width);
    size_t size = (size_t)um_le(p + width, width);
    size_t entry = 1U + width + (out->kind == UM_JSON_OBJECT ? width + 2U : 0U);
    if (size > len || size < 2 * (size_t)width || out->count > (size - 2 * (size_t)width) / entry)
        return um_json_fail(w, p, "a container does not fit its size");
    out->bytes = p;
    out->len = out->stored_len = size;
    return 0;
}

static int read_literal(struct um_json_walk *w, const uint8_t *p, struct um_json_value *out)
{
    static const enum um_json_kind kinds[] = {UM_JSON_NULL, UM_JSON_TRUE, UM_JSON_FALSE};
    if (*p > 2)
        return um_json_fail(w, p, "an unknown literal");
    out->kind = kinds[*p];
    out->stored_len = 1;
    return 0;
}

static int read_number(struct um_json_walk *w, uint8_t type, const uint8_t *p, size_t len,
                       struct um_json_value *out)
{
    static const uint8_t sizes[] = {2, 2, 4, 4, 8, 8, 8};
    unsigned size = sizes[type - UM_JT_INT16];
    if (len < size)
        return um_json_fail(w, p, "a number is cut off");
    out->stored_len = size;
    uint64_t bits = um_le(p, size);
    if (type == UM_JT_DOUBLE) {
        out->kind = UM_JSON_DOUBLE;
        memcpy(&out->d, &bits, sizeof out->d);
        if (!isfinite(out->d))
            return um_json_fail(w, p, "a number that is not finite");
    } else if (type == UM_JT_UINT16 || type == UM_JT_UINT32 || type == UM_JT_UINT64) {
        out->kind = UM_JSON_UINT;
        out->u = bits;
    } else {
        out->kind = UM_JSON_INT;
        out->i = (int64_t)(bits << (64 - 8 * size)) >> (64 - 8 * size);
    }
    return 0;
}

/* Length in groups of 7 bits, low ones first, at most five of them; then the bytes. */
static int read_text(struct um_json_walk *w, const uint8_t *p, size_t len,
                     struct um_json_value *out)
{
    uint64_t n = 0;
    size_t used = 0;
    do {
        if (used == len || used == 5)
            return um_json_fail(w, p, "the length of a text is cut off");
        n |= (uint64_t)(p[used] & 0x7f) << (7 * used);
    } while (p[used++] & 0x80);
    if (n > len - used)
        return um_json_fail(w, p, "a text goes beyond the end");
    out->bytes = p + used;
    out->len = (size_t)n;
    out->stored_len = (size_t)(out->bytes - out->stored) + out->len;
    return spend(w, p, out->len);
}

static int check_opaque(struct um_json_walk *w, const struct um_json_value *v)
{
    switch (v->field_type) {
    case UM_CT_NEWDECIMAL:
        if (v->len < 2 || v->bytes[0] == 0 || v->bytes[0] > 81 || v->bytes[1] > v->bytes[0])
            return um_json_fail(w, v->bytes, "a DECIMAL of impossible precision");
        return 0;
    case UM_CT_DATE:
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_TIMESTAMP:
        return v->len == 8 ? 0 : um_json_fail(w, v->bytes, "a temporal value not of 8 bytes");
    default:
        return 0;
    }
}

static int read_by_type(struct um_json_walk *w, uint8_t type, const uint8_t *p, size_t len,
                        struct um_json_value *out)
{
    if (type <= UM_JT_LARGE_ARRAY)
        return read_container(w, type, p, len, out);
    if (len == 0)
        return um_json_fail(w, p, "a value is cut off");
    switch (type) {
    case UM_JT_LITERAL:
        return read_literal(w, p, out);
    case UM_JT_INT16:
    case UM_JT_UINT16:
    case UM_JT_INT32:
    case UM_JT_UINT32:
    case UM_JT_INT64:
    case UM_JT_UINT64:
    case UM_JT_DOUBLE:
        return read_number(w, type, p, len, out);
    case UM_JT_STRING:
        out->kind = UM_JSON_STRING;
        return read_text(w, p, len, out);
    case UM_JT_OPAQUE:
        out->kind = UM_JSON_OPAQUE;
        out->field_type = *p;
        return read_text(w, p + 1, len - 1, out) ? -1 : check_opaque(w, out);
    default:
        return um_json_fail(w, p, "a value of unknown type");
    }
}

static int read_value(struct um_json_walk *w, uint8_t type, const uint8_t *p, size_t len,
                      struct um_json_value *out)
{
    *out = (struct um_json_value){.type = type, .stored = p};
    return spend(w, p, 1) ? -1 : read_by_type(w, type, p, len, out);
}

int um_json_open(struct um_json_walk *w, const uint8_t *bytes, size_t len,
                 struct um_json_value *root, struct um_err *err)
{
    *w = (struct um_json_walk){.start = bytes, .budget = len, .err = err};
    if (len == 0) {
        /* What UPDATE IGNORE leaves where NULL is not allowed; the server reads it as null. */
        static const uint8_t null_literal = 0;
        *root = (struct um_json_value){
            .kind = UM_JSON_NULL, .type = UM_JT_LITERAL, .stored = &null_literal, .stored_len = 1};
        return 0;
    }
    return read_value(w, bytes[0], bytes + 1, len - 1, root);
}

int um_json_open_stored(struct um_json_walk *w, uint8_t type, const uint8_t *stored, size_t len,
                        struct um_json_value *root, struct um_err *err)
{
    *w = (struct um_json_walk){.start = stored, .budget = len + 1, .err = err};
    return read_value(w, type, stored, len, root);
}

static unsigned offset_width(const struct um_json_value *c)
{
    return c->large ? 4 : 2;
}

static size_t value_entries(const struct um_json_value *c)
{
    unsigned width = offset_width(c);
    return 2 * (size_t)width + (c->kind == UM_JSON_OBJECT ? (size_t)c->count * (width + 2) : 0);
}

static size_t header_size(const struct um_json_value *c)
{
    return value_entries(c) + (size_t)c->count * (1 + offset_width(c));
}

int um_json_key(struct um_json_walk *w, const struct um_json_value *object, uint32_t i,
                struct um_json_text *key)
{
    unsigned width = offset_width(object);
    const uint8_t *entry = object->bytes + 2 * (size_t)width + (size_t)i * (width + 2);
    size_t offset = (size_t)um_le(entry, width), len = (size_t)um_le(entry + width, 2);
    if (offset < header_size(object) || offset > object->len || len > object->len - offset)
        return um_json_fail(w, entry, "a key goes beyond its object");
    key->bytes = object->bytes + offset;
    key->len = len;
    return spend(w, entry, len);
}

int um_json_member(struct um_json_walk *w, const struct um_json_value *c, uint32_t i,
                   struct um_json_value *out)
{
    unsigned width = offset_width(c);
    const uint8_t *entry = c->bytes + value_entries(c) + (size_t)i * (1 + width);
    uint8_t type = entry[0];
    if (um_json_inlined(type, c->large))
        return read_value(w, type, entry + 1, width, out);
    size_t offset = (size_t)um_le(entry + 1, width);
    if (offset < header_size(c) || offset >= c->len)
        return um_json_fail(w, entry, "a value lies outside its container");
    return read_value(w, type, c->bytes + offset, c->len - offset, out);
}

int um_json_enter(struct um_json_walk *w, const struct um_json_value *container)
{
    if (w->depth == UM_JSON_MAX_DEPTH)
        return um_json_fail(w, container->bytes, "more than 100 levels");
    w->depth++;
    return 0;
}

void um_json_leave(struct um_json_walk *w)
{
    w->depth--;
}

bool um_json_needs_sql(const struct um_json_value *v)
{
    /* Text reads whole numbers back as signed up to 32 bits without sign, and above as unsigned. */
    return v->kind == UM_JSON_OPAQUE || (v->kind == UM_JSON_UINT && v->u <= UINT32_MAX) ||
           (v->kind == UM_JSON_INT && v->i > UINT32_MAX);
}

int um_json_any_needs_sql(struct um_json_walk *w, const struct um_json_value *v, bool *found)
{
    *found = um_json_needs_sql(v);
    if (v->kind > UM_JSON_ARRAY)
        return 0;
    if (um_json_enter(w, v))
        return -1;
    for (uint32_t i = 0; i < v->count && !*found; i++) {
        struct um_json_value member;
        if (um_json_member(w, v, i, &member) || um_json_any_needs_sql(w, &member, found))
            return -1;
    }
    um_json_leave(w);
    return 0;
}
