#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "cli.h"
#include "status.h"

static json_t *position_json(const struct um_position *p)
{
    struct um_buf gtids = {0};
    if (p->gtids)
        um_gtid_set_print(p->gtids, &gtids);
    json_t *o = json_pack("{s:s, s:I, s:s?}", "file", p->file, "position", (json_int_t)p->offset,
                          "gtids", p->gtids ? (gtids.data ? gtids.data : "") : NULL);
    um_buf_free(&gtids);
    return o;
}

static json_t *seconds_json(double s)
{
    return s < 0 ? json_null() : json_real(s);
}

static json_t *text_json(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* What unmoor ctl skip would pass over. */
static json_t *stopped_json(const struct um_stopped *s)
{
    if (!s->transaction)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s?, s:s?, s:I}", "transaction", s->transaction,
                     "file", s->file, "position", (json_int_t)s->offset, "schema", s->schema,
                     "table", s->table, "op", s->op, "key", s->row_key, "row", (json_int_t)s->row);
}

static json_t *spool_json(const struct um_status *s)
{
    if (!s->has_spool)
        return json_null();
    return json_pack("{s:I, s:s?, s:I, s:s?}", "bytes", (json_int_t)s->spool.bytes, "file",
                     s->spool.file[0] ? s->spool.file : NULL, "position",
                     (json_int_t)s->spool.offset, "stopped", s->spool.stopped);
}

static void print_json(const struct um_config *config, const struct um_status *s)
{
    const struct um_state_data *d = &s->data;
    json_t *root = json_object(), *tables = json_array(), *reasons = json_array();
    json_object_set_new(root, "job", json_string(config->job));
    json_object_set_new(root, "phase", json_string(d->exists ? um_phase_name(d->phase) : "none"));
    json_object_set_new(root, "running", json_boolean(d->running));
    json_object_set_new(root, "source_position",
                        s->source_reached ? position_json(&s->source_position) : json_null());
    json_object_set_new(root, "applied_position",
                        d->progress.exists ? position_json(&d->progress.at) : json_null());
    json_object_set_new(root, "lag_seconds", seconds_json(s->lag_seconds));
    json_object_set_new(root, "transactions",
                        json_integer((json_int_t)d->progress.transactions_applied));
    json_object_set_new(root, "changes", json_integer((json_int_t)d->progress.changes_applied));
    json_object_set_new(root, "conflicts", json_integer((json_int_t)d->conflicts));
    for (size_t i = 0; i < d->table_count; i++) {
        const struct um_state_table *t = &d->tables[i];
        struct um_buf name = {0};
        um_buf_fmt(&name, "%s.%s", t->schema, t->name);
        json_array_append_new(
            tables,
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "name", name.data, "rows_total",
                      (json_int_t)(t->state >= UM_TABLE_COPIED ? t->rows_copied : t->rows_estimate),
                      "rows_copied", (json_int_t)t->rows_copied, "bytes_copied",
                      (json_int_t)t->bytes_copied, "rows_checked", (json_int_t)t->rows_checked,
                      "state", um_table_state_name(t->state)));
        um_buf_free(&name);
    }
    json_object_set_new(root, "tables", tables);
    json_object_set_new(root, "eta_seconds", seconds_json(s->eta_seconds));
    json_object_set_new(root, "throttled", text_json(s->throttled));
    json_object_set_new(root, "redo_log_off", json_boolean(s->redo_log_off));
    json_object_set_new(root, "bottleneck", text_json(s->bottleneck));
    json_object_set_new(root, "cutover_ready", json_boolean(d->exists && s->reasons.count == 0));
    for (size_t i = 0; i < s->reasons.count; i++)
        json_array_append_new(reasons, json_string(s->reasons.items[i]));
    if (!d->exists)
        json_array_append_new(reasons, json_string("there is no such job on the target"));
    json_object_set_new(root, "reasons", reasons);
    json_object_set_new(root, "error", text_json(d->error));
    json_object_set_new(root, "stopped_at", stopped_json(&d->stopped));
    json_object_set_new(root, "spool", spool_json(s));
    json_object_set_new(root, "lock_milliseconds",
                        d->snapshot_count ? json_real((double)d->snapshots[0].lock_us / 1000)
                                          : json_null());
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static void print_position(const char *label, const struct um_position *p)
{
    struct um_buf text = {0};
    um_position_print(p, &text);
    printf("%-18s %s\n", label, text.data);
    um_buf_free(&text);
}

static void print_tables(const struct um_state_data *d)
{
    printf("\n%-44s %14s %14s  %s\n", "table", "rows copied", "of about", "state");
    for (size_t i = 0; i < d->table_count; i++) {
        const struct um_state_table *t = &d->tables[i];
        struct um_buf name = {0};
        um_buf_fmt(&name, "%s.%s", t->schema, t->name);
        printf("%-44s %14" PRIu64 " %14" PRIu64 "  %s\n", name.data, t->rows_copied,
               t->state >= UM_TABLE_COPIED ? t->rows_copied : t->rows_estimate,
               um_table_state_name(t->state));
        um_buf_free(&name);
    }
}

static void print_spool(const struct um_spool_look *s)
{
    printf("%-18s %" PRIu64 " bytes", "spool", s->bytes);
    if (s->file[0])
        printf(", up to %s:%" PRIu64, s->file, s->offset);
    printf("\n");
    if (s->stopped)
        printf("%-18s nothing more is added: %s\n", "", s->stopped);
}

static void print_text(const struct um_config *config, const struct um_status *s)
{
    const struct um_state_data *d = &s->data;
    if (!d->exists) {
        printf("There is no job '%s' on the target.\n", config->job);
        return;
    }
    printf("%-18s %s\n", "job", config->job);
    printf("%-18s %s%s\n", "phase", um_phase_name(d->phase), d->running ? " (running)" : "");
    if (s->source_reached)
        print_position("source is at", &s->source_position);
    else
        printf("%-18s %s\n", "source", s->source_error);
    if (d->progress.exists)
        print_position("applied up to", &d->progress.at);
    if (s->lag_seconds >= 0)
        printf("%-18s %.1f s\n", "lag", s->lag_seconds);
    if (s->eta_seconds >= 0)
        printf("%-18s %.0f s\n", "time left", s->eta_seconds);
    printf("%-18s %" PRIu64 " transactions, %" PRIu64 " row changes\n", "applied",
           d->progress.transactions_applied, d->progress.changes_applied);
    if (d->conflicts)
        printf("%-18s %" PRIu64 " overwritten or passed over (see job_conflict in the state)\n",
               "conflicts", d->conflicts);
    if (s->throttled)
        printf("%-18s %s\n", "throttled", s->throttled);
    if (s->has_spool)
        print_spool(&s->spool);
    if (s->bottleneck)
        printf("%-18s %s\n", "bottleneck", s->bottleneck);
    if (s->redo_log_off)
        printf("%-18s %s\n", "redo log", "off on the target (copy.redo_log)");
    printf("%-18s %s\n", "cutover", s->reasons.count ? "not yet:" : "ready");
    for (size_t i = 0; i < s->reasons.count; i++)
        printf("%-18s - %s\n", "", s->reasons.items[i]);
    if (d->error)
        printf("%-18s %s\n", "stopped by", d->error);
    print_tables(d);
}

int um_cli_status(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                  struct um_err *err)
{
    struct um_status s;
    *exit_code = UM_EXIT_OK;
    int result = um_status_read(config, &s, err);
    if (result == 0 && cli->format == UM_OUTPUT_JSON)
        print_json(config, &s);
    else if (result == 0)
        print_text(config, &s);
    um_status_clear(&s);
    return result;
}
