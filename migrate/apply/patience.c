#include "apply/patience.h"

#include "base/log.h"
#include "mysql/conn.h"

enum {
    ATTEMPTS = 20,
    LEAST_US = 10000000, /* a lock is waited for, whatever the limit */
    MOMENT_US = 2000000,
    QUIET_US = 30000000,
};

struct um_patience um_patience_begin(void)
{
    return (struct um_patience){.pause = {.first_us = 1000, .max_us = 200000},
                                .since_us = um_now_us()};
}

/* The workers' own encounters are over in a moment; what lasts is somebody else's. */
static void warn_of_lock(const struct um_patience *p, int64_t *next_warning,
                         const struct um_err *err)
{
    int64_t now = um_now_us();
    if (now - p->since_us < MOMENT_US || now < *next_warning)
        return;
    *next_warning = now + QUIET_US;
    um_warn("%s. Another session of the target holds a lock there; the change is tried again.",
            err->text);
}

bool um_patience_lasts(struct um_patience *p, int64_t limit_us, int64_t *next_warning,
                       const struct um_err *err)
{
    bool locked = um_err_is_retryable(err);
    if (++p->attempt == ATTEMPTS ||
        (locked && um_now_us() - p->since_us > (limit_us > LEAST_US ? limit_us : LEAST_US)))
        return false;
    if (locked)
        warn_of_lock(p, next_warning, err);
    return true;
}
