#include "checksum/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    LEAF_ROWS = 10000,     /* so many keys of a side are compared in memory */
    LEAF_ROWS_MAX = 100000 /* when the range cannot be split: more are compared as a multiset */
};

/* ---- entries ---- */

void um_entries_add(struct um_entries *e, const struct um_pairing *p, const char *const *values,
                    const unsigned long *lengths, const struct um_row_hash *hash)
{
    um_pairing_name_row(p, values, lengths, &e->work);
    um_grow(&e->items, &e->cap, e->count + 1, sizeof *e->items);
    e->items[e->count++] =
        (struct um_entry){*hash, um_arena_dup(&e->names, e->work.data, e->work.len), e->work.len};
}

void um_entries_free(struct um_entries *e)
{
    free(e->items);
    um_arena_free(&e->names);
    um_buf_free(&e->work);
    *e = (struct um_entries){0};
}

static int compare_names(const struct um_entry *a, const struct um_entry *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    int c = common ? memcmp(a->name, b->name, common) : 0;
    return c ? c : (a->len > b->len) - (a->len < b->len);
}

static int compare_entries(const void *a, const void *b)
{
    const struct um_entry *x = a, *y = b;
    int c = compare_names(x, y);
    return c ? c : um_row_hash_compare(&x->hash, &y->hash);
}

static void report(const struct um_compare *c, enum um_key_difference kind,
                   const struct um_entry *e)
{
    if (c->found->differs) {
        c->found->differs(c->found->context, e->name, e->len);
        return;
    }
    char *key =
        um_findings_full(c->found) ? NULL : um_pairing_describe(c->pairing, e->name, e->len);
    um_findings_add(c->found, c->range, kind, key);
}

/* The entries of one name on both sides: those with equal hashes cancel out. */
static void merge_group(const struct um_compare *c, const struct um_entry *s, size_t s_count,
                        const struct um_entry *t, size_t t_count)
{
    size_t i = 0, k = 0, left[2] = {0, 0};
    while (i < s_count || k < t_count) {
        int order = i == s_count   ? 1
                    : k == t_count ? -1
                                   : um_row_hash_compare(&s[i].hash, &t[k].hash);
        left[UM_SOURCE] += order < 0;
        left[UM_TARGET] += order > 0;
        i += order <= 0;
        k += order >= 0;
    }
    if (c->pairing->named_by_key)
        for (; left[UM_SOURCE] && left[UM_TARGET]; left[UM_SOURCE]--, left[UM_TARGET]--)
            report(c, UM_KEY_DIFFERS, s);
    for (; left[UM_SOURCE]; left[UM_SOURCE]--)
        report(c, UM_KEY_ONLY_SOURCE, s);
    for (; left[UM_TARGET]; left[UM_TARGET]--)
        report(c, UM_KEY_ONLY_TARGET, t);
}

static size_t group_size(const struct um_entries *e, size_t at)
{
    size_t end = at;
    while (end < e->count && compare_names(&e->items[at], &e->items[end]) == 0)
        end++;
    return end - at;
}

void um_entries_merge(const struct um_compare *c, struct um_entries sides[2])
{
    struct um_entries *s = &sides[UM_SOURCE], *t = &sides[UM_TARGET];
    for (int side = UM_SOURCE; side <= UM_TARGET; side++)
        if (sides[side].count)
            qsort(sides[side].items, sides[side].count, sizeof *sides[side].items, compare_entries);
    for (size_t i = 0, k = 0; i < s->count || k < t->count;) {
        int order = i == s->count   ? 1
                    : k == t->count ? -1
                                    : compare_names(&s->items[i], &t->items[k]);
        size_t s_count = order <= 0 ? group_size(s, i) : 0;
        size_t t_count = order >= 0 ? group_size(t, k) : 0;
        merge_group(c, s_count ? &s->items[i] : NULL, s_count, t_count ? &t->items[k] : NULL,
                    t_count);
        i += s_count;
        k += t_count;
    }
}

/* ---- leaves ---- */

struct leaf_side {
    const struct um_pairing *pairing;
    struct um_entries *entries;
};

static int add_entry(void *context, const char *const *values, const unsigned long *lengths,
                     const struct um_row_hash *hash, struct um_err *err)
{
    (void)err;
    struct leaf_side *side = context;
    um_entries_add(side->entries, side->pairing, values, lengths, hash);
    return 0;
}

int um_compare_leaf(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, struct um_err *err)
{
    struct um_entries entries[2] = {{0}, {0}};
    struct leaf_side sides[2] = {{c->pairing, &entries[UM_SOURCE]},
                                 {c->pairing, &entries[UM_TARGET]}};
    void *const context[2] = {&sides[UM_SOURCE], &sides[UM_TARGET]};
    int rc = um_scan_pair(c->conn, c->pairing, lo, hi, add_entry, context, err);
    if (rc == 0)
        um_entries_merge(c, entries);
    um_entries_free(&entries[UM_SOURCE]);
    um_entries_free(&entries[UM_TARGET]);
    return rc;
}

/* The other side has nothing here: the rows are counted already, only names may be wanted. */
static int list_one_side(const struct um_compare *c, enum um_side side, const struct um_bound *lo,
                         const struct um_bound *hi, uint64_t rows, struct um_err *err)
{
    enum um_key_difference kind = side == UM_SOURCE ? UM_KEY_ONLY_SOURCE : UM_KEY_ONLY_TARGET;
    struct um_entries entries = {0};
    struct leaf_side sink = {c->pairing, &entries};
    int rc = 0;
    if (!um_findings_full(c->found)) {
        rc = um_scan_side(c->conn[side], c->pairing, side, lo, hi, c->found->max, add_entry, &sink,
                          err);
        if (rc == 0 && entries.count)
            qsort(entries.items, entries.count, sizeof *entries.items, compare_entries);
        for (size_t i = 0; rc == 0 && i < entries.count && i < rows; i++)
            report(c, kind, &entries.items[i]);
    }
    if (rc == 0 && rows > entries.count)
        um_findings_count(c->found, kind, rows - entries.count);
    um_entries_free(&entries);
    return rc;
}

/* ---- halving ---- */

static int split(const struct um_compare *c, const struct um_bound *lo, const struct um_bound *hi,
                 const struct um_row_sum sums[2], struct um_bound *middle, struct um_err *err)
{
    enum um_side more = sums[UM_TARGET].rows > sums[UM_SOURCE].rows ? UM_TARGET : UM_SOURCE;
    return um_range_next(c->conn[more], c->pairing->table[more], &c->pairing->key[more], lo, hi,
                         sums[more].rows / 2, middle, err);
}

static int compare_halves(const struct um_compare *c, const struct um_bound *lo,
                          const struct um_bound *middle, const struct um_bound *hi,
                          const struct um_row_sum sums[2], struct um_err *err)
{
    struct um_row_sum lower[2], upper[2] = {sums[UM_SOURCE], sums[UM_TARGET]};
    if (um_scan_sums(c->conn, c->pairing, lo, middle, lower, err) != 0 ||
        um_compare_keys(c, lo, middle, lower, err) != 0)
        return -1;
    /* In a snapshot the upper half is what is left. Without one (engines that have none) that may
       not even be a count. */
    if (lower[UM_SOURCE].rows <= sums[UM_SOURCE].rows &&
        lower[UM_TARGET].rows <= sums[UM_TARGET].rows) {
        um_row_sum_subtract(&upper[UM_SOURCE], &lower[UM_SOURCE]);
        um_row_sum_subtract(&upper[UM_TARGET], &lower[UM_TARGET]);
    } else if (um_scan_sums(c->conn, c->pairing, middle, hi, upper, err) != 0) {
        return -1;
    }
    return um_compare_keys(c, middle, hi, upper, err);
}

static int compare_unsplittable(const struct um_compare *c, const struct um_bound *lo,
                                const struct um_bound *hi, const struct um_row_sum sums[2],
                                uint64_t most, struct um_err *err)
{
    if (most > LEAF_ROWS_MAX)
        return um_compare_rows(c, lo, hi, sums, err);
    um_findings_locate_range(c->found, lo, hi);
    return um_compare_leaf(c, lo, hi, err);
}

int um_compare_keys(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, const struct um_row_sum sums[2], struct um_err *err)
{
    uint64_t s_rows = sums[UM_SOURCE].rows, t_rows = sums[UM_TARGET].rows;
    if (um_row_sum_equal(&sums[UM_SOURCE], &sums[UM_TARGET]))
        return 0;
    uint64_t most = s_rows > t_rows ? s_rows : t_rows;
    if (s_rows == 0 || t_rows == 0 || most <= LEAF_ROWS)
        um_findings_locate_range(c->found, lo, hi);
    if (s_rows == 0 || t_rows == 0)
        return list_one_side(c, t_rows ? UM_TARGET : UM_SOURCE, lo, hi, s_rows + t_rows, err);
    if (most <= LEAF_ROWS)
        return um_compare_leaf(c, lo, hi, err);

    struct um_bound middle = {0};
    int rc = split(c, lo, hi, sums, &middle, err);
    if (rc == 0 && middle.count)
        rc = compare_halves(c, lo, &middle, hi, sums, err);
    else if (rc == 0)
        rc = compare_unsplittable(c, lo, hi, sums, most, err);
    um_bound_clear(&middle);
    return rc;
}
