#include "follow/map_fit.h"

#include <string.h>
#include <strings.h>

/* MariaDB keeps a unique key of long values by a hash of them, in a column behind all others that
   is in no catalogue. The target makes its own. */
static bool count_fits(const struct um_table *t, size_t columns)
{
    size_t hidden = 0;
    for (size_t i = 0; i < t->index_count; i++)
        hidden += t->indexes[i].unique && t->indexes[i].kind == UM_INDEX_HASH;
    return columns == t->column_count || columns == t->column_count + hidden;
}

/* enum_field_types as they stand in a table map, the real ones behind STRING. */
enum wire {
    TINY = 1,
    SHORT = 2,
    LONG = 3,
    FLOAT = 4,
    DOUBLE = 5,
    TIMESTAMP = 7,
    LONGLONG = 8,
    INT24 = 9,
    DATE = 10,
    TIME = 11,
    DATETIME = 12,
    YEAR = 13,
    NEWDATE = 14,
    VARCHAR = 15,
    BIT = 16,
    TIMESTAMP2 = 17,
    DATETIME2 = 18,
    TIME2 = 19,
    BLOB_COMPRESSED = 140,
    VARCHAR_COMPRESSED = 141,
    VECTOR = 242,
    JSON = 245,
    NEWDECIMAL = 246,
    ENUM = 247,
    SET = 248,
    TINY_BLOB = 249,
    MEDIUM_BLOB = 250,
    LONG_BLOB = 251,
    BLOB = 252,
    VAR_STRING = 253,
    STRING = 254,
    GEOMETRY = 255,
};

#define ANY_BLOB    TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB, BLOB_COMPRESSED
#define ANY_VARCHAR VARCHAR, VAR_STRING, VARCHAR_COMPRESSED
static const uint8_t wires[][7] = {
    [UM_T_TINYINT] = {TINY},
    [UM_T_SMALLINT] = {SHORT},
    [UM_T_MEDIUMINT] = {INT24},
    [UM_T_INT] = {LONG},
    [UM_T_BIGINT] = {LONGLONG},
    [UM_T_FLOAT] = {FLOAT},
    [UM_T_DOUBLE] = {DOUBLE},
    [UM_T_DECIMAL] = {NEWDECIMAL},
    [UM_T_BIT] = {BIT},
    [UM_T_YEAR] = {YEAR},
    [UM_T_DATE] = {DATE, NEWDATE},
    [UM_T_TIME] = {TIME, TIME2},
    [UM_T_DATETIME] = {DATETIME, DATETIME2},
    [UM_T_TIMESTAMP] = {TIMESTAMP, TIMESTAMP2},
    [UM_T_CHAR] = {STRING, VAR_STRING},
    [UM_T_VARCHAR] = {ANY_VARCHAR},
    [UM_T_TEXT] = {ANY_BLOB},
    [UM_T_BINARY] = {STRING, VAR_STRING},
    [UM_T_VARBINARY] = {ANY_VARCHAR},
    [UM_T_BLOB] = {ANY_BLOB},
    [UM_T_ENUM] = {ENUM, STRING},
    [UM_T_SET] = {SET, STRING},
    [UM_T_JSON] = {JSON},
    [UM_T_GEOMETRY] = {GEOMETRY},
    [UM_T_VECTOR] = {VECTOR, ANY_VARCHAR},
    [UM_T_UUID] = {STRING},
    [UM_T_INET4] = {STRING},
    [UM_T_INET6] = {STRING},
    [UM_T_UNKNOWN] = {0},
};

static bool type_fits(enum um_type type, uint8_t wire)
{
    const uint8_t *allowed = wires[type];
    if (!*allowed)
        return true;
    for (size_t i = 0; i < sizeof wires[0] && allowed[i]; i++) {
        if (allowed[i] == wire)
            return true;
    }
    return false;
}

static bool has_sign(enum um_type type)
{
    return type <= UM_T_DECIMAL;
}

int um_map_fits(const struct um_table_map *map, const struct um_table *t, struct um_err *err)
{
    size_t columns = um_table_map_columns(map);
    if (!count_fits(t, columns))
        return um_fail(err, UM_E_SOURCE_DDL,
                       "table `%s`.`%s` has %zu columns in the binlog and %zu as it is known here: "
                       "a change of it was not followed",
                       t->schema, t->name, columns, t->column_count);
    for (size_t i = 0; i < t->column_count; i++) {
        const struct um_column *c = &t->columns[i];
        const char *name = um_table_map_column_name(map, i);
        int is_unsigned = um_table_map_unsigned(map, i);
        if (type_fits(c->type, um_table_map_type(map, i)) &&
            !(has_sign(c->type) && is_unsigned >= 0 && (is_unsigned == 1) != c->is_unsigned) &&
            !(name && strcasecmp(name, c->name) != 0))
            continue;
        return um_fail(err, UM_E_SOURCE_DDL,
                       "table `%s`.`%s`: column %zu is `%s` %s as it is known here, and `%s` of "
                       "the wire type %u%s in the binlog: a change of the table was not followed",
                       t->schema, t->name, i + 1, c->name, c->column_type, name ? name : "?",
                       um_table_map_type(map, i), is_unsigned == 1 ? " unsigned" : "");
    }
    return 0;
}
