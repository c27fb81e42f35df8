/* docs/completion/unmoor.bash: completion for bash. */
#include "config/config.h"

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
          "        case $each in\n        ",
          out);
    for (size_t i = 0; i < um_command_count; i++)
        fprintf(out, "%s%s", i ? " | " : "", um_commands[i].name);
    fputs(")\n            command=$each\n            break ;;\n        esac\n    done\n"
          "    case $command in\n",
          out);
    for (size_t i = 0; i < um_command_count; i++) {
        fprintf(out, "    %s)\n        words='", um_commands[i].name);
        print_options(out, um_cli_options, UM_CLI_OPTION_COUNT, um_commands[i].bit);
        if (um_commands[i].needs_config)
            print_options(out, um_options, UM_OPTION_COUNT, um_commands[i].bit);
        fputs("' ;;\n", out);
    }
    fputs("    *)\n        words='", out);
    for (size_t i = 0; i < um_command_count; i++)
        fprintf(out, "%s ", um_commands[i].name);
    fputs("--help --version' ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -F _unmoor unmoor\n",
          out);
}
