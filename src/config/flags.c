/*
 * The command line. Flags may stand before or behind the command; "--" ends them. A flag's value
 * follows as "--flag=value" or "--flag value". Values of unknown flags are never repeated in
 * error texts: they may be passwords.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/command.h"
#include "config/draft.h"
#include "config/suggest.h"

struct line {
    struct um_draft *draft;
    struct um_cli *cli;
    int argc, at;
    char **argv;
    const struct um_command *command;
    char group[32]; /* the first word of a command of two */
    const struct um_option *used[UM_OPTION_COUNT + UM_CLI_OPTION_COUNT]; /* in order, once each */
    size_t used_count;
    struct um_err *err;
};

static void list_commands(struct um_buf *out)
{
    for (size_t i = 0; i < um_command_count; i++)
        um_buf_fmt(out, "%s%s", i ? ", " : "", um_commands[i].name);
}

bool um_name_is_secret(const char *name)
{
    static const char *const secrets[] = {"password", "passwd", "pass", "pwd", "secret"};
    const char *last = name;
    for (const char *p = name; *p; p++) {
        if (*p == '.' || *p == '-' || *p == '_')
            last = p + 1;
    }
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strcasecmp(last, secrets[i]) == 0)
            return true;
    }
    return false;
}

static int fail_unknown_flag(struct line *l, const char *name)
{
    char flags[UM_OPTION_COUNT + UM_CLI_OPTION_COUNT][UM_OPTION_NAME_MAX];
    char asked[UM_OPTION_NAME_MAX];
    struct um_suggest nearest;
    size_t n = 0;
    snprintf(asked, sizeof asked, "--%.80s", name);
    for (char *p = asked; *p; p++)
        *p = *p == '.' || *p == '_' ? '-' : *p; /* --copy.threads is near --copy-threads */
    um_suggest_start(&nearest, asked);
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++)
        um_suggest_try(&nearest, um_option_flag(&um_cli_options[i], flags[n++]));
    for (size_t i = 0; i < UM_OPTION_COUNT; i++)
        um_suggest_try(&nearest, um_option_flag(&um_options[i], flags[n++]));
    if (nearest.best)
        return um_fail(l->err, UM_E_USAGE_UNKNOWN_OPTION,
                       "unknown option --%.80s; did you mean %s?", name, nearest.best);
    return um_fail(l->err, UM_E_USAGE_UNKNOWN_OPTION,
                   "unknown option --%.80s; unmoor%s%s --help lists what there is", name,
                   l->command ? " " : "", l->command ? l->command->name : "");
}

static int fail_secret(struct line *l, const char *shown)
{
    return um_fail(l->err, UM_E_USAGE_SECRET,
                   "%s: a password on the command line can be read by everyone on this "
                   "machine. " UM_PASSWORD_WAYS " All four can be given as flags, such as "
                   "--source-password-file FILE.",
                   shown);
}

/* Notes a use; lists may be given again, anything else only once. */
static int note_use(struct line *l, const struct um_option *o, const char *shown)
{
    for (size_t i = 0; i < l->used_count; i++) {
        if (l->used[i] != o)
            continue;
        if (o->type == UM_OPTION_LIST)
            return 0;
        return um_fail(l->err, UM_E_USAGE_OPTION_REPEATED, "%s is given twice", shown);
    }
    l->used[l->used_count++] = o;
    return 0;
}

static int take_flag(struct line *l, const struct um_option *o, const char *value)
{
    char shown[UM_OPTION_NAME_MAX];
    um_option_flag(o, shown);
    if (note_use(l, o, shown) < 0)
        return -1;
    if (o->type == UM_OPTION_SWITCH) {
        if (value)
            return um_fail(l->err, UM_E_USAGE_OPTION_VALUE, "%s takes no value", shown);
        value = "true";
    }
    if (!value && l->at + 1 < l->argc && strncmp(l->argv[l->at + 1], "--", 2) != 0)
        value = l->argv[++l->at];
    if (!value) {
        struct um_buf accepts = {0};
        um_option_accepts(o, &accepts);
        um_fail(l->err, UM_E_USAGE_OPTION_VALUE, "%s needs a value: %s", shown, accepts.data);
        um_buf_free(&accepts);
        return -1;
    }
    if (o->type == UM_OPTION_LIST)
        return um_draft_set_items(l->draft, o, value, UM_LEVEL_FLAG, shown, l->err);
    return um_draft_set(l->draft, o, value, UM_LEVEL_FLAG, shown, l->err);
}

static int take_long(struct line *l, const char *arg)
{
    const char *value = strchr(arg, '=');
    char *name = value ? um_memdup(arg, (size_t)(value - arg)) : um_strdup(arg);
    const struct um_option *o = um_option_by_flag(name);
    int rc;
    if (o) {
        rc = take_flag(l, o, value ? value + 1 : NULL);
    } else if (um_name_is_secret(name)) {
        char shown[UM_OPTION_NAME_MAX];
        snprintf(shown, sizeof shown, "--%.80s", name);
        rc = fail_secret(l, shown);
    } else {
        rc = fail_unknown_flag(l, name);
    }
    free(name);
    return rc;
}

/* -c FILE, -cFILE, -h; nothing is bundled. */
static int take_short(struct line *l, const char *arg)
{
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        const struct um_option *o = &um_cli_options[i];
        if (o->letter != arg[0])
            continue;
        return take_flag(l, o, arg[1] ? arg + 1 : NULL);
    }
    if (arg[0] == 'p')
        return fail_secret(l, "-p");
    if ((unsigned char)arg[0] <= 0x20 || (unsigned char)arg[0] >= 0x7f)
        return um_fail(l->err, UM_E_USAGE_UNKNOWN_OPTION,
                       "unknown option; unmoor --help lists what there is");
    return um_fail(l->err, UM_E_USAGE_UNKNOWN_OPTION,
                   "unknown option -%c; unmoor --help lists what there is", arg[0]);
}

static int take_command(struct line *l, const char *word)
{
    struct um_suggest nearest;
    struct um_buf names = {0};
    char name[128];
    if (!l->group[0] && um_command_is_group(word)) {
        snprintf(l->group, sizeof l->group, "%s", word);
        return 0;
    }
    snprintf(name, sizeof name, "%s%s%.64s", l->group, l->group[0] ? " " : "", word);
    l->command = um_command_find(name);
    if (l->command) {
        l->cli->command = l->command->name;
        return 0;
    }
    um_suggest_start(&nearest, name);
    for (size_t i = 0; i < um_command_count; i++)
        um_suggest_try(&nearest, um_commands[i].name);
    list_commands(&names);
    if (nearest.best)
        um_fail(l->err, UM_E_USAGE_UNKNOWN_COMMAND, "unknown command '%s'; did you mean %s?", name,
                nearest.best);
    else
        um_fail(l->err, UM_E_USAGE_UNKNOWN_COMMAND,
                "unknown command '%s'; the commands are %s (unmoor --help)", name, names.data);
    um_buf_free(&names);
    return -1;
}

static int take_word(struct line *l, const char *word)
{
    if (!l->command)
        return take_command(l, word);
    um_strv_add(&l->cli->args, word);
    return 0;
}

/* The command is known: does it take what was given? */
static int check_command(struct line *l)
{
    char shown[UM_OPTION_NAME_MAX];
    struct um_buf takers = {0};
    if (!l->command) {
        list_commands(&takers);
        um_fail(l->err, UM_E_USAGE_NO_COMMAND, "%s%s; the commands are %s (unmoor --help)",
                l->group[0] ? "only the first word of a command is given: " : "no command is given",
                l->group, takers.data);
        um_buf_free(&takers);
        return -1;
    }
    for (size_t i = 0; i < l->used_count; i++) {
        if (l->used[i]->commands & l->command->bit)
            continue;
        for (size_t k = 0; k < um_command_count; k++) {
            if (l->used[i]->commands & um_commands[k].bit)
                um_buf_fmt(&takers, "%s%s", takers.len ? ", " : "", um_commands[k].name);
        }
        um_fail(l->err, UM_E_USAGE_OPTION_COMMAND, "%s does not take %s; it is an option of %s",
                l->command->name, um_option_flag(l->used[i], shown), takers.data);
        um_buf_free(&takers);
        return -1;
    }
    if (!l->command->arguments && l->cli->args.count > 0)
        return um_fail(l->err, UM_E_USAGE_ARGUMENT, "%s takes no arguments; found '%.64s'",
                       l->command->name, l->cli->args.items[0]);
    if (l->command->arguments && l->cli->args.count == 0)
        return um_fail(l->err, UM_E_USAGE_ARGUMENT, "%s needs arguments: unmoor %s %s",
                       l->command->name, l->command->name, l->command->arguments);
    return 0;
}

int um_flags_read(struct um_draft *d, int argc, char **argv, struct um_err *err)
{
    struct line l = {.draft = d, .cli = d->cli, .argc = argc, .argv = argv, .err = err};
    bool flags_over = false;
    for (l.at = 1; l.at < argc; l.at++) {
        const char *arg = argv[l.at];
        int rc;
        if (flags_over || arg[0] != '-' || arg[1] == 0)
            rc = take_word(&l, arg);
        else if (strcmp(arg, "--") == 0)
            rc = (flags_over = true, 0);
        else if (arg[1] == '-')
            rc = take_long(&l, arg + 2);
        else
            rc = take_short(&l, arg + 1);
        if (rc < 0)
            return -1;
    }
    if (d->cli->help || d->cli->version)
        return 0;
    return check_command(&l);
}
