#include "apply/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "copy/key_order.h"

struct snapshot_ids {
    uint32_t *items;
    size_t count, cap;
};

struct table_coverage {
    const struct um_state_chunk **chunks; /* sorted by key; NULL when all share one position */
    size_t count;
    uint32_t snapshot_id;          /* of all; 0 for a table without chunks */
    struct snapshot_ids snapshots; /* all of them */
};

struct um_coverage {
    const struct um_job *job;
    struct table_coverage *tables; /* by table index */
    bool *reached;                 /* by snapshot */
    bool passed;
};

static void add_id(struct snapshot_ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->items[i] == id)
            return;
    }
    um_grow(&ids->items, &ids->cap, ids->count + 1, sizeof *ids->items);
    ids->items[ids->count++] = id;
}

static void cover_table(const struct um_job *job, size_t i, struct table_coverage *out)
{
    const struct um_state_table *recorded = &job->data.tables[i];
    if (!recorded->chunk_count || recorded->state == UM_TABLE_FOLLOWED)
        return;
    out->snapshot_id = recorded->chunks[0].snapshot_id;
    for (size_t k = 0; k < recorded->chunk_count; k++)
        add_id(&out->snapshots, recorded->chunks[k].snapshot_id);
    if (out->snapshots.count == 1)
        return;
    UM_ASSERT(job->tables[i].chunk_key.client_ordered);
    out->count = recorded->chunk_count;
    out->chunks = um_alloc_array(out->count, sizeof *out->chunks);
    for (size_t k = 0; k < out->count; k++)
        out->chunks[k] = &recorded->chunks[k];
    um_key_sort_chunks(&job->tables[i], out->chunks, out->count);
}

struct um_coverage *um_coverage_new(const struct um_job *job)
{
    struct um_coverage *c = um_alloc(sizeof *c);
    c->job = job;
    c->tables = um_alloc_array(job->table_count, sizeof *c->tables);
    c->reached = um_alloc_array(job->data.snapshot_count, sizeof *c->reached);
    for (size_t i = 0; i < job->table_count; i++)
        cover_table(job, i, &c->tables[i]);
    return c;
}

void um_coverage_delete(struct um_coverage *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->job->table_count; i++) {
        free(c->tables[i].chunks);
        free(c->tables[i].snapshots.items);
    }
    free(c->tables);
    free(c->reached);
    free(c);
}

bool um_coverage_passed(const struct um_coverage *c)
{
    return c->passed;
}

void um_coverage_reached(struct um_coverage *c, const struct um_position *at)
{
    if (c->passed)
        return;
    c->passed = true;
    for (size_t i = 0; i < c->job->data.snapshot_count; i++) {
        c->reached[i] = c->reached[i] || um_position_reached(at, &c->job->data.snapshots[i].at);
        c->passed &= c->reached[i];
    }
}

bool um_coverage_settled(const struct um_coverage *c, const struct um_job_table *t)
{
    const struct snapshot_ids *ids = &c->tables[t->index].snapshots;
    bool all = true;
    for (size_t i = 0; !c->passed && i < ids->count; i++)
        all &= c->reached[ids->items[i] - 1];
    return all;
}

static bool is_later(const struct um_coverage *c, uint32_t snapshot_id, struct um_place place)
{
    const struct um_position *at = &c->job->data.snapshots[snapshot_id - 1].at;
    return !um_position_before(at, place.file, place.offset, place.gtid);
}

enum um_side um_coverage_side(const struct um_coverage *c, const struct um_job_table *t,
                              struct um_place place)
{
    const struct snapshot_ids *ids = &c->tables[t->index].snapshots;
    size_t later = 0;
    for (size_t i = 0; i < ids->count; i++)
        later += is_later(c, ids->items[i], place);
    return !later ? UM_SIDE_EARLIER : later == ids->count ? UM_SIDE_LATER : UM_SIDE_MIXED;
}

bool um_coverage_is_before_latest(const struct um_coverage *c, struct um_place place)
{
    for (size_t i = 1; i <= c->job->data.snapshot_count; i++) {
        if (is_later(c, (uint32_t)i, place))
            return true;
    }
    return false;
}

enum um_side um_coverage_side_of_unknown(const struct um_coverage *c, const char *schema,
                                         const char *name, struct um_place place)
{
    const struct um_strv *left = &c->job->data.left;
    for (size_t i = 0; i + 1 < left->count; i += 2) {
        if (strcmp(left->items[i], schema) == 0 && strcmp(left->items[i + 1], name) == 0)
            return UM_SIDE_EARLIER;
    }
    return um_coverage_is_before_latest(c, place) ? UM_SIDE_LATER : UM_SIDE_EARLIER;
}

bool um_coverage_is_mixed(const struct um_coverage *c, const struct um_job_table *t)
{
    return c->tables[t->index].chunks != NULL;
}

bool um_coverage_together(const struct um_coverage *c, const struct um_job_table *a,
                          const struct um_job_table *b)
{
    bool read_so = !um_coverage_is_mixed(c, a) && !um_coverage_is_mixed(c, b) &&
                   c->tables[a->index].snapshot_id == c->tables[b->index].snapshot_id;
    return read_so || (um_coverage_settled(c, a) && um_coverage_settled(c, b));
}

/* The chunks cover the whole key space: the row is in the first whose upper end is not below. */
static uint32_t snapshot_of(const struct table_coverage *covered, const struct um_job_table *t,
                            const struct um_value *row)
{
    if (!covered->chunks)
        return covered->snapshot_id;
    size_t low = 0, high = covered->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct um_bound *hi = &covered->chunks[middle]->hi;
        if (hi->count && um_key_compare_row(t, row, hi) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return covered->chunks[low]->snapshot_id;
}

bool um_coverage_applies(const struct um_coverage *c, const struct um_job_table *t,
                         const struct um_value *row, const struct um_txn *txn, uint64_t offset)
{
    if (c->passed)
        return true;
    uint32_t id = snapshot_of(&c->tables[t->index], t, row);
    return id == 0 ||
           um_position_before(&c->job->data.snapshots[id - 1].at, txn->file, offset, &txn->gtid);
}
