#include "binlog/json_tree.h"

#include <string.h>

enum { SPARE = 4 }; /* room for a few members more, before an open container has to grow */

static void close_over(const struct um_json_value *v, struct um_json_node *node)
{
    *node =
        (struct um_json_node){.type = v->type, .len = (uint32_t)v->stored_len, .bytes = v->stored};
}

int um_json_tree_read(const uint8_t *document, size_t len, struct um_json_node *out,
                      struct um_err *err)
{
    struct um_json_walk w;
    struct um_json_value root;
    if (len > UINT32_MAX)
        return um_fail(err, UM_E_JSON_MALFORMED, "a JSON document of more than 4 GiB");
    if (um_json_open(&w, document, len, &root, err))
        return -1;
    close_over(&root, out);
    return 0;
}

/* ---- taking apart ---- */

static int order(const struct um_json_text *a, const struct um_json_text *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return a->len ? memcmp(a->bytes, b->bytes, a->len) : 0;
}

static struct um_json_box *new_box(struct um_arena *arena, bool object, uint32_t count)
{
    struct um_json_box *box = um_arena_alloc(arena, sizeof *box);
    uint32_t cap = count > UINT32_MAX - SPARE ? UINT32_MAX : count + SPARE;
    *box = (struct um_json_box){.object = object, .cap = cap};
    box->members = um_arena_alloc(arena, cap * sizeof *box->members);
    box->keys = object ? um_arena_alloc(arena, cap * sizeof *box->keys) : NULL;
    return box;
}

static int read_members(struct um_json_walk *w, const struct um_json_value *container,
                        struct um_json_box *box)
{
    uint64_t bytes = 0; /* that the members have for themselves */
    for (uint32_t i = 0; i < container->count; i++) {
        struct um_json_value member;
        if (um_json_member(w, container, i, &member))
            return -1;
        close_over(&member, &box->members[i]);
        if (!um_json_inlined(member.type, container->large))
            bytes += member.stored_len;
        if (box->object) {
            if (um_json_key(w, container, i, &box->keys[i]))
                return -1;
            bytes += box->keys[i].len;
            if (i && order(&box->keys[i - 1], &box->keys[i]) >= 0)
                return um_json_fail(w, container->bytes, "the keys of an object are not in order");
        }
        box->count++;
    }
    return bytes <= container->len ? 0 : um_json_fail(w, container->bytes, "values overlap");
}

int um_json_tree_open(struct um_json_node *node, struct um_arena *arena, struct um_json_box **box,
                      struct um_err *err)
{
    *box = node->open ? node->box : NULL;
    if (node->open || node->type > UM_JT_LARGE_ARRAY)
        return 0;
    struct um_json_walk w;
    struct um_json_value container;
    if (um_json_open_stored(&w, node->type, node->bytes, node->len, &container, err))
        return -1;
    struct um_json_box *opened = new_box(arena, container.kind == UM_JSON_OBJECT, container.count);
    if (read_members(&w, &container, opened))
        return -1;
    node->open = true;
    node->box = *box = opened;
    return 0;
}

/* ---- changing ---- */

bool um_json_box_find(const struct um_json_box *box, const struct um_json_text *key, uint32_t *at)
{
    uint32_t low = 0, high = box->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int compared = order(&box->keys[middle], key);
        if (compared == 0) {
            *at = middle;
            return true;
        }
        if (compared < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

static void *larger(struct um_arena *arena, const void *old, size_t count, size_t cap, size_t size)
{
    void *fresh = um_arena_alloc(arena, cap * size);
    memcpy(fresh, old, count * size);
    return fresh;
}

static bool grow(struct um_json_box *box, struct um_arena *arena)
{
    if (box->count < box->cap)
        return true;
    uint64_t cap = (uint64_t)box->cap + box->cap / 2 + SPARE;
    if (cap > UINT32_MAX)
        return false;
    box->members = larger(arena, box->members, box->count, (size_t)cap, sizeof *box->members);
    if (box->object)
        box->keys = larger(arena, box->keys, box->count, (size_t)cap, sizeof *box->keys);
    box->cap = (uint32_t)cap;
    return true;
}

bool um_json_box_insert(struct um_json_box *box, struct um_arena *arena, uint32_t at,
                        const struct um_json_text *key, const struct um_json_node *value)
{
    UM_ASSERT(at <= box->count);
    if (!grow(box, arena))
        return false;
    size_t behind = box->count - at;
    memmove(&box->members[at + 1], &box->members[at], behind * sizeof *box->members);
    box->members[at] = *value;
    if (box->object) {
        memmove(&box->keys[at + 1], &box->keys[at], behind * sizeof *box->keys);
        box->keys[at] = *key;
    }
    box->count++;
    return true;
}

void um_json_box_remove(struct um_json_box *box, uint32_t at)
{
    UM_ASSERT(at < box->count);
    size_t behind = box->count - at - 1;
    memmove(&box->members[at], &box->members[at + 1], behind * sizeof *box->members);
    if (box->object)
        memmove(&box->keys[at], &box->keys[at + 1], behind * sizeof *box->keys);
    box->count--;
}
