#include "base/clock.h"
#include "base/log.h"
#include "coordinator.h"
#include "cutover/owner.h"
#include "follow/follow.h"
#include "follow/hold.h"

/* A job between the cutovers: it is handed over, and goes on behind them or ends. */

/* On new connections: a cutover is when servers go away. */
static int is_handed_over(const struct um_config *config, bool *still, struct um_err *err)
{
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_hold_is_locked(c, config, still, err) : -1;
    um_conn_close(c);
    return result;
}

/* Asks again and again, through losses of either server. */
static int wait_until(const struct um_config *config, const char *what, bool whatever_it_takes,
                      int (*ask)(const struct um_config *, bool *, struct um_err *),
                      struct um_err *err)
{
    enum { LOOK_US = 500000 };
    int64_t reached = um_now_us();
    for (;;) {
        bool waiting = true;
        int result = ask(config, &waiting, err);
        if (result == 0 && !waiting)
            return 0;
        if (result == 0)
            reached = um_now_us();
        else if (!um_err_is_lost(err) ||
                 (!whatever_it_takes &&
                  um_now_us() - reached > config->follow.reconnect_timeout_us))
            return -1;
        if (um_sleep_us(LOOK_US) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while waiting for %s", what);
    }
}

/* Has nothing to wait for but servers that cannot be reached. */
static int check_owner(const struct um_config *config, bool *still, struct um_err *err)
{
    *still = false;
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_ownership_check(c, config, err) : -1;
    um_conn_close(c);
    return result;
}

int um_migrate(const struct um_config *config, const struct um_cli *cli, struct um_err *err)
{
    bool restart = cli->restart;
    for (;; restart = false) {
        int result = um_coordinator_run(config, cli, restart, err);
        if (result != UM_FOLLOW_HANDED_OVER)
            return result;
        um_info("The job is handed over to a cutover.");
        result = wait_until(config, "a cutover", false, is_handed_over, err);
        if (result == 0)
            result = wait_until(config, "both servers", false, check_owner, err);
        if (result != 0 && err->id == UM_E_CUTOVER_DONE) {
            um_info("The job is cut over: nothing is left to do.");
            return 0;
        }
        if (result != 0)
            return -1;
        um_info("The cutover has ended without taking the job.");
    }
}

static int is_not_owned(const struct um_config *config, bool *not_yet, struct um_err *err)
{
    struct um_ownership o = {0};
    struct um_conn *source = um_conn_open(&config->source, err);
    struct um_conn *target = source ? um_conn_open(&config->target, err) : NULL;
    int result = target ? um_ownership_read(source, target, config, &o, err) : -1;
    um_conn_close(source);
    um_conn_close(target);
    /* Before the first cutover nobody can tell the way back from the way there. */
    *not_yet = !o.term || !o.source_owns;
    return result;
}

static int check_armed(const struct um_config *config, struct um_err *err)
{
    struct um_state_data data;
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_state_load(c, config, false, &data, err) : -1;
    um_conn_close(c);
    if (result != 0)
        return -1;
    bool armed = data.exists && data.progress.exists;
    um_state_data_clear(&data);
    return armed ? 0
                 : um_fail(err, UM_E_REVERSE_NOT_ARMED,
                           "job '%s': the cutover has armed no way back", config->job);
}

int um_reverse(const struct um_config *config, const struct um_cli *cli, struct um_err *err)
{
    bool not_yet = true;
    if (is_not_owned(config, &not_yet, err) == 0 && not_yet)
        um_info("Waiting for the cutover of job '%s'.", config->job);
    if (wait_until(config, "the cutover", true, is_not_owned, err) != 0 ||
        check_armed(config, err) != 0)
        return -1;
    return um_migrate(config, cli, err);
}
