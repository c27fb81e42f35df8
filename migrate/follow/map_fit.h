#ifndef MIGRATE_FOLLOW_MAP_FIT_H
#define MIGRATE_FOLLOW_MAP_FIT_H

#include "binlog/rows.h"
#include "schema/table.h"

/*
 * Do the rows that a table map announces belong to the table as it is known? By all that the map
 * tells: how many columns, of what types, and where the server says so their signs and names. On a
 * misfit UM_E_SOURCE_DDL says what it is.
 */
int um_map_fits(const struct um_table_map *map, const struct um_table *t, struct um_err *err);

#endif
