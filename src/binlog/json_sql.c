#include "binlog/json_binary.h"

#include <inttypes.h>
#include <string.h>

#include "binlog/column.h"
#include "binlog/json_text.h"
#include "binlog/wire.h"

/*
 * Text carries most documents. What it cannot carry is built by the functions that made it:
 * JSON_ARRAY and JSON_OBJECT keep the SQL type of their arguments.
 */

static void quote_sql(const uint8_t *text, size_t len, struct um_buf *out)
{
    um_buf_str(out, "_utf8mb4'");
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case 0:
            um_buf_str(out, "\\0");
            break;
        case '\n':
            um_buf_str(out, "\\n");
            break;
        case '\r':
            um_buf_str(out, "\\r");
            break;
        case 0x1a:
            um_buf_str(out, "\\Z");
            break;
        case '\'':
        case '\\':
            um_buf_char(out, '\\');
            um_buf_char(out, (char)text[i]);
            break;
        default:
            um_buf_char(out, (char)text[i]);
        }
    }
    um_buf_char(out, '\'');
}

static int cast_text(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    struct um_buf text = {0};
    int rc = um_json_print_value(w, v, &text);
    if (rc == 0) {
        um_buf_str(out, "CAST(");
        quote_sql((const uint8_t *)text.data, text.len, out);
        um_buf_str(out, " AS JSON)");
    }
    um_buf_free(&text);
    return rc;
}

static void hex_literal(const uint8_t *bytes, size_t len, struct um_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    um_buf_reserve(out, 2 * len + 3);
    um_buf_str(out, "x'");
    for (size_t i = 0; i < len; i++) {
        um_buf_char(out, digits[bytes[i] >> 4]);
        um_buf_char(out, digits[bytes[i] & 15]);
    }
    um_buf_char(out, '\'');
}

static const char *blob_type(uint8_t field_type)
{
    switch (field_type) {
    case UM_CT_TINY_BLOB:
        return "TINYBLOB";
    case UM_CT_BLOB:
        return "BLOB";
    case UM_CT_MEDIUM_BLOB:
        return "MEDIUMBLOB";
    case UM_CT_LONG_BLOB:
        return "LONGBLOB";
    default:
        return NULL;
    }
}

/*
 * The column types of bytes that no cast has a name for. JSON_TABLE declares columns of any type;
 * the size of a BLOB gets lost in it unless a UNION merges it with what is to have that type.
 */
bool um_json_bytes_sql(uint8_t field_type, const uint8_t *bytes, size_t len, struct um_buf *out)
{
    const char *blob = blob_type(field_type);
    if (field_type == UM_CT_VARCHAR) {
        hex_literal(bytes, len, out);
    } else if (blob) {
        um_buf_fmt(out,
                   "(SELECT CAST(v AS JSON) FROM (SELECT v FROM JSON_TABLE(_utf8mb4'[0]', "
                   "_utf8mb4'$[*]' COLUMNS (v %s PATH _utf8mb4'$.v')) AS t UNION ALL SELECT ",
                   blob);
        hex_literal(bytes, len, out);
        um_buf_str(out, ") AS u WHERE v IS NOT NULL)");
    } else if (field_type == UM_CT_BIT && len >= 1 && len <= 8) {
        um_buf_fmt(out,
                   "(SELECT CAST(v AS JSON) FROM JSON_TABLE(JSON_ARRAY(%" PRIu64
                   "), _utf8mb4'$[*]' COLUMNS (v BIT(%zu) PATH _utf8mb4'$')) AS t)",
                   um_be(bytes, (unsigned)len), 8 * len);
    } else if (field_type == UM_CT_STRING && len <= 255) {
        um_buf_str(out, "(SELECT CAST(v AS JSON) FROM JSON_TABLE(JSON_ARRAY(");
        hex_literal(bytes, len, out);
        um_buf_fmt(out, "), _utf8mb4'$[*]' COLUMNS (v BINARY(%zu) PATH _utf8mb4'$')) AS t)", len);
    } else {
        return false;
    }
    return true;
}

void um_json_temporal_sql(const char *type, const char *text, size_t len, struct um_buf *out)
{
    /* No cast makes a TIMESTAMP either; the sessions' time zone is UTC, and so is the text. */
    bool timestamp = strcmp(type, "TIMESTAMP") == 0;
    um_buf_str(out, timestamp ? "(SELECT CAST(v AS JSON) FROM JSON_TABLE(JSON_ARRAY(_utf8mb4'"
                              : "CAST('");
    um_buf_add(out, text, len);
    if (timestamp)
        um_buf_str(out, "'), _utf8mb4'$[*]' COLUMNS (v TIMESTAMP(6) PATH _utf8mb4'$')) AS t)");
    else
        um_buf_fmt(out, "' AS %s%s)", type, strcmp(type, "DATE") == 0 ? "" : "(6)");
}

static const char *temporal_type(uint8_t field_type)
{
    switch (field_type) {
    case UM_CT_DATE:
        return "DATE";
    case UM_CT_TIME:
        return "TIME";
    case UM_CT_DATETIME:
        return "DATETIME";
    default:
        return "TIMESTAMP";
    }
}

static int opaque_sql(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    struct um_buf text = {0};
    switch (v->field_type) {
    case UM_CT_NEWDECIMAL:
        /* A literal with a point is a DECIMAL of just these digits. */
        if (um_json_print_decimal(w, v, out))
            return -1;
        if (v->bytes[1] == 0)
            um_buf_char(out, '.');
        return 0;
    case UM_CT_DATE:
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_TIMESTAMP:
        um_json_print_temporal(v, &text);
        um_json_temporal_sql(temporal_type(v->field_type), text.data, text.len, out);
        um_buf_free(&text);
        return 0;
    default:
        if (um_json_bytes_sql(v->field_type, v->bytes, v->len, out))
            return 0;
        return um_fail(w->err, UM_E_JSON_UNSUPPORTED,
                       "binary JSON, offset %zu: an opaque value of column type %u and %zu bytes "
                       "has no SQL expression that makes it",
                       (size_t)(v->bytes - w->start), v->field_type, v->len);
    }
}

static int value_sql(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out);

static int container_sql(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    bool object = v->kind == UM_JSON_OBJECT;
    if (um_json_enter(w, v))
        return -1;
    um_buf_str(out, object ? "JSON_OBJECT(" : "JSON_ARRAY(");
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            um_buf_str(out, ", ");
        if (object) {
            struct um_json_text key;
            if (um_json_key(w, v, i, &key))
                return -1;
            quote_sql(key.bytes, key.len, out);
            um_buf_str(out, ", ");
        }
        struct um_json_value member;
        if (um_json_member(w, v, i, &member) || value_sql(w, &member, out))
            return -1;
    }
    um_buf_char(out, ')');
    um_json_leave(w);
    return 0;
}

static int value_sql(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out)
{
    /* Looking ahead walks the value a second time, so it does not count against the budget. */
    struct um_json_walk ahead = *w;
    bool needed;
    if (um_json_any_needs_sql(&ahead, v, &needed))
        return -1;
    if (!needed)
        return cast_text(w, v, out);
    if (v->kind <= UM_JSON_ARRAY)
        return container_sql(w, v, out);
    if (v->kind != UM_JSON_OPAQUE) {
        um_buf_fmt(out, "CAST(%" PRIu64 " AS %s)", v->u,
                   v->kind == UM_JSON_UINT ? "UNSIGNED" : "SIGNED");
        return 0;
    }
    return opaque_sql(w, v, out);
}

int um_json_sql(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err)
{
    struct um_json_walk w;
    struct um_json_value root;
    if (um_json_open(&w, bytes, len, &root, err))
        return -1;
    /* A bare scalar of SQL is not yet JSON. */
    bool scalar = um_json_needs_sql(&root);
    if (scalar)
        um_buf_str(out, "CAST(");
    if (value_sql(&w, &root, out))
        return -1;
    if (scalar)
        um_buf_str(out, " AS JSON)");
    return 0;
}
