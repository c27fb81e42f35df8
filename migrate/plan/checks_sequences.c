#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/sequences.h"

/* Sequences of MariaDB: they are not migrated, and a table may need one. */

static void check_none_wanted(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    for (size_t i = 0; i < s->sequences.count; i++)
        um_list_add(&seen, "%s", s->sequences.items[i]);
    if (seen.count)
        um_check_add(p, UM_CHECK_TABLES_SEQUENCES, UM_BLOCK, um_list_end(&seen),
                     um_strdup("Name them in tables.exclude, and create them on the target at the "
                               "cutover: CREATE SEQUENCE … START WITH what NEXTVAL says then. One "
                               "that a column's default uses has to be there before the copy."));
    else
        um_check_pass(p, UM_CHECK_TABLES_SEQUENCES, "none");
}

/* ---- defaults ---- */

struct search {
    const struct um_facts *f;
    struct um_list seen;
    struct um_strv missing, schemas; /* each once; a sequence as "schema.name" */
    struct um_buf mend;
};

static bool is_on_target(const struct um_facts *f, const char *name)
{
    const struct um_strv *there = &f->target.sequences;
    bool any_case = um_variable_uint(&f->target.side.variables, "lower_case_table_names", 0) != 0;
    for (size_t i = 0; i < there->count; i++) {
        if ((any_case ? strcasecmp : strcmp)(there->items[i], name) == 0)
            return true;
    }
    return false;
}

/* As the source prints it, with the schema that it leaves out. */
static void create_line(struct search *s, const char *name)
{
    for (size_t i = 0; i < s->f->source.used_count; i++) {
        const struct um_sequence *q = &s->f->source.used[i];
        char *full = um_sprintf("%s.%s", q->schema, q->name);
        bool same = strcmp(full, name) == 0;
        free(full);
        if (!same)
            continue;
        if (!um_strv_has(&s->f->target.schemas, q->schema) &&
            !um_strv_has(&s->schemas, q->schema)) {
            um_strv_add(&s->schemas, q->schema);
            um_mend_line(&s->mend, "%s;", q->schema_sql);
        }
        um_mend_line(&s->mend, "%s;", q->create_sql);
    }
}

static void take_use(void *context, const struct um_table *t, const char *column,
                     const char *schema, const char *sequence)
{
    struct search *s = context;
    char *name = um_sprintf("%s.%s", schema, sequence);
    if (!is_on_target(s->f, name)) {
        um_list_add(&s->seen, "%s.%s.%s (%s)", t->schema, t->name, column, name);
        if (!um_strv_has(&s->missing, name)) {
            um_strv_add(&s->missing, name);
            create_line(s, name);
        }
    }
    free(name);
}

static void check_defaults(struct um_plan *p, const struct um_facts *f)
{
    struct search s = {.f = f};
    /* That another kind of server has no sequences at all is told by tables.target. */
    for (size_t i = 0; p->target.flavour == UM_MARIADB && i < p->tables.count; i++)
        um_sequence_uses(p->tables.items[i], take_use, &s);
    if (s.seen.count) {
        um_mend_line(&s.mend,
                     "On the target, before the copy. Unmoor does not keep them up to date: "
                     "at the cutover, SELECT SETVAL(…) to what NEXTVAL says on the source.");
        um_check_add(p, UM_CHECK_TABLES_SEQUENCE_DEFAULTS, UM_BLOCK, um_list_end(&s.seen),
                     um_buf_take(&s.mend));
    } else {
        um_check_pass(p, UM_CHECK_TABLES_SEQUENCE_DEFAULTS, "none is missing");
    }
    um_strv_clear(&s.missing);
    um_strv_clear(&s.schemas);
}

void um_check_sequences(struct um_plan *p, const struct um_facts *f)
{
    check_none_wanted(p, &f->source);
    check_defaults(p, f);
}
