#include "dump/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/stop.h"
#include "dump/describe.h"
#include "binlogs/file.h"
#include "dump/filter.h"
#include "dump/range.h"

enum { STOP = 1, KEEP_BYTES = 4 << 20 };

struct dump {
    FILE *to;
    struct um_range *range;
    struct um_grouping grouping;
    struct um_filter filter;
    struct um_out out;                  /* the event at hand */
    struct um_buf held, held_statement; /* what --table holds back */
    size_t lost;                        /* statements and row events that are not decoded */

    size_t index; /* of the file at hand */
    const char *path, *name;
};

/* ---- writing ---- */

static int write_out(struct dump *d, struct um_buf *b, struct um_err *err)
{
    if (b->len > 0 && fwrite(b->data, 1, b->len, d->to) != b->len)
        return um_fail(err, UM_E_SYSTEM, "the output cannot be written: %s", strerror(errno));
    um_buf_clear(b);
    um_buf_trim(b, KEEP_BYTES);
    return 0;
}

static void hold(struct um_buf *held, struct um_buf *event)
{
    um_buf_add(held, event->data, event->len);
    um_buf_clear(event);
}

static int deliver(struct dump *d, enum um_filter_verdict verdict, struct um_err *err)
{
    switch (verdict) {
    case UM_FILTER_HOLD_STATEMENT:
        um_buf_clear(&d->held_statement);
        hold(&d->held_statement, &d->out.buf);
        return 0;
    case UM_FILTER_HOLD:
        hold(&d->held, &d->out.buf);
        return 0;
    default:
        return write_out(d, &d->held, err) != 0 || write_out(d, &d->held_statement, err) != 0 ||
                       write_out(d, &d->out.buf, err) != 0
                   ? -1
                   : 0;
    }
}

/* ---- events ---- */

static int print(struct dump *d, const struct um_read_event *e, enum um_filter_verdict verdict,
                 struct um_err *err)
{
    bool lost = false;
    um_buf_clear(&d->out.buf);
    um_out_begin(&d->out, d->name, e);
    if (um_dump_describe(&d->out, e, &lost, err) != 0)
        return -1;
    um_out_end(&d->out);
    d->lost += lost;
    return deliver(d, verdict, err);
}

static int handle(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct dump *d = context;
    if (um_stop_requested())
        return STOP;
    enum um_group_place place = um_group_step(&d->grouping, e);
    switch (um_range_event(d->range, d->index, e, place, d->grouping.inside, err)) {
    case UM_RANGE_FAILED:
        return -1;
    case UM_RANGE_OVER:
        return STOP;
    case UM_RANGE_OUTSIDE:
        break;
    case UM_RANGE_WITHIN:
        if (place == UM_GROUP_BEGINS) {
            um_buf_clear(&d->held);
            um_buf_clear(&d->held_statement);
        }
        enum um_filter_verdict verdict = um_filter_event(&d->filter, e, place);
        if (verdict != UM_FILTER_DROP && print(d, e, verdict, err) != 0)
            return -1;
    }
    if (e->ev->type == UM_EV_MARIA_START_ENCRYPTION)
        return um_fail(err, UM_E_BINLOG_ENCRYPTED,
                       "the rest of the file is encrypted by the server (encrypt_binlog)");
    return 0;
}

/* What is wrong with an event of a live stream is wrong with the source; here it is the file. */
static int fail_at(const struct dump *d, uint64_t offset, struct um_err *err)
{
    switch (err->id) {
    case UM_E_EVENT_MALFORMED:
    case UM_E_EVENT_CHECKSUM:
    case UM_E_JSON_MALFORMED:
    case UM_E_COMPRESSED_MALFORMED:
        err->id = UM_E_BINLOG_FILE_DAMAGED;
        break;
    case UM_E_EVENT_UNSUPPORTED:
    case UM_E_BINLOG_ENCRYPTED:
        break;
    default:
        return -1;
    }
    return um_fail_in(err, "'%s', offset %" PRIu64, d->path, offset);
}

/* ---- files ---- */

/* 0 at its end, STOP when there is nothing more to print, -1. */
static int dump_file(struct dump *d, struct um_err *err)
{
    struct um_binlog_file *f = um_binlog_file_open(d->path, err);
    if (!f)
        return -1;
    d->name = um_binlog_file_name(f);
    uint64_t at = um_binlog_file_offset(f);
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, d->name, at);
    const uint8_t *bytes;
    size_t len;
    int result;
    while ((result = um_binlog_file_next(f, &bytes, &len, err)) > 0) {
        result = um_event_reader_feed(r, bytes, len, handle, d, err);
        if (result < 0)
            fail_at(d, at, err);
        if (result != 0)
            goto out;
        at = um_binlog_file_offset(f);
    }
    if (result == 0)
        result = um_range_file_ended(d->range, d->index, d->name, at, err);
out:
    um_event_reader_delete(r);
    um_binlog_file_close(f);
    return result;
}

static int dump_files(struct dump *d, const struct um_strv *files, struct um_err *err)
{
    int result = 0;
    for (d->index = 0; result == 0 && d->index < files->count; d->index++) {
        if (!um_range_touches_file(d->range, d->index))
            continue;
        d->path = files->items[d->index];
        result = dump_file(d, err);
    }
    if (result == 0)
        result = um_range_ended(d->range, err);
    return result < 0 ? -1 : 0;
}

int um_dump(const struct um_dump_options *options, FILE *to, struct um_err *err)
{
    struct dump d = {.to = to, .filter.patterns = options->tables, .out.format = options->format};
    d.range = um_range_new(options->from, options->to, options->files, err);
    int result = d.range ? dump_files(&d, options->files, err) : -1;
    /* What was printed before an error stands, so it has to be there before the error is told. */
    if (fflush(to) != 0 && result == 0)
        result = um_fail(err, UM_E_SYSTEM, "the output cannot be written: %s", strerror(errno));
    if (result == 0 && d.lost > 0)
        result = um_fail(
            err, UM_E_DUMP_UNDECODED,
            "not decoded: %zu of the events that can change rows; the output names them", d.lost);
    um_range_delete(d.range);
    um_buf_free(&d.out.buf);
    um_buf_free(&d.held);
    um_buf_free(&d.held_statement);
    return result;
}
