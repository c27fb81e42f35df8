#include "recopy.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "ddl/ddl.h"
#include "finish/finish.h"
#include "state/order.h"

bool um_recopy_is_due(const struct um_job *job)
{
    return job->data.orders.count + job->data.adding.count > 0 && !job->data.verifying;
}

/* A DDL that an earlier run began, and triggers of a job that stopped in step. */
static int leave_stream(struct um_job *job, struct um_err *err)
{
    bool recovered;
    if (um_ddl_recover(job, &recovered, err) != 0)
        return -1;
    if (job->data.phase == UM_PHASE_SYNCED && um_finish_unsettle(job, err) != 0)
        return -1;
    if (job->data.phase == UM_PHASE_SYNCED)
        job->data.phase = UM_PHASE_FOLLOW;
    if (!recovered)
        return 0;
    um_state_data_clear(&job->data);
    return um_state_load(um_state_conn(job->state), job->config, true, &job->data, err);
}

static void find_ordered(const struct um_state_data *d, const char *schema, const char *name,
                         bool *again)
{
    bool found = false;
    for (size_t i = 0; i < d->table_count; i++) {
        if (strcmp(d->tables[i].schema, schema) == 0 && strcmp(d->tables[i].name, name) == 0)
            again[i] = found = true;
    }
    if (found)
        um_info("`%s`.`%s` is copied again, as ordered.", schema, name);
    else
        um_warn("`%s`.`%s` was ordered to be copied again, and the job has no such table any more.",
                schema, name);
}

static void tell_joining(const struct um_state_data *d, const char *schema, const char *name)
{
    bool there = false;
    for (size_t i = 0; i < d->table_count; i++)
        there |= strcmp(d->tables[i].schema, schema) == 0 && strcmp(d->tables[i].name, name) == 0;
    um_info(there ? "`%s`.`%s` was ordered to join the job, and is of it by now."
                  : "`%s`.`%s` joins the job, as ordered.",
            schema, name);
}

int um_recopy_take(struct um_job *job, struct um_err *err)
{
    if (um_fault(UM_FAULT_RECOPY_BEFORE_TAKING, err) != 0 ||
        (job->data.phase >= UM_PHASE_FINISH && leave_stream(job, err) != 0))
        return -1;
    const struct um_state_data *d = &job->data;
    bool *again = um_alloc_array(d->table_count + 1, sizeof *again);
    for (size_t i = 0; i + 1 < d->orders.count; i += 2)
        find_ordered(d, d->orders.items[i], d->orders.items[i + 1], again);
    for (size_t i = 0; i + 1 < d->adding.count; i += 2)
        tell_joining(d, d->adding.items[i], d->adding.items[i + 1]);
    int result = um_state_copy_again(job->state, d, again, true, err);
    free(again);
    return result == 0 ? um_fault(UM_FAULT_RECOPY_TAKEN, err) : -1;
}
