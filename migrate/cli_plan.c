#include "cli.h"
#include "plan/plan.h"
#include "state/state.h"

/* A job that has state is planned as a resumption: its own tables are not in the way. */
static int has_state(const struct um_config *config, bool *exists, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&config->target, err);
    if (!c)
        return -1;
    struct um_state_data data;
    int result = um_state_load(c, config, false, &data, err);
    um_conn_close(c);
    if (result == 0) {
        *exists = data.exists;
        um_state_data_clear(&data);
    }
    return result;
}

int um_cli_plan(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                struct um_err *err)
{
    bool resuming = false;
    struct um_plan plan = {0};
    if (has_state(config, &resuming, err) != 0 || um_plan_make(config, resuming, &plan, err) != 0) {
        um_plan_clear(&plan);
        return -1;
    }
    um_plan_print(&plan, config, cli->format, stdout);
    *exit_code = plan.blocked ? UM_EXIT_BLOCKED : UM_EXIT_OK;
    um_plan_clear(&plan);
    return 0;
}
