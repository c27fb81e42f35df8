#include "cli.h"
#include "coordinator.h"

int um_cli_migrate(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    return um_migrate(config, cli, err);
}
