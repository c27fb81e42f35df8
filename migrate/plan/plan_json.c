#include "plan/json.h"

#include <jansson.h>

#include "plan/text.h"

static json_t *text(const char *value)
{
    if (!value)
        return json_null();
    struct um_buf clean = {0};
    um_text_clean(&clean, value);
    json_t *j = json_stringn(clean.data ? clean.data : "", clean.len);
    um_buf_free(&clean);
    return j;
}

static json_t *server(const struct um_server *s, const struct um_endpoint *at)
{
    json_t *j = json_object();
    json_object_set_new(j, "flavour", json_string(s->flavour == UM_MYSQL ? "mysql" : "mariadb"));
    json_object_set_new(j, "version", text(s->version_text));
    json_object_set_new(j, "uuid", text(s->uuid));
    json_object_set_new(j, "host", text(at->socket ? NULL : at->host));
    json_object_set_new(j, "port", at->socket ? json_null() : json_integer(at->port));
    json_object_set_new(j, "socket", text(at->socket));
    return j;
}

static json_t *check(const struct um_check *c)
{
    static const char *const levels[] = {"PASS", "WARN", "BLOCK"};
    json_t *j = json_object();
    json_object_set_new(j, "id", json_string(c->id));
    json_object_set_new(j, "level", json_string(levels[c->level]));
    json_object_set_new(j, "title", text(c->title));
    json_object_set_new(j, "seen", text(c->seen));
    json_object_set_new(j, "mend", text(c->mend));
    return j;
}

static json_t *table(const struct um_table_plan *t)
{
    const struct um_table *of = t->table;
    json_t *j = json_object(), *columns = json_array();
    for (size_t i = 0; t->key.index && i < t->key.part_count; i++) {
        int column = t->key.index->parts[i].column;
        json_array_append_new(columns, text(column >= 0 ? of->columns[column].name : NULL));
    }
    json_object_set_new(j, "schema", text(of->schema));
    json_object_set_new(j, "name", text(of->name));
    json_object_set_new(j, "key", text(t->key.index ? t->key.index->name : NULL));
    json_object_set_new(j, "key_columns", columns);
    json_object_set_new(j, "why", text(t->key.why));
    json_object_set_new(j, "rows", json_integer((json_int_t)of->rows_estimate));
    json_object_set_new(j, "bytes", json_integer((json_int_t)(of->data_bytes + of->index_bytes)));
    json_object_set_new(j, "seconds", json_real(t->seconds));
    return j;
}

void um_plan_print_json(const struct um_plan *plan, const struct um_config *config, FILE *out)
{
    json_t *j = json_object(), *checks = json_array(), *tables = json_array();
    for (size_t i = 0; i < plan->check_count; i++)
        json_array_append_new(checks, check(&plan->checks[i]));
    for (size_t i = 0; i < plan->tables.count; i++)
        json_array_append_new(tables, table(&plan->table_plans[i]));
    json_object_set_new(j, "job", text(config->job));
    json_object_set_new(j, "source", server(&plan->source, &config->source));
    json_object_set_new(j, "target", server(&plan->target, &config->target));
    json_object_set_new(j, "checks", checks);
    json_object_set_new(j, "tables", tables);
    json_object_set_new(j, "rows", json_integer((json_int_t)plan->rows));
    json_object_set_new(j, "bytes", json_integer((json_int_t)plan->bytes));
    json_object_set_new(j, "copy_seconds", json_real(plan->copy_seconds));
    json_object_set_new(j, "blocked", json_boolean(plan->blocked));
    json_dumpf(j, out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', out);
    json_decref(j);
}
