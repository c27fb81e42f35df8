#include "spool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "binlog/event_reader.h"
#include "binlog/make.h"
#include "binlogs/group.h"

/*
 * The thread that spools: the source's stream by file and offset, so that nothing is left out of it
 * that the file has, into files that are as the source's.
 */

static const char magic[] = "\xfe"
                            "bin";
enum { MAGIC_BYTES = 4, SYNC_BYTES = 16 << 20, SYNC_US = 1000000, FILL_BYTES = 65536 };

struct writer {
    struct um_spool *s;
    struct um_event_reader *events; /* of the connection at hand */
    struct um_grouping group;
    char file[256]; /* that is written to */
    int fd;         /* of it; -1: it is not there yet */
    int64_t born;   /* when the source created it; 0: any time will do */
    uint64_t size;
    uint64_t unsynced;
    int64_t synced_us;
    int64_t heard_us; /* when the source was heard of last */
    struct um_buf filler;

    /* Of the event at hand. */
    unsigned type;
    int64_t timestamp;
    uint64_t start, end;
};

/* ---- the disk ---- */

static int fail_write(const struct writer *w, struct um_err *err)
{
    return um_fail(err, UM_E_SPOOL_WRITE, "the spool's file '%s/%s' cannot be written: %s",
                   w->s->dir.path, w->file, strerror(errno));
}

static int sync_file(struct writer *w, struct um_err *err)
{
    if (w->fd >= 0 && w->unsynced && fdatasync(w->fd) != 0)
        return fail_write(w, err);
    w->unsynced = 0;
    w->synced_us = um_now_us();
    return 0;
}

static int sync_sometimes(struct writer *w, struct um_err *err)
{
    bool due = w->unsynced >= SYNC_BYTES || um_now_us() - w->synced_us >= SYNC_US;
    return due ? sync_file(w, err) : 0;
}

static int check_bound(const struct writer *w, size_t len, struct um_err *err)
{
    pthread_mutex_lock(&w->s->lock);
    uint64_t bytes = w->s->bytes;
    pthread_mutex_unlock(&w->s->lock);
    if (bytes + len <= w->s->config->spool.max_bytes)
        return 0;
    return um_fail(err, UM_E_SPOOL_FULL,
                   "the spool has %" PRIu64 " bytes, and spool.max_bytes is %" PRIu64, bytes,
                   w->s->config->spool.max_bytes);
}

static int write_bytes(struct writer *w, const void *bytes, size_t len, struct um_err *err)
{
    const char *at = bytes;
    if (check_bound(w, len, err) != 0)
        return -1;
    for (size_t left = len; left;) {
        ssize_t n = pwrite(w->fd, at, left, (off_t)(w->size + (len - left)));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_write(w, err);
        at += n;
        left -= (size_t)n;
    }
    w->size += len;
    w->unsynced += len;
    return 0;
}

static int put(struct writer *w, const void *bytes, size_t len, struct um_err *err)
{
    if (write_bytes(w, bytes, len, err) != 0)
        return -1;
    pthread_mutex_lock(&w->s->lock);
    w->s->files[w->s->count - 1].size = w->size;
    w->s->bytes += len;
    pthread_mutex_unlock(&w->s->lock);
    return 0;
}

/* Whoever reads may go as far as here. */
static void publish(struct writer *w)
{
    if (w->group.inside)
        return;
    pthread_mutex_lock(&w->s->lock);
    w->s->end = w->size;
    pthread_mutex_unlock(&w->s->lock);
}

static void add_file(struct writer *w)
{
    struct um_spool *s = w->s;
    pthread_mutex_lock(&s->lock);
    um_grow(&s->files, &s->cap, s->count + 1, sizeof *s->files);
    struct um_spool_file *f = &s->files[s->count++];
    *f = (struct um_spool_file){.born = w->born, .size = w->size};
    snprintf(f->name, sizeof f->name, "%s", w->file);
    s->end = w->size;
    s->bytes += w->size;
    pthread_mutex_unlock(&s->lock);
}

static int end_file(struct writer *w, struct um_err *err)
{
    int result = sync_file(w, err);
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    return result == 0 ? um_fault(UM_FAULT_SPOOL_FILE_ENDED, err) : -1;
}

/* ---- events ---- */

/* With its format description: there is no file without. */
static int begin_file(struct writer *w, const uint8_t *bytes, size_t len, struct um_err *err)
{
    if (w->start != MAGIC_BYTES || w->end != MAGIC_BYTES + len)
        return um_fail(err, UM_E_SOURCE_STREAM,
                       "the source's stream of %s begins in the middle of the file", w->file);
    char *path = um_spool_dir_path(&w->s->dir, w->file);
    w->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    free(path);
    if (w->fd < 0)
        return fail_write(w, err);
    w->size = 0;
    if (write_bytes(w, magic, MAGIC_BYTES, err) != 0 || write_bytes(w, bytes, len, err) != 0 ||
        um_spool_dir_sync(&w->s->dir, err) != 0)
        return -1;
    w->born = w->timestamp;
    add_file(w);
    return um_fault(UM_FAULT_SPOOL_FILE_BEGUN, err);
}

/* It is the first event of each file, and comes again wherever in a file the stream begins. */
static int on_format(struct writer *w, const uint8_t *bytes, size_t len, struct um_err *err)
{
    if (w->born && w->born != w->timestamp)
        return um_fail(err, UM_E_SOURCE_DIVERGED,
                       "the binlog file %s was created %lld s before the source's file of this "
                       "name: the source's binlog was reset",
                       w->file, (long long)(w->timestamp - w->born));
    return w->fd >= 0 ? 0 : begin_file(w, bytes, len, err);
}

/* Servers leave out what is of no use to a replica. */
static int fill(struct writer *w, struct um_err *err)
{
    bool checksum = um_event_reader_format(w->events)->checksum;
    while (w->size < w->start) {
        uint64_t gap = w->start - w->size;
        size_t part = gap < FILL_BYTES ? (size_t)gap : FILL_BYTES;
        if (gap > part && gap - part < UM_FILLER_MIN)
            part -= UM_FILLER_MIN;
        if (part < UM_FILLER_MIN)
            return um_fail(err, UM_E_SOURCE_STREAM,
                           "the source's stream leaves out %" PRIu64 " bytes at %s:%" PRIu64
                           ", which is no event",
                           gap, w->file, w->size);
        um_make_filler(&w->filler, w->size, part, checksum);
        if (put(w, w->filler.data, w->filler.len, err) != 0)
            return -1;
    }
    return 0;
}

static int append(struct writer *w, const uint8_t *bytes, size_t len, struct um_err *err)
{
    if (w->fd < 0 || w->start < w->size)
        return um_fail(err, UM_E_SOURCE_STREAM,
                       "the source's stream goes on at %s:%" PRIu64 ", and the spool has %" PRIu64
                       " bytes of that file",
                       w->file, w->start, w->fd < 0 ? 0 : w->size);
    if (um_fault(UM_FAULT_SPOOL_EVENT, err) != 0 || fill(w, err) != 0 ||
        put(w, bytes, len, err) != 0)
        return -1;
    publish(w);
    return sync_sometimes(w, err);
}

static int note(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct writer *w = context;
    (void)err;
    um_group_step(&w->group, e);
    w->type = e->outer->type;
    w->timestamp = e->outer->timestamp;
    w->start = e->start;
    w->end = e->end;
    return 0;
}

static int handle(struct writer *w, const uint8_t *bytes, size_t len, struct um_err *err)
{
    if (um_event_reader_feed(w->events, bytes, len, note, w, err) != 0)
        return um_fail_in(err, "binlog %s:%" PRIu64, w->file, w->size);
    bool takes_room = w->start < w->end;
    int result = 0;
    if (w->type == UM_EV_FORMAT_DESCRIPTION)
        result = on_format(w, bytes, len, err);
    else if (takes_room)
        result = append(w, bytes, len, err);
    else
        result = sync_sometimes(w, err);
    const char *file = um_event_reader_file(w->events);
    if (result == 0 && strcmp(w->file, file) != 0) {
        result = end_file(w, err);
        snprintf(w->file, sizeof w->file, "%s", file);
        w->born = 0;
    }
    return result;
}

/* ---- one connection ---- */

/* To where the spool ends: whatever is behind that is half a transaction, and comes again. */
static int go_back(struct writer *w, struct um_err *err)
{
    struct um_spool *s = w->s;
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    w->group = (struct um_grouping){0};
    w->size = MAGIC_BYTES;
    w->born = s->born;
    snprintf(w->file, sizeof w->file, "%s", s->first);
    pthread_mutex_lock(&s->lock);
    struct um_spool_file *last = s->count ? &s->files[s->count - 1] : NULL;
    if (last) {
        snprintf(w->file, sizeof w->file, "%s", last->name);
        w->born = last->born;
        w->size = s->end;
        s->bytes -= last->size - s->end;
        last->size = s->end;
    }
    pthread_mutex_unlock(&s->lock);
    if (!last)
        return 0;
    char *path = um_spool_dir_path(&s->dir, w->file);
    w->fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (w->fd < 0 || ftruncate(w->fd, (off_t)w->size) != 0)
        return fail_write(w, err);
    return 0;
}

static bool take_stream(struct um_spool *s, struct um_stream *stream)
{
    pthread_mutex_lock(&s->lock);
    bool on = !s->stopping;
    s->stream = on ? stream : NULL;
    pthread_mutex_unlock(&s->lock);
    return on;
}

static int read_stream(struct writer *w, struct um_stream *stream, struct um_err *err)
{
    const uint8_t *bytes;
    size_t len;
    for (;;) {
        int more = um_stream_next(stream, &bytes, &len, err);
        if (more == 0)
            return um_fail(err, UM_E_SOURCE_LOST, "the source ended the replication stream");
        if (more < 0 || handle(w, bytes, len, err) != 0)
            return -1;
        w->heard_us = um_now_us();
    }
}

static int connect_and_read(struct writer *w, struct um_err *err)
{
    if (go_back(w, err) != 0)
        return -1;
    struct um_position at = {.offset = w->size};
    snprintf(at.file, sizeof at.file, "%s", w->file);
    um_event_reader_delete(w->events);
    w->events = um_event_reader_new(UM_READ_STREAM, at.file, at.offset);
    struct um_stream *stream = um_stream_open(&w->s->config->source, &at, &w->s->options, err);
    if (!stream)
        return -1;
    int result = -1;
    if (take_stream(w->s, stream))
        result = read_stream(w, stream, err);
    pthread_mutex_lock(&w->s->lock);
    w->s->stream = NULL;
    pthread_mutex_unlock(&w->s->lock);
    um_stream_close(stream);
    return result;
}

/* ---- the thread ---- */

static bool is_stopping(struct um_spool *s)
{
    pthread_mutex_lock(&s->lock);
    bool is = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return is;
}

/* The copy goes on without. */
static void tell_stopped(struct writer *w, const struct um_err *why)
{
    struct um_position end;
    int64_t born;
    struct um_buf text = {0};
    um_buf_fmt(&text, "UM-%d: %s", why->id, why->text);
    um_spool_dir_set_stopped(&w->s->dir, text.data);
    if (!um_spool_end(w->s, &end, &born)) {
        snprintf(end.file, sizeof end.file, "%s", w->s->first);
        end.offset = MAGIC_BYTES;
    }
    um_warn("Nothing more is added to the spool (%s). From %s:%" PRIu64
            " on, the source has to keep its binlogs until that is applied.",
            text.data, end.file, end.offset);
    um_buf_free(&text);
}

static void pause_for(struct um_spool *s, int64_t us)
{
    struct timespec until = um_deadline(us);
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

/* 0: it was stopped. */
static int write_all(struct writer *w, struct um_err *err)
{
    struct um_backoff pause = {.first_us = 100000, .max_us = 10000000};
    int64_t patience = w->s->config->follow.reconnect_timeout_us;
    w->heard_us = um_now_us();
    for (;;) {
        int64_t heard = w->heard_us;
        connect_and_read(w, err);
        if (is_stopping(w->s))
            return 0;
        if (!um_err_is_lost(err) || um_now_us() - w->heard_us > patience)
            return -1;
        if (w->heard_us != heard)
            um_backoff_reset(&pause);
        um_info("%s. The spool connects again.", err->text);
        pause_for(w->s, um_backoff_next(&pause));
        if (is_stopping(w->s))
            return 0;
    }
}

void *um_spool_write(void *spool)
{
    struct writer w = {.s = spool, .fd = -1};
    struct um_err err = {0}, ignored;
    um_mysql_thread_begin();
    bool failed = write_all(&w, &err) != 0;
    /* Half a transaction at the end is of no use. A full disk has room again without it. */
    if (go_back(&w, &ignored) == 0 && w.fd >= 0 && fdatasync(w.fd) == 0)
        um_spool_dir_sync(&w.s->dir, &ignored);
    if (failed)
        tell_stopped(&w, &err);
    if (w.fd >= 0)
        close(w.fd);
    um_event_reader_delete(w.events);
    um_buf_free(&w.filler);
    um_mysql_thread_end();
    return NULL;
}
