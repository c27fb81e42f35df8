#include "binlog/compressed_column.h"
/* links: um_binlog um_change um_base */
/* max_len: 300, which is a quarter of a MiB at the most once inflated */

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    struct um_err err;
    static struct um_buf out; /* kept: to make it anew takes longer than the rest */
    size_t original = 0;
    bool known = um_compressed_length(bytes, size, &original);
    int rc = um_compressed_inflate(bytes, size, &out, &err);
    UM_ASSERT(rc == 0 ? known && out.len == original : out.len == 0);
    /* Deflate makes at most 1032 bytes of one; the buffer runs ahead by no more than its step. */
    UM_ASSERT(out.cap <= (2 * 1032 * size + (128 << 10)) * 2);
    um_buf_clear(&out);
    um_buf_trim(&out, 128 << 10);
    free(bytes);
    return 0;
}
