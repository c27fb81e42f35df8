#include "copy/json_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 64, PATH_BYTES_KEPT = 64 * 1024 };

void um_json_paths_reset(struct um_json_paths *s, size_t count_max, size_t bytes_max)
{
    um_arena_reset(&s->arena);
    um_buf_trim(&s->path, PATH_BYTES_KEPT);
    if (s->slot_count > FIRST_SLOTS) {
        free(s->slots);
        free(s->items);
        s->slots = NULL;
        s->items = NULL;
        s->slot_count = s->cap = 0;
    } else if (s->slots) {
        memset(s->slots, 0, s->slot_count * sizeof *s->slots);
    }
    s->count = 0;
    s->count_max = count_max;
    s->bytes_max = bytes_max;
    s->full = false;
}

void um_json_paths_free(struct um_json_paths *s)
{
    um_arena_free(&s->arena);
    um_buf_free(&s->path);
    free(s->items);
    free(s->slots);
    *s = (struct um_json_paths){0};
}

/* FNV-1a, finished so that its low bits depend on everything. */
static uint64_t hash_of(unsigned column, const char *p, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u ^ column;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* The slot that has the path, or the free one where it belongs. */
static uint32_t *slot_of(const struct um_json_paths *s, uint64_t hash, unsigned column,
                         const char *path, size_t len)
{
    size_t mask = s->slot_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        if (!s->slots[i])
            return &s->slots[i];
        const struct um_json_path *p = &s->items[s->slots[i] - 1];
        if (p->hash == hash && p->column == column && p->len == len &&
            memcmp(p->text, path, len) == 0)
            return &s->slots[i];
    }
}

static void more_slots(struct um_json_paths *s)
{
    free(s->slots);
    s->slot_count = s->slot_count ? 4 * s->slot_count : FIRST_SLOTS;
    s->slots = um_alloc_array(s->slot_count, sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++) {
        const struct um_json_path *p = &s->items[i];
        *slot_of(s, p->hash, p->column, p->text, p->len) = (uint32_t)i + 1;
    }
}

struct um_json_path *um_json_paths_find(struct um_json_paths *s, unsigned column,
                                        const struct um_json_scan *scan)
{
    if (s->count == 0)
        return NULL;
    um_buf_clear(&s->path);
    um_json_path_print(scan, &s->path);
    uint64_t hash = hash_of(column, s->path.data, s->path.len);
    uint32_t at = *slot_of(s, hash, column, s->path.data, s->path.len);
    return at ? &s->items[at - 1] : NULL;
}

struct adding {
    struct um_json_paths *paths;
    unsigned column;
};

static int add(void *context, const struct um_json_scan *scan, enum um_json_look look, size_t start,
               size_t end, struct um_err *err)
{
    const struct adding *a = context;
    struct um_json_paths *s = a->paths;
    (void)start;
    (void)end;
    (void)err;
    if (s->full)
        return 0;
    um_buf_clear(&s->path);
    um_json_path_print(scan, &s->path);
    uint64_t hash = hash_of(a->column, s->path.data, s->path.len);
    if (4 * (s->count + 1) > 3 * s->slot_count)
        more_slots(s);
    uint32_t *slot = slot_of(s, hash, a->column, s->path.data, s->path.len);
    if (*slot) {
        s->items[*slot - 1].looks |= look;
        return 0;
    }
    if (s->count == s->count_max || s->arena.used + s->path.len > s->bytes_max) {
        s->full = true;
        return 0;
    }
    um_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items);
    s->items[s->count++] = (struct um_json_path){
        .hash = hash,
        .text = um_arena_dup(&s->arena, s->path.data, s->path.len),
        .len = s->path.len,
        .column = a->column,
        .looks = look,
    };
    *slot = (uint32_t)s->count;
    return 0;
}

int um_json_paths_add(struct um_json_paths *s, unsigned column, const char *text, size_t len,
                      struct um_err *err)
{
    struct adding a = {s, column};
    return s->full ? 0 : um_json_scan(text, len, add, &a, err);
}
