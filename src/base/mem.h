#ifndef UM_BASE_MEM_H
#define UM_BASE_MEM_H

#include <stddef.h>

/*
 * Memory that is there or the process is not.
 *
 * Every job can be killed at any instruction and resumed, so running out of memory is handled
 * like a kill: a line on stderr and exit 1. No caller checks for NULL.
 */

/* Bytes set to zero; release with free(). */
void *um_alloc(size_t size);
void *um_alloc_array(size_t count, size_t size);
void *um_realloc(void *old, size_t size);
/* Grows *array (elements of `size` bytes, *cap of them) so that it holds at least `need`. */
void um_grow(void *array, size_t *cap, size_t need, size_t size);
char *um_strdup(const char *text);
char *um_memdup(const void *bytes, size_t len); /* adds a terminating NUL */
char *um_sprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An array of strings that it owns. */
struct um_strv {
    char **items;
    size_t count, cap;
};
void um_strv_add(struct um_strv *v, const char *text);
void um_strv_clear(struct um_strv *v);

#endif
