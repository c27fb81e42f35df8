#include "plan/facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/ask.h"

/* What is read in the same way on both servers. */

static int by_variable_name(const void *a, const void *b)
{
    return strcmp(((const struct um_variable *)a)->name, ((const struct um_variable *)b)->name);
}

int um_facts_variables(struct um_conn *c, const char *sql, struct um_variables *out,
                       struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    struct um_resultset *r = um_query(c, err, "%s", sql);
    int more;
    if (!r)
        return -1;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] = (struct um_variable){.name = um_strdup(row[0] ? row[0] : ""),
                                                        .value = um_strdup(row[1] ? row[1] : "")};
    }
    um_result_close(r);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_variable_name);
    return more;
}

/* Servers that this one replicates from. */
static int read_upstreams(struct um_conn *c, struct um_side *s, struct um_err *err)
{
    const char *sql = "SHOW SLAVE STATUS";
    if (s->server->flavour == UM_MARIADB)
        sql = "SHOW ALL SLAVES STATUS";
    else if (s->server->version >= 80022)
        sql = "SHOW REPLICA STATUS";
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, sql), more;
    if (answered <= 0)
        return answered;
    s->upstreams_known = true;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_grow(&s->upstreams, &s->upstream_cap, s->upstream_count + 1, sizeof *s->upstreams);
        const char *io = um_ask_column(r, row, "Replica_IO_Running", "Slave_IO_Running");
        const char *applier = um_ask_column(r, row, "Replica_SQL_Running", "Slave_SQL_Running");
        s->upstreams[s->upstream_count++] = (struct um_upstream){
            .host = um_strdup(um_ask_column(r, row, "Source_Host", "Master_Host")),
            .uuid = um_strdup(um_ask_column(r, row, "Source_UUID", "Master_UUID")),
            .port =
                (unsigned)strtoul(um_ask_column(r, row, "Source_Port", "Master_Port"), NULL, 10),
            .running = strcasecmp(io, "No") != 0 && strcasecmp(applier, "Yes") == 0,
        };
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

static int read_connections(struct um_conn *c, struct um_side *s, struct um_err *err)
{
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, "SHOW GLOBAL STATUS LIKE 'Threads_connected'");
    if (answered <= 0)
        return answered;
    int more = um_result_next(r, &row, &lengths, err);
    if (more == 1 && row[1])
        s->connections = strtoull(row[1], NULL, 10);
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

int um_facts_side(struct um_conn *c, struct um_side *s, struct um_err *err)
{
    if (um_facts_variables(c, "SHOW GLOBAL VARIABLES", &s->variables, err) < 0 ||
        read_upstreams(c, s, err) < 0 ||
        um_server_zone(c, s->zone_minutes, &s->zone_known, err) < 0 ||
        read_connections(c, s, err) < 0)
        return -1;
    return 0;
}

/* ---- clocks ---- */

/* "1795251704.421289" as microseconds. */
static int read_clock(struct um_conn *c, int64_t *us, struct um_err *err)
{
    char *text = NULL;
    if (um_query_value(c, &text, err, "SELECT UNIX_TIMESTAMP(SYSDATE(6))") != 0)
        return -1;
    char *fraction = NULL;
    *us = text ? strtoll(text, &fraction, 10) * 1000000 : 0;
    if (fraction && *fraction == '.')
        *us += strtoll(fraction + 1, NULL, 10);
    free(text);
    return 0;
}

int um_facts_clock(struct um_conn *source, struct um_conn *target, struct um_facts *f,
                   struct um_err *err)
{
    /* The source is asked before and after, so that the time on the way is not taken for a
       difference. */
    int64_t before, at, after;
    if (read_clock(source, &before, err) != 0 || read_clock(target, &at, err) != 0 ||
        read_clock(source, &after, err) != 0)
        return -1;
    f->clock_us = at - (before + (after - before) / 2);
    return 0;
}

/* ---- tables that join ---- */

bool um_facts_is_member(const struct um_facts *f, const char *schema, const char *name)
{
    if (!f->adding)
        return f->resuming;
    size_t len = strlen(schema);
    for (size_t i = 0; i < f->adding->count; i++) {
        const char *one = f->adding->items[i];
        if (strncmp(one, schema, len) == 0 && one[len] == '.' && strcmp(one + len + 1, name) == 0)
            return false;
    }
    return true;
}

/* ---- clearing ---- */

static void clear_variables(struct um_variables *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->items[i].name);
        free(v->items[i].value);
    }
    free(v->items);
}

static void clear_side(struct um_side *s)
{
    clear_variables(&s->variables);
    for (size_t i = 0; i < s->upstream_count; i++) {
        free(s->upstreams[i].host);
        free(s->upstreams[i].uuid);
    }
    free(s->upstreams);
}

static void clear_sessions(struct um_sessions *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].user);
        free(s->items[i].state);
    }
    free(s->items);
}

void um_facts_clear(struct um_facts *f)
{
    free(f->spool_wrong);
    struct um_source_facts *s = &f->source;
    struct um_target_facts *t = &f->target;
    clear_side(&s->side);
    free(s->why);
    um_unread_tables_clear(&s->unread);
    free(s->binlog_do);
    free(s->binlog_ignore);
    for (size_t i = 0; i < s->replica_count; i++)
        free(s->replicas[i].host);
    free(s->replicas);
    clear_sessions(&s->transactions);
    clear_sessions(&s->queries);
    um_strv_clear(&s->schemas);
    um_strv_clear(&s->xa);
    um_strv_clear(&s->names);
    um_strv_clear(&s->views);
    um_strv_clear(&s->sequences);
    for (size_t i = 0; i < s->used_count; i++) {
        free(s->used[i].schema);
        free(s->used[i].name);
        free(s->used[i].create_sql);
        free(s->used[i].schema_sql);
    }
    free(s->used);
    for (size_t i = 0; i < s->unrounded_count; i++)
        um_strv_clear(&s->unrounded[i].columns);
    free(s->unrounded);
    for (size_t i = 0; i < s->look_count; i++) {
        free(s->looks[i].name);
        free(s->looks[i].seen);
    }
    free(s->looks);

    clear_side(&t->side);
    clear_variables(&t->session);
    um_strv_clear(&t->schemas);
    um_strv_clear(&t->made);
    um_strv_clear(&t->strangers);
    um_strv_clear(&t->relations);
    um_strv_clear(&t->views);
    um_strv_clear(&t->objects);
    um_tables_delete(&t->tables);
    for (size_t i = 0; i < t->claim_count; i++) {
        free(t->claims[i].job);
        free(t->claims[i].schema);
        free(t->claims[i].table);
    }
    free(t->claims);
    um_strv_clear(&t->sequences);
    um_strv_clear(&t->collations);
    um_strv_clear(&t->accounts);
    um_strv_clear(&t->system_users);
    *f = (struct um_facts){0};
}
