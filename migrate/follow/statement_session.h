#ifndef MIGRATE_FOLLOW_STATEMENT_SESSION_H
#define MIGRATE_FOLLOW_STATEMENT_SESSION_H

#include "binlog/event_info.h"
#include "change/change.h"

/* What a statement depends on beside its text. */
void um_statement_session(struct um_statement_session *s, const struct um_query *q,
                          const struct um_event *ev, bool mariadb);

#endif
