#include "mysql/client.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * What every session is set to, so that neither the server's configuration nor an init_connect
 * can change what a statement means. NO_BACKSLASH_ESCAPES and ANSI_QUOTES must be off for the
 * literals of this folder, PAD_CHAR_TO_FULL_LENGTH for what is read.
 *
 * Jobs open dozens of connections, over ways that may be long: so each statement has as much in it
 * as can be known by then.
 */
static const char always[] =
    "SET NAMES binary, SESSION autocommit=1, character_set_results=NULL, time_zone='+00:00',"
    " net_read_timeout=3600, net_write_timeout=3600, wait_timeout=31536000,"
    " sql_select_limit=18446744073709551615, sql_big_selects=1, sql_safe_updates=0,"
    " sql_auto_is_null=0, sql_notes=1, sql_warnings=0, completion_type=0,"
    " sql_quote_show_create=1, group_concat_max_len=1073741824,"
    " sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES%s'";

enum flavours { MYSQL_ONLY = 1, MARIADB_ONLY = 2, BOTH = 3 };
enum sides { SOURCE_ONLY = 1, TARGET_ONLY = 2, ANY_SIDE = 3 };
struct setting {
    enum flavours flavours;
    enum sides sides;
    unsigned since, before; /* versions; 0: no bound */
    const char *text;
};

/* Without these there is no session. */
static const struct setting needed[] = {
    {MYSQL_ONLY, ANY_SIDE, 0, 50720, "tx_isolation='REPEATABLE-READ', tx_read_only=0"},
    {MYSQL_ONLY, ANY_SIDE, 50720, 0,
     "transaction_isolation='REPEATABLE-READ', transaction_read_only=0"},
    {MARIADB_ONLY, ANY_SIDE, 0, 110101, "tx_isolation='REPEATABLE-READ', tx_read_only=0"},
    {MARIADB_ONLY, ANY_SIDE, 110101, 0,
     "transaction_isolation='REPEATABLE-READ', transaction_read_only=0"},
};

/* Settings that some versions do not have or that ask for a privilege: wanted, not needed. What
   not every account may have comes last. */
static const struct setting wishes[] = {
    {BOTH, ANY_SIDE, 0, 0, "lc_messages='en_US'"}, /* texts are matched in English */
    /* Nothing of ours is cut off for running or idling too long. */
    {MYSQL_ONLY, ANY_SIDE, 50708, 0, "max_execution_time=0"},
    {MARIADB_ONLY, ANY_SIDE, 100101, 0, "max_statement_time=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, 0, "idle_transaction_timeout=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, 0, "idle_readonly_transaction_timeout=0"},
    {MARIADB_ONLY, ANY_SIDE, 100300, 0, "idle_write_transaction_timeout=0"},
    /* The catalogue as it is now and in full, EXPLAIN in the form that is read here. */
    {MYSQL_ONLY, ANY_SIDE, 80003, 0, "information_schema_stats_expiry=0"},
    {MYSQL_ONLY, ANY_SIDE, 50722, 0, "show_create_table_verbosity=0"},
    {MYSQL_ONLY, ANY_SIDE, 80018, 0, "show_create_table_skip_secondary_engine=0"},
    {MYSQL_ONLY, ANY_SIDE, 80030, 0, "show_gipk_in_create_table_and_information_schema=1"},
    {MYSQL_ONLY, ANY_SIDE, 80032, 0, "explain_format='TRADITIONAL'"},
    /* CREATE TABLE makes what its text says, no more and no less. */
    {MARIADB_ONLY, ANY_SIDE, 100601, 0, "old_mode='UTF8_IS_UTF8MB3'"},
    {MARIADB_ONLY, TARGET_ONLY, 110200, 0, "character_set_collations=''"},
    {MYSQL_ONLY, TARGET_ONLY, 80400, 0, "restrict_fk_on_non_standard_key=0"},
    {BOTH, TARGET_ONLY, 0, 0, "max_error_count=65535"}, /* warnings are counted by their codes */
    {BOTH, TARGET_ONLY, 80000, 0, "explicit_defaults_for_timestamp=1"},
    {MYSQL_ONLY, TARGET_ONLY, 80013, 0, "sql_require_primary_key=0"},
    {MYSQL_ONLY, TARGET_ONLY, 80030, 0, "sql_generate_invisible_primary_key=0"},
};
enum { PRIVILEGED_WISHES = 4 };
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static bool applies(const struct um_conn *c, const struct setting *s)
{
    unsigned flavour = c->server.flavour == UM_MARIADB ? MARIADB_ONLY : MYSQL_ONLY;
    unsigned side = c->target ? TARGET_ONLY : SOURCE_ONLY;
    return (s->flavours & flavour) && (s->sides & side) && c->server.version >= s->since &&
           (!s->before || c->server.version < s->before);
}

static void add_settings(struct um_buf *sql, const struct um_conn *c, const struct setting *all,
                         size_t count, uint64_t but)
{
    for (size_t i = 0; i < count; i++) {
        if (applies(c, &all[i]) && !(but >> i & 1))
            um_buf_fmt(sql, "%s %s", sql->len ? "," : "SET SESSION", all[i].text);
    }
}

/* ---- what an account was refused, so that it is asked for once ---- */

struct refusal {
    char *account; /* and where */
    uint64_t wishes;
    struct refusal *next;
};
static pthread_mutex_t refusals_lock = PTHREAD_MUTEX_INITIALIZER;
static struct refusal *refusals;

static char *account_of(const struct um_conn *c)
{
    const char *user = c->endpoint->user ? c->endpoint->user : "";
    return um_sprintf("%s %s %s", c->where, user, c->server.version_text);
}

/* Under the lock; NULL: nothing was. */
static struct refusal *find_refusal(const char *account)
{
    struct refusal *r = refusals;
    while (r && strcmp(r->account, account) != 0)
        r = r->next;
    return r;
}

static uint64_t refused_before(const struct um_conn *c)
{
    char *account = account_of(c);
    pthread_mutex_lock(&refusals_lock);
    const struct refusal *r = find_refusal(account);
    uint64_t before = r ? r->wishes : 0;
    pthread_mutex_unlock(&refusals_lock);
    free(account);
    return before;
}

static void note_refused(const struct um_conn *c, uint64_t bits)
{
    char *account = account_of(c);
    pthread_mutex_lock(&refusals_lock);
    struct refusal *r = find_refusal(account);
    if (r) {
        free(account);
    } else {
        r = um_alloc(sizeof *r);
        r->account = account;
        r->next = refusals;
        refusals = r;
    }
    r->wishes |= bits;
    pthread_mutex_unlock(&refusals_lock);
}

static void wish_at_once(struct um_conn *c, size_t from, size_t to, struct um_err *err)
{
    struct um_buf sql = {0};
    add_settings(&sql, c, wishes + from, to - from, 0);
    if (sql.len)
        um_exec_bytes(c, sql.data, sql.len, err);
    um_buf_free(&sql);
}

/* Keeps what is taken. Only what is refused in a group is asked for one by one. */
static void wish(struct um_conn *c)
{
    enum { GROUP = COUNT_OF(wishes) - PRIVILEGED_WISHES };
    struct um_err ignored = {0};
    uint64_t lost = 0;
    wish_at_once(c, 0, GROUP, &ignored);
    size_t from = ignored.id == UM_E_NONE ? GROUP : 0;
    for (size_t i = from; i < COUNT_OF(wishes) && !um_err_is_lost(&ignored); i++) {
        um_err_clear(&ignored);
        wish_at_once(c, i, i + 1, &ignored);
        if (ignored.id != UM_E_NONE)
            lost |= UINT64_C(1) << i;
    }
    if (!um_err_is_lost(&ignored))
        note_refused(c, lost);
}

/* All in one statement; only if the server refuses that, what is needed by itself. */
static int set_up_rest(struct um_conn *c, struct um_err *err)
{
    static_assert(COUNT_OF(wishes) < 64, "they are bits");
    struct um_buf sql = {0};
    add_settings(&sql, c, needed, COUNT_OF(needed), 0);
    if (c->target && !c->endpoint->sql_log_bin)
        um_buf_str(&sql, ", sql_log_bin=0");
    size_t needed_len = sql.len;
    add_settings(&sql, c, wishes, COUNT_OF(wishes), refused_before(c));
    int result = um_exec_bytes(c, sql.data, sql.len, err);
    if (result != 0 && !um_err_is_lost(err)) {
        sql.len = needed_len;
        result = um_exec_bytes(c, sql.data, sql.len, err);
        if (result == 0)
            wish(c);
    }
    um_buf_free(&sql);
    if (result != 0 && c->target && !c->endpoint->sql_log_bin)
        um_fail_in(err, "%s.sql_log_bin is false", c->endpoint->side);
    return result;
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

static const char *identity_of(enum um_flavour flavour)
{
    return flavour == UM_MYSQL
               ? "@@GLOBAL.server_uuid"
               : "CONCAT(@@GLOBAL.server_id,'@',LEFT(@@GLOBAL.hostname,45),':',@@GLOBAL.port)";
}

static void note_server(struct um_conn *c, const char *const *row)
{
    const char *version = row[0] ? row[0] : "", *comment = row[1] ? row[1] : "";
    snprintf(c->server.version_text, sizeof c->server.version_text, "%s", version);
    c->server.version = version_number(version);
    bool mariadb = strcasestr(version, "mariadb") || strcasestr(comment, "mariadb");
    c->server.flavour = mariadb ? UM_MARIADB : UM_MYSQL;
    c->server.thread_id = row[2] ? strtoul(row[2], NULL, 10) : 0;
    c->max_packet = row[3] ? strtoul(row[3], NULL, 10) : 0;
    snprintf(c->server.uuid, sizeof c->server.uuid, "%s", row[4] ? row[4] : "");
}

/* 1: it is another server than one of this flavour, which has no such identity. */
static int ask_server(struct um_conn *c, enum um_flavour flavour, struct um_err *err)
{
    enum { UNKNOWN_VARIABLE = 1193 };
    const char *const *row;
    const unsigned long *lengths;
    struct um_resultset *r = um_query(c, err,
                                      "SELECT VERSION(), @@GLOBAL.version_comment, CONNECTION_ID(),"
                                      " @@SESSION.max_allowed_packet, %s",
                                      identity_of(flavour));
    if (!r)
        return err->server_code == UNKNOWN_VARIABLE ? 1 : -1;
    int result = um_result_next(r, &row, &lengths, err);
    if (result == 1)
        note_server(c, row);
    um_result_close(r);
    if (result == 0)
        um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                "%s: the server does not tell its version", c->where);
    if (result != 1)
        return -1;
    return c->server.flavour != flavour;
}

/* What the greeting calls the server may be a proxy's word: so it is a guess, made good if wrong.
 */
static int read_server(struct um_conn *c, struct um_err *err)
{
    const char *greeting = mysql_get_server_info(c->mysql);
    enum um_flavour guess = greeting && strcasestr(greeting, "mariadb") ? UM_MARIADB : UM_MYSQL;
    um_err_clear(err);
    int other = ask_server(c, guess, err);
    if (other > 0)
        other = ask_server(c, guess == UM_MYSQL ? UM_MARIADB : UM_MYSQL, err);
    if (other > 0 && err->server_code == 0)
        um_fail(err, c->target ? UM_E_TARGET_STATEMENT : UM_E_SOURCE_STATEMENT,
                "%s: the server does not tell who it is", c->where);
    return other == 0 ? 0 : -1;
}

int um_session_setup(struct um_conn *c, struct um_err *err)
{
    if (um_exec(c, err, always, c->target ? ",STRICT_ALL_TABLES" : "") != 0)
        return um_fail_in(err, "setting up the session");
    if (read_server(c, err) != 0)
        return um_fail_in(err, "asking the server who it is");
    if (set_up_rest(c, err) != 0)
        return um_fail_in(err, "setting up the session");
    return 0;
}
