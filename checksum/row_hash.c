#include "checksum/row_hash.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    ROOM = 8192,     /* rows up to this size are hashed in one call */
    HEADER_SIZE = 5, /* presence and length of a value */
};

struct um_row_hasher {
    XXH3_state_t *state;
    bool streaming; /* the row outgrew the room: what came before is in the state */
    size_t used;
    unsigned char room[ROOM];
};

struct um_row_hasher *um_row_hasher_new(void)
{
    struct um_row_hasher *h = um_alloc(sizeof *h);
    h->state = XXH3_createState();
    UM_ASSERT(h->state);
    return h;
}

void um_row_hasher_delete(struct um_row_hasher *h)
{
    if (h)
        XXH3_freeState(h->state);
    free(h);
}

static void spill(struct um_row_hasher *h)
{
    if (!h->streaming)
        XXH3_128bits_reset(h->state);
    h->streaming = true;
    XXH3_128bits_update(h->state, h->room, h->used);
    h->used = 0;
}

static void feed(struct um_row_hasher *h, const void *bytes, size_t len)
{
    if (len > ROOM - h->used)
        spill(h);
    if (len > ROOM) {
        XXH3_128bits_update(h->state, bytes, len);
        return;
    }
    memcpy(h->room + h->used, bytes, len);
    h->used += len;
}

struct um_row_hash um_row_hash(struct um_row_hasher *h, const char *const *values,
                               const unsigned long *lengths, size_t count)
{
    h->streaming = false;
    h->room[0] = UM_ROW_HASH_VERSION;
    h->used = 1;
    for (size_t i = 0; i < count; i++) {
        if (!values[i]) {
            feed(h, "\0", 1);
            continue;
        }
        unsigned long len = lengths[i];
        UM_ASSERT(len <= UINT32_MAX);
        const unsigned char header[HEADER_SIZE] = {1, (unsigned char)len, (unsigned char)(len >> 8),
                                                   (unsigned char)(len >> 16),
                                                   (unsigned char)(len >> 24)};
        feed(h, header, sizeof header);
        feed(h, values[i], len);
    }
    XXH128_hash_t hash;
    if (h->streaming) {
        spill(h);
        hash = XXH3_128bits_digest(h->state);
    } else {
        hash = XXH3_128bits(h->room, h->used);
    }
    return (struct um_row_hash){hash.low64, hash.high64};
}

int um_row_hash_compare(const struct um_row_hash *a, const struct um_row_hash *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return (a->low > b->low) - (a->low < b->low);
}

static void add(struct um_row_sum *s, uint64_t low, uint64_t high)
{
    s->low += low;
    s->high += high + (s->low < low);
}

void um_row_sum_add_row(struct um_row_sum *s, const struct um_row_hash *row)
{
    add(s, row->low, row->high);
    s->rows++;
}

void um_row_sum_add(struct um_row_sum *s, const struct um_row_sum *more)
{
    add(s, more->low, more->high);
    s->rows += more->rows;
}

void um_row_sum_subtract(struct um_row_sum *s, const struct um_row_sum *part)
{
    bool borrow = s->low < part->low;
    s->low -= part->low;
    s->high -= part->high + borrow;
    s->rows -= part->rows;
}

bool um_row_sum_equal(const struct um_row_sum *a, const struct um_row_sum *b)
{
    return a->low == b->low && a->high == b->high && a->rows == b->rows;
}
