#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the account may do on the target: only what the tables and objects at hand need. */

/* Privileges that are missing on one schema: one GRANT for all of them. */
static void missing_on(const struct um_side *s, const char *const *privileges, const char *schema,
                       struct um_list *seen, struct um_buf *mend)
{
    struct um_buf wanted = {0};
    for (const char *const *p = privileges; *p; p++) {
        if (um_side_may(s, *p, schema, NULL))
            continue;
        um_buf_fmt(&wanted, "%s%s", wanted.len ? ", " : "", *p);
    }
    if (wanted.len) {
        um_list_add(seen, "%s on %s", wanted.data, schema);
        um_mend_grant(mend, s, wanted.data, schema, NULL);
    }
    um_buf_free(&wanted);
}

static void missing_end(struct um_plan *p, enum um_check_id id, struct um_list *seen,
                        struct um_buf *mend, const char *pass)
{
    if (seen->count == 0) {
        um_check_pass(p, id, "%s", pass);
        return;
    }
    char *list = um_list_end(seen);
    um_check_add(p, id, UM_BLOCK, um_sprintf("missing: %s", list), um_buf_take(mend));
    free(list);
}

static bool has_foreign_keys(const struct um_plan *p, const char *schema)
{
    for (size_t i = 0; i < p->tables.count; i++) {
        if (p->tables.items[i]->foreign_key_count && !strcmp(p->tables.items[i]->schema, schema))
            return true;
    }
    return false;
}

static void check_tables(struct um_plan *p, const struct um_facts *f)
{
    static const char *const base[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE",
                                       "DROP",   "ALTER",  "INDEX",  NULL};
    static const char *const with_keys[] = {"SELECT", "INSERT", "UPDATE", "DELETE",     "CREATE",
                                            "DROP",   "ALTER",  "INDEX",  "REFERENCES", NULL};
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < f->source.schemas.count; i++) {
        const char *schema = f->source.schemas.items[i];
        missing_on(&f->target.side, has_foreign_keys(p, schema) ? with_keys : base, schema, &seen,
                   &mend);
    }
    missing_end(p, UM_CHECK_GRANT_TARGET_TABLES, &seen, &mend, "all that is needed");
}

/* ---- objects ---- */

static bool has_kind(const struct um_plan *p, enum um_object_kind kind, const char *schema)
{
    for (size_t i = 0; i < p->objects.count; i++) {
        const struct um_object *o = &p->objects.items[i];
        if (o->kind == kind && (!schema || strcmp(o->schema, schema) == 0))
            return true;
    }
    return false;
}

static void check_objects(struct um_plan *p, const struct um_facts *f)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < f->source.schemas.count; i++) {
        const char *schema = f->source.schemas.items[i];
        const char *wanted[8];
        size_t n = 0;
        if (has_kind(p, UM_OBJ_VIEW, schema)) {
            wanted[n++] = "CREATE VIEW";
            wanted[n++] = "SHOW VIEW";
        }
        if (has_kind(p, UM_OBJ_TRIGGER, schema))
            wanted[n++] = "TRIGGER";
        if (has_kind(p, UM_OBJ_PROCEDURE, schema) || has_kind(p, UM_OBJ_FUNCTION, schema)) {
            wanted[n++] = "CREATE ROUTINE";
            wanted[n++] = "ALTER ROUTINE";
        }
        if (has_kind(p, UM_OBJ_EVENT, schema))
            wanted[n++] = "EVENT";
        wanted[n] = NULL;
        missing_on(&f->target.side, wanted, schema, &seen, &mend);
    }
    missing_end(p, UM_CHECK_GRANT_TARGET_OBJECTS, &seen, &mend,
                p->objects.count ? "all that is needed" : "not needed: no such objects");
}

static void check_state(struct um_plan *p, const struct um_facts *f)
{
    /* ALTER raises the state of an earlier version (state/schema.c). */
    static const char *const wanted[] = {"SELECT", "INSERT", "UPDATE", "DELETE",
                                         "CREATE", "DROP",   "ALTER",  NULL};
    struct um_list seen = {0};
    struct um_buf mend = {0};
    missing_on(&f->target.side, wanted, f->config->state.schema, &seen, &mend);
    missing_end(p, UM_CHECK_GRANT_TARGET_STATE, &seen, &mend, "all that is needed");
}

/* ---- definers ---- */

/* The definers that are kept, each once, the account itself left out. */
static void other_definers(const struct um_plan *p, const struct um_facts *f, struct um_strv *out)
{
    if (f->config->copy.definer != UM_DEFINER_KEEP)
        return;
    char *self = um_account_plain(f->target.side.account);
    for (size_t i = 0; i < p->objects.count; i++) {
        if (!p->objects.items[i].definer)
            continue;
        char *definer = um_account_plain(p->objects.items[i].definer);
        if (strcmp(definer, self) != 0 && !um_strv_has(out, definer))
            um_strv_add(out, definer);
        free(definer);
    }
    free(self);
}

static void add_quoted(struct um_buf *b, const char *text, size_t len)
{
    um_buf_char(b, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'' || text[i] == '\\')
            um_buf_char(b, text[i]);
        um_buf_char(b, text[i]);
    }
    um_buf_char(b, '\'');
}

/* CREATE USER 'x'@'y' ACCOUNT LOCK; or CREATE ROLE 'x'; */
static void create_account(struct um_buf *mend, const char *plain)
{
    const char *at = strrchr(plain, '@');
    bool role = at[1] == '\0';
    um_mend_line(mend, role ? "CREATE ROLE " : "CREATE USER ");
    add_quoted(mend, plain, (size_t)(at - plain));
    if (!role) {
        um_buf_char(mend, '@');
        add_quoted(mend, at + 1, strlen(at + 1));
        um_buf_str(mend, " ACCOUNT LOCK");
    }
    um_buf_char(mend, ';');
}

static void check_definers(struct um_plan *p, const struct um_facts *f)
{
    struct um_strv definers = {0};
    struct um_list seen = {0};
    struct um_buf mend = {0};
    other_definers(p, f, &definers);
    if (definers.count == 0) {
        um_check_pass(p, UM_CHECK_DEFINERS, "no other definers to keep");
        return;
    }
    if (!f->target.accounts_known) {
        for (size_t i = 0; i < definers.count; i++)
            um_list_add(&seen, "%s", definers.items[i]);
        char *list = um_list_end(&seen);
        um_mend_line(&mend, "See to it that they exist, or let the account look:");
        um_mend_grant(&mend, &f->target.side, "SELECT", "mysql", "user");
        um_check_add(p, UM_CHECK_DEFINERS, UM_WARN,
                     um_sprintf("the account may not see whether there is %s", list),
                     um_buf_take(&mend));
        free(list);
        um_strv_clear(&definers);
        return;
    }
    for (size_t i = 0; i < definers.count; i++) {
        if (um_strv_has(&f->target.accounts, definers.items[i]))
            continue;
        um_list_add(&seen, "%s", definers.items[i]);
        create_account(&mend, definers.items[i]);
    }
    if (seen.count) {
        um_mend_line(&mend, "And give them what the objects need. Or set copy.definer to current.");
        char *list = um_list_end(&seen);
        um_check_add(p, UM_CHECK_DEFINERS, UM_WARN, um_sprintf("not there: %s", list),
                     um_buf_take(&mend));
        free(list);
    } else {
        um_check_pass(p, UM_CHECK_DEFINERS, "all %zu are there", definers.count);
    }
    um_strv_clear(&definers);
}

/* How a server calls the right to name another definer; NULL: SUPER alone. */
static const char *definer_privilege(const struct um_server *s)
{
    if (s->flavour == UM_MARIADB)
        return s->version >= 100502 ? "SET USER" : "SUPER";
    return s->version >= 80200 ? "SET_ANY_DEFINER" : "SET_USER_ID";
}

static bool may_set_definer(const struct um_side *s)
{
    bool super = um_side_may(s, "SUPER", NULL, NULL);
    if (um_side_may(s, definer_privilege(s->server), NULL, NULL))
        return true;
    if (s->server->flavour == UM_MARIADB)
        return super && s->server->version < 101101;
    return super || um_side_may(s, "SET_USER_ID", NULL, NULL);
}

/* An account without it may not name one that has it. */
static bool asks_for_system_user(const struct um_side *s)
{
    return s->server->flavour == UM_MYSQL && s->server->version >= 80016 &&
           !um_side_may(s, "SYSTEM_USER", NULL, NULL);
}

/*
 * The definers that have SYSTEM_USER, and those of which it cannot be seen: the first of them that
 * has it would end the job after the copy. Says whether there are any that do not exist.
 */
static bool system_definers(const struct um_target_facts *t, const struct um_strv *definers,
                            struct um_list *out)
{
    bool absent = false;
    for (size_t i = 0; i < definers->count; i++) {
        const char *one = definers->items[i];
        bool gone = t->accounts_known && !um_strv_has(&t->accounts, one);
        absent |= gone;
        if (t->system_users_known ? um_strv_has(&t->system_users, one) : !gone)
            um_list_add(out, "%s", one);
    }
    return absent;
}

static void tell_of_system_users(const struct um_target_facts *t, const char *who,
                                 struct um_buf *seen, struct um_buf *mend)
{
    if (t->system_users_known) {
        um_buf_fmt(seen, " (held by definers: %s)", who);
        return;
    }
    um_buf_fmt(seen, " (definers may hold it, which the account cannot see: %s)", who);
    um_mend_line(mend, "Or let the account look whether it needs SYSTEM_USER:");
    um_mend_grant(mend, &t->side, "SELECT", "mysql", "user");
    um_mend_grant(mend, &t->side, "SELECT", "mysql", "global_grants");
    um_mend_grant(mend, &t->side, "SELECT", "mysql", "role_edges");
}

static void check_definer_privilege(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->target.side;
    bool mysql = s->server->flavour == UM_MYSQL;
    struct um_strv definers = {0};
    struct um_list missing = {0};
    struct um_buf mend = {0};
    other_definers(p, f, &definers);
    if (definers.count && !may_set_definer(s))
        um_list_add(&missing, "%s", definer_privilege(s->server));
    struct um_list powerful = {0};
    bool absent = system_definers(&f->target, &definers, &powerful);
    if (absent && mysql && s->server->version >= 80200 && !um_side_may(s, "SUPER", NULL, NULL) &&
        !um_side_may(s, "ALLOW_NONEXISTENT_DEFINER", NULL, NULL))
        um_list_add(&missing, "ALLOW_NONEXISTENT_DEFINER");
    bool asks = powerful.count && asks_for_system_user(s);
    if (asks)
        um_list_add(&missing, "SYSTEM_USER");
    size_t count = missing.count;
    char *list = um_list_end(&missing), *who = um_list_end(&powerful);
    if (count) {
        struct um_buf seen = {0};
        um_buf_fmt(&seen, "missing: %s", list);
        um_mend_grant(&mend, s, list, NULL, NULL);
        if (asks)
            tell_of_system_users(&f->target, who, &seen, &mend);
        um_mend_line(&mend, "Or set copy.definer to current.");
        um_check_add(p, UM_CHECK_GRANT_TARGET_DEFINER, UM_BLOCK, um_buf_take(&seen),
                     um_buf_take(&mend));
    } else {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_DEFINER, "%s",
                      definers.count ? definer_privilege(s->server)
                                     : "not needed: no other definers to keep");
    }
    free(list);
    free(who);
    um_strv_clear(&definers);
}

/* ---- the binary log ---- */

static void check_functions(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->target.side;
    const char *name = "log_bin_trust_function_creators";
    if (!has_kind(p, UM_OBJ_FUNCTION, NULL) && !has_kind(p, UM_OBJ_TRIGGER, NULL)) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_FUNCTIONS, "not needed: no functions or triggers");
    } else if (!um_variable_on(um_variable(&s->variables, "log_bin"))) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_FUNCTIONS, "the binary log is off");
    } else if (um_variable_on(um_variable(&s->variables, name))) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_FUNCTIONS, "%s = ON", name);
    } else if (um_side_may(s, "SUPER", NULL, NULL)) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_FUNCTIONS, "SUPER");
    } else {
        struct um_buf mend = {0};
        um_mend_variable(&mend, s, name, "ON");
        um_mend_line(&mend, "It can be switched off again after the cutover.");
        um_check_add(p, UM_CHECK_GRANT_TARGET_FUNCTIONS, UM_BLOCK, um_sprintf("%s = OFF", name),
                     um_buf_take(&mend));
    }
}

static void check_sql_log_bin(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->target.side;
    bool maria = s->server->flavour == UM_MARIADB;
    if (f->config->target.sql_log_bin) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_SQL_LOG_BIN,
                      "not needed: target.sql_log_bin is true");
        return;
    }
    const char *name = maria ? "BINLOG ADMIN" : "SESSION_VARIABLES_ADMIN";
    if (!maria && s->server->version < 80014)
        name = "SYSTEM_VARIABLES_ADMIN";
    bool super = um_side_may(s, "SUPER", NULL, NULL) && !(maria && s->server->version >= 101101);
    if (super || um_side_may(s, name, NULL, NULL) ||
        (!maria && um_side_may(s, "SYSTEM_VARIABLES_ADMIN", NULL, NULL))) {
        um_check_pass(p, UM_CHECK_GRANT_TARGET_SQL_LOG_BIN, "%s", super ? "SUPER" : name);
        return;
    }
    struct um_buf mend = {0};
    um_mend_grant(&mend, s, name, NULL, NULL);
    um_check_add(p, UM_CHECK_GRANT_TARGET_SQL_LOG_BIN, UM_BLOCK, um_sprintf("missing: %s", name),
                 um_buf_take(&mend));
}

void um_check_target_grants(struct um_plan *p, const struct um_facts *f)
{
    check_definers(p, f);
    check_tables(p, f);
    check_objects(p, f);
    check_state(p, f);
    check_definer_privilege(p, f);
    check_functions(p, f);
    check_sql_log_bin(p, f);
}
