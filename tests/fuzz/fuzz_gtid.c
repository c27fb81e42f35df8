#include "binlog/event_info.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

/*
 * Input: one byte that chooses the flavour and the form, then text, or the body of a PREVIOUS_GTIDS
 * or GTID_LIST event. What can be read can be printed and read again, and written in binary form.
 */
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

/* NULL when the bytes are no set. */
static char *print_binary(unsigned type, const void *bytes, size_t len)
{
    struct um_event ev = {.type = (uint8_t)type, .body = bytes, .body_len = len};
    struct um_buf out = {0};
    struct um_err err;
    if (um_event_gtids_before(&ev, &out, &err) == 0)
        return um_buf_take(&out);
    um_buf_free(&out);
    return NULL;
}

static void binary(enum um_gtid_kind kind, const uint8_t *bytes, size_t len)
{
    bool mysql = kind == UM_GTID_MYSQL;
    unsigned type = mysql ? UM_EV_PREVIOUS_GTIDS : UM_EV_MARIA_GTID_LIST;
    char *text = print_binary(type, bytes, len), *again;
    if (text && mysql) {
        struct um_err err;
        struct um_buf encoded = {0};
        struct um_gtid_set *s = um_gtid_set_parse(kind, text, &err);
        UM_ASSERT(s);
        um_gtid_set_encode(s, &encoded);
        again = print_binary(type, encoded.data, encoded.len);
        UM_ASSERT(again && strcmp(again, text) == 0);
        um_gtid_set_delete(s);
        um_buf_free(&encoded);
        free(again);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum um_gtid_kind kind = data[0] & 1 ? UM_GTID_MARIADB : UM_GTID_MYSQL;
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] & 2) {
        binary(kind, (const uint8_t *)text, size - 1);
        free(text);
        return 0;
    }
    round_trip(kind, text);
    single(kind, text);
    free(text);
    return 0;
}
