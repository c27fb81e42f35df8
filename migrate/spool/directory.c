#include "spool/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"

static const char mark_name[] = "unmoor.spool", stopped_name[] = "unmoor.stopped",
                  new_suffix[] = ".new";
enum { MARK_MAX = 512 };

static int fail_system(struct um_err *err, const char *path, const char *what)
{
    return um_fail(err, UM_E_SPOOL_DIRECTORY, "spool.directory '%s' %s: %s", path, what,
                   strerror(errno));
}

/* ---- what is in it ---- */

static bool is_binlog(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && dot[1] && !dot[1 + strspn(dot + 1, "0123456789")];
}

static bool is_own(const char *name)
{
    return strncmp(name, mark_name, strlen(mark_name)) == 0 ||
           strncmp(name, stopped_name, strlen(stopped_name)) == 0;
}

static int by_number(const void *a, const void *b)
{
    struct um_position p = {0}, q = {0};
    snprintf(p.file, sizeof p.file, "%s", *(char *const *)a);
    snprintf(q.file, sizeof q.file, "%s", *(char *const *)b);
    return um_position_compare(&p, &q);
}

/* All names in it, without "." and "..". */
static int list_all(const struct um_spool_dir *d, struct um_strv *names, struct um_err *err)
{
    DIR *dir = opendir(d->path);
    if (!dir)
        return fail_system(err, d->path, "cannot be read");
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            um_strv_add(names, e->d_name);
    }
    closedir(dir);
    return 0;
}

int um_spool_dir_list(const struct um_spool_dir *d, struct um_strv *names, struct um_err *err)
{
    struct um_strv all = {0};
    int result = list_all(d, &all, err);
    for (size_t i = 0; result == 0 && i < all.count; i++) {
        if (is_binlog(all.items[i]))
            um_strv_add(names, all.items[i]);
        else if (!is_own(all.items[i]))
            result = um_fail(err, UM_E_SPOOL_FOREIGN,
                             "spool.directory '%s' holds '%s', which is none of the spool's",
                             d->path, all.items[i]);
    }
    um_strv_clear(&all);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_number);
    return result;
}

char *um_spool_dir_path(const struct um_spool_dir *d, const char *name)
{
    return um_sprintf("%s/%s", d->path, name);
}

int um_spool_dir_sync(const struct um_spool_dir *d, struct um_err *err)
{
    return fsync(d->fd) == 0 ? 0 : fail_system(err, d->path, "cannot be synced");
}

/* ---- small files ---- */

/* Whole or not at all, also after a crash. */
static int put_file(const struct um_spool_dir *d, const char *name, const char *text,
                    struct um_err *err)
{
    char *fresh = um_sprintf("%s%s", name, new_suffix);
    int fd = openat(d->fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    bool done = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    done = done && renameat(d->fd, fresh, d->fd, name) == 0 && fsync(d->fd) == 0;
    int result = done ? 0 : fail_system(err, d->path, "cannot be written to");
    if (fd >= 0)
        close(fd);
    free(fresh);
    return result;
}

/* NULL when it is not there. */
static char *get_file(int dir, const char *name, size_t most)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *text = um_alloc(most + 1);
    ssize_t n = read(fd, text, most);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

void um_spool_dir_set_stopped(const struct um_spool_dir *d, const char *why)
{
    struct um_err ignored; /* it is for people, and the log has it */
    if (why)
        put_file(d, stopped_name, why, &ignored);
    else
        unlinkat(d->fd, stopped_name, 0);
}

/* ---- whose it is ---- */

static char *mark_of(const struct um_spool_owner *o)
{
    return um_sprintf("Spool of unmoor, form 1\njob: %s\norigin: %s\n", o->config->job, o->origin);
}

/* "shop" of a mark of any form, for a text. */
static char *job_in(const char *mark)
{
    const char *at = strstr(mark, "\njob: ");
    size_t len = at ? strcspn(at + 6, "\n") : 0;
    return len ? um_sprintf("job '%.*s'", (int)len, at + 6) : um_strdup("an unknown job");
}

static int check_mark(const struct um_spool_owner *o, const struct um_spool_dir *d,
                      const char *mark, struct um_err *err)
{
    char *own = mark_of(o);
    int result = 0;
    if (strcmp(mark, own) != 0) {
        char *job = job_in(mark);
        result = um_fail(err, UM_E_SPOOL_FOREIGN,
                         "spool.directory '%s' holds the spool of %s as it was begun another time",
                         d->path, job);
        free(job);
    }
    free(own);
    return result;
}

static int take_lock(struct um_spool_dir *d, struct um_err *err)
{
    d->lock = openat(d->fd, mark_name, O_RDWR | O_CLOEXEC);
    if (d->lock < 0)
        return fail_system(err, d->path, "cannot be written to");
    if (flock(d->lock, LOCK_EX | LOCK_NB) != 0)
        return fail_system(err, d->path, "is in use by another process");
    return 0;
}

static int adopt(const struct um_spool_owner *o, struct um_spool_dir *d, struct um_err *err)
{
    struct um_strv all = {0};
    int result = list_all(d, &all, err);
    for (size_t i = 0; result == 0 && i < all.count; i++) {
        if (!is_own(all.items[i]))
            result = um_fail(err, UM_E_SPOOL_FOREIGN,
                             "spool.directory '%s' is not empty ('%s' is in it), and no spool",
                             d->path, all.items[i]);
    }
    um_strv_clear(&all);
    if (result == 0 && fchmod(d->fd, 0700) != 0)
        result = fail_system(err, d->path, "cannot be kept from others");
    char *mark = mark_of(o);
    if (result == 0)
        result = put_file(d, mark_name, mark, err);
    free(mark);
    return result;
}

int um_spool_dir_open(const struct um_spool_owner *o, bool make, struct um_spool_dir *out,
                      struct um_err *err)
{
    *out = (struct um_spool_dir){um_strdup(o->config->spool.directory), -1, -1};
    if (make && mkdir(out->path, 0700) != 0 && errno != EEXIST) {
        fail_system(err, out->path, "cannot be made");
        goto fail;
    }
    out->fd = open(out->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool missing = out->fd < 0 && errno == ENOENT && !make;
    if (out->fd < 0 && !missing) {
        fail_system(err, out->path, "cannot be opened");
        goto fail;
    }
    char *mark = missing ? NULL : get_file(out->fd, mark_name, MARK_MAX);
    if (!mark && !make) {
        um_spool_dir_close(out);
        return 1;
    }
    int result = mark ? check_mark(o, out, mark, err) : adopt(o, out, err);
    free(mark);
    if (result == 0 && take_lock(out, err) == 0)
        return 0;
fail:
    um_spool_dir_close(out);
    return -1;
}

void um_spool_dir_close(struct um_spool_dir *d)
{
    if (d->lock >= 0)
        close(d->lock);
    if (d->fd >= 0)
        close(d->fd);
    free(d->path);
    *d = (struct um_spool_dir){NULL, -1, -1};
}

void um_spool_dir_remove(struct um_spool_dir *d)
{
    struct um_err ignored;
    struct um_strv names = {0};
    /* The mark goes last: without it, what is left would be nobody's. */
    if (um_spool_dir_list(d, &names, &ignored) == 0) {
        for (size_t i = 0; i < names.count; i++)
            unlinkat(d->fd, names.items[i], 0);
        unlinkat(d->fd, stopped_name, 0);
        unlinkat(d->fd, "unmoor.stopped.new", 0);
        unlinkat(d->fd, "unmoor.spool.new", 0);
        unlinkat(d->fd, mark_name, 0);
        rmdir(d->path);
    }
    um_strv_clear(&names);
}

/* ---- from outside ---- */

bool um_spool_look(const struct um_spool_owner *o, struct um_spool_look *out)
{
    enum { REASON_MAX = 2048 };
    *out = (struct um_spool_look){0};
    if (!o->config->spool.directory)
        return false;
    struct um_spool_dir d = {um_strdup(o->config->spool.directory), -1, -1};
    d.fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *mark = d.fd < 0 ? NULL : get_file(d.fd, mark_name, MARK_MAX);
    struct um_err ignored;
    struct um_strv names = {0};
    bool found = mark && check_mark(o, &d, mark, &ignored) == 0 &&
                 um_spool_dir_list(&d, &names, &ignored) == 0;
    for (size_t i = 0; found && i < names.count; i++) {
        struct stat st;
        if (fstatat(d.fd, names.items[i], &st, 0) != 0)
            continue;
        out->bytes += (uint64_t)st.st_size;
        out->offset = (uint64_t)st.st_size;
        snprintf(out->file, sizeof out->file, "%s", names.items[i]);
    }
    if (found)
        out->stopped = get_file(d.fd, stopped_name, REASON_MAX);
    um_strv_clear(&names);
    free(mark);
    um_spool_dir_close(&d);
    return found;
}

/* The folder in which the directory is, or would be made. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return um_strdup(".");
    return slash == path ? um_strdup("/") : um_memdup(path, (size_t)(slash - path));
}

char *um_spool_check(const struct um_config *config, uint64_t *free_bytes)
{
    struct stat st;
    struct statvfs fs;
    const char *path = config->spool.directory;
    char *parent = NULL, *wrong = NULL;
    if (stat(path, &st) != 0 && errno == ENOENT)
        path = parent = parent_of(path);
    if (stat(path, &st) != 0 || statvfs(path, &fs) != 0)
        wrong = um_sprintf("'%s': %s", path, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        wrong = um_sprintf("'%s' is no directory", path);
    else if (access(path, R_OK | W_OK | X_OK) != 0)
        wrong = um_sprintf("'%s' cannot be written to: %s", path, strerror(errno));
    else
        *free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    free(parent);
    return wrong;
}
