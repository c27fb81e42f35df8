#include "cutover/owner.h"

#include "config/reversed.h"

static void judge(const struct um_cutover *there, const struct um_cutover *back,
                  struct um_ownership *out)
{
    bool last_is_back = back->exists && (!there->exists || back->term > there->term);
    const struct um_cutover *last = last_is_back ? back : there;
    out->term = last->term;
    out->other_way = last_is_back;
    if (!last->exists) {
        out->source_owns = true;
        return;
    }
    bool over = last->state == UM_CUTOVER_DONE;
    bool retreated = last->state == UM_CUTOVER_IDLE;
    out->under_way = !over && !retreated;
    /* Who retreats gives the writes back to where they were. */
    out->target_owns = last_is_back ? retreated : over;
    out->source_owns = last_is_back ? over : retreated;
}

int um_ownership_read(struct um_conn *source, struct um_conn *target,
                      const struct um_config *config, struct um_ownership *out, struct um_err *err)
{
    struct um_config reversed = um_config_reversed(config);
    struct um_cutover there = {0}, back = {0};
    *out = (struct um_ownership){0};
    int result = um_cutover_read(target, config, &there, err);
    if (result == 0)
        result = um_cutover_read(source, &reversed, &back, err);
    if (result == 0)
        judge(&there, &back, out);
    um_cutover_clear(&there);
    um_cutover_clear(&back);
    return result;
}

/* Beside a cutover that was left alone before its target may have been opened, its own direction
   may go on: what it applies will have to be there in any case. */
static bool may_apply(const struct um_ownership *o, const struct um_cutover *there)
{
    return o->source_owns || (o->under_way && !o->other_way && there->state != UM_CUTOVER_OPENING);
}

int um_ownership_check(struct um_conn *target, const struct um_config *config, struct um_err *err)
{
    struct um_conn *source = um_conn_open(&config->source, err);
    struct um_ownership o;
    struct um_cutover there = {0};
    int result = source ? um_ownership_read(source, target, config, &o, err) : -1;
    if (result == 0)
        result = um_cutover_read(target, config, &there, err);
    um_conn_close(source);
    bool may = result == 0 && may_apply(&o, &there);
    um_cutover_clear(&there);
    if (result != 0 || may)
        return result;
    if (o.target_owns)
        return um_fail(err, UM_E_CUTOVER_DONE,
                       "job '%s': the %s owns the application's writes since the cutover of term "
                       "%llu, and nothing is applied to it any more",
                       config->job, config->target.side, (unsigned long long)o.term);
    return um_fail(err, UM_E_CUTOVER_UNDER_WAY,
                   "job '%s': a cutover (term %llu) was begun and is not over", config->job,
                   (unsigned long long)o.term);
}
