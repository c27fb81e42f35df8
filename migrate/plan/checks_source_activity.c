#include "plan/check.h"

#include <stdlib.h>
#include <string.h>

/* What runs on the source right now and would make the lock wait, or spoil the snapshot. */

/* "41 (app, 37 s, updating)", and KILL for each. */
static void sessions_list(const struct um_sessions *s, struct um_list *seen, struct um_buf *mend)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct um_session *one = &s->items[i];
        char *age = um_seconds_text((double)one->seconds);
        um_list_add(seen, "%llu (%s, %s%s%s)", (unsigned long long)one->id, one->user, age,
                    *one->state ? ", " : "", one->state);
        free(age);
        if (i < UM_LIST_MAX)
            um_mend_line(mend, "KILL %llu;", (unsigned long long)one->id);
    }
}

static void check_sessions(struct um_plan *p, enum um_check_id id, const struct um_sessions *s,
                           const char *what)
{
    if (!s->known) {
        um_check_add(p, id, UM_WARN, um_strdup("not known"),
                     um_strdup("It can be seen once the account has the privilege asked for by "
                               "source.grant.process."));
        return;
    }
    if (s->count == 0) {
        um_check_pass(p, id, "none");
        return;
    }
    struct um_list seen = {0};
    struct um_buf mend = {0};
    um_mend_line(&mend, "Let them end, or end them:");
    sessions_list(s, &seen, &mend);
    char *list = um_list_end(&seen);
    um_check_add(p, id, UM_WARN, um_sprintf("%s %s", what, list), um_buf_take(&mend));
    free(list);
}

static void check_xa(struct um_plan *p, const struct um_source_facts *s)
{
    if (!s->xa_known) {
        um_check_add(p, UM_CHECK_XA, UM_WARN, um_strdup("not known"),
                     um_strdup("It can be seen once the account has the privilege asked for by "
                               "source.grant.xa_recover."));
        return;
    }
    if (s->xa.count == 0) {
        um_check_pass(p, UM_CHECK_XA, "none");
        return;
    }
    struct um_list seen = {0};
    struct um_buf mend = {0};
    um_mend_line(&mend, "Let their coordinator end them, or do by hand what it has decided:");
    for (size_t i = 0; i < s->xa.count; i++) {
        um_list_add(&seen, "%s", s->xa.items[i]);
        if (i < UM_LIST_MAX)
            um_mend_line(&mend, "XA COMMIT %s; or XA ROLLBACK %s;", s->xa.items[i], s->xa.items[i]);
    }
    um_check_add(p, UM_CHECK_XA, UM_WARN, um_list_end(&seen), um_buf_take(&mend));
}

void um_check_source_activity(struct um_plan *p, const struct um_facts *f)
{
    check_sessions(p, UM_CHECK_LONG_TRANSACTIONS, &f->source.transactions, "of session");
    check_sessions(p, UM_CHECK_LONG_QUERIES, &f->source.queries, "in session");
    check_xa(p, &f->source);
}
