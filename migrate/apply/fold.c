#include "apply/fold.h"

#include <stdlib.h>
#include <string.h>

#include "mysql/literal.h"

/* A row of a table: as it was before the first change and is after the last. */
struct row {
    uint64_t hash;
    const struct um_job_table *table;
    const struct um_touch_keys *keys;
    unsigned section;
    const struct um_value *before, *after; /* NULL: not there */
    const struct um_value *named;          /* an image that has the key */
    uint64_t offset;
    unsigned flags; /* of the last change */
};

/* What is not so for most tables of a batch. */
struct special {
    const struct um_job_table *table;
    bool odd;         /* it is left as it is */
    unsigned section; /* its changes are folded anew from here on */
};

struct folding {
    struct row *rows; /* open addressing */
    size_t size, used;
    struct special *specials;
    size_t special_count, special_cap;
};

static struct special *find_special(const struct folding *f, const struct um_job_table *t)
{
    for (size_t i = 0; i < f->special_count; i++) {
        if (f->specials[i].table == t)
            return &f->specials[i];
    }
    return NULL;
}

static struct special *make_special(struct folding *f, const struct um_job_table *t)
{
    struct special *found = find_special(f, t);
    if (found)
        return found;
    um_grow(&f->specials, &f->special_cap, f->special_count + 1, sizeof *f->specials);
    f->specials[f->special_count] = (struct special){.table = t};
    return &f->specials[f->special_count++];
}

static bool is_odd(const struct folding *f, const struct um_job_table *t)
{
    const struct special *found = find_special(f, t);
    return found && found->odd;
}

/* The row's place; NULL when it cannot be told from another: then the table is left alone. */
static struct row *find_row(struct folding *f, const struct um_job_table *t,
                            const struct um_touch_keys *keys, const struct um_value *image)
{
    const struct special *special = find_special(f, t);
    unsigned section = special ? special->section : 0;
    uint64_t hash;
    if (um_key_hash(&keys->row, image, &hash) != UM_KEY_HASHED)
        hash = keys->row.domain;
    for (size_t i = (size_t)hash & (f->size - 1);; i = (i + 1) & (f->size - 1)) {
        struct row *r = &f->rows[i];
        if (!r->table) {
            *r = (struct row){
                .hash = hash, .table = t, .keys = keys, .section = section, .named = image};
            f->used++;
            return r;
        }
        if (r->table != t || r->hash != hash || r->section != section)
            continue;
        /* Perhaps equal for the server, though written in another way. */
        return um_key_same(&keys->row, r->named, image) ? r : NULL;
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

/* ---- other unique keys ---- */

static bool moves_unique_value(const struct um_touch_keys *keys, const struct um_value *before,
                               const struct um_value *after)
{
    for (size_t i = 0; i < keys->unique_count; i++) {
        if (!um_key_same(&keys->unique[i], before, after))
            return true;
    }
    return false;
}

/* Folded further, the row would never have the value, and another row that has it on the target
   would not be met. A NULL meets none. */
static bool loses_new_value(const struct row *r, const struct um_value *after)
{
    uint64_t hash;
    if (!r->after || (!r->before && !after))
        return r->after && r->keys->unique_count;
    for (size_t i = 0; i < r->keys->unique_count; i++) {
        const struct um_key_plan *k = &r->keys->unique[i];
        bool is_new = !r->before || !um_key_same(k, r->before, r->after);
        bool is_lost = !after || !um_key_same(k, r->after, after);
        if (is_new && is_lost && um_key_hash(k, r->after, &hash) != UM_KEY_NULL)
            return true;
    }
    return false;
}

/* ---- what comes in ---- */

/* One image of a change: the row goes away from `before` or arrives at `after`. False when that
   does not follow from what came before it. */
static bool step(struct folding *f, const struct um_row_change *c, const struct um_touch_keys *keys,
                 const struct um_value *before, const struct um_value *after)
{
    const struct um_value *image = before ? before : after;
    size_t used = f->used;
    struct row *r = find_row(f, c->table, keys, image);
    if (r && before && loses_new_value(r, after)) {
        make_special(f, c->table)->section++;
        r = find_row(f, c->table, keys, image);
    }
    if (!r)
        return false;
    bool is_new = f->used != used;
    if (is_new)
        r->before = before;
    else if ((r->after != NULL) != (before != NULL))
        return false;
    r->after = after;
    r->offset = c->offset;
    r->flags = c->flags;
    return true;
}

enum { SPARE = 2048 };

/* What an update has no need to send. */
static size_t unchanged_bytes(const struct um_job_table *t, const struct um_value *before,
                              const struct um_value *after)
{
    size_t bytes = 0;
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct um_value *v = &after[i];
        if ((v->kind == UM_V_BYTES || v->kind == UM_V_JSON || v->kind == UM_V_GEOMETRY ||
             v->kind == UM_V_COMPRESSED) &&
            um_value_same(&before[i], v))
            bytes += v->len;
    }
    return bytes;
}

static bool fold_change(struct folding *f, const struct um_row_change *c,
                        const struct um_touch_keys *keys)
{
    if ((c->before && !is_whole(c->table, c->before)) ||
        (c->after && !is_whole(c->table, c->after)))
        return false;
    if (!c->before || !c->after)
        return step(f, c, keys, c->before, c->after);
    bool moves = !um_key_same(&keys->row, c->before, c->after);
    /* It would be sent whole, which may be more than the target takes at once. */
    if (keys->unique_count && (moves || moves_unique_value(keys, c->before, c->after)) &&
        unchanged_bytes(c->table, c->before, c->after) >= SPARE)
        return false;
    if (moves)
        return step(f, c, keys, c->before, NULL) && step(f, c, keys, NULL, c->after);
    return step(f, c, keys, c->before, c->after);
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

/* To print, parse and assign a value takes as long as this many bytes of it. */
enum { VALUE_COST = 32 };

static size_t unchanged_values(const struct row *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->table->source->column_count; i++)
        count += um_value_same(&r->before[i], &r->after[i]);
    return count;
}

/* What leaves much unchanged is better sent alone, without it. */
static bool worth_an_upsert(const struct row *r)
{
    const struct um_table *t = r->table->source;
    for (size_t i = 0; i < t->column_count; i++) {
        if (!survives_an_upsert(&t->columns[i]))
            return false;
    }
    size_t unchanged = unchanged_values(r);
    return unchanged < t->column_count && um_statement_can_upsert(r->table) &&
           unchanged_bytes(r->table, r->before, r->after) + unchanged * VALUE_COST < SPARE;
}

static void add_row(struct um_fold *out, const struct row *r)
{
    if (!r->before && !r->after)
        return;
    struct um_row_change c = {.op = !r->before  ? UM_ROW_INSERT
                                    : !r->after ? UM_ROW_DELETE
                                                : UM_ROW_UPDATE,
                              .table = r->table,
                              .before = r->before,
                              .after = r->after,
                              .flags = r->flags,
                              .offset = r->offset,
                              .section = r->section};
    bool is_update = c.op == UM_ROW_UPDATE;
    c.moves = is_update && moves_unique_value(r->keys, r->before, r->after);
    c.upsert = is_update && !c.moves && worth_an_upsert(r);
    add(out, &c);
}

/* Unique values are given up before they are taken; what leaves them as they are may be done at any
   time. What is to be done without foreign keys lies side by side. */
static int rank(const struct um_row_change *c)
{
    bool apart = c->flags & UM_CHANGE_NO_FOREIGN_KEYS;
    switch (c->op) {
    case UM_ROW_UPDATE:
        return c->moves ? 4 : c->upsert ? 0 : 1;
    case UM_ROW_DELETE:
        return apart ? 3 : 2;
    case UM_ROW_INSERT:
        return apart ? 5 : 6;
    }
    UM_BUG("a change of another kind");
}

/* By table and section, then by what is to be done, then as far as it is easily seen in the key's
   order: the target's pages are visited one after the other. */
static int by_statement(const void *a, const void *b)
{
    const struct um_row_change *x = a, *y = b;
    if (x->table != y->table)
        return x->table->id < y->table->id ? -1 : 1;
    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    size_t column = (size_t)x->table->row_key.index->parts[0].column;
    const struct um_value *p = &(x->before ? x->before : x->after)[column];
    const struct um_value *q = &(y->before ? y->before : y->after)[column];
    if (p->kind == UM_V_INT && q->kind == UM_V_INT && p->i != q->i)
        return p->i < q->i ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void sort(struct um_fold *out, size_t start)
{
    if (out->count > start)
        qsort(out->changes + start, out->count - start, sizeof *out->changes, by_statement);
}

static bool move_together(const struct um_row_change *a, const struct um_row_change *b)
{
    return a->moves && b->moves && a->table == b->table && a->section == b->section;
}

/* The update becomes a delete, and an insert at the end. Nothing notices that the row is gone in
   between, not even a table of the target's own that refers to it. */
static void replace(struct um_fold *out, size_t at)
{
    struct um_row_change *c = &out->changes[at];
    struct um_row_change comes = *c;
    c->flags = comes.flags |= UM_CHANGE_NO_FOREIGN_KEYS;
    c->op = UM_ROW_DELETE;
    c->after = NULL;
    comes.op = UM_ROW_INSERT;
    comes.before = NULL;
    add(out, &comes);
}

/* One row may take what those that are deleted have given up. Of several, each may want what
   another has: all give up what they have first. */
static void part_moves(struct um_fold *out, size_t start)
{
    size_t sorted = out->count;
    for (size_t i = start, next; i < sorted; i = next) {
        for (next = i + 1; next < sorted && move_together(&out->changes[i], &out->changes[next]);)
            next++;
        for (size_t k = i; next - i > 1 && k < next; k++)
            replace(out, k);
    }
    if (out->count > sorted)
        sort(out, start);
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
    struct folding f = {.size = 64};
    while (f.size < changes * 4) /* a change may name two rows */
        f.size *= 2;
    f.rows = um_alloc_array(f.size, sizeof *f.rows);

    for (const struct um_task *t = first; t; t = next_task(t->next, late)) {
        for (size_t i = 0; i < t->count; i++) {
            const struct um_row_change *c = &t->changes[i];
            const struct um_touch_keys *keys = um_touch_free_keys(toucher, c->table);
            if (!keys || (!is_odd(&f, c->table) && !fold_change(&f, c, keys)))
                make_special(&f, c->table)->odd = true;
        }
    }
    out->count = 0;
    for (const struct um_task *t = first; f.special_count && t; t = next_task(t->next, late)) {
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
    sort(out, start);
    part_moves(out, start);
    free(f.rows);
    free(f.specials);
}

void um_fold_free(struct um_fold *f)
{
    free(f->changes);
    *f = (struct um_fold){0};
}
