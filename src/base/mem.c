#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "unmoor: out of memory (%zu bytes wanted); the job can be resumed\n", size);
    _exit(1);
}

void *um_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *um_alloc_array(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory(count);
    return p;
}

void *um_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void um_grow(void *array, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return;
    size_t next = *cap ? *cap * 2 : 8;
    if (next < need)
        next = need;
    size_t bytes;
    if (__builtin_mul_overflow(next, size, &bytes))
        out_of_memory(SIZE_MAX);
    void *p;
    memcpy(&p, array, sizeof p);
    p = um_realloc(p, bytes);
    memcpy(array, &p, sizeof p);
    *cap = next;
}

char *um_strdup(const char *text)
{
    return um_memdup(text, strlen(text));
}

char *um_memdup(const void *bytes, size_t len)
{
    char *p = um_alloc(len + 1);
    if (len)
        memcpy(p, bytes, len);
    return p;
}

char *um_sprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *p = NULL;
    int n = vasprintf(&p, fmt, args);
    va_end(args);
    if (n < 0)
        out_of_memory(0);
    return p;
}

void um_strv_add(struct um_strv *v, const char *text)
{
    um_grow(&v->items, &v->cap, v->count + 1, sizeof *v->items);
    v->items[v->count++] = um_strdup(text);
}

void um_strv_clear(struct um_strv *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->items[i]);
    free(v->items);
    *v = (struct um_strv){0};
}
