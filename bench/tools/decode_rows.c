/*
 * decode_rows FILE: reads a binlog file through the decoder as the job does, checksums included,
 * makes a um_change of each row and looks at every value of it. Prints one line of JSON:
 *   read_seconds    the file into memory, which here is the page cache's copy
 *   decode_seconds  all the rest, one thread
 * and what was decoded. `sum` depends on every value, so that none of them is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "binlog/event_reader.h"
#include "change/change.h"

enum { MAGIC = 4, SIZE_AT = 9 };

struct counts {
    uint64_t bytes, events, row_events, rows, values, sum;
    struct um_value *before, *after;
    size_t columns; /* that there is room for */
};

/* ---- counting allocations, in front of the C library's ---- */

static uint64_t allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

/* ---- decoding ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A number as a whole; of bytes the length, the first and the last. */
static void look_at(struct counts *n, const struct um_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct um_value *v = &values[i];
        switch (v->kind) {
        case UM_V_ABSENT:
        case UM_V_NULL:
            break;
        case UM_V_DECIMAL:
        case UM_V_BYTES:
        case UM_V_JSON:
        case UM_V_GEOMETRY:
        case UM_V_COMPRESSED:
            n->sum += v->len;
            if (v->len)
                n->sum += (uint64_t)v->bytes[0] << 8 | v->bytes[v->len - 1];
            break;
        case UM_V_DATE:
        case UM_V_TIME:
        case UM_V_DATETIME:
            n->sum += v->t.year + v->t.month + v->t.day + v->t.hour + v->t.minute + v->t.second +
                      v->t.usec + v->t.negative;
            break;
        case UM_V_TIMESTAMP:
            n->sum += (uint64_t)v->ts.s + v->ts.usec;
            break;
        case UM_V_FLOAT:
            n->sum += (uint64_t)(v->f > 0);
            break;
        default:
            n->sum += v->u;
        }
        n->sum += v->kind;
    }
    n->values += count;
}

static void look_at_change(struct counts *n, const struct um_change *c, size_t columns)
{
    n->rows++;
    n->sum += c->op + c->flags + c->offset;
    if (c->before)
        look_at(n, c->before, columns);
    if (c->after)
        look_at(n, c->after, columns);
}

static int on_rows(struct counts *n, const struct um_read_event *e, struct um_err *err)
{
    static const enum um_op ops[] = {
        [UM_ROWS_INSERT] = UM_INSERT, [UM_ROWS_UPDATE] = UM_UPDATE, [UM_ROWS_DELETE] = UM_DELETE};
    struct um_rows rows;
    size_t columns = um_table_map_columns(e->map);
    if (um_rows_open(&rows, e->format, e->ev, e->map, err) != 0)
        return -1;
    if (columns > n->columns) {
        n->before = um_realloc(n->before, columns * sizeof *n->before);
        n->after = um_realloc(n->after, columns * sizeof *n->after);
        n->columns = columns;
    }
    struct um_change c = {.op = ops[rows.kind], .offset = e->end};
    c.flags = rows.flags & UM_ROWS_NO_FOREIGN_KEY_CHECKS ? UM_CHANGE_NO_FOREIGN_KEYS : 0;
    c.before = rows.kind == UM_ROWS_INSERT ? NULL : n->before;
    c.after = rows.kind == UM_ROWS_DELETE ? NULL : n->after;
    int more;
    while ((more = um_rows_next(&rows, n->before, n->after, err)) == 1)
        look_at_change(n, &c, columns);
    n->row_events++;
    return more;
}

static int handle(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct counts *n = context;
    n->events++;
    return um_event_is_rows(e->ev->type) && e->map ? on_rows(n, e, err) : 0;
}

/* Whole events at the beginning of the bytes; how many bytes that were, or -1. */
static int64_t decode(struct um_event_reader *r, const uint8_t *bytes, size_t len, struct counts *n,
                      struct um_err *err)
{
    size_t at = 0;
    while (len - at >= UM_EVENT_HEADER) {
        uint32_t size;
        memcpy(&size, bytes + at + SIZE_AT, sizeof size);
        if (size < UM_EVENT_HEADER)
            return um_fail(err, UM_E_EVENT_MALFORMED, "an event of %u bytes", size);
        if (size > len - at)
            break;
        if (um_event_reader_feed(r, bytes + at, size, handle, n, err) != 0)
            return -1;
        at += size;
    }
    return (int64_t)at;
}

/* Block by block, so that only decoding is timed and memory has a bound. */
static int decode_file(FILE *f, struct counts *n, double *seconds, struct um_err *err)
{
    enum { BLOCK = 1 << 20 };
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, "binlog", MAGIC);
    struct um_buf bytes = {0};
    int64_t used = 0;
    size_t got;
    do {
        um_buf_reserve(&bytes, BLOCK);
        got = fread(bytes.data + bytes.len, 1, BLOCK, f);
        bytes.len += got;
        double begun = now();
        used = decode(r, (const uint8_t *)bytes.data, bytes.len, n, err);
        *seconds += now() - begun;
        if (used >= 0) {
            bytes.len -= (size_t)used;
            memmove(bytes.data, bytes.data + used, bytes.len);
        }
    } while (used >= 0 && got > 0);
    if (used >= 0 && bytes.len > 0)
        used = um_fail(err, UM_E_EVENT_MALFORMED, "the last event is cut off");
    n->bytes = um_event_reader_offset(r);
    um_event_reader_delete(r);
    um_buf_free(&bytes);
    return used < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct counts n = {0};
    struct um_err err = {0};
    double seconds = 0;
    char magic[MAGIC];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!f || fread(magic, 1, MAGIC, f) != MAGIC ||
        memcmp(magic,
               "\xfe"
               "bin",
               MAGIC) != 0) {
        fprintf(stderr, "usage: decode_rows FILE, which is a binlog\n");
        return 2;
    }
    int result = decode_file(f, &n, &seconds, &err);
    fclose(f);
    if (result != 0) {
        fprintf(stderr, "decode_rows: %s: %s\n", argv[1], err.text);
        return 1;
    }
    printf("{\"bytes\": %" PRIu64 ", \"events\": %" PRIu64 ", \"row_events\": %" PRIu64
           ", \"rows\": %" PRIu64 ", \"values\": %" PRIu64 ", \"sum\": %" PRIu64
           ", \"allocations\": %" PRIu64 ", \"seconds\": %.4f}\n",
           n.bytes, n.events, n.row_events, n.rows, n.values, n.sum, allocations, seconds);
    free(n.before);
    free(n.after);
    return 0;
}
