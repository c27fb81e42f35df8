#include "config/command.h"

#include <string.h>

#include "config/option.h"

const struct um_command um_commands[] = {
    {
        .name = "plan",
        .bit = UM_ON_PLAN,
        .needs_config = true,
        .summary = "check both servers and show what a migration would do",
        .text =
            "Connects to both sides, reads what is there, and prints the tables, how each would "
            "be copied, and everything that stands in the way, with what to do about it. "
            "Changes nothing. Ends with 4 when something blocks the migration.",
        .example = "unmoor plan -c shop.yaml\n"
                   "unmoor plan -c shop.yaml --format json",
    },
    {
        .name = "migrate",
        .bit = UM_ON_MIGRATE,
        .needs_config = true,
        .summary = "copy the tables, then follow the source's changes",
        .text = "Copies the tables as they are at one position of the source's binary log, then "
                "applies every later change, exactly once. Stopped by a signal, a crash or an "
                "error, it goes on where it was when the same command is run again.",
        .example = "unmoor migrate -c shop.yaml\n"
                   "unmoor migrate -c shop.yaml --until synced --copy-threads 8",
    },
    {
        .name = "verify",
        .bit = UM_ON_VERIFY,
        .needs_config = true,
        .summary = "compare source and target and name what differs",
        .text = "Compares every row of the job's tables. Ends with 0 when both sides are equal and "
                "with 7 when they differ. A table that was skipped is never counted as equal.",
        .example = "unmoor verify -c shop.yaml\n"
                   "unmoor verify -c shop.yaml --report shop-report.json",
    },
    {
        .name = "status",
        .bit = UM_ON_STATUS,
        .needs_config = true,
        .summary = "show where a job stands",
        .text = "Prints the phase, the positions, the lag and the state of each table, from any "
                "machine that can reach the target.",
        .example = "unmoor status -c shop.yaml\n"
                   "unmoor status -c shop.yaml --format json",
    },
    {
        .name = "cleanup",
        .bit = UM_ON_CLEANUP,
        .needs_config = true,
        .summary = "remove a job's state from the target",
        .text = "Removes what Unmoor has stored about this job. The migrated tables stay. The job "
                "cannot be resumed afterwards.",
        .example = "unmoor cleanup -c shop.yaml",
    },
    {
        .name = "explain",
        .bit = UM_ON_EXPLAIN,
        .arguments = "ID...",
        .summary = "say what an error means and what to do",
        .text = "Takes the ids that error messages carry. Reads no configuration and connects to "
                "nothing.",
        .example = "unmoor explain UM-1106",
    },
};
const size_t um_command_count = sizeof um_commands / sizeof um_commands[0];

const struct um_command *um_command_find(const char *name)
{
    for (size_t i = 0; i < um_command_count; i++) {
        if (strcmp(um_commands[i].name, name) == 0)
            return &um_commands[i];
    }
    return NULL;
}
