#include "spool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "binlogs/file.h"
#include "binlogs/group.h"

struct um_spool_file *um_spool_find(struct um_spool *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->files[i].name, name) == 0)
            return &s->files[i];
    }
    return NULL;
}

/* ---- what is whole ---- */

struct scan {
    struct um_grouping group;
    int64_t born;
};

static int scan_event(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct scan *scan = context;
    (void)err;
    um_group_step(&scan->group, e);
    if (e->ev->type == UM_EV_FORMAT_DESCRIPTION)
        scan->born = e->ev->timestamp;
    return 0;
}

/* Damage, and not a disk that cannot be read. */
static bool is_damage(const struct um_err *err)
{
    return err->id != UM_E_BINLOG_FILE_OPEN;
}

int um_spool_scan(const struct um_spool *s, const char *name, uint64_t *whole, int64_t *born,
                  struct um_err *err)
{
    char *path = um_spool_dir_path(&s->dir, name);
    struct um_binlog_file *f = um_binlog_file_open(path, err);
    free(path);
    *whole = 0;
    *born = 0;
    if (!f)
        return is_damage(err) ? 0 : -1;
    struct scan scan = {0};
    struct um_event_reader *events =
        um_event_reader_new(UM_READ_FILE, name, um_binlog_file_offset(f));
    const uint8_t *bytes;
    size_t len;
    int more;
    while ((more = um_binlog_file_next(f, &bytes, &len, err)) > 0 &&
           (more = um_event_reader_feed(events, bytes, len, scan_event, &scan, err)) == 0) {
        if (!scan.group.inside)
            *whole = um_binlog_file_offset(f);
    }
    *born = scan.born;
    um_event_reader_delete(events);
    um_binlog_file_close(f);
    return more < 0 && !is_damage(err) ? -1 : 0;
}

static int fail_file(const struct um_spool *s, const char *name, struct um_err *err)
{
    return um_fail(err, UM_E_SPOOL_WRITE, "the spool's file '%s/%s': %s", s->dir.path, name,
                   strerror(errno));
}

static int delete_file(struct um_spool *s, size_t i, struct um_err *err)
{
    if (unlinkat(s->dir.fd, s->files[i].name, 0) != 0 && errno != ENOENT)
        return fail_file(s, s->files[i].name, err);
    s->bytes -= s->files[i].size;
    memmove(&s->files[i], &s->files[i + 1], (--s->count - i) * sizeof *s->files);
    return 0;
}

static int truncate_last(struct um_spool *s, uint64_t whole, int64_t born, struct um_err *err)
{
    struct um_spool_file *f = &s->files[s->count - 1];
    char *path = um_spool_dir_path(&s->dir, f->name);
    int result = truncate(path, (off_t)whole) == 0 ? 0 : fail_file(s, f->name, err);
    free(path);
    s->bytes -= f->size - whole;
    s->end = f->size = whole;
    f->born = born;
    return result;
}

int um_spool_cut(struct um_spool *s, size_t i, struct um_err *err)
{
    while (s->count > i + 1) {
        if (delete_file(s, s->count - 1, err) != 0)
            return -1;
    }
    while (s->count) {
        uint64_t whole;
        int64_t born;
        if (um_spool_scan(s, s->files[s->count - 1].name, &whole, &born, err) != 0)
            return -1;
        if (whole)
            return truncate_last(s, whole, born, err);
        if (delete_file(s, s->count - 1, err) != 0)
            return -1;
    }
    s->end = 0;
    return 0;
}

int um_spool_cut_damaged(struct um_spool *s, const char *name, struct um_err *err)
{
    um_spool_stop(s);
    pthread_mutex_lock(&s->lock);
    const struct um_spool_file *f = um_spool_find(s, name);
    int result = f ? um_spool_cut(s, (size_t)(f - s->files), err) : 0;
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- opening ---- */

/* Both servers number their files one by one. */
static bool follows(const struct um_spool_file *a, const struct um_spool_file *b)
{
    const char *p = strrchr(a->name, '.'), *q = strrchr(b->name, '.');
    return p - a->name == q - b->name && memcmp(a->name, b->name, (size_t)(p - a->name)) == 0 &&
           strtoull(p + 1, NULL, 10) + 1 == strtoull(q + 1, NULL, 10);
}

static int64_t read_born(const struct um_spool *s, const char *name)
{
    enum { EVENT_FROM = 4, TIME_BYTES = 4 };
    struct um_err ignored;
    char *path = um_spool_dir_path(&s->dir, name);
    struct um_binlog_file *f = um_binlog_file_open(path, &ignored);
    free(path);
    const uint8_t *bytes;
    size_t len;
    int64_t born = 0;
    if (f && um_binlog_file_next(f, &bytes, &len, &ignored) > 0) {
        for (int i = TIME_BYTES; i-- > 0;)
            born = born << 8 | bytes[i];
    }
    um_binlog_file_close(f);
    return born;
}

static int read_files(struct um_spool *s, struct um_err *err)
{
    struct um_strv names = {0};
    int result = um_spool_dir_list(&s->dir, &names, err);
    for (size_t i = 0; result == 0 && i < names.count; i++) {
        struct stat st;
        um_grow(&s->files, &s->cap, s->count + 1, sizeof *s->files);
        struct um_spool_file *f = &s->files[s->count];
        snprintf(f->name, sizeof f->name, "%s", names.items[i]);
        if (fstatat(s->dir.fd, f->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            result = fail_file(s, f->name, err);
        f->size = (uint64_t)st.st_size;
        f->born = read_born(s, f->name);
        s->bytes += f->size;
        s->count++;
    }
    um_strv_clear(&names);
    size_t last = 0;
    while (last + 1 < s->count && follows(&s->files[last], &s->files[last + 1]))
        last++;
    return result == 0 ? um_spool_cut(s, last, err) : -1;
}

static struct um_spool *spool_new(const struct um_config *config)
{
    struct um_spool *s = um_alloc(sizeof *s);
    s->config = config;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

int um_spool_open(const struct um_spool_owner *owner, bool make, struct um_spool **spool,
                  struct um_err *err)
{
    struct um_spool_dir dir;
    *spool = NULL;
    if (!owner->config->spool.directory)
        return 0;
    int missing = um_spool_dir_open(owner, make, &dir, err);
    if (missing)
        return missing < 0 ? -1 : 0;
    struct um_spool *s = spool_new(owner->config);
    s->dir = dir;
    if (read_files(s, err) != 0) {
        um_spool_close(s);
        return -1;
    }
    *spool = s;
    return 0;
}

void um_spool_close(struct um_spool *s)
{
    if (!s)
        return;
    um_spool_stop(s);
    um_spool_dir_close(&s->dir);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->files);
    free(s);
}

void um_spool_remove(struct um_spool *s)
{
    if (!s)
        return;
    um_spool_stop(s);
    um_spool_dir_remove(&s->dir);
    um_spool_close(s);
}

/* ---- asked by any thread ---- */

bool um_spool_end(struct um_spool *s, struct um_position *end, int64_t *log_born)
{
    *end = (struct um_position){0};
    pthread_mutex_lock(&s->lock);
    bool any = s->count > 0;
    if (any) {
        const struct um_spool_file *f = &s->files[s->count - 1];
        memcpy(end->file, f->name, sizeof end->file);
        end->offset = s->end;
        *log_born = f->born;
    }
    pthread_mutex_unlock(&s->lock);
    return any;
}

static bool holds(struct um_spool *s, const struct um_position *at, int64_t *log_born)
{
    const struct um_spool_file *f = um_spool_find(s, at->file);
    if (!f)
        return false;
    bool last = f == &s->files[s->count - 1];
    if (at->offset > (last ? s->end : f->size) || (*log_born && *log_born != f->born))
        return false;
    *log_born = f->born;
    return true;
}

bool um_spool_holds(struct um_spool *s, const struct um_position *at, int64_t *log_born)
{
    if (!s)
        return false;
    pthread_mutex_lock(&s->lock);
    bool is = holds(s, at, log_born);
    pthread_mutex_unlock(&s->lock);
    return is;
}

static bool is_before(const struct um_spool_file *f, const struct um_position *at)
{
    struct um_position file = {0}, other = {0};
    snprintf(file.file, sizeof file.file, "%s", f->name);
    snprintf(other.file, sizeof other.file, "%s", at->file);
    return um_position_compare(&file, &other) < 0;
}

int um_spool_forget(struct um_spool *s, const struct um_position *applied, struct um_err *err)
{
    int result = 0;
    pthread_mutex_lock(&s->lock);
    /* The last one is the writer's. */
    while (result == 0 && s->count > (s->writing ? 1 : 0) && is_before(&s->files[0], applied)) {
        result = um_fault(UM_FAULT_SPOOL_PASSED, err);
        if (result == 0)
            result = delete_file(s, 0, err);
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- the writer's life ---- */

/* What does not hold the position is of no use any more. */
static int start_over(struct um_spool *s, struct um_err *err)
{
    while (s->count) {
        if (delete_file(s, s->count - 1, err) != 0)
            return -1;
    }
    s->end = 0;
    return 0;
}

static bool may_begin(struct um_spool *s)
{
    pthread_mutex_lock(&s->lock);
    bool may = !s->writing && !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return may;
}

void um_spool_begin(struct um_spool *s, const struct um_position *from, int64_t log_born,
                    const struct um_stream_options *stream)
{
    struct um_err err = {0};
    if (!s || !may_begin(s))
        return;
    s->options = *stream;
    s->born = log_born;
    snprintf(s->first, sizeof s->first, "%s", from->file);
    if (!um_spool_holds(s, from, &log_born) && start_over(s, &err) != 0) {
        um_warn("%s", err.text);
        return;
    }
    um_spool_dir_set_stopped(&s->dir, NULL);
    s->writing = true;
    if (pthread_create(&s->thread, NULL, um_spool_write, s) != 0) {
        s->writing = false;
        um_warn("The thread that spools the source's binlog could not be started.");
    }
}

void um_spool_stop(struct um_spool *s)
{
    pthread_mutex_lock(&s->lock);
    bool join = s->writing && !s->stopping;
    s->stopping = true;
    if (s->stream)
        um_stream_abort(s->stream);
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (!join)
        return;
    pthread_join(s->thread, NULL);
    pthread_mutex_lock(&s->lock);
    s->writing = false;
    pthread_mutex_unlock(&s->lock);
}
