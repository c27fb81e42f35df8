#include "mysql/server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "mysql/client.h"

char *um_server_variable(struct um_conn *c, const char *name, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    char *value = NULL;
    struct um_buf quoted = {0};
    um_quote_text(&quoted, name);
    struct um_resultset *r =
        um_query(c, err, "SHOW GLOBAL VARIABLES WHERE Variable_name=%s", quoted.data);
    um_buf_free(&quoted);
    if (r && um_result_next(r, &row, &lengths, err) == 1)
        value = um_memdup(row[1] ? row[1] : "", row[1] ? lengths[1] : 0);
    um_result_close(r);
    return value;
}

bool um_server_has_redo_log_switch(const struct um_server *s)
{
    return s->flavour == UM_MYSQL && s->version >= 80021;
}

int um_server_redo_log(struct um_conn *c, bool *on, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    *on = true;
    if (!um_server_has_redo_log_switch(&c->server))
        return 0;
    struct um_resultset *r = um_query(c, err, "SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'");
    int more = r ? um_result_next(r, &row, &lengths, err) : -1;
    if (more > 0)
        *on = !row[1] || strcasecmp(row[1], "OFF") != 0;
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

bool um_server_full_images(const char *binlog_row_image)
{
    return !binlog_row_image || strcasecmp(binlog_row_image, "FULL") == 0 ||
           strcasecmp(binlog_row_image, "FULL_NODUP") == 0;
}

int um_server_gtid_kind(struct um_conn *c, enum um_gtid_kind *kind, struct um_err *err)
{
    *kind = UM_GTID_MARIADB;
    if (c->server.flavour == UM_MARIADB)
        return 0;
    um_err_clear(err);
    char *mode = um_server_variable(c, "gtid_mode", err);
    if (!mode && err->id != UM_E_NONE)
        return -1;
    *kind = mode && strcmp(mode, "ON") == 0 ? UM_GTID_MYSQL : UM_GTID_NONE;
    free(mode);
    return 0;
}

int um_server_zone(struct um_conn *c, int minutes[2], bool *known, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    *known = false;
    struct um_resultset *r =
        um_query(c, err,
                 "SELECT TIMESTAMPDIFF(MINUTE, '2024-01-15 12:00:00', "
                 "CONVERT_TZ('2024-01-15 12:00:00', '+00:00', @@GLOBAL.time_zone)), "
                 "TIMESTAMPDIFF(MINUTE, '2024-07-15 12:00:00', "
                 "CONVERT_TZ('2024-07-15 12:00:00', '+00:00', @@GLOBAL.time_zone))");
    int more = r ? um_result_next(r, &row, &lengths, err) : -1;
    if (more == 1 && row[0] && row[1]) {
        *known = true;
        minutes[0] = (int)strtol(row[0], NULL, 10);
        minutes[1] = (int)strtol(row[1], NULL, 10);
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

/* ---- positions ---- */

static int no_binlog(const struct um_conn *c, struct um_err *err)
{
    return um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_NO_BINLOG,
                   "%s: the server has no binlog (log_bin is OFF)", c->where);
}

static int take_gtids(const struct um_conn *c, enum um_gtid_kind kind, const char *text,
                      struct um_position *out, struct um_err *err)
{
    out->gtids = um_gtid_set_parse(kind, text ? text : "", err);
    return out->gtids ? 0 : um_fail_in(err, "%s", c->where);
}

/* File, Position, …, Executed_Gtid_Set (MySQL only): one answer, so they belong together. */
static int read_status(struct um_conn *c, enum um_gtid_kind kind, struct um_position *out,
                       struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    bool renamed = c->server.flavour == UM_MYSQL && c->server.version >= 80200;
    struct um_resultset *r =
        um_query(c, err, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    if (!r)
        return -1;
    int result = um_result_next(r, &row, &lengths, err);
    if (result == 0) {
        result = no_binlog(c, err);
    } else if (result == 1) {
        snprintf(out->file, sizeof out->file, "%s", row[0] ? row[0] : "");
        out->offset = row[1] ? strtoull(row[1], NULL, 10) : 0;
        result = 0;
        if (kind == UM_GTID_MYSQL)
            result = take_gtids(c, kind, um_result_columns(r) > 4 ? row[4] : "", out, err);
    }
    um_result_close(r);
    return result;
}

int um_server_position(struct um_conn *c, struct um_position *out, struct um_err *err)
{
    enum um_gtid_kind kind;
    char *text = NULL;
    *out = (struct um_position){0};
    if (um_server_gtid_kind(c, &kind, err) || read_status(c, kind, out, err))
        goto fail;
    if (kind == UM_GTID_MARIADB) {
        /* What is in this binlog, not gtid_current_pos: that also counts what the server has
           received as a replica without logging it, and no stream could go on from there. */
        if (um_query_value(c, &text, err, "SELECT @@GLOBAL.gtid_binlog_pos") ||
            take_gtids(c, kind, text, out, err))
            goto fail;
        free(text);
    }
    return 0;
fail:
    free(text);
    um_position_clear(out);
    return -1;
}

int um_server_snapshot_position(struct um_conn *c, struct um_position *out, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    char *gtids = NULL;
    int result = -1, more;
    *out = (struct um_position){0};
    struct um_resultset *r = um_query(c, err, "SHOW STATUS LIKE 'binlog_snapshot_%%'");
    if (!r)
        return -1;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        if (strcasecmp(row[0], "binlog_snapshot_file") == 0)
            snprintf(out->file, sizeof out->file, "%s", row[1] ? row[1] : "");
        else if (strcasecmp(row[0], "binlog_snapshot_position") == 0)
            out->offset = row[1] ? strtoull(row[1], NULL, 10) : 0;
    }
    um_result_close(r);
    if (more < 0)
        return -1;
    if (!out->file[0])
        return no_binlog(c, err);

    struct um_buf file = {0};
    um_quote_text(&file, out->file);
    if (um_query_value(c, &gtids, err, "SELECT BINLOG_GTID_POS(%s,%llu)", file.data,
                       (unsigned long long)out->offset) == 0) {
        if (gtids)
            result = take_gtids(c, UM_GTID_MARIADB, gtids, out, err);
        else
            result = um_fail(err, UM_E_SOURCE_STATEMENT,
                             "%s: the server does not know the GTID position of %s:%llu", c->where,
                             out->file, (unsigned long long)out->offset);
    }
    um_buf_free(&file);
    free(gtids);
    if (result)
        um_position_clear(out);
    return result;
}
