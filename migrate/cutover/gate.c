#include "cutover/gate.h"

#include <stdlib.h>
#include <string.h>

#include "config/reversed.h"
#include "cutover/fence.h"
#include "cutover/owner.h"
#include "mysql/server.h"
#include "plan/plan.h"
#include "schema/ddl.h"
#include "state/verdict.h"

struct gate {
    const struct um_config *config;
    struct um_conn *source, *target;
    const struct um_state_data *state;
    struct um_strv *reasons;
};

static void add(const struct gate *g, char *text)
{
    um_strv_add(g->reasons, text);
    free(text);
}

/* What cannot be asked for want of a privilege is a reason; a lost server an error. */
static int unasked(const struct gate *g, const char *what, struct um_err *err)
{
    if (!err->server_code || um_err_is_lost(err))
        return -1;
    add(g, um_sprintf("%s cannot be asked: %s", what, err->text));
    um_err_clear(err);
    return 0;
}

/* ---- who owns the writes ---- */

static int ask_owner(const struct gate *g, struct um_err *err)
{
    struct um_ownership o;
    if (um_ownership_read(g->source, g->target, g->config, &o, err) != 0)
        return unasked(g, "who owns the writes", err);
    if (o.target_owns)
        add(g, um_sprintf("the target owns the writes already (term %llu)",
                          (unsigned long long)o.term));
    else if (o.under_way)
        add(g, um_sprintf("a cutover %s(term %llu) was begun and is not over",
                          o.other_way ? "back " : "", (unsigned long long)o.term));
    bool closed = false;
    if (o.source_owns && um_fence_is_closed(g->source, g->config, &closed, err) != 0)
        return unasked(g, "whether the source is open", err);
    if (closed)
        um_strv_add(g->reasons,
                    "the source is closed to the application already, and not by this job");
    return 0;
}

/* ---- is it equal ---- */

static void format_age(struct um_buf *out, double seconds)
{
    if (seconds < 120)
        um_buf_fmt(out, "%.0f s", seconds);
    else if (seconds < 7200)
        um_buf_fmt(out, "%.0f min", seconds / 60);
    else
        um_buf_fmt(out, "%.0f h", seconds / 3600);
}

static int ask_verified(const struct gate *g, struct um_err *err)
{
    struct um_last_verdict v = {0};
    double most = (double)g->config->cutover.verified_within_us / 1e6;
    if (g->state->version >= UM_STATE_VERSION_CUTOVER &&
        um_state_load_verdict(g->target, g->config, &v, err) != 0)
        return -1;
    uint64_t conflicts =
        g->state->version >= UM_STATE_VERSION_CUTOVER ? v.conflicts_since : g->state->conflicts;
    if (conflicts)
        add(g,
            um_sprintf("%llu conflicts were overwritten or passed over since the last verification",
                       (unsigned long long)conflicts));
    if (most <= 0)
        return 0;
    struct um_buf age = {0};
    format_age(&age, v.age_seconds);
    if (!v.exists)
        um_strv_add(g->reasons, "both sides have not been verified: run unmoor verify");
    else if (!v.equal)
        add(g, um_sprintf("the last verification, %s ago, found differences", age.data));
    else if (v.age_seconds > most)
        add(g, um_sprintf("the last verification is %s old, and cutover.verified_within is less",
                          age.data));
    um_buf_free(&age);
    return 0;
}

/* ---- what the application would lose ---- */

static int ask_transactions(const struct gate *g, struct um_err *err)
{
    uint64_t open = 0, prepared = 0;
    if (um_query_uint(
            g->source, &open, err,
            "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_modified > 0 "
            "AND UNIX_TIMESTAMP() - UNIX_TIMESTAMP(trx_started) > %.3f",
            (double)g->config->cutover.max_transaction_us / 1e6) != 0)
        return unasked(g, "the source's open transactions", err);
    if (open)
        add(g,
            um_sprintf("%llu transactions that have changed rows are open on the source for longer "
                       "than cutover.max_transaction",
                       (unsigned long long)open));
    struct um_resultset *rows = um_query(g->source, err, "XA RECOVER");
    if (!rows)
        return unasked(g, "whether the source has transactions prepared by XA", err);
    prepared = um_result_rows(rows);
    um_result_close(rows);
    if (prepared)
        add(g, um_sprintf("%llu transactions are prepared by XA on the source",
                          (unsigned long long)prepared));
    return 0;
}

/* ---- the fence ---- */

static void need(const struct gate *g, const struct um_conn *c, const struct um_grants *grants,
                 const char *privilege)
{
    if (um_grants_have(grants, privilege, NULL, NULL) ||
        um_grants_have(grants, "SUPER", NULL, NULL))
        return;
    add(g, um_sprintf("%s lacks the privilege %s on the %s", um_grants_account(grants), privilege,
                      um_conn_endpoint(c)->side));
}

static void need_for_fence(const struct gate *g, const struct um_conn *c,
                           const struct um_grants *grants)
{
    const struct um_server *s = um_conn_server(c);
    bool modern = s->flavour == UM_MARIADB ? s->version >= 100500 : s->version >= 80000;
    bool by_switch = g->config->cutover.fence == UM_FENCE_READ_ONLY ||
                     g->config->cutover.fence == UM_FENCE_SUPER_READ_ONLY;
    bool by_accounts = g->config->cutover.accounts.count > 0;
    if (!modern && (by_switch || by_accounts)) {
        need(g, c, grants, "SUPER");
    } else if (s->flavour == UM_MARIADB) {
        if (by_switch)
            need(g, c, grants, "READ_ONLY ADMIN");
        if (by_accounts)
            need(g, c, grants, "CONNECTION ADMIN");
    } else if (by_switch || by_accounts) {
        need(g, c, grants, "CONNECTION_ADMIN");
        if (by_switch)
            need(g, c, grants, "SYSTEM_VARIABLES_ADMIN");
    }
    if (by_accounts && !um_grants_have(grants, "CREATE USER", NULL, NULL))
        add(g, um_sprintf("%s lacks the privilege CREATE USER on the %s", um_grants_account(grants),
                          um_conn_endpoint(c)->side));
}

static int ask_fence(const struct gate *g, struct um_conn *c, struct um_err *err)
{
    const struct um_server *s = um_conn_server(c);
    struct um_grants *grants = um_grants_read(c, err);
    if (!grants)
        return -1;
    need_for_fence(g, c, grants);
    um_grants_delete(grants);
    if (g->config->cutover.fence == UM_FENCE_SUPER_READ_ONLY &&
        (s->flavour == UM_MARIADB || s->version < 50708))
        add(g, um_sprintf("the %s has no super_read_only", um_conn_endpoint(c)->side));
    bool closed;
    if (um_fence_is_closed(c, g->config, &closed, err) != 0)
        return unasked(g, "cutover.accounts", err);
    return 0;
}

static int ask_fences(const struct gate *g, struct um_err *err)
{
    if (ask_fence(g, g->source, err) != 0 || ask_fence(g, g->target, err) != 0)
        return -1;
    struct um_fence fence;
    if (um_fence_of_source(g->source, g->config, &fence, err) != 0) {
        um_fence_clear(&fence);
        return unasked(g, "the source's events", err);
    }
    if (!fence.lasting && !g->config->cutover.fence_may_be_lost)
        um_strv_add(
            g->reasons,
            "the source's fence would end when that server restarts: lock the application's "
            "accounts (cutover.accounts), or accept it (cutover.fence_may_be_lost)");
    um_fence_clear(&fence);
    return 0;
}

int um_gate_ask(const struct um_config *config, struct um_conn *source, struct um_conn *target,
                const struct um_state_data *state, struct um_strv *reasons, struct um_err *err)
{
    const struct gate g = {config, source, target, state, reasons};
    if (ask_owner(&g, err) != 0 || ask_verified(&g, err) != 0 || ask_transactions(&g, err) != 0)
        return -1;
    return ask_fences(&g, err);
}

int um_gate_ask_reverse(const struct um_config *config, struct um_strv *reasons, struct um_err *err)
{
    if (config->cutover.reverse == UM_REVERSE_OFF)
        return 0;
    const struct um_config reversed = um_config_reversed(config);
    struct um_plan plan = {0};
    int result = um_plan_make_following(&reversed, &plan, err);
    for (size_t i = 0; result == 0 && i < plan.check_count; i++) {
        const struct um_check *c = &plan.checks[i];
        if (c->level != UM_BLOCK)
            continue;
        char *text = um_sprintf("there would be no way back (%s): %s", c->id, c->seen);
        um_strv_add(reasons, text);
        free(text);
    }
    um_plan_clear(&plan);
    return result;
}
