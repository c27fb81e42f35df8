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

static void plan(struct um_column *c, enum um_column_op op, enum um_value_kind kind, unsigned size)
{
    c->op = (uint8_t)op;
    c->size = (uint8_t)size;
    c->common = (struct um_value){.kind = (uint8_t)kind};
}

static void plan_int(struct um_column *c, unsigned size)
{
    plan(c, UM_OP_INT, UM_V_INT, size);
    c->common.decimals = (uint8_t)size;
}

static void compile_decimal(struct um_column *c)
{
    unsigned precision = c->meta >> 8, scale = c->meta & 0xff;
    enum { DIGITS = 65, SCALE = 38 }; /* MariaDB's; MySQL has 30 */
    if (precision == 0 || precision > DIGITS || scale > SCALE || scale > precision)
        return;
    plan(c, UM_OP_FIXED, UM_V_DECIMAL, (unsigned)um_decimal_size(precision, scale));
    c->common.precision = (uint8_t)precision;
    c->common.decimals = (uint8_t)scale;
    c->common.len = c->size;
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
        plan(c, UM_OP_UINT, UM_V_ENUM, len);
    } else if (high == UM_CT_SET && len >= 1 && len <= 8) {
        plan(c, UM_OP_UINT, UM_V_SET, len);
    } else if (high == 0 || high == UM_CT_STRING || high == UM_CT_VAR_STRING) {
        plan(c, UM_OP_SIZED, UM_V_BYTES, len > 255 ? 2 : 1);
        high = UM_CT_STRING;
    }
    c->type = (uint8_t)high;
}

static void compile_temporal2(struct um_column *c, enum um_column_op op, enum um_value_kind kind,
                              unsigned whole)
{
    if (c->meta > 6)
        return;
    plan(c, op, kind, whole + (c->meta + 1U) / 2);
    c->common.decimals = (uint8_t)c->meta;
}

static void compile_prefixed(struct um_column *c, enum um_column_op op, enum um_value_kind kind)
{
    if (c->meta >= 1 && c->meta <= 4)
        plan(c, op, kind, c->meta);
}

/* A VARCHAR's metadata counts the header byte of a COMPRESSED one. */
static void compile_compressed_varchar(struct um_column *c)
{
    if (c->meta >= 1)
        plan(c, UM_OP_COMPRESSED, UM_V_COMPRESSED, c->meta > 255 ? 2 : 1);
}

static void compile_number(struct um_column *c)
{
    switch (c->type) {
    case UM_CT_TINY:
        plan_int(c, 1);
        break;
    case UM_CT_SHORT:
        plan_int(c, 2);
        break;
    case UM_CT_INT24:
        plan_int(c, 3);
        break;
    case UM_CT_LONG:
        plan_int(c, 4);
        break;
    case UM_CT_LONGLONG:
        plan_int(c, 8);
        break;
    case UM_CT_FLOAT:
        plan(c, UM_OP_FLOAT, UM_V_FLOAT, 4);
        break;
    case UM_CT_DOUBLE:
        plan(c, UM_OP_DOUBLE, UM_V_DOUBLE, 8);
        break;
    default:
        compile_decimal(c);
    }
}

/* The forms before 5.6; um_column_set_fsp turns them into MariaDB's with a fraction. */
static void compile_old_temporal(struct um_column *c)
{
    if (c->type == UM_CT_TIME)
        plan(c, UM_OP_TIME, UM_V_TIME, 3);
    else if (c->type == UM_CT_DATETIME)
        plan(c, UM_OP_DATETIME, UM_V_DATETIME, 8);
    else if (c->type == UM_CT_TIMESTAMP)
        plan(c, UM_OP_TIMESTAMP, UM_V_TIMESTAMP, 4);
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
            plan(c, UM_OP_UINT_BE, UM_V_BIT, (bits + 7) / 8);
        break;
    case UM_CT_YEAR:
        plan(c, UM_OP_YEAR, UM_V_YEAR, 1);
        break;
    case UM_CT_DATE:
    case UM_CT_NEWDATE:
        plan(c, UM_OP_DATE, UM_V_DATE, 3);
        break;
    case UM_CT_TIME:
    case UM_CT_DATETIME:
    case UM_CT_TIMESTAMP:
        compile_old_temporal(c);
        break;
    case UM_CT_TIME2:
        compile_temporal2(c, UM_OP_TIME2, UM_V_TIME, 3);
        break;
    case UM_CT_DATETIME2:
        compile_temporal2(c, UM_OP_DATETIME2, UM_V_DATETIME, 5);
        break;
    case UM_CT_TIMESTAMP2:
        compile_temporal2(c, UM_OP_TIMESTAMP2, UM_V_TIMESTAMP, 4);
        break;
    case UM_CT_VARCHAR:
    case UM_CT_VAR_STRING:
        plan(c, UM_OP_SIZED, UM_V_BYTES, meta > 255 ? 2 : 1);
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
        compile_prefixed(c, UM_OP_SIZED, UM_V_BYTES);
        break;
    case UM_CT_JSON:
        compile_prefixed(c, UM_OP_SIZED, UM_V_JSON);
        break;
    case UM_CT_GEOMETRY:
        compile_prefixed(c, UM_OP_SIZED, UM_V_GEOMETRY);
        break;
    case UM_CT_MARIA_BLOB_COMPRESSED:
        compile_prefixed(c, UM_OP_COMPRESSED, UM_V_COMPRESSED);
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
        plan(c, UM_OP_TIME_HIRES, UM_V_TIME, time_size[fsp]);
    else if (c->type == UM_CT_DATETIME)
        plan(c, UM_OP_DATETIME_HIRES, UM_V_DATETIME, datetime_size[fsp]);
    else
        plan(c, UM_OP_TIMESTAMP_HIRES, UM_V_TIMESTAMP, timestamp_size[fsp]);
    c->common.decimals = fsp;
}
