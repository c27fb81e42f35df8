#include "binlog/json_binary.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    struct um_err err;
    struct um_buf text = {0}, sql = {0};
    int printed = um_json_print(bytes, size, &text, &err);
    /* A control character takes six bytes, a double 8 in and at most 34 out. */
    UM_ASSERT(text.len <= 64 + 64 * size);
    int built = um_json_sql(bytes, size, &sql, &err);
    UM_ASSERT(sql.len <= 512 + 512 * size);
    if (printed == 0) {
        UM_ASSERT(built == 0 || err.id == UM_E_JSON_UNSUPPORTED);
    } else {
        UM_ASSERT(built != 0);
    }
    um_buf_free(&text);
    um_buf_free(&sql);
    free(bytes);
    return 0;
}
