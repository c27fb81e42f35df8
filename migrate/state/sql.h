#ifndef MIGRATE_STATE_SQL_H
#define MIGRATE_STATE_SQL_H

#include "state/state.h"

/* Pieces of the state's own SQL; private to this folder and to follow/hold.c. */
void um_sql_text(struct um_buf *b, const char *text);              /* _utf8mb4'…', or NULL */
void um_sql_job(struct um_buf *b, const struct um_config *config); /* " WHERE job=…" */
/* Is it there, in this version's schema or an earlier one's? */
int um_sql_has_table(struct um_conn *c, const struct um_config *config, const char *table,
                     uint64_t *there, struct um_err *err);
/* The job's rows of one of its tables; `order` is "" or " ORDER BY …". */
struct um_resultset *um_sql_select(struct um_conn *c, const struct um_config *config,
                                   const char *columns, const char *table, const char *order,
                                   struct um_err *err);
/* "log_file=…,log_pos=…,gtids=…" for SET. */
void um_sql_position(struct um_buf *b, const struct um_position *p);
/* The three values alone. */
void um_sql_position_values(struct um_buf *b, const struct um_position *p);
/* What um_state_set_model runs. */
void um_sql_set_model(struct um_buf *sql, const struct um_config *config, uint32_t id,
                      const char *model);
/* From the columns log_file, log_pos, gtids. */
int um_position_from_state(const char *const *columns, struct um_position *out, struct um_err *err);
int um_sql_run(struct um_conn *c, struct um_buf *sql, struct um_err *err); /* frees sql */
int um_state_fenced(const struct um_config *config, struct um_err *err);   /* fills err */

#endif
