#include "job/job.h"
#include "job/replica_id.h"

int um_job_open_spool(struct um_job *job, struct um_err *err)
{
    const struct um_spool_owner owner = {job->config, job->data.origin};
    return um_spool_open(&owner, job->data.phase < UM_PHASE_FOLLOW, &job->spool, err);
}

void um_job_begin_spool(struct um_job *job, const struct um_state_progress *from)
{
    struct um_stream_options stream = {.heartbeat_us = job->config->follow.heartbeat_us};
    um_replica_id_of_spool(job->config, job->data.origin, &stream);
    um_spool_begin(job->spool, &from->at, from->log_born, &stream);
}
