/* docs/man/unmoor.1. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/command.h"
#include "config/docs.h"
#include "config/text.h"

/* Text as roff prints it as it stands; a line never begins with a control character. */
static void print(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\'')
            fputs("\\(aq", out);
        else if (*text == '~')
            fputs("\\(ti", out);
        else
            fputc(*text, out);
    }
}

static void print_line(FILE *out, const char *text)
{
    print(out, text);
    fputc('\n', out);
}

/* A paragraph with a bold term. */
static void print_term(FILE *out, const char *term)
{
    fputs(".TP\n.B \"", out);
    print(out, term);
    fputs("\"\n", out);
}

static void print_facts(FILE *out, const struct um_option *o, const struct um_option *twin)
{
    char flag[UM_OPTION_NAME_MAX], variable[UM_OPTION_NAME_MAX];
    struct um_buf line = {0};
    char *accepts = um_doc_accepts(o);
    if (o->type != UM_OPTION_SWITCH)
        um_buf_fmt(&line, "Value: %s%s.", accepts,
                   o->traits & UM_TRAIT_REQUIRED ? " (required)" : "");
    if (o->builtin)
        um_buf_fmt(&line, " Default: %s.", o->builtin);
    if (!um_option_is_cli(o)) {
        um_buf_fmt(&line, " Flag: %s", um_option_flag(o, flag));
        if (twin)
            um_buf_fmt(&line, ", %s", um_option_flag(twin, flag));
        um_buf_fmt(&line, ". Variable: %s", um_option_variable(o, variable));
        if (twin)
            um_buf_fmt(&line, ", %s", um_option_variable(twin, variable));
        um_buf_char(&line, '.');
    } else if (o->traits & UM_TRAIT_ENVIRONMENT) {
        um_buf_fmt(&line, " Variable: %s.", um_option_variable(o, variable));
    }
    if (line.len > 0) {
        fputs(".br\n", out);
        print_line(out, line.data[0] == ' ' ? line.data + 1 : line.data);
    }
    um_buf_free(&line);
    free(accepts);
}

static void print_option(FILE *out, const struct um_option *o)
{
    const struct um_option *twin = um_doc_twin(o);
    char *flag = um_doc_flag(o), *sentences = um_doc_sentences(o), *term;
    if (o->letter)
        term = um_sprintf("-%c, %s", o->letter, flag);
    else if (um_option_is_cli(o))
        term = um_strdup(flag);
    else
        term = um_sprintf("%s%s%s", o->path, twin ? ", " : "", twin ? twin->path : "");
    print_term(out, term);
    print_line(out, sentences);
    if (um_option_is_cli(o) && o->commands != UM_ON_ALL && o->commands != UM_ON_JOB) {
        char *commands = um_doc_commands(o->commands, ", ");
        char *only = um_sprintf("Only for %s.", commands);
        print_line(out, only);
        free(only);
        free(commands);
    }
    print_facts(out, o, twin);
    free(term);
    free(flag);
    free(sentences);
}

static void print_head(FILE *out)
{
    fprintf(out,
            ".\\\" Made from src/config/options.def by scripts/update-docs: do not edit.\n"
            ".TH UNMOOR 1 \"\" \"Unmoor %s\" \"User commands\"\n"
            ".ad l\n.nh\n"
            ".SH NAME\nunmoor \\- move live MySQL and MariaDB data to another server\n"
            ".SH SYNOPSIS\n",
            UM_VERSION);
    for (size_t i = 0; i < um_command_count; i++) {
        const struct um_command *c = &um_commands[i];
        /* "ID..." is a name and dots */
        int name = c->arguments ? (int)strcspn(c->arguments, ".") : 0;
        fprintf(out, "%s.B unmoor %s\n%s[\\fIoptions\\fR]", i ? ".br\n" : "", c->name,
                c->needs_config ? "\\fB\\-c\\fR \\fIFILE\\fR " : "");
        if (c->arguments)
            fprintf(out, " \\fI%.*s\\fR%s", name, c->arguments, c->arguments + name);
        fputc('\n', out);
    }
    fputs(".SH DESCRIPTION\n", out);
    print_line(out, um_doc_about);
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; i < um_command_count; i++) {
        print_term(out, um_commands[i].name);
        char *text = um_sprintf("To %s. %s", um_commands[i].summary, um_commands[i].text);
        print_line(out, text);
        free(text);
    }
}

static void print_sections(FILE *out)
{
    fputs(".SH CONFIGURATION\nThe configuration file is YAML. A path such as copy.threads is the "
          "key threads below the key copy.\n",
          out);
    for (size_t s = 0; s < um_section_count; s++) {
        const char *name = um_sections[s].name;
        fputs(".SS \"", out);
        print(out, strcmp(name, "source") == 0   ? "Source and target"
                   : strcmp(name, "target") == 0 ? "Target only"
                                                 : um_sections[s].title);
        fputs("\"\n", out);
        for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
            if (um_option_in_section(&um_options[i], name) && !um_doc_is_twin(&um_options[i]))
                print_option(out, &um_options[i]);
        }
    }
}

static void print_tail(FILE *out)
{
    char code[16];
    fputs(".SH \"EXIT STATUS\"\n", out);
    for (unsigned i = 0; i < um_exit_text_count; i++) {
        snprintf(code, sizeof code, "%d", um_exit_texts[i].code);
        print_term(out, code);
        print_line(out, um_exit_texts[i].text);
    }
    fputs(".SH EXAMPLES\n.nf\n", out);
    for (size_t i = 0; i < um_command_count; i++)
        print_line(out, um_commands[i].example);
    fputs(".fi\n.SH \"SEE ALSO\"\n.BR mysqldump (1),\n.BR mysqlbinlog (1)\n", out);
}

void um_help_man(FILE *out)
{
    print_head(out);
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++)
        print_option(out, &um_cli_options[i]);
    print_sections(out);
    for (size_t i = 0; i < um_doc_topic_count; i++) {
        fputs(i == 0 ? ".SH NOTES\n.SS \"" : ".SS \"", out);
        print(out, um_doc_topics[i].title);
        fputs("\"\n", out);
        print_line(out, um_doc_topics[i].text);
    }
    print_tail(out);
}
