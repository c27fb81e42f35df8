#ifndef MIGRATE_STATE_SCHEMA_H
#define MIGRATE_STATE_SCHEMA_H

#include "config/config.h"
#include "mysql/conn.h"

/* The state tables themselves. Creating what is there and dropping what is not are no errors. */
int um_state_schema_create(struct um_conn *c, const struct um_config *config, unsigned version,
                           struct um_err *err);
/* Step by step from the layout of one version to that of a later one; a crash between two
   statements is made good by running it again. Tables that older versions know are only added to,
   since jobs of several versions may share the schema. */
int um_state_schema_upgrade(struct um_conn *c, const struct um_config *config, unsigned from,
                            unsigned to, struct um_err *err);
int um_state_schema_drop(struct um_conn *c, const struct um_config *config, struct um_err *err);
const char *um_state_schema_table(size_t i); /* NULL past the last */

#endif
