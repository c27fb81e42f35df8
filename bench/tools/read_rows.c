/*
 * read_rows PORT USER SESSIONS QUERY…: reads the rows of the queries from 127.0.0.1 over TCP
 * without TLS, by so many sessions that take one query after the other, and does nothing with them:
 * the least that any client of this library has to spend. The password is the first line of the
 * standard input. Prints how many rows came.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>

static struct {
    unsigned port;
    const char *user;
    char password[256];
    char **queries;
    int count;
    atomic_int next;
    atomic_ullong rows;
} work;

static void fail(MYSQL *mysql, const char *what)
{
    fprintf(stderr, "read_rows: %s: %s\n", what, mysql_error(mysql));
    exit(1);
}

static MYSQL *login(void)
{
    MYSQL *mysql = mysql_init(NULL);
#ifdef MARIADB_PACKAGE_VERSION
    my_bool off = 0;
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &off);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
#else
    unsigned mode = SSL_MODE_DISABLED;
    bool get_key = true;
    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
    mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
    if (!mysql_real_connect(mysql, "127.0.0.1", work.user, work.password, NULL, work.port, NULL, 0))
        fail(mysql, "login");
    return mysql;
}

static void *session(void *unused)
{
    (void)unused;
    MYSQL *mysql = login();
    for (int at; (at = atomic_fetch_add(&work.next, 1)) < work.count;) {
        unsigned long long rows = 0;
        if (mysql_query(mysql, work.queries[at]) != 0)
            fail(mysql, work.queries[at]);
        MYSQL_RES *result = mysql_use_result(mysql);
        while (result && mysql_fetch_row(result))
            rows++;
        if (mysql_errno(mysql))
            fail(mysql, work.queries[at]);
        mysql_free_result(result);
        atomic_fetch_add(&work.rows, rows);
    }
    mysql_close(mysql);
    return NULL;
}

int main(int argc, char **argv)
{
    enum { SESSIONS_MAX = 64 };
    pthread_t threads[SESSIONS_MAX];
    if (argc < 5 || !fgets(work.password, sizeof work.password, stdin))
        return fprintf(stderr, "usage: read_rows PORT USER SESSIONS QUERY… < PASSWORD\n"), 2;
    work.password[strcspn(work.password, "\n")] = '\0';
    work.port = (unsigned)strtoul(argv[1], NULL, 10);
    work.user = argv[2];
    work.queries = argv + 4;
    work.count = argc - 4;
    int sessions = (int)strtol(argv[3], NULL, 10);
    if (sessions < 1 || sessions > SESSIONS_MAX || mysql_library_init(0, NULL, NULL) != 0)
        return 2;
    for (int i = 0; i < sessions; i++)
        if (pthread_create(&threads[i], NULL, session, NULL) != 0)
            return 1;
    for (int i = 0; i < sessions; i++)
        pthread_join(threads[i], NULL);
    printf("%llu\n", (unsigned long long)work.rows);
    return 0;
}
