#include <inttypes.h>
#include <jansson.h>

#include "cli.h"
#include "state/state.h"

static const char *error_id(const struct um_stopped *s, char room[16])
{
    snprintf(room, 16, "UM-%u", s->error);
    return room;
}

static void print_json(const struct um_config *config, const struct um_stopped *s, bool whole)
{
    char id[16];
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "job", config->job, "passes_over",
                          whole ? "transaction" : "row", "transaction", s->transaction, "file",
                          s->file, "position", (json_int_t)s->offset, "error", error_id(s, id));
    if (!whole) {
        json_object_set_new(o, "schema", json_string(s->schema));
        json_object_set_new(o, "table", json_string(s->table));
        json_object_set_new(o, "op", json_string(s->op));
        json_object_set_new(o, "key", json_string(s->row_key));
        json_object_set_new(o, "row", json_integer((json_int_t)s->row));
    }
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static void print_text(const struct um_stopped *s, bool whole)
{
    char id[16];
    printf("The next unmoor migrate passes over %s:\n",
           whole ? "the whole transaction" : "one row change");
    printf("  %-12s %s, at %s:%" PRIu64 "\n", "transaction", s->transaction, s->file, s->offset);
    if (!whole)
        printf("  %-12s the %s of `%s`.`%s`, row %s (number %" PRIu64 " of the transaction)\n",
               "change", s->op, s->schema, s->table, s->row_key, s->row);
    printf("  %-12s %s\n", "stopped by", error_id(s, id));
}

static int choose(const struct um_cli *cli, const struct um_state_data *data, bool *whole,
                  struct um_err *err)
{
    if (!data->stopped.transaction)
        return um_fail(
            err, UM_E_SKIP_NOTHING,
            "the job did not stop at a change of the source; the last run ended with: %s",
            data->error ? data->error : "no error");
    if (cli->row && !data->stopped.row)
        return um_fail(err, UM_E_SKIP_NOTHING,
                       "no single row change stopped the job, but a transaction as such: %s",
                       data->error ? data->error : "");
    *whole = cli->transaction || !data->stopped.row;
    return 0;
}

static int permit(struct um_state *state, const struct um_cli *cli, const struct um_config *config,
                  struct um_err *err)
{
    struct um_state_data data = {0};
    struct um_conn *c = um_state_conn(state);
    bool whole = false;
    int result = um_state_load(c, config, false, &data, err);
    if (result == 0 && !data.exists)
        result = um_fail(err, UM_E_STATE_NONE, "there is no job '%s' on the target", config->job);
    if (result == 0)
        result = choose(cli, &data, &whole, err);
    if (result == 0)
        result = um_state_permit(c, config, &data.stopped, whole, err);
    if (result == 0 && cli->format == UM_OUTPUT_JSON)
        print_json(config, &data.stopped, whole);
    else if (result == 0)
        print_text(&data.stopped, whole);
    um_state_data_clear(&data);
    return result;
}

int um_cli_ctl_skip(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                    struct um_err *err)
{
    *exit_code = UM_EXIT_OK;
    if (cli->row && cli->transaction)
        return um_fail(err, UM_E_USAGE_ARGUMENT,
                       "--row and --transaction exclude each other: what is to be passed over is "
                       "one of the two");
    /* With the job's lock, so that what is looked at is not under way. */
    struct um_state *state = um_state_lock(config, err);
    if (!state)
        return -1;
    int result = permit(state, cli, config, err);
    um_state_close(state);
    return result;
}
