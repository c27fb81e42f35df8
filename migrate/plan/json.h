#ifndef MIGRATE_PLAN_JSON_H
#define MIGRATE_PLAN_JSON_H

#include "plan/plan.h"

/* {job, source, target, checks[], tables[], rows, bytes, copy_seconds, blocked} on one line. */
void um_plan_print_json(const struct um_plan *plan, const struct um_config *config, FILE *out);

#endif
