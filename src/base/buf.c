#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void um_buf_reserve(struct um_buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return;
    size_t cap = b->cap ? b->cap : 64;
    /* Doubling a buffer of many MiB would waste as much again: large ones grow by a quarter. */
    while (cap < need)
        cap += cap < (16u << 20) ? cap : cap / 4;
    b->data = um_realloc(b->data, cap);
    b->cap = cap;
}

void um_buf_add(struct um_buf *b, const void *bytes, size_t len)
{
    um_buf_reserve(b, len);
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void um_buf_str(struct um_buf *b, const char *text)
{
    um_buf_add(b, text, strlen(text));
}

void um_buf_char(struct um_buf *b, char c)
{
    um_buf_reserve(b, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void um_buf_vfmt(struct um_buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n > 0) {
        um_buf_reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void um_buf_fmt(struct um_buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(b, fmt, args);
    va_end(args);
}

void um_buf_clear(struct um_buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void um_buf_trim(struct um_buf *b, size_t keep)
{
    if (b->cap > keep && b->len < keep) {
        b->data = um_realloc(b->data, keep);
        b->cap = keep;
    }
}

void um_buf_free(struct um_buf *b)
{
    free(b->data);
    *b = (struct um_buf){0};
}

char *um_buf_take(struct um_buf *b)
{
    char *p = b->data ? b->data : um_strdup("");
    *b = (struct um_buf){0};
    return p;
}

/* ---- arena ---- */

/* Blocks double from the first to the ordinary size: there can be many arenas of few bytes. */
enum { FIRST_BLOCK = 1 << 10, ORDINARY_BLOCK = 64 << 10 };

struct um_arena_block {
    struct um_arena_block *next;
    size_t size, used;
    _Alignas(8) unsigned char bytes[];
};

static struct um_arena_block *arena_block(struct um_arena *a, size_t size)
{
    /* Not um_alloc: clearing blocks that are about to be filled is a cost for nothing. */
    struct um_arena_block *block = um_realloc(NULL, sizeof *block + size);
    block->next = NULL;
    block->size = size;
    block->used = 0;
    a->held += sizeof *block + size;
    return block;
}

static size_t next_size(const struct um_arena_block *head, size_t least)
{
    size_t size = head ? 2 * head->size : FIRST_BLOCK;
    while (size < least)
        size *= 2;
    return size < ORDINARY_BLOCK ? size : ORDINARY_BLOCK;
}

void *um_arena_alloc(struct um_arena *a, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    struct um_arena_block *block = a->blocks;
    if (!block || block->size - block->used < size) {
        bool large = size > ORDINARY_BLOCK / 4;
        struct um_arena_block *fresh = arena_block(a, large ? size : next_size(block, size));
        if (large && block) {
            /* Behind the head, so that the head's room is still used. */
            fresh->next = block->next;
            block->next = fresh;
        } else {
            fresh->next = block;
            a->blocks = fresh;
        }
        block = fresh;
    }
    void *p = block->bytes + block->used;
    block->used += size;
    a->used += size;
    return p;
}

void *um_arena_dup(struct um_arena *a, const void *bytes, size_t len)
{
    void *p = um_arena_alloc(a, len);
    if (len)
        memcpy(p, bytes, len);
    return p;
}

void um_arena_reset(struct um_arena *a)
{
    struct um_arena_block *keep = a->blocks;
    if (keep && keep->size <= ORDINARY_BLOCK) {
        a->blocks = keep->next;
        um_arena_free(a);
        keep->next = NULL;
        keep->used = 0;
        a->blocks = keep;
        a->held = sizeof *keep + keep->size;
    } else {
        um_arena_free(a);
    }
}

void um_arena_free(struct um_arena *a)
{
    while (a->blocks) {
        struct um_arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->used = a->held = 0;
}
