#include <jansson.h>

#include "cli.h"
#include "order.h"

static json_t *names_json(const struct um_strv *names)
{
    json_t *a = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(a, json_string(names->items[i]));
    return a;
}

static void print_json(const struct um_config *config, const struct um_order *r)
{
    json_t *o = json_pack("{s:s, s:b, s:o, s:o}", "job", config->job, "running", r->running,
                          "tables", names_json(&r->tables), "along", names_json(&r->along));
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static void print_text(const struct um_config *config, const struct um_order *r, const char *does)
{
    printf("Job '%s' %s, %s:\n", config->job, does,
           r->running ? "as it runs" : "when it is started");
    for (size_t i = 0; i < r->tables.count; i++)
        printf("  %s\n", r->tables.items[i]);
    for (size_t i = 0; i < r->along.count; i++)
        printf("  %s, as foreign keys join it to them\n", r->along.items[i]);
}

typedef int give_order(const struct um_config *, const struct um_strv *, struct um_order *,
                       struct um_err *);

static int run(const struct um_cli *cli, const struct um_config *config, give_order *give,
               const char *does, int *exit_code, struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    struct um_order done;
    if (give(config, &cli->args, &done, err) != 0)
        return -1;
    if (cli->format == UM_OUTPUT_JSON)
        print_json(config, &done);
    else
        print_text(config, &done, does);
    um_order_clear(&done);
    return 0;
}

int um_cli_ctl_recopy(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                      struct um_err *err)
{
    return run(cli, config, um_order_recopy, "copies again, from the beginning", exit_code, err);
}

int um_cli_ctl_add_table(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                         struct um_err *err)
{
    return run(cli, config, um_order_add, "takes in", exit_code, err);
}
