/* The order of reading. Precedence is the draft's business; the order decides which error shows. */
#include "config/config.h"

#include <string.h>

#include "config/command.h"
#include "config/draft.h"

static int read_everything(struct um_draft *d, struct um_err *err)
{
    struct um_config *c = &d->config;
    if (d->cli->config_file && um_yaml_read_file(d, d->cli->config_file, err) < 0)
        return -1;
    if (um_environment_read(d, err) < 0 || um_environment_check(d, err) < 0)
        return -1;
    if (um_defaults_read(d, &c->source, &d->source, err) < 0 ||
        um_defaults_read(d, &c->target, &d->target, err) < 0)
        return -1;
    if (um_draft_check(d, err) < 0)
        return -1;
    if (um_secret_read(d, &c->source, &d->source, err) < 0 ||
        um_secret_read(d, &c->target, &d->target, err) < 0)
        return -1;
    bool probes = d->cli && d->cli->command && strcmp(d->cli->command, "cutover") == 0;
    return probes ? um_secret_read_probe(c, err) : 0;
}

int um_config_load(int argc, char **argv, struct um_cli *cli, struct um_config *c,
                   struct um_err *err)
{
    struct um_draft d;
    int rc = -1;
    memset(cli, 0, sizeof *cli);
    memset(c, 0, sizeof *c);
    um_draft_create(&d, cli);
    if (um_flags_read(&d, argc, argv, err) < 0)
        goto out;
    if (cli->help || cli->version) {
        rc = 0;
        goto out;
    }
    if (um_environment_read_cli(&d, err) < 0)
        goto out;
    if (um_command_find(cli->command)->needs_config && read_everything(&d, err) < 0)
        goto out;
    rc = 0;
out:
    if (rc == 0)
        um_draft_finish(&d, c);
    else
        um_draft_destroy(&d);
    return rc;
}
