#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "config/draft.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same patterns in another order, or given twice, are the same filter. */
static void add_list(const struct um_strv *list, struct um_buf *out)
{
    char **sorted = um_alloc_array(list->count + 1, sizeof *sorted);
    if (list->count > 0) {
        memcpy(sorted, list->items, list->count * sizeof *sorted);
        qsort(sorted, list->count, sizeof *sorted, by_text);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
            um_buf_add(out, sorted[i], strlen(sorted[i]) + 1);
    }
    free(sorted);
}

uint64_t um_config_identity(const struct um_config *c)
{
    struct um_draft view = {.config = *c}; /* borrowed: the table's offsets are those of a draft */
    struct um_buf all = {0}, value = {0};
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        um_buf_clear(&value);
        if (!(o->traits & UM_TRAIT_IDENTITY) || !um_option_format(o, &view, &value))
            continue;
        /* What is as built-in is left out, so that an option which a later version adds does not
           change the identity of the jobs that run. */
        if (o->builtin && strcmp(o->builtin, value.data) == 0)
            continue;
        um_buf_add(&all, o->path, strlen(o->path) + 1);
        if (o->type == UM_OPTION_LIST)
            add_list((const struct um_strv *)((const char *)&view + o->offset), &all);
        else
            um_buf_add(&all, value.data, value.len + 1);
        um_buf_char(&all, '\n');
    }
    uint64_t digest = XXH3_64bits(all.data, all.len);
    um_buf_free(&all);
    um_buf_free(&value);
    return digest;
}

/* Above what people number their servers with, and the same at each start of the job. */
static uint32_t derived_id(const char *text)
{
    return 0x40000000u | ((uint32_t)XXH3_64bits(text, strlen(text)) & 0x3fffffffu);
}

uint32_t um_config_server_id(const struct um_config *c)
{
    return c->follow.server_id ? c->follow.server_id : derived_id(c->job);
}

uint32_t um_config_spool_server_id(const struct um_config *c)
{
    char *text = um_sprintf("%s/spool", c->job);
    uint32_t id = derived_id(text);
    free(text);
    return id;
}

void um_config_replica_name(const struct um_config *c, char out[UM_REPLICA_NAME_MAX + 1])
{
    /* What tells two jobs of one name apart is where their state is. The origin would, too, but
       a job that begins anew has another one while its last connection is still listed. */
    char *where = c->target.socket
                      ? um_sprintf("%s/%s", c->target.socket, c->state.schema)
                      : um_sprintf("%s:%u/%s", c->target.host, c->target.port, c->state.schema);
    snprintf(out, UM_REPLICA_NAME_MAX + 1, "unmoor-%.32s-%08x", c->job,
             (unsigned)XXH3_64bits(where, strlen(where)));
    free(where);
}
