#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "target/target_tables.h"

struct um_present {
    struct um_strv *indexes, *foreign_keys; /* by the job's tables */
    size_t count;
};

void um_present_delete(struct um_present *p)
{
    for (size_t i = 0; p && i < p->count; i++) {
        um_strv_clear(&p->indexes[i]);
        um_strv_clear(&p->foreign_keys[i]);
    }
    if (p) {
        free(p->indexes);
        free(p->foreign_keys);
    }
    free(p);
}

struct reading {
    struct um_job_table **sorted; /* by their names on the target */
    size_t count;
    struct um_conn *ddl;
    struct um_present *out;
};

static int read_names(const struct reading *r, const char *schema, bool foreign, struct um_err *err)
{
    struct um_buf quoted = {0};
    um_quote_text(&quoted, schema);
    struct um_resultset *rows = um_query(
        r->ddl, err,
        foreign ? "SELECT table_name, constraint_name FROM information_schema.table_constraints "
                  "WHERE table_schema=%s AND constraint_type='FOREIGN KEY'"
                : "SELECT table_name, index_name FROM information_schema.statistics "
                  "WHERE table_schema=%s AND seq_in_index=1",
        quoted.data);
    um_buf_free(&quoted);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        struct um_job_table **t = um_target_find(r->sorted, r->count, schema, v[0]);
        if (t)
            um_strv_add(&(foreign ? r->out->foreign_keys : r->out->indexes)[(*t)->index], v[1]);
    }
    um_result_close(rows);
    return more;
}

struct um_present *um_present_read(const struct um_job *job, struct um_conn *ddl,
                                   struct um_err *err)
{
    struct um_present *p = um_alloc(sizeof *p);
    p->count = job->table_count;
    p->indexes = um_alloc_array(p->count + 1, sizeof *p->indexes);
    p->foreign_keys = um_alloc_array(p->count + 1, sizeof *p->foreign_keys);
    struct reading r = {.ddl = ddl, .out = p, .count = p->count};
    r.sorted = um_alloc_array(p->count + 1, sizeof(struct um_job_table *));
    for (size_t i = 0; i < p->count; i++)
        r.sorted[i] = &job->tables[i];
    qsort(r.sorted, r.count, sizeof *r.sorted, um_target_by_name);
    int result = 0;
    for (size_t i = 0; result == 0 && i < r.count; i++) {
        const char *schema = r.sorted[i]->target_schema;
        if (i && strcmp(schema, r.sorted[i - 1]->target_schema) == 0)
            continue;
        if (read_names(&r, schema, false, err) != 0 || read_names(&r, schema, true, err) != 0)
            result = -1;
    }
    free(r.sorted);
    if (result != 0) {
        um_present_delete(p);
        p = NULL;
    }
    return p;
}

const struct um_strv *um_present_indexes(const struct um_present *p, const struct um_job_table *t)
{
    return &p->indexes[t->index];
}

const struct um_strv *um_present_foreign_keys(const struct um_present *p,
                                              const struct um_job_table *t)
{
    return &p->foreign_keys[t->index];
}

int um_target_indexes(struct um_conn *c, const struct um_job_table *t, struct um_strv *names,
                      struct um_err *err)
{
    struct um_buf schema = {0}, name = {0};
    um_quote_text(&schema, t->target_schema);
    um_quote_text(&name, t->target_name);
    struct um_resultset *rows =
        um_query(c, err,
                 "SELECT DISTINCT index_name FROM information_schema.statistics "
                 "WHERE table_schema=%s AND table_name=%s",
                 schema.data, name.data);
    um_buf_free(&schema);
    um_buf_free(&name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0)
        um_strv_add(names, v[0]);
    um_result_close(rows);
    return more;
}

bool um_target_has_all_indexes(const struct um_job_table *t, const struct um_strv *present)
{
    size_t found = 0;
    for (size_t i = 0; i < t->source->index_count; i++) {
        bool there = false;
        for (size_t k = 0; !there && k < present->count; k++)
            there = strcasecmp(t->source->indexes[i].name, present->items[k]) == 0;
        found += there;
    }
    return found == t->source->index_count;
}

static int print_unique(const struct um_job_table *t, const struct um_strv *present,
                        struct um_buf *out, struct um_err *err)
{
    struct um_strv statements = {0};
    int result = um_ddl_later(t->ddl, &t->to, UM_DDL_GROUP_UNIQUE, present, &statements, err);
    um_buf_str(out, result == 0 && statements.count ? statements.items[0] : "");
    um_strv_clear(&statements);
    return result;
}

int um_target_has_unique(struct um_conn *ddl, const struct um_job_table *t, bool *has,
                         struct um_err *err)
{
    struct um_strv present = {0};
    struct um_buf all = {0}, missing = {0};
    int result = um_target_indexes(ddl, t, &present, err);
    if (result == 0)
        result = print_unique(t, NULL, &all, err);
    if (result == 0)
        result = print_unique(t, &present, &missing, err);
    *has = result == 0 && strcmp(all.data, missing.data) != 0;
    um_buf_free(&all);
    um_buf_free(&missing);
    um_strv_clear(&present);
    return result;
}
