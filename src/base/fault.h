#ifndef UM_BASE_FAULT_H
#define UM_BASE_FAULT_H

#include "base/err.h"

/*
 * Named fault points, listed in faults.def. The environment variable UNMOOR_FAULT arms them:
 *   UNMOOR_FAULT=point=crash            SIGKILL to itself when the point is reached
 *   UNMOOR_FAULT=point=fail             the point returns -1 with UM_E_FAULT_INJECTED
 *   UNMOOR_FAULT=point=delay:250        sleeps that many milliseconds
 *   UNMOOR_FAULT=point=crash@3          only the third time; several are joined with ','
 * Unarmed, a point costs one load.
 */
enum um_fault_point {
#define UM_FAULT(name, text) UM_FAULT_##name,
#include "base/faults.def"
#undef UM_FAULT
    UM_FAULT_COUNT
};

int um_fault_setup(struct um_err *err); /* reads UNMOOR_FAULT; an unknown point is an error */
int um_fault(enum um_fault_point point, struct um_err *err);
const char *um_fault_name(enum um_fault_point point);

#endif
