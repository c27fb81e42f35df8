#include "checksum/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Rows that cannot be walked in an order that both servers share are compared as multisets of
 * hashes, in three readings:
 *   1. sums by bucket (the first bits of the hash): few rows that differ touch few buckets;
 *   2. the hashes of the rows in differing buckets, sorted and cancelled out against each other;
 *   3. the names of the rows whose hash is left over.
 */
enum {
    BUCKET_BITS = 16,
    BUCKETS = 1 << BUCKET_BITS,
    HASHES_MAX = 1000000,    /* of both sides together: 16 MB */
    NAME_BYTES_MAX = 8 << 20 /* of each side */
};

struct leftover {
    struct um_row_hash hash;
    uint64_t count;
};

struct rows_side {
    const struct um_pairing *pairing;
    struct um_row_sum *buckets;
    const bool *chosen; /* buckets whose hashes are wanted */
    struct um_row_hash *hashes;
    size_t hash_count, hash_cap;
    struct leftover *left; /* sorted by hash */
    size_t left_count, left_cap;
    uint64_t unnamed; /* rows left over whose name is not among the entries */
    struct um_entries entries;
};

static size_t bucket_of(const struct um_row_hash *hash)
{
    return hash->high >> (64 - BUCKET_BITS);
}

/* ---- first reading ---- */

static int add_to_bucket(void *context, const char *const *values, const unsigned long *lengths,
                         const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    struct rows_side *side = context;
    um_row_sum_add_row(&side->buckets[bucket_of(hash)], hash);
    return 0;
}

/* Takes differing buckets as long as their hashes fit; of the others only the numbers are told. */
static void choose_buckets(const struct um_compare *c, const struct rows_side sides[2],
                           bool *chosen)
{
    uint64_t hashes = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        const struct um_row_sum *s = &sides[UM_SOURCE].buckets[i],
                                *t = &sides[UM_TARGET].buckets[i];
        if (um_row_sum_equal(s, t))
            continue;
        if (hashes + s->rows + t->rows <= HASHES_MAX) {
            hashes += s->rows + t->rows;
            chosen[i] = true;
            continue;
        }
        uint64_t only_source = s->rows > t->rows ? s->rows - t->rows : s->rows == t->rows;
        uint64_t only_target = t->rows > s->rows ? t->rows - s->rows : s->rows == t->rows;
        um_findings_count(c->found, UM_KEY_ONLY_SOURCE, only_source);
        um_findings_count(c->found, UM_KEY_ONLY_TARGET, only_target);
        um_findings_inexact(c->found, true, false);
        um_findings_locate_more(c->found);
    }
}

/* ---- second reading ---- */

static int add_hash(void *context, const char *const *values, const unsigned long *lengths,
                    const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    struct rows_side *side = context;
    /* The bound holds within a snapshot; a table of an engine without one may grow meanwhile. */
    if (!side->chosen[bucket_of(hash)] || side->hash_count > HASHES_MAX)
        return 0;
    um_grow(&side->hashes, &side->hash_cap, side->hash_count + 1, sizeof *side->hashes);
    side->hashes[side->hash_count++] = *hash;
    return 0;
}

static int compare_hashes(const void *a, const void *b)
{
    return um_row_hash_compare(a, b);
}

static void leave(struct rows_side *side, const struct um_row_hash *hash)
{
    side->unnamed++;
    if (side->left_count &&
        um_row_hash_compare(&side->left[side->left_count - 1].hash, hash) == 0) {
        side->left[side->left_count - 1].count++;
        return;
    }
    um_grow(&side->left, &side->left_cap, side->left_count + 1, sizeof *side->left);
    side->left[side->left_count++] = (struct leftover){*hash, 1};
}

static void cancel_out(struct rows_side *s, struct rows_side *t)
{
    if (s->hash_count)
        qsort(s->hashes, s->hash_count, sizeof *s->hashes, compare_hashes);
    if (t->hash_count)
        qsort(t->hashes, t->hash_count, sizeof *t->hashes, compare_hashes);
    for (size_t i = 0, k = 0; i < s->hash_count || k < t->hash_count;) {
        int order = i == s->hash_count   ? 1
                    : k == t->hash_count ? -1
                                         : um_row_hash_compare(&s->hashes[i], &t->hashes[k]);
        if (order < 0)
            leave(s, &s->hashes[i]);
        if (order > 0)
            leave(t, &t->hashes[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

/* ---- third reading ---- */

static int compare_leftover(const void *a, const void *b)
{
    return um_row_hash_compare(a, &((const struct leftover *)b)->hash);
}

static int add_name(void *context, const char *const *values, const unsigned long *lengths,
                    const struct um_row_hash *hash, struct um_err *err)
{
    (void)err;
    struct rows_side *side = context;
    if (!side->left_count || side->entries.names.used >= NAME_BYTES_MAX)
        return 0;
    struct leftover *found =
        bsearch(hash, side->left, side->left_count, sizeof *side->left, compare_leftover);
    if (!found || found->count == 0)
        return 0;
    found->count--;
    side->unnamed--;
    um_entries_add(&side->entries, side->pairing, values, lengths, hash);
    return 0;
}

static void locate(const struct um_compare *c, const struct rows_side *side)
{
    for (size_t i = 0; i < side->entries.count; i++)
        um_findings_locate_name(c->found, side->entries.items[i].name, side->entries.items[i].len);
    if (side->unnamed)
        um_findings_locate_more(c->found);
}

static void report_left_over(const struct um_compare *c, struct rows_side sides[2])
{
    locate(c, &sides[UM_SOURCE]);
    locate(c, &sides[UM_TARGET]);
    struct um_entries entries[2] = {sides[UM_SOURCE].entries, sides[UM_TARGET].entries};
    um_entries_merge(c, entries);
    um_findings_count(c->found, UM_KEY_ONLY_SOURCE, sides[UM_SOURCE].unnamed);
    um_findings_count(c->found, UM_KEY_ONLY_TARGET, sides[UM_TARGET].unnamed);
    if (c->pairing->named_by_key && (sides[UM_SOURCE].unnamed || sides[UM_TARGET].unnamed))
        um_findings_inexact(c->found, false, true);
}

static void free_side(struct rows_side *side)
{
    free(side->buckets);
    free(side->hashes);
    free(side->left);
    um_entries_free(&side->entries);
}

int um_compare_rows(const struct um_compare *c, const struct um_bound *lo,
                    const struct um_bound *hi, const struct um_row_sum sums[2], struct um_err *err)
{
    int rc = -1;
    bool *chosen = um_alloc(BUCKETS * sizeof *chosen);
    struct rows_side sides[2] = {{.pairing = c->pairing, .chosen = chosen},
                                 {.pairing = c->pairing, .chosen = chosen}};
    void *const context[2] = {&sides[UM_SOURCE], &sides[UM_TARGET]};

    if (sums[UM_SOURCE].rows + sums[UM_TARGET].rows <= HASHES_MAX) {
        memset(chosen, true, BUCKETS * sizeof *chosen);
    } else {
        for (int side = UM_SOURCE; side <= UM_TARGET; side++)
            sides[side].buckets = um_alloc_array(BUCKETS, sizeof *sides[side].buckets);
        if (um_scan_pair(c->conn, c->pairing, lo, hi, add_to_bucket, context, err) != 0)
            goto done;
        choose_buckets(c, sides, chosen);
    }
    if (um_scan_pair(c->conn, c->pairing, lo, hi, add_hash, context, err) != 0)
        goto done;
    cancel_out(&sides[UM_SOURCE], &sides[UM_TARGET]);
    if ((sides[UM_SOURCE].left_count || sides[UM_TARGET].left_count) &&
        um_scan_pair(c->conn, c->pairing, lo, hi, add_name, context, err) != 0)
        goto done;
    report_left_over(c, sides);
    rc = 0;
done:
    free_side(&sides[UM_SOURCE]);
    free_side(&sides[UM_TARGET]);
    free(chosen);
    return rc;
}
