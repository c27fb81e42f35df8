#include "binlog/column.h"

#include "binlog/decimal.h"

const char *um_column_type_name(uint8_t type)
{
    switch (type) {
    case UM_CT_DECIMAL:
        return "DECIMAL of servers before 5.0";
    case UM_CT_TYPED_ARRAY:
        return "typed array (of a multi-valued index)";
    case UM_CT_MARIA_BLOB_COMPRESSED:
        return "BLOB or TEXT COMPRESSED";
    case UM_CT_MARIA_VARCHAR_COMPRESSED:
        return "VARCHAR or VARBINARY COMPRESSED";
    default:
        return "unknown";
    }
}

static void fixed(struct um_column *c, enum um_column_op op, unsigned size)
{
    c->op = (uint8_t)op;
    c->size = (uint8_t)size;
}

static void compile_decimal(struct um_column *c)
{
    unsigned precision = c->meta >> 8, scale = c->meta & 0xff;
    if (precision == 0 || precision > 65 || scale > 30 || scale > precision)
        return;
    fixed(c, UM_OP_DECIMAL, (unsigned)um_decimal_size(precision, scale));
    c->precision = (uint8_t)precision;
    c->decimals = (uint8_t)scale;
}

/* CHAR, BINARY, ENUM and SET: the high byte is the real type, mixed with length bits for CHAR. */
static void compile_string(struct um_column *c)
{
    unsigned high = c->meta >> 8, len = c->meta & 0xff;
    if (high && (high & 0x30) != 0x30) {
        len |= ((high & 0x30) ^ 0x30) << 4;
        high |= 0x30;
    }
    if (high == UM_CT_ENUM && (len == 1 || len == 2)) {
        fixed(c, UM_OP_ENUM, len);
    } else if (high == UM_CT_SET && len >= 1 && len <= 8) {
        fixed(c, UM_OP_SET, len);
    } else if (high == 0 || high == UM_CT_STRING || high == UM_CT_VAR_STRING) {
        fixed(c, UM_OP_BYTES, len > 255 ? 2 : 1);
        high = UM_CT_STRING;
    }
    c->type = (uint8_t)high;
}

static void compile_temporal2(struct um_column *c, enum um_column_op op, unsigned whole)
{
    if (c->meta > 6)
        return;
    fixed(c, op, whole + (c->meta + 1U) / 2);
    c->decimals = (uint8_t)c->meta;
}

static void compile_prefixed(struct um_column *c, enum um_column_op op)
{
    if (c->meta >= 1 && c->meta <= 4)
        fixed(c, op, c->meta);
}

/* A VARCHAR's metadata counts the header byte of a COMPRESSED one. */
static void compile_compressed_varchar(struct um_column *c)
{
    if (c->meta >= 1)
        fixed(c, UM_OP_COMPRESSED, c->meta > 255 ? 2 : 1);
}

static void compile_number(struct um_column *c)
{
    switch (c->type) {
    case UM_CT_TINY:
        fixed(c, UM_OP_INT, 1);
        break;
    case UM_CT_SHORT:
        fixed(c, UM_OP_INT, 2);
        break;
    case UM_CT_INT24:
        fixed(c, UM_OP_INT, 3);
        break;
    case UM_CT_LONG:
        fixed(c, UM_OP_INT, 4);
        break;
    case UM_CT_LONGLONG:
        fixed(c, UM_OP_INT, 8);
        break;
    case UM_CT_FLOAT:
        fixed(c, UM_OP_FLOAT, 4);
        break;
    case UM_CT_DOUBLE:
        fixed(c, UM_OP_DOUBLE, 8);
        break;
    default:
        compile_decimal(c);
    }
}

/* The forms before 5.6; um_column_set_fsp turns them into MariaDB's with a fraction. */
static void compile_old_temporal(struct um_column *c)
{
    if (c->type == UM_CT_TIME)
        fixed(c, UM_OP_TIME, 3);
    else if (c->type == UM_CT_DATETIME)
        fixed(c, UM_OP_DATETIME, 8);
    else if (c->type == UM_CT_TIMESTAMP)
        fixed(c, UM_OP_TIMESTAMP, 4);
    c->decimals = 0;
}

void um_column_compile(struct um_column *c, uint8_t type, uint16_t meta)
{
    *c = (struct um_column){.type = type, .meta = meta, .is_unsigned = -1};
    unsigned bits = (meta >> 8) * 8U + (meta & 0xff);
    switch (type) {
    case UM_CT_TINY:
    case UM_CT_SHORT:
    case UM_CT_INT24:
    case UM_CT_LONG:
    case UM_CT_LONGLONG:
    case UM_CT_FLOAT:
    case UM_CT_DOUBLE:
    case UM_CT_NEWDECIMAL:
        compile_number(c);
        break;
    case UM_CT_BIT:
        if (bits >= 1 && bits <= 64)
            fixed(c, UM_OP_BIT, (bits + 7) / 8);
        break;
    case UM_CT_YEAR:
        fixed(c, UM_OP_YEAR, 1);
        break;
    case UM_CT_DATE:
    case UM_CT_NEWDATE:
        fixed(c, UM_OP_DATE, 3);
        break;
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_TIMESTAMP:
        compile_old_temporal(c);
        break;
    case UM_CT_TIME2:
        compile_temporal2(c, UM_OP_TIME2, 3);
        break;
    case UM_CT_DATETIME2:
        compile_temporal2(c, UM_OP_DATETIME2, 5);
        break;
    case UM_CT_TIMESTAMP2:
        compile_temporal2(c, UM_OP_TIMESTAMP2, 4);
        break;
    case UM_CT_VARCHAR:
    case UM_CT_VAR_STRING:
        fixed(c, UM_OP_BYTES, meta > 255 ? 2 : 1);
        break;
    case UM_CT_STRING:
    case UM_CT_ENUM:
    case UM_CT_SET:
        compile_string(c);
        break;
    case UM_CT_TINY_BLOB:
    case UM_CT_MEDIUM_BLOB:
    case UM_CT_LONG_BLOB:
    case UM_CT_BLOB:
    case UM_CT_VECTOR:
        compile_prefixed(c, UM_OP_BYTES);
        break;
    case UM_CT_JSON:
        compile_prefixed(c, UM_OP_JSON);
        break;
    case UM_CT_GEOMETRY:
        compile_prefixed(c, UM_OP_GEOMETRY);
        break;
    case UM_CT_MARIA_BLOB_COMPRESSED:
        compile_prefixed(c, UM_OP_COMPRESSED);
        break;
    case UM_CT_MARIA_VARCHAR_COMPRESSED:
        compile_compressed_varchar(c);
        break;
    default:
        break;
    }
}

void um_column_set_fsp(struct um_column *c, uint8_t fsp)
{
    static const uint8_t time_size[] = {3, 4, 4, 5, 5, 5, 6};
    static const uint8_t datetime_size[] = {8, 6, 6, 7, 7, 7, 8};
    static const uint8_t timestamp_size[] = {4, 5, 5, 6, 6, 7, 7};
    bool old = c->type == UM_CT_TIME || c->type == UM_CT_DATETIME || c->type == UM_CT_TIMESTAMP;
    if (!old || fsp > 6)
        return;
    compile_old_temporal(c);
    if (fsp == 0)
        return;
    if (c->type == UM_CT_TIME)
        fixed(c, UM_OP_TIME_HIRES, time_size[fsp]);
    else if (c->type == UM_CT_DATETIME)
        fixed(c, UM_OP_DATETIME_HIRES, datetime_size[fsp]);
    else
        fixed(c, UM_OP_TIMESTAMP_HIRES, timestamp_size[fsp]);
    c->decimals = fsp;
}
