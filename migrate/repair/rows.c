#include "repair/rows.h"

#include <stdlib.h>
#include <string.h>

#include "apply/image.h"
#include "base/mem.h"
#include "schema/ddl.h"

void um_repair_rows_create(struct um_repair_rows *r, const struct um_repair_moment *m,
                           const struct um_repair_table *t)
{
    size_t columns = t->pairing->column_count;
    *r = (struct um_repair_rows){.moment = m, .table = t, .hasher = um_row_hasher_new()};
    r->values = um_alloc_array(columns + 1, sizeof *r->values);
    r->lengths = um_alloc_array(columns + 1, sizeof *r->lengths);
}

static void clear_row(struct um_repair_row *row)
{
    free(row->before);
    free(row->after);
    *row = (struct um_repair_row){.name = row->name, .len = row->len};
}

void um_repair_rows_destroy(struct um_repair_rows *r)
{
    um_repair_rows_cut(r, 0);
    free(r->items);
    um_arena_free(&r->arena);
    um_row_hasher_delete(r->hasher);
    um_buf_free(&r->work);
    free(r->values);
    free(r->lengths);
}

static struct um_repair_row *find(const struct um_repair_rows *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].len == len && memcmp(r->items[i].name, name, len) == 0)
            return &r->items[i];
    }
    return NULL;
}

bool um_repair_rows_add(struct um_repair_rows *r, const char *name, size_t len)
{
    if (find(r, name, len))
        return false;
    um_grow(&r->items, &r->cap, r->count + 1, sizeof *r->items);
    r->items[r->count++] =
        (struct um_repair_row){.name = um_arena_dup(&r->arena, name, len), .len = len};
    return true;
}

void um_repair_rows_cut(struct um_repair_rows *r, size_t count)
{
    for (size_t i = count; i < r->count; i++)
        clear_row(&r->items[i]);
    r->count = count;
}

/* ---- which rows a statement is about ---- */

typedef bool chosen(const struct um_repair_rows *r, size_t i, enum um_side side);

static bool is_any(const struct um_repair_rows *r, size_t i, enum um_side side)
{
    (void)r;
    (void)i;
    (void)side;
    return true;
}

static bool differs_on(const struct um_repair_rows *r, size_t i, enum um_side side)
{
    return r->items[i].differs && r->items[i].there[side];
}

static void put_where(const struct um_repair_rows *r, enum um_side asked, chosen *is_chosen,
                      enum um_side side, struct um_buf *sql)
{
    const char *join = " WHERE (";
    um_buf_str(sql, r->table->pairing->name_from[asked]);
    for (size_t i = 0; i < r->count; i++) {
        if (!is_chosen(r, i, side))
            continue;
        um_buf_str(sql, join);
        um_pairing_name_where(r->table->pairing, asked, r->items[i].name, sql);
        join = ") OR (";
    }
    um_buf_char(sql, ')');
}

bool um_repair_rows_any(const struct um_repair_rows *r, enum um_side side)
{
    for (size_t i = 0; i < r->count; i++) {
        if (differs_on(r, i, side))
            return true;
    }
    return false;
}

void um_repair_rows_from(const struct um_repair_rows *r, enum um_side of, enum um_side asked,
                         struct um_buf *sql)
{
    put_where(r, asked, differs_on, of, sql);
}

/* ---- reading ---- */

/* The hash of what is written: generated columns are left to the target. */
static struct um_row_hash hash_written(struct um_repair_rows *r, const char *const *values,
                                       const unsigned long *lengths)
{
    const struct um_table *t = r->table->pairing->table[UM_SOURCE];
    size_t n = 0, position = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].system)
            continue;
        if (um_column_writable(&t->columns[i])) {
            r->values[n] = values[position];
            r->lengths[n++] = lengths[position];
        }
        position++;
    }
    return um_row_hash(r->hasher, r->values, r->lengths, n);
}

static void take_row(struct um_repair_rows *r, enum um_side side, const char *const *values,
                     const unsigned long *lengths)
{
    const struct um_pairing *p = r->table->pairing;
    um_pairing_name_row(p, values, lengths, &r->work);
    struct um_repair_row *row = find(r, r->work.data, r->work.len);
    if (!row) /* of another name, which the server takes for equal */
        return;
    row->there[side]++;
    row->hash[side] = um_row_hash(r->hasher, values, lengths, p->column_count);
    if (side == UM_SOURCE)
        row->written = hash_written(r, values, lengths);
    for (size_t i = 0; i < p->column_count; i++)
        row->bytes += lengths[i];
}

static int read_side(struct um_repair_rows *r, enum um_side side, struct um_err *err)
{
    const struct um_pairing *p = r->table->pairing;
    struct um_buf sql = {0};
    um_buf_add(&sql, p->head[side], p->list[side]);
    put_where(r, side, is_any, side, &sql);
    if (side == UM_TARGET)
        um_buf_str(&sql, " FOR UPDATE");
    struct um_resultset *rows = um_query_stream(r->moment->conn[side], sql.data, sql.len, err);
    um_buf_free(&sql);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? 1 : -1;
    while (more > 0 && (more = um_result_next(rows, &values, &lengths, err)) > 0)
        take_row(r, side, values, lengths);
    um_result_close(rows);
    return more;
}

static void judge(struct um_repair_row *row)
{
    row->differs = row->there[UM_SOURCE] != row->there[UM_TARGET] ||
                   (row->there[UM_SOURCE] &&
                    um_row_hash_compare(&row->hash[UM_SOURCE], &row->hash[UM_TARGET]) != 0);
}

int um_repair_rows_read(struct um_repair_rows *r, struct um_err *err)
{
    for (size_t i = 0; i < r->count; i++)
        clear_row(&r->items[i]);
    if (!r->count)
        return 0;
    if (read_side(r, UM_TARGET, err) != 0 || read_side(r, UM_SOURCE, err) != 0)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        judge(&r->items[i]);
    return 0;
}

/* ---- images ---- */

static size_t image_columns(const struct um_job_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->source->column_count; i++)
        n += um_column_writable(&t->source->columns[i]);
    return n;
}

static int differs_when_read_back(const struct um_repair_rows *r, const struct um_repair_row *row,
                                  struct um_err *err)
{
    const struct um_table *t = r->table->pairing->table[UM_TARGET];
    char *name = um_pairing_describe(r->table->pairing, row->name, row->len);
    um_fail(err, UM_E_REPAIR_DIFFERS,
            "`%s`.`%s`, row %s: what was written and read back is not what the source has",
            t->schema, t->name, name);
    free(name);
    return -1;
}

static int take_image(struct um_repair_rows *r, bool after, const char *const *values,
                      const unsigned long *lengths, struct um_err *err)
{
    const struct um_job_table *models = r->table->models;
    size_t images = image_columns(models);
    um_pairing_name_row(r->table->pairing, values + images, lengths + images, &r->work);
    struct um_repair_row *row = find(r, r->work.data, r->work.len);
    if (!row || !row->differs)
        return um_fail(err, UM_E_REPAIR_CHANGED, "`%s`.`%s`: other rows were read than before",
                       models->target_schema, models->target_name);
    if (after) {
        struct um_row_hash now = hash_written(r, values + images, lengths + images);
        if (row->after || um_row_hash_compare(&now, &row->written) != 0)
            return differs_when_read_back(r, row, err);
    }
    struct um_buf image = {0};
    char **place = after ? &row->after : &row->before;
    if (*place) /* where no unique key is on the target, several have one name */
        um_buf_fmt(&image, "%s,", *place);
    um_image_row_json(models, values, lengths, &image);
    free(*place);
    *place = um_buf_take(&image);
    return 0;
}

int um_repair_rows_images(struct um_repair_rows *r, bool after, struct um_err *err)
{
    enum um_side of = after ? UM_SOURCE : UM_TARGET;
    const struct um_pairing *p = r->table->pairing;
    if (!um_repair_rows_any(r, of))
        return 0;
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT ");
    um_image_select(r->table->models, &sql);
    um_buf_char(&sql, ',');
    um_buf_add(&sql, p->head[UM_TARGET] + strlen("SELECT "),
               p->list[UM_TARGET] - strlen("SELECT "));
    um_repair_rows_from(r, of, UM_TARGET, &sql);
    struct um_resultset *rows = um_query_stream(r->moment->conn[UM_TARGET], sql.data, sql.len, err);
    um_buf_free(&sql);
    const char *const *values;
    const unsigned long *lengths;
    int more = rows ? 1 : -1;
    while (more > 0 && (more = um_result_next(rows, &values, &lengths, err)) > 0) {
        if (take_image(r, after, values, lengths, err) != 0)
            more = -1;
    }
    um_result_close(rows);
    for (size_t i = 0; more == 0 && after && i < r->count; i++) {
        if (differs_on(r, i, UM_SOURCE) && !r->items[i].after)
            return differs_when_read_back(r, &r->items[i], err);
    }
    return more;
}
