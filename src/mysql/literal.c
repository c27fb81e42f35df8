#include "mysql/literal.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "binlog/compressed_column.h"
#include "binlog/decimal.h"
#include "binlog/json_binary.h"
#include "mysql/conn.h"
#include "schema/ddl.h"

enum purpose { STORE, MATCH };

static int refuse(const struct um_column *to, const char *what, struct um_err *err)
{
    return um_fail(err, UM_E_TARGET_VALUE, "column %s (%s): %s", to->name, to->column_type, what);
}

/* ---- numbers ---- */

static void put_int(struct um_buf *b, const struct um_value *v, const struct um_column *from)
{
    if (from->is_unsigned)
        um_buf_fmt(b, "%" PRIu64, um_value_as_unsigned(v));
    else
        um_buf_fmt(b, "%" PRId64, v->i);
}

/* 17 digits name exactly one double. The exponent makes it a floating-point literal: without one
   the servers take it for a DECIMAL and lose the sign of -0. */
static int put_double(struct um_buf *b, double d, const struct um_column *to, enum purpose purpose,
                      struct um_err *err)
{
    if (!isfinite(d))
        return refuse(to, "the value is not a finite number", err);
    if (purpose == STORE && um_column_takes(to, d, err) != 0)
        return -1;
    char text[40];
    snprintf(text, sizeof text, "%.17g", d);
    um_buf_fmt(b, "%s%s", text, strchr(text, 'e') ? "" : "e0");
    return 0;
}

/* ---- temporals ---- */

static void put_fraction(struct um_buf *b, uint32_t usec, unsigned digits)
{
    char text[12];
    if (digits == 0)
        return;
    snprintf(text, sizeof text, "%06u", (unsigned)usec % 1000000);
    um_buf_char(b, '.');
    um_buf_add(b, text, digits > 6 ? 6 : digits);
}

static void put_temporal(struct um_buf *b, const struct um_value *v)
{
    const struct um_temporal *t = &v->t;
    um_buf_char(b, '\'');
    if (v->kind != UM_V_TIME)
        um_buf_fmt(b, "%04u-%02u-%02u", t->year, t->month, t->day);
    if (v->kind == UM_V_DATETIME)
        um_buf_char(b, ' ');
    if (v->kind == UM_V_TIME && t->negative)
        um_buf_char(b, '-');
    if (v->kind != UM_V_DATE) {
        um_buf_fmt(b, "%02u:%02u:%02u", t->hour, t->minute, t->second);
        put_fraction(b, t->usec, v->decimals);
    }
    um_buf_char(b, '\'');
}

static int put_timestamp(struct um_buf *b, const struct um_value *v, const struct um_column *to,
                         struct um_err *err)
{
    struct tm tm = {0};
    time_t s = (time_t)v->ts.s;
    um_buf_char(b, '\'');
    if (v->ts.s == 0 && v->ts.usec == 0) {
        um_buf_str(b, "0000-00-00 00:00:00");
    } else {
        if (!gmtime_r(&s, &tm))
            return refuse(to, "the timestamp is beyond all dates", err);
        um_buf_fmt(b, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour, tm.tm_min, tm.tm_sec);
    }
    put_fraction(b, v->ts.usec, v->decimals);
    um_buf_char(b, '\'');
    return 0;
}

/* ---- text and bytes ---- */

static bool is_utf8mb3(const char *charset)
{
    return strcasecmp(charset, "utf8") == 0 || strcasecmp(charset, "utf8mb3") == 0;
}

static bool is_utf8mb4(const char *charset)
{
    return strcasecmp(charset, "utf8mb4") == 0;
}

/* True when text of `from` is the same bytes in `to`, or one of them has no character set. */
static bool same_bytes(const char *from, const char *to)
{
    return !from || !to || strcasecmp(from, to) == 0 ||
           (is_utf8mb3(from) && (is_utf8mb3(to) || is_utf8mb4(to)));
}

/*
 * The name of the character set before a literal. The three-byte UTF-8 has had two names, an old
 * server knows only one, and a new one warns of either: its superset says the same, and a column
 * of three-byte UTF-8 is still found by its index.
 */
static const char *introducer(const char *from, const char *to)
{
    const char *name = from ? from : to;
    return is_utf8mb3(name) ? "utf8mb4" : name;
}

/* Text as the server must read it. The sessions' own character set is binary: a bare literal's
   bytes arrive as they are, an introducer makes the server convert and check them. */
static void put_text(struct um_buf *b, const void *bytes, size_t len, const char *from,
                     const char *to, enum purpose purpose)
{
    if (to && (purpose == MATCH || !same_bytes(from, to)))
        um_buf_fmt(b, "_%s", introducer(from, to));
    um_quote_bytes(b, bytes, len);
}

static void put_padded(struct um_buf *b, const struct um_value *v, size_t width)
{
    struct um_buf padded = {0};
    um_buf_add(&padded, v->bytes, v->len);
    while (padded.len < width)
        um_buf_char(&padded, '\0');
    um_quote_bytes(b, padded.data ? padded.data : "", padded.len);
    um_buf_free(&padded);
}

/* MariaDB's UUID, INET4 and INET6 are binary strings in the row image, less trailing zeros; a
   binary literal of the full width is how these types are written and compared, too. */
static size_t address_width(enum um_type type)
{
    switch (type) {
    case UM_T_UUID:
    case UM_T_INET6:
        return 16;
    case UM_T_INET4:
        return 4;
    default:
        return 0;
    }
}

/* The server's own text of such a value, for targets that keep it as text. */
static void put_address_text(struct um_buf *b, const struct um_value *v, enum um_type type)
{
    uint8_t full[16] = {0};
    char text[INET6_ADDRSTRLEN] = "";
    memcpy(full, v->bytes, v->len < sizeof full ? v->len : sizeof full);
    if (type == UM_T_UUID) {
        um_buf_char(b, '\'');
        for (unsigned i = 0; i < 16; i++)
            um_buf_fmt(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", full[i]);
        um_buf_char(b, '\'');
        return;
    }
    inet_ntop(type == UM_T_INET4 ? AF_INET : AF_INET6, full, text, sizeof text);
    um_quote_text(b, text);
}

static int put_bytes(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, enum purpose purpose, struct um_err *err)
{
    size_t width = address_width(from->type);
    if (width) {
        if (v->len > width)
            return refuse(to, "the value is longer than its type", err);
        if (to->charset)
            put_address_text(b, v, from->type);
        else
            put_padded(b, v, width);
    } else if (to->type == UM_T_JSON) {
        put_text(b, v->bytes, v->len, from->charset, "utf8mb4", MATCH);
    } else if (purpose == MATCH && to->type == UM_T_BINARY) {
        put_padded(b, v, to->length);
    } else {
        put_text(b, v->bytes, v->len, from->charset, to->charset, purpose);
    }
    return 0;
}

static int print_json(struct um_buf *text, const struct um_value *v, struct um_err *err)
{
    if (v->len)
        return um_json_print(v->bytes, v->len, text, err);
    um_buf_str(text, "null"); /* what the servers take an empty document for */
    return 0;
}

static int put_json(struct um_buf *b, const struct um_value *v, const struct um_column *to,
                    enum purpose purpose, struct um_err *err)
{
    if (to->type == UM_T_JSON && v->len)
        return um_json_sql(v->bytes, v->len, b, err);
    struct um_buf text = {0};
    int result = print_json(&text, v, err);
    if (result == 0 && to->type == UM_T_JSON) {
        um_buf_fmt(b, "CAST(_utf8mb4'%s' AS JSON)", text.data);
    } else if (result == 0) {
        put_text(b, text.data, text.len, "utf8mb4", to->charset, purpose);
    }
    um_buf_free(&text);
    return result;
}

/* ---- compressed columns ---- */

typedef int literal_fn(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                       const struct um_column *to, struct um_err *err);

/* The same literal of what the value says uncompressed. */
static int put_inflated(literal_fn *put, struct um_buf *b, const struct um_value *v,
                        const struct um_column *from, const struct um_column *to,
                        struct um_err *err)
{
    struct um_buf text = {0};
    int result = um_compressed_inflate(v->bytes, v->len, &text, err);
    if (result) {
        um_fail_in(err, "column %s", to->name);
    } else {
        const struct um_value plain = {.kind = UM_V_BYTES,
                                       .bytes = (const uint8_t *)(text.data ? text.data : ""),
                                       .len = (uint32_t)text.len};
        result = put(b, &plain, from, to, err);
    }
    um_buf_free(&text);
    return result;
}

/* ---- the two directions ---- */

static int put_value(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, enum purpose purpose, struct um_err *err)
{
    switch ((enum um_value_kind)v->kind) {
    case UM_V_ABSENT:
        return um_fail(err, UM_E_BUG, "column %s: a value that the row image does not carry",
                       to->name);
    case UM_V_NULL:
        um_buf_str(b, "NULL");
        return 0;
    case UM_V_INT:
        put_int(b, v, from);
        return 0;
    case UM_V_FLOAT:
        return put_double(b, (double)v->f, to, purpose, err);
    case UM_V_DOUBLE:
        return put_double(b, v->d, to, purpose, err);
    case UM_V_DECIMAL:
        um_decimal_print(v->bytes, v->precision, v->decimals, b);
        return 0;
    case UM_V_BIT:
    case UM_V_YEAR: /* 0 as a number is the year 0000; as the text '0' it would be 2000 */
    case UM_V_ENUM: /* by number: the member's text could be a number itself */
        um_buf_fmt(b, "%" PRIu64, v->u);
        return 0;
    case UM_V_SET: /* the servers compare a SET as a signed number, its 64th member being the sign
                    */
        if (purpose == MATCH)
            um_buf_fmt(b, "%" PRId64, v->i);
        else
            um_buf_fmt(b, "%" PRIu64, v->u);
        return 0;
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
        put_temporal(b, v);
        return 0;
    case UM_V_TIMESTAMP:
        return put_timestamp(b, v, to, err);
    case UM_V_BYTES:
        return put_bytes(b, v, from, to, purpose, err);
    case UM_V_JSON:
        return put_json(b, v, to, purpose, err);
    case UM_V_GEOMETRY:
        um_quote_bytes(b, v->bytes, v->len);
        return 0;
    case UM_V_COMPRESSED:
        return put_inflated(purpose == STORE ? um_literal_store : um_literal_match, b, v, from, to,
                            err);
    }
    return um_fail(err, UM_E_BUG, "column %s: a value of the unknown kind %u", to->name, v->kind);
}

int um_literal_store(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, struct um_err *err)
{
    return put_value(b, v, from, to, STORE, err);
}

int um_literal_match(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                     const struct um_column *to, struct um_err *err)
{
    return put_value(b, v, from, to, MATCH, err);
}

bool um_literal_needs_lax(const struct um_value *v)
{
    return v->kind == UM_V_ENUM && v->u == 0;
}

/* ---- the very same value ---- */

static int exact_text(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                      const struct um_column *to, struct um_err *err)
{
    um_buf_str(b, "CAST(");
    um_quote_ident(b, to->name);
    um_buf_str(b, " AS BINARY)=");
    bool convert = v->kind == UM_V_BYTES && !address_width(from->type) &&
                   !same_bytes(from->charset, to->charset);
    if (convert)
        um_buf_str(b, "CAST(CONVERT(");
    if (put_value(b, v, from, to, STORE, err))
        return -1;
    if (convert)
        um_buf_fmt(b, " USING %s) AS BINARY)", to->charset);
    return 0;
}

static int exact_json(struct um_buf *b, const struct um_value *v, const struct um_column *to,
                      struct um_err *err)
{
    struct um_buf text = {0};
    int result = print_json(&text, v, err);
    if (result == 0) {
        um_buf_str(b, "CAST(CAST(");
        um_quote_ident(b, to->name);
        um_buf_str(b, " AS CHAR CHARACTER SET utf8mb4) AS BINARY)=");
        um_quote_bytes(b, text.data, text.len);
    }
    um_buf_free(&text);
    return result;
}

static bool is_zero(const struct um_value *v, bool *negative)
{
    double d = v->kind == UM_V_FLOAT ? (double)v->f : v->kind == UM_V_DOUBLE ? v->d : 1;
    *negative = signbit(d);
    return d == 0;
}

int um_literal_match_exact(struct um_buf *b, const struct um_value *v, const struct um_column *from,
                           const struct um_column *to, struct um_err *err)
{
    if (v->kind == UM_V_NULL) {
        um_quote_ident(b, to->name);
        um_buf_str(b, " IS NULL");
        return 0;
    }
    if (v->kind == UM_V_COMPRESSED)
        return put_inflated(um_literal_match_exact, b, v, from, to, err);
    if (v->kind == UM_V_JSON && to->type == UM_T_JSON)
        return exact_json(b, v, to, err);
    if (to->charset || v->kind == UM_V_GEOMETRY || to->type == UM_T_VECTOR) {
        /* ENUM and SET have a character set, too, but are numbers here. */
        if (v->kind == UM_V_BYTES || v->kind == UM_V_JSON || v->kind == UM_V_GEOMETRY)
            return exact_text(b, v, from, to, err);
    }
    um_quote_ident(b, to->name);
    um_buf_char(b, '=');
    if (um_literal_match(b, v, from, to, err))
        return -1;
    bool negative;
    if (is_zero(v, &negative)) {
        um_buf_str(b, " AND LEFT(");
        um_quote_ident(b, to->name);
        um_buf_fmt(b, "*1e0,1)%s'-'", negative ? "=" : "<>");
    }
    return 0;
}
