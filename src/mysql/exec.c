#include "mysql/conn.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mysql/client.h"

int um_conn_send(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    /* Told beforehand: the server would only close the connection, which looks like a reason to
       try the same again. */
    if (c->max_packet && len >= c->max_packet)
        return um_fail(err, c->target ? UM_E_TARGET_PACKET : UM_E_SOURCE_PACKET,
                       "%s: a statement of %zu bytes is larger than the server's "
                       "max_allowed_packet of %zu",
                       c->where, len, c->max_packet);
    int64_t begun = um_now_us();
    int failed = mysql_real_query(c->mysql, sql, len);
    c->waited_us += um_now_us() - begun;
    return failed ? um_conn_fail(c, sql, err) : 0;
}

int64_t um_conn_waited_us(const struct um_conn *c)
{
    return c->waited_us;
}

int um_exec_bytes(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    c->affected = 0;
    c->warnings = 0;
    if (um_conn_send(c, sql, len, err))
        return -1;
    if (mysql_field_count(c->mysql) == 0) {
        c->affected = mysql_affected_rows(c->mysql);
        c->warnings = mysql_warning_count(c->mysql);
    }
    return um_drain(c, sql, err);
}

int um_exec(struct um_conn *c, struct um_err *err, const char *fmt, ...)
{
    struct um_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(&sql, fmt, args);
    va_end(args);
    int result = um_exec_bytes(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

uint64_t um_affected(const struct um_conn *c)
{
    return c->affected;
}

unsigned um_warnings(const struct um_conn *c)
{
    return c->warnings;
}

static bool is_deprecation(unsigned long code)
{
    enum { SYNTAX = 1287, UTF8_ALIAS = 3719, UTF8MB3 = 3720, UTF8MB3_COLLATION = 3778 };
    return code == SYNTAX || code == UTF8_ALIAS || code == UTF8MB3 || code == UTF8MB3_COLLATION;
}

unsigned um_warnings_deprecated(struct um_conn *c)
{
    struct um_err err;
    const char *const *row;
    const unsigned long *lengths;
    unsigned count = 0;
    struct um_resultset *r = um_query(c, &err, "SHOW WARNINGS");
    while (r && um_result_next(r, &row, &lengths, &err) == 1)
        count += row[1] && is_deprecation(strtoul(row[1], NULL, 10));
    um_result_close(r);
    return count;
}

void um_warnings_text(struct um_conn *c, struct um_buf *out)
{
    struct um_err err;
    const char *const *row;
    const unsigned long *lengths;
    struct um_resultset *r = um_query(c, &err, "SHOW WARNINGS LIMIT 5");
    for (const char *between = ""; r && um_result_next(r, &row, &lengths, &err) == 1;
         between = "; ")
        um_buf_fmt(out, "%s%s %s", between, row[1] ? row[1] : "", row[2] ? row[2] : "");
    um_result_close(r);
}
