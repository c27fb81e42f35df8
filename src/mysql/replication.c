#include "mysql/server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a replica says of its replication. */

static const char *status_statement(const struct um_server *s)
{
    if (s->flavour == UM_MARIADB)
        return "SHOW ALL SLAVES STATUS";
    return s->version >= 80022 ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

const char *um_server_replication_privilege(const struct um_server *s)
{
    bool monitor = s->flavour == UM_MARIADB && s->version >= 100509;
    return monitor ? "SLAVE MONITOR" : "REPLICATION CLIENT";
}

/* By the name of today or the one before; NULL for SQL NULL too. */
static const char *column(const struct um_resultset *r, const char *const *row, const char *name,
                          const char *older)
{
    for (unsigned i = 0; i < um_result_columns(r); i++) {
        const char *found = um_result_column_name(r, i);
        if (strcasecmp(found, name) == 0 || strcasecmp(found, older) == 0)
            return row[i];
    }
    return NULL;
}

static bool is_yes(const char *text)
{
    return text && strcasecmp(text, "Yes") == 0;
}

/* Of an error only the number: the text can hold values of rows. */
static void describe_threads(const struct um_resultset *r, const char *const *row, const char *io,
                             const char *sql, char *out, size_t size)
{
    const char *io_error = column(r, row, "Last_IO_Errno", "Last_IO_Errno");
    const char *sql_error = column(r, row, "Last_SQL_Errno", "Last_SQL_Errno");
    const char *error = sql_error && strcmp(sql_error, "0") != 0 ? sql_error : io_error;
    bool failed = error && strcmp(error, "0") != 0;
    snprintf(out, size, "I/O thread: %s, SQL thread: %s%s%s", io ? io : "?", sql ? sql : "?",
             failed ? ", error " : "", failed ? error : "");
}

static void take_source(const struct um_resultset *r, const char *const *row,
                        struct um_replication *out)
{
    const char *io = column(r, row, "Replica_IO_Running", "Slave_IO_Running");
    const char *sql = column(r, row, "Replica_SQL_Running", "Slave_SQL_Running");
    const char *lag = column(r, row, "Seconds_Behind_Source", "Seconds_Behind_Master");
    out->configured = true;
    if (!out->running)
        return; /* nothing is worse */
    if (!is_yes(io) || !is_yes(sql) || !lag) {
        out->running = false;
        describe_threads(r, row, io, sql, out->threads, sizeof out->threads);
        return;
    }
    uint64_t seconds = strtoull(lag, NULL, 10);
    if (seconds > out->lag_s)
        out->lag_s = seconds;
}

int um_server_replication(struct um_conn *c, struct um_replication *out, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    int more;
    *out = (struct um_replication){.running = true};
    struct um_resultset *r = um_query(c, err, "%s", status_statement(um_conn_server(c)));
    if (!r)
        return -1;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1)
        take_source(r, row, out);
    um_result_close(r);
    out->running &= out->configured;
    return more;
}
