/* What can be judged only when everything has been read. */
#include <string.h>

#include "config/draft.h"
#include "config/file.h"

static bool is_set(const struct um_draft *d, const struct um_option *o)
{
    struct um_buf value = {0};
    bool set = um_option_format(o, d, &value);
    um_buf_free(&value);
    return set;
}

/* All that is missing in one message: nobody wants to learn it one at a time. */
static int check_required(const struct um_draft *d, struct um_err *err)
{
    struct um_buf missing = {0};
    const char *first = NULL;
    char flag[UM_OPTION_NAME_MAX], variable[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        const struct um_endpoint *at = strcmp(o->path, "source.host") == 0   ? &d->config.source
                                       : strcmp(o->path, "target.host") == 0 ? &d->config.target
                                                                             : NULL;
        bool lacks =
            at ? !at->host && !at->socket : (o->traits & UM_TRAIT_REQUIRED) && !is_set(d, o);
        if (!lacks)
            continue;
        um_buf_fmt(&missing, "%s%s", first ? ", " : "", o->path);
        /* It was given, and is not looked for in vain: a list without items. */
        if (o->type == UM_OPTION_LIST && um_draft_level(d, o->path) != UM_LEVEL_BUILTIN)
            um_buf_fmt(&missing, " (the list is empty: %s)", um_draft_where(d, o->path));
        if (at)
            um_buf_fmt(&missing, " (or %s.socket)", at->side);
        first = first ? first : o->path;
    }
    if (!first)
        return 0;
    const struct um_option *o = um_option_find(first);
    um_fail(err, UM_E_CONFIG_REQUIRED,
            "not set: %s. %s, or give each as a flag (%s) or an environment variable (%s)",
            missing.data,
            d->cli && d->cli->config_file
                ? "Set them in the configuration file"
                : "No configuration file was given: name one with -c FILE",
            um_option_flag(o, flag), um_option_variable(o, variable));
    um_buf_free(&missing);
    return -1;
}

static int check_tls_file(const char *side, const char *leaf, const char *file, mode_t *mode,
                          struct um_err *err)
{
    if (file && um_file_readable(file, UM_E_CONFIG_TLS, mode, err) < 0)
        return um_fail_in(err, "%s.tls.%s", side, leaf);
    return 0;
}

static int check_tls(const struct um_endpoint *at, struct um_err *err)
{
    mode_t mode = 0, key_mode = 0;
    if (!at->tls.cert != !at->tls.key)
        return um_fail(err, UM_E_CONFIG_TLS,
                       "%s.tls.%s is set and %s.tls.%s is not: the certificate and its key go "
                       "together",
                       at->side, at->tls.cert ? "cert" : "key", at->side,
                       at->tls.cert ? "key" : "cert");
    if (check_tls_file(at->side, "ca", at->tls.ca, &mode, err) < 0 ||
        check_tls_file(at->side, "cert", at->tls.cert, &mode, err) < 0 ||
        check_tls_file(at->side, "key", at->tls.key, &key_mode, err) < 0)
        return -1;
    return at->tls.key ? um_file_private(at->tls.key, key_mode, "the TLS key", err) : 0;
}

/* What excludes each other, or lacks its other half. */
static int check_cutover(const struct um_config *c, struct um_err *err)
{
    if (c->cutover.fence == UM_FENCE_SUPER_READ_ONLY && c->cutover.reverse == UM_REVERSE_ARMED)
        return um_fail(
            err, UM_E_CONFIG_VALUE,
            "cutover.fence: super_read_only keeps Unmoor out of the source as well, so it "
            "needs cutover.reverse: off");
    if (c->cutover.fence == UM_FENCE_ACCOUNTS && !c->cutover.accounts.count)
        return um_fail(err, UM_E_CONFIG_REQUIRED,
                       "cutover.fence: accounts needs cutover.accounts, which is not set");
    if (!c->cutover.probe_user != !c->cutover.probe_password_file)
        return um_fail(
            err, UM_E_CONFIG_REQUIRED,
            "cutover.probe_user and cutover.probe_password_file go together, and one of them is "
            "not set");
    if (c->cutover.fence == UM_FENCE_HOOK && !c->cutover.fence_hook)
        return um_fail(err, UM_E_CONFIG_REQUIRED,
                       "cutover.fence: hook needs cutover.fence_hook, which is not set");
    return 0;
}

int um_draft_check(struct um_draft *d, struct um_err *err)
{
    if (check_required(d, err) < 0 || check_cutover(&d->config, err) < 0)
        return -1;
    if (um_secret_check(d, "source", err) < 0 || um_secret_check(d, "target", err) < 0)
        return -1;
    if (check_tls(&d->config.source, err) < 0 || check_tls(&d->config.target, err) < 0)
        return -1;
    return 0;
}
