#include "change/position.h"

#include <string.h>

void um_position_copy(struct um_position *to, const struct um_position *from)
{
    if (to == from)
        return;
    struct um_gtid_set *gtids = from->gtids ? um_gtid_set_copy(from->gtids) : NULL;
    um_gtid_set_delete(to->gtids);
    memcpy(to->file, from->file, sizeof to->file);
    to->offset = from->offset;
    to->gtids = gtids;
}

void um_position_clear(struct um_position *p)
{
    um_gtid_set_delete(p->gtids);
    *p = (struct um_position){0};
}

void um_position_print(const struct um_position *p, struct um_buf *out)
{
    um_buf_str(out, "");
    if (p->file[0])
        um_buf_fmt(out, "%s:%llu", p->file, (unsigned long long)p->offset);
    if (!p->gtids)
        return;
    if (p->file[0])
        um_buf_str(out, " (");
    um_gtid_set_print(p->gtids, out);
    if (p->file[0])
        um_buf_char(out, ')');
}

/* The digits after the last dot, without leading zeros; "" where there are none. */
static const char *file_number(const char *file)
{
    const char *dot = strrchr(file, '.');
    if (!dot || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
        return "";
    return dot + 1 + strspn(dot + 1, "0");
}

/* Servers widen the suffix once it outgrows six digits, so text order is not file order. */
static int compare_files(const char *a, const char *b)
{
    const char *na = file_number(a), *nb = file_number(b);
    size_t la = strlen(na), lb = strlen(nb);
    if (la != lb)
        return la < lb ? -1 : 1;
    int order = strcmp(na, nb);
    return order ? order : strcmp(a, b);
}

static int compare(const char *file_a, uint64_t a, const char *file_b, uint64_t b)
{
    int order = compare_files(file_a, file_b);
    if (order)
        return order;
    return (a > b) - (a < b);
}

int um_position_compare(const struct um_position *a, const struct um_position *b)
{
    return compare(a->file, a->offset, b->file, b->offset);
}

bool um_position_before(const struct um_position *p, const char *file, uint64_t end_offset,
                        const struct um_gtid *g)
{
    if (p->gtids && g && g->kind == um_gtid_set_kind(p->gtids))
        return !um_gtid_set_contains(p->gtids, g);
    /* A stream that was opened from the set alone sends nothing that lies before it. */
    if (!p->file[0])
        return true;
    return compare(p->file, p->offset, file, end_offset) < 0;
}

bool um_position_reached(const struct um_position *at, const struct um_position *goal)
{
    if (at->gtids && goal->gtids)
        return um_gtid_set_subset(goal->gtids, at->gtids);
    return um_position_compare(at, goal) >= 0;
}
