#include "base/log.h"
#include "cli.h"
#include "spool/spool.h"
#include "state/state.h"
#include "target/redo_log.h"

/* Before the state, which says whose it is. One that is not the job's stays. */
static void remove_spool(const struct um_config *config, const struct um_state_data *data)
{
    const struct um_spool_owner owner = {config, data->origin};
    struct um_spool *spool;
    struct um_err err;
    if (um_spool_open(&owner, false, &spool, &err) != 0)
        um_warn("The spool is left as it is: %s.", err.text);
    else
        um_spool_remove(spool);
}

int um_cli_cleanup(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    struct um_state_data data = {0};
    struct um_state *state = um_state_lock(config, err);
    if (!state)
        return -1;
    int result = um_state_load(um_state_conn(state), config, false, &data, err);
    if (result == 0 && data.exists)
        remove_spool(config, &data);
    /* Of a job that was to begin anew and did not, what was added to its tables may be left. */
    bool any = data.exists || data.added.count || data.adding.count;
    if (result == 0 && any)
        result = um_state_remove(state, err);
    um_state_close(state);
    if (data.exists)
        um_redo_log_leave(config);
    if (result == 0 && cli->format == UM_OUTPUT_JSON)
        printf("{\"job\":\"%s\",\"removed\":%s}\n", config->job, any ? "true" : "false");
    else if (result == 0)
        printf(any ? "The state of job '%s' is removed from the target. The migrated "
                     "tables stay.\n"
                   : "Job '%s' has no state on the target: nothing to remove.\n",
               config->job);
    um_state_data_clear(&data);
    return result;
}
