#ifndef MIGRATE_DUMP_FILTER_H
#define MIGRATE_DUMP_FILTER_H

#include "config/config.h"
#include "binlogs/group.h"

/*
 * --table: rows of some tables, what frames them, and statements. The frame of a transaction is
 * held back until there is something in it.
 */
struct um_filter {
    const struct um_strv *patterns; /* none: everything passes */
    bool shown;                     /* something of the transaction at hand was printed */
};

enum um_filter_verdict {
    UM_FILTER_PRINT,
    UM_FILTER_DROP,
    UM_FILTER_HOLD,           /* print it before the next event that is printed, if there is one */
    UM_FILTER_HOLD_STATEMENT, /* likewise, in the place of the last such one */
};
/* For each event in order. What was held is forgotten when a transaction begins. */
enum um_filter_verdict um_filter_event(struct um_filter *f, const struct um_read_event *e,
                                       enum um_group_place place);

#endif
