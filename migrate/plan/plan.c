#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/check.h"
#include "spool/spool.h"

static bool wanted(void *context, const char *schema, const char *table)
{
    return um_config_wants(context, schema, table);
}

static bool have_privilege(const void *grants, const char *privilege, const char *schema,
                           const char *table)
{
    return um_grants_have(grants, privilege, schema, table);
}

/* ---- reading the catalogue ---- */

/* Errors about what is there, or may be seen, and not about the connection: they become checks. */
static bool is_about_objects(const struct um_err *err)
{
    switch (err->id) {
    case UM_E_CATALOG_GONE:
    case UM_E_CATALOG_HIDDEN:
    case UM_E_CATALOG_BROKEN:
    case UM_E_CATALOG_UNKNOWN:
        return true;
    default:
        break;
    }
    switch (err->server_code) {
    case 1044: /* access to the schema */
    case 1142: /* a command on a table */
    case 1143: /* a column */
    case 1227: /* a privilege by name */
    case 1305: /* a routine that may not be seen is said not to exist */
    case 1370: /* a routine */
        return true;
    default:
        return false;
    }
}

static int read_catalogue(struct um_conn *c, const struct um_config *config, struct um_plan *p,
                          struct um_facts *f, struct um_err *err)
{
    f->source.catalogue_read = true;
    if (um_catalog_tables_each(c, wanted, (void *)config, &p->tables, &f->source.unread, err) !=
            0 ||
        um_catalog_objects(c, wanted, (void *)config, &p->objects, err) != 0) {
        if (!is_about_objects(err))
            return -1;
        f->source.catalogue_read = false;
        f->source.why = um_strdup(err->text);
        f->source.remedy = um_err_info(err->id)->remedy;
        um_err_clear(err);
    }
    p->table_plans = um_alloc_array(p->tables.count, sizeof *p->table_plans);
    for (size_t i = 0; i < p->tables.count; i++) {
        p->table_plans[i].table = p->tables.items[i];
        um_chunk_key(p->tables.items[i], &p->table_plans[i].key);
    }
    um_estimate_plan(p, config->copy.threads);
    return um_facts_relations(c, f, &p->tables, err);
}

/* Is there a pattern for which a suggestion may be needed? */
static bool patterns_in_doubt(const struct um_config *config, const struct um_tables *tables)
{
    for (size_t i = 0; i < config->tables.exclude.count; i++) {
        if (!strpbrk(config->tables.exclude.items[i], "*?"))
            return true;
    }
    for (size_t i = 0; i < config->tables.include.count; i++) {
        bool matches = false;
        for (size_t k = 0; !matches && k < tables->count; k++)
            matches = um_pattern_matches(config, config->tables.include.items[i],
                                         tables->items[k]->schema, tables->items[k]->name);
        if (!matches)
            return true;
    }
    return false;
}

static void side_is(struct um_side *s, const struct um_server *server, const struct um_grants *g)
{
    s->server = server;
    s->have = have_privilege;
    s->grants = g;
    s->account = um_grants_account(g);
}

static int read_facts(struct um_conn *source, struct um_conn *target, struct um_plan *p,
                      struct um_facts *f, struct um_err *err)
{
    const char *image;
    if (um_facts_source(source, f, err) != 0 ||
        um_server_gtid_kind(source, &p->gtid_kind, err) != 0 ||
        read_catalogue(source, f->config, p, f, err) != 0)
        return um_fail_in(err, "planning: reading the source");
    if (patterns_in_doubt(f->config, &p->tables) && um_facts_names(source, f, err) != 0)
        return um_fail_in(err, "planning: reading the source");
    if ((!f->resuming || f->adding) && um_facts_rounding(source, f, &p->tables, err) != 0)
        return um_fail_in(err, "planning: reading the source");
    if (!f->resuming)
        um_facts_throttle(f);
    if (!f->resuming && f->config->spool.directory)
        f->spool_wrong = um_spool_check(f->config, &f->spool_free);
    image = um_variable(&f->source.side.variables, "binlog_row_image");
    p->full_row_image = um_server_full_images(image);
    if (um_facts_target(target, f, &p->tables, err) != 0)
        return um_fail_in(err, "planning: reading the target");
    if (um_facts_sequences(source, target, f, &p->tables, err) != 0)
        return um_fail_in(err, "planning: reading the sequences");
    return um_facts_clock(source, target, f, err);
}

static int make(struct um_facts *facts, struct um_plan *plan, struct um_err *err)
{
    const struct um_config *config = facts->config;
    struct um_conn *source = NULL, *target = NULL;
    struct um_grants *source_grants = NULL, *target_grants = NULL;
    /* Nothing is written here, and whether the account may switch its log off is a check. */
    struct um_endpoint target_at = config->target;
    target_at.sql_log_bin = true;
    int result = -1;

    *plan = (struct um_plan){.resuming = facts->resuming,
                             .following = facts->following,
                             .adding = facts->adding != NULL};
    if (!(source = um_conn_open(&config->source, err)) || !(target = um_conn_open(&target_at, err)))
        goto out;
    plan->source = *um_conn_server(source);
    plan->target = *um_conn_server(target);
    if (!(source_grants = um_grants_read(source, err)) ||
        !(target_grants = um_grants_read(target, err)))
        goto out;
    side_is(&facts->source.side, &plan->source, source_grants);
    side_is(&facts->target.side, &plan->target, target_grants);
    if (read_facts(source, target, plan, facts, err) != 0)
        goto out;
    um_check_all(plan, facts);
    result = 0;
out:
    um_facts_clear(facts);
    um_grants_delete(source_grants);
    um_grants_delete(target_grants);
    um_conn_close(source);
    um_conn_close(target);
    if (result != 0)
        um_plan_clear(plan);
    return result;
}

int um_plan_make(const struct um_config *config, bool resuming, struct um_plan *plan,
                 struct um_err *err)
{
    struct um_facts facts = {.config = config, .resuming = resuming};
    return make(&facts, plan, err);
}

int um_plan_make_following(const struct um_config *config, struct um_plan *plan, struct um_err *err)
{
    struct um_facts facts = {.config = config, .resuming = true, .following = true};
    return make(&facts, plan, err);
}

int um_plan_make_anew(const struct um_config *config, const struct um_strv *own,
                      struct um_plan *plan, struct um_err *err)
{
    struct um_facts facts = {.config = config, .own = own};
    return make(&facts, plan, err);
}

int um_plan_make_adding(const struct um_config *config, const struct um_strv *adding,
                        struct um_plan *plan, struct um_err *err)
{
    struct um_facts facts = {.config = config, .resuming = true, .adding = adding};
    return make(&facts, plan, err);
}

void um_plan_clear(struct um_plan *plan)
{
    for (size_t i = 0; i < plan->check_count; i++) {
        free(plan->checks[i].seen);
        free(plan->checks[i].mend);
    }
    free(plan->checks);
    free(plan->table_plans);
    um_tables_delete(&plan->tables);
    um_objects_clear(&plan->objects);
    *plan = (struct um_plan){0};
}

int um_plan_fail(const struct um_plan *plan, struct um_err *err)
{
    enum { TOLD = 3 };
    struct um_buf text = {0};
    size_t blocks = 0;
    for (size_t i = 0; i < plan->check_count; i++) {
        const struct um_check *c = &plan->checks[i];
        if (c->level != UM_BLOCK || blocks++ >= TOLD)
            continue;
        /* A statement of many lines would drown the rest: its first one. */
        um_buf_fmt(&text, "; %s: %.200s (mend: %.*s)", c->id, c->seen,
                   (int)strcspn(c->mend, "\n") > 200 ? 200 : (int)strcspn(c->mend, "\n"), c->mend);
    }
    if (blocks > TOLD)
        um_buf_fmt(&text, "; and %zu more", blocks - TOLD);
    um_fail(err, UM_E_PLAN_BLOCKED, "%zu check%s of the plan stand%s in the way%s", blocks,
            blocks == 1 ? "" : "s", blocks == 1 ? "s" : "", text.data ? text.data : "");
    um_buf_free(&text);
    return -1;
}
