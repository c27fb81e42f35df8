#ifndef MIGRATE_PLAN_SEQUENCES_H
#define MIGRATE_PLAN_SEQUENCES_H

#include "schema/table.h"

/*
 * Which sequences (MariaDB) the defaults of a table use: its CREATE TABLE is refused where one of
 * them is missing. Pure.
 */
typedef void um_sequence_use(void *context, const struct um_table *t, const char *column,
                             const char *schema, const char *sequence);
void um_sequence_uses(const struct um_table *t, um_sequence_use *use, void *context);

#endif
