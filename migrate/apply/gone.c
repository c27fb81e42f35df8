#include "apply/gone.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "apply/image.h"
#include "change/encode.h"

/* Rows by their bytes: what they were when they were deleted. */
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

static struct um_buf *bytes_of(const struct um_row_change *c, const struct um_value *image)
{
    struct um_change change = {.op = UM_DELETE, .table = c->table->source, .before = image};
    struct um_buf *row = um_alloc(sizeof *row);
    um_change_encode(&change, c->table->id, c->table->source->column_count, row);
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

/* Only whole images tell one row from another. Of a row that is not whole, nobody knows which of
   those that are gone it was. */
static bool says_nothing(struct gone *g, const struct um_row_change *c)
{
    if (!may_be(c->table))
        return false;
    if (c->op == UM_ROW_DELETE)
        return um_image_is_whole(c->table, c->before) && !is_new(g, bytes_of(c, c->before));
    if (um_image_is_whole(c->table, c->after))
        comes_again(g, bytes_of(c, c->after));
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
