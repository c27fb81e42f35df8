#ifndef MIGRATE_ORDER_H
#define MIGRATE_ORDER_H

#include "job/job.h"

/*
 * Orders for a job, which runs or does not: to copy some of its tables again, and to take in tables
 * that its configuration does not include. They are left in the state for whoever has the job's
 * lock (recopy.h), and nothing else is changed. Whether they can be carried out is looked at first;
 * all are given or none.
 */

struct um_order {
    struct um_strv tables; /* "schema.name", as ordered */
    struct um_strv along;  /* that have to be copied with them (copy/along.h) */
    bool running;          /* the job is */
};
/* UM_E_ORDER_TABLE, UM_E_ORDER_CHILD, UM_E_PLAN_BLOCKED … where they cannot be carried out. */
int um_order_recopy(const struct um_config *config, const struct um_strv *names,
                    struct um_order *out, struct um_err *err);
/* UM_E_ADD_UNKNOWN, UM_E_ADD_MEMBER … likewise. */
int um_order_add(const struct um_config *config, const struct um_strv *names, struct um_order *out,
                 struct um_err *err);
void um_order_clear(struct um_order *o);

#endif
