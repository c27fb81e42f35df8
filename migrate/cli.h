#ifndef MIGRATE_CLI_H
#define MIGRATE_CLI_H

#include "base/err.h"
#include "config/config.h"

/* The commands. Each returns 0 and sets *exit_code, or -1 with err. Results go to stdout. */
int um_cli_plan(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                struct um_err *err);
int um_cli_migrate(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err);
int um_cli_verify(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                  struct um_err *err);
int um_cli_status(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                  struct um_err *err);
int um_cli_binlog_dump(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                       struct um_err *err);
int um_cli_ctl_skip(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                    struct um_err *err);
int um_cli_ctl_throttle(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                        struct um_err *err);
int um_cli_ctl_unthrottle(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                          struct um_err *err);
int um_cli_ctl_recopy(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                      struct um_err *err);
int um_cli_ctl_add_table(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                         struct um_err *err);
int um_cli_cleanup(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err);

int um_cli_cutover(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err);
int um_cli_reverse(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err);

#endif
