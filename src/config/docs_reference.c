/* docs/reference/options.md. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/command.h"
#include "config/docs.h"
#include "config/text.h"

/* A text in a cell of a table. */
static void print_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void print_code_cell(FILE *out, const char *label, const char *code, const char *tail)
{
    fprintf(out, "| %s | `", label);
    print_cell(out, code);
    fprintf(out, "`%s |\n", tail);
}

static void print_names(FILE *out, const struct um_option *o, const struct um_option *twin)
{
    fprintf(out, "\n### `%s%s`", um_option_is_cli(o) ? "--" : "", o->path);
    if (twin)
        fprintf(out, ", `%s`", twin->path);
    fputs("\n\n", out);
}

static void print_variables(FILE *out, const struct um_option *o, const struct um_option *twin)
{
    char name[UM_OPTION_NAME_MAX];
    if (um_option_is_cli(o) && !(o->traits & UM_TRAIT_ENVIRONMENT))
        return;
    fprintf(out, "| Variable | `%s`", um_option_variable(o, name));
    if (twin)
        fprintf(out, ", `%s`", um_option_variable(twin, name));
    fputs(" |\n", out);
}

static void print_flags(FILE *out, const struct um_option *o, const struct um_option *twin)
{
    char room[UM_OPTION_NAME_MAX];
    struct um_buf tail = {0};
    char *flag = um_doc_flag(o);
    char *commands = um_doc_commands(o->commands, ", ");
    if (o->letter)
        um_buf_fmt(&tail, ", `-%c`", o->letter);
    if (twin)
        um_buf_fmt(&tail, ", `%s`", um_option_flag(twin, room));
    um_buf_fmt(&tail, " (%s)", o->commands == UM_ON_ALL ? "every command" : commands);
    print_code_cell(out, "Flag", flag, tail.data);
    um_buf_free(&tail);
    free(flag);
    free(commands);
}

static void print_option(FILE *out, const struct um_option *o)
{
    const struct um_option *twin = um_doc_twin(o);
    char *sentences = um_doc_sentences(o), *accepts = um_doc_accepts(o);
    print_names(out, o, twin);
    fprintf(out, "%s\n\n| | |\n|---|---|\n", sentences);
    if (o->type != UM_OPTION_SWITCH)
        fprintf(out, "| Value | %s%s |\n", accepts,
                o->traits & UM_TRAIT_REQUIRED ? " (required)" : "");
    if (o->builtin)
        fprintf(out, "| Default | `%s` |\n", o->builtin);
    print_flags(out, o, twin);
    print_variables(out, o, twin);
    free(sentences);
    free(accepts);
}

static void print_sections(FILE *out)
{
    for (size_t s = 0; s < um_section_count; s++) {
        const struct um_section *section = &um_sections[s];
        if (strcmp(section->name, "source") == 0)
            fputs("\n## Source and target\n\nHow to reach the two servers. The source is never "
                  "written to.\n",
                  out);
        else if (strcmp(section->name, "target") == 0)
            fputs("\n## Target only\n", out);
        else
            fprintf(out, "\n## %s\n\n%s\n", section->title, section->text);
        for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
            if (um_option_in_section(&um_options[i], section->name) &&
                !um_doc_is_twin(&um_options[i]))
                print_option(out, &um_options[i]);
        }
    }
}

void um_help_reference(FILE *out)
{
    fputs("<!-- Made from src/config/options.def by scripts/update-docs: do not edit. -->\n"
          "# Commands and options\n",
          out);
    for (size_t i = 0; i < um_doc_topic_count; i++)
        fprintf(out, "\n## %s\n\n%s\n", um_doc_topics[i].title, um_doc_topics[i].text);
    fputs("\n## Commands\n\n| Command | What it does |\n|---|---|\n", out);
    for (size_t i = 0; i < um_command_count; i++)
        fprintf(out, "| `unmoor %s%s%s` | To %s. %s |\n", um_commands[i].name,
                um_commands[i].arguments ? " " : "",
                um_commands[i].arguments ? um_commands[i].arguments : "", um_commands[i].summary,
                um_commands[i].text);
    fputs("\n## Command line\n\nThese are no part of the configuration file.\n", out);
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++)
        print_option(out, &um_cli_options[i]);
    print_sections(out);
    fputs("\n## Exit status\n\n| Status | Meaning |\n|---|---|\n", out);
    for (unsigned i = 0; i < um_exit_text_count; i++)
        fprintf(out, "| %d | %s |\n", um_exit_texts[i].code, um_exit_texts[i].text);
}
