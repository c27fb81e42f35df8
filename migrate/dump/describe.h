#ifndef MIGRATE_DUMP_DESCRIBE_H
#define MIGRATE_DUMP_DESCRIBE_H

#include "dump/out.h"

/*
 * The fields of one event beyond those that every event has. What this version does not decode is
 * named with its size; *lost is then set when it is a statement or rows. -1: malformed bytes.
 */
int um_dump_describe(struct um_out *o, const struct um_read_event *e, bool *lost,
                     struct um_err *err);

/* Of a row event. UM_E_EVENT_UNSUPPORTED when the event does not tell how to read it. */
int um_dump_rows(struct um_out *o, const struct um_read_event *e, struct um_err *err);

#endif
