#ifndef MIGRATE_JOB_MODEL_H
#define MIGRATE_JOB_MODEL_H

#include "base/buf.h"
#include "base/err.h"
#include "schema/table.h"

/*
 * What a table of the source was as of the applied position, kept in the state as JSON: the
 * source's own catalogue may be further. All of struct um_table but create_sql and the sizes.
 */
void um_model_print(const struct um_table *t, struct um_buf *out);
/* NULL with UM_E_STATE_DAMAGED. */
struct um_table *um_model_parse(const char *json, const char *schema, const char *name,
                                struct um_err *err);

/*
 * The source's table behind a DDL that was applied to the target: what the target has now, under
 * the source's name; where a column of the target did not change, the source's stays what it was.
 * `source` and `before` are what they were, NULL for a table that is new.
 */
struct um_table *um_model_after(const struct um_table *source, const struct um_table *before,
                                const struct um_table *now, const char *schema, const char *name);

/* The target's table has the columns of the source's, in their order. */
bool um_model_alike(const struct um_table *source, const struct um_table *target);

#endif
