#include "plan/check.h"

#include <stdlib.h>
#include <string.h>

/* What the account may do on the source: each privilege that is needed, and no more. */

/* What is missing, and the statements that grant it. */
struct missing {
    const struct um_side *side;
    struct um_list seen;
    struct um_buf grants;
};

static void missing_add(struct missing *m, const char *privilege, const char *schema,
                        const char *table)
{
    if (!schema)
        um_list_add(&m->seen, "%s", privilege);
    else if (!table)
        um_list_add(&m->seen, "%s on %s", privilege, schema);
    else
        um_list_add(&m->seen, "%s on %s.%s", privilege, schema, table);
    if (m->seen.count <= UM_LIST_MAX)
        um_mend_grant(&m->grants, m->side, privilege, schema, table);
}

/* PASS when nothing is missing; `note` is one more line on what it means. */
static void missing_end(struct um_plan *p, enum um_check_id id, enum um_level level,
                        struct missing *m, const char *pass, const char *note)
{
    if (m->seen.count == 0) {
        um_check_pass(p, id, "%s", pass);
        return;
    }
    if (m->seen.count > UM_LIST_MAX)
        um_mend_line(&m->grants, "And so on for the rest, or once for all of them ON *.*");
    if (note)
        um_mend_line(&m->grants, "%s", note);
    char *list = um_list_end(&m->seen);
    um_check_add(p, id, level, um_sprintf("missing: %s", list), um_buf_take(&m->grants));
    free(list);
}

static bool has_wildcard(const char *text, size_t len)
{
    return memchr(text, '*', len) || memchr(text, '?', len);
}

/*
 * A pattern with a wildcard for the table asks for the privilege on the whole schema: what the
 * account may not see, the server does not list, and it would be left out in silence.
 */
static void missing_for_schema(struct missing *m, const struct um_facts *f, const char *privilege,
                               const char *schema)
{
    if (um_side_may(m->side, privilege, schema, NULL))
        return;
    const struct um_strv *include = &f->config->tables.include;
    for (size_t i = 0; i < include->count; i++) {
        const char *dot = strchr(include->items[i], '.');
        if (!dot)
            continue;
        char *pattern = um_sprintf("%.*s.*", (int)(dot - include->items[i]), include->items[i]);
        bool here = um_pattern_matches(f->config, pattern, schema, "x");
        free(pattern);
        if (here && has_wildcard(dot + 1, strlen(dot + 1))) {
            missing_add(m, privilege, schema, NULL);
            return;
        }
    }
    /* Only tables that are named one by one. */
    for (size_t i = 0; i < include->count; i++) {
        const char *dot = strchr(include->items[i], '.');
        if (dot && um_pattern_matches(f->config, include->items[i], schema, dot + 1) &&
            !um_side_may(m->side, privilege, schema, dot + 1))
            missing_add(m, privilege, schema, dot + 1);
    }
    const struct um_strv *added = f->config->tables.added;
    for (size_t i = 0; added && i + 1 < added->count; i += 2) {
        if (strcmp(added->items[i], schema) == 0 &&
            !um_side_may(m->side, privilege, schema, added->items[i + 1]))
            missing_add(m, privilege, schema, added->items[i + 1]);
    }
}

static void missing_for_tables(struct missing *m, const struct um_facts *f, const char *privilege)
{
    for (size_t i = 0; i < f->source.schemas.count; i++)
        missing_for_schema(m, f, privilege, f->source.schemas.items[i]);
}

/* A pattern like "shop_*.orders" finds only the schemas that the account sees. */
static const char *unseen_schemas(const struct um_facts *f)
{
    const struct um_strv *include = &f->config->tables.include;
    for (size_t i = 0; i < include->count; i++) {
        const char *pattern = include->items[i];
        if (has_wildcard(pattern, strcspn(pattern, ".")) &&
            !um_side_may(&f->source.side, "SELECT", NULL, NULL))
            return pattern;
    }
    return NULL;
}

static void check_select(struct um_plan *p, const struct um_facts *f)
{
    struct missing m = {.side = &f->source.side};
    missing_for_tables(&m, f, "SELECT");
    const char *pattern = unseen_schemas(f);
    if (m.seen.count || !pattern) {
        missing_end(p, UM_CHECK_GRANT_SELECT, UM_BLOCK, &m, "SELECT on the tables", NULL);
        return;
    }
    struct um_buf mend = {0};
    um_mend_line(&mend, "If the pattern matches all that it should, nothing. Otherwise:");
    um_mend_grant(&mend, &f->source.side, "SELECT", NULL, NULL);
    um_check_add(p, UM_CHECK_GRANT_SELECT, UM_WARN,
                 um_sprintf("%s matches only the schemas that the account may see", pattern),
                 um_buf_take(&mend));
}

static void check_show_view(struct um_plan *p, const struct um_facts *f)
{
    struct missing m = {.side = &f->source.side};
    const struct um_strv *views = &f->source.views;
    for (size_t i = 0; i < f->source.schemas.count; i++) {
        const char *schema = f->source.schemas.items[i];
        size_t len = strlen(schema);
        for (size_t v = 0; v < views->count; v++) {
            const char *view = views->items[v];
            if (strncmp(view, schema, len) == 0 && view[len] == '.' &&
                !um_side_may(m.side, "SHOW VIEW", schema, view + len + 1)) {
                missing_add(&m, "SHOW VIEW", schema, NULL);
                break;
            }
        }
    }
    missing_end(p, UM_CHECK_GRANT_SHOW_VIEW, UM_BLOCK, &m,
                views->count ? "SHOW VIEW" : "not needed: no views", NULL);
}

static void check_trigger(struct um_plan *p, const struct um_facts *f)
{
    struct missing m = {.side = &f->source.side};
    missing_for_tables(&m, f, "TRIGGER");
    missing_end(p, UM_CHECK_GRANT_TRIGGER, UM_BLOCK, &m, "TRIGGER on the tables", NULL);
}

static void check_event(struct um_plan *p, const struct um_facts *f)
{
    struct missing m = {.side = &f->source.side};
    for (size_t i = 0; i < f->source.schemas.count; i++) {
        if (!um_side_may(m.side, "EVENT", f->source.schemas.items[i], NULL))
            missing_add(&m, "EVENT", f->source.schemas.items[i], NULL);
    }
    missing_end(p, UM_CHECK_GRANT_EVENT, UM_BLOCK, &m, "EVENT on the schemas", NULL);
}

/*
 * The bodies of routines. Global SELECT shows them too on MySQL 8 and later, which is more than is
 * needed, but nothing is missing then.
 */
static void check_routines(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    struct missing m = {.side = s};
    const char *pass = "SELECT on mysql.proc";
    if (s->server->flavour == UM_MARIADB || s->server->version < 80000) {
        if (!um_side_may(s, "SELECT", "mysql", "proc"))
            missing_add(&m, "SELECT", "mysql", "proc");
    } else if (um_side_may(s, "SELECT", NULL, NULL)) {
        pass = "SELECT on all schemas";
    } else if (s->server->version < 80020) {
        missing_add(&m, "SELECT", NULL, NULL);
    } else {
        pass = "SHOW_ROUTINE";
        if (!um_side_may(s, "SHOW_ROUTINE", NULL, NULL))
            missing_add(&m, "SHOW_ROUTINE", NULL, NULL);
    }
    missing_end(p, UM_CHECK_GRANT_ROUTINES, UM_BLOCK, &m, pass, NULL);
}

/* A global privilege under its name, or under another that includes it. */
static void check_global(struct um_plan *p, const struct um_side *s, enum um_check_id id,
                         enum um_level level, const char *name, const char *other, const char *note)
{
    struct missing m = {.side = s};
    if (!um_side_may(s, name, NULL, NULL) && !(other && um_side_may(s, other, NULL, NULL)))
        missing_add(&m, name, NULL, NULL);
    missing_end(p, id, level, &m, name, note);
}

static void check_replication(struct um_plan *p, const struct um_side *s)
{
    bool maria = s->server->flavour == UM_MARIADB;
    check_global(p, s, UM_CHECK_GRANT_REPLICATION_SLAVE, UM_BLOCK, "REPLICATION SLAVE",
                 maria ? "REPLICATION REPLICA" : NULL, NULL);
    if (maria && s->server->version >= 100502)
        check_global(p, s, UM_CHECK_GRANT_REPLICATION_CLIENT, UM_BLOCK, "BINLOG MONITOR",
                     "REPLICATION CLIENT", NULL);
    else
        check_global(p, s, UM_CHECK_GRANT_REPLICATION_CLIENT, UM_BLOCK, "REPLICATION CLIENT",
                     "SUPER", NULL);
    if (maria && s->server->version >= 100509)
        check_global(p, s, UM_CHECK_GRANT_REPLICA_MONITOR, UM_WARN, "SLAVE MONITOR",
                     "REPLICA MONITOR",
                     "Without it, make sure by hand that a source which is a replica has "
                     "log_slave_updates = ON.");
    else
        um_check_pass(p, UM_CHECK_GRANT_REPLICA_MONITOR, "not needed on this server");
}

/* ---- the lock ---- */

static bool may_lock_tables(const struct um_facts *f)
{
    struct missing m = {.side = &f->source.side};
    for (size_t i = 0; i < f->source.schemas.count; i++) {
        if (!um_side_may(m.side, "LOCK TABLES", f->source.schemas.items[i], NULL))
            return false;
    }
    missing_for_tables(&m, f, "SELECT");
    bool may = m.seen.count == 0;
    um_buf_free(&m.seen.text);
    um_buf_free(&m.grants);
    return may;
}

static bool lock_possible(const struct um_facts *f, enum um_lock_method method)
{
    const struct um_side *s = &f->source.side;
    bool maria = s->server->flavour == UM_MARIADB;
    bool reload = um_side_may(s, "RELOAD", NULL, NULL);
    switch (method) {
    case UM_LOCK_GLOBAL:
        return reload || (!maria && s->server->version >= 80023 &&
                          um_side_may(s, "FLUSH_TABLES", NULL, NULL));
    case UM_LOCK_BACKUP:
        /* MySQL's LOCK INSTANCE FOR BACKUP lets writes go on: it holds no position still. */
        return maria && s->server->version >= 100401 && reload;
    case UM_LOCK_TABLES:
        return may_lock_tables(f);
    case UM_LOCK_NONE:
        return maria;
    case UM_LOCK_AUTO:
        break;
    }
    return false;
}

enum um_lock_method um_lock_choose(const struct um_facts *f)
{
    enum um_lock_method wanted = f->config->copy.lock;
    if (wanted != UM_LOCK_AUTO)
        return lock_possible(f, wanted) ? wanted : UM_LOCK_AUTO;
    static const enum um_lock_method ladder[] = {UM_LOCK_GLOBAL, UM_LOCK_BACKUP, UM_LOCK_TABLES,
                                                 UM_LOCK_NONE};
    for (size_t i = 0; i < sizeof ladder / sizeof *ladder; i++) {
        if (lock_possible(f, ladder[i]))
            return ladder[i];
    }
    return UM_LOCK_AUTO;
}

static const char *lock_text(enum um_lock_method method)
{
    switch (method) {
    case UM_LOCK_GLOBAL:
        return "global: FLUSH TABLES WITH READ LOCK";
    case UM_LOCK_BACKUP:
        return "backup: BACKUP STAGE BLOCK_COMMIT";
    case UM_LOCK_TABLES:
        return "tables: LOCK TABLES … READ";
    case UM_LOCK_NONE:
        return "none: each snapshot has a position of its own";
    case UM_LOCK_AUTO:
        break;
    }
    return "auto";
}

/* The grant that makes the method possible. */
static void lock_mend(struct um_buf *mend, const struct um_facts *f, enum um_lock_method method)
{
    const struct um_side *s = &f->source.side;
    bool maria = s->server->flavour == UM_MARIADB;
    if ((method == UM_LOCK_BACKUP && (!maria || s->server->version < 100401)) ||
        (method == UM_LOCK_NONE && !maria)) {
        um_mend_line(mend, "Set copy.lock to auto: this server has no such lock.");
    } else if (method == UM_LOCK_TABLES) {
        for (size_t i = 0; i < f->source.schemas.count; i++)
            um_mend_grant(mend, s, "LOCK TABLES", f->source.schemas.items[i], NULL);
    } else if (!maria && s->server->version >= 80023) {
        um_mend_grant(mend, s, "FLUSH_TABLES", NULL, NULL);
    } else {
        um_mend_grant(mend, s, "RELOAD", NULL, NULL);
    }
}

static void check_lock(struct um_plan *p, const struct um_facts *f)
{
    enum um_lock_method wanted = f->config->copy.lock;
    p->lock = um_lock_choose(f);
    struct um_buf mend = {0};
    if (p->lock == UM_LOCK_AUTO) {
        bool any = wanted == UM_LOCK_AUTO;
        lock_mend(&mend, f, any ? UM_LOCK_GLOBAL : wanted);
        um_check_add(p, UM_CHECK_LOCK, UM_BLOCK,
                     any ? um_strdup("the account may take none of the locks")
                         : um_sprintf("not possible: %s", lock_text(wanted)),
                     um_buf_take(&mend));
    } else if (wanted == UM_LOCK_AUTO && p->lock != UM_LOCK_GLOBAL) {
        lock_mend(&mend, f, UM_LOCK_GLOBAL);
        um_mend_line(&mend,
                     "Without it the copy uses what is named here, which is exact too, but "
                     "%s.",
                     p->lock == UM_LOCK_NONE
                         ? "needs a key with an order known to the client to copy a table in parts"
                         : "waits for every open transaction on the tables");
        um_check_add(p, UM_CHECK_LOCK, UM_WARN, um_strdup(lock_text(p->lock)), um_buf_take(&mend));
    } else {
        um_check_pass(p, UM_CHECK_LOCK, "%s", lock_text(p->lock));
    }
}

void um_check_source_grants(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    bool mysql8 = s->server->flavour == UM_MYSQL && s->server->version >= 80000;
    check_select(p, f);
    check_show_view(p, f);
    check_trigger(p, f);
    check_event(p, f);
    check_routines(p, f);
    check_replication(p, s);
    check_global(p, s, UM_CHECK_GRANT_PROCESS, UM_WARN, "PROCESS", NULL,
                 "Without it, long transactions and statements that the lock would wait for are "
                 "not seen.");
    if (mysql8)
        check_global(p, s, UM_CHECK_GRANT_XA_RECOVER, UM_WARN, "XA_RECOVER_ADMIN", NULL,
                     "Without it, make sure by hand that no XA transaction stays prepared.");
    else
        um_check_pass(p, UM_CHECK_GRANT_XA_RECOVER, "not needed on this server");
    check_lock(p, f);
}
