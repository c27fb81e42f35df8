#include "job/job.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "job/model.h"
#include "state/ddl.h"

const char *um_job_table_options(const char *create_sql)
{
    /* Servers print one definition to a line, and newlines in texts as escapes. */
    const char *end = strstr(create_sql, "\n) ");
    return end ? end + 1 : create_sql + strlen(create_sql);
}

char *um_job_fingerprint(const char *create_sql)
{
    /* The counter is the second option, right behind the engine: before COMMENT, whose text might
       read alike. */
    char *copy = um_strdup(create_sql);
    char *counter = strstr(copy + (um_job_table_options(copy) - copy), " AUTO_INCREMENT=");
    if (counter) {
        char *end = counter + 16;
        while (isdigit((unsigned char)*end))
            end++;
        memmove(counter, end, strlen(end) + 1);
    }
    return copy;
}

static bool wanted(void *context, const char *schema, const char *table)
{
    return um_config_wants(context, schema, table);
}

void um_job_init(struct um_job *job, const struct um_config *config)
{
    *job = (struct um_job){.with_added = *config};
    job->with_added.tables.added = &job->data.added;
    job->config = &job->with_added;
}

/* _t_gho, _t_ghc, _t_del; _t_new, _t_old, with more underscores in front where those are taken. */
static bool is_companion(const struct um_config *config, const char *schema, const char *name)
{
    static const char *const endings[] = {"_gho", "_ghc", "_del", "_new", "_old"};
    size_t len = strlen(name);
    if (name[0] != '_' || len < 6)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(name + len - 4, endings[i]) != 0)
            continue;
        char *of = um_memdup(name, len - 4);
        bool found = false;
        for (const char *p = of; !found && *p == '_';)
            found = um_config_wants(config, schema, ++p);
        free(of);
        return found;
    }
    return false;
}

bool um_job_wants(const struct um_job *job, const char *schema, const char *name)
{
    return um_config_wants(job->config, schema, name) || is_companion(job->config, schema, name);
}

/* Of the job by now, or by the configuration. */
static bool wanted_on_target(void *context, const char *schema, const char *table)
{
    const struct um_job *job = context;
    return um_config_wants(job->config, schema, table) || um_job_find(job, schema, table);
}

static size_t unit_of(const struct um_job *job, size_t index)
{
    while (job->tables[index].unit != index)
        index = job->tables[index].unit;
    return index;
}

static void join_units(struct um_job *job, struct um_job_table *a, struct um_job_table *b)
{
    size_t x = unit_of(job, a->index), y = unit_of(job, b->index);
    job->tables[x > y ? x : y].unit = x < y ? x : y;
}

/* Rows of one row key lie in one chunk, so they never meet as of two positions: neither under the
   primary key, which is there during the load, nor where the applier looks for a row by its key. */
static bool row_key_tells_chunk(const struct um_job_table *t)
{
    const struct um_key *row = &t->row_key, *chunk = &t->chunk_key;
    for (size_t i = 0; row->index && i < chunk->part_count; i++) {
        bool found = false;
        for (size_t k = 0; k < row->part_count; k++)
            found |= row->index->parts[k].column == chunk->index->parts[i].column;
        if (!found)
            return false;
    }
    return true;
}

static bool has_cascades(const struct um_table *t)
{
    for (size_t i = 0; i < t->foreign_key_count; i++) {
        if (t->foreign_keys[i].cascades)
            return true;
    }
    return false;
}

/* Tables that change without a trace in the binlog are in step with their parents only if they
   were read together. */
static void find_units(struct um_job *job, bool cascades_logged)
{
    for (size_t i = 0; i < job->table_count; i++) {
        struct um_job_table *t = &job->tables[i];
        t->unit = i;
        t->mixable = t->chunk_key.client_ordered && job->full_row_image && row_key_tells_chunk(t);
    }
    if (cascades_logged)
        return;
    for (size_t i = 0; i < job->table_count; i++) {
        struct um_job_table *child = &job->tables[i];
        /* With all parents, not only those that cascade: the child's keys are made in one go, and
           one that has to wait for the stream would keep the cascading ones waiting. */
        if (!has_cascades(child->source))
            continue;
        for (size_t k = 0; k < child->source->foreign_key_count; k++) {
            const struct um_foreign_key *fk = &child->source->foreign_keys[k];
            struct um_job_table *parent = um_job_find(job, fk->parent_schema, fk->parent_table);
            if (!parent)
                continue;
            join_units(job, child, parent);
            child->mixable = parent->mixable = false;
        }
    }
    for (size_t i = 0; i < job->table_count; i++)
        job->tables[i].unit = unit_of(job, i);
}

static void complete_table(struct um_job *job, const struct um_state_table *recorded,
                           struct um_job_table *t)
{
    t->id = recorded->id;
    t->index = (size_t)(t - job->tables);
    t->target_schema = t->source->schema;
    t->target_name = t->source->name;
    t->to = (struct um_ddl_target){.source_flavour = job->source.flavour,
                                   .target_flavour = job->target.flavour,
                                   .source_version = job->source.version,
                                   .target_version = job->target.version,
                                   .schema = t->target_schema,
                                   .name = t->target_name};
    t->on_conflict = um_config_on_conflict(job->config, t->source->schema, t->source->name);
    um_chunk_key(t->source, &t->chunk_key);
    um_row_key(t->source, &t->row_key);
}

/* As of the applied position: the source's catalogue may be further, or behind it no more. */
static int take_model(struct um_job *job, const struct um_state_table *recorded,
                      struct um_job_table *t, struct um_err *err)
{
    struct um_table *model = um_model_parse(recorded->model, recorded->schema, recorded->name, err);
    if (!model)
        return -1;
    struct um_tables *all = &job->models;
    all->items = um_realloc(all->items, (all->count + 1) * sizeof *all->items);
    all->items[all->count++] = model;
    t->source = model;
    if (recorded->state != UM_TABLE_FOLLOWED && !(t->ddl = um_ddl_parse(recorded->create_sql, err)))
        return um_fail_in(err, "table `%s`.`%s`", recorded->schema, recorded->name);
    complete_table(job, recorded, t);
    return 0;
}

static int match_table(struct um_job *job, const struct um_state_table *recorded,
                       struct um_job_table *t, struct um_err *err)
{
    t->source = um_tables_find(&job->source_tables, recorded->schema, recorded->name);
    if (!t->source)
        return um_fail(err, UM_E_SOURCE_DDL,
                       "table `%s`.`%s` is part of the job and no longer on the source",
                       recorded->schema, recorded->name);
    if (!um_job_is_as_recorded(t->source, recorded))
        return um_fail(err, UM_E_SOURCE_DDL,
                       "table `%s`.`%s` was altered on the source since the job began",
                       recorded->schema, recorded->name);
    t->ddl = um_ddl_parse(t->source->create_sql, err);
    if (!t->ddl)
        return um_fail_in(err, "table `%s`.`%s`", t->source->schema, t->source->name);
    complete_table(job, recorded, t);
    return 0;
}

bool um_job_is_as_recorded(const struct um_table *source, const struct um_state_table *recorded)
{
    char *now = um_job_fingerprint(source->create_sql);
    bool same = strcmp(now, recorded->create_sql) == 0;
    free(now);
    return same;
}

static int compare_names(const char *schema, const char *name, const struct um_table *t)
{
    int order = strcmp(schema, t->schema);
    return order ? order : strcmp(name, t->name);
}

static int by_name(const void *a, const void *b)
{
    const struct um_table *x = (*(struct um_job_table *const *)a)->source;
    return compare_names(x->schema, x->name, (*(struct um_job_table *const *)b)->source);
}

static void sort_tables(struct um_job *job)
{
    job->by_name = um_alloc_array(job->table_count + 1, sizeof *job->by_name);
    for (size_t i = 0; i < job->table_count; i++)
        job->by_name[i] = &job->tables[i];
    qsort(job->by_name, job->table_count, sizeof *job->by_name, by_name);
}

/* Until all of it is copied: what was copied is as of its snapshot. And later where an earlier
   version of the state has kept no model. */
static bool catalogue_tells(const struct um_state_table *recorded)
{
    return !um_state_is_copied(recorded) || !recorded->model;
}

static int make_tables(struct um_job *job, struct um_err *err)
{
    int result = 0;
    job->tables = um_alloc_array(job->data.table_count, sizeof *job->tables);
    for (size_t i = 0; result == 0 && i < job->data.table_count; i++) {
        const struct um_state_table *recorded = &job->data.tables[i];
        job->table_count = i + 1;
        result = (catalogue_tells(recorded) ? match_table : take_model)(job, recorded,
                                                                        &job->tables[i], err);
    }
    if (result == 0) {
        sort_tables(job);
        find_units(job, job->cascades_logged);
    }
    return result;
}

static void drop_tables(struct um_job *job)
{
    for (size_t i = 0; i < job->table_count; i++)
        um_ddl_delete(job->tables[i].ddl);
    free(job->by_name);
    free(job->tables);
    job->by_name = NULL;
    job->tables = NULL;
    job->table_count = 0;
    um_tables_delete(&job->models);
}

static int read_zone(struct um_job *job, struct um_conn *c, struct um_err *err)
{
    int minutes[2];
    bool known;
    int result = um_server_zone(c, minutes, &known, err);
    job->source_in_utc = result == 0 && known && minutes[0] == 0 && minutes[1] == 0;
    return result;
}

/* What statements of the source mean that its binlog does not tell. */
static void read_name_rules(struct um_job *job, struct um_conn *c)
{
    struct um_err ignored;
    char *lower = um_server_variable(c, "lower_case_table_names", &ignored);
    char *defaults = um_server_variable(c, "explicit_defaults_for_timestamp", &ignored);
    job->fold_names = lower && strcmp(lower, "1") == 0;
    job->explicit_defaults = defaults && strcasecmp(defaults, "ON") == 0;
    free(lower);
    free(defaults);
}

int um_job_read_source(struct um_job *job, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&job->config->source, err);
    if (!c)
        return -1;
    job->source = *um_conn_server(c);
    job->target = *um_conn_server(um_state_conn(job->state));
    char *image = um_server_variable(c, "binlog_row_image", err);
    job->full_row_image = um_server_full_images(image);
    free(image);
    bool catalogue = job->data.phase == UM_PHASE_COPY;
    for (size_t i = 0; i < job->data.table_count; i++)
        catalogue |= catalogue_tells(&job->data.tables[i]);
    um_tables_delete(&job->source_tables);
    um_objects_clear(&job->objects);
    int result = um_server_gtid_kind(c, &job->gtid_kind, err);
    if (result == 0 && catalogue)
        result = um_catalog_tables(c, wanted, (void *)job->config, &job->source_tables, err);
    if (result == 0)
        result = um_catalog_objects(c, wanted, (void *)job->config, &job->objects, err);
    if (result == 0)
        result = read_zone(job, c, err);
    job->cascades_logged = um_job_cascades_by_sql_layer(c);
    read_name_rules(job, c);
    um_conn_close(c);
    return result;
}

/* Keeps in the state what the source's table is: from now on its catalogue may be ahead of what is
   applied. */
static int keep_model(const struct um_job *job, const struct um_job_table *t, struct um_err *err)
{
    struct um_buf model = {0};
    um_model_print(t->source, &model);
    int result = um_state_set_model(um_state_conn(job->state), job->config, t->id, model.data, err);
    um_buf_free(&model);
    return result;
}

int um_job_match(struct um_job *job, struct um_err *err)
{
    drop_tables(job);
    int result = make_tables(job, err);
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        const struct um_state_table *recorded = &job->data.tables[i];
        if (um_state_is_copied(recorded) && !recorded->model && um_state_epoch(job->state))
            result = keep_model(job, &job->tables[i], err);
    }
    return result;
}

int um_job_read_objects(struct um_job *job, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&job->config->source, err);
    if (!c)
        return -1;
    um_objects_clear(&job->objects);
    int result = um_catalog_objects(c, wanted, (void *)job->config, &job->objects, err);
    um_conn_close(c);
    return result;
}

int um_job_read_again(struct um_job *job, struct um_err *err)
{
    drop_tables(job);
    um_state_data_clear(&job->data);
    if (um_state_load(um_state_conn(job->state), job->config, true, &job->data, err) != 0 ||
        make_tables(job, err) != 0)
        return -1;
    return um_job_read_target(job, err);
}

int um_job_read_target(struct um_job *job, struct um_err *err)
{
    um_tables_delete(&job->target_tables);
    if (um_catalog_tables(um_state_conn(job->state), wanted_on_target, job, &job->target_tables,
                          err) != 0)
        return -1;
    for (size_t i = 0; i < job->table_count; i++) {
        struct um_job_table *t = &job->tables[i];
        t->target = um_tables_find(&job->target_tables, t->target_schema, t->target_name);
        if (!t->target)
            return um_fail(err, UM_E_TARGET_TABLE_GONE,
                           "table `%s`.`%s` of the job is no longer on the target",
                           t->target_schema, t->target_name);
        t->rounds_generated = um_job_rounds_generated(t);
    }
    return um_job_check_cascades(job, err);
}

struct um_job_table *um_job_find(const struct um_job *job, const char *schema, const char *name)
{
    size_t low = 0, high = job->table_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_names(schema, name, job->by_name[middle]->source);
        if (order == 0)
            return job->by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct um_sql_reading um_job_reading(const struct um_job *job, const char *schema,
                                     uint64_t sql_mode, uint16_t charset_client)
{
    return (struct um_sql_reading){.flavour = job->source.flavour,
                                   .version = job->source.version,
                                   .sql_mode = sql_mode,
                                   .charset_client = charset_client,
                                   .schema = schema,
                                   .fold_names = job->fold_names};
}

void um_job_clear(struct um_job *job)
{
    drop_tables(job);
    um_tables_delete(&job->source_tables);
    um_tables_delete(&job->target_tables);
    um_objects_clear(&job->objects);
    um_state_data_clear(&job->data);
    um_spool_close(job->spool);
    um_state_close(job->state);
    *job = (struct um_job){0};
}
