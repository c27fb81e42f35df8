/*
 * Environment variables: UNMOOR_COPY_THREADS is copy.threads. A variable that is set but empty
 * counts as not set, as schedulers and containers often pass them on that way.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/draft.h"
#include "config/suggest.h"

#define PREFIX "UNMOOR_"

/* Variables with the prefix that are no options: fault points, and the test servers' folder. */
static const char *const others[] = {"UNMOOR_FAULT", "UNMOOR_SERVERS"};

static const char *value_of(const struct um_option *o, char room[UM_OPTION_NAME_MAX])
{
    const char *value = getenv(um_option_variable(o, room));
    return value && *value ? value : NULL;
}

int um_environment_read_cli(struct um_draft *d, struct um_err *err)
{
    char name[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        const struct um_option *o = &um_cli_options[i];
        const char *value = value_of(o, name);
        if (!value || !(o->traits & UM_TRAIT_ENVIRONMENT) || d->cli_set[i])
            continue;
        if (um_draft_set(d, o, value, UM_LEVEL_ENVIRONMENT, name, err) < 0)
            return -1;
    }
    return 0;
}

int um_environment_read(struct um_draft *d, struct um_err *err)
{
    char name[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        const char *value = value_of(o, name);
        int rc = 0;
        if (value && o->type == UM_OPTION_LIST)
            rc = um_draft_set_items(d, o, value, UM_LEVEL_ENVIRONMENT, name, err);
        else if (value)
            rc = um_draft_set(d, o, value, UM_LEVEL_ENVIRONMENT, name, err);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static bool is_known(const struct um_draft *d, const char *name)
{
    char room[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(name, others[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        if ((um_cli_options[i].traits & UM_TRAIT_ENVIRONMENT) &&
            strcmp(name, um_option_variable(&um_cli_options[i], room)) == 0)
            return true;
    }
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (strcmp(name, um_option_variable(&um_options[i], room)) == 0)
            return true;
    }
    /* A variable that password_env names may be called anything. */
    return (d->source.env && strcmp(name, d->source.env) == 0) ||
           (d->target.env && strcmp(name, d->target.env) == 0);
}

static int fail_unknown(const char *name, struct um_err *err)
{
    char names[UM_OPTION_COUNT][UM_OPTION_NAME_MAX];
    struct um_suggest nearest;
    if (um_name_is_secret(name))
        return um_fail(err, UM_E_CONFIG_UNKNOWN_VARIABLE,
                       "the environment variable %.80s is no option. To take a password from it, "
                       "name it in source.password_env or target.password_env",
                       name);
    um_suggest_start(&nearest, name);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++)
        um_suggest_try(&nearest, um_option_variable(&um_options[i], names[i]));
    return um_fail(err, UM_E_CONFIG_UNKNOWN_VARIABLE,
                   "the environment variable %.80s is no option%s%s%s", name,
                   nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "",
                   nearest.best ? "?" : "; unset it, or see docs/reference/options.md");
}

int um_environment_check(const struct um_draft *d, struct um_err *err)
{
    for (char **variable = environ; variable && *variable; variable++) {
        if (strncmp(*variable, PREFIX, strlen(PREFIX)) != 0)
            continue;
        char *name = um_memdup(*variable, strcspn(*variable, "="));
        int rc = is_known(d, name) ? 0 : fail_unknown(name, err);
        free(name);
        if (rc < 0)
            return -1;
    }
    return 0;
}
