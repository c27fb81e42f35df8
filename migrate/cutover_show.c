#include <stdlib.h>

#include "cutover/fence.h"
#include "cutover_run.h"

/* How long the step took when it was run last. */
static double last_duration(struct um_conn *c, const struct um_config *config, const char *name)
{
    struct um_buf table = {0};
    struct um_err ignored;
    char *text = NULL;
    um_state_name(&table, config, "job_cutover_step");
    um_query_value(
        c, &text, &ignored,
        "SELECT detail FROM %s WHERE job=_utf8mb4'%s' AND step='%s' AND event='end' ORDER "
        "BY id DESC LIMIT 1",
        table.data, config->job, name);
    um_buf_free(&table);
    double seconds = text ? strtod(text, NULL) : -1;
    free(text);
    return seconds;
}

static void show(struct um_cutover_run *c, const char *name, const char *where, const char *text)
{
    um_cutover_report_step(c->report, name, where, text,
                           last_duration(c->target, &c->config, name));
}

static void show_all(struct um_cutover_run *c, const char *name, const char *where,
                     const struct um_strv *statements)
{
    for (size_t i = 0; i < statements->count; i++)
        show(c, name, where, statements->items[i]);
}

static void show_steps(struct um_cutover_run *c, const struct um_fence *source,
                       const struct um_fence *target)
{
    const struct um_config *config = &c->config;
    show(c, "prepare", "target", "the migration hands its job over");
    show_all(c, "prepare", "target", &target->close);
    if (config->cutover.reverse == UM_REVERSE_ARMED)
        show(c, "prepare", "source", "the state of the way back is made");
    show(c, "prepare", "target", "what the source has written is applied, until it is in step");
    show_all(c, "fence", "source", &source->close);
    if (config->cutover.accounts.count)
        show(c, "fence", "source", "the connections of cutover.accounts are ended");
    show(c, "drain", "target", "what is missing is applied, to the last transaction");
    show(c, "check", "both", "the source has not moved, and all of it is applied");
    show(c, "settle", "target", "triggers are made, and AUTO_INCREMENT carried over");
    if (config->cutover.reverse == UM_REVERSE_ARMED)
        show(c, "arm", "both", "the way back begins where the target stands");
    if (config->cutover.switch_hook)
        show(c, "switch", "hook", config->cutover.switch_hook);
    show_all(c, "open", "target", &target->open);
}

int um_cutover_show(struct um_cutover_run *c, const struct um_config *given, struct um_err *err)
{
    struct um_fence source = {0}, target = {0};
    if (!(c->target = um_conn_open(&c->config.target, err)) ||
        !(c->source = um_conn_open(&c->config.source, err)) ||
        um_cutover_ask_gate(c, given, false, err) != 0)
        return -1;
    int result = um_fence_of_source(c->source, &c->config, &source, err);
    if (result == 0)
        result = um_fence_of_target(c->target, c->source, &c->config, &target, err);
    if (result == 0)
        show_steps(c, &source, &target);
    um_fence_clear(&source);
    um_fence_clear(&target);
    return result;
}
