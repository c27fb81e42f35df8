#include "apply/fold.h"

#include <stdlib.h>
#include <string.h>

#include "mysql/literal.h"

/* A row of a table: as it was before the first change and is after the last. */
struct row {
    uint64_t hash;
    const struct um_job_table *table;
    const struct um_key_plan *key;
    const struct um_value *before, *after; /* NULL: not there */
    const struct um_value *named;          /* an image that has the key */
    uint64_t offset;
    unsigned flags; /* of the last change */
    bool again;     /* changed more than once */
};

struct folding {
    const struct um_toucher *toucher;
    struct row *rows; /* open addressing */
    size_t size, used;
    const struct um_job_table **odd; /* tables that are left as they are */
    size_t odd_count, odd_cap;
};

static bool is_odd(const struct folding *f, const struct um_job_table *t)
{
    for (size_t i = 0; i < f->odd_count; i++) {
        if (f->odd[i] == t)
            return true;
    }
    return false;
}

static void make_odd(struct folding *f, const struct um_job_table *t)
{
    if (is_odd(f, t))
        return;
    um_grow(&f->odd, &f->odd_cap, f->odd_count + 1, sizeof *f->odd);
    f->odd[f->odd_count++] = t;
}

/* The row's place; NULL when it cannot be told from another: then the table is left alone. */
static struct row *find_row(struct folding *f, const struct um_job_table *t,
                            const struct um_key_plan *key, const struct um_value *image)
{
    uint64_t hash;
    if (um_key_hash(key, image, &hash) != UM_KEY_HASHED)
        hash = key->domain;
    for (size_t i = (size_t)hash & (f->size - 1);; i = (i + 1) & (f->size - 1)) {
        struct row *r = &f->rows[i];
        if (!r->table) {
            *r = (struct row){.hash = hash, .table = t, .key = key, .named = image};
            f->used++;
            return r;
        }
        if (r->table != t || r->hash != hash)
            continue;
        /* Perhaps equal for the server, though written in another way. */
        return um_key_same(key, r->named, image) ? r : NULL;
    }
}

static bool is_whole(const struct um_job_table *t, const struct um_value *image)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (image[i].kind == UM_V_ABSENT)
            return false;
    }
    return true;
}

/* One image of a change: the row goes away from `before` or arrives at `after`. False when that
   does not follow from what came before it. */
static bool step(struct folding *f, const struct um_row_change *c, const struct um_key_plan *key,
                 const struct um_value *before, const struct um_value *after)
{
    const struct um_value *image = before ? before : after;
    size_t used = f->used;
    struct row *r = find_row(f, c->table, key, image);
    if (!r)
        return false;
    bool is_new = f->used != used;
    r->again = !is_new;
    if (is_new)
        r->before = before;
    else if ((r->after != NULL) != (before != NULL))
        return false;
    r->after = after;
    r->offset = c->offset;
    r->flags = c->flags;
    return true;
}

static bool fold_change(struct folding *f, const struct um_row_change *c,
                        const struct um_key_plan *key)
{
    if ((c->before && !is_whole(c->table, c->before)) ||
        (c->after && !is_whole(c->table, c->after)))
        return false;
    if (c->before && c->after && !um_key_same(key, c->before, c->after))
        return step(f, c, key, c->before, NULL) && step(f, c, key, NULL, c->after);
    return step(f, c, key, c->before, c->after);
}

static void add(struct um_fold *out, const struct um_row_change *c)
{
    um_grow(&out->changes, &out->cap, out->count + 1, sizeof *out->changes);
    out->changes[out->count++] = *c;
}

/* ---- what comes out ---- */

/* VALUES(c) and its like hand some types on by their text, which does not always mean the same
   value: a SET of the one member '' comes out as a SET of none. */
static bool survives_an_upsert(const struct um_column *c)
{
    return !um_column_writable(c) || (c->type < UM_T_ENUM && c->type != UM_T_BIT);
}

/* An update of many columns' worth of unchanged bytes is better sent alone, without them. */
static bool worth_an_upsert(const struct row *r)
{
    enum { SPARE = 2048 };
    size_t unchanged = 0;
    bool changed = false;
    for (size_t i = 0; i < r->table->source->column_count; i++) {
        if (!survives_an_upsert(&r->table->source->columns[i]))
            return false;
        if (!um_value_same(&r->before[i], &r->after[i]))
            changed = true;
        else if (r->after[i].kind == UM_V_BYTES || r->after[i].kind == UM_V_JSON ||
                 r->after[i].kind == UM_V_GEOMETRY || r->after[i].kind == UM_V_COMPRESSED)
            unchanged += r->after[i].len;
    }
    return changed && unchanged < SPARE;
}

/* MySQL leaves a row alone when all that is assigned to it is equal, and finds documents equal
   whose numbers are, be they 0, -0.0 or of another type. The source changed such a document in two
   steps; in one it would stay what it is. */
static bool only_documents_differ(const struct row *r)
{
    bool found = false;
    for (size_t i = 0; i < r->table->source->column_count; i++) {
        if (um_value_same(&r->before[i], &r->after[i]))
            continue;
        if (r->table->source->columns[i].type != UM_T_JSON)
            return false;
        found = true;
    }
    return found;
}

/* The row has no relations: nothing else notices that it is gone in between. */
static void add_replaced(struct um_fold *out, const struct row *r)
{
    struct um_row_change c = {.op = UM_ROW_DELETE,
                              .table = r->table,
                              .before = r->before,
                              .flags = r->flags,
                              .offset = r->offset};
    add(out, &c);
    c.op = UM_ROW_INSERT;
    c.before = NULL;
    c.after = r->after;
    add(out, &c);
}

static void add_row(struct um_fold *out, const struct row *r)
{
    if (!r->before && !r->after)
        return;
    if (r->again && r->before && r->after && only_documents_differ(r)) {
        add_replaced(out, r);
        return;
    }
    struct um_row_change c = {.op = !r->before  ? UM_ROW_INSERT
                                    : !r->after ? UM_ROW_DELETE
                                                : UM_ROW_UPDATE,
                              .table = r->table,
                              .before = r->before,
                              .after = r->after,
                              .flags = r->flags,
                              .offset = r->offset};
    c.upsert = c.op == UM_ROW_UPDATE && worth_an_upsert(r);
    add(out, &c);
}

static int rank(const struct um_row_change *c)
{
    return c->op == UM_ROW_DELETE ? 0 : c->op == UM_ROW_UPDATE ? (c->upsert ? 1 : 2) : 3;
}

/* By table, then by what is to be done, then as far as it is easily seen in the key's order: the
   target's pages are visited one after the other. */
static int by_statement(const void *a, const void *b)
{
    const struct um_row_change *x = a, *y = b;
    if (x->table != y->table)
        return x->table->id < y->table->id ? -1 : 1;
    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    size_t column = (size_t)x->table->row_key.index->parts[0].column;
    const struct um_value *p = &(x->before ? x->before : x->after)[column];
    const struct um_value *q = &(y->before ? y->before : y->after)[column];
    if (p->kind == UM_V_INT && q->kind == UM_V_INT && p->i != q->i)
        return p->i < q->i ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static const struct um_task *next_task(const struct um_task *t, bool late)
{
    while (t && t->late != late)
        t = t->next;
    return t;
}

void um_fold_tasks(struct um_fold *out, const struct um_toucher *toucher,
                   const struct um_task *tasks, bool late)
{
    const struct um_task *first = next_task(tasks, late);
    size_t changes = 0;
    for (const struct um_task *t = first; t; t = next_task(t->next, late))
        changes += t->count;
    struct folding f = {.toucher = toucher, .size = 64};
    while (f.size < changes * 4) /* a change may name two rows */
        f.size *= 2;
    f.rows = um_alloc_array(f.size, sizeof *f.rows);

    for (const struct um_task *t = first; t; t = next_task(t->next, late)) {
        for (size_t i = 0; i < t->count; i++) {
            const struct um_row_change *c = &t->changes[i];
            const struct um_key_plan *key = um_touch_free_key(toucher, c->table);
            if (!key || (!is_odd(&f, c->table) && !fold_change(&f, c, key)))
                make_odd(&f, c->table);
        }
    }
    out->count = 0;
    for (const struct um_task *t = first; f.odd_count && t; t = next_task(t->next, late)) {
        for (size_t i = 0; i < t->count; i++) {
            if (is_odd(&f, t->changes[i].table))
                add(out, &t->changes[i]);
        }
    }
    size_t start = out->count;
    for (size_t i = 0; i < f.size; i++) {
        if (f.rows[i].table && !is_odd(&f, f.rows[i].table))
            add_row(out, &f.rows[i]);
    }
    if (out->count > start)
        qsort(out->changes + start, out->count - start, sizeof *out->changes, by_statement);
    free(f.rows);
    free(f.odd);
}

void um_fold_free(struct um_fold *f)
{
    free(f->changes);
    *f = (struct um_fold){0};
}
