/* docs/completion/unmoor.bash: completion for bash. */
#include "config/config.h"

#include <string.h>

#include "config/command.h"
#include "config/docs.h"

#define FILES                                                                                      \
    "        compopt -o filenames\n"                                                               \
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"

static void print_options(FILE *out, const struct um_option *options, size_t count, unsigned bit)
{
    char flag[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < count; i++) {
        if (options[i].commands & bit)
            fprintf(out, " %s", um_option_flag(&options[i], flag));
    }
}

/* What completes the value of each option that has something to offer. */
static void print_values(FILE *out, const struct um_option *options, size_t count)
{
    char flag[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct um_option *o = &options[i];
        const char *choice;
        size_t len;
        um_option_flag(o, flag);
        if (o->traits & UM_TRAIT_FILE) {
            fprintf(out, "    %s)\n" FILES "        return ;;\n", flag);
        } else if (o->type == UM_OPTION_CHOICE || o->type == UM_OPTION_BOOL) {
            fprintf(out, "    %s)\n        COMPREPLY=($(compgen -W '", flag);
            if (o->type == UM_OPTION_BOOL)
                fputs("true false", out);
            else
                for (unsigned k = 0; k <= o->max && (choice = um_option_choice(o, k, &len)); k++)
                    fprintf(out, "%s%.*s", k ? " " : "", (int)len, choice);
            fputs("' -- \"$word\"))\n        return ;;\n", out);
        }
    }
}

/* ---- commands of two words ---- */

#define GROUP(i) (int)um_command_group(&um_commands[i]), um_commands[i].name

static bool same_group(size_t a, size_t b)
{
    size_t len = um_command_group(&um_commands[a]);
    return len > 0 && len == um_command_group(&um_commands[b]) &&
           strncmp(um_commands[a].name, um_commands[b].name, len) == 0;
}

/* The first command of its group. */
static bool begins_group(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (same_group(i, k))
            return false;
    }
    return um_command_group(&um_commands[i]) > 0;
}

static void print_second_words(FILE *out, size_t group)
{
    for (size_t i = 0; i < um_command_count; i++) {
        if (same_group(group, i))
            fprintf(out, "%s ", um_commands[i].name + um_command_group(&um_commands[i]) + 1);
    }
}

/* What the words so far can be. */
static void print_command_cases(FILE *out)
{
    for (size_t i = 0; i < um_command_count; i++)
        fprintf(out, "%s'%s'", i ? " | " : "        ", um_commands[i].name);
    fputs(")\n            command=\"$command${command:+ }$each\"\n            break ;;\n", out);
    for (size_t i = 0; i < um_command_count; i++) {
        if (begins_group(i))
            fprintf(out, "        %.*s)\n            command=$each ;;\n", GROUP(i));
    }
}

void um_help_completion(FILE *out)
{
    fputs("# Completion of unmoor for bash: source this file.\n"
          "# Made from src/config/options.def by scripts/update-docs: do not edit.\n"
          "_unmoor() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} each\n"
          "    local command='' words\n"
          "    COMPREPLY=()\n"
          "    # bash divides --flag=value at the '='\n"
          "    if [[ $word == = ]]; then\n"
          "        word=''\n"
          "    elif [[ $before == = ]]; then\n"
          "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    case $before in\n"
          "    -c)\n" FILES "        return ;;\n",
          out);
    print_values(out, um_cli_options, UM_CLI_OPTION_COUNT);
    print_values(out, um_options, UM_OPTION_COUNT);
    fputs("    esac\n"
          "    for each in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n"
          "        case \"$command${command:+ }$each\" in\n",
          out);
    print_command_cases(out);
    fputs("        esac\n    done\n    case $command in\n", out);
    for (size_t i = 0; i < um_command_count; i++) {
        if (begins_group(i)) {
            fprintf(out, "    %.*s)\n        words='", GROUP(i));
            print_second_words(out, i);
            fputs("--help' ;;\n", out);
        }
    }
    for (size_t i = 0; i < um_command_count; i++) {
        fprintf(out, "    '%s')\n", um_commands[i].name);
        if (um_commands[i].takes_files)
            fputs("        if [[ $word != -* ]]; then\n"
                  "            compopt -o filenames\n"
                  "            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                  "            return\n"
                  "        fi\n",
                  out);
        fputs("        words='", out);
        print_options(out, um_cli_options, UM_CLI_OPTION_COUNT, um_commands[i].bit);
        if (um_commands[i].needs_config)
            print_options(out, um_options, UM_OPTION_COUNT, um_commands[i].bit);
        fputs("' ;;\n", out);
    }
    fputs("    *)\n        words='", out);
    for (size_t i = 0; i < um_command_count; i++) {
        if (begins_group(i))
            fprintf(out, "%.*s ", GROUP(i));
        else if (um_command_group(&um_commands[i]) == 0)
            fprintf(out, "%s ", um_commands[i].name);
    }
    fputs("--help --version' ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -F _unmoor unmoor\n",
          out);
}
