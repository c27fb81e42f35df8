#include "binlog/json_diff.h"
/* links: um_binlog um_change um_base */
/* max_len: 600 */

#include <stdlib.h>
#include <string.h>

#include "binlog/json_binary.h"

/*
 * Input: a byte of choices, then
 *   0: two bytes of length, a document of that length, differences, all as they are;
 *   1: instructions by which honest differences to an honest document are made. Then the outcome
 *      has to be a document, and the same when the differences are applied one by one.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *copy(const uint8_t *bytes, size_t len)
{
    uint8_t *own = malloc(len + 1);
    if (len)
        memcpy(own, bytes, len);
    return own;
}

/* ---- anything ---- */

static void apply_raw(const uint8_t *data, size_t size)
{
    if (size < 2)
        return;
    size_t doc_len = data[0] | (size_t)data[1] << 8;
    if (doc_len > size - 2)
        doc_len = size - 2;
    size_t len = size - 2 - doc_len;
    uint8_t *doc = copy(data + 2, doc_len), *diffs = copy(data + 2 + doc_len, len);
    struct um_json_text document = {doc, doc_len};
    struct um_arena arena = {0};
    struct um_buf text = {0}, sql = {0};
    struct um_err err;
    if (um_json_diff_apply(&document, diffs, len, &arena, &err) == 0) {
        /* No byte comes out more than once, beside the entries of containers. */
        UM_ASSERT(document.len <= 64 + 4 * size);
        um_json_print(document.bytes, document.len, &text, &err);
        um_json_sql(document.bytes, document.len, &sql, &err);
    } else {
        UM_ASSERT(err.id == UM_E_JSON_MALFORMED);
    }
    um_buf_free(&text);
    um_buf_free(&sql);
    um_arena_free(&arena);
    free(doc);
    free(diffs);
}

/* ---- honest differences ---- */

struct maker {
    const uint8_t *p, *end;
    struct um_buf *diffs;
    size_t ends[24]; /* of each difference */
    size_t count, large_texts;
};

static uint8_t next(struct maker *m)
{
    return m->p < m->end ? *m->p++ : 0;
}

static void add_length(struct um_buf *out, size_t n)
{
    if (n < 0xfb) {
        um_buf_char(out, (char)n);
    } else {
        uint8_t bytes[4] = {0xfd, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)};
        um_buf_add(out, bytes, sizeof bytes);
    }
}

static void make_path(struct maker *m)
{
    static const char *const legs[] = {
        ".a",  ".b",  ".\"\"", ".\"a b\"", ".\"\\u0001\\\"\"", ".\xc3\xa9", ".aa", "[0]",
        "[1]", "[2]", "[7]",   "[last]",   "[last-1]",         "[last-9]",  ".c",  ".d",
    };
    struct um_buf path = {0};
    um_buf_str(&path, "$");
    for (int n = 1 + next(m) % 6; n > 0; n--)
        um_buf_str(&path, legs[next(m) % 16]);
    add_length(m->diffs, path.len);
    um_buf_add(m->diffs, path.data, path.len);
    um_buf_free(&path);
}

static void make_text(struct maker *m, size_t len)
{
    struct um_buf value = {0};
    um_buf_char(&value, 0x0c);
    for (size_t rest = len;; rest >>= 7) {
        um_buf_char(&value, (char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
        if (rest <= 0x7f)
            break;
    }
    um_buf_reserve(&value, len);
    memset(value.data + value.len, 'x', len);
    value.len += len;
    add_length(m->diffs, value.len);
    um_buf_add(m->diffs, value.data, value.len);
    um_buf_free(&value);
}

static void make_value(struct maker *m)
{
    static const struct {
        const char *bytes;
        size_t len;
    } values[] = {
#define VALUE(literal) {literal, sizeof(literal) - 1}
        VALUE("\x04\x00"),
        VALUE("\x05\xfe\xff"),
        VALUE("\x06\xff\xff"),
        VALUE("\x07\x00\x00\x01\x80"),
        VALUE("\x08\xff\xff\xff\xff"),
        VALUE("\x09\1\2\3\4\5\6\7\x80"),
        VALUE("\x0b\0\0\0\0\0\0\xf8\x3f"),
        VALUE("\x0f\xf6\x04\x03\x02\x81\x32"),
        VALUE("\x00\x00\x00\x04\x00"),
        VALUE("\x02\x00\x00\x04\x00"),
        VALUE("\x02\x02\x00\x10\x00\x05\x01\x00\x0c\x0a\x00\x05"
              "abcde"),
        VALUE("\x00\x01\x00\x0c\x00\x0b\x00\x01\x00\x04\x01\x00"
              "a"),
        VALUE("\x01\x00\x00\x00\x00\x08\x00\x00\x00"),
    };
    enum { COUNT = sizeof values / sizeof *values };
    uint8_t choice = next(m), which = choice % (COUNT + 1);
    if (choice >= 0xfe && m->large_texts++ < 2) { /* more would take long */
        make_text(m, choice == 0xff ? 65400U + next(m) : 30000);
        return;
    }
    if (which == COUNT) {
        make_text(m, next(m));
        return;
    }
    add_length(m->diffs, values[which].len);
    um_buf_add(m->diffs, values[which].bytes, values[which].len);
}

static void make_diffs(struct maker *m)
{
    while (m->p < m->end && m->count < 24) {
        uint8_t operation = next(m) % 3;
        um_buf_char(m->diffs, (char)operation);
        make_path(m);
        if (operation != 2)
            make_value(m);
        m->ends[m->count++] = m->diffs->len;
    }
}

static void check_document(const struct um_json_text *document)
{
    static struct um_buf text; /* kept, as are those below: large ones take long to make anew */
    struct um_err err;
    um_buf_clear(&text);
    if (um_json_print(document->bytes, document->len, &text, &err) != 0)
        UM_BUG(err.text);
}

/* Differences that do not fit are left out, as if they had not been made. Large documents are
   looked at only once, at the end: that alone takes longer than all the rest. */
static void apply_made(const uint8_t *data, size_t size)
{
    enum { SMALL = 4096 };
    static struct um_buf diffs, fitting;
    static struct um_arena arena;
    struct maker m = {.p = data, .end = data + size, .diffs = &diffs};
    uint8_t empty[] = {next(&m) & 1 ? 0x00 : 0x02, 0, 0, 4, 0};
    struct um_json_text by_one = {empty, sizeof empty}, at_once = by_one;
    struct um_err err;
    um_buf_clear(&diffs);
    um_buf_clear(&fitting);
    make_diffs(&m);
    for (size_t i = 0, from = 0; i < m.count; from = m.ends[i++]) {
        const uint8_t *diff = (const uint8_t *)diffs.data + from;
        size_t len = m.ends[i] - from;
        struct um_json_text before = by_one;
        if (um_json_diff_apply(&by_one, diff, len, &arena, &err) == 0)
            um_buf_add(&fitting, diff, len);
        else
            UM_ASSERT(by_one.bytes == before.bytes && err.id == UM_E_JSON_MALFORMED);
        if (by_one.len <= SMALL)
            check_document(&by_one);
    }
    check_document(&by_one);
    if (um_json_diff_apply(&at_once, (const uint8_t *)fitting.data, fitting.len, &arena, &err) != 0)
        UM_BUG(err.text);
    UM_ASSERT(at_once.len == by_one.len);
    UM_ASSERT(memcmp(at_once.bytes, by_one.bytes, by_one.len) == 0);
    um_arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        apply_made(data + 1, size - 1);
    else
        apply_raw(data + 1, size - 1);
    return 0;
}
