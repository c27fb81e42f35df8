#include "plan/plan.h"

#include <string.h>

#include "plan/check.h"

/* docs/reference/checks.md */

static void print_group(FILE *out, const char *heading, const char *prefix)
{
    fprintf(out, "\n## %s\n\n| check | asked | why |\n|---|---|---|\n", heading);
    for (int id = 0; id < UM_CHECK_COUNT; id++) {
        const struct um_check_info *c = um_check_info((enum um_check_id)id);
        if (strncmp(c->id, prefix, strlen(prefix)) == 0)
            fprintf(out, "| `%s` | %s%s | %s |\n", c->id, c->title,
                    c->asked == UM_ASKED_FULL   ? " (not when resuming)"
                    : c->asked == UM_ASKED_NEW  ? " (when resuming, of tables that are added)"
                    : c->asked == UM_ASKED_COPY ? " (not when following)"
                                                : "",
                    c->why);
    }
}

void um_plan_reference(FILE *out)
{
    fputs("# Checks of the plan\n\n"
          "<!-- Made from migrate/plan/checks.def by scripts/update-docs. -->\n\n"
          "`unmoor plan` reads both servers, never writes, and prints each of these checks as "
          "PASS, WARN or BLOCK with the value it saw and what mends it. `unmoor migrate` makes the "
          "same plan first and does not start while a check blocks (exit 4).\n",
          out);
    print_group(out, "Source", "source.");
    print_group(out, "Target", "target.");
    print_group(out, "Tables", "tables.");
}
