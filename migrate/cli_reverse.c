#include "cli.h"
#include "config/reversed.h"
#include "coordinator.h"

int um_cli_reverse(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err)
{
    const struct um_config reversed = um_config_reversed(config);
    *exit_code = UM_EXIT_OK;
    return um_reverse(&reversed, cli, err);
}
