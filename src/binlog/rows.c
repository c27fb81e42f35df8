#include "binlog/rows.h"

#include <string.h>

#include "binlog/column.h"
#include "binlog/json_diff.h"
#include "binlog/wire.h"

bool um_event_is_rows(uint8_t type)
{
    return (type >= UM_EV_WRITE_ROWS_V1 && type <= UM_EV_DELETE_ROWS_V1) ||
           (type >= UM_EV_WRITE_ROWS && type <= UM_EV_DELETE_ROWS) ||
           type == UM_EV_PARTIAL_UPDATE_ROWS;
}

static enum um_rows_kind kind_of(uint8_t type)
{
    switch (type) {
    case UM_EV_WRITE_ROWS:
    case UM_EV_WRITE_ROWS_V1:
        return UM_ROWS_INSERT;
    case UM_EV_UPDATE_ROWS:
    case UM_EV_UPDATE_ROWS_V1:
    case UM_EV_PARTIAL_UPDATE_ROWS:
        return UM_ROWS_UPDATE;
    default:
        return UM_ROWS_DELETE;
    }
}

static bool bit(const uint8_t *bitmap, size_t i)
{
    return bitmap[i / 8] >> (i % 8) & 1;
}

static size_t count_bits(const uint8_t *bitmap, size_t n)
{
    size_t count = 0;
    for (; n >= 8; n -= 8)
        count += (size_t)__builtin_popcount(*bitmap++);
    return n ? count + (size_t)__builtin_popcount(*bitmap & ((1U << n) - 1)) : count;
}

static int fail_unsupported(const struct um_table_map *map, struct um_err *err)
{
    const struct um_column *c = map->unsupported;
    return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                   "%s.%s: column %zu%s%s%s has wire type %u with metadata %04x (%s), "
                   "which is not decoded",
                   map->schema, map->name, (size_t)(c - map->columns) + 1, c->name ? " (" : "",
                   c->name ? c->name : "", c->name ? ")" : "", c->type, c->meta,
                   um_column_type_name(c->type));
}

/* Table id, flags and, in version 2, extra data whose length counts itself. */
static int read_post_header(struct um_rows *r, const struct um_binlog_format *f,
                            const struct um_event *ev, struct um_cursor *c, struct um_err *err)
{
    uint64_t id = um_cursor_uint(c, f->header_len[ev->type] == 6 ? 4 : 6);
    r->flags = (uint16_t)um_cursor_uint(c, 2);
    if (!c->bad && id != r->map->id)
        return um_event_malformed(ev, ev->body, err, "it is of table id %llu, the map of %llu",
                                  (unsigned long long)id, (unsigned long long)r->map->id);
    if (ev->type >= UM_EV_WRITE_ROWS) {
        size_t extra = (size_t)um_cursor_uint(c, 2);
        if (extra < 2)
            c->bad = true;
        else
            um_cursor_take(c, extra - 2);
    }
    return c->bad ? um_event_malformed(ev, c->p, err, "it ends within its header") : 0;
}

int um_rows_open(struct um_rows *r, const struct um_binlog_format *f, const struct um_event *ev,
                 const struct um_table_map *map, struct um_err *err)
{
    UM_ASSERT(um_event_is_rows(ev->type));
    *r = (struct um_rows){.kind = kind_of(ev->type), .map = map, .event = ev};
    if (map->unsupported)
        return fail_unsupported(map, err);
    struct um_cursor c = um_cursor_body(ev);
    if (read_post_header(r, f, ev, &c, err))
        return um_fail_in(err, "%s.%s", map->schema, map->name);
    uint64_t width = um_cursor_lenenc(&c);
    if (c.bad || width != map->count) {
        um_event_malformed(ev, c.p, err, "it has %llu columns, the table map %zu",
                           (unsigned long long)width, map->count);
        return um_fail_in(err, "%s.%s", map->schema, map->name);
    }
    size_t bytes = (map->count + 7) / 8;
    if (r->kind != UM_ROWS_INSERT)
        r->present_before = um_cursor_take(&c, bytes);
    if (r->kind != UM_ROWS_DELETE)
        r->present_after = um_cursor_take(&c, bytes);
    if (c.bad) {
        um_event_malformed(ev, c.p, err, "it ends within its column bitmaps");
        return um_fail_in(err, "%s.%s", map->schema, map->name);
    }
    if (r->present_before)
        r->count_before = count_bits(r->present_before, map->count);
    if (r->present_after)
        r->count_after = count_bits(r->present_after, map->count);
    r->start = r->p = c.p;
    r->end = c.end;
    if (r->count_before + r->count_after == 0)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "%s.%s: a %s event carries no column at all, so it does not tell how many "
                       "rows there are; set binlog_row_image=FULL on the source",
                       map->schema, map->name, um_event_name(ev->type));
    return 0;
}

bool um_rows_full_before(const struct um_rows *r)
{
    return !r->present_before || r->count_before == r->map->count;
}

bool um_rows_full_image(const struct um_rows *r)
{
    return um_rows_full_before(r) && (!r->present_after || r->count_after == r->map->count);
}

static int fail_value(const struct um_rows *r, const uint8_t *at, size_t column, struct um_err *err)
{
    const struct um_column *c = &r->map->columns[column];
    um_event_malformed(r->event, at, err,
                       "row %zu, column %zu%s%s%s: a value of wire type %u is cut off or "
                       "out of range",
                       r->row_index + 1, column + 1, c->name ? " (" : "", c->name ? c->name : "",
                       c->name ? ")" : "", c->type);
    return um_fail_in(err, "%s.%s", r->map->schema, r->map->name);
}

/* The options in front of an image after the change: *partial is its bitmap, or NULL. */
static int read_value_options(struct um_rows *r, const uint8_t **partial, struct um_err *err)
{
    enum { PARTIAL_JSON_UPDATES = 1 };
    struct um_cursor c = um_cursor_open(r->p, (size_t)(r->end - r->p));
    uint64_t options = um_cursor_lenenc(&c);
    *partial = NULL;
    if (!c.bad && options & ~(uint64_t)PARTIAL_JSON_UPDATES)
        return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                       "%s.%s: row %zu has the value options %llu, of which only 1 (PARTIAL_JSON) "
                       "is known",
                       r->map->schema, r->map->name, r->row_index + 1, (unsigned long long)options);
    if (options)
        *partial = um_cursor_take(&c, (r->map->json_count + 7) / 8);
    if (c.bad) {
        um_event_malformed(r->event, r->p, err, "row %zu: its value options are cut off",
                           r->row_index + 1);
        return um_fail_in(err, "%s.%s", r->map->schema, r->map->name);
    }
    r->p = c.p;
    return 0;
}

static int fail_partial(const struct um_rows *r, size_t column, struct um_err *err)
{
    const struct um_column *c = &r->map->columns[column];
    return um_fail_in(err, "%s.%s: row %zu, column %zu%s%s%s", r->map->schema, r->map->name,
                      r->row_index + 1, column + 1, c->name ? " (" : "", c->name ? c->name : "",
                      c->name ? ")" : "");
}

/* The differences to the document of the image before. */
static int read_partial(struct um_rows *r, size_t column, const uint8_t **p,
                        const struct um_value *before, struct um_value *after, struct um_err *err)
{
    UM_ASSERT(r->arena);
    struct um_cursor c = um_cursor_open(*p, (size_t)(r->end - *p));
    size_t len = (size_t)um_cursor_uint(&c, 4);
    const uint8_t *diffs = um_cursor_take(&c, len);
    if (!diffs)
        return fail_value(r, *p, column, err);
    if (before->kind == UM_V_ABSENT) {
        um_fail(err, UM_E_EVENT_UNSUPPORTED,
                "the event has only the part of a JSON document that changed, and no document "
                "before the change to put it into; set binlog_row_image=FULL, or "
                "binlog_row_value_options='', on the source");
        return fail_partial(r, column, err);
    }
    if (before->kind != UM_V_JSON) {
        um_event_malformed(r->event, *p, err, "it changes a part of a NULL");
        return fail_partial(r, column, err);
    }
    struct um_json_text document = {before->bytes, before->len};
    if (um_json_diff_apply(&document, diffs, len, r->arena, err) != 0)
        return fail_partial(r, column, err);
    *after = *before;
    after->bytes = document.bytes;
    after->len = (uint32_t)document.len;
    *p = c.p;
    return 0;
}

/* The values of an image that leaves columns out, or that gives some by how they differ from those
   of `before`: where `partial` has a bit. */
static int read_parts(struct um_rows *r, const uint8_t *present, const uint8_t *partial,
                      const uint8_t *nulls, const struct um_value *before, struct um_value *values,
                      struct um_err *err)
{
    const struct um_table_map *map = r->map;
    for (size_t i = 0, n = 0, json = 0; i < map->count; i++) {
        const struct um_column *c = &map->columns[i];
        bool differs = partial && c->common.kind == UM_V_JSON && bit(partial, json++);
        if (!bit(present, i)) {
            values[i].kind = UM_V_ABSENT;
        } else if (bit(nulls, n++)) {
            values[i].kind = UM_V_NULL;
        } else if (differs) {
            if (read_partial(r, i, &r->p, &before[i], &values[i], err))
                return -1;
        } else if (um_column_read(c, &r->p, r->end, &values[i])) {
            return fail_value(r, r->p, i, err);
        }
    }
    return 0;
}

/* One image: a NULL bit for each column that is present, then the values that are not NULL. */
static int read_image(struct um_rows *r, const uint8_t *present, size_t count,
                      const uint8_t *partial, const struct um_value *before,
                      struct um_value *values, struct um_err *err)
{
    size_t null_bytes = (count + 7) / 8;
    if ((size_t)(r->end - r->p) < null_bytes)
        return fail_value(r, r->p, 0, err);
    const uint8_t *nulls = r->p;
    r->p += null_bytes;
    if (count < r->map->count || partial)
        return read_parts(r, present, partial, nulls, before, values, err);
    size_t done = um_columns_read(r->map->columns, count, nulls, &r->p, r->end, values);
    return done == count ? 0 : fail_value(r, r->p, done, err);
}

int um_rows_next(struct um_rows *r, struct um_value *before, struct um_value *after,
                 struct um_err *err)
{
    const uint8_t *partial = NULL;
    if (r->p == r->end)
        return 0;
    if (r->present_before &&
        read_image(r, r->present_before, r->count_before, NULL, NULL, before, err))
        return -1;
    if (r->event->type == UM_EV_PARTIAL_UPDATE_ROWS && read_value_options(r, &partial, err))
        return -1;
    if (r->present_after &&
        read_image(r, r->present_after, r->count_after, partial, before, after, err))
        return -1;
    r->row_index++;
    return 1;
}
