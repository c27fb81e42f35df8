#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int open_regular(const char *path, enum um_err_id id, mode_t *mode, struct um_err *err)
{
    struct stat st;
    /* Non-blocking: opening a FIFO that nobody writes to must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        int why = errno;
        return um_fail(err, id, "%s: %s%s", path, strerror(why),
                       path[0] == '~' ? " ('~' is not expanded here: write the whole path)" : "");
    }
    if (fstat(fd, &st) < 0) {
        um_fail(err, id, "%s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return um_fail(err, id, "%s is %s; a regular file is needed", path,
                       S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    }
    *mode = st.st_mode;
    return fd;
}

int um_file_read(const char *path, size_t limit, enum um_err_id id, char **data, size_t *len,
                 mode_t *mode, struct um_err *err)
{
    int fd = open_regular(path, id, mode, err);
    if (fd < 0)
        return -1;
    /* One allocation that never moves: no copy of a secret stays behind. */
    char *room = um_alloc(limit + 2);
    size_t n = 0;
    int rc = 0;
    while (n <= limit) {
        ssize_t got = read(fd, room + n, limit + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = um_fail(err, id, "%s: %s", path, strerror(errno));
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    if (rc == 0 && n > limit)
        rc = um_fail(err, id, "%s is larger than %zu KiB: this cannot be the right file", path,
                     limit / 1024);
    if (rc < 0) {
        um_secret_free_bytes(room, n);
        return -1;
    }
    *data = room;
    *len = n;
    return 0;
}

int um_file_readable(const char *path, enum um_err_id id, mode_t *mode, struct um_err *err)
{
    int fd = open_regular(path, id, mode, err);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

int um_file_private(const char *path, mode_t mode, const char *what, struct um_err *err)
{
    if (!(mode & 077))
        return 0;
    return um_fail(err, UM_E_CONFIG_FILE_MODE,
                   "%s %s is open to others than its owner (mode %04o). Run: chmod 600 '%s'", what,
                   path, (unsigned)(mode & 07777), path);
}

void um_secret_free_bytes(char *secret, size_t len)
{
    if (secret)
        explicit_bzero(secret, len);
    free(secret);
}

void um_secret_free(char *secret)
{
    um_secret_free_bytes(secret, secret ? strlen(secret) : 0);
}
