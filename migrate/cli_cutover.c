#include <inttypes.h>
#include <jansson.h>

#include "cli.h"
#include "cutover_job.h"

static const char *outcome(const struct um_cutover_report *r, bool failed)
{
    if (!r->executed)
        return r->reasons.count ? "gate closed" : "gate open";
    if (r->done_before)
        return "done before";
    if (r->retreated)
        return "retreated";
    return failed ? "not done" : "done";
}

static json_t *steps_json(const struct um_cutover_report *r)
{
    json_t *all = json_array();
    for (size_t i = 0; i < r->step_count; i++) {
        const struct um_cutover_step *s = &r->steps[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s?, s:o}", "step", s->name, "where",
                                             s->where, "text", s->text, "seconds",
                                             s->seconds < 0 ? json_null() : json_real(s->seconds)));
    }
    return all;
}

static void print_json(const struct um_config *config, const struct um_cutover_report *r,
                       bool failed)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < r->reasons.count; i++)
        json_array_append_new(reasons, json_string(r->reasons.items[i]));
    json_t *o =
        json_pack("{s:s, s:s, s:I, s:b, s:o, s:o, s:o}", "job", config->job, "outcome",
                  outcome(r, failed), "term", (json_int_t)r->term, "rehearsed", r->rehearsed,
                  "pause_seconds", r->pause_seconds < 0 ? json_null() : json_real(r->pause_seconds),
                  "reasons", reasons, "steps", steps_json(r));
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static void print_gate(const struct um_cutover_report *r)
{
    if (!r->reasons.count)
        puts("\nThe gate is open. --rehearse does all but the switch; --execute does it.");
    else
        puts("\nThe gate is closed:");
    for (size_t i = 0; i < r->reasons.count; i++)
        printf("  - %s\n", r->reasons.items[i]);
}

static void print_runbook(const struct um_config *config, const struct um_cutover_report *r)
{
    printf("Cutover of job '%s', from %s to %s. Nothing is changed.\n\n", config->job,
           um_endpoint_place(&config->source), um_endpoint_place(&config->target));
    for (size_t i = 0; i < r->step_count; i++) {
        const struct um_cutover_step *s = &r->steps[i];
        bool first = i == 0 || r->steps[i - 1].name != s->name;
        char took[32] = "";
        if (first && s->seconds >= 0)
            snprintf(took, sizeof took, "  (took %.3f s last time)", s->seconds);
        printf("  %-8s %-7s %s%s\n", first ? s->name : "", s->where, s->text, took);
    }
    printf("\nThe application's writes are held up from 'fence' to 'open', for at most %.1f s.\n",
           (double)config->cutover.timeout_us / 1e6);
    print_gate(r);
}

static void print_done(const struct um_config *config, const struct um_cutover_report *r,
                       bool failed)
{
    for (size_t i = 0; i < r->step_count; i++)
        printf("  %-8s %-7s %8.3f s\n", r->steps[i].name, r->steps[i].where, r->steps[i].seconds);
    if (r->done_before)
        printf("Job '%s' was cut over before: the target owns the writes.\n", config->job);
    else if (failed && r->reasons.count)
        print_gate(r);
    else if (r->retreated)
        printf("Job '%s': %s; the source takes writes.\n", config->job,
               r->rehearsed && !failed ? "rehearsed" : "retreated");
    else if (!failed)
        printf("Job '%s' is cut over (term %" PRIu64 "): the target owns the writes.\n",
               config->job, r->term);
    if (r->pause_seconds >= 0)
        printf("The application's writes were held up for %.3f s.\n", r->pause_seconds);
}

int um_cli_cutover(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                   struct um_err *err)
{
    if (cli->rehearse + cli->execute + cli->retreat > 1)
        return um_fail(err, UM_E_USAGE_ARGUMENT,
                       "--execute, --rehearse and --retreat exclude each other");
    struct um_cutover_report report;
    int result = um_cutover_job(config, cli, &report, err);
    if (cli->format == UM_OUTPUT_JSON)
        print_json(config, &report, result != 0);
    else if (report.executed)
        print_done(config, &report, result != 0);
    else if (result == 0)
        print_runbook(config, &report);
    *exit_code = !report.executed && report.reasons.count ? UM_EXIT_GATE : UM_EXIT_OK;
    um_cutover_report_clear(&report);
    return result;
}
