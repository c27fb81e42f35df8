/* The columns that a table map announces. */
#include <string.h>

#include "binlog/column.h"
#include "dump/out.h"

/* The wire's types, by the names that servers give them. */
static const char *type_name(uint8_t type)
{
    static const char *const names[256] = {
        [UM_CT_DECIMAL] = "DECIMAL",
        [UM_CT_TINY] = "TINY",
        [UM_CT_SHORT] = "SHORT",
        [UM_CT_LONG] = "LONG",
        [UM_CT_FLOAT] = "FLOAT",
        [UM_CT_DOUBLE] = "DOUBLE",
        [UM_CT_NULL] = "NULL",
        [UM_CT_TIMESTAMP] = "TIMESTAMP",
        [UM_CT_LONGLONG] = "LONGLONG",
        [UM_CT_INT24] = "INT24",
        [UM_CT_DATE] = "DATE",
        [UM_CT_TIME] = "TIME",
        [UM_CT_DATETIME] = "DATETIME",
        [UM_CT_YEAR] = "YEAR",
        [UM_CT_NEWDATE] = "NEWDATE",
        [UM_CT_VARCHAR] = "VARCHAR",
        [UM_CT_BIT] = "BIT",
        [UM_CT_TIMESTAMP2] = "TIMESTAMP2",
        [UM_CT_DATETIME2] = "DATETIME2",
        [UM_CT_TIME2] = "TIME2",
        [UM_CT_TYPED_ARRAY] = "TYPED_ARRAY",
        [UM_CT_MARIA_BLOB_COMPRESSED] = "BLOB_COMPRESSED",
        [UM_CT_MARIA_VARCHAR_COMPRESSED] = "VARCHAR_COMPRESSED",
        [UM_CT_VECTOR] = "VECTOR",
        [UM_CT_JSON] = "JSON",
        [UM_CT_NEWDECIMAL] = "NEWDECIMAL",
        [UM_CT_ENUM] = "ENUM",
        [UM_CT_SET] = "SET",
        [UM_CT_TINY_BLOB] = "TINY_BLOB",
        [UM_CT_MEDIUM_BLOB] = "MEDIUM_BLOB",
        [UM_CT_LONG_BLOB] = "LONG_BLOB",
        [UM_CT_BLOB] = "BLOB",
        [UM_CT_VAR_STRING] = "VAR_STRING",
        [UM_CT_STRING] = "STRING",
        [UM_CT_GEOMETRY] = "GEOMETRY",
    };
    return names[type] ? names[type] : "unknown";
}

static void column_json(struct um_buf *out, const struct um_table_map *map, size_t i)
{
    const char *name = um_table_map_column_name(map, i);
    um_buf_str(out, i ? ",{" : "{");
    if (name) {
        um_buf_str(out, "\"name\":");
        um_print_bytes_json(name, strlen(name), out);
        um_buf_char(out, ',');
    }
    um_buf_str(out, "\"type\":\"");
    um_buf_str(out, type_name(um_table_map_type(map, i)));
    um_buf_str(out, "\",\"type_code\":");
    um_print_uint(um_table_map_type(map, i), out);
    um_buf_str(out, ",\"metadata\":");
    um_print_uint(um_table_map_meta(map, i), out);
    um_buf_str(out, um_table_map_nullable(map, i) ? ",\"nullable\":true" : ",\"nullable\":false");
    if (um_table_map_unsigned(map, i) >= 0)
        um_buf_str(out,
                   um_table_map_unsigned(map, i) ? ",\"unsigned\":true" : ",\"unsigned\":false");
    um_buf_char(out, '}');
}

static void column_text(struct um_buf *out, const struct um_table_map *map, size_t i)
{
    um_buf_str(out, i ? ", " : " ");
    um_out_column_name(out, map, i);
    um_buf_char(out, ' ');
    um_buf_str(out, type_name(um_table_map_type(map, i)));
    if (um_table_map_meta(map, i)) {
        um_buf_char(out, '(');
        um_print_uint(um_table_map_meta(map, i), out);
        um_buf_char(out, ')');
    }
    if (um_table_map_unsigned(map, i) == 1)
        um_buf_str(out, " unsigned");
    if (!um_table_map_nullable(map, i))
        um_buf_str(out, " not null");
}

void um_out_columns(struct um_out *o, const struct um_table_map *map)
{
    um_buf_str(&o->buf, o->format == UM_OUTPUT_JSON ? ",\"columns\":[" : " columns:");
    for (size_t i = 0; i < um_table_map_columns(map); i++) {
        if (o->format == UM_OUTPUT_JSON)
            column_json(&o->buf, map, i);
        else
            column_text(&o->buf, map, i);
    }
    if (o->format == UM_OUTPUT_JSON)
        um_buf_char(&o->buf, ']');
}
