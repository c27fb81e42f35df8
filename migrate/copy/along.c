#include "copy/along.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "state/order.h"

static bool has_to_go(const struct um_job *job, const struct um_job_table *t, const bool *again)
{
    for (size_t i = 0; i < job->table_count; i++) {
        const struct um_job_table *with = &job->tables[i];
        if (again[i] && (with->unit == t->unit || (!t->ddl && um_job_refers_to(job, t, with))))
            return true;
    }
    return false;
}

size_t um_copy_along(const struct um_job *job, bool *again)
{
    size_t found = 0, before;
    do {
        before = found;
        for (size_t i = 0; i < job->table_count; i++) {
            if (!again[i] && has_to_go(job, &job->tables[i], again)) {
                again[i] = true;
                found++;
            }
        }
    } while (found != before);
    return found;
}

int um_copy_take_along(struct um_job *job, bool *found, struct um_err *err)
{
    bool *again = um_alloc_array(job->table_count + 1, sizeof *again);
    for (size_t i = 0; i < job->table_count; i++)
        again[i] = !um_state_is_copied(&job->data.tables[i]);
    *found = um_copy_along(job, again) > 0;
    for (size_t i = 0; *found && i < job->table_count; i++) {
        const struct um_state_table *t = &job->data.tables[i];
        if (again[i] && um_state_is_copied(t))
            um_info("`%s`.`%s` is copied again as well: foreign keys join it to a table that is.",
                    t->schema, t->name);
        else
            again[i] = false; /* what there is of its copy is another matter, see restart.h */
    }
    int result = *found ? um_state_copy_again(job->state, &job->data, again, false, err) : 0;
    free(again);
    return result;
}
