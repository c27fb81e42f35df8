#ifndef MIGRATE_DUMP_RANGE_H
#define MIGRATE_DUMP_RANGE_H

#include "base/mem.h"
#include "binlogs/group.h"
#include "dump/place.h"

/*
 * What lies between --from and --to. Positions cut between events, everything else between
 * transactions.
 */
struct um_range;

/* UM_E_USAGE_OPTION_VALUE, or UM_E_DUMP_PLACE for a file that is not among those given. */
struct um_range *um_range_new(const char *from, const char *to, const struct um_strv *files,
                              struct um_err *err);
void um_range_delete(struct um_range *r);

/* Does file number `index` hold anything of the range? */
bool um_range_touches_file(const struct um_range *r, size_t index);
/* A file was read to its end. UM_E_DUMP_PLACE when the range was to begin behind it. */
int um_range_file_ended(const struct um_range *r, size_t index, const char *name, uint64_t end,
                        struct um_err *err);
/* All was read. UM_E_DUMP_PLACE when a transaction that was named never came. */
int um_range_ended(const struct um_range *r, struct um_err *err);

enum um_range_verdict { UM_RANGE_FAILED = -1, UM_RANGE_OUTSIDE, UM_RANGE_WITHIN, UM_RANGE_OVER };
/* For each event in order; `inside`: a transaction goes on behind it. OVER: neither this event nor
   a later one belongs to the range. FAILED: UM_E_DUMP_PLACE. */
enum um_range_verdict um_range_event(struct um_range *r, size_t file, const struct um_read_event *e,
                                     enum um_group_place place, bool inside, struct um_err *err);

#endif
