#include "mysql/conn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mysql/client.h"

/* Told beforehand: the server would only close the connection, which looks like a reason to try
   the same again. */
static int check_size(const struct um_conn *c, size_t len, struct um_err *err)
{
    if (len <= um_conn_packet_bytes(c))
        return 0;
    return um_fail(err, c->target ? UM_E_TARGET_PACKET : UM_E_SOURCE_PACKET,
                   "%s: a statement of %zu bytes does not fit into the server's "
                   "max_allowed_packet of %zu",
                   c->where, len, c->max_packet);
}

size_t um_conn_packet_bytes(const struct um_conn *c)
{
    /* The command, and attributes of the query where the library knows of such. */
    enum { BESIDE = 16 };
    return c->max_packet ? c->max_packet - BESIDE : SIZE_MAX;
}

int um_conn_send(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    if (check_size(c, len, err) != 0)
        return -1;
    int64_t begun = um_now_us();
    int failed = mysql_real_query(c->mysql, sql, len);
    c->waited_us += um_now_us() - begun;
    return failed ? um_conn_fail(c, sql, err) : 0;
}

int64_t um_conn_waited_us(const struct um_conn *c)
{
    return c->waited_us;
}

/* "Rows matched: 1  Changed: 0  Warnings: 0", in whatever language: three numbers, each after a
   colon. Of an INSERT the first is called otherwise, and there is no such text for one row. */
static bool is_unchanged(const char *info)
{
    unsigned long matched, changed, warnings;
    return info &&
           sscanf(info, "%*[^:]: %lu %*[^:]: %lu %*[^:]: %lu", &matched, &changed, &warnings) ==
               3 &&
           matched > 0 && changed == 0;
}

static void note_answer(struct um_conn *c)
{
    bool rows = mysql_field_count(c->mysql) != 0;
    c->affected = rows ? 0 : mysql_affected_rows(c->mysql);
    c->warnings = rows ? 0 : mysql_warning_count(c->mysql);
    c->unchanged = !rows && is_unchanged(mysql_info(c->mysql));
}

int um_exec_bytes(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    c->affected = 0;
    c->warnings = 0;
    c->unchanged = false;
    if (um_conn_send(c, sql, len, err))
        return -1;
    note_answer(c);
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

struct um_answer um_last_answer(const struct um_conn *c)
{
    return (struct um_answer){
        .affected = c->affected, .warnings = c->warnings, .unchanged = c->unchanged};
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

/* ---- several in one packet ---- */

/* Such packets are full of values, whatever they begin with. */
static int fail_multi(const struct um_conn *c, struct um_err *err)
{
    return um_conn_fail(c, "INSERT", err);
}

int um_multi_allow(struct um_conn *c, struct um_err *err)
{
    if (mysql_set_server_option(c->mysql, MYSQL_OPTION_MULTI_STATEMENTS_ON))
        return um_conn_fail(c, NULL, err);
    c->multi = true;
    return 0;
}

int um_multi_send(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    if (check_size(c, len, err) != 0)
        return -1;
    int64_t begun = um_now_us();
    int failed = mysql_send_query(c->mysql, sql, len);
    c->waited_us += um_now_us() - begun;
    return failed ? fail_multi(c, err) : 0;
}

int um_multi_next(struct um_conn *c, bool first, struct um_err *err)
{
    int64_t begun = um_now_us();
    int none = first ? mysql_read_query_result(c->mysql) : mysql_next_result(c->mysql);
    c->waited_us += um_now_us() - begun;
    /* MariaDB Connector/C says -1 as well where rows were sent for a LOAD DATA that then failed. */
    bool over = none < 0 && !first && mysql_errno(c->mysql) == 0;
    return over ? 0 : none ? fail_multi(c, err) : 1;
}

int um_multi_read(struct um_conn *c, struct um_answer *answers, size_t count, size_t *answered,
                  struct um_err *err)
{
    int more;
    size_t n = 0;
    while ((more = um_multi_next(c, n == 0, err)) > 0) {
        note_answer(c);
        if (mysql_field_count(c->mysql) != 0 && um_drop_rows(c, "SELECT", err) != 0) {
            more = -1;
            break;
        }
        if (n < count)
            answers[n] = um_last_answer(c);
        n++;
    }
    *answered = n < count ? n : count;
    if (more == 0 && n != count)
        return um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                       "%s: %zu statements were sent together, and %zu were answered", c->where,
                       count, n);
    return more;
}
