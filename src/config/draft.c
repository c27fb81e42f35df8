#include "config/draft.h"

#include <stdlib.h>
#include <string.h>

#include "config/file.h"

static size_t row_of(const struct um_option *o)
{
    UM_ASSERT(o >= um_options && o < um_options + UM_OPTION_COUNT);
    return (size_t)(o - um_options);
}

void um_draft_create(struct um_draft *d, struct um_cli *cli)
{
    union um_option_value value;
    struct um_buf why = {0};
    memset(d, 0, sizeof *d);
    d->cli = cli;
    d->config.source.side = "source";
    d->config.target.side = "target";
    d->config.source.sql_log_bin = true; /* no option: the source's log is what the job lives on */
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (!um_options[i].builtin)
            continue;
        if (um_option_parse(&um_options[i], um_options[i].builtin, &value, &why) != UM_ACCEPTED)
            UM_BUG(um_options[i].path);
        um_option_store(&um_options[i], d, value);
    }
    um_buf_free(&why);
}

static void free_ways(struct um_password_ways *w)
{
    free(w->file);
    free(w->env);
    free(w->command);
    free(w->defaults_file);
    free(w->defaults_group);
    memset(w, 0, sizeof *w);
}

void um_draft_destroy(struct um_draft *d)
{
    um_config_free(&d->config);
    free_ways(&d->source);
    free_ways(&d->target);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++)
        free(d->set[i].where);
    memset(d, 0, sizeof *d);
}

/* What follows from where the values came from. */
static void settle(const struct um_draft *d, struct um_endpoint *at, const char *host,
                   const char *socket, const char *tls_mode)
{
    at->tls.mode_given = um_draft_level(d, tls_mode) != UM_LEVEL_BUILTIN;
    /* A host given with precedence means TCP, though a socket stands in a lower place. */
    if (um_draft_level(d, host) > um_draft_level(d, socket)) {
        free(at->socket);
        at->socket = NULL;
    }
}

void um_draft_finish(struct um_draft *d, struct um_config *out)
{
    settle(d, &d->config.source, "source.host", "source.socket", "source.tls.mode");
    settle(d, &d->config.target, "target.host", "target.socket", "target.tls.mode");
    *out = d->config;
    memset(&d->config, 0, sizeof d->config);
    um_draft_destroy(d);
}

enum um_level um_draft_level(const struct um_draft *d, const char *path)
{
    return d->set[row_of(um_option_find(path))].level;
}

const char *um_draft_where(const struct um_draft *d, const char *path)
{
    const char *where = d->set[row_of(um_option_find(path))].where;
    return where ? where : "built-in value";
}

bool um_draft_takes(const struct um_draft *d, const struct um_option *o, enum um_level level)
{
    return level >= d->set[row_of(o)].level;
}

static void clear_list(struct um_draft *d, const struct um_option *o)
{
    um_strv_clear((struct um_strv *)((char *)d + o->offset));
}

/* Remembers where the value comes from; a list of a lower level makes way. */
static void set_origin(struct um_draft *d, const struct um_option *o, enum um_level level,
                       const char *where)
{
    size_t row = row_of(o);
    if (o->type == UM_OPTION_LIST && level > d->set[row].level)
        clear_list(d, o);
    d->set[row].level = level;
    free(d->set[row].where);
    d->set[row].where = um_strdup(where);
}

static enum um_err_id refusal_id(enum um_refusal refusal, enum um_level level)
{
    if (level == UM_LEVEL_FLAG)
        return UM_E_USAGE_OPTION_VALUE;
    return refusal == UM_REFUSED_TYPE ? UM_E_CONFIG_TYPE : UM_E_CONFIG_VALUE;
}

int um_draft_set(struct um_draft *d, const struct um_option *o, const char *text,
                 enum um_level level, const char *where, struct um_err *err)
{
    union um_option_value value;
    struct um_buf why = {0};
    enum um_refusal refusal = um_option_parse(o, text, &value, &why);
    if (refusal != UM_ACCEPTED) {
        /* A flag or a variable names the option by itself; a place in a file does not. */
        bool in_file = level == UM_LEVEL_YAML || level == UM_LEVEL_DEFAULTS_FILE;
        um_fail(err, refusal_id(refusal, level), "%s%s%s %s", where, in_file ? ": " : "",
                in_file ? o->path : "", why.data);
        um_buf_free(&why);
        return -1;
    }
    um_buf_free(&why);
    if (um_option_is_cli(o)) {
        um_option_store(o, d->cli, value);
        d->cli_set[o - um_cli_options] = true;
    } else if (um_draft_takes(d, o, level)) {
        set_origin(d, o, level, where);
        um_option_store(o, d, value);
    }
    return 0;
}

int um_draft_set_items(struct um_draft *d, const struct um_option *o, const char *text,
                       enum um_level level, const char *where, struct um_err *err)
{
    char *copy = um_strdup(text), *rest = copy, *item;
    int rc = 0;
    while (rc == 0 && (item = strsep(&rest, ","))) {
        item += strspn(item, " ");
        for (size_t n = strlen(item); n > 0 && item[n - 1] == ' '; n--)
            item[n - 1] = 0;
        rc = um_draft_set(d, o, item, level, where, err);
    }
    free(copy);
    return rc;
}

void um_draft_clear_list(struct um_draft *d, const struct um_option *o, enum um_level level,
                         const char *where)
{
    if (um_draft_takes(d, o, level)) {
        set_origin(d, o, level, where);
        clear_list(d, o);
    }
}

static void free_endpoint(struct um_endpoint *at)
{
    free(at->host);
    free(at->socket);
    free(at->user);
    um_secret_free(at->password);
    free(at->tls.ca);
    free(at->tls.cert);
    free(at->tls.key);
}

void um_config_free(struct um_config *c)
{
    free(c->job);
    free_endpoint(&c->source);
    free_endpoint(&c->target);
    um_strv_clear(&c->tables.include);
    um_strv_clear(&c->tables.exclude);
    um_strv_clear(&c->apply.on_conflict_tables);
    um_strv_clear(&c->throttle.replicas);
    free(c->throttle.query);
    free(c->throttle.file);
    free(c->spool.directory);
    um_strv_clear(&c->cutover.accounts);
    free(c->cutover.probe_user);
    free(c->cutover.probe_password_file);
    um_secret_free(c->cutover.probe_password);
    free(c->cutover.fence_hook);
    free(c->cutover.switch_hook);
    free(c->cutover.journal);
    free(c->state.schema);
    memset(c, 0, sizeof *c);
}

void um_cli_free(struct um_cli *cli)
{
    free(cli->config_file);
    free(cli->reason);
    free(cli->report);
    free(cli->from);
    free(cli->to);
    um_strv_clear(&cli->tables);
    um_strv_clear(&cli->args);
    memset(cli, 0, sizeof *cli);
}
