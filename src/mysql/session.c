#include "mysql/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * What every session is set to, so that neither the server's configuration nor an init_connect
 * can change what a statement means. NO_BACKSLASH_ESCAPES and ANSI_QUOTES must be off for the
 * literals of this folder, PAD_CHAR_TO_FULL_LENGTH for what is read.
 */
static const char *const always[] = {
    "SET NAMES binary, SESSION autocommit=1, character_set_results=NULL, time_zone='+00:00',"
    " net_read_timeout=3600, net_write_timeout=3600, wait_timeout=31536000,"
    " sql_select_limit=18446744073709551615, sql_big_selects=1, sql_safe_updates=0,"
    " sql_auto_is_null=0, sql_notes=1, sql_warnings=0, completion_type=0,"
    " sql_quote_show_create=1, group_concat_max_len=1073741824,"
    " sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
};
static const char *const strict_mode =
    "SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_ALL_TABLES'";

/* Settings that some versions do not have or that ask for a privilege: wanted, not needed. */
enum flavours { MYSQL_ONLY = 1, MARIADB_ONLY = 2, BOTH = 3 };
enum sides { SOURCE_ONLY = 1, TARGET_ONLY = 2, ANY_SIDE = 3 };
static const struct wish {
    enum flavours flavours;
    enum sides sides;
    unsigned since;
    const char *setting;
} wishes[] = {
    {BOTH, ANY_SIDE, 0, "lc_messages='en_US'"}, /* texts are matched in English */
    /* Nothing of ours is cut off for running or idling too long. */
    {MYSQL_ONLY, ANY_SIDE, 50708, "max_execution_time=0"},
    {MARIADB_ONLY, ANY_SIDE, 100101, "max_statement_time=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, "idle_transaction_timeout=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, "idle_readonly_transaction_timeout=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, "idle_write_transaction_timeout=0"},
    /* The catalogue as it is now and in full, EXPLAIN in the form that is read here. */
    {MYSQL_ONLY, ANY_SIDE, 80003, "information_schema_stats_expiry=0"},
    {MYSQL_ONLY, ANY_SIDE, 50722, "show_create_table_verbosity=0"},
    {MYSQL_ONLY, ANY_SIDE, 80018, "show_create_table_skip_secondary_engine=0"},
    {MYSQL_ONLY, ANY_SIDE, 80030, "show_gipk_in_create_table_and_information_schema=1"},
    {MYSQL_ONLY, ANY_SIDE, 80032, "explain_format='TRADITIONAL'"},
    /* CREATE TABLE makes what its text says, no more and no less. */
    {MARIADB_ONLY, ANY_SIDE, 100601, "old_mode='UTF8_IS_UTF8MB3'"},
    {MARIADB_ONLY, TARGET_ONLY, 110200, "character_set_collations=''"},
    {MYSQL_ONLY, TARGET_ONLY, 80400, "restrict_fk_on_non_standard_key=0"},
};
/* Of these not every account may have all. */
static const struct wish privileged_wishes[] = {
    {BOTH, TARGET_ONLY, 0, "max_error_count=65535"}, /* warnings are counted by their codes */
    {BOTH, TARGET_ONLY, 80000, "explicit_defaults_for_timestamp=1"},
    {MYSQL_ONLY, TARGET_ONLY, 80013, "sql_require_primary_key=0"},
    {MYSQL_ONLY, TARGET_ONLY, 80030, "sql_generate_invisible_primary_key=0"},
};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static bool applies(const struct um_conn *c, const struct wish *w)
{
    unsigned flavour = c->server.flavour == UM_MARIADB ? MARIADB_ONLY : MYSQL_ONLY;
    unsigned side = c->target ? TARGET_ONLY : SOURCE_ONLY;
    return (w->flavours & flavour) && (w->sides & side) && c->server.version >= w->since;
}

/* All in one statement; only if the server refuses that, one by one, keeping what is taken. */
static void grant(struct um_conn *c, const struct wish *wanted, size_t count)
{
    struct um_buf sql = {0};
    struct um_err ignored;
    um_buf_str(&sql, "SET SESSION");
    size_t start = sql.len;
    for (size_t i = 0; i < count; i++) {
        if (applies(c, &wanted[i]))
            um_buf_fmt(&sql, "%s %s", sql.len > start ? "," : "", wanted[i].setting);
    }
    if (sql.len > start && um_exec_bytes(c, sql.data, sql.len, &ignored)) {
        for (size_t i = 0; i < count && !um_err_is_lost(&ignored); i++) {
            if (applies(c, &wanted[i]))
                um_exec(c, &ignored, "SET SESSION %s", wanted[i].setting);
        }
    }
    um_buf_free(&sql);
}

/* "8.0.36-28", "10.11.19-MariaDB", "5.5.5-10.5.29-MariaDB" (for old replicas) to 80036, … */
static unsigned version_number(const char *text)
{
    unsigned major = 0, minor = 0, patch = 0;
    if (strncmp(text, "5.5.5-", 6) == 0 && strstr(text, "MariaDB"))
        text += 6;
    sscanf(text, "%u.%u.%u", &major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

static int read_version(struct um_conn *c, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    struct um_resultset *r = um_query(c, err,
                                      "SELECT VERSION(), @@GLOBAL.version_comment, CONNECTION_ID(),"
                                      " @@SESSION.max_allowed_packet");
    if (!r)
        return -1;
    int result = um_result_next(r, &row, &lengths, err);
    if (result == 1) {
        const char *version = row[0] ? row[0] : "", *comment = row[1] ? row[1] : "";
        snprintf(c->server.version_text, sizeof c->server.version_text, "%s", version);
        c->server.version = version_number(version);
        bool mariadb = strcasestr(version, "mariadb") || strcasestr(comment, "mariadb");
        c->server.flavour = mariadb ? UM_MARIADB : UM_MYSQL;
        c->server.thread_id = row[2] ? strtoul(row[2], NULL, 10) : 0;
        c->max_packet = row[3] ? strtoul(row[3], NULL, 10) : 0;
    }
    um_result_close(r);
    if (result == 0)
        um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                "%s: the server does not tell its version", c->where);
    return result == 1 ? 0 : -1;
}

static int read_identity(struct um_conn *c, struct um_err *err)
{
    char *uuid = NULL;
    int result =
        c->server.flavour == UM_MYSQL
            ? um_query_value(c, &uuid, err, "SELECT @@GLOBAL.server_uuid")
            : um_query_value(c, &uuid, err,
                             "SELECT CONCAT(@@GLOBAL.server_id,'@',LEFT(@@GLOBAL.hostname,45),"
                             "':',@@GLOBAL.port)");
    if (result == 0 && uuid)
        snprintf(c->server.uuid, sizeof c->server.uuid, "%s", uuid);
    free(uuid);
    return result;
}

int um_session_setup(struct um_conn *c, struct um_err *err)
{
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        if (um_exec_bytes(c, always[i], strlen(always[i]), err))
            return um_fail_in(err, "setting up the session");
    }
    if (c->target && um_exec_bytes(c, strict_mode, strlen(strict_mode), err))
        return um_fail_in(err, "setting up the session");
    if (read_version(c, err) || read_identity(c, err))
        return um_fail_in(err, "asking the server who it is");
    grant(c, wishes, COUNT_OF(wishes));
    grant(c, privileged_wishes, COUNT_OF(privileged_wishes));
    if (c->target && !c->endpoint->sql_log_bin && um_exec(c, err, "SET SESSION sql_log_bin=0"))
        return um_fail_in(err, "%s.sql_log_bin is false", c->endpoint->side);
    return 0;
}
