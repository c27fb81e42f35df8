#include "binlog/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "binlog/column.h"
#include "binlog/wire.h"

/* Six bytes; four in the short post-header of the very first releases. */
static uint64_t read_table_id(const struct um_binlog_format *f, const struct um_event *ev,
                              struct um_cursor *c)
{
    return um_cursor_uint(c, f->header_len[ev->type] == 6 ? 4 : 6);
}

int um_event_table_id(const struct um_binlog_format *f, const struct um_event *ev, uint64_t *id,
                      struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_TABLE_MAP || um_event_is_rows(ev->type));
    struct um_cursor c = um_cursor_body(ev);
    *id = read_table_id(f, ev, &c);
    return c.bad ? um_event_malformed(ev, c.p, err, "it ends within its table id") : 0;
}

/* Bytes of metadata, and whether they are to be read as type and length, high byte first. */
static int meta_size(uint8_t type, bool *big_endian)
{
    *big_endian = false;
    switch (type) {
    case UM_CT_FLOAT:
    case UM_CT_DOUBLE:
    case UM_CT_BLOB:
    case UM_CT_TINY_BLOB:
    case UM_CT_MEDIUM_BLOB:
    case UM_CT_LONG_BLOB:
    case UM_CT_JSON:
    case UM_CT_GEOMETRY:
    case UM_CT_VECTOR:
    case UM_CT_TIME2:
    case UM_CT_DATETIME2:
    case UM_CT_TIMESTAMP2:
    case UM_CT_MARIA_BLOB_COMPRESSED:
        return 1;
    case UM_CT_NEWDECIMAL:
    case UM_CT_STRING:
    case UM_CT_ENUM:
    case UM_CT_SET:
        *big_endian = true;
        return 2;
    case UM_CT_BIT:
    case UM_CT_VARCHAR:
    case UM_CT_VAR_STRING:
    case UM_CT_MARIA_VARCHAR_COMPRESSED:
        return 2;
    case UM_CT_DECIMAL:
    case UM_CT_TINY:
    case UM_CT_SHORT:
    case UM_CT_LONG:
    case UM_CT_LONGLONG:
    case UM_CT_INT24:
    case UM_CT_NULL:
    case UM_CT_TIMESTAMP:
    case UM_CT_DATE:
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_YEAR:
    case UM_CT_NEWDATE:
        return 0;
    default:
        return -1;
    }
}

static int read_columns(struct um_table_map *m, const struct um_event *ev, struct um_cursor *c,
                        struct um_err *err)
{
    const uint8_t *types = um_cursor_take(c, m->count);
    uint64_t meta_len = um_cursor_lenenc(c);
    const uint8_t *meta =
        meta_len <= um_cursor_left(c) ? um_cursor_take(c, (size_t)meta_len) : NULL;
    const uint8_t *nulls = um_cursor_take(c, (m->count + 7) / 8);
    if (!types || !meta || !nulls)
        return um_event_malformed(ev, c->p, err,
                                  "%zu columns with %llu bytes of metadata go "
                                  "beyond its end",
                                  m->count, (unsigned long long)meta_len);
    struct um_cursor mc = um_cursor_open(meta, (size_t)meta_len);
    bool lost = false; /* behind a type of unknown size the metadata cannot be told apart */
    for (size_t i = 0; i < m->count; i++) {
        bool big_endian;
        int size = meta_size(types[i], &big_endian);
        lost = lost || size < 0;
        const uint8_t *p = lost ? NULL : um_cursor_take(&mc, (size_t)size);
        if (!lost && !p)
            return um_event_malformed(ev, mc.p, err, "the metadata of column %zu is missing", i);
        uint16_t value = lost ? 0 : (uint16_t)(big_endian ? um_be(p, 2) : um_le(p, (unsigned)size));
        struct um_column *column = &m->columns[i];
        um_column_compile(column, types[i], value);
        if (lost)
            column->op = UM_OP_UNSUPPORTED;
        if (column->op == UM_OP_UNSUPPORTED && !m->unsupported)
            m->unsupported = column;
        m->json_count += types[i] == UM_CT_JSON;
        column->nullable = nulls[i / 8] >> (i % 8) & 1;
    }
    return 0;
}

static bool is_numeric(const struct um_column *c)
{
    switch (c->type) {
    case UM_CT_TINY:
    case UM_CT_SHORT:
    case UM_CT_INT24:
    case UM_CT_LONG:
    case UM_CT_LONGLONG:
    case UM_CT_FLOAT:
    case UM_CT_DOUBLE:
    case UM_CT_NEWDECIMAL:
    case UM_CT_YEAR:
        return true;
    default:
        return false;
    }
}

/* One bit, high ones first, for each numeric column and for no other. */
static bool read_signedness(struct um_table_map *m, struct um_cursor *c)
{
    size_t n = 0;
    const uint8_t *bits = c->p;
    for (size_t i = 0; i < m->count; i++) {
        if (!is_numeric(&m->columns[i]))
            continue;
        if (n / 8 >= um_cursor_left(c))
            return false;
        m->columns[i].is_unsigned = bits[n / 8] >> (7 - n % 8) & 1;
        n++;
    }
    return true;
}

static bool read_names(struct um_table_map *m, struct um_cursor *c)
{
    if (m->names)
        return false;
    /* Each name gives up a length of at least one byte for a NUL of one. */
    m->names = um_alloc(um_cursor_left(c) + 1);
    char *to = m->names;
    for (size_t i = 0; i < m->count; i++) {
        uint64_t len = um_cursor_lenenc(c);
        const uint8_t *name = len <= um_cursor_left(c) ? um_cursor_take(c, (size_t)len) : NULL;
        if (c->bad || !name)
            return false;
        memcpy(to, name, (size_t)len);
        m->columns[i].name = to;
        to += len + 1;
    }
    return true;
}

/* Type, length, value, in any order; what is not needed or not known is passed over. */
static int read_optional(struct um_table_map *m, const struct um_event *ev, struct um_cursor *c,
                         struct um_err *err)
{
    enum { SIGNEDNESS = 1, COLUMN_NAME = 4 };
    while (um_cursor_left(c) > 0) {
        const uint8_t *at = c->p;
        unsigned type = (unsigned)um_cursor_uint(c, 1);
        uint64_t len = um_cursor_lenenc(c);
        const uint8_t *value = len <= um_cursor_left(c) ? um_cursor_take(c, (size_t)len) : NULL;
        if (c->bad || !value)
            return um_event_malformed(ev, at, err, "optional metadata %u goes beyond its end",
                                      type);
        struct um_cursor v = um_cursor_open(value, (size_t)len);
        if ((type == SIGNEDNESS && !read_signedness(m, &v)) ||
            (type == COLUMN_NAME && !read_names(m, &v)))
            return um_event_malformed(ev, at, err, "optional metadata %u does not fit %zu columns",
                                      type, m->count);
    }
    return 0;
}

/* Ends in a NUL, so it is a string where it stands. */
static const char *read_name(struct um_cursor *c)
{
    uint64_t len = um_cursor_lenenc(c);
    const uint8_t *name = len < um_cursor_left(c) ? um_cursor_take(c, (size_t)len + 1) : NULL;
    return name && name[len] == 0 ? (const char *)name : NULL;
}

static int read_body(struct um_table_map *m, const struct um_binlog_format *f,
                     const struct um_event *ev, struct um_err *err)
{
    struct um_cursor c = um_cursor_body(ev);
    m->id = read_table_id(f, ev, &c);
    um_cursor_uint(&c, 2);
    m->schema = read_name(&c);
    m->name = m->schema ? read_name(&c) : NULL;
    if (!m->name)
        return um_event_malformed(ev, c.p, err, "its schema or table name is cut off");
    uint64_t count = um_cursor_lenenc(&c);
    if (c.bad || count > um_cursor_left(&c))
        return um_event_malformed(ev, c.p, err, "%llu columns go beyond its end",
                                  (unsigned long long)count);
    m->count = (size_t)count;
    m->columns = um_alloc_array(m->count ? m->count : 1, sizeof *m->columns);
    return read_columns(m, ev, &c, err) || read_optional(m, ev, &c, err) ? -1 : 0;
}

struct um_table_map *um_table_map_new(const struct um_binlog_format *f, const struct um_event *ev,
                                      struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_TABLE_MAP);
    struct um_table_map *m = um_alloc(sizeof *m);
    struct um_event own = *ev;
    m->body = (uint8_t *)um_memdup(ev->body, ev->body_len);
    m->body_len = ev->body_len;
    own.body = m->body;
    if (read_body(m, f, &own, err) == 0)
        return m;
    if (m->name)
        um_fail_in(err, "table map of %s.%s", m->schema, m->name);
    um_table_map_delete(m);
    return NULL;
}

bool um_table_map_same(const struct um_table_map *m, const struct um_event *ev)
{
    return m->body_len == ev->body_len && memcmp(m->body, ev->body, ev->body_len) == 0;
}

void um_table_map_delete(struct um_table_map *m)
{
    if (!m)
        return;
    free(m->body);
    free(m->names);
    free(m->columns);
    free(m);
}

uint64_t um_table_map_id(const struct um_table_map *m)
{
    return m->id;
}

const char *um_table_map_schema(const struct um_table_map *m)
{
    return m->schema;
}

const char *um_table_map_name(const struct um_table_map *m)
{
    return m->name;
}

size_t um_table_map_columns(const struct um_table_map *m)
{
    return m->count;
}

uint8_t um_table_map_type(const struct um_table_map *m, size_t column)
{
    return m->columns[column].type;
}

uint16_t um_table_map_meta(const struct um_table_map *m, size_t column)
{
    return m->columns[column].meta;
}

bool um_table_map_nullable(const struct um_table_map *m, size_t column)
{
    return m->columns[column].nullable;
}

int um_table_map_unsigned(const struct um_table_map *m, size_t column)
{
    return m->columns[column].is_unsigned;
}

const char *um_table_map_column_name(const struct um_table_map *m, size_t column)
{
    return m->columns[column].name;
}

void um_table_map_set_fsp(struct um_table_map *m, size_t column, uint8_t fsp)
{
    UM_ASSERT(column < m->count);
    um_column_set_fsp(&m->columns[column], fsp);
}
