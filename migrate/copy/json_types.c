#include "copy/json_types.h"

#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "copy/rows.h"

/*
 * Few paths at once keep the statements short and the set small; but a single document has as many
 * as it has, and rows without a key cannot be told apart.
 */
enum { PATHS_MAX = 256, PATH_BYTES_MAX = 256 * 1024, ONE_ROW_BYTES_MAX = 64 * 1024 * 1024 };
enum { PATHS_PER_QUESTION = 128, COLUMNS_MAX = 4096 };

bool um_json_carried(const struct um_job_table *t, size_t column)
{
    const struct um_column *from = &t->source->columns[column];
    return from->type == UM_T_JSON && um_column_writable(from) &&
           um_rows_target_column(t, column)->type == UM_T_JSON;
}

bool um_json_any_carried(const struct um_job_table *t)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (um_json_carried(t, i))
            return true;
    }
    return false;
}

void um_json_paths_begin(struct um_json_paths *paths)
{
    um_json_paths_reset(paths, PATHS_MAX, PATH_BYTES_MAX);
}

/* ---- statements ---- */

static void from_range(struct um_buf *sql, const struct um_json_range *r)
{
    const struct um_job_table *t = r->table;
    if (r->from) {
        um_buf_str(sql, r->from);
        return;
    }
    um_buf_str(sql, " FROM ");
    um_quote_table(sql, t->source->schema, t->source->name);
    um_range_force_index(sql, &t->chunk_key);
    um_range_where(sql, t->source, &t->chunk_key, r->lo, r->hi);
}

static void extract(struct um_buf *sql, const struct um_job_table *t,
                    const struct um_json_path *path)
{
    um_buf_str(sql, "JSON_EXTRACT(");
    um_quote_ident(sql, t->source->columns[path->column].name);
    um_buf_str(sql, ",_utf8mb4");
    um_quote_bytes(sql, path->text, path->len);
    um_buf_char(sql, ')');
}

static void type_of(struct um_buf *sql, const struct um_job_table *t,
                    const struct um_json_path *path)
{
    um_buf_str(sql, "JSON_TYPE(");
    extract(sql, t, path);
    um_buf_char(sql, ')');
}

/*
 * True of a value that text would not bring back. A whole number comes back signed up to 2^32-1
 * and unsigned above; its value is asked for only where the path has numbers of both kinds.
 */
static void condition(struct um_buf *sql, const struct um_job_table *t,
                      const struct um_json_path *path)
{
    bool small = path->looks & UM_JSON_LOOK_SMALL, big = path->looks & UM_JSON_LOOK_BIG;
    um_buf_str(sql, "MAX(");
    type_of(sql, t, path);
    um_buf_fmt(sql, " NOT IN ('STRING','DOUBLE','INTEGER','NULL','BOOLEAN','OBJECT','ARRAY'%s)",
               big ? ",'UNSIGNED INTEGER'" : "");
    if (big) {
        um_buf_str(sql, " OR ");
        type_of(sql, t, path);
        um_buf_str(sql, "='INTEGER' AND ");
        extract(sql, t, path);
        um_buf_str(sql, ">4294967295");
    }
    if (big && small) {
        um_buf_str(sql, " OR ");
        type_of(sql, t, path);
        um_buf_str(sql, "='UNSIGNED INTEGER' AND ");
        extract(sql, t, path);
        um_buf_str(sql, "<=4294967295");
    }
    um_buf_char(sql, ')');
}

/* ---- asking ---- */

static int ask_some(const struct um_json_range *r, struct um_json_path *paths, size_t count,
                    struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        um_buf_str(&sql, i ? "," : "");
        condition(&sql, r->table, &paths[i]);
    }
    from_range(&sql, r);
    struct um_resultset *rows = um_query_stream(r->source, sql.data, sql.len, err);
    um_buf_free(&sql);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? um_result_next(rows, &values, &lengths, err) : -1;
    for (size_t i = 0; more > 0 && i < count; i++)
        paths[i].typed = values[i] && strcmp(values[i], "0") != 0;
    um_result_close(rows);
    return more > 0 ? 0 : more == 0 ? um_fail(err, UM_E_BUG, "an aggregate without a row") : -1;
}

static void rank(struct um_json_paths *paths, bool *typed)
{
    unsigned next[COLUMNS_MAX] = {0};
    *typed = false;
    for (size_t i = 0; i < paths->count; i++) {
        struct um_json_path *p = &paths->items[i];
        if (!p->typed)
            continue;
        p->rank = next[p->column]++;
        *typed = true;
    }
}

int um_json_types_ask(const struct um_json_range *r, struct um_json_paths *paths, bool *typed,
                      struct um_err *err)
{
    UM_ASSERT(!paths->full);
    for (size_t i = 0; i < paths->count; i += PATHS_PER_QUESTION) {
        size_t left = paths->count - i;
        if (um_stop_requested())
            return um_fail(err, UM_E_STOPPED, "stopped during the copy");
        if (ask_some(r, &paths->items[i], left < PATHS_PER_QUESTION ? left : PATHS_PER_QUESTION,
                     err) != 0)
            return um_fail_in(err, "asking for the types of JSON values");
    }
    rank(paths, typed);
    return 0;
}

/* ---- parts ---- */

/* Reads the documents of a range; *seen is how many rows fitted. */
static int collect(const struct um_json_range *r, struct um_json_paths *paths, uint64_t *seen,
                   struct um_err *err)
{
    const struct um_job_table *t = r->table;
    struct um_buf sql = {0};
    unsigned columns[COLUMNS_MAX];
    unsigned count = 0;
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_json_carried(t, i))
            continue;
        um_buf_str(&sql, count ? "," : "SELECT ");
        um_quote_ident(&sql, t->source->columns[i].name);
        columns[count++] = (unsigned)i;
    }
    from_range(&sql, r);
    struct um_resultset *rows = um_query_stream(r->source, sql.data, sql.len, err);
    um_buf_free(&sql);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? 1 : -1;
    *seen = 0;
    while (more > 0 && (more = um_result_next(rows, &values, &lengths, err)) > 0) {
        if (um_stop_requested())
            more = um_fail(err, UM_E_STOPPED, "stopped during the copy");
        for (unsigned i = 0; more > 0 && i < count; i++) {
            if (values[i] && um_json_paths_add(paths, columns[i], values[i], lengths[i], err) != 0)
                more = -1;
        }
        *seen += !paths->full;
    }
    um_result_close(rows);
    return more;
}

static int too_many(const struct um_json_range *r, struct um_err *err)
{
    const struct um_table *t = r->table->source;
    return um_fail(err, UM_E_JSON_TYPES,
                   "`%s`.`%s`: its JSON documents have more than %d MiB of different paths to "
                   "numbers, dates and bytes, whose exact types cannot be asked for %s",
                   t->schema, t->name, ONE_ROW_BYTES_MAX / 1024 / 1024,
                   r->table->chunk_key.kind == UM_KEY_NONE
                       ? "all at once; a table with a key is copied in parts"
                       : "in one document");
}

int um_json_types_of(const struct um_json_range *r, struct um_json_paths *paths, bool *typed,
                     struct um_err *err)
{
    uint64_t seen;
    um_json_paths_reset(paths, UINT32_MAX - 1, ONE_ROW_BYTES_MAX);
    if (collect(r, paths, &seen, err) != 0)
        return -1;
    return paths->full ? too_many(r, err) : um_json_types_ask(r, paths, typed, err);
}

struct cutting {
    struct um_json_range part;
    struct um_bound lo, hi;
    uint64_t rows; /* of a part; 0: all that is left */
    bool last;
};

static int cut(struct cutting *c, const struct um_json_range *whole, struct um_err *err)
{
    const struct um_key *key = &whole->table->chunk_key;
    um_bound_clear(&c->hi);
    if (c->rows && um_range_next(whole->source, whole->table->source, key, &c->lo, whole->hi,
                                 c->rows, &c->hi, err) != 0)
        return -1;
    c->last = um_bound_open(&c->hi);
    if (c->last)
        um_bound_copy(&c->hi, whole->hi);
    return 0;
}

/* 1: the part's paths are all there; 0: it was too long, and the next one is to be shorter. */
static int try_part(struct cutting *c, struct um_json_paths *paths, struct um_err *err)
{
    bool indivisible = c->rows == 1 || c->part.table->chunk_key.kind == UM_KEY_NONE;
    uint64_t seen;
    if (indivisible)
        um_json_paths_reset(paths, UINT32_MAX - 1, ONE_ROW_BYTES_MAX);
    else
        um_json_paths_begin(paths);
    if (collect(&c->part, paths, &seen, err) != 0)
        return -1;
    if (!paths->full)
        return 1;
    if (indivisible)
        return too_many(&c->part, err);
    uint64_t shorter = c->rows ? c->rows / 2 : seen;
    c->rows = shorter > seen && seen ? seen : shorter ? shorter : 1;
    return 0;
}

int um_json_types_parts(const struct um_json_range *r, struct um_json_paths *paths,
                        um_json_part *part, void *context, struct um_err *err)
{
    struct cutting c = {.part = *r};
    int result = 0;
    c.part.lo = &c.lo;
    c.part.hi = &c.hi;
    um_bound_copy(&c.lo, r->lo);
    while (result == 0) {
        bool typed = false;
        result = cut(&c, r, err);
        int fits = result == 0 ? try_part(&c, paths, err) : -1;
        if (fits == 0)
            continue;
        if (fits < 0 || um_json_types_ask(&c.part, paths, &typed, err) != 0)
            result = -1;
        else
            result = part(context, &c.part, typed, err);
        if (c.last)
            break;
        um_bound_copy(&c.lo, &c.hi);
        if (c.rows && paths->count < PATHS_MAX / 4)
            c.rows *= 2;
    }
    um_bound_clear(&c.lo);
    um_bound_clear(&c.hi);
    return result < 0 ? -1 : 0;
}

/* ---- the types of a row ---- */

size_t um_json_types_count(const struct um_json_paths *paths, unsigned column)
{
    size_t n = 0;
    for (size_t i = 0; i < paths->count; i++)
        n += paths->items[i].typed && paths->items[i].column == column;
    return n;
}

void um_json_types_select(struct um_buf *sql, const struct um_job_table *t,
                          const struct um_json_paths *paths)
{
    for (size_t c = 0; c < t->source->column_count; c++) {
        bool any = false;
        for (size_t i = 0; i < paths->count; i++) {
            const struct um_json_path *p = &paths->items[i];
            if (!p->typed || p->column != c)
                continue;
            um_buf_str(sql, any ? ",IFNULL(" : ",CONCAT_WS(',',IFNULL(");
            type_of(sql, t, p);
            um_buf_str(sql, ",'')");
            any = true;
        }
        um_buf_str(sql, any ? ")" : "");
    }
}

int um_json_types_read(const char *value, size_t len, enum um_json_type *types, size_t count)
{
    const char *end = value + len;
    for (size_t i = 0; i < count; i++) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        const char *stop = comma ? comma : end;
        types[i] = um_json_type_named(value, (size_t)(stop - value));
        if ((i + 1 < count) != (comma != NULL))
            return -1;
        value = comma ? comma + 1 : end;
    }
    return 0;
}
