#include "plan/check.h"

#include <stdlib.h>

/* What the section throttle names: can it be looked at, and would the copy wait for it now? */

static void check_refused(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < s->look_count; i++) {
        const struct um_throttle_look *l = &s->looks[i];
        if (!l->refused)
            continue;
        um_list_add(&seen, "%s", l->seen);
        if (l->lacks) {
            um_mend_line(&mend, "On %s:", l->name);
            um_mend_grant(&mend, &s->side, l->lacks, NULL, NULL);
        } else {
            um_mend_line(&mend,
                         "Mend it on %s, or correct the section throttle of the configuration.",
                         l->name);
        }
    }
    um_check_add(p, UM_CHECK_THROTTLE, UM_BLOCK, um_list_end(&seen), um_buf_take(&mend));
}

void um_check_throttle(struct um_plan *p, const struct um_facts *f)
{
    const struct um_source_facts *s = &f->source;
    struct um_list waits = {0};
    for (size_t i = 0; i < s->look_count; i++) {
        if (s->looks[i].refused) {
            um_buf_free(&waits.text);
            check_refused(p, s);
            return;
        }
        if (s->looks[i].seen)
            um_list_add(&waits, "%s", s->looks[i].seen);
    }
    if (waits.count)
        um_check_add(p, UM_CHECK_THROTTLE, UM_WARN, um_list_end(&waits),
                     um_strdup("If it does not pass by itself, see to it, or change the section "
                               "throttle of the configuration: the copy would wait."));
    else
        um_check_pass(p, UM_CHECK_THROTTLE, "%s",
                      s->look_count ? "nothing to wait for" : "no server is asked");
}
