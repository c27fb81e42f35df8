#include "catch_up.h"

#include "base/clock.h"
#include "mysql/server.h"
#include "state/state.h"

enum { LOOK_US = 50000 };

static int look(const struct um_config *config, struct um_conn *target,
                const struct um_position *goal, bool *reached, bool *running, struct um_err *err)
{
    uint64_t held = 0;
    /* The lock first: who has it until then has recorded what it applied. */
    if (um_query_uint(target, &held, err, "SELECT IS_USED_LOCK('unmoor.%s') IS NOT NULL",
                      config->job) != 0)
        return -1;
    struct um_position at = {0};
    if (um_state_load_position(target, config, &at, err) != 0)
        return -1;
    *running = held;
    *reached = um_position_reached(&at, goal);
    um_position_clear(&at);
    return 0;
}

int um_catch_up(const struct um_config *config, struct um_conn *source, struct um_conn *target,
                struct um_err *err)
{
    struct um_position goal = {0};
    bool reached = false, running = true;
    int result = um_server_position(source, &goal, err);
    while (result == 0 && !reached) {
        result = look(config, target, &goal, &reached, &running, err);
        if (result == 0 && !reached && !running)
            result = um_fail(err, UM_E_VERIFY_NOT_FOLLOWED,
                             "job '%s': no migration applies what the source has committed",
                             config->job);
        if (result == 0 && !reached && um_sleep_us(LOOK_US) != 0)
            result = um_fail(err, UM_E_STOPPED, "the verification was asked to stop");
    }
    um_position_clear(&goal);
    return result;
}
