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
                "with 7 when they differ. A table that was skipped is never counted as equal. With "
                "--repair, rows that differ are written to the target.",
        .example = "unmoor verify -c shop.yaml\n"
                   "unmoor verify -c shop.yaml --report shop-report.json\n"
                   "unmoor verify -c shop.yaml --repair",
    },
    {
        .name = "cutover",
        .bit = UM_ON_CUTOVER,
        .needs_config = true,
        .summary = "give the application's writes over to the target",
        .text =
            "Without --execute it changes nothing: it asks the questions of the gate and shows "
            "each "
            "statement that would be run, and on which server. With it, the source is fenced, what "
            "is "
            "missing is applied, both sides are checked, the way back is armed, the switch hook is "
            "called and the target is opened. Whatever fails before that is undone: the source "
            "takes writes again, and the command ends with 11, or with 13 where it was a hook. If "
            "it is killed, the next one goes on or retreats by the journal. Where it cannot be "
            "known who "
            "owns the writes it ends with 12 and says what to look at. A migration that runs hands "
            "its job over, and goes on after a retreat.",
        .example = "unmoor cutover -c shop.yaml\n"
                   "unmoor cutover -c shop.yaml --rehearse\n"
                   "unmoor cutover -c shop.yaml --execute\n"
                   "unmoor cutover -c shop.yaml --back --execute",
    },
    {
        .name = "reverse",
        .bit = UM_ON_REVERSE,
        .needs_config = true,
        .summary = "follow the new owner back to the old one",
        .text =
            "Applies what the application writes to the target to the source, from the position "
            "that the "
            "cutover has recorded, so that the way back stays open. It may be started before the "
            "cutover, and waits for it. In its messages the roles are exchanged: its source is the "
            "migration's target. It hands its job over to unmoor cutover --back, and ends with 0 "
            "when that is "
            "done.",
        .example = "unmoor reverse -c shop.yaml",
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
        .name = "ctl skip",
        .bit = UM_ON_CTL_SKIP,
        .needs_config = true,
        .summary = "let a job that stopped pass over what stopped it",
        .text = "Permits the next unmoor migrate to pass over exactly the row change, or the "
                "transaction, at which the job stopped, and nothing else. What is passed over is "
                "recorded in the state's table job_conflict. Changes nothing by itself but the "
                "job's state; ends with 10 while the job runs, and with 11 when it did not stop at "
                "something that can be passed over.",
        .example = "unmoor ctl skip -c shop.yaml\n"
                   "unmoor ctl skip -c shop.yaml --transaction",
    },
    {
        .name = "ctl recopy",
        .bit = UM_ON_CTL_RECOPY,
        .arguments = "TABLE...",
        .needs_config = true,
        .summary = "let a job copy some of its tables again",
        .text = "Takes tables of the job as SCHEMA.TABLE. What the target has of them is dropped, "
                "and they are copied from the beginning at a new position of the source, within "
                "about a second by a job that runs, else when it is started next. Then it follows "
                "the source from where it was; until the copy is done it applies nothing, to other "
                "tables neither. Tables that foreign keys join to them in such a way that they "
                "cannot be copied alone go along, and are named. Waits for a verification that is "
                "under way. Ends with 2 when the job has no such table, and with 4 when something "
                "blocks the copy.",
        .example = "unmoor ctl recopy -c shop.yaml shop.orders\n"
                   "unmoor ctl recopy -c shop.yaml shop.orders shop.customers",
    },
    {
        .name = "ctl add-table",
        .bit = UM_ON_CTL_ADD_TABLE,
        .arguments = "TABLE...",
        .needs_config = true,
        .summary = "let a job take in tables that its configuration does not include",
        .text =
            "Takes tables of the source as SCHEMA.TABLE. They are checked as the plan would, and "
            "join the job within about a second where it runs, else when it is started next: they "
            "are copied at a new position of the source, and followed and verified from then on as "
            "if they had been included. Until the copy is done the job applies nothing, to other "
            "tables neither. Their names are kept in the job's state, also when it begins anew "
            "with "
            "--restart; the configuration stays as it is. Waits for a verification that is under "
            "way. Ends with 2 when the source has no such table or the job has it already, and "
            "with 4 when something stands in the way.",
        .example = "unmoor ctl add-table -c shop.yaml stock.items\n"
                   "unmoor ctl add-table -c shop.yaml stock.items stock.places",
    },
    {
        .name = "ctl throttle",
        .bit = UM_ON_CTL_THROTTLE,
        .needs_config = true,
        .summary = "let a job's copy and verification wait",
        .text = "The copy waits before its next chunk, and a verification before its next range, "
                "within about a second and until unmoor ctl unthrottle. The order is kept in the "
                "job's state: it also holds for processes that are started later, until one is "
                "started with --restart. Changes are applied all the same.",
        .example = "unmoor ctl throttle -c shop.yaml\n"
                   "unmoor ctl throttle -c shop.yaml --reason 'backup until 4:00'",
    },
    {
        .name = "ctl unthrottle",
        .bit = UM_ON_CTL_UNTHROTTLE,
        .needs_config = true,
        .summary = "take back what unmoor ctl throttle ordered",
        .text = "What the section throttle of the configuration asks for still counts.",
        .example = "unmoor ctl unthrottle -c shop.yaml",
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
        .name = "binlog dump",
        .bit = UM_ON_BINLOG_DUMP,
        .arguments = "FILE...",
        .takes_files = true,
        .summary = "print the events of binlog files",
        .text =
            "Reads binlog or relay log files from disk, also those that a server still writes to, "
            "and prints each event with its position: statements with what they depend on, rows "
            "with the exact value of every column, packed transactions unpacked. Reads no "
            "configuration and connects to nothing. docs/reference/binlog-dump.md describes the "
            "output.",
        .example = "unmoor binlog dump /var/lib/mysql/binlog.000042\n"
                   "unmoor binlog dump binlog.000042 --table 'shop.*' --from "
                   "'2026-01-31 12:00:00'\n"
                   "unmoor binlog dump binlog.0000* --format json --from binlog.000042:1234",
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

size_t um_command_group(const struct um_command *c)
{
    const char *space = strchr(c->name, ' ');
    return space ? (size_t)(space - c->name) : 0;
}

bool um_command_is_group(const char *word)
{
    for (size_t i = 0; i < um_command_count; i++) {
        size_t len = um_command_group(&um_commands[i]);
        if (len > 0 && strlen(word) == len && strncmp(um_commands[i].name, word, len) == 0)
            return true;
    }
    return false;
}
