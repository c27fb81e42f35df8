/* um_docs: prints one of the generated pages. For scripts/update-docs; not installed. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *kind;
        void (*print)(FILE *);
    } pages[] = {
        {"full-yaml", um_help_full_yaml},   {"reference", um_help_reference},
        {"errors", um_help_errors},         {"man", um_help_man},
        {"completion", um_help_completion},
    };
    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(argv[1], pages[i].kind) == 0) {
            pages[i].print(stdout);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fputs("usage: um_docs full-yaml|reference|errors|man|completion\n", stderr);
    return 2;
}
