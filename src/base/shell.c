#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const char *command, int in, int out)
{
    sigset_t none;
    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    /* In this order it holds up when unmoor itself was started without stdin or stdout. */
    if (dup2(out, STDOUT_FILENO) < 0 || fcntl(STDOUT_FILENO, F_SETFD, 0) < 0)
        _exit(126);
    if (in < 0)
        in = open("/dev/null", O_RDONLY);
    if (in < 0 || dup2(in, STDIN_FILENO) < 0 || fcntl(STDIN_FILENO, F_SETFD, 0) < 0)
        _exit(126);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

pid_t um_shell_start(const char *command, int in, int out, struct um_err *err)
{
    pid_t pid = fork();
    if (pid == 0)
        become(command, in, out);
    if (pid < 0)
        um_fail(err, UM_E_SYSTEM, "fork: %s", strerror(errno));
    return pid;
}

bool um_shell_ended(pid_t pid, int *status)
{
    pid_t got = waitpid(pid, status, WNOHANG);
    bool ended = got == pid || (got < 0 && errno != EINTR);
    if (got < 0 && ended)
        *status = -1;
    return ended;
}

void um_shell_kill(pid_t pid, int *status)
{
    kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
}
