#include "binlog/compressed_column.h"

#include <stdlib.h>

#include <zlib.h>

#include "base/mem.h"

enum { METHOD_PLAIN = 0, METHOD_ZLIB = 8, NO_WRAPPER = 8, LENGTH_BYTES = 7, STEP = 64 << 10 };

struct header {
    bool plain, wrapped;
    size_t size; /* where the value or its stream begins */
    size_t original;
};

/* Says what is wrong with it, or NULL. */
static const char *read_header(const uint8_t *bytes, size_t len, struct header *h)
{
    *h = (struct header){.plain = true};
    if (len == 0)
        return NULL;
    if (len > UINT32_MAX)
        return "no column holds a value of this length";
    unsigned method = bytes[0] >> 4, size = bytes[0] & LENGTH_BYTES;
    if (bytes[0] == METHOD_PLAIN) {
        h->size = 1;
        h->original = len - 1;
        return NULL;
    }
    if (method != METHOD_ZLIB)
        return "its header names a method that is not known";
    if (size < 1 || size > 4)
        return "its header has a length of no or more than 4 bytes";
    if (size >= len)
        return "it ends within its header";
    h->plain = false;
    h->wrapped = !(bytes[0] & NO_WRAPPER);
    h->size = 1 + size;
    for (unsigned i = 1; i <= size; i++)
        h->original = h->original << 8 | bytes[i];
    return NULL;
}

bool um_compressed_length(const uint8_t *bytes, size_t len, size_t *original)
{
    struct header h;
    if (read_header(bytes, len, &h))
        return false;
    *original = h.original;
    return true;
}

static void *take_memory(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return um_alloc_array(count, size);
}

static void give_memory(void *unused, void *memory)
{
    (void)unused;
    free(memory);
}

/* Says what is wrong with the stream, or NULL. */
static const char *inflate_into(z_stream *z, size_t original, struct um_buf *out)
{
    size_t done = 0;
    for (;;) {
        size_t room = original - done < STEP + done ? original - done : STEP + done;
        um_buf_reserve(out, room);
        z->next_out = (uint8_t *)out->data + out->len;
        z->avail_out = (unsigned)room;
        int rc = inflate(z, Z_FINISH);
        out->len += room - z->avail_out;
        done += room - z->avail_out;
        if (rc == Z_STREAM_END)
            break;
        if (rc != Z_OK && rc != Z_BUF_ERROR)
            return "the stream is damaged";
        if (z->avail_out > 0)
            return "the stream is cut off";
        if (done == original)
            return "the stream is cut off, or goes on beyond the length that the header declares";
    }
    if (done != original)
        return "the stream ends before the length that the header declares";
    return z->avail_in ? "bytes follow the stream" : NULL;
}

int um_compressed_inflate(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err)
{
    enum { WINDOW_BITS = 15 };
    struct header h;
    size_t start = out->len, at = 0;
    const char *wrong = read_header(bytes, len, &h);
    if (!wrong && h.plain) {
        um_buf_add(out, bytes + h.size, h.original);
        return 0;
    }
    if (!wrong) {
        z_stream z = {.zalloc = take_memory,
                      .zfree = give_memory,
                      .next_in = (uint8_t *)(uintptr_t)bytes + h.size,
                      .avail_in = (unsigned)(len - h.size)};
        UM_ASSERT(inflateInit2(&z, h.wrapped ? WINDOW_BITS : -WINDOW_BITS) == Z_OK);
        wrong = inflate_into(&z, h.original, out);
        at = h.size + z.total_in;
        inflateEnd(&z);
    }
    if (wrong)
        out->len = start;
    if (out->data)
        out->data[out->len] = '\0';
    return wrong ? um_fail(err, UM_E_COMPRESSED_MALFORMED,
                           "a compressed value of %zu bytes, original length %zu, at offset %zu: "
                           "%s",
                           len, h.original, at, wrong)
                 : 0;
}
