#include "copy/read_back.h"

#include <inttypes.h>
#include <stdlib.h>

#include "checksum/compare.h"

enum { NAMED_ROWS = 5 };

struct um_pairing *um_read_back_new(const struct um_job *job, const struct um_job_table *t)
{
    struct um_pairing *p = um_alloc(sizeof *p);
    char *why = NULL;
    if (um_pairing_make(p, t->source, t->target, job->source.flavour, job->target.flavour,
                        UM_COLUMNS_WRITTEN, &why) &&
        p->plain && (t->chunk_key.kind == UM_KEY_NONE || p->same_order))
        return p;
    free(why);
    um_read_back_delete(p);
    return NULL;
}

void um_read_back_delete(struct um_pairing *p)
{
    if (p)
        um_pairing_clear(p);
    free(p);
}

static int add_row(void *sum, const char *const *values, const unsigned long *lengths,
                   const struct um_row_hash *hash, struct um_err *err)
{
    (void)values;
    (void)lengths;
    (void)err;
    um_row_sum_add_row(sum, hash);
    return 0;
}

static void describe(const struct um_findings *found, struct um_buf *out)
{
    static const char *const kinds[] = {[UM_KEY_ONLY_SOURCE] = "is missing",
                                        [UM_KEY_ONLY_TARGET] = "is there on the target only",
                                        [UM_KEY_DIFFERS] = "differs"};
    if (!found->count)
        um_buf_str(out, "when both were read again, no row did: the target gave other rows before");
    for (size_t i = 0; i < found->count; i++) {
        const struct um_differing_key *row = &found->items[i].key;
        um_buf_fmt(out, "%s%s %s", i ? ", " : "", row->key, kinds[row->kind]);
    }
}

/* Reads both sides again to find out which rows they are. */
static int name_rows(const struct um_pairing *p, struct um_conn *const conn[2],
                     const struct um_state_chunk *chunk, const struct um_row_sum sums[2],
                     struct um_err *err)
{
    struct um_findings found;
    um_findings_create(&found, NAMED_ROWS);
    const struct um_compare c = {conn, p, &found, 0};
    int result = p->same_order ? um_compare_keys(&c, &chunk->lo, &chunk->hi, sums, err)
                               : um_compare_rows(&c, &chunk->lo, &chunk->hi, sums, err);
    struct um_buf rows = {0};
    describe(&found, &rows);
    if (result == 0)
        um_fail(err, UM_E_COPY_DIFFERS,
                "the rows read back from the target are not those that were written (%" PRIu64
                " rows read, %" PRIu64 " read back); %s",
                sums[UM_SOURCE].rows, sums[UM_TARGET].rows, rows.data);
    um_buf_free(&rows);
    um_findings_destroy(&found);
    return -1;
}

int um_read_back(const struct um_pairing *p, struct um_conn *source, struct um_conn *target,
                 const struct um_state_chunk *chunk, const struct um_row_sum *read,
                 struct um_err *err)
{
    struct um_row_sum sums[2] = {[UM_SOURCE] = *read};
    if (um_scan_side(target, p, UM_TARGET, &chunk->lo, &chunk->hi, 0, add_row, &sums[UM_TARGET],
                     err) != 0)
        return -1;
    if (um_row_sum_equal(&sums[UM_SOURCE], &sums[UM_TARGET]))
        return 0;
    struct um_conn *const conn[2] = {[UM_SOURCE] = source, [UM_TARGET] = target};
    return name_rows(p, conn, chunk, sums, err);
}
