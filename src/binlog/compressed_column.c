#include "binlog/compressed_column.h"

#include "binlog/inflate.h"

enum { METHOD_PLAIN = 0, METHOD_ZLIB = 8, NO_WRAPPER = 8, LENGTH_BYTES = 7 };

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

int um_compressed_inflate(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err)
{
    struct header h;
    size_t at = 0;
    const char *wrong = read_header(bytes, len, &h);
    if (!wrong && h.plain) {
        um_buf_add(out, bytes + h.size, h.original);
        return 0;
    }
    if (!wrong) {
        wrong = um_inflate(bytes + h.size, len - h.size, h.wrapped, h.original, out, &at);
        at += h.size;
    }
    return wrong ? um_fail(err, UM_E_COMPRESSED_MALFORMED,
                           "a compressed value of %zu bytes, original length %zu, at offset %zu: "
                           "%s",
                           len, h.original, at, wrong)
                 : 0;
}
