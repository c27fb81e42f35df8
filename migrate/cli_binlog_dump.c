#include "base/stop.h"
#include "cli.h"
#include "dump/dump.h"

int um_cli_binlog_dump(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                       struct um_err *err)
{
    struct um_dump_options options = {.files = &cli->args,
                                      .tables = &cli->tables,
                                      .from = cli->from,
                                      .to = cli->to,
                                      .format = cli->format};
    (void)config;
    int result = um_dump(&options, stdout, err);
    /* It has no state: there is nothing to go on from. */
    *exit_code = um_stop_requested() ? 128 + um_stop_signal() : UM_EXIT_OK;
    return result;
}
