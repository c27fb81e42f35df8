#include "plan/facts.h"
#include "throttle/look.h"

/* What throttles, looked at once: only what the configuration names. */

static void look(struct um_look *l, struct um_facts *f)
{
    struct um_source_facts *s = &f->source;
    struct um_reasons found = {0};
    struct um_err err = {0};
    int result = um_look_take(l, &found, &err);
    bool refused = result != 0 && !um_look_may_pass(&err);
    um_grow(&s->looks, &s->look_cap, s->look_count + 1, sizeof *s->looks);
    s->looks[s->look_count++] =
        (struct um_throttle_look){.name = um_strdup(l->name),
                                  .refused = refused,
                                  .lacks = l->lacks,
                                  .seen = refused          ? um_strdup(err.text)
                                          : found.text.len ? um_strdup(found.text.data)
                                                           : NULL};
    um_reasons_clear(&found);
}

void um_facts_throttle(struct um_facts *f)
{
    struct um_looks looks;
    um_looks_begin(&looks, f->config);
    for (size_t i = 0; i < looks.count; i++)
        look(&looks.items[i], f);
    um_looks_end(&looks);
}
