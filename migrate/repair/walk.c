#include "repair/walk.h"

#include "base/clock.h"
#include "base/stop.h"
#include "checksum/compare.h"
#include "copy/rows.h"
#include "mysql/range.h"

enum {
    PIECE_ROWS = 2000,      /* read on both sides to find those that differ … */
    PIECE_BYTES = 16 << 20, /* … or fewer, where rows are large */
    BATCH_ROWS = 200,
    BATCH_ROWS_JSON = 16 /* the types of documents are asked for in the select list */
};

void um_repair_walk_clear(struct um_repair_walk *w)
{
    um_bound_clear(&w->lo);
}

struct walking {
    struct um_repair_walk *walk;
    const struct um_repair_moment *moment;
    int64_t until_us;
    const struct um_throttle *throttle;
    bool over;
};

static bool is_over(struct walking *g)
{
    g->over |= um_now_us() >= g->until_us || um_throttle_is_held(g->throttle);
    return g->over;
}

static int do_batch(struct walking *g, const struct um_damage_name *names, size_t count,
                    size_t *done, struct um_err *err)
{
    const struct um_repair_table *t = &g->walk->table;
    size_t most = um_json_any_carried(t->models) ? BATCH_ROWS_JSON : BATCH_ROWS;
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "the repair was asked to stop");
    return um_repair_batch(g->moment, t, names, count < most ? count : most, done, err);
}

/* ---- names ---- */

static int do_names(struct walking *g, struct um_err *err)
{
    struct um_repair_walk *w = g->walk;
    while (w->name < w->damage->name_count && !g->over) {
        size_t done = 0;
        if (do_batch(g, &w->damage->names[w->name], w->damage->name_count - w->name, &done, err) !=
            0)
            return -1;
        w->name += done;
        is_over(g);
    }
    return 0;
}

/* ---- ranges ---- */

static uint64_t piece_rows(const struct um_pairing *p)
{
    const struct um_table *t = p->table[UM_SOURCE];
    uint64_t row = t->rows_estimate ? t->data_bytes / t->rows_estimate : t->data_bytes;
    uint64_t rows = row ? PIECE_BYTES / row : PIECE_ROWS;
    return rows < 1 ? 1 : rows < PIECE_ROWS ? rows : PIECE_ROWS;
}

/* Where the next piece ends, so that neither side has many rows in it; open: with the range. */
static int next_piece(const struct walking *g, const struct um_bound *end, struct um_bound *hi,
                      struct um_err *err)
{
    const struct um_pairing *p = g->walk->table.pairing;
    struct um_bound nearer = {0};
    um_bound_clear(hi);
    int result = 0;
    for (int side = UM_SOURCE; result == 0 && side <= UM_TARGET; side++) {
        result = um_range_next(g->moment->conn[side], p->table[side], &p->key[side], &g->walk->lo,
                               um_bound_open(hi) ? end : hi, piece_rows(p), &nearer, err);
        if (result == 0 && !um_bound_open(&nearer))
            um_bound_copy(hi, &nearer);
    }
    um_bound_clear(&nearer);
    return result;
}

static void note_name(void *damage, const char *name, size_t len)
{
    um_damage_add_name(damage, name, len);
}

static int do_piece(struct walking *g, const struct um_bound *hi, struct um_err *err)
{
    struct um_damage found = {0};
    struct um_findings findings = {.differs = note_name, .context = &found};
    const struct um_compare c = {
        .conn = g->moment->conn, .pairing = g->walk->table.pairing, .found = &findings};
    int result = um_compare_leaf(&c, &g->walk->lo, hi, err);
    for (size_t i = 0, done = 0; result == 0 && i < found.name_count && !g->over; i += done) {
        result = do_batch(g, &found.names[i], found.name_count - i, &done, err);
        if (result == 0 && i + done < found.name_count)
            is_over(g);
    }
    um_damage_clear(&found);
    return result;
}

/* What is left when the time is over begins with this piece: what of it is done is equal then. */
static int do_range(struct walking *g, const struct um_damage_range *range, struct um_err *err)
{
    struct um_repair_walk *w = g->walk;
    struct um_bound hi = {0};
    if (um_bound_open(&w->lo))
        um_bound_copy(&w->lo, &range->lo);
    int result = 0;
    bool done = false;
    while (result == 0 && !done && !g->over) {
        result = next_piece(g, &range->hi, &hi, err);
        bool last = um_bound_open(&hi);
        if (result == 0)
            result = do_piece(g, last ? &range->hi : &hi, err);
        if (result != 0 || g->over)
            break;
        done = last;
        um_bound_copy(&w->lo, &hi);
        is_over(g);
    }
    w->range += done;
    um_bound_clear(&hi);
    return result;
}

int um_repair_walk_on(struct um_repair_walk *w, const struct um_repair_moment *m, int64_t until_us,
                      const struct um_throttle *throttle, bool *more, struct um_err *err)
{
    struct walking g = {w, m, until_us, throttle, false};
    int result = um_exec(m->conn[UM_TARGET], err, "SET SESSION sql_notes=%d",
                         !w->table.models->rounds_generated);
    while (result == 0 && !g.over && w->range < w->damage->range_count)
        result = do_range(&g, &w->damage->ranges[w->range], err);
    if (result == 0 && !g.over)
        result = do_names(&g, err);
    *more = w->range < w->damage->range_count || w->name < w->damage->name_count;
    return result;
}
