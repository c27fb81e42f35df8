#include "ops/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/shell.h"

enum { LINE_BYTES = 1000, TICK_MS = 10, INPUT_MAX = 4096 };

struct run {
    const char *option;
    pid_t pid;
    int out;
    char line[LINE_BYTES + 1];
    size_t len;
    bool eof, ended;
    int status;
};

static void tell(struct run *r)
{
    r->line[r->len] = 0;
    if (r->len)
        um_info("%s: %s", r->option, r->line);
    r->len = 0;
}

static void drain(struct run *r)
{
    char bytes[1024];
    ssize_t n;
    while ((n = read(r->out, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] == '\n' || r->len == LINE_BYTES)
                tell(r);
            if (bytes[i] != '\n')
                r->line[r->len++] = bytes[i];
        }
    }
    r->eof = r->eof || n == 0;
}

static char *facts_text(const struct um_hook_fact *facts, size_t n)
{
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(o, facts[i].name,
                            facts[i].value ? json_string(facts[i].value) : json_null());
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}

/* All of the input fits into a pipe, so that nothing waits for a command that does not read it. */
static int start(struct run *r, const char *command, const char *input, struct um_err *err)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0)
        return um_fail(err, UM_E_SYSTEM, "pipe: %s", strerror(errno));
    if (pipe2(out, O_CLOEXEC) < 0) {
        int why = errno;
        close(in[0]);
        close(in[1]);
        return um_fail(err, UM_E_SYSTEM, "pipe: %s", strerror(why));
    }
    size_t len = strlen(input);
    bool written = len <= INPUT_MAX && write(in[1], input, len) == (ssize_t)len;
    r->pid = written ? um_shell_start(command, in[0], out[1], err)
                     : um_fail(err, UM_E_SYSTEM, "%s: its input is too long", r->option);
    close(in[0]);
    close(in[1]);
    close(out[1]);
    r->out = out[0];
    fcntl(r->out, F_SETFL, O_NONBLOCK);
    if (r->pid < 0)
        close(r->out);
    return r->pid < 0 ? -1 : 0;
}

static void attend(struct run *r, int64_t deadline)
{
    while (!r->ended && um_now_us() < deadline) {
        struct pollfd p = {.fd = r->eof ? -1 : r->out, .events = POLLIN};
        if (poll(&p, 1, r->eof ? 1 : TICK_MS) > 0)
            drain(r);
        r->ended = um_shell_ended(r->pid, &r->status);
    }
    if (!r->ended)
        um_shell_kill(r->pid, &r->status);
    drain(r);
    tell(r);
}

int um_hook_run(const char *option, const char *command, const struct um_hook_fact *facts, size_t n,
                int64_t timeout_us, struct um_err *err)
{
    struct run r = {.option = option};
    char *input = facts_text(facts, n);
    int result = start(&r, command, input, err);
    free(input);
    if (result != 0)
        return um_fail_in(err, "%s", option);
    attend(&r, um_now_us() + timeout_us);
    close(r.out);
    if (!r.ended)
        return um_fail(err, UM_E_HOOK_TIMEOUT, "%s: it had not ended after %.1f s and was killed",
                       option, (double)timeout_us / 1e6);
    if (r.status != -1 && WIFSIGNALED(r.status))
        return um_fail(err, UM_E_HOOK_FAILED, "%s: it was ended by signal %d (%s)", option,
                       WTERMSIG(r.status), strsignal(WTERMSIG(r.status)));
    if (r.status != 0)
        return um_fail(err, UM_E_HOOK_FAILED, "%s: it ended with exit status %d", option,
                       r.status == -1 ? -1 : WEXITSTATUS(r.status));
    return 0;
}
