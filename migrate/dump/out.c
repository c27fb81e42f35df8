#include "dump/out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/utf8.h"

static bool json(const struct um_out *o)
{
    return o->format == UM_OUTPUT_JSON;
}

static void field(struct um_out *o, const char *name)
{
    um_buf_str(&o->buf, json(o) ? ",\"" : " ");
    um_buf_str(&o->buf, name);
    um_buf_str(&o->buf, json(o) ? "\":" : "=");
}

void um_out_uint(struct um_out *o, const char *name, uint64_t u)
{
    field(o, name);
    if (json(o))
        um_print_uint_json(u, &o->buf);
    else
        um_print_uint(u, &o->buf);
}

void um_out_number(struct um_out *o, const char *name, const char *digits)
{
    field(o, name);
    um_buf_str(&o->buf, digits);
}

void um_out_flag(struct um_out *o, const char *name)
{
    if (json(o))
        um_buf_fmt(&o->buf, ",\"%s\":true", name);
    else
        um_buf_fmt(&o->buf, " %s", name);
}

void um_out_word(struct um_out *o, const char *name, const char *word)
{
    field(o, name);
    um_buf_fmt(&o->buf, json(o) ? "\"%s\"" : "%s", word);
}

void um_out_bytes(struct um_out *o, const char *name, const void *bytes, size_t len)
{
    field(o, name);
    if (json(o))
        um_print_bytes_json(bytes, len, &o->buf);
    else
        um_print_bytes_text(bytes, len, &o->buf);
}

/* The reason can quote names from the event, cut anywhere. */
static char *printable(const char *why)
{
    char *text = um_strdup(why);
    size_t bad;
    bool utf8 = um_utf8_valid(text, strlen(text), &bad);
    for (char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
            *p = '?';
    }
    return text;
}

void um_out_not_decoded(struct um_out *o, size_t len, const char *why)
{
    char *text = printable(why ? why : "");
    if (json(o)) {
        um_out_uint(o, "not_decoded_bytes", len);
        if (why)
            um_out_bytes(o, "not_decoded", text, strlen(text));
    } else {
        um_buf_fmt(&o->buf, " not decoded (%zu bytes)%s%s", len, why ? ": " : "", text);
    }
    free(text);
}

/* ---- what every event has ---- */

static void begin_text(struct um_out *o, const char *file, const struct um_read_event *e)
{
    um_buf_fmt(&o->buf, "%s:%" PRIu64 " ", file, e->start);
    um_print_time(e->ev->timestamp, &o->buf);
    um_buf_fmt(&o->buf, " server %u %s", e->ev->server_id, um_event_name(e->ev->type));
    if (strcmp(um_event_name(e->ev->type), "unknown") == 0)
        um_out_uint(o, "type", e->ev->type);
    um_out_uint(o, "end", e->end);
    if (e->ev != e->outer)
        um_out_word(o, "packed_in", um_event_name(e->outer->type));
    else if (e->ev->log_pos != (uint32_t)e->end)
        um_out_uint(o, "log_pos", e->ev->log_pos);
    if (e->ev->flags)
        um_out_uint(o, "flags", e->ev->flags);
}

static void begin_json(struct um_out *o, const char *file, const struct um_read_event *e)
{
    um_buf_str(&o->buf, "{\"file\":");
    um_print_bytes_json(file, strlen(file), &o->buf);
    um_out_uint(o, "position", e->start);
    um_out_uint(o, "end", e->end);
    um_out_uint(o, "timestamp", e->ev->timestamp);
    um_buf_str(&o->buf, ",\"time\":\"");
    um_print_time(e->ev->timestamp, &o->buf);
    um_buf_char(&o->buf, '"');
    um_out_uint(o, "server_id", e->ev->server_id);
    um_out_word(o, "type", um_event_name(e->ev->type));
    um_out_uint(o, "type_code", e->ev->type);
    um_out_uint(o, "flags", e->ev->flags);
    if (e->ev != e->outer)
        um_out_word(o, "packed_in", um_event_name(e->outer->type));
    else
        um_out_uint(o, "log_pos", e->ev->log_pos);
}

void um_out_begin(struct um_out *o, const char *file, const struct um_read_event *e)
{
    if (json(o))
        begin_json(o, file, e);
    else
        begin_text(o, file, e);
}

void um_out_end(struct um_out *o)
{
    um_buf_str(&o->buf, json(o) ? "}\n" : "\n");
}

/* ---- tables ---- */

void um_out_table(struct um_out *o, const struct um_table_map *map)
{
    const char *schema = um_table_map_schema(map), *name = um_table_map_name(map);
    if (json(o)) {
        um_out_bytes(o, "schema", schema, strlen(schema));
        um_out_bytes(o, "table", name, strlen(name));
    } else {
        field(o, "table");
        um_print_name_text(schema, &o->buf);
        um_buf_char(&o->buf, '.');
        um_print_name_text(name, &o->buf);
    }
    um_out_uint(o, "table_id", um_table_map_id(map));
}

/* ---- rows ---- */

void um_out_rows_begin(struct um_out *o)
{
    if (json(o))
        um_buf_str(&o->buf, ",\"rows\":[");
}

void um_out_rows_end(struct um_out *o)
{
    if (json(o))
        um_buf_char(&o->buf, ']');
}

void um_out_column_name(struct um_buf *out, const struct um_table_map *map, size_t i)
{
    const char *name = um_table_map_column_name(map, i);
    if (name)
        um_print_name_text(name, out);
    else
        um_buf_fmt(out, "@%zu", i + 1);
}

static int image_json(struct um_buf *out, const char *which, const struct um_table_map *map,
                      const struct um_value *values, struct um_err *err)
{
    bool begun = false;
    um_buf_fmt(out, "\"%s\":{", which);
    for (size_t i = 0; i < um_table_map_columns(map); i++) {
        const char *name = um_table_map_column_name(map, i);
        size_t bad;
        if (values[i].kind == UM_V_ABSENT)
            continue;
        if (begun)
            um_buf_char(out, ',');
        begun = true;
        if (name && um_utf8_valid(name, strlen(name), &bad))
            um_print_bytes_json(name, strlen(name), out);
        else
            um_buf_fmt(out, "\"@%zu\"", i + 1);
        um_buf_char(out, ':');
        if (um_print_value_json(map, i, &values[i], out, err) != 0)
            return -1;
    }
    um_buf_char(out, '}');
    return 0;
}

static int image_text(struct um_buf *out, char sign, const struct um_table_map *map,
                      const struct um_value *values, struct um_err *err)
{
    for (size_t i = 0; i < um_table_map_columns(map); i++) {
        if (values[i].kind == UM_V_ABSENT)
            continue;
        um_buf_str(out, "\n  ");
        um_buf_char(out, sign);
        um_buf_char(out, ' ');
        um_out_column_name(out, map, i);
        um_buf_str(out, " = ");
        if (um_print_value_text(map, i, &values[i], out, err) != 0)
            return -1;
    }
    return 0;
}

int um_out_row(struct um_out *o, const struct um_rows *rows, const struct um_value *before,
               const struct um_value *after, struct um_err *err)
{
    static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE"};
    bool has_before = rows->kind != UM_ROWS_INSERT, has_after = rows->kind != UM_ROWS_DELETE;
    struct um_buf *out = &o->buf;
    if (!json(o)) {
        um_buf_fmt(out, "\n  %s", verbs[rows->kind]);
        if (has_before && image_text(out, '-', rows->map, before, err) != 0)
            return -1;
        return has_after ? image_text(out, '+', rows->map, after, err) : 0;
    }
    um_buf_str(out, rows->row_index > 1 ? ",{" : "{");
    if (has_before && image_json(out, "before", rows->map, before, err) != 0)
        return -1;
    if (has_before && has_after)
        um_buf_char(out, ',');
    if (has_after && image_json(out, "after", rows->map, after, err) != 0)
        return -1;
    um_buf_char(out, '}');
    return 0;
}
