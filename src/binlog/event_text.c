#include "binlog/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "binlog/wire.h"

const char *um_event_name(unsigned type)
{
    static const char *const mysql[] = {
        [1] = "START_V3",
        [UM_EV_QUERY] = "QUERY",
        [UM_EV_STOP] = "STOP",
        [UM_EV_ROTATE] = "ROTATE",
        [UM_EV_INTVAR] = "INTVAR",
        [6] = "LOAD",
        [UM_EV_SLAVE] = "SLAVE",
        [8] = "CREATE_FILE",
        [UM_EV_APPEND_BLOCK] = "APPEND_BLOCK",
        [10] = "EXEC_LOAD",
        [UM_EV_DELETE_FILE] = "DELETE_FILE",
        [12] = "NEW_LOAD",
        [UM_EV_RAND] = "RAND",
        [UM_EV_USER_VAR] = "USER_VAR",
        [UM_EV_FORMAT_DESCRIPTION] = "FORMAT_DESCRIPTION",
        [UM_EV_XID] = "XID",
        [UM_EV_BEGIN_LOAD_QUERY] = "BEGIN_LOAD_QUERY",
        [UM_EV_EXECUTE_LOAD_QUERY] = "EXECUTE_LOAD_QUERY",
        [UM_EV_TABLE_MAP] = "TABLE_MAP",
        [20] = "PRE_GA_WRITE_ROWS",
        [21] = "PRE_GA_UPDATE_ROWS",
        [22] = "PRE_GA_DELETE_ROWS",
        [UM_EV_WRITE_ROWS_V1] = "WRITE_ROWS_V1",
        [UM_EV_UPDATE_ROWS_V1] = "UPDATE_ROWS_V1",
        [UM_EV_DELETE_ROWS_V1] = "DELETE_ROWS_V1",
        [UM_EV_INCIDENT] = "INCIDENT",
        [UM_EV_HEARTBEAT] = "HEARTBEAT",
        [UM_EV_IGNORABLE] = "IGNORABLE",
        [UM_EV_ROWS_QUERY] = "ROWS_QUERY",
        [UM_EV_WRITE_ROWS] = "WRITE_ROWS",
        [UM_EV_UPDATE_ROWS] = "UPDATE_ROWS",
        [UM_EV_DELETE_ROWS] = "DELETE_ROWS",
        [UM_EV_GTID] = "GTID",
        [UM_EV_ANONYMOUS_GTID] = "ANONYMOUS_GTID",
        [UM_EV_PREVIOUS_GTIDS] = "PREVIOUS_GTIDS",
        [UM_EV_TRANSACTION_CONTEXT] = "TRANSACTION_CONTEXT",
        [UM_EV_VIEW_CHANGE] = "VIEW_CHANGE",
        [UM_EV_XA_PREPARE] = "XA_PREPARE",
        [UM_EV_PARTIAL_UPDATE_ROWS] = "PARTIAL_UPDATE_ROWS",
        [UM_EV_TRANSACTION_PAYLOAD] = "TRANSACTION_PAYLOAD",
        [UM_EV_HEARTBEAT_V2] = "HEARTBEAT_V2",
        [UM_EV_GTID_TAGGED] = "GTID_TAGGED",
    };
    static const char *const maria[] = {
        "ANNOTATE_ROWS",
        "BINLOG_CHECKPOINT",
        "MARIADB_GTID",
        "GTID_LIST",
        "START_ENCRYPTION",
        "QUERY_COMPRESSED",
        "WRITE_ROWS_COMPRESSED_V1",
        "UPDATE_ROWS_COMPRESSED_V1",
        "DELETE_ROWS_COMPRESSED_V1",
        "WRITE_ROWS_COMPRESSED",
        "UPDATE_ROWS_COMPRESSED",
        "DELETE_ROWS_COMPRESSED",
    };
    const char *name = NULL;
    if (type < sizeof mysql / sizeof *mysql)
        name = mysql[type];
    else if (type >= 160 && type - 160 < sizeof maria / sizeof *maria)
        name = maria[type - 160];
    return name ? name : "unknown";
}

/* Text of the source, cut to what fits and made harmless for a terminal. */
static void printable(const uint8_t *text, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (; n < len && n + 1 < size; n++)
        out[n] = text[n] < 0x20 || text[n] == 0x7f ? ' ' : (char)text[n];
    out[n] = '\0';
}

static void describe_incident(const struct um_event *ev, char *text, size_t size)
{
    struct um_cursor c = um_cursor_body(ev);
    unsigned number = (unsigned)um_cursor_uint(&c, 2);
    size_t len = (size_t)um_cursor_uint(&c, 1);
    const uint8_t *message = um_cursor_take(&c, len);
    char shown[256] = "";
    if (message)
        printable(message, len, shown, sizeof shown);
    snprintf(text, size,
             "the source reports incident %u%s%s: its binlog may lack changes from here on", number,
             *shown ? ", " : "", shown);
}

static void describe_intvar(const struct um_event *ev, char *text, size_t size)
{
    struct um_cursor c = um_cursor_body(ev);
    unsigned kind = (unsigned)um_cursor_uint(&c, 1);
    snprintf(text, size,
             "%s = %" PRIu64 " for the next statement: the source writes its binlog in the "
             "statement format, only binlog_format=ROW can be followed",
             kind == 1 ? "LAST_INSERT_ID" : "INSERT_ID", um_cursor_uint(&c, 8));
}

static void describe_user_var(const struct um_event *ev, char *text, size_t size)
{
    struct um_cursor c = um_cursor_body(ev);
    size_t len = (size_t)um_cursor_uint(&c, 4);
    const uint8_t *name = um_cursor_take(&c, len);
    char shown[65] = "";
    if (name)
        printable(name, len, shown, sizeof shown);
    snprintf(text, size,
             "the user variable @%s for the next statement: the source writes its binlog in the "
             "statement format, only binlog_format=ROW can be followed",
             shown);
}

static void describe_xa(const struct um_event *ev, char *text, size_t size)
{
    struct um_cursor c = um_cursor_body(ev);
    bool one_phase = um_cursor_uint(&c, 1) != 0;
    um_cursor_uint(&c, 4);
    uint64_t global = um_cursor_uint(&c, 4), branch = um_cursor_uint(&c, 4);
    const uint8_t *id =
        global <= 64 && branch <= 64 ? um_cursor_take(&c, (size_t)(global + branch)) : NULL;
    char shown[65] = "";
    if (id)
        printable(id, (size_t)global, shown, sizeof shown);
    snprintf(text, size,
             "%s of the distributed (XA) transaction '%s', whose outcome another event decides",
             one_phase ? "one-phase commit" : "prepare", shown);
}

static const char *fixed_text(unsigned type)
{
    switch (type) {
    case UM_EV_RAND:
        return "the random seed of the next statement: the source writes its binlog in the "
               "statement format, only binlog_format=ROW can be followed";
    case UM_EV_BEGIN_LOAD_QUERY:
    case UM_EV_APPEND_BLOCK:
    case UM_EV_DELETE_FILE:
    case UM_EV_EXECUTE_LOAD_QUERY:
        return "a part of LOAD DATA in the statement format: only binlog_format=ROW can be "
               "followed";
    case UM_EV_MARIA_START_ENCRYPTION:
        return "an encrypted binlog file: read it through the server, which decrypts it";
    case UM_EV_TRANSACTION_CONTEXT:
        return "group replication's certification data";
    case UM_EV_VIEW_CHANGE:
        return "a change of membership in group replication";
    case UM_EV_STOP:
        return "the source ended this binlog file when it shut down";
    case 20:
    case 21:
    case 22:
        return "rows in the form of servers before 5.1.18";
    default:
        return NULL;
    }
}

void um_event_describe(const struct um_event *ev, char *text, size_t size)
{
    char what[512];
    const char *fixed = fixed_text(ev->type);
    if (ev->type == UM_EV_INCIDENT)
        describe_incident(ev, what, sizeof what);
    else if (ev->type == UM_EV_INTVAR)
        describe_intvar(ev, what, sizeof what);
    else if (ev->type == UM_EV_USER_VAR)
        describe_user_var(ev, what, sizeof what);
    else if (ev->type == UM_EV_XA_PREPARE)
        describe_xa(ev, what, sizeof what);
    else
        snprintf(what, sizeof what, "%s", fixed ? fixed : "this version does not apply it");
    snprintf(text, size, "%s event (type %u, %u bytes, ends at %u): %s", um_event_name(ev->type),
             ev->type, ev->size, ev->log_pos, what);
}
