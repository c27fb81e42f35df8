#include "checksum/column_pair.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "mysql/literal.h"
#include "schema/ddl.h"

enum form { FORM_INTEGER, FORM_TEXT, FORM_BYTES, FORM_LIST, FORM_OWN };

static enum form form_of(enum um_type type)
{
    switch (type) {
    case UM_T_TINYINT:
    case UM_T_SMALLINT:
    case UM_T_MEDIUMINT:
    case UM_T_INT:
    case UM_T_BIGINT:
        return FORM_INTEGER;
    case UM_T_CHAR:
    case UM_T_VARCHAR:
    case UM_T_TEXT:
    case UM_T_JSON: /* the other flavour keeps JSON as text */
        return FORM_TEXT;
    case UM_T_BINARY:
    case UM_T_VARBINARY:
    case UM_T_BLOB:
        return FORM_BYTES;
    case UM_T_ENUM:
    case UM_T_SET:
        return FORM_LIST;
    default:
        return FORM_OWN;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool um_columns_comparable(const struct um_column *a, const struct um_column *b)
{
    enum form form = form_of(a->type);
    if (form != form_of(b->type))
        return false;
    switch (form) {
    case FORM_TEXT:
    case FORM_BYTES:
        return true;
    case FORM_LIST:
        return a->type == b->type;
    case FORM_INTEGER:
        return (!um_column_zerofill(a) && !um_column_zerofill(b)) ||
               same_text(a->column_type, b->column_type);
    case FORM_OWN:
        break;
    }
    if (a->type != b->type || um_column_zerofill(a) != um_column_zerofill(b))
        return false;
    switch (a->type) {
    case UM_T_FLOAT:
    case UM_T_DOUBLE:
    case UM_T_DECIMAL:
        return a->scale == b->scale && a->fixed_scale == b->fixed_scale &&
               (!um_column_zerofill(a) || same_text(a->column_type, b->column_type));
    case UM_T_BIT:
        return a->length == b->length && a->precision == b->precision;
    case UM_T_TIME:
    case UM_T_DATETIME:
    case UM_T_TIMESTAMP:
        return a->fsp == b->fsp;
    case UM_T_UNKNOWN:
        return same_text(a->column_type, b->column_type);
    default:
        return true;
    }
}

/* ---- character sets ---- */

/* utf8mb3, ascii and JSON's own have the bytes that utf8mb4 would have. */
static const char *encoding_of(const struct um_column *c)
{
    static const char *const unicode[] = {"utf8", "utf8mb3", "utf8mb4", "ascii"};
    if (c->type == UM_T_JSON || !c->charset)
        return "utf8mb4";
    for (size_t i = 0; i < sizeof unicode / sizeof *unicode; i++)
        if (strcasecmp(c->charset, unicode[i]) == 0)
            return "utf8mb4";
    return c->charset;
}

static bool same_encoding(const struct um_column *a, const struct um_column *b)
{
    return strcasecmp(encoding_of(a), encoding_of(b)) == 0;
}

/* "utf8_bin" and "utf8mb3_bin" are names of one collation. */
static const char *collation_tail(const char *collation)
{
    if (strncmp(collation, "utf8mb3_", 8) == 0)
        return collation + 7;
    return strncmp(collation, "utf8_", 5) == 0 ? collation + 4 : collation;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool um_columns_same_order(const struct um_column *a, const struct um_column *b, bool same_flavour)
{
    if (form_of(a->type) != FORM_TEXT)
        return true;
    if (!a->collation || !b->collation ||
        strcmp(collation_tail(a->collation), collation_tail(b->collation)) != 0)
        return false;
    /* The flavours share names of collations, not always their tables. */
    return same_flavour || ends_with(a->collation, "_bin");
}

bool um_columns_same_form(const struct um_column *a, const struct um_column *b)
{
    if (!um_columns_comparable(a, b))
        return false;
    switch (form_of(a->type)) {
    case FORM_TEXT:
        return a->type != UM_T_JSON && b->type != UM_T_JSON && same_encoding(a, b);
    case FORM_LIST:
        return same_text(a->column_type, b->column_type);
    case FORM_BYTES: /* BINARY is padded where the others are not */
        return (a->type == UM_T_BINARY) == (b->type == UM_T_BINARY) &&
               (a->type != UM_T_BINARY || a->length == b->length);
    default:
        return true;
    }
}

bool um_columns_written_alike(const struct um_column *from, const struct um_column *to)
{
    if (um_column_writable(from) != um_column_writable(to))
        return false;
    if (from->type == UM_T_JSON || to->type == UM_T_JSON)
        return form_of(from->type) == FORM_TEXT && form_of(to->type) == FORM_TEXT &&
               same_encoding(from, to);
    return um_columns_same_form(from, to);
}

/* ---- the select list ---- */

void um_column_pair_select(struct um_buf *b, const struct um_column *own,
                           const struct um_column *other, bool same_flavour)
{
    switch (form_of(own->type)) {
    case FORM_LIST:
        if (same_text(own->column_type, other->column_type))
            break;
        /* The same number may stand for another member: compare the members. What comes first
           tells the error value (number 0) from a member that is ''. */
        um_buf_str(b, "CONCAT(CAST(");
        um_quote_ident(b, own->name);
        um_buf_str(b, " AS UNSIGNED) = 0, ':', CONVERT(");
        um_quote_ident(b, own->name);
        um_buf_str(b, " USING utf8mb4))");
        return;
    case FORM_TEXT:
        if (same_encoding(own, other) || strcmp(encoding_of(own), "utf8mb4") == 0)
            break;
        /* To Unicode, which holds every character of every character set: a conversion to the
           other side's set could turn a lost character into the same '?'. */
        um_buf_str(b, "CONVERT(");
        um_column_select(b, own);
        um_buf_str(b, " USING utf8mb4)");
        return;
    default:
        break;
    }
    um_column_select(b, own);
    /* MySQL keeps the sign of a zero and MariaDB does not: -0 + 0 is 0. */
    if (!same_flavour && (own->type == UM_T_FLOAT || own->type == UM_T_DOUBLE))
        um_buf_str(b, "+0e0");
}
