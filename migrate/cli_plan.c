#include "cli.h"
#include "plan/plan.h"
#include "state/state.h"

static int read_state(const struct um_config *config, struct um_state_data *data,
                      struct um_err *err)
{
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_state_load(c, config, false, data, err) : -1;
    um_conn_close(c);
    return result;
}

/* A job that has state is planned as a resumption: its own tables are not in the way. */
static int make_plan(const struct um_config *config, struct um_plan *plan, struct um_err *err)
{
    struct um_state_data data = {0};
    struct um_config with_added = *config;
    with_added.tables.added = &data.added;
    int result = read_state(config, &data, err);
    if (result == 0)
        result = um_plan_make(&with_added, data.exists, plan, err);
    um_state_data_clear(&data);
    return result;
}

int um_cli_plan(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                struct um_err *err)
{
    struct um_plan plan = {0};
    if (make_plan(config, &plan, err) != 0) {
        um_plan_clear(&plan);
        return -1;
    }
    um_plan_print(&plan, config, cli->format, stdout);
    *exit_code = plan.blocked ? UM_EXIT_BLOCKED : UM_EXIT_OK;
    um_plan_clear(&plan);
    return 0;
}
