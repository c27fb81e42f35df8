#include "plan/check.h"

#include <stdlib.h>

/* May the target's redo log be switched off: is the server one that may be lost? */

static void check_switch(const struct um_plan *p, const struct um_side *s, struct um_list *seen,
                         struct um_buf *mend)
{
    if (!um_server_has_redo_log_switch(s->server)) {
        char *name = um_server_name(&p->target);
        um_list_add(seen, "%s cannot switch it off", name);
        um_mend_line(mend, "Take copy.redo_log: off out of the configuration. Only MySQL 8.0.21 "
                           "and later can do that.");
        free(name);
        return;
    }
    static const char *const needed[] = {"INNODB_REDO_LOG_ENABLE", "SHOW DATABASES"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (um_side_may(s, needed[i], NULL, NULL))
            continue;
        um_list_add(seen, "missing: %s", needed[i]);
        um_mend_grant(mend, s, needed[i], NULL, NULL);
    }
}

/* A crash would lose what others have there as well. */
static void check_strangers(const struct um_target_facts *t, struct um_list *seen,
                            struct um_buf *mend)
{
    struct um_list names = {0};
    for (size_t i = 0; i < t->strangers.count; i++)
        um_list_add(&names, "%s", t->strangers.items[i]);
    char *list = um_list_end(&names);
    if (t->strangers.count)
        um_list_add(seen, "tables that this job has not made: %s", list);
    free(list);
    if (t->claim_count)
        um_list_add(seen, "the state of job '%s'", t->claims[0].job);
    if (t->strangers.count || t->claim_count)
        um_mend_line(mend, "Take copy.redo_log: off out of the configuration, or migrate to a "
                           "server that holds nothing else.");
}

static void check_off(struct um_plan *p, const struct um_target_facts *t)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    check_switch(p, &t->side, &seen, &mend);
    check_strangers(t, &seen, &mend);
    bool blocked = seen.count > 0;
    if (!blocked) {
        um_list_add(&seen, "off during the copy: a crash of the target meanwhile loses the whole "
                           "server, and the job begins anew on another one");
        um_mend_line(&mend, "Nothing, if nobody needs what the server holds before the copy is "
                            "done; else take copy.redo_log: off out of the configuration.");
    }
    um_check_add(p, UM_CHECK_REDO_LOG, blocked ? UM_BLOCK : UM_WARN, um_list_end(&seen),
                 um_buf_take(&mend));
}

void um_check_redo_log(struct um_plan *p, const struct um_facts *f)
{
    const struct um_target_facts *t = &f->target;
    if (f->config->copy.redo_log == UM_REDO_LOG_OFF && !f->following && !t->copy_is_over) {
        check_off(p, t);
    } else if (t->redo_log_off) {
        struct um_buf mend = {0};
        um_mend_line(&mend, "unmoor migrate switches it on, where it may. By hand:");
        um_mend_line(&mend, "ALTER INSTANCE ENABLE INNODB REDO_LOG;");
        um_check_add(p, UM_CHECK_REDO_LOG, UM_WARN,
                     um_strdup("off: a crash of the target loses all that it holds"),
                     um_buf_take(&mend));
    } else {
        um_check_pass(p, UM_CHECK_REDO_LOG, "on");
    }
}
