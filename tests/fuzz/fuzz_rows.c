#include "binlog/rows.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

#include "binlog/json_binary.h"

/*
 * Input: choices, type of the row event, fraction digits for old temporals, two bytes of length,
 * a table map's body of that length, the row event's body.
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
    size_t count = um_table_map_columns(map), rows = 0;
    if (count > MAX_COLUMNS || um_rows_open(&r, f, ev, map, &err))
        return;
    while (um_rows_next(&r, before, after, &err) == 1) {
        uint64_t sum = 0;
        if (r.kind != UM_ROWS_INSERT)
            sum += touch(before, count);
        if (r.kind != UM_ROWS_DELETE)
            sum += touch(after, count);
        UM_ASSERT(++rows <= ev->body_len && sum < UINT64_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t types[] = {UM_EV_WRITE_ROWS,     UM_EV_UPDATE_ROWS,
                                    UM_EV_DELETE_ROWS,    UM_EV_WRITE_ROWS_V1,
                                    UM_EV_UPDATE_ROWS_V1, UM_EV_DELETE_ROWS_V1};
    if (size < HEAD)
        return 0;
    struct um_binlog_format f = {.known = true, .mariadb = data[0] & 1};
    memset(f.header_len, data[0] & 2 ? 6 : 0xff, sizeof f.header_len);
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
