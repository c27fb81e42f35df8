#include "verify_resume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "checksum/row_hash.h"
#include "job/job.h"

/* What was recorded of a table, and what is added to it. */
struct resumed_table {
    struct um_state_verified *parts; /* of earlier verifications: borrowed */
    size_t part_count;
    struct um_state_verified now;
    bool recorded, anything; /* it can be; there is a part of this verification */
    size_t *again_part;      /* by number of the range: the part that has it … */
    size_t *again_line;      /* … and its place there */
    size_t again_count;
    struct um_verified last; /* as recorded */
    bool *again_done;
};

struct um_verify_resume {
    struct um_conn *control;
    const struct um_config *config;
    char *origin;
    struct um_state_verifieds found;
    struct um_state_standings standings; /* before both sides were brought to one position … */
    struct um_state_standings then;      /* … and behind that, on the way to which DDL may lie */
    struct resumed_table *tables;
    size_t count;
};

struct um_verify_resume *um_verify_resume_new(struct um_conn *control,
                                              const struct um_config *config, const char *origin,
                                              bool go_on, struct um_err *err)
{
    struct um_verify_resume *r = um_alloc(sizeof *r);
    r->control = control;
    r->config = config;
    r->origin = um_strdup(origin);
    int result = go_on ? um_state_load_verified(control, config, &r->found, err)
                       : um_state_forget_verified(control, config, NULL, NULL, err);
    if (result == 0)
        result = um_state_load_standings(control, config, &r->standings, err);
    if (result == 0 && go_on && r->found.count == 0)
        um_info("There is no verification to go on with: all is compared.");
    if (result == 0)
        return r;
    um_verify_resume_delete(r);
    return NULL;
}

void um_verify_resume_delete(struct um_verify_resume *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        um_state_verified_clear(&r->tables[i].now);
        um_verified_clear(&r->tables[i].last);
        free(r->tables[i].again_part);
        free(r->tables[i].again_line);
        free(r->tables[i].again_done);
    }
    free(r->tables);
    um_state_verifieds_clear(&r->found);
    um_state_standings_clear(&r->standings);
    um_state_standings_clear(&r->then);
    free(r->origin);
    free(r);
}

/* ---- the recorded texts ---- */

static void print_differing(const struct um_damage *d, struct um_buf *out)
{
    um_buf_str(out, "");
    for (size_t i = 0; i < d->range_count; i++) {
        um_bound_print(&d->ranges[i].lo, out);
        um_buf_char(out, '\n');
        um_bound_print(&d->ranges[i].hi, out);
        um_buf_char(out, '\n');
    }
}

static int next_bound(const char **text, struct um_bound *out, struct um_err *err)
{
    size_t len = strcspn(*text, "\n");
    char *line = um_memdup(*text, len);
    int result = um_bound_parse(line, out, err);
    *text += len + ((*text)[len] != '\0');
    free(line);
    return result;
}

static int parse_differing(const char *text, struct um_damage *out, struct um_err *err)
{
    int result = 0;
    while (result == 0 && *text) {
        struct um_bound lo = {0}, hi = {0};
        result = next_bound(&text, &lo, err);
        if (result == 0)
            result = next_bound(&text, &hi, err);
        if (result == 0)
            um_damage_add_range(out, &lo, &hi);
        um_bound_clear(&lo);
        um_bound_clear(&hi);
    }
    return result;
}

static char *take_text(struct um_buf *b)
{
    um_buf_str(b, "");
    return um_buf_take(b);
}

/* ---- beginning ---- */

static void digest(const struct um_verify_table *pair, char out[33])
{
    char *source = um_job_fingerprint(pair->source->create_sql);
    char *target = um_job_fingerprint(pair->target->create_sql);
    const char *const texts[] = {source, target};
    const unsigned long lengths[] = {strlen(source), strlen(target)};
    struct um_row_hasher *hasher = um_row_hasher_new();
    struct um_row_hash hash = um_row_hash(hasher, texts, lengths, 2);
    um_row_hasher_delete(hasher);
    snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
    free(source);
    free(target);
}

static void find_parts(struct um_verify_resume *r, const struct um_verify_table *pair,
                       struct resumed_table *t)
{
    for (size_t i = 0; i < r->found.count; i++) {
        struct um_state_verified *v = &r->found.items[i];
        if (strcmp(v->schema, pair->source->schema) != 0 ||
            strcmp(v->name, pair->source->name) != 0)
            continue;
        if (!t->parts)
            t->parts = v;
        t->part_count++;
    }
}

/* NULL: what the parts tell still holds. */
static const char *why_not(const struct resumed_table *t)
{
    for (size_t i = 0; i < t->part_count; i++) {
        const struct um_state_verified *v = &t->parts[i];
        if (v->generation != t->now.generation || strcmp(v->definition, t->now.definition) != 0)
            return "the table was altered, or copied again, since";
        if (v->conflicts != t->now.conflicts)
            return "a change of it was overwritten or passed over since";
    }
    return NULL;
}

static int take_again(struct resumed_table *t, size_t part, struct um_resume *out,
                      struct um_err *err)
{
    size_t first = out->again.range_count;
    if (parse_differing(t->parts[part].differing, &out->again, err) != 0)
        return -1;
    t->again_count = out->again.range_count;
    t->again_part = um_realloc(t->again_part, (t->again_count + 1) * sizeof *t->again_part);
    t->again_line = um_realloc(t->again_line, (t->again_count + 1) * sizeof *t->again_line);
    for (size_t i = first; i < t->again_count; i++) {
        t->again_part[i] = part;
        t->again_line[i] = i - first;
    }
    return 0;
}

static int take_parts(struct resumed_table *t, struct um_resume *out, struct um_err *err)
{
    for (size_t i = 0; i < t->part_count; i++) {
        const struct um_state_verified *v = &t->parts[i];
        if (take_again(t, i, out, err) != 0)
            return -1;
        if (!*v->hi) /* it has compared again what was left, and no more */
            continue;
        um_bound_clear(&out->hi);
        if (um_bound_parse(v->hi, &out->hi, err) != 0)
            return -1;
        out->whole = um_bound_open(&out->hi);
    }
    t->again_done = um_alloc_array(t->again_count + 1, sizeof *t->again_done);
    return 0;
}

/* NULL: it is another one by now than it was, so nothing can be recorded of it. */
static const struct um_state_standing *standing_of(const struct um_verify_resume *r,
                                                   const struct um_verify_table *pair)
{
    const char *schema = pair->source->schema, *name = pair->source->name;
    const struct um_state_standing *before = um_state_standing(&r->standings, schema, name);
    const struct um_state_standing *then = um_state_standing(&r->then, schema, name);
    bool same = before && then && before->generation == then->generation &&
                before->conflicts == then->conflicts;
    return same ? before : NULL;
}

static int begin_table(struct um_verify_resume *r, const struct um_verify_table *pair,
                       struct resumed_table *t, const struct um_position *at, struct um_resume *out,
                       struct um_err *err)
{
    const struct um_state_standing *s = standing_of(r, pair);
    find_parts(r, pair, t);
    t->recorded = s && pair->target;
    if (t->recorded) {
        digest(pair, t->now.definition);
        t->now.generation = s->generation;
        t->now.conflicts = s->conflicts;
    }
    const char *why = t->recorded ? why_not(t) : "it is being altered, or copied again";
    if (t->part_count && why) {
        um_info("`%s`.`%s` is compared from its beginning: %s.", pair->source->schema,
                pair->source->name, why);
        t->parts = NULL;
        t->part_count = 0;
        if (um_state_forget_verified(r->control, r->config, pair->source->schema,
                                     pair->source->name, err) != 0)
            return -1;
    }
    t->now.schema = um_strdup(pair->source->schema);
    t->now.name = um_strdup(pair->source->name);
    t->now.part = t->part_count ? t->parts[t->part_count - 1].part + 1 : 1;
    t->now.at_or_later = r->config->verify.lock == UM_VERIFY_LOCK_NEVER;
    um_position_copy(&t->now.at, at);
    return take_parts(t, out, err);
}

int um_verify_resume_begin(struct um_verify_resume *r, const struct um_verify_table *pairs,
                           size_t count, const struct um_position *at, struct um_resume *out,
                           struct um_err *err)
{
    r->tables = um_alloc_array(count + 1, sizeof *r->tables);
    r->count = count;
    if (um_state_load_standings(r->control, r->config, &r->then, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (begin_table(r, &pairs[i], &r->tables[i], at, &out[i], err) != 0)
            return -1;
    }
    return 0;
}

/* ---- recording ---- */

/* The part loses those of its ranges that were compared again, which it had found to differ. */
static int leave_again(struct resumed_table *t, size_t part, const bool *again_done,
                       struct um_err *err)
{
    struct um_state_verified *v = &t->parts[part];
    struct um_damage before = {0}, left = {0};
    struct um_buf text = {0};
    uint64_t settled = 0;
    if (parse_differing(v->differing, &before, err) != 0) {
        um_damage_clear(&before);
        return -1;
    }
    size_t line = 0;
    for (size_t i = 0; i < t->again_count; i++) {
        if (t->again_part[i] != part || t->again_done[i])
            continue;
        if (again_done[i])
            settled++;
        else
            um_damage_add_range(&left, &before.ranges[line].lo, &before.ranges[line].hi);
        line++;
    }
    v->settled += settled;
    print_differing(&left, &text);
    free(v->differing);
    v->differing = take_text(&text);
    um_damage_clear(&before);
    um_damage_clear(&left);
    return 0;
}

static bool part_changed(const struct resumed_table *t, size_t part, const bool *again_done)
{
    for (size_t i = 0; i < t->again_count; i++) {
        if (t->again_part[i] == part && again_done[i] && !t->again_done[i])
            return true;
    }
    return false;
}

/* As it is now, in the state's form. The mark of a part that has not moved it is not told. */
static void take_now(struct resumed_table *t, const struct um_verified *now)
{
    struct um_buf hi = {0}, differing = {0};
    bool moved = now->whole || !um_bound_open(&now->hi);
    if (moved)
        um_bound_print(&now->hi, &hi);
    print_differing(&now->differing, &differing);
    free(t->now.hi);
    free(t->now.differing);
    t->now.hi = take_text(&hi);
    t->now.differing = take_text(&differing);
    t->now.chunks = now->chunks;
    t->now.rows_source = now->rows[0];
    t->now.rows_target = now->rows[1];
    t->anything = true;
}

int um_verify_resume_record(struct um_verify_resume *r, size_t table, const struct um_verified *now,
                            const bool *again_done, struct um_err *err)
{
    struct resumed_table *t = &r->tables[table];
    if (!t->recorded)
        return 0;
    struct um_state_verified *rows = um_alloc_array(t->part_count + 1, sizeof *rows);
    size_t count = 0;
    bool there = false;
    int result = 0;
    take_now(t, now);
    rows[count++] = t->now;
    for (size_t i = 0; result == 0 && i < t->part_count; i++) {
        if (!part_changed(t, i, again_done))
            continue;
        result = leave_again(t, i, again_done, err);
        rows[count++] = t->parts[i];
    }
    for (size_t i = 0; i < t->again_count; i++)
        t->again_done[i] = again_done[i];
    if (result == 0)
        result = um_state_put_verified(r->control, r->config, r->origin, rows, count, &there, err);
    if (result == 0 && !there)
        result = um_fail(err, UM_E_VERIFY_OTHER_JOB, "job '%s' is not the one that was there",
                         r->config->job);
    free(rows);
    return result;
}

/* ---- the end ---- */

static void add_part(struct um_table_report *t, const struct um_state_verified *v)
{
    struct um_part_report *p = &t->parts[t->part_count++];
    *p = (struct um_part_report){.at_or_later = v->at_or_later,
                                 .chunks = v->chunks,
                                 .rows_source = v->rows_source,
                                 .rows_target = v->rows_target,
                                 .settled = v->settled};
    um_position_copy(&p->at, &v->at);
    t->chunks += v->chunks;
    t->rows_source += v->rows_source;
    t->rows_target += v->rows_target;
}

/* All of what an earlier part had left is compared again by now, recorded or not. */
static void settle_parts(struct resumed_table *t)
{
    for (size_t i = 0; i < t->again_count; i++)
        t->parts[t->again_part[i]].settled += !t->again_done[i];
}

void um_verify_resume_end(struct um_verify_resume *r, struct um_verify_report *report)
{
    for (size_t i = 0; i < r->count; i++) {
        struct resumed_table *t = &r->tables[i];
        struct um_table_report *to = &report->tables[i];
        if (!t->part_count)
            continue;
        settle_parts(t);
        to->parts = um_alloc_array(t->part_count + 1, sizeof *to->parts);
        struct um_part_report rest = {.at_or_later = t->now.at_or_later,
                                      .chunks = to->chunks,
                                      .rows_source = to->rows_source,
                                      .rows_target = to->rows_target};
        for (size_t k = 0; k < t->part_count; k++)
            add_part(to, &t->parts[k]);
        if (rest.chunks) {
            um_position_copy(&rest.at, &t->now.at);
            to->parts[to->part_count++] = rest;
        }
    }
    struct um_err err = {0};
    if (um_state_forget_verified(r->control, r->config, NULL, NULL, &err) != 0)
        um_warn("%s. What the verification had recorded stays in %s.job_verified.", err.text,
                r->config->state.schema);
}
