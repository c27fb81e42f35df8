#include "base/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum action { NOTHING, CRASH, FAIL, DELAY };

static const char *const names[] = {
#define UM_FAULT(name, text) text,
#include "base/faults.def"
#undef UM_FAULT
};

/* Armed before threads start; the counters alone change later. */
static struct armed {
    enum action action;
    long delay_ms, from;
    atomic_long reached;
} armed[UM_FAULT_COUNT];

const char *um_fault_name(enum um_fault_point point)
{
    return names[point];
}

static int arm(char *spec, struct um_err *err)
{
    char *action = strchr(spec, '=');
    if (!action)
        return um_fail(err, UM_E_FAULT_SYNTAX, "UNMOOR_FAULT: '%s' has no '='", spec);
    *action++ = '\0';
    size_t point = 0;
    while (point < UM_FAULT_COUNT && strcmp(names[point], spec) != 0)
        point++;
    if (point == UM_FAULT_COUNT)
        return um_fail(err, UM_E_FAULT_SYNTAX, "UNMOOR_FAULT: there is no fault point '%s'", spec);

    struct armed *a = &armed[point];
    a->from = 1;
    char *at = strchr(action, '@');
    if (at) {
        *at = '\0';
        a->from = strtol(at + 1, NULL, 10);
    }
    if (strcmp(action, "crash") == 0)
        a->action = CRASH;
    else if (strcmp(action, "fail") == 0)
        a->action = FAIL;
    else if (strncmp(action, "delay:", 6) == 0 && (a->delay_ms = strtol(action + 6, NULL, 10)) > 0)
        a->action = DELAY;
    else
        return um_fail(err, UM_E_FAULT_SYNTAX,
                       "UNMOOR_FAULT: '%s' is none of crash, fail, delay:MILLISECONDS", action);
    return 0;
}

int um_fault_setup(struct um_err *err)
{
    const char *text = getenv("UNMOOR_FAULT");
    if (!text || !*text)
        return 0;
    char *copy = strdup(text), *rest = copy;
    int result = 0;
    for (char *spec; result == 0 && (spec = strsep(&rest, ",")) != NULL;)
        result = arm(spec, err);
    free(copy);
    return result;
}

int um_fault(enum um_fault_point point, struct um_err *err)
{
    struct armed *a = &armed[point];
    if (a->action == NOTHING)
        return 0;
    long reached = atomic_fetch_add(&a->reached, 1) + 1;
    if (a->action == DELAY && reached >= a->from)
        return um_sleep_us(a->delay_ms * 1000), 0;
    if (reached != a->from)
        return 0;
    if (a->action == CRASH)
        kill(getpid(), SIGKILL);
    return um_fail(err, UM_E_FAULT_INJECTED, "fault point %s", names[point]);
}
