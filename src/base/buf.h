#ifndef UM_BASE_BUF_H
#define UM_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growable byte buffer. Zero-initialised is empty and valid. Owned by one thread at a time. */
struct um_buf {
    char *data; /* NUL-terminated after every um_buf_* call that added something */
    size_t len, cap;
};

void um_buf_reserve(struct um_buf *b, size_t more); /* room for `more` bytes and a NUL */
void um_buf_add(struct um_buf *b, const void *bytes, size_t len);
void um_buf_str(struct um_buf *b, const char *text);
void um_buf_char(struct um_buf *b, char c);
void um_buf_fmt(struct um_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void um_buf_vfmt(struct um_buf *b, const char *fmt, va_list args);
void um_buf_clear(struct um_buf *b);             /* empties it, keeps the memory */
void um_buf_trim(struct um_buf *b, size_t keep); /* gives memory back when cap is above keep */
void um_buf_free(struct um_buf *b);
char *um_buf_take(struct um_buf *b); /* hands the NUL-terminated bytes over; free() them */

/*
 * An arena: many small allocations that die together. Pointers stay valid until reset or free.
 */
struct um_arena_block;
struct um_arena {
    struct um_arena_block *blocks;
    size_t used; /* bytes handed out since the last reset */
    size_t held; /* bytes of memory that this takes; a few times `used` at the most */
};
void *um_arena_alloc(struct um_arena *a, size_t size); /* aligned to 8, not zeroed */
void *um_arena_dup(struct um_arena *a, const void *bytes, size_t len);
void um_arena_reset(struct um_arena *a); /* keeps one block of at most ordinary size */
void um_arena_free(struct um_arena *a);

#endif
