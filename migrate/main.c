#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/stop.h"
#include "cli.h"
#include "config/config.h"
#include "config/reversed.h"
#include "mysql/conn.h"

static const struct command {
    const char *name;
    int (*run)(const struct um_cli *, const struct um_config *, int *, struct um_err *);
} commands[] = {
    {"binlog dump", um_cli_binlog_dump},
    {"cleanup", um_cli_cleanup},
    {"ctl add-table", um_cli_ctl_add_table},
    {"ctl recopy", um_cli_ctl_recopy},
    {"ctl skip", um_cli_ctl_skip},
    {"ctl throttle", um_cli_ctl_throttle},
    {"ctl unthrottle", um_cli_ctl_unthrottle},
    {"cutover", um_cli_cutover},
    {"migrate", um_cli_migrate},
    {"plan", um_cli_plan},
    {"reverse", um_cli_reverse},
    {"status", um_cli_status},
    {"verify", um_cli_verify},
};

static int explain(const struct um_cli *cli, struct um_err *err)
{
    for (size_t i = 0; i < cli->args.count; i++) {
        if (um_help_explain(stdout, cli->args.items[i], cli->format, err) != 0)
            return -1;
    }
    return 0;
}

static int run_command(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                       struct um_err *err)
{
    if (strcmp(cli->command, "explain") == 0)
        return explain(cli, err);
    const struct um_config reversed = um_config_reversed(config);
    const struct um_config *way = cli->back ? &reversed : config;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, cli->command) == 0)
            return commands[i].run(cli, way, exit_code, err);
    }
    UM_BUG("a command of the option table has no code");
}

static int run(int argc, char **argv, struct um_cli *cli, struct um_config *config, int *exit_code,
               struct um_err *err)
{
    if (um_fault_setup(err) != 0 || um_config_load(argc, argv, cli, config, err) != 0)
        return -1;
    um_log_setup(cli->debug ? UM_LOG_DEBUG : UM_LOG_INFO, cli->log_json);
    if (cli->version) {
        printf("unmoor %s (%s)\n", UM_VERSION, um_mysql_client_name());
        return 0;
    }
    if (cli->help) {
        um_help_print(stdout, cli->command);
        return 0;
    }
    if (um_mysql_library_init() != 0)
        return um_fail(err, UM_E_SYSTEM, "the client library could not be initialised");
    return run_command(cli, config, exit_code, err);
}

/* How the program was stopped decides the exit code: 130 for SIGINT, 143 for SIGTERM. */
static int stopped_exit(void)
{
    return um_stop_signal() ? 128 + um_stop_signal() : UM_EXIT_TERMINATED;
}

int main(int argc, char **argv)
{
    /* Rows can be tens of MiB: their buffers go back to the system instead of staying in each
       thread's heap, and threads share few heaps. This is what keeps memory bounded. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, 2);

    um_stop_install();
    struct um_cli cli = {0};
    struct um_config config = {0};
    struct um_err err = {0};
    int exit_code = UM_EXIT_OK;
    if (run(argc, argv, &cli, &config, &exit_code, &err) != 0) {
        exit_code = um_err_exit(&err);
        if (err.id == UM_E_STOPPED) {
            exit_code = stopped_exit();
            um_info("%s. The same command goes on from here.", err.text);
        } else {
            um_log_err(&err);
        }
    }
    um_config_free(&config);
    um_cli_free(&cli);
    /* An earlier write can have failed as well as this one. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        um_warn("The results could not be written to stdout.");
        if (exit_code == UM_EXIT_OK)
            exit_code = UM_EXIT_OTHER;
    }
    return exit_code;
}
