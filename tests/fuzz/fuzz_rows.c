#include "binlog/rows.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

#include "binlog/json_binary.h"

/*
 * Input: choices, type of the row event, fraction digits for old temporals, two bytes of length,
 * a table map's body of that length, the row event's body. With the third bit of the choices set:
 * choices, a number of columns, and the pieces of an update of that many JSON columns in part.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 5, MAX_COLUMNS = 512 };

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

static void read_rows(const struct um_binlog_format *f, const struct um_event *ev,
                      const struct um_table_map *map)
{
    static struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
    struct um_err err;
    struct um_rows r;
    struct um_arena arena = {0};
    size_t count = um_table_map_columns(map), rows = 0;
    if (count > MAX_COLUMNS || um_rows_open(&r, f, ev, map, &err))
        return;
    r.arena = &arena;
    while (um_rows_next(&r, before, after, &err) == 1) {
        uint64_t sum = 0;
        if (r.kind != UM_ROWS_INSERT)
            sum += touch(before, count);
        if (r.kind != UM_ROWS_DELETE)
            sum += touch(after, count);
        UM_ASSERT(++rows <= ev->body_len && sum < UINT64_MAX);
    }
    /* A document comes out at most once more, with entries that can be a little larger. */
    UM_ASSERT(arena.used <= 4 * ev->body_len + (rows + 1) * count * 64);
    um_arena_free(&arena);
}

/* ---- updates in part, with the frame as it should be ---- */

struct pieces {
    const uint8_t *p, *end;
    struct um_buf row;
};

static uint8_t next(struct pieces *s)
{
    return s->p < s->end ? *s->p++ : 0;
}

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
    struct um_buf map_body = {0};
    um_buf_add(&map_body, "\x07\0\0\0\0\0\x01\0\x01s\0\x01t\0", 14);
    um_buf_char(&map_body, (char)columns);
    for (size_t i = 0; i < columns; i++)
        um_buf_char(&map_body, (char)0xf5); /* JSON */
    um_buf_char(&map_body, (char)columns);
    for (size_t i = 0; i < columns; i++)
        um_buf_char(&map_body, 4); /* bytes of length */
    um_buf_add(&map_body, "\xff\xff", bitmap);

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
    struct um_err err;
    struct um_event ev = event_of(UM_EV_TABLE_MAP, (const uint8_t *)map_body.data, map_body.len);
    struct um_table_map *map = um_table_map_new(f, &ev, &err);
    UM_ASSERT(map);
    uint8_t *body = malloc(s.row.len); /* no byte more than the event */
    memcpy(body, s.row.data, s.row.len);
    ev = event_of(UM_EV_PARTIAL_UPDATE_ROWS, body, s.row.len);
    read_rows(f, &ev, map);
    um_table_map_delete(map);
    free(body);
    um_buf_free(&s.row);
    um_buf_free(&map_body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t types[] = {
        UM_EV_WRITE_ROWS,     UM_EV_UPDATE_ROWS,    UM_EV_DELETE_ROWS,        UM_EV_WRITE_ROWS_V1,
        UM_EV_UPDATE_ROWS_V1, UM_EV_DELETE_ROWS_V1, UM_EV_PARTIAL_UPDATE_ROWS};
    if (size < HEAD)
        return 0;
    struct um_binlog_format f = {.known = true, .mariadb = data[0] & 1};
    memset(f.header_len, data[0] & 2 ? 6 : 0xff, sizeof f.header_len);
    if (data[0] & 4) {
        memset(f.header_len, 0xff, sizeof f.header_len);
        read_partial_update(&f, data + 1, size - 1);
        return 0;
    }
    size_t map_len = data[3] | (size_t)data[4] << 8;
    if (map_len > size - HEAD)
        map_len = size - HEAD;
    size_t rows_len = size - HEAD - map_len;
    uint8_t *map_bytes = malloc(map_len + 1), *row_bytes = malloc(rows_len + 1);
    memcpy(map_bytes, data + HEAD, map_len);
    memcpy(row_bytes, data + HEAD + map_len, rows_len);

    struct um_err err;
    struct um_event ev = event_of(UM_EV_TABLE_MAP, map_bytes, map_len);
    struct um_table_map *map = um_table_map_new(&f, &ev, &err);
    free(map_bytes);
    if (map) {
        for (size_t i = 0; i < um_table_map_columns(map); i++) {
            const char *name = um_table_map_column_name(map, i);
            UM_ASSERT(!name || strlen(name) <= map_len);
            um_table_map_set_fsp(map, i, data[2] & 7);
        }
        ev = event_of(types[data[1] % sizeof types], row_bytes, rows_len);
        read_rows(&f, &ev, map);
    }
    um_table_map_delete(map);
    free(row_bytes);
    return 0;
}
