#ifndef MIGRATE_FOLLOW_EVENTS_H
#define MIGRATE_FOLLOW_EVENTS_H

#include "job/job.h"

/*
 * The source's binlog from a position on, as raw events: from the spool as long as that holds them,
 * then from the source.
 */
struct um_events;

struct um_events *um_events_open(const struct um_job *job, const struct um_position *from,
                                 struct um_err *err);
/* 1: one whole event, valid until the next call. -1: error, as of um_stream_next. */
int um_events_next(struct um_events *e, const uint8_t **bytes, size_t *len, struct um_err *err);
void um_events_abort(struct um_events *e); /* from any thread */
void um_events_close(struct um_events *e);

#endif
