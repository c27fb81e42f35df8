#include "binlog/json_diff.h"

#include "binlog/json_path.h"
#include "binlog/json_tree.h"
#include "binlog/wire.h"

enum operation { REPLACE = 0, INSERT = 1, REMOVE = 2 };

struct diff {
    enum operation operation;
    struct um_json_text path;
    struct um_json_node value;
};

struct patch {
    struct um_json_node root;
    struct um_arena scratch; /* the document while it is taken apart */
    struct um_err *err;
};

static int refuse(struct patch *t, const char *what)
{
    return um_fail(t->err, UM_E_JSON_MALFORMED, "%s", what);
}

/* ---- reading ---- */

static const uint8_t *take_sized(struct um_cursor *c, size_t *len)
{
    uint64_t n = um_cursor_lenenc(c);
    *len = (size_t)n;
    return um_cursor_take(c, n > um_cursor_left(c) ? SIZE_MAX : *len);
}

static int read_diff(struct patch *t, struct um_cursor *c, struct diff *out)
{
    *out = (struct diff){0};
    unsigned operation = (unsigned)um_cursor_uint(c, 1);
    if (operation > REMOVE)
        return refuse(t, "its operation is not known");
    out->operation = (enum operation)operation;
    const uint8_t *path = take_sized(c, &out->path.len);
    if (!path)
        return refuse(t, "its path is cut off");
    out->path.bytes = path;
    if (operation == REMOVE)
        return 0;
    size_t len;
    const uint8_t *value = take_sized(c, &len);
    if (!value)
        return refuse(t, "its value is cut off");
    return um_json_tree_read(value, len, &out->value, t->err);
}

/* ---- applying ---- */

/* Follows one leg down: *node becomes what it leads to. */
static int descend(struct patch *t, const struct um_json_leg *leg, struct um_json_node **node)
{
    struct um_json_box *box;
    uint32_t at = 0;
    if (um_json_tree_open(*node, &t->scratch, &box, t->err))
        return -1;
    bool found = box && box->object == leg->is_key &&
                 (leg->is_key ? um_json_box_find(box, &leg->key, &at)
                              : um_json_leg_element(leg, box->count, &at));
    if (!found)
        return refuse(t, "there is nothing at its path");
    *node = &box->members[at];
    return 0;
}

/* From the root to the container that holds, or is to hold, what the path means; *last is the leg
   left over. */
static int walk(struct patch *t, const struct diff *d, struct um_json_node **node,
                struct um_json_leg *last)
{
    struct um_json_path path;
    struct um_json_leg next;
    const char *wrong = um_json_path_open(&path, d->path.bytes, d->path.len);
    if (wrong)
        return refuse(t, wrong);
    int more = um_json_path_next(&path, &t->scratch, last, &wrong);
    if (more == 0)
        return refuse(t, "its path means the whole document");
    while (more > 0 && (more = um_json_path_next(&path, &t->scratch, &next, &wrong)) > 0) {
        if (descend(t, last, node))
            return -1;
        *last = next;
    }
    return more < 0 ? refuse(t, wrong) : 0;
}

static int insert(struct patch *t, struct um_json_node *parent, const struct um_json_leg *leg,
                  const struct um_json_node *value)
{
    struct um_json_box *box;
    uint32_t at = 0;
    if (um_json_tree_open(parent, &t->scratch, &box, t->err))
        return -1;
    if (!box || box->object != leg->is_key)
        return refuse(t, "there is nothing that it could be inserted into");
    if (!leg->is_key)
        um_json_leg_element(leg, box->count, &at); /* what is there moves on */
    else if (um_json_box_find(box, &leg->key, &at))
        return refuse(t, "there is a value at its path already");
    if (!um_json_box_insert(box, &t->scratch, at, &leg->key, value))
        return refuse(t, "there are too many values in one container");
    return 0;
}

static int apply(struct patch *t, const struct diff *d)
{
    struct um_json_node *parent = &t->root, *found;
    struct um_json_leg leg = {0};
    if (walk(t, d, &parent, &leg))
        return -1;
    if (d->operation == INSERT)
        return insert(t, parent, &leg, &d->value);
    found = parent;
    if (descend(t, &leg, &found))
        return -1;
    if (d->operation == REPLACE)
        *found = d->value;
    else
        um_json_box_remove(parent->box, (uint32_t)(found - parent->box->members));
    return 0;
}

static int fail_at(struct patch *t, size_t number, const struct diff *d)
{
    enum { LONGEST = 200 };
    static const char *const names[] = {"REPLACE", "INSERT", "REMOVE"};
    if (!d->path.bytes)
        return um_fail_in(t->err, "JSON difference %zu", number);
    int len = d->path.len > LONGEST ? LONGEST : (int)d->path.len;
    return um_fail_in(t->err, "JSON difference %zu, %s at %.*s", number, names[d->operation], len,
                      (const char *)d->path.bytes);
}

int um_json_diff_apply(struct um_json_text *document, const uint8_t *diffs, size_t len,
                       struct um_arena *arena, struct um_err *err)
{
    if (len == 0)
        return 0;
    struct patch t = {.err = err};
    struct um_cursor c = um_cursor_open(diffs, len);
    int result = um_json_tree_read(document->bytes, document->len, &t.root, err);
    for (size_t number = 1; result == 0 && um_cursor_left(&c) > 0; number++) {
        struct diff d;
        result = read_diff(&t, &c, &d) || apply(&t, &d) ? fail_at(&t, number, &d) : 0;
    }
    if (result == 0)
        result = um_json_tree_write(&t.root, arena, &document->bytes, &document->len, err);
    um_arena_free(&t.scratch);
    return result;
}
