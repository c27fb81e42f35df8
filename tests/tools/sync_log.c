/*
 * Preloaded into a program: notes each flush of a file in the file $SYNC_LOG, "SIZE PATH" as it was
 * when the flush was over. The tests compile it themselves.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int noted(const char *function, int fd)
{
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
    int result = flush(fd);
    const char *log = getenv("SYNC_LOG");
    char link[64], path[PATH_MAX], line[PATH_MAX + 32];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (!log || result != 0 || len < 0 || fstat(fd, &st) != 0)
        return result;
    path[len] = '\0';
    int n = snprintf(line, sizeof line, "%lld %s\n", (long long)st.st_size, path);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0 || write(out, line, (size_t)n) != n)
        abort();
    close(out);
    return result;
}

int fsync(int fd)
{
    return noted("fsync", fd);
}

int fdatasync(int fd)
{
    return noted("fdatasync", fd);
}
