#include "change/encode.h"
/* links: um_change um_base */

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read back is written as it was, but for a FLOAT's and a flag's unused bits: then the
   second time. */
static void check_again(const struct um_change *c, const struct um_encoded *of)
{
    struct um_buf once = {0}, twice = {0};
    struct um_arena arena = {0};
    struct um_change again;
    struct um_encoded of_again;
    struct um_err err;
    size_t used;
    um_change_encode(c, of->table, of->columns, &once);
    UM_ASSERT(um_change_decode((const uint8_t *)once.data, once.len, &used, &arena, &again,
                               &of_again, &err) == 0);
    UM_ASSERT(used == once.len);
    um_change_encode(&again, of_again.table, of_again.columns, &twice);
    UM_ASSERT(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    um_arena_free(&arena);
    um_buf_free(&once);
    um_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    size_t whole = um_changes_whole(bytes, size), at = 0;
    UM_ASSERT(whole <= size);
    struct um_arena arena = {0};
    while (at < whole) {
        struct um_change c;
        struct um_encoded of;
        struct um_err err;
        size_t used;
        if (um_change_decode(bytes + at, whole - at, &used, &arena, &c, &of, &err) != 0)
            break;
        check_again(&c, &of);
        at += used;
    }
    um_arena_free(&arena);
    free(bytes);
    return 0;
}
