#include "ddl/ddl.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"
#include "mysql/stoppable.h"

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

/* ---- before it runs ---- */

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
    bool took_effect;
    if (um_ddl_took_effect(c, ddl, &took_effect, &ignored) == 0 && !took_effect)
        um_state_forget_ddl(um_state_conn(job->state), job->config, &ignored);
}

/* What the statement came to, and then the last step. */
static int conclude(struct um_job *job, struct um_conn *c, const struct um_state_ddl *ddl,
                    int result, struct um_err *err)
{
    if (result != 0) {
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
    if (decision->default_collation &&
        um_ddl_check_schema(job, c, txn, decision->schema, decision->name, err) != 0)
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
        result = um_ddl_fingerprint(c, decision, &ddl->effects, &before, err);
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

static void note_then(struct um_state_ddl *ddl, struct um_ddl_decision *decision,
                      const struct um_state_progress *then)
{
    *ddl = (struct um_state_ddl){.after = *then, .effects = decision->effects};
    ddl->after.at = (struct um_position){0};
    um_position_copy(&ddl->after.at, &then->at);
    decision->effects = (struct um_effects){0};
}

int um_ddl_pass(struct um_job *job, struct um_ddl_decision *decision,
                const struct um_state_progress *after, struct um_err *err)
{
    struct um_state_ddl ddl;
    note_then(&ddl, decision, after);
    int result = done(job, &ddl, err);
    um_state_ddl_clear(&ddl);
    return result;
}

/* ---- beside others ---- */

struct um_ddl_run {
    struct um_conn *c; /* the thread's, until it is over */
    struct um_state_ddl ddl;
    bool may_fail;
    pthread_t thread;
    int over; /* eventfd: readable once the statement has ended */
    int result;
    struct um_err err;
};

static void run_delete(struct um_ddl_run *r)
{
    um_conn_close(r->c);
    um_state_ddl_clear(&r->ddl);
    if (r->over >= 0)
        close(r->over);
    free(r);
}

static void *run_main(void *context)
{
    struct um_ddl_run *r = context;
    um_mysql_thread_begin();
    r->result = run_statement(r->c, &r->ddl, &r->err);
    um_mysql_thread_end();
    eventfd_write(r->over, 1);
    return NULL;
}

static int start(struct um_ddl_run *r, struct um_err *err)
{
    r->over = eventfd(0, EFD_CLOEXEC);
    if (r->over < 0 || pthread_create(&r->thread, NULL, run_main, r) != 0)
        return um_fail(err, UM_E_SYSTEM, "the thread that runs a DDL did not start");
    return 0;
}

struct um_ddl_run *um_ddl_begin(struct um_job *job, const struct um_txn *txn,
                                struct um_ddl_decision *decision,
                                const struct um_state_progress *before,
                                const struct um_state_progress *after, struct um_err *err)
{
    struct um_ddl_run *r = um_alloc(sizeof *r);
    r->over = -1;
    r->may_fail = decision->may_fail;
    note_then(&r->ddl, decision, decision->rows_follow ? before : after);
    r->c = open_session(job, err);
    if (!r->c || intend(job, r->c, txn, decision, &r->ddl, err) != 0 || start(r, err) != 0) {
        run_delete(r);
        return NULL;
    }
    return r;
}

bool um_ddl_is_over(const struct um_ddl_run *r, int64_t wait_us)
{
    struct pollfd over = {.fd = r->over, .events = POLLIN};
    return poll(&over, 1, wait_us < 0 ? -1 : (int)(wait_us / 1000)) > 0;
}

int um_ddl_end(struct um_job *job, struct um_ddl_run *r, struct um_err *err)
{
    pthread_join(r->thread, NULL);
    if (r->result != 0)
        *err = r->err;
    int result = conclude(job, r->c, &r->ddl, r->result, err);
    if (result != 0 && err->id == UM_E_APPLY_DDL && r->may_fail) {
        um_warn("%s. It is made in the end, as the source has it then.", err->text);
        result = done(job, &r->ddl, err);
    }
    run_delete(r);
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
    bool took_effect = false;
    struct um_conn *c = open_session(job, err);
    int result = c ? um_ddl_took_effect(c, &ddl, &took_effect, err) : -1;
    if (result == 0) {
        um_info(took_effect ? "A DDL that an earlier run began took effect: %.300s"
                            : "A DDL that an earlier run intended did not take effect: %.300s",
                ddl.statement);
        result = took_effect ? done(job, &ddl, err)
                             : conclude(job, c, &ddl, run_statement(c, &ddl, err), err);
    }
    *found = result == 0;
    um_conn_close(c);
    um_state_ddl_clear(&ddl);
    return result;
}
