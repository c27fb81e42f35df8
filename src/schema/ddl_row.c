#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes of MariaDB's row, as its sql/field.h counts them (pack_length). */

static size_t number(const struct um_tokens *t, size_t i, size_t otherwise)
{
    return um_tok_char(t, 2, '(') && um_tok_kind(t, i, UM_TOK_WORD)
               ? strtoul(t->text + t->items[i].at, NULL, 10)
               : otherwise;
}

static size_t digits_bytes(size_t digits)
{
    static const size_t rest[] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
    return digits / 9 * 4 + rest[digits % 9];
}

static size_t decimal_bytes(const struct um_tokens *t)
{
    size_t precision = number(t, 3, 10);
    size_t scale = um_tok_char(t, 4, ',') ? number(t, 5, 0) : 0;
    return precision >= scale ? digits_bytes(precision - scale) + digits_bytes(scale) : 0;
}

static size_t list_bytes(const struct um_tokens *t)
{
    size_t members = 0;
    for (size_t i = 3; um_tok_kind(t, i, UM_TOK_STRING); i += 2)
        members++;
    if (um_tok_is(t, 1, "enum"))
        return members > 255 ? 2 : 1;
    return members > 32 ? 8 : (members + 7) / 8;
}

static size_t character_bytes(const char *charset)
{
    static const struct {
        const char *name;
        size_t bytes;
    } wide[] = {{"utf8mb4", 4}, {"utf16", 4},  {"utf16le", 4}, {"utf32", 4}, {"utf8", 3},
                {"utf8mb3", 3}, {"ujis", 3},   {"eucjpms", 3}, {"ucs2", 2},  {"big5", 2},
                {"gbk", 2},     {"gb2312", 2}, {"euckr", 2},   {"sjis", 2},  {"cp932", 2}};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        if (strcasecmp(wide[i].name, charset) == 0)
            return wide[i].bytes;
    }
    return 1;
}

size_t um_ddl_row_bytes(const struct um_tokens *t, const char *charset)
{
    enum { POINTER = 8 };
    static const struct {
        const char *name;
        size_t bytes;
    } fixed[] = {
        {"tinyint", 1}, {"smallint", 2},    {"mediumint", 3},   {"int", 4},
        {"bigint", 8},  {"float", 4},       {"double", 8},      {"date", 3},
        {"year", 1},    {"tinytext", 9},    {"tinyblob", 9},    {"text", 2 + POINTER},
        {"blob", 10},   {"mediumtext", 11}, {"mediumblob", 11},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (um_tok_is(t, 1, fixed[i].name))
            return fixed[i].bytes;
    }
    size_t length = number(t, 3, 1), fraction = (number(t, 3, 0) + 1) / 2;
    if (um_tok_is(t, 1, "decimal"))
        return decimal_bytes(t);
    if (um_tok_is(t, 1, "time"))
        return 3 + fraction;
    if (um_tok_is(t, 1, "datetime"))
        return 5 + fraction;
    if (um_tok_is(t, 1, "timestamp"))
        return 4 + fraction;
    if (um_tok_is(t, 1, "bit"))
        return (length + 7) / 8;
    if (um_tok_is(t, 1, "enum") || um_tok_is(t, 1, "set"))
        return list_bytes(t);
    if (um_tok_is(t, 1, "vector"))
        return length * sizeof(float) + 2;
    if (um_tok_is(t, 1, "binary"))
        return length;
    if (um_tok_is(t, 1, "char"))
        return length * character_bytes(charset);
    if (um_tok_is(t, 1, "varchar") || um_tok_is(t, 1, "varbinary")) {
        size_t bytes = length * (um_tok_is(t, 1, "varchar") ? character_bytes(charset) : 1);
        return bytes + (bytes > 255 ? 2 : 1);
    }
    return 4 + POINTER; /* LONGTEXT, LONGBLOB, JSON, GEOMETRY and its kinds */
}
