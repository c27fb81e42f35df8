#ifndef MIGRATE_STATE_SCHEMA_H
#define MIGRATE_STATE_SCHEMA_H

#include "config/config.h"
#include "mysql/conn.h"

/* The state tables themselves. Creating what is there and dropping what is not are no errors. */
int um_state_schema_create(struct um_conn *c, const struct um_config *config, struct um_err *err);
int um_state_schema_drop(struct um_conn *c, const struct um_config *config, struct um_err *err);
const char *um_state_schema_table(size_t i); /* NULL past the last */

#endif
