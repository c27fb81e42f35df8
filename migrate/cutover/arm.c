#include "cutover/arm.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "config/reversed.h"
#include "job/model.h"
#include "state/arm.h"

struct made {
    const struct um_table **tables;
    char **models;
    size_t table_count;
    struct um_state_object *triggers;
    size_t trigger_count;
    uint64_t digest;
};

static void made_clear(struct made *m)
{
    for (size_t i = 0; i < m->table_count; i++)
        free(m->models[i]);
    free(m->tables);
    free(m->models);
    free(m->triggers);
}

static void add_digest(XXH3_state_t *x, const char *text)
{
    XXH3_64bits_update(x, text, strlen(text) + 1);
}

/* The way back's source is this job's target, whose tables are what they are there. */
static void make(const struct um_job *job, struct made *m)
{
    XXH3_state_t *x = XXH3_createState();
    XXH3_64bits_reset(x);
    *m = (struct made){.tables = um_alloc_array(job->table_count + 1, sizeof *m->tables),
                       .models = um_alloc_array(job->table_count + 1, sizeof *m->models),
                       .triggers = um_alloc_array(job->objects.count + 1, sizeof *m->triggers)};
    for (; m->table_count < job->table_count; m->table_count++) {
        const struct um_table *t = job->tables[m->table_count].target;
        struct um_buf model = {0};
        um_model_print(t, &model);
        add_digest(x, t->schema);
        add_digest(x, t->name);
        add_digest(x, model.data);
        m->tables[m->table_count] = t;
        m->models[m->table_count] = um_buf_take(&model);
    }
    for (size_t i = 0; i < job->objects.count; i++) {
        const struct um_object *o = &job->objects.items[i];
        if (o->kind != UM_OBJ_TRIGGER)
            continue;
        add_digest(x, o->schema);
        add_digest(x, o->name);
        m->triggers[m->trigger_count++] = (struct um_state_object){
            .kind = (char *)um_object_kind_name(o->kind), .schema = o->schema, .name = o->name};
    }
    m->digest = XXH3_64bits_digest(x);
    XXH3_freeState(x);
}

static int put(struct um_arm *a, const struct um_job *job, const struct made *m, struct um_err *err)
{
    const struct um_state_armed armed = {.identity = um_config_identity(&a->config),
                                         .source_uuid = job->target.uuid,
                                         .tables = m->tables,
                                         .models = m->models,
                                         .table_count = m->table_count,
                                         .triggers = m->triggers,
                                         .trigger_count = m->trigger_count,
                                         .added = &job->data.added};
    if (um_state_arm(a->state, &armed, err) != 0)
        return um_fail_in(err, "arming the way back");
    a->digest = m->digest;
    return 0;
}

int um_arm_begin(struct um_arm *a, const struct um_job *job, struct um_err *err)
{
    *a = (struct um_arm){.config = um_config_reversed(job->config)};
    if (!(a->state = um_state_lock(&a->config, err)))
        return um_fail_in(err, "arming the way back");
    struct made m;
    make(job, &m);
    int result = put(a, job, &m, err);
    made_clear(&m);
    return result;
}

int um_arm_at(struct um_arm *a, const struct um_job *job, struct um_conn *target,
              struct um_err *err)
{
    struct um_position at = {0};
    struct made m;
    make(job, &m);
    int result = m.digest == a->digest ? 0 : put(a, job, &m, err);
    made_clear(&m);
    if (result == 0)
        result = um_server_position(target, &at, err);
    if (result == 0 && um_state_arm_at(a->state, &at, err) != 0)
        result = um_fail_in(err, "arming the way back");
    um_position_clear(&at);
    return result;
}

void um_arm_end(struct um_arm *a)
{
    um_state_close(a->state);
    a->state = NULL;
}
