#ifndef TESTS_UNIT_PLAN_FACTS_H
#define TESTS_UNIT_PLAN_FACTS_H

/*
 * A pair of servers in memory: MySQL 8.0.36 to 8.4.2, set up as the plan wants it, with one table
 * (shop_eu.orders) and every privilege but those named in `denied`. Tests change one thing and
 * look at what the plan says.
 */

#include <stdlib.h>
#include <string.h>

#include "plan/check.h"

struct world {
    struct um_config config;
    struct um_facts facts;
    struct um_plan plan;
    struct um_strv denied_source, denied_target; /* "SELECT", "SELECT:shop", "SELECT:shop.t" */
};

static inline void world_set(struct um_side *s, const char *name, const char *value)
{
    struct um_variables *v = &s->variables;
    size_t at = 0;
    while (at < v->count && strcmp(v->items[at].name, name) < 0)
        at++;
    bool there = at < v->count && strcmp(v->items[at].name, name) == 0;
    if (there && value) {
        char *copy = um_strdup(value); /* may be the same variable of the other side */
        free(v->items[at].value);
        v->items[at].value = copy;
    } else if (there) {
        free(v->items[at].name);
        free(v->items[at].value);
        memmove(&v->items[at], &v->items[at + 1], (--v->count - at) * sizeof *v->items);
    } else if (value) {
        um_grow(&v->items, &v->cap, v->count + 1, sizeof *v->items);
        memmove(&v->items[at + 1], &v->items[at], (v->count++ - at) * sizeof *v->items);
        v->items[at] = (struct um_variable){um_strdup(name), um_strdup(value)};
    }
}

/* What is denied at a level is denied below; what is denied below is not there above either. */
static inline bool world_have(const void *grants, const char *privilege, const char *schema,
                              const char *table)
{
    const struct um_strv *denied = grants;
    for (size_t i = 0; i < denied->count; i++) {
        const char *one = denied->items[i];
        size_t len = strlen(privilege);
        if (strncmp(one, privilege, len) != 0)
            continue;
        if (one[len] == '\0')
            return false;
        if (one[len] != ':')
            continue;
        if (!schema)
            return false;
        char *name = table ? um_sprintf("%s.%s", schema, table) : um_strdup(schema);
        const char *where = one + len + 1;
        size_t shorter = strlen(name) < strlen(where) ? strlen(name) : strlen(where);
        bool covers = strncmp(name, where, shorter) == 0;
        free(name);
        if (covers)
            return false;
    }
    return true;
}

static inline struct um_column world_column(const char *name, enum um_type type,
                                            const char *column_type)
{
    return (struct um_column){
        .name = um_strdup(name), .type = type, .column_type = um_strdup(column_type)};
}

/* id INT with a primary key, unless `key` is false; note VARCHAR(20) utf8mb4. */
static inline struct um_table *world_table(const char *schema, const char *name, bool key)
{
    struct um_table *t = um_alloc(sizeof *t);
    t->schema = um_strdup(schema);
    t->name = um_strdup(name);
    t->engine = um_strdup("InnoDB");
    t->collation = um_strdup("utf8mb4_0900_ai_ci");
    t->columns = um_alloc_array(2, sizeof *t->columns);
    t->column_count = 2;
    t->columns[0] = world_column("id", UM_T_INT, "int");
    t->columns[1] = world_column("note", UM_T_VARCHAR, "varchar(20)");
    t->columns[1].charset = um_strdup("utf8mb4");
    t->columns[1].collation = um_strdup("utf8mb4_0900_ai_ci");
    t->columns[1].length = 20;
    t->columns[1].nullable = true;
    t->create_sql = um_sprintf(
        "CREATE TABLE `%s` (\n  `id` int NOT NULL,\n  `note` varchar(20) DEFAULT NULL%s\n) "
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
        name, key ? ",\n  PRIMARY KEY (`id`)" : "");
    if (key) {
        t->indexes = um_alloc_array(1, sizeof *t->indexes);
        t->index_count = 1;
        t->indexes[0] = (struct um_index){.name = um_strdup("PRIMARY"),
                                          .unique = true,
                                          .primary = true,
                                          .parts = um_alloc_array(1, sizeof(struct um_index_part)),
                                          .part_count = 1};
    }
    t->rows_estimate = 1000;
    t->data_bytes = 64 * 1024;
    return t;
}

static inline int world_by_name(const void *a, const void *b)
{
    const struct um_table *x = *(struct um_table *const *)a, *y = *(struct um_table *const *)b;
    int schema = strcmp(x->schema, y->schema);
    return schema ? schema : strcmp(x->name, y->name);
}

/* Owned by the set from here on. */
static inline void world_add_to(struct um_tables *set, struct um_table *t)
{
    set->items = um_realloc(set->items, (set->count + 1) * sizeof *set->items);
    set->items[set->count++] = t;
    qsort(set->items, set->count, sizeof *set->items, world_by_name);
}

static inline void world_add(struct world *w, struct um_table *t)
{
    world_add_to(&w->plan.tables, t);
    free(w->plan.table_plans);
    w->plan.table_plans = um_alloc_array(w->plan.tables.count, sizeof *w->plan.table_plans);
    for (size_t i = 0; i < w->plan.tables.count; i++) {
        w->plan.table_plans[i].table = w->plan.tables.items[i];
        um_chunk_key(w->plan.tables.items[i], &w->plan.table_plans[i].key);
    }
}

static inline void world_object(struct world *w, enum um_object_kind kind, const char *name,
                                const char *definer)
{
    struct um_objects *o = &w->plan.objects;
    um_grow(&o->items, &o->cap, o->count + 1, sizeof *o->items);
    o->items[o->count++] = (struct um_object){.kind = kind,
                                              .schema = um_strdup("shop_eu"),
                                              .name = um_strdup(name),
                                              .definer = um_strdup(definer),
                                              .create_sql = um_strdup("CREATE …")};
}

static inline void world_foreign_key(struct um_table *t, const char *schema, const char *parent,
                                     bool cascades)
{
    t->foreign_keys =
        um_realloc(t->foreign_keys, (t->foreign_key_count + 1) * sizeof *t->foreign_keys);
    t->foreign_keys[t->foreign_key_count++] =
        (struct um_foreign_key){.name = um_strdup("fk"),
                                .parent_schema = um_strdup(schema),
                                .parent_table = um_strdup(parent),
                                .cascades = cascades,
                                .cascades_rows = cascades};
}

static inline void world_upstream(struct um_side *s, const char *host, unsigned port,
                                  const char *uuid, bool running)
{
    um_grow(&s->upstreams, &s->upstream_cap, s->upstream_count + 1, sizeof *s->upstreams);
    s->upstreams[s->upstream_count++] = (struct um_upstream){
        .host = um_strdup(host), .uuid = um_strdup(uuid), .port = port, .running = running};
}

static inline void world_replica(struct um_source_facts *s, uint32_t id, const char *host)
{
    um_grow(&s->replicas, &s->replica_cap, s->replica_count + 1, sizeof *s->replicas);
    s->replicas[s->replica_count++] = (struct um_replica){id, um_strdup(host)};
}

static inline void world_claim(struct um_target_facts *t, const char *job, const char *schema,
                               const char *table)
{
    um_grow(&t->claims, &t->claim_cap, t->claim_count + 1, sizeof *t->claims);
    t->claims[t->claim_count++] =
        (struct um_claim){um_strdup(job), um_strdup(schema), um_strdup(table)};
}

static inline void world_session(struct um_sessions *s, uint64_t id, uint64_t seconds,
                                 const char *user, const char *state)
{
    um_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items);
    s->items[s->count++] = (struct um_session){id, seconds, um_strdup(user), um_strdup(state)};
}

static inline void world_side(struct world *w, struct um_side *s, bool target)
{
    static const char *const both[][2] = {
        {"log_bin", "ON"},
        {"binlog_format", "ROW"},
        {"binlog_row_image", "FULL"},
        {"binlog_row_value_options", ""},
        {"binlog_transaction_compression", "OFF"},
        {"binlog_checksum", "CRC32"},
        {"binlog_error_action", "ABORT_SERVER"},
        {"binlog_expire_logs_seconds", "2592000"},
        {"sync_binlog", "1"},
        {"innodb_flush_log_at_trx_commit", "1"},
        {"gtid_mode", "ON"},
        {"enforce_gtid_consistency", "ON"},
        {"log_replica_updates", "ON"},
        {"max_connections", "151"},
        {"max_user_connections", "0"},
        {"read_only", "OFF"},
        {"super_read_only", "OFF"},
        {"local_infile", "ON"},
        {"innodb_strict_mode", "ON"},
        {"innodb_page_size", "16384"},
        {"innodb_default_row_format", "dynamic"},
        {"explicit_defaults_for_timestamp", "ON"},
        {"sql_mode", "STRICT_TRANS_TABLES"},
        {"time_zone", "SYSTEM"},
        {"system_time_zone", "UTC"},
        {"event_scheduler", "ON"},
        {"max_allowed_packet", "67108864"},
        {"lower_case_table_names", "0"},
        {"log_bin_trust_function_creators", "OFF"},
        {"partial_revokes", "OFF"},
        {"hostname", "db"},
        {"port", "3306"},
    };
    for (size_t i = 0; i < sizeof both / sizeof *both; i++)
        world_set(s, both[i][0], both[i][1]);
    world_set(s, "server_id", target ? "2" : "1");
    world_set(s, "server_uuid", target ? "target-uuid" : "source-uuid");
    world_set(s, "datadir", target ? "/data/target/" : "/data/source/");
    world_set(s, "pid_file", target ? "/run/target.pid" : "/run/source.pid");
    s->server = target ? &w->plan.target : &w->plan.source;
    s->have = world_have;
    s->grants = target ? &w->denied_target : &w->denied_source;
    s->account = "'unmoor'@'%'";
    s->connections = 20;
    s->upstreams_known = s->zone_known = true;
}

/* In place: the sides point into it. */
static inline void world_make(struct world *w)
{
    *w = (struct world){0};
    w->config.job = um_strdup("shop");
    w->config.source = (struct um_endpoint){.side = "source", .host = "10.0.0.1", .port = 3306};
    w->config.target = (struct um_endpoint){
        .side = "target", .host = "10.0.0.2", .port = 3306, .sql_log_bin = true};
    w->config.copy.threads = 4;
    w->config.apply.workers = 1;
    w->config.state.schema = "unmoor";
    um_strv_add(&w->config.tables.include, "shop_eu.*");
    w->plan.source = (struct um_server){
        .version = 80036, .version_text = "8.0.36", .uuid = "source-uuid", .thread_id = 8};
    w->plan.target = (struct um_server){
        .version = 80402, .version_text = "8.4.2", .uuid = "target-uuid", .thread_id = 9};
    w->facts.config = &w->config;
    world_side(w, &w->facts.source.side, false);
    world_side(w, &w->facts.target.side, true);
    struct um_source_facts *s = &w->facts.source;
    s->catalogue_read = s->filters_known = s->replicas_known = s->xa_known = true;
    s->transactions.known = s->queries.known = true;
    um_strv_add(&s->schemas, "shop_eu");
    struct um_target_facts *t = &w->facts.target;
    t->innodb = t->accounts_known = t->system_users_known = t->source_zone_known = true;
    um_strv_add(&t->collations, "utf8mb4_0900_ai_ci");
    um_strv_add(&t->collations, "utf8mb3_general_ci");
    um_strv_add(&t->collations, "utf8mb4_general_ci");
    world_add(w, world_table("shop_eu", "orders", true));
}

static inline void world_judge(struct world *w)
{
    um_check_all(&w->plan, &w->facts);
}

/* The first check of that id that is not PASS, else the first; NULL without one. */
static inline const struct um_check *world_find(const struct world *w, const char *id)
{
    const struct um_check *found = NULL;
    for (size_t i = 0; i < w->plan.check_count; i++) {
        const struct um_check *c = &w->plan.checks[i];
        if (strcmp(c->id, id) == 0 && (!found || found->level == UM_PASS))
            found = c;
    }
    return found;
}

static inline void world_clear(struct world *w)
{
    um_facts_clear(&w->facts);
    um_plan_clear(&w->plan);
    um_strv_clear(&w->denied_source);
    um_strv_clear(&w->denied_target);
    um_strv_clear(&w->config.tables.include);
    um_strv_clear(&w->config.tables.exclude);
    free(w->config.job);
}

/* Judges, wants that check at that level with these texts in it, and clears. */
static inline void world_expect(struct world *w, const char *id, enum um_level level,
                                const char *seen, const char *mend)
{
    world_judge(w);
    const struct um_check *c = world_find(w, id);
    assert_non_null(c);
    if (c->level != level || !strstr(c->seen, seen) || !strstr(c->mend ? c->mend : "", mend))
        fail_msg("%s: level %d, '%s', mend '%s'", id, c->level, c->seen, c->mend);
    world_clear(w);
}

static inline struct um_table *first_table(struct world *w)
{
    return w->plan.tables.items[0];
}

static inline void replace_text(char **text, const char *by)
{
    free(*text);
    *text = um_strdup(by);
}

#endif
