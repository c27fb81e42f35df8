#include "apply/gone.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "change/encode.h"

/* Rows by the bytes of their keys, as they were deleted. */
struct gone {
    void *rows; /* of tsearch, struct um_buf */
};

static int compare(const void *a, const void *b)
{
    const struct um_buf *x = a, *y = b;
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->data, y->data, x->len);
}

/* The key of a row image; what an after image leaves out is as it was before. NULL: a part of it is
   in neither. */
static struct um_buf *key_of(const struct um_row_change *c, const struct um_value *image)
{
    const struct um_key *key = &c->table->row_key;
    size_t columns = c->table->source->column_count;
    struct um_value *values = um_alloc_array(columns, sizeof *values);
    bool lacks = false;
    for (size_t i = 0; i < columns; i++)
        values[i].kind = UM_V_ABSENT;
    for (size_t i = 0; i < key->part_count; i++) {
        size_t column = (size_t)key->index->parts[i].column;
        values[column] =
            image[column].kind == UM_V_ABSENT && c->before ? c->before[column] : image[column];
        lacks |= values[column].kind == UM_V_ABSENT;
    }
    struct um_buf *row = NULL;
    if (!lacks) {
        struct um_change change = {.op = UM_DELETE, .table = c->table->source, .before = values};
        row = um_alloc(sizeof *row);
        um_change_encode(&change, c->table->id, columns, row);
    }
    free(values);
    return row;
}

static void forget(void *row)
{
    um_buf_free(row);
    free(row);
}

static bool is_new(struct gone *g, struct um_buf *row)
{
    struct um_buf *const *kept = tsearch(row, &g->rows, compare);
    UM_ASSERT(kept); /* or there is no memory */
    if (*kept == row)
        return true;
    forget(row);
    return false;
}

static void comes_again(struct gone *g, struct um_buf *row)
{
    struct um_buf *const *kept = tfind(row, &g->rows, compare);
    struct um_buf *was = kept ? *kept : NULL;
    if (was) {
        tdelete(row, &g->rows, compare);
        forget(was);
    }
    forget(row);
}

static void clear(struct gone *g)
{
    tdestroy(g->rows, forget);
    g->rows = NULL;
}

/* Only with a key is there but one row of its kind. */
static bool may_be(const struct um_job_table *t)
{
    bool cascades = false;
    for (size_t i = 0; i < t->source->foreign_key_count; i++)
        cascades |= t->source->foreign_keys[i].cascades_rows;
    return cascades && t->row_key.index;
}

static bool several_go(const struct um_task *task)
{
    size_t count = 0;
    for (size_t i = 0; i < task->count && count < 2; i++)
        count += task->changes[i].op == UM_ROW_DELETE && may_be(task->changes[i].table);
    return count > 1;
}

/* Of a row without its key, nobody knows which of those that are gone it is. */
static bool says_nothing(struct gone *g, const struct um_row_change *c)
{
    if (!may_be(c->table))
        return false;
    struct um_buf *row = key_of(c, c->op == UM_ROW_DELETE ? c->before : c->after);
    if (c->op == UM_ROW_DELETE)
        return row && !is_new(g, row);
    if (row)
        comes_again(g, row);
    else
        clear(g);
    return false;
}

void um_gone_leave_out(const struct um_job *job, struct um_task *task)
{
    if (!job->cascades_logged || !several_go(task))
        return;
    struct gone g = {0};
    size_t left = 0;
    for (size_t i = 0; i < task->count; i++) {
        if (!says_nothing(&g, &task->changes[i]))
            task->changes[left++] = task->changes[i];
    }
    task->count = left;
    clear(&g);
}
