#include "plan/facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/ask.h"
#include "schema/ddl.h"

/* What is read of the target. */

static int read_innodb(struct um_conn *c, struct um_target_facts *t, struct um_err *err)
{
    struct um_strv support = {0};
    int answered = um_ask_names(c, &support, err,
                                "SELECT SUPPORT FROM information_schema.ENGINES "
                                "WHERE ENGINE = 'InnoDB'");
    /* MySQL lists an engine that is there; that new tables may not use it is said elsewhere. */
    const char *disabled = um_variable(&t->side.variables, "disabled_storage_engines");
    t->innodb =
        support.count > 0 &&
        (!strcasecmp(support.items[0], "YES") || !strcasecmp(support.items[0], "DEFAULT")) &&
        !(disabled && strcasestr(disabled, "innodb"));
    um_strv_clear(&support);
    return answered < 0 ? -1 : 0;
}

static int read_collations(struct um_conn *c, struct um_target_facts *t, struct um_err *err)
{
    if (um_ask_names(c, &t->collations, err,
                     "SELECT COLLATION_NAME FROM information_schema.COLLATIONS") < 0)
        return -1;
    /* MariaDB 10.10 and later list uca1400 collations without their charset there. */
    if (t->side.server->flavour == UM_MARIADB && t->side.server->version >= 101001 &&
        um_ask_names(c, &t->collations, err,
                     "SELECT FULL_COLLATION_NAME FROM "
                     "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY") < 0)
        return -1;
    return 0;
}

/* ---- names ---- */

static void add_once(struct um_strv *v, const char *text)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->items[i], text) == 0)
            return;
    }
    um_strv_add(v, text);
}

/* The schemas of the tables, of parents that are not included, and of the state. */
static void schemas_that_matter(const struct um_facts *f, const struct um_tables *tables,
                                struct um_strv *out)
{
    for (size_t i = 0; i < f->source.schemas.count; i++)
        add_once(out, f->source.schemas.items[i]);
    for (size_t i = 0; i < tables->count; i++) {
        const struct um_table *t = tables->items[i];
        for (size_t k = 0; k < t->foreign_key_count; k++)
            add_once(out, t->foreign_keys[k].parent_schema);
    }
    add_once(out, f->config->state.schema);
}

/* Where the target does not tell cases apart, neither does the list. */
static int read_list(struct um_conn *c, const struct um_facts *f, const struct um_strv *schemas,
                     const char *select, const char *column, struct um_strv *out,
                     struct um_err *err)
{
    bool any_case = um_variable_uint(&f->target.side.variables, "lower_case_table_names", 0) != 0;
    struct um_strv lower = {0};
    for (size_t i = 0; any_case && i < schemas->count; i++) {
        um_strv_add(&lower, schemas->items[i]);
        for (char *p = lower.items[i]; *p; p++) {
            if (*p >= 'A' && *p <= 'Z')
                *p += 'a' - 'A';
        }
    }
    struct um_buf sql = {0};
    um_buf_fmt(&sql, any_case ? "%s LOWER(CONVERT(%s USING utf8mb4))" : "%s %s", select, column);
    um_ask_in(&sql, any_case ? &lower : schemas);
    int result = um_ask_names(c, out, err, sql.data);
    um_buf_free(&sql);
    um_strv_clear(&lower);
    return result < 0 ? -1 : 0;
}

static int read_names(struct um_conn *c, struct um_facts *f, const struct um_strv *schemas,
                      struct um_err *err)
{
    struct um_target_facts *t = &f->target;
    const struct {
        const char *select, *column;
        struct um_strv *out;
    } lists[] = {
        {"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE", "SCHEMA_NAME", &t->schemas},
        {"SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
         "WHERE TABLE_TYPE <> 'VIEW' AND",
         "TABLE_SCHEMA", &t->relations},
        {"SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
         "WHERE TABLE_TYPE = 'VIEW' AND",
         "TABLE_SCHEMA", &t->views},
        {"SELECT ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE",
         "ROUTINE_SCHEMA", &t->objects},
        {"SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE", "EVENT_SCHEMA",
         &t->objects},
        {"SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE",
         "TRIGGER_SCHEMA", &t->objects},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (read_list(c, f, schemas, lists[i].select, lists[i].column, lists[i].out, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- accounts ---- */

static int read_accounts(struct um_conn *c, struct um_target_facts *t, struct um_err *err)
{
    int answered =
        um_ask_names(c, &t->accounts, err, "SELECT CONCAT(User, '@', Host) FROM mysql.user");
    if (answered < 0)
        return -1;
    t->accounts_known = answered > 0;
    if (t->side.server->flavour != UM_MYSQL || t->side.server->version < 80016)
        return 0;
    /* Not from information_schema, which shows most accounts their own privileges alone. A
       definer counts as having what a role of its has, active or not. */
    answered = um_ask_names(c, &t->system_users, err,
                            "WITH RECURSIVE holder (u, h) AS ("
                            "SELECT USER, HOST FROM mysql.global_grants "
                            "WHERE PRIV = 'SYSTEM_USER' UNION "
                            "SELECT e.TO_USER, e.TO_HOST FROM mysql.role_edges e "
                            "JOIN holder ON e.FROM_USER = u AND e.FROM_HOST = h) "
                            "SELECT CONCAT(u, '@', h) FROM holder");
    if (answered < 0)
        return -1;
    t->system_users_known = answered > 0;
    return 0;
}

static int read_zone_known(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    const char *zone = um_variable(&f->source.side.variables, "time_zone");
    struct um_buf sql = {0};
    struct um_strv known = {0};
    um_buf_str(&sql, "SELECT CONVERT_TZ('2024-01-15 12:00:00', '+00:00', ");
    um_quote_text(&sql, zone ? zone : "SYSTEM");
    um_buf_str(&sql, ") IS NOT NULL");
    int answered = um_ask_names(c, &known, err, sql.data);
    f->target.source_zone_known = known.count && strcmp(known.items[0], "1") == 0;
    um_buf_free(&sql);
    um_strv_clear(&known);
    return answered < 0 ? -1 : 0;
}

/* ---- other jobs ---- */

/* Without the state schema, there is none. That it may not be read is said by another check. */
static int read_claims(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    struct um_target_facts *t = &f->target;
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT job, schema_name, table_name FROM ");
    um_quote_table(&sql, f->config->state.schema, "job_table");
    um_buf_str(&sql, " WHERE job <> ");
    um_quote_text(&sql, f->config->job);
    um_buf_str(&sql, " ORDER BY job, id");
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, sql.data), more;
    um_buf_free(&sql);
    if (answered <= 0)
        return answered;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_grow(&t->claims, &t->claim_cap, t->claim_count + 1, sizeof *t->claims);
        t->claims[t->claim_count++] = (struct um_claim){
            .job = um_strdup(row[0]), .schema = um_strdup(row[1]), .table = um_strdup(row[2])};
    }
    um_result_close(r);
    return more;
}

/* ---- definitions, for copy.existing: empty ---- */

struct wanted {
    const struct um_tables *tables;
    bool any_case;
};

static bool is_wanted(void *context, const char *schema, const char *name)
{
    const struct wanted *w = context;
    if (!w->any_case)
        return um_tables_find(w->tables, schema, name) != NULL;
    for (size_t i = 0; i < w->tables->count; i++) {
        if (strcasecmp(w->tables->items[i]->name, name) == 0 &&
            strcasecmp(w->tables->items[i]->schema, schema) == 0)
            return true;
    }
    return false;
}

static int read_definitions(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                            struct um_err *err)
{
    if ((f->resuming && !f->adding) || f->config->copy.existing != UM_EXISTING_EMPTY)
        return 0;
    struct wanted w = {
        .tables = tables,
        .any_case = um_variable_uint(&f->target.side.variables, "lower_case_table_names", 0) != 0,
    };
    return um_catalog_tables(c, is_wanted, &w, &f->target.tables, err);
}

int um_facts_target(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                    struct um_err *err)
{
    struct um_target_facts *t = &f->target;
    struct um_strv schemas = {0};
    int result = -1;
    schemas_that_matter(f, tables, &schemas);
    if (um_facts_side(c, &t->side, err) == 0 &&
        um_facts_variables(c,
                           "SHOW SESSION VARIABLES WHERE Variable_name IN "
                           "('sql_require_primary_key', 'sql_generate_invisible_primary_key')",
                           &t->session, err) == 0 &&
        read_innodb(c, t, err) == 0 && read_collations(c, t, err) == 0 &&
        read_names(c, f, &schemas, err) == 0 && read_accounts(c, t, err) == 0 &&
        read_zone_known(c, f, err) == 0 && read_claims(c, f, err) == 0 &&
        read_definitions(c, f, tables, err) == 0 && um_facts_redo_log(c, f, err) == 0)
        result = 0;
    um_strv_clear(&schemas);
    return result;
}
