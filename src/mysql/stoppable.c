#include "mysql/stoppable.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/stop.h"

struct watch {
    const struct um_conn *victim;
    int done; /* eventfd: readable once the statement has ended */
};

static void kill_statement(const struct um_conn *victim)
{
    struct um_err ignored;
    struct um_conn *killer = um_conn_open(um_conn_endpoint(victim), &ignored);
    if (killer)
        um_exec(killer, &ignored, "KILL QUERY %lu", um_conn_server(victim)->thread_id);
    um_conn_close(killer);
}

static void *watch_main(void *context)
{
    struct watch *w = context;
    um_mysql_thread_begin();
    struct pollfd fds[] = {{.fd = w->done, .events = POLLIN},
                           {.fd = um_stop_fd(), .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        ;
    /* Again and again: the statement may not have begun when it is killed the first time. */
    while (um_stop_requested() && !(fds[0].revents & POLLIN)) {
        kill_statement(w->victim);
        poll(fds, 1, 200);
    }
    um_mysql_thread_end();
    return NULL;
}

int um_exec_stoppable(struct um_conn *c, const char *sql, size_t len, struct um_err *err)
{
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "stopped before a long statement");
    struct watch w = {.victim = c, .done = eventfd(0, EFD_CLOEXEC)};
    pthread_t thread;
    if (w.done < 0 || pthread_create(&thread, NULL, watch_main, &w) != 0) {
        if (w.done >= 0)
            close(w.done);
        return um_fail(err, UM_E_SYSTEM, "the thread that watches a long statement did not start");
    }
    int result = um_exec_bytes(c, sql, len, err);
    eventfd_write(w.done, 1);
    pthread_join(thread, NULL);
    close(w.done);
    enum { QUERY_INTERRUPTED = 1317 };
    if (result != 0 && um_stop_requested() && err->server_code == QUERY_INTERRUPTED)
        um_fail(err, UM_E_STOPPED, "stopped during a long statement, which the server undid");
    return result;
}
