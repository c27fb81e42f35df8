#include "apply/prepared.h"

#include <string.h>

#include "change/encode.h"
#include "state/prepared.h"

/* Small enough for any server's max_allowed_packet, escaped. */
enum { PART_BYTES = 512 << 10 };

static int write_part(struct um_prepared *p, const char *xid, struct um_buf *bytes, size_t len,
                      struct um_err *err)
{
    if (um_prepared_put(p->target, p->job->config, xid, p->parts, bytes->data, len, err) != 0)
        return -1;
    p->parts++;
    memmove(bytes->data, bytes->data + len, bytes->len - len);
    bytes->len -= len;
    return 0;
}

int um_prepared_keep(struct um_prepared *p, const struct um_txn *txn, struct um_err *err)
{
    if (txn->first) {
        /* A server refuses a second transaction of one XID, so an earlier one has ended. */
        p->parts = 0;
        if (um_prepared_forget(p, txn->xid, err) != 0)
            return -1;
    }
    struct um_buf bytes = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < txn->change_count; i++) {
        const struct um_change *c = &txn->changes[i];
        const struct um_job_table *t = um_job_find(p->job, c->table->schema, c->table->name);
        UM_ASSERT(t);
        um_change_encode(c, t->id, c->table->column_count, &bytes);
        while (result == 0 && bytes.len >= PART_BYTES)
            result = write_part(p, txn->xid, &bytes, PART_BYTES, err);
    }
    if (result == 0 && bytes.len)
        result = write_part(p, txn->xid, &bytes, bytes.len, err);
    um_buf_free(&bytes);
    return result;
}

static struct um_txn *fragment_at(const struct um_txn *at)
{
    struct um_txn *t = um_txn_new();
    t->kind = UM_TXN_ROWS;
    t->gtid = at->gtid;
    t->end_offset = at->end_offset;
    snprintf(t->file, sizeof t->file, "%s", at->file);
    return t;
}

static const struct um_job_table *table_of(const struct um_job *job, uint32_t id)
{
    for (size_t i = 0; i < job->table_count; i++) {
        if (job->tables[i].id == id)
            return &job->tables[i];
    }
    return NULL;
}

/* It was copied, or was gone, after the transaction had committed: in its copy that is. */
static bool is_in_copy(const struct um_prepared *p, const struct um_job_table *table,
                       const struct um_txn *at)
{
    struct um_place here = {.file = at->file, .offset = at->end_offset, .gtid = &at->gtid};
    return table ? um_coverage_side(p->coverage, table, here) == UM_SIDE_LATER
                 : um_coverage_is_before_latest(p->coverage, here);
}

static int take_change(const struct um_prepared *of_job, const uint8_t **p, const uint8_t *end,
                       struct um_txn *t, struct um_err *err)
{
    struct um_change change;
    struct um_encoded of;
    size_t used;
    if (um_change_decode(*p, (size_t)(end - *p), &used, &t->arena, &change, &of, err) != 0)
        return -1;
    const struct um_job_table *table = table_of(of_job->job, of.table);
    *p += used;
    if (is_in_copy(of_job, table, t))
        return 0;
    if (!table || table->source->column_count != of.columns)
        return um_fail(err, UM_E_STATE_DAMAGED, "there is no table %u of %zu columns", of.table,
                       of.columns);
    change.table = table->source;
    change.offset = t->end_offset;
    *um_txn_add(t) = change;
    return 0;
}

/* The first `len` of the bytes become a fragment, which owns them. */
static int take_changes(struct um_prepared_reader *r, size_t len, struct um_txn **out,
                        struct um_err *err)
{
    struct um_txn *t = fragment_at(r->at);
    const uint8_t *p = um_arena_dup(&t->arena, r->bytes.data, len), *end = p + len;
    memmove(r->bytes.data, r->bytes.data + len, r->bytes.len - len);
    r->bytes.len -= len;
    while (p < end) {
        if (take_change(r->prepared, &p, end, t, err) != 0) {
            um_txn_delete(t);
            return um_fail_in(err, "what is kept of XA transaction %s", r->at->xid);
        }
    }
    *out = t;
    return 0;
}

int um_prepared_next(struct um_prepared_reader *r, struct um_txn **out, struct um_err *err)
{
    const struct um_prepared *p = r->prepared;
    *out = NULL;
    for (;;) {
        int more = um_prepared_get(p->target, p->job->config, r->at->xid, r->part, &r->bytes, err);
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        r->part++;
        size_t whole = um_changes_whole((const uint8_t *)r->bytes.data, r->bytes.len);
        if (whole)
            return take_changes(r, whole, out, err);
    }
    return r->bytes.len == 0
               ? 0
               : um_fail(err, UM_E_STATE_DAMAGED,
                         "what is kept of XA transaction %s ends within a row change", r->at->xid);
}

int um_prepared_forget(struct um_prepared *p, const char *xid, struct um_err *err)
{
    return um_prepared_remove(p->target, p->job->config, xid, err);
}
