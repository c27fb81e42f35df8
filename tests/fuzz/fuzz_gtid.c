#include "change/gtid.h"
/* links: um_change um_base */

#include <stdlib.h>
#include <string.h>

/* Input: one byte that chooses the flavour, then text. What can be read can be printed and read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(enum um_gtid_kind kind, const char *text)
{
    struct um_err err;
    struct um_gtid_set *s = um_gtid_set_parse(kind, text, &err), *again;
    if (!s) {
        UM_ASSERT(err.id == UM_E_GTID_SYNTAX);
        return;
    }
    struct um_buf printed = {0}, twice = {0}, encoded = {0};
    um_gtid_set_print(s, &printed);
    again = um_gtid_set_parse(kind, printed.data, &err);
    UM_ASSERT(again);
    um_gtid_set_print(again, &twice);
    UM_ASSERT(strcmp(printed.data, twice.data) == 0);
    UM_ASSERT(um_gtid_set_subset(s, again) && um_gtid_set_subset(again, s));
    if (kind == UM_GTID_MYSQL) {
        um_gtid_set_encode(s, &encoded);
        um_gtid_set_subtract(again, s);
        UM_ASSERT(um_gtid_set_empty(again));
        um_gtid_set_union(again, s);
        UM_ASSERT(um_gtid_set_subset(s, again));
    }
    um_buf_free(&printed);
    um_buf_free(&twice);
    um_buf_free(&encoded);
    um_gtid_set_delete(again);
    um_gtid_set_delete(s);
}

static void single(enum um_gtid_kind kind, const char *text)
{
    struct um_gtid g, again;
    struct um_err err;
    if (um_gtid_parse(kind, text, &g, &err))
        return;
    struct um_buf printed = {0};
    um_gtid_print(&g, &printed);
    UM_ASSERT(um_gtid_parse(kind, printed.data, &again, &err) == 0);
    UM_ASSERT(um_gtid_equal(&g, &again));
    um_buf_free(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum um_gtid_kind kind = data[0] & 1 ? UM_GTID_MARIADB : UM_GTID_MYSQL;
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    round_trip(kind, text);
    single(kind, text);
    free(text);
    return 0;
}
