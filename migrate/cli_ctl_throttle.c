#include <jansson.h>
#include <stdlib.h>

#include "cli.h"
#include "state/schema.h"
#include "state/state.h"

/* Orders by hand. They take no lock: they are for a job that runs. */

static void print_order(const struct um_cli *cli, const struct um_config *config,
                        const char *reason)
{
    if (cli->format == UM_OUTPUT_JSON) {
        json_t *o = json_pack("{s:s, s:s?}", "job", config->job, "throttled", reason);
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(o);
    } else if (reason) {
        printf("Job '%s': the copy and verifications wait from now on, until unmoor ctl "
               "unthrottle.\n",
               config->job);
    } else {
        printf("Job '%s' is no longer throttled by hand.\n", config->job);
    }
}

static int order(struct um_conn *c, const struct um_config *config, const char *reason,
                 struct um_err *err)
{
    struct um_state_data data = {0};
    int result = um_state_load(c, config, false, &data, err);
    if (result == 0 && !data.exists)
        result = um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    /* A job of an earlier version keeps it: only what is lacking is added, for the next start. */
    if (result == 0)
        result = um_state_schema_upgrade(c, config, data.version, UM_STATE_VERSION, err);
    if (result == 0)
        result = um_state_put_throttling(c, config, UM_THROTTLED_BY_HAND, reason, err);
    um_state_data_clear(&data);
    return result;
}

static int give_order(const struct um_cli *cli, const struct um_config *config, const char *reason,
                      struct um_err *err)
{
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? order(c, config, reason, err) : -1;
    if (result == 0)
        print_order(cli, config, reason);
    um_conn_close(c);
    return result;
}

int um_cli_ctl_throttle(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                        struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    char *reason = cli->reason ? um_sprintf("by hand: %s", cli->reason) : um_strdup("by hand");
    int result = give_order(cli, config, reason, err);
    free(reason);
    return result;
}

int um_cli_ctl_unthrottle(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                          struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    return give_order(cli, config, NULL, err);
}
