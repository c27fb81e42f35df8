#include "plan/check.h"

/*
 * How long the copy takes, from the catalogue's own estimates of rows and bytes. A stated
 * assumption and nothing more: what the servers can really do is not known before it is tried.
 */
static const double bytes_per_second = 20e6;       /* of row data, for each thread */
static const double rows_per_second = 150e3;       /* likewise */
static const double index_bytes_per_second = 30e6; /* of a secondary index that is built */
static const double table_seconds = 0.05;          /* to create, lock, look at */

const char um_estimate_basis[] =
    "assumes 20 MB/s and 150,000 rows/s for each thread, and 30 MB/s of secondary index built";

struct um_estimate um_estimate_table(const struct um_table *t)
{
    return (struct um_estimate){
        .load = table_seconds + (double)t->data_bytes / bytes_per_second +
                (double)t->rows_estimate / rows_per_second,
        .index = (double)t->index_bytes / index_bytes_per_second,
    };
}

void um_estimate_plan(struct um_plan *p, unsigned threads)
{
    double sum = 0, longest = 0;
    p->rows = p->bytes = 0;
    if (threads == 0)
        threads = 1;
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        struct um_table_plan *plan = &p->table_plans[i];
        struct um_estimate e = um_estimate_table(t);
        plan->seconds = e.load + e.index;
        p->rows += t->rows_estimate;
        p->bytes += t->data_bytes + t->index_bytes;
        sum += plan->seconds;
        /* However many threads there are: a table without a key is read by one, and so is an
           index built. */
        double alone = e.index + (plan->key.kind == UM_KEY_NONE ? e.load : e.load / threads);
        if (alone > longest)
            longest = alone;
    }
    p->copy_seconds = sum / threads > longest ? sum / threads : longest;
}
