#include "mysql/error.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "mysql/conn.h"

/* What an error is about, before it is known on which side. */
enum kind {
    STATEMENT,
    UNREACHABLE,
    ACCESS_DENIED,
    PRIVILEGE,
    TLS,
    LOST,
    TIMEOUT,
    CONNECTIONS,
    AUTH_PLUGIN,
    PACKET,
    /* on the target only */
    READ_ONLY,
    FULL,
    LOCAL_INFILE,
    DUPLICATE,
    VALUE,
    FOREIGN_KEY,
};

static const struct {
    unsigned short code;
    unsigned char kind;
} kinds[] = {
    /* The client libraries' own. */
    {2002, UNREACHABLE}, /* no connection through the socket */
    {2003, UNREACHABLE}, /* no connection to the host */
    {2005, UNREACHABLE}, /* unknown host */
    {2012, UNREACHABLE}, /* handshake */
    {2006, LOST},        /* server has gone away */
    {2013, LOST},        /* lost during the statement */
    {2027, LOST},        /* malformed packet: nothing after it can be trusted */
    {2055, LOST},        /* lost, with the system's error */
    {2020, PACKET},      /* larger than the client's limit */
    {2026, TLS},
    {2049, AUTH_PLUGIN},
    {2059, AUTH_PLUGIN},
    {2061, AUTH_PLUGIN},
    {2068, LOCAL_INFILE},
    {5010, AUTH_PLUGIN}, /* Connector/C: plugin not allowed */
    {5013, LOST},        /* Connector/C: error while reading */
    {5014, LOST},        /* Connector/C: error while writing */
    /* Login. */
    {1045, ACCESS_DENIED},
    {1130, ACCESS_DENIED}, /* host not allowed */
    {1275, ACCESS_DENIED}, /* old password format */
    {1698, ACCESS_DENIED},
    {1820, ACCESS_DENIED}, /* password must be changed */
    {1862, ACCESS_DENIED}, /* password expired */
    {3118, ACCESS_DENIED}, /* account locked */
    {4151, ACCESS_DENIED}, /* account locked, MariaDB */
    {1129, UNREACHABLE},   /* host blocked after many errors */
    {1040, CONNECTIONS},
    {1203, CONNECTIONS},
    {1226, CONNECTIONS},
    {1251, AUTH_PLUGIN},
    {1524, AUTH_PLUGIN},
    {3159, TLS}, /* require_secure_transport */
    /* Privileges. */
    {1044, PRIVILEGE},
    {1142, PRIVILEGE},
    {1143, PRIVILEGE},
    {1227, PRIVILEGE},
    {1370, PRIVILEGE},
    {1419, PRIVILEGE}, /* log_bin_trust_function_creators */
    {1873, PRIVILEGE},
    {3530, PRIVILEGE},
    /* The connection or the server goes down. */
    {1047, LOST}, /* a Galera node that is not ready */
    {1053, LOST}, /* shutdown in progress */
    {1077, LOST},
    {1079, LOST},
    {1080, LOST},
    {1152, LOST},
    {1158, LOST},
    {1159, LOST},
    {1160, LOST},
    {1161, LOST},
    {1184, LOST},
    {1927, LOST}, /* killed, MariaDB */
    {3169, LOST}, /* killed, MySQL */
    {4031, LOST}, /* idle for too long */
    /* Waiting. */
    {1205, TIMEOUT},
    {1969, TIMEOUT}, /* max_statement_time */
    {3024, TIMEOUT}, /* max_execution_time */
    {1153, PACKET},
    /* What only a target says. */
    {1836, READ_ONLY},
    {1021, FULL},
    {1114, FULL},
    {3948, LOCAL_INFILE},
    {4166, LOCAL_INFILE},
    {1062, DUPLICATE},
    {1169, DUPLICATE},
    {1586, DUPLICATE},
    {1048, VALUE}, /* NULL in a column without */
    {1264, VALUE},
    {1265, VALUE},
    {1292, VALUE},
    {1300, VALUE},
    {1364, VALUE}, /* no default */
    {1366, VALUE},
    {1406, VALUE},
    {1416, VALUE}, /* not a geometry */
    {1690, VALUE},
    {3140, VALUE}, /* not JSON */
    {3643, VALUE}, /* SRID of the column */
    {3819, VALUE}, /* check constraint, MySQL */
    {4025, VALUE}, /* check constraint, MariaDB */
    {1216, FOREIGN_KEY},
    {1217, FOREIGN_KEY},
    {1451, FOREIGN_KEY},
    {1452, FOREIGN_KEY},
    {1761, FOREIGN_KEY},
    {1762, FOREIGN_KEY},
};

static bool says(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static enum kind kind_of(unsigned code, const char *text)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].code == code)
            return (enum kind)kinds[i].kind;
    }
    switch (code) {
    case 1290: /* "running with the --OPTION option so it cannot execute this statement" */
        return says(text, "read-only") || says(text, "read_only") ? READ_ONLY : STATEMENT;
    case 1148: /* "The used command is not allowed with this MySQL version" */
        return LOCAL_INFILE;
    case 3:    /* error writing file */
    case 14:   /* cannot change size */
    case 20:   /* disk full, waiting */
    case 1026: /* error writing file */
    case 1030: /* error from the storage engine */
        return says(text, "errno: 28") || says(text, "error 28") || says(text, "No space left")
                   ? FULL
                   : STATEMENT;
    default:
        return STATEMENT;
    }
}

enum um_err_id um_server_error(bool target, unsigned code, const char *text)
{
    switch (kind_of(code, text)) {
    case UNREACHABLE:
        return target ? UM_E_TARGET_UNREACHABLE : UM_E_SOURCE_UNREACHABLE;
    case ACCESS_DENIED:
        return target ? UM_E_TARGET_ACCESS_DENIED : UM_E_SOURCE_ACCESS_DENIED;
    case PRIVILEGE:
        return target ? UM_E_TARGET_PRIVILEGE : UM_E_SOURCE_PRIVILEGE;
    case TLS:
        return target ? UM_E_TARGET_TLS : UM_E_SOURCE_TLS;
    case LOST:
        return target ? UM_E_TARGET_LOST : UM_E_SOURCE_LOST;
    case TIMEOUT:
        return target ? UM_E_TARGET_TIMEOUT : UM_E_SOURCE_TIMEOUT;
    case CONNECTIONS:
        return target ? UM_E_TARGET_CONNECTIONS : UM_E_SOURCE_CONNECTIONS;
    case AUTH_PLUGIN:
        return target ? UM_E_TARGET_AUTH_PLUGIN : UM_E_SOURCE_AUTH_PLUGIN;
    case PACKET:
        return target ? UM_E_TARGET_PACKET : UM_E_SOURCE_PACKET;
    case READ_ONLY:
        return target ? UM_E_TARGET_READ_ONLY : UM_E_SOURCE_STATEMENT;
    case FULL:
        return target ? UM_E_TARGET_FULL : UM_E_SOURCE_STATEMENT;
    case LOCAL_INFILE:
        return target ? UM_E_TARGET_LOCAL_INFILE : UM_E_SOURCE_STATEMENT;
    case DUPLICATE:
        return target ? UM_E_TARGET_DUPLICATE : UM_E_SOURCE_STATEMENT;
    case VALUE:
        return target ? UM_E_TARGET_VALUE : UM_E_SOURCE_STATEMENT;
    case FOREIGN_KEY:
        return target ? UM_E_TARGET_FOREIGN_KEY : UM_E_SOURCE_STATEMENT;
    case STATEMENT:
        break;
    }
    return target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT;
}

/*
 * Nearly all that goes wrong at the other end of a dump has the number 1236 (some builds 13114);
 * only the text tells what. The texts: MySQL sql/rpl_binlog_sender.cc, MariaDB sql/sql_repl.cc.
 */
enum um_err_id um_stream_error(unsigned code, const char *text)
{
    if (code == 4052) /* MariaDB has a number for this one */
        return UM_E_SOURCE_SERVER_ID_CLASH;
    if (code != 1236 && code != 13114)
        return um_server_error(false, code, text);
    if (says(text, "same server_uuid") || says(text, "same server_id"))
        return UM_E_SOURCE_SERVER_ID_CLASH;
    if (says(text, "purged") || says(text, "Could not find first log file name"))
        return UM_E_SOURCE_PURGED;
    if (says(text, "impossible position") || says(text, "position > file size") ||
        says(text, "more GTIDs than") || says(text, "not in the master's binlog") ||
        says(text, "GTIDs that are not present") || says(text, "has diverged"))
        return UM_E_SOURCE_DIVERGED;
    return UM_E_SOURCE_STREAM;
}

/* Statements whose text holds values of rows. */
static bool has_values(const char *sql)
{
    static const char *const verbs[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "LOAD"};
    while (isspace((unsigned char)*sql) || *sql == '(')
        sql++;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strncasecmp(sql, verbs[i], strlen(verbs[i])) == 0)
            return true;
    }
    return false;
}

int um_server_fail(struct um_err *err, enum um_err_id id, const char *where, unsigned code,
                   const char *text, const char *sql)
{
    int len = (int)strlen(text);
    bool syntax = code == 1064 || code == 1149;
    const char *quoted = syntax && sql && has_values(sql) ? strstr(text, " near '") : NULL;
    if (quoted)
        len = (int)(quoted - text);
    um_fail(err, id, "%s: error %u: %.*s", where, code, len, text);
    err->server_code = code;
    return -1;
}

bool um_err_is_lost(const struct um_err *err)
{
    switch (err->id) {
    case UM_E_SOURCE_UNREACHABLE:
    case UM_E_TARGET_UNREACHABLE:
    case UM_E_SOURCE_LOST:
    case UM_E_TARGET_LOST:
    case UM_E_SOURCE_CONNECTIONS:
    case UM_E_TARGET_CONNECTIONS:
    case UM_E_SPOOL_DAMAGED: /* which is cut by then: the source has what was lost, or not */
        return true;
    default:
        return false;
    }
}

bool um_err_is_retryable(const struct um_err *err)
{
    switch (err->server_code) {
    case 1205: /* lock wait timeout */
    case 1213: /* deadlock */
    case 1020: /* MariaDB 11.6+, innodb_snapshot_isolation: somebody else changed the row */
    case 3101: /* group replication refused the transaction at commit */
        return true;
    default:
        return false;
    }
}
