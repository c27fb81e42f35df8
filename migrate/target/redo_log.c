#include "target/redo_log.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "mysql/server.h"

static int switch_on(const struct um_config *config, bool *seen_off, struct um_err *err)
{
    bool on = true;
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_server_redo_log(c, &on, err) : -1;
    if (result == 0 && !on)
        result = um_fault(UM_FAULT_TARGET_BEFORE_REDO_LOG_ON, err);
    if (result == 0 && !on)
        result = um_exec(c, err, "ALTER INSTANCE ENABLE INNODB REDO_LOG");
    um_conn_close(c);
    *seen_off = !on;
    if (result == 0 && !on)
        um_info("InnoDB's redo log of the target is on again.");
    return result == 0 ? 0 : um_fail_in(err, "switching the target's redo log on");
}

static void warn_of_it(const struct um_err *err, bool seen_off)
{
    um_warn("%s. It %s still off, and a crash of that server then loses all that it holds. Run "
            "there: ALTER INSTANCE ENABLE INNODB REDO_LOG",
            err->text, seen_off ? "is" : "may be");
}

int um_redo_log_on(const struct um_config *config, struct um_err *err)
{
    enum { ACCESS_DENIED = 1227 };
    struct um_backoff pause = {.first_us = 200000, .max_us = 5000000};
    int64_t give_up = um_now_us() + config->follow.reconnect_timeout_us;
    bool seen_off;
    while (switch_on(config, &seen_off, err) != 0) {
        if (config->copy.redo_log == UM_REDO_LOG_ON && err->server_code == ACCESS_DENIED) {
            warn_of_it(err, seen_off);
            um_err_clear(err);
            return 0;
        }
        if (!um_err_is_lost(err) || um_now_us() > give_up ||
            um_sleep_us(um_backoff_next(&pause)) != 0)
            return -1;
    }
    return 0;
}

static int switch_off(const struct um_config *config, struct um_err *err)
{
    bool on = false;
    struct um_conn *c = um_conn_open(&config->target, err);
    int result = c ? um_server_redo_log(c, &on, err) : -1;
    if (result == 0 && on)
        result = um_exec(c, err, "ALTER INSTANCE DISABLE INNODB REDO_LOG");
    um_conn_close(c);
    if (result != 0)
        return um_fail_in(err, "switching the target's redo log off");
    um_warn("InnoDB's redo log of the target is off while rows are copied (copy.redo_log): a crash "
            "of that server loses all that it holds.");
    return um_fault(UM_FAULT_TARGET_REDO_LOG_OFF, err);
}

int um_redo_log_begin(const struct um_config *config, struct um_err *err)
{
    return config->copy.redo_log == UM_REDO_LOG_OFF ? switch_off(config, err)
                                                    : um_redo_log_on(config, err);
}

void um_redo_log_leave(const struct um_config *config)
{
    struct um_err err = {0};
    bool seen_off;
    if (switch_on(config, &seen_off, &err) != 0)
        warn_of_it(&err, seen_off);
}
