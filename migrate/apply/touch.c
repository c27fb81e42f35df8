#include "apply/touch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A foreign key as its child and its parent see it: one domain for the values of both. */
struct reference {
    struct um_key_plan key;
    bool cascades;
    size_t child;     /* parent's side: the child's table, by its place */
    size_t *affected; /* parent's side, when it cascades: all tables that may feel it */
    size_t affected_count;
};

struct table {
    bool serial; /* its changes are never told apart */
    struct um_touch_keys keys;
    struct reference *parents, *children;
    size_t parent_count, child_count;
};

struct um_toucher {
    const struct um_job *job;
    struct table *tables; /* by table index */
    uint64_t domains;
};

/* Numbers of tables and of keys come from one row, and are spread over 64 bits. */
static uint64_t spread(uint64_t n)
{
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ULL;
    n = (n ^ n >> 27) * 0x94d049bb133111ebULL;
    return n ^ n >> 31;
}

static uint64_t table_thing(const struct um_job_table *t)
{
    return spread(t->id);
}

static uint64_t new_domain(struct um_toucher *t)
{
    return spread(++t->domains << 32);
}

/* ---- compiling ---- */

/* The key's values are all in the row images. MariaDB's have no virtual columns. */
static bool plan_index(struct um_key_plan *k, const struct um_table *t,
                       const struct um_index *index)
{
    for (size_t i = 0; i < index->part_count; i++) {
        int column = index->parts[i].column;
        if (column < 0 || t->columns[column].generated == UM_VIRTUAL)
            return false;
        um_key_plan_add(k, t, (size_t)column, index->parts[i].prefix);
    }
    return true;
}

static bool same_index(const struct um_table *a, const struct um_index *x, const struct um_table *b,
                       const struct um_index *y)
{
    if (x->part_count != y->part_count)
        return false;
    for (size_t i = 0; i < x->part_count; i++) {
        int p = x->parts[i].column, q = y->parts[i].column;
        if (p < 0 || q < 0 || strcasecmp(a->columns[p].name, b->columns[q].name) != 0)
            return false;
    }
    return true;
}

/* Somebody gave the target a rule that the source does not have. */
static bool target_is_stricter(const struct um_job_table *t)
{
    if (t->target->foreign_key_count > t->source->foreign_key_count)
        return true;
    for (size_t i = 0; i < t->target->index_count; i++) {
        const struct um_index *index = &t->target->indexes[i];
        bool known = !index->unique;
        for (size_t k = 0; !known && k < t->source->index_count; k++)
            known = t->source->indexes[k].unique &&
                    same_index(t->target, index, t->source, &t->source->indexes[k]);
        if (!known)
            return true;
    }
    return false;
}

/* Two periods are in each other's way without being equal. */
static bool forbids_overlaps(const struct um_table *t)
{
    return t->create_sql && strstr(t->create_sql, "` WITHOUT OVERLAPS");
}

static void compile_unique(struct um_toucher *toucher, const struct um_job_table *t,
                           struct table *out)
{
    out->serial = !t->row_key.index || target_is_stricter(t) || forbids_overlaps(t->target);
    out->keys.unique = um_alloc_array(t->source->index_count + 1, sizeof *out->keys.unique);
    for (size_t i = 0; i < t->source->index_count; i++) {
        const struct um_index *index = &t->source->indexes[i];
        if (!index->unique)
            continue;
        struct um_key_plan k = {.domain = new_domain(toucher)};
        out->serial |= !plan_index(&k, t->source, index);
        if (index == t->row_key.index)
            out->keys.row = k;
        else
            out->keys.unique[out->keys.unique_count++] = k;
    }
}

static struct reference *add_reference(struct reference **list, size_t *count)
{
    *list = um_realloc(*list, (*count + 1) * sizeof **list);
    (*list)[*count] = (struct reference){0};
    return &(*list)[(*count)++];
}

static void compile_foreign_key(struct um_toucher *toucher, const struct um_job_table *child,
                                const struct um_foreign_key *fk)
{
    const struct um_job_table *parent =
        um_job_find(toucher->job, fk->parent_schema, fk->parent_table);
    if (!parent)
        return; /* not in this job: nothing of it moves */
    struct table *below = &toucher->tables[child->index];
    struct table *above = &toucher->tables[parent->index];
    struct reference *up = add_reference(&below->parents, &below->parent_count);
    struct reference *down = add_reference(&above->children, &above->child_count);
    up->key.domain = down->key.domain = new_domain(toucher);
    for (size_t i = 0; i < fk->part_count; i++) {
        int column = um_table_column(parent->source, fk->parts[i].parent_column);
        if (column < 0 || fk->parts[i].column < 0) {
            below->serial = above->serial = true;
            continue;
        }
        um_key_plan_add(&up->key, child->source, (size_t)fk->parts[i].column, 0);
        um_key_plan_add(&down->key, parent->source, (size_t)column, 0);
    }
    down->child = child->index;
    down->cascades = fk->cascades;
}

static bool add_affected(struct reference *r, size_t table)
{
    for (size_t i = 0; i < r->affected_count; i++) {
        if (r->affected[i] == table)
            return false;
    }
    r->affected[r->affected_count++] = table;
    return true;
}

/* A cascade changes rows of the child, to which other tables refer. */
static void follow_cascade(struct um_toucher *toucher, struct reference *r, size_t child)
{
    if (!add_affected(r, child))
        return;
    const struct table *t = &toucher->tables[child];
    for (size_t i = 0; i < t->child_count; i++)
        follow_cascade(toucher, r, t->children[i].child);
}

static void follow_cascades(struct um_toucher *toucher, struct table *t)
{
    for (size_t i = 0; i < t->child_count; i++) {
        struct reference *r = &t->children[i];
        if (!r->cascades)
            continue;
        r->affected = um_alloc_array(toucher->job->table_count, sizeof *r->affected);
        follow_cascade(toucher, r, r->child);
    }
}

struct um_toucher *um_toucher_new(const struct um_job *job)
{
    struct um_toucher *toucher = um_alloc(sizeof *toucher);
    toucher->job = job;
    toucher->tables = um_alloc_array(job->table_count, sizeof *toucher->tables);
    for (size_t i = 0; i < job->table_count; i++)
        compile_unique(toucher, &job->tables[i], &toucher->tables[i]);
    for (size_t i = 0; i < job->table_count; i++) {
        const struct um_table *t = job->tables[i].source;
        for (size_t k = 0; k < t->foreign_key_count; k++)
            compile_foreign_key(toucher, &job->tables[i], &t->foreign_keys[k]);
    }
    for (size_t i = 0; i < job->table_count; i++)
        follow_cascades(toucher, &toucher->tables[i]);
    return toucher;
}

static void clear_references(struct reference *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        um_key_plan_clear(&list[i].key);
        free(list[i].affected);
    }
    free(list);
}

void um_toucher_delete(struct um_toucher *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->job->table_count; i++) {
        struct table *table = &t->tables[i];
        um_key_plan_clear(&table->keys.row);
        for (size_t k = 0; k < table->keys.unique_count; k++)
            um_key_plan_clear(&table->keys.unique[k]);
        free(table->keys.unique);
        clear_references(table->parents, table->parent_count);
        clear_references(table->children, table->child_count);
    }
    free(t->tables);
    free(t);
}

/* ---- touching ---- */

void um_touches_clear(struct um_touches *t)
{
    t->count = 0;
}

void um_touches_free(struct um_touches *t)
{
    free(t->items);
    *t = (struct um_touches){0};
}

static void touch(struct um_touches *out, uint64_t thing, bool exclusive)
{
    um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
    out->items[out->count++] = (struct um_touch){.thing = thing, .exclusive = exclusive};
}

void um_touch_table(const struct um_job_table *table, bool exclusive, struct um_touches *out)
{
    touch(out, table_thing(table), exclusive);
}

/* One value of a key. False when it cannot be told. A key with text has a thing for all its values
   together: what has a hash shares it, what has none takes it. */
static bool touch_value(const struct um_key_plan *k, const struct um_value *row, bool exclusive,
                        struct um_touches *out)
{
    uint64_t hash;
    enum um_key_found found = um_key_hash(k, row, &hash);
    if (found == UM_KEY_ABSENT)
        return false;
    if (found == UM_KEY_NULL)
        return true;
    if (k->has_text)
        touch(out, spread(k->domain + 1), found == UM_KEY_WILD);
    if (found == UM_KEY_HASHED)
        touch(out, hash, exclusive);
    return true;
}

/* An update that leaves the key's columns out of its after image has not changed them. */
static bool is_absent(const struct um_key_plan *k, const struct um_value *row)
{
    for (size_t i = 0; i < k->part_count; i++) {
        if (row[k->parts[i].column].kind != UM_V_ABSENT)
            return false;
    }
    return true;
}

/* A key that an update leaves as it is stays with the row, and the row is touched by its own. */
static bool touch_moved(const struct um_key_plan *k, const struct um_row_change *c, bool exclusive,
                        struct um_touches *out)
{
    if (c->before && c->after && (is_absent(k, c->after) || um_key_same(k, c->before, c->after)))
        return true;
    return (!c->before || touch_value(k, c->before, exclusive, out)) &&
           (!c->after || touch_value(k, c->after, exclusive, out));
}

static bool touch_row(const struct table *t, const struct um_row_change *c, struct um_touches *out)
{
    if (c->before && !touch_value(&t->keys.row, c->before, true, out))
        return false;
    if (c->after && !(c->before && um_key_same(&t->keys.row, c->before, c->after)) &&
        !touch_value(&t->keys.row, c->after, true, out))
        return false;
    for (size_t i = 0; i < t->keys.unique_count; i++) {
        if (!touch_moved(&t->keys.unique[i], c, true, out))
            return false;
    }
    for (size_t i = 0; i < t->parent_count; i++) {
        if (!touch_moved(&t->parents[i].key, c, false, out))
            return false;
    }
    return true;
}

/* A parent that appears, goes or changes its key: nobody may look for it meanwhile. One that only
   changes otherwise is locked all the same, and whoever refers to it would wait for that. */
static bool touch_children(const struct um_toucher *toucher, const struct table *t,
                           const struct um_row_change *c, struct um_touches *out)
{
    for (size_t i = 0; i < t->child_count; i++) {
        const struct reference *r = &t->children[i];
        size_t before = out->count;
        if (!touch_moved(&r->key, c, true, out))
            return false;
        bool moved = out->count > before;
        /* The server looks for children, whom a cascade from elsewhere may be about to change. */
        if (moved && c->before)
            um_touch_table(&toucher->job->tables[r->child], false, out);
        if (!moved && c->before && !touch_value(&r->key, c->before, true, out))
            return false;
        bool cascades =
            r->cascades && c->before && moved && !(c->flags & UM_CHANGE_NO_FOREIGN_KEYS);
        for (size_t k = 0; cascades && k < r->affected_count; k++)
            um_touch_table(&toucher->job->tables[r->affected[k]], true, out);
    }
    return true;
}

void um_touch_change(const struct um_toucher *toucher, const struct um_row_change *c,
                     struct um_touches *out)
{
    const struct table *t = &toucher->tables[c->table->index];
    bool told = !t->serial && touch_row(t, c, out) && touch_children(toucher, t, c, out);
    um_touch_table(c->table, !told, out);
}

const struct um_touch_keys *um_touch_free_keys(const struct um_toucher *toucher,
                                               const struct um_job_table *table)
{
    const struct table *t = &toucher->tables[table->index];
    bool settles = t->keys.unique_count && table->on_conflict != UM_CONFLICT_STOP;
    return t->serial || t->parent_count || t->child_count || settles ? NULL : &t->keys;
}
