/* conf/full.yaml: every option with its default. */
#include "config/config.h"

#include <string.h>

#include "config/docs.h"

/* One line: what it is, and its range or choices. */
static void print_comment(FILE *out, const struct um_option *o, int indent)
{
    struct um_buf line = {0};
    um_buf_str(&line, o->summary);
    if (o->type == UM_OPTION_BOOL || o->type == UM_OPTION_CHOICE) {
        um_buf_str(&line, "; ");
        um_option_accepts(o, &line);
    } else if (o->type != UM_OPTION_STRING && o->type != UM_OPTION_LIST) {
        um_buf_str(&line, "; ");
        um_option_range(o, &line);
    }
    if (o->traits & UM_TRAIT_REQUIRED)
        um_buf_str(&line, " (required)");
    fprintf(out, "%*s# %s\n", indent, "", line.data);
    um_buf_free(&line);
}

static void print_option(FILE *out, const struct um_option *o, int indent)
{
    /* What has no built-in value, or where giving that is not the same, is shown as a comment. */
    bool commented =
        (o->traits & UM_TRAIT_COMMENTED) ||
        (!o->builtin && !(o->traits & UM_TRAIT_REQUIRED) && strcmp(um_option_leaf(o), "host") != 0);
    print_comment(out, o, indent);
    fprintf(out, "%*s%s%s: %s\n", indent, "", commented ? "# " : "", um_option_leaf(o),
            o->builtin ? o->builtin : o->example);
}

/* Opens the levels that lead to this option and were not open for the one before. */
static int open_levels(FILE *out, const char *path, const char *before)
{
    int indent = 0;
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t len = (size_t)(dot - path) + 1;
        size_t from = len - 1;
        while (from > 0 && path[from - 1] != '.')
            from--;
        if (strncmp(path, before, len) != 0)
            fprintf(out, "%*s%.*s:\n", indent, "", (int)(len - 1 - from), path + from);
        indent += 2;
    }
    return indent;
}

void um_help_full_yaml(FILE *out)
{
    const char *before = "";
    fputs("# Every option, with its default. A job needs far less: see minimal.yaml.\n"
          "# Options that are commented out have no default, or are best left out.\n"
          "# Made from src/config/options.def by scripts/update-docs.\n",
          out);
    for (size_t s = 0; s < um_section_count; s++) {
        fprintf(out, "\n# %s\n", um_sections[s].text);
        for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
            const struct um_option *o = &um_options[i];
            if (!um_option_in_section(o, um_sections[s].name))
                continue;
            print_option(out, o, open_levels(out, o->path, before));
            before = o->path;
        }
    }
}
