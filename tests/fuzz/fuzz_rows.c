#include "binlog/rows.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

#include "binlog/json_binary.h"
#include "reference_rows.h"

/*
 * Input: choices, type of the row event, fraction digits for old temporals; then
 *   0: two bytes of length, a table map's body of that length, the row event's body, as they are;
 *   8: columns, each by its number in `templates`, and what rows of these are made of;
 *   4: a number of columns and the pieces of an update of that many JSON columns in part.
 * What comes out is what the reference reads, but for updates in part, which it does not know.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_COLUMNS = 512 };

static struct um_event event_of(unsigned type, const uint8_t *body, size_t len)
{
    struct um_event ev = {.type = (uint8_t)type, .body = body, .body_len = len};
    ev.size = (uint32_t)(len + UM_EVENT_HEADER);
    return ev;
}

/* Touches every byte that a value lends. */
static uint64_t touch(const struct um_value *values, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const struct um_value *v = &values[i];
        bool bytes = v->kind == UM_V_BYTES || v->kind == UM_V_JSON || v->kind == UM_V_GEOMETRY ||
                     v->kind == UM_V_DECIMAL || v->kind == UM_V_COMPRESSED;
        for (uint32_t k = 0; bytes && k < v->len; k++)
            sum += v->bytes[k];
    }
    return sum;
}

static void same_rows(const struct um_value *a, const struct um_value *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        UM_ASSERT(ref_same(&a[i], &b[i]));
}

/* fsp: of all old temporals. */
static void read_rows(const struct um_binlog_format *f, const struct um_event *ev,
                      const struct um_table_map *map, unsigned fsp)
{
    static struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
    static struct um_value ref_before[MAX_COLUMNS], ref_after[MAX_COLUMNS];
    static struct um_arena arena;
    struct um_err err;
    struct um_rows r;
    size_t count = um_table_map_columns(map), rows = 0;
    if (count > MAX_COLUMNS || um_rows_open(&r, f, ev, map, &err))
        return;
    bool partial = ev->type == UM_EV_PARTIAL_UPDATE_ROWS;
    struct reference ref = {0};
    if (!partial)
        ref = ref_open(f, ev, map, fsp);
    r.arena = &arena;
    int more;
    do {
        more = um_rows_next(&r, before, after, &err);
        if (!partial)
            UM_ASSERT(more == ref_next(&ref, ref_before, ref_after));
        if (more != 1)
            break;
        uint64_t sum = 0;
        if (r.kind != UM_ROWS_INSERT)
            sum += touch(before, count);
        if (r.kind != UM_ROWS_DELETE)
            sum += touch(after, count);
        UM_ASSERT(++rows <= ev->body_len && sum < UINT64_MAX);
        if (!partial && r.kind != UM_ROWS_INSERT)
            same_rows(before, ref_before, count);
        if (!partial && r.kind != UM_ROWS_DELETE)
            same_rows(after, ref_after, count);
    } while (more == 1);
    /* A document comes out at most once more, with entries that can be a little larger. */
    UM_ASSERT(arena.used <= 4 * ev->body_len + (rows + 1) * count * 64);
    um_arena_reset(&arena);
}

/* ---- from bytes of the exact size, so that reading past them is noticed ---- */

static struct um_table_map *map_of(const struct um_binlog_format *f, const void *bytes, size_t len)
{
    uint8_t *exact = malloc(len + 1);
    struct um_err err;
    memcpy(exact, bytes, len);
    struct um_event ev = event_of(UM_EV_TABLE_MAP, exact, len);
    struct um_table_map *map = um_table_map_new(f, &ev, &err);
    free(exact);
    return map;
}

static void read_body(const struct um_binlog_format *f, unsigned type, const void *bytes,
                      size_t len, struct um_table_map *map, unsigned fsp)
{
    uint8_t *exact = malloc(len + 1);
    memcpy(exact, bytes, len);
    for (size_t i = 0; i < um_table_map_columns(map); i++) {
        const char *name = um_table_map_column_name(map, i);
        UM_ASSERT(!name || strlen(name) <= um_table_map_columns(map) + UINT16_MAX);
        um_table_map_set_fsp(map, i, (uint8_t)fsp);
    }
    struct um_event ev = event_of(type, exact, len);
    read_rows(f, &ev, map, fsp);
    free(exact);
}

struct pieces {
    const uint8_t *p, *end;
    struct um_buf map, row;
};

static uint8_t next(struct pieces *s)
{
    return s->p < s->end ? *s->p++ : 0;
}

static void pieces_free(struct pieces *s)
{
    um_buf_free(&s->map);
    um_buf_free(&s->row);
}

/* ---- rows as servers write them ---- */

/* Types with their metadata as on the wire. */
static const struct template
{
    uint8_t type, meta_size, meta[2];
}
templates[] = {
    {UM_CT_TINY, 0, {0}},
    {UM_CT_SHORT, 0, {0}},
    {UM_CT_INT24, 0, {0}},
    {UM_CT_LONG, 0, {0}},
    {UM_CT_LONGLONG, 0, {0}},
    {UM_CT_FLOAT, 1, {4}},
    {UM_CT_DOUBLE, 1, {8}},
    {UM_CT_NEWDECIMAL, 2, {10, 2}},
    {UM_CT_NEWDECIMAL, 2, {65, 30}},
    {UM_CT_NEWDECIMAL, 2, {9, 9}},
    {UM_CT_BIT, 2, {1, 0}},
    {UM_CT_BIT, 2, {0, 8}},
    {UM_CT_YEAR, 0, {0}},
    {UM_CT_DATE, 0, {0}},
    {UM_CT_TIME, 0, {0}},
    {UM_CT_DATETIME, 0, {0}},
    {UM_CT_TIMESTAMP, 0, {0}},
    {UM_CT_TIME2, 1, {0}},
    {UM_CT_TIME2, 1, {1}},
    {UM_CT_TIME2, 1, {4}},
    {UM_CT_TIME2, 1, {6}},
    {UM_CT_DATETIME2, 1, {0}},
    {UM_CT_DATETIME2, 1, {2}},
    {UM_CT_DATETIME2, 1, {3}},
    {UM_CT_DATETIME2, 1, {6}},
    {UM_CT_TIMESTAMP2, 1, {0}},
    {UM_CT_TIMESTAMP2, 1, {1}},
    {UM_CT_TIMESTAMP2, 1, {4}},
    {UM_CT_TIMESTAMP2, 1, {5}},
    {UM_CT_STRING, 2, {UM_CT_STRING, 40}},
    {UM_CT_STRING, 2, {UM_CT_STRING ^ 0x30, 0xfc}}, /* CHAR(255) of four bytes each */
    {UM_CT_STRING, 2, {UM_CT_ENUM, 1}},
    {UM_CT_STRING, 2, {UM_CT_ENUM, 2}},
    {UM_CT_STRING, 2, {UM_CT_SET, 1}},
    {UM_CT_STRING, 2, {UM_CT_SET, 8}},
    {UM_CT_VARCHAR, 2, {80, 0}},
    {UM_CT_VARCHAR, 2, {0, 4}},
    {UM_CT_BLOB, 1, {1}},
    {UM_CT_BLOB, 1, {2}},
    {UM_CT_BLOB, 1, {3}},
    {UM_CT_BLOB, 1, {4}},
    {UM_CT_VECTOR, 1, {4}},
    {UM_CT_JSON, 1, {4}},
    {UM_CT_GEOMETRY, 1, {4}},
    {UM_CT_MARIA_BLOB_COMPRESSED, 1, {2}},
    {UM_CT_MARIA_VARCHAR_COMPRESSED, 2, {101, 0}},
};
enum { TEMPLATES = sizeof templates / sizeof *templates };

static void add_id(const struct um_binlog_format *f, unsigned type, struct um_buf *out)
{
    um_buf_add(out, "\x07\0\0\0\0\0", f->header_len[type] == 6 ? 4 : 6);
}

static void make_map(struct pieces *s, const struct um_binlog_format *f, size_t columns,
                     const uint8_t *chosen)
{
    struct um_buf meta = {0};
    add_id(f, UM_EV_TABLE_MAP, &s->map);
    um_buf_add(&s->map, "\x01\0\x01s\0\x01t\0", 8);
    um_buf_char(&s->map, (char)columns);
    for (size_t i = 0; i < columns; i++) {
        const struct template *t = &templates[chosen[i]];
        um_buf_char(&s->map, (char)t->type);
        um_buf_add(&meta, t->meta, t->meta_size);
    }
    um_buf_char(&s->map, (char)meta.len);
    um_buf_add(&s->map, meta.data, meta.len);
    for (size_t i = 0; i < (columns + 7) / 8; i++)
        um_buf_char(&s->map, (char)0xff);
    um_buf_free(&meta);
}

static void copy(struct pieces *s, size_t len)
{
    for (; len > 0; len--)
        um_buf_char(&s->row, (char)next(s));
}

/* Any fraction of a second, rather than any bytes, most of which are none. */
static void make_fraction(struct pieces *s, unsigned decimals)
{
    static const uint32_t most[] = {1, 100, 10000, 1000000};
    unsigned bytes = (decimals + 1) / 2;
    uint32_t v = (uint32_t)next(s) << 16 | (uint32_t)next(s) << 8 | next(s);
    for (v %= most[bytes]; bytes > 0; bytes--)
        um_buf_char(&s->row, (char)(v >> (8 * (bytes - 1))));
}

/* A length that fits what follows, or now and then does not. */
static void make_sized(struct pieces *s, unsigned prefix)
{
    size_t len = next(s), left = (size_t)(s->end - s->p);
    if (len == 0xfe && prefix > 1)
        len = 300;
    if (len != 0xff && len > left)
        len = left;
    for (unsigned i = 0; i < prefix; i++)
        um_buf_char(&s->row, (char)(len >> (8 * i)));
    copy(s, len == 0xff ? 0 : len);
}

static void make_value(struct pieces *s, const struct um_table_map *map, size_t column,
                       unsigned fsp)
{
    uint8_t type = um_table_map_type(map, column);
    unsigned meta = um_table_map_meta(map, column);
    unsigned prefix = (unsigned)ref_length_bytes(type, meta);
    if (prefix) {
        make_sized(s, prefix);
    } else if (type == UM_CT_DATETIME2 || type == UM_CT_TIMESTAMP2) {
        copy(s, type == UM_CT_DATETIME2 ? 5 : 4);
        make_fraction(s, meta);
    } else {
        copy(s, ref_size(type, meta, fsp));
    }
}

static void make_image(struct pieces *s, const struct um_table_map *map, const uint8_t *present,
                       unsigned fsp)
{
    size_t columns = um_table_map_columns(map), count = 0;
    uint8_t nulls[4] = {0};
    for (size_t i = 0; i < columns; i++)
        count += ref_bit(present, i);
    for (size_t i = 0; i < (count + 7) / 8; i++)
        nulls[i] = next(s) & next(s);
    um_buf_add(&s->row, nulls, (count + 7) / 8);
    for (size_t i = 0, n = 0; i < columns; i++)
        if (ref_bit(present, i) && !ref_bit(nulls, n++))
            make_value(s, map, i, fsp);
}

static void read_made(const struct um_binlog_format *f, unsigned type, unsigned fsp,
                      const uint8_t *data, size_t size)
{
    struct pieces s = {.p = data, .end = data + size};
    uint8_t chosen[32], present[2][4];
    size_t columns = 1 + next(&s) % sizeof chosen, bitmap = (columns + 7) / 8;
    unsigned choice = next(&s), kind = (type - UM_EV_WRITE_ROWS_V1) % 3;
    bool v2 = type >= UM_EV_WRITE_ROWS;
    kind = v2 ? type - UM_EV_WRITE_ROWS : kind;
    for (size_t i = 0; i < columns; i++)
        chosen[i] = next(&s) % TEMPLATES;
    for (size_t i = 0; i < 8; i++)
        present[i / 4][i % 4] = choice & 1U << (i / 4) ? next(&s) : 0xff;
    make_map(&s, f, columns, chosen);
    struct um_table_map *map = map_of(f, s.map.data, s.map.len);
    UM_ASSERT(map);

    add_id(f, type, &s.row);
    um_buf_add(&s.row, "\x01\0", 2);
    if (v2)
        um_buf_add(&s.row, choice & 4 ? "\x04\0xx" : "\x02\0", choice & 4 ? 4 : 2);
    um_buf_char(&s.row, (char)columns);
    if (kind > 0)
        um_buf_add(&s.row, present[0], bitmap);
    if (kind < 2)
        um_buf_add(&s.row, present[1], bitmap);
    while (next(&s), s.p < s.end) { /* an image can be of no column at all */
        if (kind > 0)
            make_image(&s, map, present[0], fsp);
        if (kind < 2)
            make_image(&s, map, present[1], fsp);
    }
    read_body(f, type, s.row.data, s.row.len, map, fsp);
    um_table_map_delete(map);
    pieces_free(&s);
}

/* ---- updates in part, with the frame as it should be ---- */

/* A length of 4 bytes and that many bytes; now and then the length lies. */
static void add_sized(struct pieces *s)
{
    size_t len = next(s), left = (size_t)(s->end - s->p);
    uint8_t bytes[4] = {(uint8_t)len, len == 0xff ? 0xff : 0, 0, 0};
    if (len > left)
        bytes[0] = (uint8_t)(len = left);
    um_buf_add(&s->row, bytes, sizeof bytes);
    um_buf_add(&s->row, s->p, len);
    s->p += len;
}

static void add_image(struct pieces *s, size_t columns, const uint8_t *present)
{
    uint8_t nulls[2] = {next(s), next(s)};
    size_t n = 0;
    for (size_t i = 0; i < columns; i++)
        n += present[i / 8] >> (i % 8) & 1;
    um_buf_add(&s->row, nulls, (n + 7) / 8);
    for (size_t i = 0; i < n; i++)
        if (!(nulls[i / 8] >> (i % 8) & 1))
            add_sized(s);
}

static void read_partial_update(const struct um_binlog_format *f, const uint8_t *data, size_t size)
{
    static const char head[] = "\x07\0\0\0\0\0\x01\0\x02\0"; /* id, flags, no extra data */
    struct pieces s = {.p = data, .end = data + size};
    size_t columns = 1 + next(&s) % 16, bitmap = (columns + 7) / 8;
    um_buf_add(&s.map, "\x07\0\0\0\0\0\x01\0\x01s\0\x01t\0", 14);
    um_buf_char(&s.map, (char)columns);
    for (size_t i = 0; i < columns; i++)
        um_buf_char(&s.map, (char)UM_CT_JSON);
    um_buf_char(&s.map, (char)columns);
    for (size_t i = 0; i < columns; i++)
        um_buf_char(&s.map, 4); /* bytes of length */
    um_buf_add(&s.map, "\xff\xff", bitmap);

    uint8_t choice = next(&s), before[2] = {0xff, 0xff}, after[2] = {0xff, 0xff};
    for (size_t i = 0; i < 2; i++) {
        before[i] = choice & 1 ? next(&s) : 0xff;
        after[i] = choice & 2 ? next(&s) : 0xff;
    }
    um_buf_add(&s.row, head, sizeof head - 1);
    um_buf_char(&s.row, (char)columns);
    um_buf_add(&s.row, before, bitmap);
    um_buf_add(&s.row, after, bitmap);
    while (s.p < s.end) {
        add_image(&s, columns, before);
        uint8_t options = next(&s), partial[2] = {next(&s), next(&s)};
        um_buf_char(&s.row, options & 0xf0 ? 1 : (char)(options % 3));
        if (options & 0xf0 || options % 3)
            um_buf_add(&s.row, partial, bitmap);
        add_image(&s, columns, after);
    }
    struct um_table_map *map = map_of(f, s.map.data, s.map.len);
    UM_ASSERT(map);
    read_body(f, UM_EV_PARTIAL_UPDATE_ROWS, s.row.data, s.row.len, map, 0);
    um_table_map_delete(map);
    pieces_free(&s);
}

/* ---- anything ---- */

static void read_raw(const struct um_binlog_format *f, unsigned type, unsigned fsp,
                     const uint8_t *data, size_t size)
{
    if (size < 2)
        return;
    size_t map_len = data[0] | (size_t)data[1] << 8;
    if (map_len > size - 2)
        map_len = size - 2;
    struct um_table_map *map = map_of(f, data + 2, map_len);
    if (map)
        read_body(f, type, data + 2 + map_len, size - 2 - map_len, map, fsp);
    um_table_map_delete(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MARIADB = 1, OLD_HEADERS = 2, PARTIAL = 4, MADE = 8 };
    static const uint8_t types[] = {
        UM_EV_WRITE_ROWS,     UM_EV_UPDATE_ROWS,    UM_EV_DELETE_ROWS,        UM_EV_WRITE_ROWS_V1,
        UM_EV_UPDATE_ROWS_V1, UM_EV_DELETE_ROWS_V1, UM_EV_PARTIAL_UPDATE_ROWS};
    if (size < 3)
        return 0;
    struct um_binlog_format f = {.known = true, .mariadb = data[0] & MARIADB};
    memset(f.header_len, data[0] & OLD_HEADERS ? 6 : 0xff, sizeof f.header_len);
    unsigned fsp = data[2] % 7;
    if (data[0] & PARTIAL) {
        memset(f.header_len, 0xff, sizeof f.header_len);
        read_partial_update(&f, data + 1, size - 1);
    } else if (data[0] & MADE) {
        read_made(&f, types[data[1] % (sizeof types - 1)], fsp, data + 3, size - 3);
    } else {
        read_raw(&f, types[data[1] % sizeof types], fsp, data + 3, size - 3);
    }
    return 0;
}
