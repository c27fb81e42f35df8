#include "snapshot/lock.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "schema/ddl.h"
#include "snapshot/running.h"

struct um_lock {
    const struct um_config *config;
    enum um_lock_method method;
    struct um_conn *conn, *killer;
    char *sql; /* the statement that locks */
    const char *name, *unlock;
    int64_t taken_us;
    /* The watchdog's, under `mutex`. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool granted, killed;
};

static char *lock_tables_sql(const struct um_table *const *tables, size_t count)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "LOCK TABLES ");
    for (size_t i = 0; i < count; i++) {
        um_buf_str(&sql, i ? ", " : "");
        um_quote_table(&sql, tables[i]->schema, tables[i]->name);
        um_buf_str(&sql, " READ");
    }
    return um_buf_take(&sql);
}

struct um_lock *um_lock_new(const struct um_config *config, enum um_lock_method method,
                            const struct um_table *const *tables, size_t table_count,
                            struct um_err *err)
{
    struct um_lock *l = um_alloc(sizeof *l);
    l->config = config;
    l->method = method;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!(l->conn = um_conn_open(&config->source, err)) ||
        !(l->killer = um_conn_open(&config->source, err))) {
        um_lock_delete(l);
        return NULL;
    }
    switch (method) {
    case UM_LOCK_BACKUP:
        l->name = "backup lock";
        l->sql = um_strdup("BACKUP STAGE BLOCK_COMMIT");
        l->unlock = "BACKUP STAGE END";
        break;
    case UM_LOCK_TABLES:
        l->name = "lock on the tables";
        l->sql = lock_tables_sql(tables, table_count);
        l->unlock = "UNLOCK TABLES";
        break;
    case UM_LOCK_AUTO:
    case UM_LOCK_GLOBAL:
    case UM_LOCK_NONE:
        l->name = "global read lock";
        l->sql = um_strdup("FLUSH TABLES WITH READ LOCK");
        l->unlock = "UNLOCK TABLES";
        break;
    }
    return l;
}

void um_lock_delete(struct um_lock *l)
{
    um_conn_close(l->conn);
    um_conn_close(l->killer);
    pthread_mutex_destroy(&l->mutex);
    pthread_cond_destroy(&l->changed);
    free(l->sql);
    free(l);
}

const char *um_lock_name(const struct um_lock *l)
{
    return l->name;
}

struct um_conn *um_lock_conn(struct um_lock *l)
{
    return l->conn;
}

int64_t um_lock_taken_us(const struct um_lock *l)
{
    return l->taken_us;
}

/* Only MySQL's global read lock has to wait for who merely reads. */
static bool waits_for_readers(const struct um_lock *l)
{
    return l->method == UM_LOCK_GLOBAL && um_conn_server(l->conn)->flavour == UM_MYSQL;
}

/* Kills the attempt when it is not granted in time. */
static void *watchdog(void *context)
{
    struct um_lock *l = context;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + l->config->copy.lock_wait_us * 1000;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;

    um_mysql_thread_begin();
    pthread_mutex_lock(&l->mutex);
    while (!l->granted && pthread_cond_timedwait(&l->changed, &l->mutex, &until) == 0)
        ;
    bool kill = !l->granted;
    l->killed = kill;
    pthread_mutex_unlock(&l->mutex);
    struct um_err ignored;
    if (kill)
        um_exec(l->killer, &ignored, "KILL QUERY %lu", um_conn_server(l->conn)->thread_id);
    um_mysql_thread_end();
    return NULL;
}

static int run_watched(struct um_lock *l, struct um_err *err)
{
    l->granted = l->killed = false;
    pthread_t thread;
    if (pthread_create(&thread, NULL, watchdog, l) != 0)
        return um_fail(err, UM_E_SYSTEM, "no thread could be started");
    l->taken_us = um_now_us();
    int result = um_exec_bytes(l->conn, l->sql, strlen(l->sql), err);
    pthread_mutex_lock(&l->mutex);
    l->granted = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->mutex);
    pthread_join(thread, NULL);
    return result;
}

int um_lock_take(struct um_lock *l, char *why, size_t size, struct um_err *err)
{
    int blocked = um_running_wait(l->killer, um_conn_server(l->conn)->thread_id,
                                  waits_for_readers(l), why, size, err);
    if (blocked != 0)
        return blocked < 0 ? -1 : 0;
    if (l->method == UM_LOCK_BACKUP && um_exec(l->conn, err, "BACKUP STAGE START") != 0)
        return -1;
    int result = run_watched(l, err);
    if (result == 0 && !l->killed)
        return 1;

    /* Granted in the very moment of the kill: given back, for the bound was reached. The kill may
       hit the first statement that gives it back. */
    struct um_err ignored;
    if (um_exec(l->conn, &ignored, "%s", l->unlock) != 0)
        um_exec(l->conn, &ignored, "%s", l->unlock);
    enum { QUERY_INTERRUPTED = 1317 };
    if (result == 0 || (l->killed && err->server_code == QUERY_INTERRUPTED)) {
        snprintf(why, size, "it was not granted within %" PRId64 " ms (copy.lock_wait)",
                 l->config->copy.lock_wait_us / 1000);
        um_err_clear(err);
        return 0;
    }
    return um_fail_in(err, "taking the %s", l->name);
}

int um_lock_release(struct um_lock *l, struct um_err *err)
{
    return um_exec(l->conn, err, "%s", l->unlock);
}
