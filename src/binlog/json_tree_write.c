#include <string.h>

#include "binlog/json_tree.h"

/*
 * Containers as json_binary::serialize lays them out: count and size, the keys' places, the
 * values' types and places, the keys, the values. A container is small, with numbers of 2 bytes,
 * as long as all of it fits; values inside do not ask what they are put into, except for whole
 * numbers of 32 bits, which stand in the entry of a large container.
 */

struct layout {
    unsigned width;              /* of a count, a size, an offset */
    uint64_t keys, values, heap; /* where each begins */
};

static struct layout layout_of(const struct um_json_box *box, bool large)
{
    struct layout at = {.width = large ? 4 : 2};
    at.keys = 2 * (uint64_t)at.width;
    at.values = at.keys + (box->object ? (uint64_t)box->count * (at.width + 2) : 0);
    at.heap = at.values + (uint64_t)box->count * (1 + at.width);
    return at;
}

static uint64_t stored_size(const struct um_json_node *n, bool large)
{
    if (n->open)
        return n->box->size;
    return um_json_inlined(n->type, large) ? 0 : n->len;
}

static uint64_t box_size(const struct um_json_box *box, bool large)
{
    uint64_t size = layout_of(box, large).heap;
    for (uint32_t i = 0; i < box->count; i++) {
        size += stored_size(&box->members[i], large);
        if (box->object)
            size += box->keys[i].len;
    }
    return size;
}

/* Settles size and form of every open container, inner ones first. They lie on paths, so they are
   nested no deeper than a path is long. */
static void measure(struct um_json_box *box)
{
    for (uint32_t i = 0; i < box->count; i++) {
        if (box->members[i].open)
            measure(box->members[i].box);
    }
    box->size = box_size(box, false);
    box->large = box->size > UINT16_MAX;
    if (box->large)
        box->size = box_size(box, true);
}

static void put_le(uint8_t *to, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* The rest of an entry repeats the sign of a number that does not fill it. */
static void put_inlined(uint8_t *to, const struct um_json_node *n, unsigned width)
{
    bool is_signed = n->type == UM_JT_INT16 || n->type == UM_JT_INT32;
    uint8_t fill = is_signed && n->bytes[n->len - 1] & 0x80 ? 0xff : 0;
    memset(to, fill, width);
    memcpy(to, n->bytes, n->len);
}

static uint8_t type_of(const struct um_json_node *n)
{
    if (!n->open)
        return n->type;
    if (n->box->object)
        return n->box->large ? UM_JT_LARGE_OBJECT : UM_JT_SMALL_OBJECT;
    return n->box->large ? UM_JT_LARGE_ARRAY : UM_JT_SMALL_ARRAY;
}

static void write_box(const struct um_json_box *box, uint8_t *start);

static void write_stored(const struct um_json_node *n, uint8_t *to)
{
    if (n->open)
        write_box(n->box, to);
    else
        memcpy(to, n->bytes, n->len);
}

static uint64_t write_keys(const struct um_json_box *box, const struct layout *at, uint8_t *start)
{
    uint64_t offset = at->heap;
    for (uint32_t i = 0; box->object && i < box->count; i++) {
        const struct um_json_text *key = &box->keys[i];
        uint8_t *entry = start + at->keys + (size_t)i * (at->width + 2);
        put_le(entry, offset, at->width);
        put_le(entry + at->width, key->len, 2);
        if (key->len)
            memcpy(start + offset, key->bytes, key->len);
        offset += key->len;
    }
    return offset;
}

static void write_box(const struct um_json_box *box, uint8_t *start)
{
    struct layout at = layout_of(box, box->large);
    put_le(start, box->count, at.width);
    put_le(start + at.width, box->size, at.width);
    uint64_t offset = write_keys(box, &at, start);
    for (uint32_t i = 0; i < box->count; i++) {
        const struct um_json_node *n = &box->members[i];
        uint8_t *entry = start + at.values + (size_t)i * (1 + at.width);
        entry[0] = type_of(n);
        if (!n->open && um_json_inlined(n->type, box->large)) {
            put_inlined(entry + 1, n, at.width);
            continue;
        }
        put_le(entry + 1, offset, at.width);
        write_stored(n, start + offset);
        offset += stored_size(n, box->large);
    }
}

int um_json_tree_write(struct um_json_node *root, struct um_arena *arena, const uint8_t **bytes,
                       size_t *len, struct um_err *err)
{
    uint64_t size = root->len;
    if (root->open) {
        measure(root->box);
        size = root->box->size;
    }
    if (size >= UINT32_MAX)
        return um_fail(err, UM_E_JSON_MALFORMED, "a JSON document would become larger than 4 GiB");
    *len = 1 + (size_t)size;
    uint8_t *to = um_arena_alloc(arena, *len);
    to[0] = type_of(root);
    write_stored(root, to + 1);
    *bytes = to;
    return 0;
}
