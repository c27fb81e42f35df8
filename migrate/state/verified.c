#include "state/verified.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

void um_state_verified_clear(struct um_state_verified *v)
{
    free(v->schema);
    free(v->name);
    free(v->hi);
    free(v->differing);
    um_position_clear(&v->at);
    *v = (struct um_state_verified){0};
}

void um_state_verifieds_clear(struct um_state_verifieds *v)
{
    for (size_t i = 0; i < v->count; i++)
        um_state_verified_clear(&v->items[i]);
    free(v->items);
    *v = (struct um_state_verifieds){0};
}

static uint64_t to_uint(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

static int take_row(const char *const *v, struct um_state_verified *out, struct um_err *err)
{
    *out = (struct um_state_verified){.schema = um_strdup(v[3]),
                                      .name = um_strdup(v[4]),
                                      .part = (uint32_t)to_uint(v[5]),
                                      .at_or_later = to_uint(v[6]) != 0,
                                      .hi = um_strdup(v[7]),
                                      .differing = um_strdup(v[8]),
                                      .settled = to_uint(v[9]),
                                      .chunks = to_uint(v[10]),
                                      .rows_source = to_uint(v[11]),
                                      .rows_target = to_uint(v[12]),
                                      .generation = to_uint(v[13]),
                                      .conflicts = to_uint(v[14])};
    snprintf(out->definition, sizeof out->definition, "%s", v[15]);
    return um_position_from_state(v, &out->at, err);
}

int um_state_load_verified(struct um_conn *c, const struct um_config *config,
                           struct um_state_verifieds *out, struct um_err *err)
{
    *out = (struct um_state_verifieds){0};
    struct um_resultset *rows = um_sql_select(
        c, config,
        "log_file, log_pos, gtids, schema_name, table_name, part, at_or_later, hi, differing, "
        "settled, chunks, rows_source, rows_target, generation, conflicts, definition",
        "job_verified", " ORDER BY schema_name, table_name, part", err);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
        if (take_row(v, &out->items[out->count++], err) != 0) {
            more = -1;
            break;
        }
    }
    um_result_close(rows);
    if (more < 0)
        um_state_verifieds_clear(out);
    return more;
}

static void put_row(const struct um_config *config, const char *origin,
                    const struct um_state_verified *v, struct um_buf *sql)
{
    um_buf_str(sql, "SELECT job,");
    um_sql_text(sql, v->schema);
    um_buf_char(sql, ',');
    um_sql_text(sql, v->name);
    um_buf_fmt(sql, ",%u,", v->part);
    um_sql_position_values(sql, &v->at);
    um_buf_fmt(sql, ",%d,", v->at_or_later);
    um_sql_text(sql, v->hi);
    um_buf_char(sql, ',');
    um_sql_text(sql, v->differing);
    um_buf_fmt(sql,
               ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
               ",'%s',UTC_TIMESTAMP(6) FROM ",
               v->settled, v->chunks, v->rows_source, v->rows_target, v->generation, v->conflicts,
               v->definition);
    um_state_name(sql, config, "job");
    um_sql_job(sql, config);
    um_buf_str(sql, " AND origin=");
    um_sql_text(sql, origin);
}

int um_state_put_verified(struct um_conn *c, const struct um_config *config, const char *origin,
                          const struct um_state_verified *rows, size_t count, bool *there,
                          struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_verified");
    um_buf_str(&sql, " (job, schema_name, table_name, part, log_file, log_pos, gtids, at_or_later, "
                     "hi, differing, settled, chunks, rows_source, rows_target, generation, "
                     "conflicts, definition, recorded_at) ");
    for (size_t i = 0; i < count; i++) {
        um_buf_str(&sql, i ? " UNION ALL " : "");
        put_row(config, origin, &rows[i], &sql);
    }
    int result = um_sql_run(c, &sql, err);
    *there = result == 0 && um_affected(c) >= count;
    return result;
}

int um_state_forget_verified(struct um_conn *c, const struct um_config *config, const char *schema,
                             const char *name, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_verified");
    um_sql_job(&sql, config);
    if (name) {
        um_buf_str(&sql, " AND schema_name=");
        um_sql_text(&sql, schema);
        um_buf_str(&sql, " AND table_name=");
        um_sql_text(&sql, name);
    }
    return um_sql_run(c, &sql, err);
}

/* ---- standings ---- */

void um_state_standings_clear(struct um_state_standings *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].schema);
        free(s->items[i].name);
    }
    free(s->items);
    *s = (struct um_state_standings){0};
}

static int compare_names(const char *schema, const char *name, const struct um_state_standing *s)
{
    int order = strcmp(schema, s->schema);
    return order ? order : strcmp(name, s->name);
}

static int by_name(const void *a, const void *b)
{
    const struct um_state_standing *x = a;
    return compare_names(x->schema, x->name, b);
}

/* A transaction that was passed over as a whole may have changed any table. */
static void select_standings(const struct um_config *config, struct um_buf *sql)
{
    um_buf_str(sql, "SELECT t.schema_name, t.table_name, m.generation, COALESCE(c.n, 0) + "
                    "(SELECT COUNT(*) FROM ");
    um_state_name(sql, config, "job_conflict");
    um_sql_job(sql, config);
    um_buf_str(sql, " AND schema_name IS NULL) FROM ");
    um_state_name(sql, config, "job_table");
    um_buf_str(sql, " t JOIN ");
    um_state_name(sql, config, "job_model");
    um_buf_str(sql, " m ON m.job=t.job AND m.table_id=t.id LEFT JOIN (SELECT schema_name, "
                    "table_name, COUNT(*) AS n FROM ");
    um_state_name(sql, config, "job_conflict");
    um_sql_job(sql, config);
    um_buf_str(sql, " GROUP BY schema_name, table_name) c ON c.schema_name=t.schema_name AND "
                    "c.table_name=t.table_name WHERE t.job=");
    um_sql_text(sql, config->job);
}

int um_state_load_standings(struct um_conn *c, const struct um_config *config,
                            struct um_state_standings *out, struct um_err *err)
{
    struct um_buf sql = {0};
    size_t cap = 0;
    *out = (struct um_state_standings){0};
    select_standings(config, &sql);
    struct um_resultset *rows = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0) {
        um_grow(&out->items, &cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] = (struct um_state_standing){um_strdup(v[0]), um_strdup(v[1]),
                                                              to_uint(v[2]), to_uint(v[3])};
    }
    um_result_close(rows);
    if (more < 0)
        um_state_standings_clear(out);
    else if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return more;
}

const struct um_state_standing *um_state_standing(const struct um_state_standings *s,
                                                  const char *schema, const char *name)
{
    for (size_t lo = 0, hi = s->count; lo < hi;) {
        size_t middle = lo + (hi - lo) / 2;
        int order = compare_names(schema, name, &s->items[middle]);
        if (order == 0)
            return &s->items[middle];
        if (order < 0)
            hi = middle;
        else
            lo = middle + 1;
    }
    return NULL;
}
