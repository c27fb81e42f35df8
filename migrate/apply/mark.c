#include "apply/mark.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 1024 };

struct entry {
    struct um_gtid gtid;
    const char *file; /* of files */
    uint64_t end_offset;
    int64_t log_born, commit_us;
    bool done;
};

/* A batch is folded once the mark has passed the last of its transactions. */
struct batch {
    uint64_t id, last, transactions, changes;
};

struct um_mark {
    struct um_state_progress progress;
    struct um_position pushed;
    struct entry *ring;
    size_t cap, count;
    uint64_t first;       /* number of the first entry */
    struct um_strv files; /* names that entries borrow; one binlog file after the other */
    struct batch *batches;
    size_t batch_count, batch_cap;
    struct um_applied_left left; /* of an earlier run */
    bool moved;
};

struct um_mark *um_mark_new(const struct um_state_progress *from, struct um_applied_left *left)
{
    struct um_mark *m = um_alloc(sizeof *m);
    m->progress = *from;
    m->progress.at = (struct um_position){0};
    um_position_copy(&m->progress.at, &from->at);
    um_position_copy(&m->pushed, &from->at);
    m->cap = FIRST_CAP;
    m->ring = um_alloc_array(m->cap, sizeof *m->ring);
    m->left = *left;
    *left = (struct um_applied_left){0};
    return m;
}

void um_mark_delete(struct um_mark *m)
{
    if (!m)
        return;
    um_position_clear(&m->progress.at);
    um_position_clear(&m->pushed);
    um_applied_left_clear(&m->left);
    um_strv_clear(&m->files);
    free(m->ring);
    free(m->batches);
    free(m);
}

/* ---- transactions ---- */

static struct entry *at(struct um_mark *m, uint64_t number)
{
    UM_ASSERT(number >= m->first && number - m->first < m->count);
    return &m->ring[number % m->cap];
}

static void make_room(struct um_mark *m)
{
    if (m->count < m->cap)
        return;
    struct entry *ring = um_alloc_array(m->cap * 2, sizeof *ring);
    for (uint64_t n = m->first; n < m->first + m->count; n++)
        ring[n % (m->cap * 2)] = *at(m, n);
    free(m->ring);
    m->ring = ring;
    m->cap *= 2;
}

static const char *intern(struct um_mark *m, const char *file)
{
    if (!m->files.count || strcmp(m->files.items[m->files.count - 1], file) != 0)
        um_strv_add(&m->files, file);
    return m->files.items[m->files.count - 1];
}

static void add_gtid(struct um_position *p, const struct um_gtid *gtid)
{
    if (gtid->kind == UM_GTID_NONE)
        return;
    if (!p->gtids)
        p->gtids = um_gtid_set_new(gtid->kind);
    um_gtid_set_add(p->gtids, gtid);
}

static struct entry entry_of(const struct um_txn *txn, const char *file)
{
    return (struct entry){.gtid = txn->gtid,
                          .file = file,
                          .end_offset = txn->end_offset,
                          .log_born = txn->log_born,
                          .commit_us = txn->commit_us};
}

uint64_t um_mark_push(struct um_mark *m, const struct um_txn *txn)
{
    make_room(m);
    uint64_t number = m->first + m->count++;
    *at(m, number) = entry_of(txn, intern(m, txn->file));
    snprintf(m->pushed.file, sizeof m->pushed.file, "%s", txn->file);
    m->pushed.offset = txn->end_offset;
    add_gtid(&m->pushed, &txn->gtid);
    return number;
}

static void pass(struct um_state_progress *p, const struct entry *e)
{
    if (e->log_born || strcmp(p->at.file, e->file) != 0)
        p->log_born = e->log_born;
    snprintf(p->at.file, sizeof p->at.file, "%s", e->file);
    p->at.offset = e->end_offset;
    add_gtid(&p->at, &e->gtid);
    if (e->commit_us)
        p->commit_us = e->commit_us;
}

void um_mark_done(struct um_mark *m, uint64_t number)
{
    at(m, number)->done = true;
    while (m->count && at(m, m->first)->done) {
        pass(&m->progress, at(m, m->first));
        m->moved = true;
        m->first++;
        m->count--;
    }
}

/* The last that was begun is the one that is asked for nearly always. */
static struct batch *find_batch(struct um_mark *m, uint64_t id)
{
    for (size_t i = m->batch_count; i-- > 0;) {
        if (m->batches[i].id == id)
            return &m->batches[i];
    }
    um_grow(&m->batches, &m->batch_cap, m->batch_count + 1, sizeof *m->batches);
    m->batches[m->batch_count] = (struct batch){.id = id};
    return &m->batches[m->batch_count++];
}

void um_mark_count(struct um_mark *m, uint64_t batch, uint64_t number, uint64_t changes)
{
    struct batch *b = find_batch(m, batch);
    b->transactions++;
    b->changes += changes;
    if (b->last < number)
        b->last = number;
}

bool um_mark_knows(const struct um_mark *m, const struct um_txn *txn)
{
    return um_applied_contains(&m->left.of, txn);
}

void um_mark_after(const struct um_mark *m, const struct um_txn *txn, uint64_t changes,
                   struct um_state_progress *out)
{
    UM_ASSERT(!m->count && !m->batch_count);
    *out = m->progress;
    out->at = (struct um_position){0};
    um_position_copy(&out->at, &m->progress.at);
    struct entry e = entry_of(txn, txn->file);
    pass(out, &e);
    out->transactions++;
    out->changes += changes;
}

void um_mark_passed(struct um_mark *m, const struct um_txn *txn, uint64_t changes)
{
    um_mark_done(m, um_mark_push(m, txn));
    m->progress.transactions++;
    m->progress.changes += changes;
    m->moved = false;
}

/* ---- the mark ---- */

const struct um_state_progress *um_mark_progress(const struct um_mark *m)
{
    return &m->progress;
}

const struct um_position *um_mark_pushed(const struct um_mark *m)
{
    return &m->pushed;
}

size_t um_mark_ahead(const struct um_mark *m)
{
    return m->count;
}

bool um_mark_moved(const struct um_mark *m)
{
    return m->moved;
}

size_t um_mark_foldable(const struct um_mark *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->batch_count; i++)
        count += m->batches[i].last < m->first;
    return count;
}

/* What an earlier run left goes when the mark has passed all of it. */
static void take_left(struct um_mark *m, struct um_applied_left *gone)
{
    if (m->left.count && um_applied_within(&m->left.of, &m->progress.at)) {
        *gone = m->left;
        m->left = (struct um_applied_left){0};
    }
}

static void take_passed(struct um_mark *m, struct um_applied_left *gone)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->batch_count; i++) {
        const struct batch *b = &m->batches[i];
        if (b->last >= m->first) {
            m->batches[kept++] = *b;
            continue;
        }
        um_grow(&gone->ids, &gone->cap, gone->count + 1, sizeof *gone->ids);
        gone->ids[gone->count++] = b->id;
        gone->transactions += b->transactions;
        gone->changes += b->changes;
    }
    m->batch_count = kept;
}

static void forget_files(struct um_mark *m)
{
    if (m->count)
        return;
    um_strv_clear(&m->files);
}

int um_mark_fold(struct um_mark *m, struct um_conn *c, const struct um_config *config,
                 uint64_t epoch, struct um_err *err)
{
    struct um_applied_left gone = {0};
    take_left(m, &gone);
    take_passed(m, &gone);
    m->progress.transactions += gone.transactions;
    m->progress.changes += gone.changes;
    int result = um_state_fold(c, config, epoch, &m->progress, gone.ids, gone.count, err);
    um_applied_left_clear(&gone);
    forget_files(m);
    m->moved = false;
    return result;
}
