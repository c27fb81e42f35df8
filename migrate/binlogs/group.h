#ifndef MIGRATE_BINLOGS_GROUP_H
#define MIGRATE_BINLOGS_GROUP_H

#include "binlog/event_reader.h"

/*
 * Which events belong to one transaction (or lone statement): from its GTID or BEGIN up to what
 * ends it. Events about the file itself stand between.
 */
struct um_grouping {
    bool inside;      /* behind the last event, a transaction is still open */
    bool transaction; /* it began with BEGIN or what stands for it, so statements do not end it */
};

enum um_group_place { UM_GROUP_OUTSIDE, UM_GROUP_BEGINS, UM_GROUP_WITHIN };

/* Zero-initialise; then once for each event, in order. */
enum um_group_place um_group_step(struct um_grouping *g, const struct um_read_event *e);

/* What a statement does with the transaction around it. */
enum um_statement_kind {
    UM_STATEMENT_OTHER, /* whatever is no frame */
    UM_STATEMENT_BEGIN,
    UM_STATEMENT_INNER, /* SAVEPOINT and its like */
    UM_STATEMENT_END,
};
enum um_statement_kind um_statement_kind(const struct um_read_event *e);

#endif
