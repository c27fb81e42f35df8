/* --help. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/command.h"
#include "config/docs.h"
#include "config/text.h"

#define WIDTH    96
#define LEFT     36 /* where descriptions begin */
#define LEFT_CLI 34

static void print_entry(FILE *out, const char *left, const char *text, unsigned column)
{
    unsigned at = (unsigned)fprintf(out, "  %s", left);
    if (at + 2 > column)
        at = (fputc('\n', out), 0);
    fprintf(out, "%*s", (int)(column - at), "");
    um_text_wrap(out, text, column, column, WIDTH);
}

/* The summary and what happens when the option is left out. */
static char *describe(const struct um_option *o)
{
    const char *fallback = o->builtin;
    if (o->traits & UM_TRAIT_REQUIRED)
        return um_sprintf("%s (required)", o->summary);
    if (fallback && !(o->traits & UM_TRAIT_COMMENTED))
        return um_sprintf("%s (default: %s)", o->summary, fallback);
    return um_strdup(o->summary);
}

static void print_option(FILE *out, const struct um_option *o, unsigned column)
{
    char *flag = um_doc_flag(o), *text = describe(o), *left;
    const struct um_option *twin = um_doc_twin(o);
    if (twin) /* both sides in one line */
        left = um_sprintf("--SIDE%s", flag + strlen("--source"));
    else if (o->letter)
        left = um_sprintf("-%c, %s", o->letter, flag);
    else
        left = um_strdup(flag);
    print_entry(out, left, text, column);
    free(flag);
    free(text);
    free(left);
}

/* Options of the command line alone: those that belong to few commands, or those of all. */
static void print_cli(FILE *out, unsigned bits, bool general)
{
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        const struct um_option *o = &um_cli_options[i];
        bool is_general = (o->commands & UM_ON_JOB) == UM_ON_JOB;
        if ((o->commands & bits) && is_general == general)
            print_option(out, o, LEFT_CLI);
    }
}

static bool has_own(unsigned bits)
{
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        unsigned on = um_cli_options[i].commands;
        if ((on & bits) && (on & UM_ON_JOB) != UM_ON_JOB)
            return true;
    }
    return false;
}

static void print_section(FILE *out, const struct um_section *s, unsigned bits)
{
    bool begun = false;
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        if (!um_option_in_section(o, s->name) || !(o->commands & bits) || um_doc_is_twin(o))
            continue;
        if (!begun && strcmp(s->name, "source") == 0)
            fputs("\nBoth servers (SIDE is source or target):\n", out);
        else if (!begun)
            fprintf(out, "\n%s:\n", s->title);
        begun = true;
        print_option(out, o, LEFT);
    }
}

/* Lines of a command's example. */
static void print_lines(FILE *out, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        fprintf(out, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

static void print_command(FILE *out, const struct um_command *c)
{
    fprintf(out, "unmoor %s: %s\n\n", c->name, c->summary);
    fprintf(out, "Usage: unmoor %s%s [options]%s%s\n\n", c->name, c->needs_config ? " -c FILE" : "",
            c->arguments ? " " : "", c->arguments ? c->arguments : "");
    um_text_wrap(out, c->text, 0, 0, WIDTH);
    if (has_own(c->bit)) {
        fprintf(out, "\nOptions of %s:\n", c->name);
        print_cli(out, c->bit, false);
    }
    fputs("\nGeneral options:\n", out);
    print_cli(out, c->bit, true);
    if (c->needs_config) {
        fputc('\n', out);
        um_text_wrap(out,
                     "Options of the job. Each can be set in the configuration file "
                     "(--copy-lock-wait is copy.lock_wait) and in the environment "
                     "(UNMOOR_COPY_LOCK_WAIT) as well; a flag wins over the environment, which "
                     "wins over the file. docs/reference/options.md and unmoor(1) say more on "
                     "each.",
                     0, 0, WIDTH);
        for (size_t i = 0; i < um_section_count; i++)
            print_section(out, &um_sections[i], c->bit);
    }
    fputs(strchr(c->example, '\n') ? "\nExamples:\n" : "\nExample:\n", out);
    print_lines(out, c->example);
}

static void print_program(FILE *out)
{
    um_text_wrap(out, um_doc_about, 0, 0, WIDTH);
    fputs("\nUsage: unmoor COMMAND [options]\n\nCommands:\n", out);
    for (size_t i = 0; i < um_command_count; i++)
        print_entry(out, um_commands[i].name, um_commands[i].summary, 15);
    fputs("\nOptions of every command:\n", out);
    print_cli(out, UM_ON_JOB, true);
    fputs("\nExamples, in the order of a migration:\n"
          "  unmoor plan    -c shop.yaml\n"
          "  unmoor migrate -c shop.yaml --until synced\n"
          "  unmoor verify  -c shop.yaml\n"
          "\n"
          "unmoor COMMAND --help shows what a command takes, unmoor explain ID what an error "
          "means.\n",
          out);
}

void um_help_print(FILE *out, const char *command)
{
    const struct um_command *c = command ? um_command_find(command) : NULL;
    if (c)
        print_command(out, c);
    else
        print_program(out);
}
