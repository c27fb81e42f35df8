#include "mysql/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mysql/client.h"
#include "mysql/error.h"

/*
 * LOAD DATA LOCAL without a file: the library asks these handlers for what a file would hold. A
 * server may ask for a file at any time, in answer to any statement; outside um_load it gets
 * nothing.
 */
struct um_load_call {
    um_load_read *read;
    void *context;
    struct um_err err;
    bool failed;
};

enum { REFUSED = 2068 }; /* CR_LOAD_DATA_LOCAL_INFILE_REJECTED */

static int on_init(void **handle, const char *file, void *conn)
{
    (void)file;
    struct um_conn *c = conn;
    *handle = c;
    return c->load ? 0 : 1;
}

/* Without a transaction around it the server keeps what it has got so far, since for it the input
   merely ended. Taking the connection away makes it fail. */
static void fail_statement(struct um_conn *c)
{
    unsigned status = c->mysql->server_status;
    if ((status & SERVER_STATUS_AUTOCOMMIT) && !(status & SERVER_STATUS_IN_TRANS))
        um_conn_abort(c);
}

static int on_read(void *handle, char *room, unsigned size)
{
    struct um_conn *c = handle;
    struct um_load_call *call = c->load;
    int n = call->failed ? -1 : call->read(call->context, room, size, &call->err);
    if (n < 0) {
        call->failed = true;
        fail_statement(c);
    }
    return n;
}

static void on_end(void *handle)
{
    (void)handle;
}

static int on_error(void *handle, char *text, unsigned size)
{
    struct um_conn *c = handle;
    snprintf(text, size, "%s",
             c->load ? "the rows to load could not be read"
                     : "the server asked for a file of this machine");
    return REFUSED;
}

void um_load_guard(struct um_conn *c)
{
    mysql_set_local_infile_handler(c->mysql, on_init, on_read, on_end, on_error, c);
}

/* "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", in whatever language: four numbers, each
   after a colon. */
static int parse_info(const char *info, struct um_load_result *out)
{
    uint64_t *const numbers[] = {&out->records, &out->deleted, &out->skipped, &out->warnings};
    for (size_t i = 0; i < 4; i++) {
        info = info ? strchr(info, ':') : NULL;
        if (!info)
            return -1;
        char *end;
        *numbers[i] = strtoull(info + 1, &end, 10);
        if (end == info + 1)
            return -1;
        info = end;
    }
    return 0;
}

/* The library asks for the rows while it waits for the answer. */
static int read_answers(struct um_conn *c, size_t before, struct um_err *err)
{
    int more = 1;
    for (size_t i = 0; more > 0 && i <= before; i++)
        more = um_multi_next(c, i == 0, err);
    if (more == 0)
        um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                "%s: LOAD DATA was not answered", c->where);
    return more > 0 ? 0 : -1;
}

int um_load(struct um_conn *c, size_t before, um_load_read *read, void *context,
            struct um_load_result *out, struct um_err *err)
{
    struct um_load_call call = {.read = read, .context = context};
    *out = (struct um_load_result){0};
    c->affected = 0;
    c->warnings = 0;
    c->load = &call;
    int failed = read_answers(c, before, err);
    c->load = NULL;
    if (call.failed) {
        *err = call.err;
        return -1;
    }
    if (failed)
        return -1;
    c->affected = mysql_affected_rows(c->mysql);
    c->warnings = mysql_warning_count(c->mysql);
    if (parse_info(mysql_info(c->mysql), out))
        return um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                       "%s: LOAD DATA was not answered with its counts but with \"%s\"", c->where,
                       mysql_info(c->mysql) ? mysql_info(c->mysql) : "");
    return um_multi_rest(c, err);
}
