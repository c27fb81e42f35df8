#include "checksum/doubts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"

enum {
    STATEMENT_ROWS = 200, /* keys of a statement: an OR of many costs the optimizer much memory */
    /* A row that goes back and forth between two values may be met in the same one again and again:
       each round, with its three looks, makes that ten times less likely. */
    STILL_ROUNDS = 4,
    ROUNDS_MAX = 10,
};

void um_doubts_add(struct um_doubts *d, const char *name, size_t len)
{
    um_grow(&d->items, &d->cap, d->count + 1, sizeof *d->items);
    d->items[d->count++] =
        (struct um_doubt){.name = um_arena_dup(&d->names, name, len), .len = len};
}

void um_doubts_clear(struct um_doubts *d)
{
    free(d->items);
    um_arena_free(&d->names);
    *d = (struct um_doubts){0};
}

/* ---- what a look says ---- */

static bool same(const struct um_seen *a, const struct um_seen *b)
{
    return a->there == b->there && (!a->there || um_row_hash_compare(&a->hash, &b->hash) == 0);
}

void um_doubt_look(struct um_doubt *d, int side, const struct um_seen *seen)
{
    d->moved |= !d->looked[side] || !same(&d->now[side], seen);
    d->looked[side] = true;
    d->now[side] = *seen;
}

enum um_doubt_answer um_doubt_answer(struct um_doubt *d)
{
    d->rounds++;
    if (same(&d->now[0], &d->now[1]))
        return UM_DOUBT_EQUAL;
    d->still = d->moved ? 0 : d->still + 1;
    d->moved = false;
    if (d->still >= STILL_ROUNDS)
        return UM_DOUBT_DIFFERENT;
    return d->rounds >= ROUNDS_MAX ? UM_DOUBT_UNDECIDED : UM_DOUBT_LOOK_AGAIN;
}

/* ---- looking ---- */

/* Which of them has the name; `count`: none, it is another one that the server takes for equal. */
static size_t find(struct um_doubt **some, size_t count, const struct um_buf *name)
{
    size_t i = 0;
    while (i < count &&
           (some[i]->len != name->len || memcmp(some[i]->name, name->data, name->len) != 0))
        i++;
    return i;
}

static void select_rows(const struct um_pairing *p, enum um_side side, struct um_doubt **some,
                        size_t count, struct um_buf *sql)
{
    um_buf_add(sql, p->head[side], p->list[side]);
    um_buf_str(sql, p->name_from[side]);
    for (size_t i = 0; i < count; i++) {
        um_buf_str(sql, i ? ") OR (" : " WHERE (");
        um_pairing_name_where(p, side, some[i]->name, sql);
    }
    um_buf_char(sql, ')');
}

static int read_some(struct um_worker *worker, const struct um_pairing *p, enum um_side side,
                     struct um_doubt **some, size_t count, struct um_err *err)
{
    struct um_buf sql = {0}, name = {0};
    struct um_row_hasher *hasher = um_row_hasher_new();
    struct um_seen seen[STATEMENT_ROWS] = {{0}};
    const char *const *values;
    const unsigned long *lengths;
    select_rows(p, side, some, count, &sql);
    struct um_resultset *rows = um_query_stream(worker->conn[side], sql.data, sql.len, err);
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &values, &lengths, err)) > 0) {
        um_pairing_name_row(p, values, lengths, &name);
        size_t i = find(some, count, &name);
        if (i < count)
            seen[i] = (struct um_seen){true, um_row_hash(hasher, values, lengths, p->column_count)};
    }
    for (size_t i = 0; more == 0 && i < count; i++)
        um_doubt_look(some[i], (int)side, &seen[i]);
    um_result_close(rows);
    um_row_hasher_delete(hasher);
    um_buf_free(&sql);
    um_buf_free(&name);
    return more;
}

static int read_side(struct um_worker *worker, const struct um_pairing *p, enum um_side side,
                     struct um_doubt **open, size_t count, struct um_err *err)
{
    for (size_t i = 0; i < count; i += STATEMENT_ROWS) {
        size_t some = count - i < STATEMENT_ROWS ? count - i : STATEMENT_ROWS;
        if (read_some(worker, p, side, open + i, some, err) != 0)
            return -1;
    }
    return 0;
}

static int look(struct um_worker *worker, const struct um_pairing *p, struct um_doubt **open,
                size_t count, struct um_err *err)
{
    static const enum um_side order[] = {UM_SOURCE, UM_TARGET, UM_SOURCE};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (read_side(worker, p, order[i], open, count, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- settling ---- */

static void add_finding(struct um_work_table *t, uint64_t range, const struct um_doubt *d,
                        enum um_doubt_answer answer)
{
    enum um_key_difference kind = !d->now[UM_TARGET].there   ? UM_KEY_ONLY_SOURCE
                                  : !d->now[UM_SOURCE].there ? UM_KEY_ONLY_TARGET
                                                             : UM_KEY_DIFFERS;
    if (answer == UM_DOUBT_UNDECIDED)
        kind = UM_KEY_UNDECIDED;
    char *key =
        um_findings_full(&t->found) ? NULL : um_pairing_describe(&t->pairing, d->name, d->len);
    um_findings_add(&t->found, range, kind, key);
}

static void judge(struct um_worker *worker, struct um_work_table *t, uint64_t range,
                  struct um_doubt *d, bool *equal)
{
    enum um_doubt_answer answer = um_doubt_answer(d);
    d->over = answer != UM_DOUBT_LOOK_AGAIN;
    if (answer != UM_DOUBT_DIFFERENT && answer != UM_DOUBT_UNDECIDED)
        return;
    *equal = false;
    add_finding(t, range, d, answer);
    if (answer == UM_DOUBT_UNDECIDED) {
        pthread_mutex_lock(&worker->work->lock);
        t->undecided = true;
        pthread_mutex_unlock(&worker->work->lock);
    }
}

int um_doubts_settle(struct um_worker *worker, struct um_work_table *t, uint64_t range,
                     struct um_doubts *d, bool *equal, struct um_err *err)
{
    const struct um_verify_options *o = worker->work->options;
    struct um_doubt **open = um_alloc_array(d->count + 1, sizeof(struct um_doubt *));
    int result = 0;
    while (result == 0) {
        size_t count = 0;
        for (size_t i = 0; i < d->count; i++) {
            if (!d->items[i].over)
                open[count++] = &d->items[i];
        }
        if (count == 0)
            break;
        if (um_stop_requested())
            result = um_fail(err, UM_E_STOPPED, "the verification was asked to stop");
        if (result == 0)
            result = o->catch_up(o->context, worker->conn, err);
        if (result == 0)
            result = look(worker, &t->pairing, open, count, err);
        for (size_t i = 0; result == 0 && i < count; i++)
            judge(worker, t, range, open[i], equal);
    }
    free(open);
    return result;
}
