#include "mysql/conn.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "mysql/client.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static int init_result;
static char client_name[64];

static void thread_gone(void *begun)
{
    (void)begun;
    mysql_thread_end();
}

/* Of Connector/C the bytes that go out in one write; of libmysqlclient also the room that um_load's
   reader gets. One setting for the whole process in both, whatever handle it is told through. */
static void set_net_buffer(void)
{
    static const size_t bytes = 1024 * 1024;
    MYSQL *any = mysql_init(NULL);
    if (any) {
        mysql_options(any, MYSQL_OPT_NET_BUFFER_LENGTH, &bytes);
        mysql_close(any);
    }
}

static void init_once(void)
{
    /* Writing to a connection that the server has closed must be an error, not the end of the
       process: the TLS layer writes without MSG_NOSIGNAL. */
    struct sigaction act;
    if (sigaction(SIGPIPE, NULL, &act) == 0 && act.sa_handler == SIG_DFL) {
        act.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &act, NULL);
    }
    um_tls_library_init();
    init_result = mysql_library_init(0, NULL, NULL);
    if (init_result == 0)
        set_net_buffer();
    snprintf(client_name, sizeof client_name, "%s %s",
             UM_CLIENT_MARIADB ? "MariaDB Connector/C" : "libmysqlclient", mysql_get_client_info());
    if (init_result == 0)
        init_result = pthread_key_create(&thread_key, thread_gone);
}

int um_mysql_library_init(void)
{
    pthread_once(&once, init_once);
    return init_result ? -1 : 0;
}

/* The key's destructor ends what a thread began and forgot, so the pair may be used loosely. */
void um_mysql_thread_begin(void)
{
    if (um_mysql_library_init() || pthread_getspecific(thread_key))
        return;
    mysql_thread_init();
    pthread_setspecific(thread_key, &thread_key);
}

void um_mysql_thread_end(void)
{
    if (um_mysql_library_init() || !pthread_getspecific(thread_key))
        return;
    pthread_setspecific(thread_key, NULL);
    mysql_thread_end();
}

const char *um_mysql_client_name(void)
{
    um_mysql_library_init();
    return client_name;
}
