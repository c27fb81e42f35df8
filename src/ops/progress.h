#ifndef UM_OPS_PROGRESS_H
#define UM_OPS_PROGRESS_H

#include "base/err.h"
#include <stdint.h>

/*
 * What a running job shows: a live block on a terminal, a line every 30 s elsewhere, or JSON
 * lines. Counters may be changed from any thread; a thread of its own prints.
 */
struct um_progress;

enum um_progress_style { UM_PROGRESS_AUTO, UM_PROGRESS_JSON, UM_PROGRESS_NONE };

/* AUTO looks whether stderr is a terminal. */
struct um_progress *um_progress_start(const char *job, enum um_progress_style style);
void um_progress_stop(struct um_progress *p); /* prints the last state, joins, frees */

/* From here on the time that is left is reckoned by what is done. */
void um_progress_phase(struct um_progress *p, const char *phase);
/* Where each table is a step of its own: how many steps there are, and one that is done. */
void um_progress_steps(struct um_progress *p, uint64_t steps);
void um_progress_step_done(struct um_progress *p);
/* Copy: what there is to do (what is done begins at nothing again), what is done. */
void um_progress_copy_total(struct um_progress *p, uint64_t tables, uint64_t rows, uint64_t bytes);
void um_progress_copied(struct um_progress *p, uint64_t rows, uint64_t bytes);
/* What was done before this run: it says nothing of how long the rest will take. */
void um_progress_copied_before(struct um_progress *p, uint64_t rows, uint64_t bytes);
void um_progress_table_done(struct um_progress *p);
/* What a worker is at: "shop.orders", or NULL when idle. */
void um_progress_worker(struct um_progress *p, unsigned worker, const char *table);
/* Follow. lag_us < 0: not known. */
void um_progress_applied(struct um_progress *p, uint64_t transactions, uint64_t changes);
void um_progress_lag(struct um_progress *p, int64_t lag_us);
/* What holds the job up, for people; a constant. */
void um_progress_bottleneck(struct um_progress *p, const char *what);
void um_progress_position(struct um_progress *p, const char *file, uint64_t offset);
/* Why nothing goes on for now; NULL: it does. */
void um_progress_throttled(struct um_progress *p, const char *reason);

#endif
