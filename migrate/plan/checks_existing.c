#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is already on the target under the names of the job. */

typedef int compare_names(const char *, const char *);

static compare_names *comparison(const struct um_facts *f)
{
    bool any_case = um_variable_uint(&f->target.side.variables, "lower_case_table_names", 0) != 0;
    return any_case ? strcasecmp : strcmp;
}

static bool there(const struct um_strv *names, compare_names *compare, const char *schema,
                  const char *name)
{
    size_t len = strlen(schema);
    for (size_t i = 0; i < names->count; i++) {
        const char *one = names->items[i];
        /* Name first: it differs sooner than the schema that all have in common. */
        if (strlen(one) > len && one[len] == '.' && compare(one + len + 1, name) == 0) {
            char *its_schema = um_memdup(one, len);
            bool same = compare(its_schema, schema) == 0;
            free(its_schema);
            if (same)
                return true;
        }
    }
    return false;
}

/* ---- copy.existing: empty keeps the definition, which must then fit ---- */

static const struct um_column *column_of(const struct um_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (strcasecmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return strcasecmp(a ? a : "", b ? b : "") == 0;
}

static bool same_charset(const char *a, const char *b)
{
    a = a && strcasecmp(a, "utf8") == 0 ? "utf8mb3" : a;
    b = b && strcasecmp(b, "utf8") == 0 ? "utf8mb3" : b;
    return same_text(a, b);
}

/* Does b hold every value of a, and give it back as it was? NULL when it does, else what differs.
 */
static const char *column_differs(const struct um_column *a, const struct um_column *b)
{
    if (a->generated != b->generated)
        return "generated on one side only";
    if (a->nullable && !b->nullable)
        return "NOT NULL on the target only";
    if (a->type == UM_T_JSON && b->type == UM_T_TEXT)
        return NULL;
    if (a->type != b->type || a->is_unsigned != b->is_unsigned)
        return "another type";
    if ((a->type == UM_T_ENUM || a->type == UM_T_SET) && !same_text(a->column_type, b->column_type))
        return "other members";
    if (a->length > b->length || a->precision != b->precision || a->scale != b->scale ||
        a->fsp != b->fsp || a->fixed_scale != b->fixed_scale)
        return "another length or precision";
    if (!same_charset(a->charset, b->charset))
        return "another character set";
    return NULL;
}

static void table_differs(const struct um_table *source, const struct um_table *target,
                          struct um_list *out)
{
    const char *schema = source->schema, *name = source->name;
    for (size_t i = 0; i < source->column_count; i++) {
        const struct um_column *a = &source->columns[i], *b = column_of(target, a->name);
        const char *what = b ? column_differs(a, b) : "not on the target";
        if (what)
            um_list_add(out, "%s.%s.%s (%s)", schema, name, a->name, what);
    }
    for (size_t i = 0; i < target->column_count; i++) {
        if (!column_of(source, target->columns[i].name))
            um_list_add(out, "%s.%s.%s (not on the source)", schema, name, target->columns[i].name);
    }
    if (target->engine && strcasecmp(target->engine, "InnoDB") != 0)
        um_list_add(out, "%s.%s (engine %s)", schema, name, target->engine);
}

static bool is_own(const struct um_facts *f, const char *schema, const char *name)
{
    return um_facts_is_member(f, schema, name) || (f->own && there(f->own, strcmp, schema, name));
}

/* Triggers come with their table, others with their schema. */
static bool is_own_object(const struct um_plan *p, const struct um_facts *f,
                          const struct um_object *o)
{
    if (!f->adding)
        return is_own(f, o->schema, o->name);
    if (o->kind == UM_OBJ_TRIGGER)
        return is_own(f, o->schema, o->table);
    bool own = false;
    for (size_t i = 0; !own && i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        own = strcmp(t->schema, o->schema) == 0 && is_own(f, t->schema, t->name);
    }
    return own;
}

static const struct um_table *table_there(const struct um_facts *f, compare_names *compare,
                                          const struct um_table *t)
{
    for (size_t i = 0; i < f->target.tables.count; i++) {
        const struct um_table *one = f->target.tables.items[i];
        if (compare(one->name, t->name) == 0 && compare(one->schema, t->schema) == 0)
            return one;
    }
    return NULL;
}

static bool definitions_fit(struct um_plan *p, const struct um_facts *f, compare_names *compare)
{
    struct um_list differ = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i], *on_target = table_there(f, compare, t);
        if (on_target && !is_own(f, t->schema, t->name))
            table_differs(t, on_target, &differ);
    }
    if (differ.count == 0)
        return true;
    char *list = um_list_end(&differ);
    um_check_add(p, UM_CHECK_EXISTING, UM_BLOCK,
                 um_sprintf("copy.existing is empty, and these differ: %s", list),
                 um_strdup("Give the tables on the target the definition that they have on the "
                           "source, or set copy.existing to drop."));
    free(list);
    return false;
}

/* ---- the check ---- */

/* Names that are taken, and DROP for each of them. */
static void taken_tables(const struct um_plan *p, const struct um_facts *f, compare_names *compare,
                         struct um_list *seen, struct um_buf *mend)
{
    bool keys = false;
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (!there(&f->target.relations, compare, t->schema, t->name) ||
            is_own(f, t->schema, t->name))
            continue;
        /* A parent cannot be dropped before its children otherwise. */
        if (t->foreign_key_count && !keys) {
            struct um_buf first = {0};
            um_mend_line(&first, "SET SESSION foreign_key_checks = 0;");
            if (mend->len)
                um_mend_line(&first, "%s", mend->data);
            um_buf_free(mend);
            *mend = first;
            keys = true;
        }
        um_list_add(seen, "%s.%s", t->schema, t->name);
        if (seen->count <= UM_LIST_MAX) {
            struct um_buf name = {0};
            um_quote_table(&name, t->schema, t->name);
            um_mend_line(mend, "DROP TABLE %s;", name.data);
            um_buf_free(&name);
        }
    }
}

static void taken_objects(const struct um_plan *p, const struct um_facts *f, compare_names *compare,
                          struct um_list *seen, struct um_buf *mend)
{
    for (size_t i = 0; i < p->objects.count; i++) {
        const struct um_object *o = &p->objects.items[i];
        bool taken = o->kind == UM_OBJ_VIEW
                         ? there(&f->target.views, compare, o->schema, o->name)
                         : there(&f->target.objects, strcasecmp, o->schema, o->name);
        if (!taken || is_own_object(p, f, o))
            continue;
        um_list_add(seen, "%s.%s", o->schema, o->name);
        /* A trigger goes with its table. */
        bool gone = o->kind == UM_OBJ_TRIGGER && o->table &&
                    there(&f->target.relations, compare, o->schema, o->table);
        if (seen->count <= UM_LIST_MAX && !gone) {
            struct um_buf name = {0};
            um_quote_table(&name, o->schema, o->name);
            um_mend_line(mend, "DROP %s %s;", um_object_kind_name(o->kind), name.data);
            um_buf_free(&name);
        }
    }
}

/* A view where a table is to be, or the other way round: no setting covers that. */
static bool wrong_kinds(struct um_plan *p, const struct um_facts *f, compare_names *compare)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (!there(&f->target.views, compare, t->schema, t->name) ||
            um_facts_is_member(f, t->schema, t->name))
            continue;
        um_list_add(&seen, "%s.%s is a view", t->schema, t->name);
        um_mend_line(&mend, "DROP VIEW ");
        um_quote_table(&mend, t->schema, t->name);
        um_buf_char(&mend, ';');
    }
    for (size_t i = 0; i < p->objects.count; i++) {
        const struct um_object *o = &p->objects.items[i];
        if (o->kind != UM_OBJ_VIEW || !there(&f->target.relations, compare, o->schema, o->name) ||
            (f->adding && is_own_object(p, f, o)))
            continue;
        um_list_add(&seen, "%s.%s is a table", o->schema, o->name);
        um_mend_line(&mend, "DROP TABLE ");
        um_quote_table(&mend, o->schema, o->name);
        um_buf_char(&mend, ';');
    }
    if (seen.count == 0)
        return false;
    um_mend_line(&mend, "On the target, once you are sure.");
    um_check_add(p, UM_CHECK_EXISTING, UM_BLOCK, um_list_end(&seen), um_buf_take(&mend));
    return true;
}

static void check_existing(struct um_plan *p, const struct um_facts *f, compare_names *compare)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    /* Of a job that is resumed they are its own. */
    if ((p->resuming && !p->adding) || wrong_kinds(p, f, compare))
        return;
    taken_tables(p, f, compare, &seen, &mend);
    bool tables = seen.count > 0;
    taken_objects(p, f, compare, &seen, &mend);
    size_t count = seen.count;
    char *list = um_list_end(&seen);
    if (count == 0) {
        um_check_pass(p, UM_CHECK_EXISTING, "nothing is there");
    } else if (f->config->copy.existing == UM_EXISTING_REFUSE) {
        um_mend_line(&mend, "On the target, once you are sure. Or set copy.existing to drop or "
                            "empty.");
        um_check_add(p, UM_CHECK_EXISTING, UM_BLOCK, um_sprintf("there already: %s", list),
                     um_buf_take(&mend));
    } else if (f->config->copy.existing == UM_EXISTING_DROP || definitions_fit(p, f, compare)) {
        bool drop = f->config->copy.existing == UM_EXISTING_DROP;
        um_check_add(
            p, UM_CHECK_EXISTING, UM_WARN,
            um_sprintf("will be %s: %s",
                       drop ? "dropped and made anew"
                            : (tables ? "emptied (tables) and replaced (the rest)" : "replaced"),
                       list),
            um_strdup("Nothing, if their contents on the target may go. Otherwise stop "
                      "here, and save or rename them."));
    }
    um_buf_free(&mend);
    free(list);
}

/* ---- other jobs ---- */

static bool is_wanted(const struct um_plan *p, const struct um_claim *c, compare_names *compare)
{
    for (size_t i = 0; i < p->tables.count; i++) {
        if (compare(p->tables.items[i]->name, c->table) == 0 &&
            compare(p->tables.items[i]->schema, c->schema) == 0)
            return true;
    }
    return false;
}

/* Whether the other job runs now is all the same: it could go on tomorrow. */
static void check_other_jobs(struct um_plan *p, const struct um_facts *f, compare_names *compare)
{
    struct um_list seen = {0};
    struct um_strv jobs = {0};
    for (size_t i = 0; i < f->target.claim_count; i++) {
        const struct um_claim *c = &f->target.claims[i];
        if (!is_wanted(p, c, compare) || um_facts_is_member(f, c->schema, c->table))
            continue;
        um_list_add(&seen, "%s.%s (job '%s')", c->schema, c->table, c->job);
        if (!um_strv_has(&jobs, c->job))
            um_strv_add(&jobs, c->job);
    }
    if (seen.count == 0) {
        um_check_pass(p, UM_CHECK_OTHER_JOB, "none");
        return;
    }
    struct um_buf mend = {0};
    um_mend_line(&mend,
                 "Name them in tables.exclude. Or, if that job is done with for good, remove "
                 "its state:");
    for (size_t i = 0; i < jobs.count; i++)
        um_mend_line(&mend, "unmoor cleanup --job %s -c FILE", jobs.items[i]);
    um_check_add(p, UM_CHECK_OTHER_JOB, UM_BLOCK, um_list_end(&seen), um_buf_take(&mend));
    um_strv_clear(&jobs);
}

void um_check_existing(struct um_plan *p, const struct um_facts *f)
{
    compare_names *compare = comparison(f);
    check_existing(p, f, compare);
    check_other_jobs(p, f, compare);
}
