#include "binlog/compressed_column.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    struct um_err err;
    struct um_buf out = {0};
    size_t original = 0;
    bool known = um_compressed_length(bytes, size, &original);
    int rc = um_compressed_inflate(bytes, size, &out, &err);
    UM_ASSERT(rc == 0 ? known && out.len == original : out.len == 0);
    /* Deflate makes at most 1032 bytes of one; the buffer runs ahead by no more than its step. */
    UM_ASSERT(out.cap <= (2 * 1032 * size + (128 << 10)) * 2);
    um_buf_free(&out);
    free(bytes);
    return 0;
}
