#include "cutover/fence.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mysql/server.h"
#include "ops/hook.h"
#include "schema/ddl.h"

void um_fence_clear(struct um_fence *f)
{
    um_strv_clear(&f->close);
    um_strv_clear(&f->open);
}

static void add(struct um_strv *list, struct um_buf *sql)
{
    um_strv_add(list, sql->data);
    um_buf_free(sql);
}

/* Does SET PERSIST exist? */
static bool can_persist(const struct um_server *s)
{
    return s->flavour == UM_MYSQL && s->version >= 80000;
}

/* ---- the server's switch ---- */

static void add_switch(struct um_strv *list, const struct um_server *s, const char *name, bool on)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "SET %s %s=%s", can_persist(s) ? "PERSIST" : "GLOBAL", name,
               on ? "ON" : "OFF");
    add(list, &sql);
}

/* super_read_only brings read_only along, and read_only taken away takes it with it. */
static void plan_switch(const struct um_server *s, const struct um_config *config,
                        struct um_fence *out)
{
    if (config->cutover.fence != UM_FENCE_READ_ONLY &&
        config->cutover.fence != UM_FENCE_SUPER_READ_ONLY)
        return;
    bool super = config->cutover.fence == UM_FENCE_SUPER_READ_ONLY;
    add_switch(&out->close, s, super ? "super_read_only" : "read_only", true);
    if (super)
        add_switch(&out->open, s, "super_read_only", false);
    add_switch(&out->open, s, "read_only", false);
    out->lasting = can_persist(s);
}

/* ---- accounts ---- */

/* "user@host", where the host has no '@'; without one it is user@'%'. */
static void put_account(struct um_buf *out, const char *account)
{
    const char *at = strrchr(account, '@');
    char *user = at ? um_sprintf("%.*s", (int)(at - account), account) : um_strdup(account);
    um_quote_text(out, user);
    um_buf_char(out, '@');
    um_quote_text(out, at ? at + 1 : "%");
    free(user);
}

static void plan_accounts(const struct um_config *config, struct um_fence *out)
{
    for (size_t i = 0; i < config->cutover.accounts.count; i++) {
        struct um_buf lock = {0}, unlock = {0};
        um_buf_str(&lock, "ALTER USER ");
        put_account(&lock, config->cutover.accounts.items[i]);
        um_buf_str(&lock, " ACCOUNT LOCK");
        um_buf_str(&unlock, "ALTER USER ");
        put_account(&unlock, config->cutover.accounts.items[i]);
        um_buf_str(&unlock, " ACCOUNT UNLOCK");
        add(&out->close, &lock);
        add(&out->open, &unlock);
    }
    out->lasting |= config->cutover.accounts.count > 0;
}

/* ---- events ---- */

static void put_definer(struct um_buf *out, const char *definer)
{
    const char *at = strrchr(definer, '@');
    char *user = at ? um_sprintf("%.*s", (int)(at - definer), definer) : um_strdup(definer);
    um_quote_ident(out, user);
    um_buf_char(out, '@');
    um_quote_ident(out, at ? at + 1 : "%");
    free(user);
}

/* ALTER EVENT makes who runs it the definer, and its sql_mode the event's, unless it is told. */
static void add_event(struct um_strv *list, const char *const *v, bool enable)
{
    struct um_buf mode = {0}, sql = {0};
    um_buf_str(&mode, "SET SESSION sql_mode=");
    um_quote_text(&mode, v[3]);
    add(list, &mode);
    um_buf_str(&sql, "ALTER DEFINER=");
    put_definer(&sql, v[2]);
    um_buf_str(&sql, " EVENT ");
    um_quote_table(&sql, v[0], v[1]);
    um_buf_str(&sql, enable ? " ENABLE" : " DISABLE");
    add(list, &sql);
}

/* Events go with a schema that holds a table of the job. */
static int holds_wanted(struct um_conn *c, const struct um_config *config, const char *schema,
                        bool *holds, struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_text(&name, schema);
    struct um_resultset *rows = um_query(c, err,
                                         "SELECT table_name FROM information_schema.tables WHERE "
                                         "table_schema = CONVERT(%s USING utf8mb4)",
                                         name.data);
    um_buf_free(&name);
    *holds = false;
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = 1;
    while (!*holds && (more = um_result_next(rows, &v, &l, err)) > 0)
        *holds = um_config_wants(config, schema, v[0]);
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

static int plan_events(struct um_conn *from, const struct um_config *config,
                       struct um_strv *disable, struct um_strv *enable, struct um_err *err)
{
    struct um_resultset *rows =
        um_query(from, err,
                 "SELECT event_schema, event_name, definer, sql_mode FROM "
                 "information_schema.events WHERE status='ENABLED' ORDER BY 1, 2");
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        bool ours;
        if ((more = holds_wanted(from, config, v[0], &ours, err)) < 0)
            break;
        if (ours && disable)
            add_event(disable, v, false);
        if (ours && enable)
            add_event(enable, v, true);
    }
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

/* ---- both sides ---- */

static void plan_hook(const struct um_config *config, struct um_conn *c, struct um_fence *out)
{
    if (config->cutover.fence != UM_FENCE_HOOK)
        return;
    const struct um_endpoint *at = um_conn_endpoint(c);
    struct um_buf text = {0};
    um_buf_fmt(&text, "hook: close %s", at->side);
    add(&out->close, &text);
    um_buf_fmt(&text, "hook: open %s", at->side);
    add(&out->open, &text);
    out->lasting = true;
}

/* Accounts and the switch were listed as they are opened; they are closed the other way round. */
static void put_in_front(struct um_strv *close, struct um_strv *first)
{
    for (size_t i = close->count; i-- > 0;)
        um_strv_add(first, close->items[i]);
    um_strv_clear(close);
    *close = *first;
}

int um_fence_of_source(struct um_conn *source, const struct um_config *config, struct um_fence *out,
                       struct um_err *err)
{
    *out = (struct um_fence){0};
    /* The switch is the last thing that is closed and the first that is opened: nothing else can be
       changed where it keeps Unmoor out as well. */
    struct um_strv disable = {0};
    plan_hook(config, source, out);
    plan_switch(um_conn_server(source), config, out);
    plan_accounts(config, out);
    int result = plan_events(source, config, &disable, &out->open, err);
    put_in_front(&out->close, &disable);
    return result;
}

int um_fence_of_target(struct um_conn *target, struct um_conn *source,
                       const struct um_config *config, struct um_fence *out, struct um_err *err)
{
    *out = (struct um_fence){0};
    plan_hook(config, target, out);
    plan_switch(um_conn_server(target), config, out);
    plan_accounts(config, out);
    struct um_strv none = {0};
    put_in_front(&out->close, &none);
    return plan_events(source, config, NULL, &out->open, err);
}

/* "hook: close source": the hook is told on stdin. */
static int call_hook(struct um_conn *c, const struct um_config *config, const char *what,
                     struct um_err *err)
{
    const struct um_endpoint *at = um_conn_endpoint(c);
    char action[16] = "", side[16] = "";
    sscanf(what, "%15s %15s", action, side);
    const struct um_hook_fact facts[] = {
        {"event", action}, {"job", config->job}, {"server", um_endpoint_place(at)}, {"role", side}};
    return um_hook_run("cutover.fence_hook", config->cutover.fence_hook, facts,
                       sizeof facts / sizeof *facts, config->cutover.hook_timeout_us, err);
}

int um_fence_run(struct um_conn *c, const struct um_config *config,
                 const struct um_strv *statements, struct um_err *err)
{
    static const char hook[] = "hook: ";
    /* A switch that has to wait makes the application's writes wait behind it. */
    int64_t seconds = (config->cutover.lock_wait_us + 999999) / 1000000;
    if (um_exec(c, err, "SET SESSION lock_wait_timeout=%lld", (long long)seconds) != 0)
        return -1;
    if (um_exec(c, err, "SET @unmoor_sql_mode = @@SESSION.sql_mode") != 0)
        return -1;
    for (size_t i = 0; i < statements->count; i++) {
        const char *s = statements->items[i];
        bool is_hook = strncmp(s, hook, sizeof hook - 1) == 0;
        int result = is_hook ? call_hook(c, config, s + sizeof hook - 1, err)
                             : um_exec_bytes(c, s, strlen(s), err);
        if (result != 0)
            return um_fail_in(err, "%s", s);
    }
    return um_exec(c, err, "SET SESSION sql_mode = @unmoor_sql_mode");
}

/* ---- their connections ---- */

/* As conditions on the process list, where the host is a name or an address with a port. */
static void put_users(struct um_buf *sql, const struct um_config *config)
{
    um_buf_str(sql, " user IN (");
    for (size_t i = 0; i < config->cutover.accounts.count; i++) {
        const char *account = config->cutover.accounts.items[i];
        const char *at = strrchr(account, '@');
        char *user = at ? um_sprintf("%.*s", (int)(at - account), account) : um_strdup(account);
        um_buf_str(sql, i ? "," : "");
        um_quote_text(sql, user);
        free(user);
    }
    um_buf_str(sql, ") AND id <> CONNECTION_ID()");
}

static int list_connections(struct um_conn *c, const struct um_config *config, struct um_strv *ids,
                            struct um_err *err)
{
    struct um_buf where = {0};
    put_users(&where, config);
    struct um_resultset *rows =
        um_query(c, err, "SELECT id FROM information_schema.processlist WHERE%s", where.data);
    um_buf_free(&where);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0)
        um_strv_add(ids, v[0]);
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

int um_fence_kill(struct um_conn *c, const struct um_config *config, int64_t deadline_us,
                  struct um_err *err)
{
    enum { NO_SUCH_THREAD = 1094, PAUSE_US = 5000 };
    if (!config->cutover.accounts.count)
        return 0;
    for (;;) {
        struct um_strv ids = {0};
        int result = list_connections(c, config, &ids, err);
        for (size_t i = 0; result == 0 && i < ids.count; i++) {
            result = um_exec(c, err, "KILL CONNECTION %s", ids.items[i]);
            if (result != 0 && err->server_code == NO_SUCH_THREAD)
                result = 0;
        }
        size_t left = ids.count;
        um_strv_clear(&ids);
        if (result != 0 || !left)
            return result;
        if (um_now_us() > deadline_us)
            return um_fail(
                err, UM_E_CUTOVER_FENCE,
                "%zu connections of the accounts in cutover.accounts were killed and are "
                "still there, undoing their work",
                left);
        um_pause_us(PAUSE_US);
    }
}

/* ---- proof ---- */

static int is_read_only(struct um_conn *c, bool *on, struct um_err *err)
{
    uint64_t value = 0;
    int result = um_query_uint(c, &value, err, "SELECT @@global.read_only + 0");
    *on = value != 0;
    return result;
}

static int count_unlocked(struct um_conn *c, const struct um_config *config, uint64_t *unlocked,
                          struct um_err *err)
{
    *unlocked = 0;
    for (size_t i = 0; i < config->cutover.accounts.count; i++) {
        struct um_buf name = {0};
        put_account(&name, config->cutover.accounts.items[i]);
        char *text = NULL;
        int result = um_query_value(c, &text, err, "SHOW CREATE USER %s", name.data);
        um_buf_free(&name);
        if (result != 0)
            return -1;
        *unlocked += !text || !strstr(text, " ACCOUNT LOCK");
        free(text);
    }
    return 0;
}

int um_fence_is_closed(struct um_conn *c, const struct um_config *config, bool *closed,
                       struct um_err *err)
{
    bool read_only = false;
    uint64_t unlocked = 0;
    if (is_read_only(c, &read_only, err) != 0 || count_unlocked(c, config, &unlocked, err) != 0)
        return -1;
    bool by_accounts = config->cutover.accounts.count && !unlocked;
    *closed = read_only || by_accounts;
    return 0;
}

/* By the number of its error: is it the fence that has refused? */
static bool is_refused(unsigned code)
{
    enum {
        OPTION_PREVENTS_STATEMENT = 1290,
        READ_ONLY_MODE = 1836,
        ACCOUNT_LOCKED = 3118,
        ACCOUNT_LOCKED_MARIADB = 4151
    };
    return code == OPTION_PREVENTS_STATEMENT || code == READ_ONLY_MODE || code == ACCOUNT_LOCKED ||
           code == ACCOUNT_LOCKED_MARIADB;
}

/* An account without privileges tries to write. A server that is read-only says so before it asks
   for them; whatever else it answers, the fence would have let the statement through. */
static int probe(const struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    if (!config->cutover.probe_user)
        return 0;
    struct um_endpoint at = *um_conn_endpoint(c);
    at.user = config->cutover.probe_user;
    at.password = config->cutover.probe_password;
    struct um_err answer = {0};
    struct um_conn *p = um_conn_open(&at, &answer);
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_quote_table(&sql, config->state.schema, "job_cutover");
    um_buf_str(&sql, " WHERE FALSE");
    int result = p ? um_exec_bytes(p, sql.data, sql.len, &answer) : -1;
    um_buf_free(&sql);
    um_conn_close(p);
    if (result != 0 && is_refused(answer.server_code))
        return 0;
    return um_fail(err, UM_E_CUTOVER_FENCE,
                   "the probe was not stopped by the fence of the %s, where it tried to write: %s",
                   at.side, result == 0 ? "it was let" : answer.text);
}

int um_fence_prove(struct um_conn *c, const struct um_config *config, struct um_err *err)
{
    bool read_only = false;
    uint64_t unlocked = 0;
    bool by_switch = config->cutover.fence == UM_FENCE_READ_ONLY ||
                     config->cutover.fence == UM_FENCE_SUPER_READ_ONLY;
    if (is_read_only(c, &read_only, err) != 0 || count_unlocked(c, config, &unlocked, err) != 0)
        return -1;
    if (by_switch && !read_only)
        return um_fail(err, UM_E_CUTOVER_FENCE,
                       "the %s is not read-only: somebody, or a restart, has taken the fence away",
                       um_conn_endpoint(c)->side);
    if (unlocked)
        return um_fail(err, UM_E_CUTOVER_FENCE, "%llu of cutover.accounts are not locked on the %s",
                       (unsigned long long)unlocked, um_conn_endpoint(c)->side);
    return probe(c, config, err);
}
