#include "binlog/inflate.h"

#include <stdlib.h>

#include <zlib.h>

#include "base/err.h"
#include "base/mem.h"

enum { WINDOW_BITS = 15, STEP = 64 << 10 };

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

const char *um_inflate(const uint8_t *bytes, size_t len, bool wrapped, size_t original,
                       struct um_buf *out, size_t *at)
{
    size_t start = out->len;
    z_stream z = {.zalloc = take_memory,
                  .zfree = give_memory,
                  .next_in = (uint8_t *)(uintptr_t)bytes,
                  .avail_in = (unsigned)len};
    UM_ASSERT(inflateInit2(&z, wrapped ? WINDOW_BITS : -WINDOW_BITS) == Z_OK);
    const char *wrong = inflate_into(&z, original, out);
    *at = z.total_in;
    inflateEnd(&z);
    if (wrong)
        out->len = start;
    if (out->data)
        out->data[out->len] = '\0';
    return wrong;
}
