#include "ddl/ddl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"
#include "mysql/stoppable.h"

static const char WITH_IDS[] = "with ids\n";

/* ---- the session that runs DDL ---- */

/* A DDL of a killed predecessor may still be running: its session holds this lock. */
static int wait_for_predecessor(struct um_conn *c, const struct um_config *config,
                                struct um_err *err)
{
    for (bool told = false;; told = true) {
        uint64_t got = 0;
        if (um_query_uint(c, &got, err, "SELECT COALESCE(GET_LOCK('unmoor.%s.ddl', 1), 0)",
                          config->job) != 0)
            return -1;
        if (got)
            return 0;
        if (!told)
            um_info("A DDL that an earlier run began is still running on the target; waiting for "
                    "its end.");
        if (um_stop_requested())
            return um_fail(err, UM_E_STOPPED, "stopped while waiting for a DDL on the target");
    }
}

static struct um_conn *open_session(const struct um_job *job, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&job->config->target, err);
    if (c && wait_for_predecessor(c, job->config, err) != 0) {
        um_conn_close(c);
        c = NULL;
    }
    return c;
}

/* ---- before and after ---- */

static int print_definition(struct um_conn *c, const char *schema, const char *name,
                            struct um_buf *out, struct um_err *err)
{
    enum { NO_SUCH_TABLE = 1146, NO_SUCH_SCHEMA = 1049 };
    struct um_buf quoted = {0};
    um_quote_table(&quoted, schema, name);
    um_buf_str(&quoted, ": ");
    if (out->data && strstr(out->data, quoted.data)) { /* said already */
        um_buf_free(&quoted);
        return 0;
    }
    quoted.data[quoted.len -= 2] = '\0';
    struct um_resultset *rows = um_query(c, err, "SHOW CREATE TABLE %s", quoted.data);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? um_result_next(rows, &v, &l, err) : -1;
    if (more > 0) {
        char *definition = um_job_fingerprint(v[1] ? v[1] : "");
        um_buf_fmt(out, "%s: %s\n", quoted.data, definition);
        free(definition);
    } else if (more < 0 &&
               (err->server_code == NO_SUCH_TABLE || err->server_code == NO_SUCH_SCHEMA)) {
        um_err_clear(err);
        um_buf_fmt(out, "%s: none\n", quoted.data);
        more = 0;
    }
    um_result_close(rows);
    um_buf_free(&quoted);
    return more < 0 ? -1 : 0;
}

static bool is_plain(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* InnoDB's own numbers, which go with the rows. */
static int print_ids(struct um_conn *c, const char *schema, const char *name, struct um_buf *out,
                     struct um_err *err)
{
    bool mariadb = um_conn_server(c)->flavour == UM_MARIADB;
    if (!is_plain(schema) || !is_plain(name))
        return um_fail(err, UM_E_FOLLOW_DDL,
                       "whether a statement took effect that exchanges the rows of `%s`.`%s` "
                       "could not be told after a crash, because of the name",
                       schema, name);
    struct um_resultset *rows =
        um_query(c, err,
                 "SELECT name, table_id FROM information_schema.%s WHERE LOWER(name)='%s/%s' OR "
                 "LOWER(name) LIKE '%s/%s#p#%%' ORDER BY name",
                 mariadb ? "innodb_sys_tables" : "innodb_tables", schema, name, schema, name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0)
        um_buf_fmt(out, "%s=%s\n", v[0], v[1]);
    um_result_close(rows);
    return more < 0 ? um_fail_in(err,
                                 "telling apart which rows `%s`.`%s` has (the account on the "
                                 "target needs PROCESS for this DDL)",
                                 schema, name)
                    : 0;
}

/* What the statement concerns, as it is on the target now. */
static int fingerprint(struct um_conn *c, const struct um_effects *effects, bool ids,
                       struct um_buf *out, struct um_err *err)
{
    um_buf_str(out, ids ? WITH_IDS : "");
    for (size_t i = 0; i < effects->count; i++) {
        const struct um_effect *e = &effects->items[i];
        const char *names[][2] = {{e->schema, e->name}, {e->new_schema, e->new_name}};
        for (size_t k = 0; k < 2 && names[k][0]; k++) {
            if (print_definition(c, names[k][0], names[k][1], out, err) != 0 ||
                (ids && print_ids(c, names[k][0], names[k][1], out, err) != 0))
                return -1;
        }
    }
    um_buf_add(out, "", 0);
    return 0;
}

/* Two tables of one definition, but for the name in it. */
static bool two_alike(const char *definitions)
{
    static const char head[] = ": CREATE TABLE ";
    for (const char *a = strstr(definitions, head); a; a = strstr(a + 1, head)) {
        const char *body = strchr(a, '\n');
        for (const char *b = strstr(a + 1, head); body && b; b = strstr(b + 1, head)) {
            const char *other = strchr(b, '\n'), *end = strstr(body, "\n)");
            if (other && end && strncmp(body, other, (size_t)(end - body) + 2) == 0)
                return true;
        }
    }
    return false;
}

static int fingerprint_before(struct um_conn *c, const struct um_ddl_decision *decision,
                              const struct um_effects *effects, struct um_buf *out,
                              struct um_err *err)
{
    if (!decision->swaps_rows && fingerprint(c, effects, false, out, err) != 0)
        return -1;
    if (!decision->swaps_rows && !(decision->permutes && two_alike(out->data)))
        return 0;
    um_buf_clear(out);
    return fingerprint(c, effects, true, out, err);
}

/* A table that somebody else made is not the source's. */
static int check_names_are_free(const struct um_txn *txn, const struct um_effects *effects,
                                const char *before, struct um_err *err)
{
    for (size_t i = 0; i < effects->count; i++) {
        const struct um_effect *e = &effects->items[i];
        bool replaced = i > 0 && effects->items[i - 1].kind == UM_EFFECT_DROPPED;
        if (e->kind != UM_EFFECT_CREATED || replaced)
            continue;
        struct um_buf none = {0};
        um_quote_table(&none, e->schema, e->name);
        um_buf_str(&none, ": none\n");
        bool is_free = strstr(before, none.data) != NULL;
        um_buf_free(&none);
        if (!is_free)
            return um_ddl_refuse(txn, err,
                                 "because `%s`.`%s` is on the target already and not of this job",
                                 e->schema, e->name);
    }
    return 0;
}

/* ---- running it ---- */

static int run_session(struct um_conn *c, const char *lines, struct um_err *err)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        if (um_exec_bytes(c, lines, len, err) != 0)
            return um_fail_in(err, "setting up a session as the source's was");
        lines += len + (lines[len] == '\n');
    }
    return 0;
}

static int run_statement(struct um_conn *c, const struct um_state_ddl *ddl, struct um_err *err)
{
    um_info("Running on the target: %.300s", ddl->statement);
    if (run_session(c, ddl->session, err) != 0)
        return -1;
    if (um_exec_stoppable(c, ddl->statement, strlen(ddl->statement), err) != 0) {
        if (um_err_is_lost(err) || um_err_is_retryable(err) || err->id == UM_E_STOPPED)
            return -1;
        struct um_err server = *err;
        return um_fail(err, UM_E_APPLY_DDL, "%s:%" PRIu64 ": the target refused %.300s: %s",
                       ddl->after.at.file, ddl->after.at.offset, ddl->statement, server.text);
    }
    if (um_warnings(c)) {
        struct um_buf text = {0};
        um_warnings_text(c, &text);
        um_warn("The target warned of %.300s: %s", ddl->statement, text.data ? text.data : "");
        um_buf_free(&text);
    }
    return 0;
}

static int done(struct um_job *job, const struct um_state_ddl *ddl, struct um_err *err)
{
    struct um_conn *c = um_state_conn(job->state);
    uint64_t epoch = um_state_epoch(job->state);
    if (um_fault(UM_FAULT_DDL_BEFORE_DONE, err) != 0 || um_exec(c, err, "START TRANSACTION") != 0)
        return -1;
    if (um_ddl_put_models(job, &ddl->effects, err) != 0 ||
        um_state_forget_ddl(c, job->config, err) != 0 ||
        um_state_put_progress(c, job->config, epoch, &ddl->after, err) != 0 ||
        um_exec(c, err, "COMMIT") != 0) {
        struct um_err ignored;
        um_exec(c, &ignored, "ROLLBACK");
        return -1;
    }
    return um_fault(UM_FAULT_DDL_AFTER_DONE, err);
}

/* What had no effect is not intended any more: the next start decides anew. */
static void forget_refused(struct um_job *job, struct um_conn *c, const struct um_state_ddl *ddl)
{
    struct um_err ignored;
    struct um_buf now = {0};
    bool ids = strncmp(ddl->before, WITH_IDS, strlen(WITH_IDS)) == 0;
    if (fingerprint(c, &ddl->effects, ids, &now, &ignored) == 0 &&
        strcmp(now.data, ddl->before) == 0)
        um_state_forget_ddl(um_state_conn(job->state), job->config, &ignored);
    um_buf_free(&now);
}

static int run(struct um_job *job, struct um_conn *c, const struct um_state_ddl *ddl,
               struct um_err *err)
{
    if (run_statement(c, ddl, err) != 0) {
        if (err->id == UM_E_APPLY_DDL)
            forget_refused(job, c, ddl);
        return -1;
    }
    return um_fault(UM_FAULT_DDL_AFTER_STATEMENT, err) == 0 ? done(job, ddl, err) : -1;
}

/* ---- the whole ---- */

static bool everything(void *schema, const char *of, const char *name)
{
    (void)name;
    return strcmp(schema, of) == 0;
}

/* A schema goes with all that is in it: only where all of it is the job's. */
static int check_schema_is_ours(struct um_job *job, struct um_conn *c, const struct um_txn *txn,
                                char *schema, struct um_err *err)
{
    struct um_tables found = {0};
    int result = um_catalog_tables(c, everything, schema, &found, err);
    for (size_t i = 0; result == 0 && i < found.count; i++) {
        if (!um_job_find(job, schema, found.items[i]->name))
            result = um_ddl_refuse(txn, err,
                                   "because `%s`.`%s` on the target is not of this job and would "
                                   "go too",
                                   schema, found.items[i]->name);
    }
    um_tables_delete(&found);
    return result;
}

/* What only the servers can say. */
static int check_target(struct um_job *job, struct um_conn *c, const struct um_txn *txn,
                        const struct um_ddl_decision *decision, struct um_err *err)
{
    if (decision->default_collation && um_ddl_check_schema(job, c, txn, decision->schema, err) != 0)
        return -1;
    if (decision->drops_schema && check_schema_is_ours(job, c, txn, decision->schema, err) != 0)
        return -1;
    return decision->object ? um_state_add_object(job->state, decision->object, decision->schema,
                                                  decision->name, err)
                            : 0;
}

static int intend(struct um_job *job, struct um_conn *c, const struct um_txn *txn,
                  const struct um_ddl_decision *decision, struct um_state_ddl *ddl,
                  struct um_err *err)
{
    struct um_buf session = {0}, before = {0};
    int result = um_ddl_session(job, c, txn, &session, err);
    if (decision->first.len) {
        um_buf_str(&session, decision->first.data);
        um_buf_char(&session, '\n');
    }
    if (result == 0)
        result = check_target(job, c, txn, decision, err);
    if (result == 0)
        result = fingerprint_before(c, decision, &ddl->effects, &before, err);
    if (result == 0)
        result = check_names_are_free(txn, &ddl->effects, before.data, err);
    if (decision->repeatable)
        um_buf_clear(&before);
    ddl->session = um_buf_take(&session);
    ddl->before = um_buf_take(&before);
    ddl->statement = um_memdup(decision->statement.data ? decision->statement.data : "",
                               decision->statement.len);
    if (result != 0 || um_fault(UM_FAULT_DDL_BEFORE_INTENT, err) != 0)
        return -1;
    if (um_state_put_ddl(um_state_conn(job->state), job->config, um_state_epoch(job->state), ddl,
                         err) != 0) {
        struct um_err ignored;
        um_exec(um_state_conn(job->state), &ignored, "ROLLBACK");
        return -1;
    }
    return um_fault(UM_FAULT_DDL_AFTER_INTENT, err);
}

int um_ddl_apply(struct um_job *job, const struct um_txn *txn, struct um_ddl_decision *decision,
                 const struct um_state_progress *before, const struct um_state_progress *after,
                 struct um_err *err)
{
    const struct um_state_progress *then = decision->rows_follow && decision->run ? before : after;
    struct um_state_ddl ddl = {.after = *then};
    ddl.after.at = (struct um_position){0};
    um_position_copy(&ddl.after.at, &then->at);
    ddl.effects = decision->effects;
    decision->effects = (struct um_effects){0};
    struct um_conn *c = NULL;
    int result = 0;
    if (decision->run) {
        c = open_session(job, err);
        result = c ? intend(job, c, txn, decision, &ddl, err) : -1;
        if (result == 0)
            result = run(job, c, &ddl, err);
        if (result != 0 && err->id == UM_E_APPLY_DDL && decision->may_fail) {
            um_warn("%s. It is made in the end, as the source has it then.", err->text);
            result = done(job, &ddl, err);
        }
    } else {
        result = done(job, &ddl, err);
    }
    um_conn_close(c);
    um_state_ddl_clear(&ddl);
    return result;
}

int um_ddl_recover(struct um_job *job, bool *found, struct um_err *err)
{
    struct um_state_ddl ddl;
    *found = false;
    int loaded = um_state_load_ddl(um_state_conn(job->state), job->config, &ddl, err);
    if (loaded != 0 || !ddl.exists) {
        um_state_ddl_clear(&ddl);
        return loaded;
    }
    struct um_buf now = {0};
    struct um_conn *c = open_session(job, err);
    bool ids = strncmp(ddl.before, WITH_IDS, strlen(WITH_IDS)) == 0;
    int result = c ? fingerprint(c, &ddl.effects, ids, &now, err) : -1;
    if (result == 0) {
        bool took_effect = *ddl.before && strcmp(now.data, ddl.before) != 0;
        um_info(took_effect ? "A DDL that an earlier run began took effect: %.300s"
                            : "A DDL that an earlier run intended did not take effect: %.300s",
                ddl.statement);
        result = took_effect ? done(job, &ddl, err) : run(job, c, &ddl, err);
    }
    *found = result == 0;
    um_conn_close(c);
    um_buf_free(&now);
    um_state_ddl_clear(&ddl);
    return result;
}
