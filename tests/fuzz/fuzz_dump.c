#include "dump/describe.h"
/* links: um_dump um_binlog um_config um_change um_base dep::jansson */
/* max_len: 2048 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "binlogs/group.h"

/*
 * Input: one byte of choices, then events as in a file, without checksums. Whatever they are, what
 * is printed is one line of valid JSON for each, or text without control characters.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct um_out out;
    struct um_grouping grouping;
};

static void check_json(const struct um_buf *b)
{
    json_error_t error;
    json_t *object = json_loadb(b->data, b->len, JSON_ALLOW_NUL, &error);
    UM_ASSERT(object && json_is_object(object));
    UM_ASSERT(memchr(b->data, '\n', b->len) == b->data + b->len - 1);
    json_decref(object);
}

static void check_text(const struct um_buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        UM_ASSERT((uint8_t)b->data[i] >= 0x20 || b->data[i] == '\n');
    UM_ASSERT(b->data[b->len - 1] == '\n');
}

static int print(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct target *t = context;
    bool lost;
    um_buf_clear(&t->out.buf);
    um_group_step(&t->grouping, e);
    um_out_begin(&t->out, "f\"", e);
    if (um_dump_describe(&t->out, e, &lost, err) != 0)
        return -1;
    um_out_end(&t->out);
    if (t->out.format == UM_OUTPUT_JSON)
        check_json(&t->out.buf);
    return 0;
}

static void feed_format(struct um_event_reader *r, struct target *t, bool maria)
{
    uint8_t ev[19 + 57 + 171 + 5] = {[4] = UM_EV_FORMAT_DESCRIPTION, [19] = 4, [19 + 56] = 19};
    size_t len = sizeof ev - (maria ? 0 : 5 + 135);
    ev[9] = (uint8_t)len;
    strcpy((char *)ev + 21, maria ? "10.11.0-MariaDB" : "5.5.60");
    memset(ev + 19 + 57, 8, len - 19 - 57);
    ev[19 + 57 + UM_EV_QUERY - 1] = 13;
    if (maria)
        memset(ev + len - 5, 0, 5);
    struct um_err err;
    UM_ASSERT(um_event_reader_feed(r, ev, len, print, t, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct target t = {.out.format = data[0] & 1 ? UM_OUTPUT_JSON : UM_OUTPUT_TEXT};
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, "f", 4);
    feed_format(r, &t, data[0] & 2);
    const uint8_t *p = data + 1, *end = data + size;
    int result = 0;
    while (result == 0 && end - p >= UM_EVENT_HEADER) {
        size_t len = p[9] | (size_t)p[10] << 8;
        if (len < UM_EVENT_HEADER || len > (size_t)(end - p))
            len = (size_t)(end - p);
        uint8_t *bytes = malloc(len);
        memcpy(bytes, p, len);
        for (int i = 0; i < 4; i++)
            bytes[9 + i] = (uint8_t)(len >> (8 * i));
        struct um_err err = {0};
        result = um_event_reader_feed(r, bytes, len, print, &t, &err);
        if (result == 0 && t.out.format == UM_OUTPUT_TEXT)
            check_text(&t.out.buf);
        free(bytes);
        p += len;
    }
    um_event_reader_delete(r);
    um_buf_free(&t.out.buf);
    return 0;
}
