#include "schema/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* DATA_TYPE of information_schema; aliases as servers of either flavour may print them. */
static const struct {
    const char *name;
    enum um_type type;
} types[] = {
    {"tinyint", UM_T_TINYINT},
    {"boolean", UM_T_TINYINT},
    {"smallint", UM_T_SMALLINT},
    {"mediumint", UM_T_MEDIUMINT},
    {"int", UM_T_INT},
    {"integer", UM_T_INT},
    {"bigint", UM_T_BIGINT},
    {"float", UM_T_FLOAT},
    {"double", UM_T_DOUBLE},
    {"real", UM_T_DOUBLE},
    {"decimal", UM_T_DECIMAL},
    {"numeric", UM_T_DECIMAL},
    {"bit", UM_T_BIT},
    {"year", UM_T_YEAR},
    {"date", UM_T_DATE},
    {"time", UM_T_TIME},
    {"datetime", UM_T_DATETIME},
    {"timestamp", UM_T_TIMESTAMP},
    {"char", UM_T_CHAR},
    {"varchar", UM_T_VARCHAR},
    {"tinytext", UM_T_TEXT},
    {"text", UM_T_TEXT},
    {"mediumtext", UM_T_TEXT},
    {"longtext", UM_T_TEXT},
    {"binary", UM_T_BINARY},
    {"varbinary", UM_T_VARBINARY},
    {"tinyblob", UM_T_BLOB},
    {"blob", UM_T_BLOB},
    {"mediumblob", UM_T_BLOB},
    {"longblob", UM_T_BLOB},
    {"enum", UM_T_ENUM},
    {"set", UM_T_SET},
    {"json", UM_T_JSON},
    {"geometry", UM_T_GEOMETRY},
    {"point", UM_T_GEOMETRY},
    {"linestring", UM_T_GEOMETRY},
    {"polygon", UM_T_GEOMETRY},
    {"multipoint", UM_T_GEOMETRY},
    {"multilinestring", UM_T_GEOMETRY},
    {"multipolygon", UM_T_GEOMETRY},
    {"geometrycollection", UM_T_GEOMETRY},
    {"geomcollection", UM_T_GEOMETRY},
    {"vector", UM_T_VECTOR},
    {"uuid", UM_T_UUID},
    {"inet4", UM_T_INET4},
    {"inet6", UM_T_INET6},
};

static enum um_type find_type(const char *data_type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(types[i].name, data_type) == 0)
            return types[i].type;
    }
    return UM_T_UNKNOWN;
}

/* The number behind *p and its separator, clipped to what no type exceeds. */
static unsigned long number_at(const char **p)
{
    char *end;
    unsigned long n = strtoul(*p, &end, 10);
    *p = *end == ',' ? end + 1 : end;
    return n > UINT32_MAX ? UINT32_MAX : n;
}

/* The last part of column_type that is not inside quotes or parentheses: attributes. */
static const char *attributes_of(const char *column_type)
{
    const char *open = strchr(column_type, '('), *close = strrchr(column_type, ')');
    return open && close && close > open ? close + 1 : column_type;
}

static void read_numbers(struct um_column *c, const char *p)
{
    switch (c->type) {
    case UM_T_DECIMAL:
    case UM_T_FLOAT:
    case UM_T_DOUBLE:
        c->precision = (uint8_t)number_at(&p);
        c->fixed_scale = p[-1] == ',';
        c->scale = c->fixed_scale ? (uint8_t)number_at(&p) : 0;
        break;
    case UM_T_TIME:
    case UM_T_DATETIME:
    case UM_T_TIMESTAMP:
        c->fsp = (uint8_t)number_at(&p);
        break;
    case UM_T_CHAR:
    case UM_T_VARCHAR:
    case UM_T_BINARY:
    case UM_T_VARBINARY:
    case UM_T_BIT:
    case UM_T_VECTOR:
        c->length = (uint32_t)number_at(&p);
        break;
    default: /* a display width, or the values of ENUM and SET */
        break;
    }
}

static uint32_t lob_length(const char *data_type)
{
    if (strncasecmp(data_type, "tiny", 4) == 0)
        return 0xff;
    if (strncasecmp(data_type, "medium", 6) == 0)
        return 0xffffff;
    if (strncasecmp(data_type, "long", 4) == 0)
        return UINT32_MAX;
    return 0xffff;
}

void um_column_set_type(struct um_column *c, const char *data_type)
{
    const char *attributes = attributes_of(c->column_type);
    const char *open = strchr(c->column_type, '(');
    c->type = find_type(data_type);
    if (c->type == UM_T_DECIMAL)
        c->precision = 10; /* what DECIMAL without numbers means */
    if (c->type == UM_T_TEXT || c->type == UM_T_BLOB)
        c->length = lob_length(data_type);
    if (open && attributes != c->column_type)
        read_numbers(c, open + 1);
    c->is_unsigned = strcasestr(attributes, "unsigned") || strcasestr(attributes, "zerofill");
}

bool um_column_is_integer(const struct um_column *c)
{
    switch (c->type) {
    case UM_T_TINYINT:
    case UM_T_SMALLINT:
    case UM_T_MEDIUMINT:
    case UM_T_INT:
    case UM_T_BIGINT:
        return true;
    default:
        return false;
    }
}

bool um_column_zerofill(const struct um_column *c)
{
    return c->column_type && strcasestr(c->column_type, "zerofill");
}
