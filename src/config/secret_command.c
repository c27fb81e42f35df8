/* Running a command for a password. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/shell.h"
#include "base/stop.h"
#include "config/draft.h"
#include "config/file.h"

#define LINE_MAX_BYTES 4096
#define TICK_MS        50

struct run {
    pid_t pid;
    int out; /* the reading end of its stdout */
    char line[LINE_MAX_BYTES + 1];
    size_t len;
    bool line_done, too_long, eof, ended;
    int status;
};

static int start(struct run *r, const char *command, struct um_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return um_fail(err, UM_E_SYSTEM, "pipe: %s", strerror(errno));
    r->pid = um_shell_start(command, -1, ends[1], err);
    close(ends[1]);
    if (r->pid < 0) {
        close(ends[0]);
        return -1;
    }
    r->out = ends[0];
    fcntl(r->out, F_SETFL, O_NONBLOCK);
    return 0;
}

/* Keeps the first line; what follows is read and dropped, so that the command can finish. */
static void take(struct run *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && !r->line_done && !r->too_long; i++) {
        if (bytes[i] == '\n')
            r->line_done = true;
        else if (r->len == LINE_MAX_BYTES)
            r->too_long = true;
        else
            r->line[r->len++] = bytes[i];
    }
}

static void drain(struct run *r)
{
    char bytes[1024];
    ssize_t n;
    while ((n = read(r->out, bytes, sizeof bytes)) > 0)
        take(r, bytes, (size_t)n);
    r->eof = r->eof || n == 0;
    explicit_bzero(bytes, sizeof bytes);
}

/* Until the command has ended, the time is up or the job is asked to stop. */
static void attend(struct run *r, int64_t deadline)
{
    while (!r->ended && um_now_us() < deadline && !um_stop_requested()) {
        struct pollfd p = {.fd = r->eof ? -1 : r->out, .events = POLLIN};
        if (poll(&p, 1, r->eof ? TICK_MS / 10 : TICK_MS) > 0)
            drain(r);
        r->ended = um_shell_ended(r->pid, &r->status);
    }
    if (r->ended) {
        drain(r);
        return;
    }
    um_shell_kill(r->pid, &r->status);
}

static int judge(const struct run *r, const char *where, int64_t timeout_us, struct um_err *err)
{
    if (!r->ended && um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "%s: stopped while the command ran", where);
    if (!r->ended)
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the command had not ended after %lld s and was killed; it has no "
                       "terminal, so it must not ask for anything",
                       where, (long long)(timeout_us / 1000000));
    if (r->status != -1 && WIFSIGNALED(r->status))
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the command was ended by signal %d (%s)", where, WTERMSIG(r->status),
                       strsignal(WTERMSIG(r->status)));
    if (r->status != 0)
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the command ended with exit status %d; its own messages are above",
                       where, r->status == -1 ? -1 : WEXITSTATUS(r->status));
    if (r->too_long)
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the command's first line is longer than %d bytes", where,
                       LINE_MAX_BYTES);
    if (strlen(r->line) != r->len)
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the command's first line holds a NUL byte", where);
    if (r->len == 0)
        return um_fail(err, UM_E_CONFIG_PASSWORD_COMMAND,
                       "%s: the first line that the command wrote to stdout is empty", where);
    return 0;
}

int um_secret_command(const char *command, const char *where, int64_t timeout_us, char **out,
                      struct um_err *err)
{
    struct run r = {0};
    if (start(&r, command, err) < 0)
        return um_fail_in(err, "%s", where);
    attend(&r, um_now_us() + timeout_us);
    close(r.out);
    if (r.len > 0 && r.line[r.len - 1] == '\r')
        r.len--;
    r.line[r.len] = 0;
    int rc = judge(&r, where, timeout_us, err);
    if (rc == 0)
        *out = um_strdup(r.line);
    explicit_bzero(&r, sizeof r);
    return rc;
}
