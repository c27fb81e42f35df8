#ifndef UM_BINLOG_COLUMN_H
#define UM_BINLOG_COLUMN_H

#include "binlog/rows.h"

/* The wire's column types (enum_field_types; 140 and 141 are MariaDB's). */
enum um_column_type {
    UM_CT_DECIMAL = 0,
    UM_CT_TINY = 1,
    UM_CT_SHORT = 2,
    UM_CT_LONG = 3,
    UM_CT_FLOAT = 4,
    UM_CT_DOUBLE = 5,
    UM_CT_NULL = 6,
    UM_CT_TIMESTAMP = 7,
    UM_CT_LONGLONG = 8,
    UM_CT_INT24 = 9,
    UM_CT_DATE = 10,
    UM_CT_TIME = 11,
    UM_CT_DATETIME = 12,
    UM_CT_YEAR = 13,
    UM_CT_NEWDATE = 14,
    UM_CT_VARCHAR = 15,
    UM_CT_BIT = 16,
    UM_CT_TIMESTAMP2 = 17,
    UM_CT_DATETIME2 = 18,
    UM_CT_TIME2 = 19,
    UM_CT_TYPED_ARRAY = 20,
    UM_CT_MARIA_BLOB_COMPRESSED = 140,
    UM_CT_MARIA_VARCHAR_COMPRESSED = 141,
    UM_CT_VECTOR = 242,
    UM_CT_JSON = 245,
    UM_CT_NEWDECIMAL = 246,
    UM_CT_ENUM = 247,
    UM_CT_SET = 248,
    UM_CT_TINY_BLOB = 249,
    UM_CT_MEDIUM_BLOB = 250,
    UM_CT_LONG_BLOB = 251,
    UM_CT_BLOB = 252,
    UM_CT_VAR_STRING = 253,
    UM_CT_STRING = 254,
    UM_CT_GEOMETRY = 255,
};

/* How a column's bytes become a value; what they are is the value's kind. */
enum um_column_op {
    UM_OP_UNSUPPORTED,
    UM_OP_INT,     /* signed, little-endian */
    UM_OP_UINT,    /* little-endian */
    UM_OP_UINT_BE, /* big-endian */
    UM_OP_FLOAT,
    UM_OP_DOUBLE,
    UM_OP_YEAR,
    UM_OP_DATE,
    UM_OP_TIME,       /* before 5.6: decimal digits hhmmss */
    UM_OP_TIME_HIRES, /* MariaDB, mysql56_temporal_format=OFF, with a fraction */
    UM_OP_TIME2,
    UM_OP_DATETIME,
    UM_OP_DATETIME_HIRES,
    UM_OP_DATETIME2,
    UM_OP_TIMESTAMP,
    UM_OP_TIMESTAMP_HIRES,
    UM_OP_TIMESTAMP2,
    UM_OP_FIXED,      /* `size` bytes as they are */
    UM_OP_SIZED,      /* `size` bytes of length, then the bytes */
    UM_OP_COMPRESSED, /* the same, as MariaDB packs them */
};

/* The decode plan of a column: settled once per table map. */
struct um_column {
    struct um_value common; /* what all values of the column share: kind, scale, a fixed length */
    uint8_t op;
    uint8_t size; /* bytes on the wire; of the length where that varies */
    uint8_t type;
    uint16_t meta;
    bool nullable;
    int8_t is_unsigned;
    const char *name;
};

struct um_table_map {
    uint64_t id;
    uint8_t *body; /* as the event had it; schema and name are in there */
    size_t body_len;
    const char *schema, *name;
    char *names; /* what the columns' names point into */
    size_t count, json_count;
    const struct um_column *unsupported; /* the first that cannot be decoded, or NULL */
    struct um_column *columns;
};

const char *um_column_type_name(uint8_t type);
/* Settles op, size and the like from the wire's type and metadata; STRING becomes what it hides. */
void um_column_compile(struct um_column *c, uint8_t type, uint16_t meta);
void um_column_set_fsp(struct um_column *c, uint8_t fsp);
/* One value that is there and not NULL. Moves *p behind it, or returns -1 and leaves it. */
int um_column_read(const struct um_column *c, const uint8_t **p, const uint8_t *end,
                   struct um_value *v);
/*
 * The values of `count` columns in a row, less those that have a bit in `nulls`. Returns how many
 * there were: fewer than `count` when the next one is damaged. *p is behind the last.
 */
size_t um_columns_read(const struct um_column *columns, size_t count, const uint8_t *nulls,
                       const uint8_t **p, const uint8_t *end, struct um_value *values);

#endif
