#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "mysql/server.h"
#include "schema/ddl.h"
#include "snapshot/lock.h"

/* All are asked before the first answer is waited for: writes are held up meanwhile. */
static int open_snapshots(struct um_conn **sessions, size_t count, struct um_err *err)
{
    static const char sql[] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    size_t sent = 0, answered;
    int result = 0;
    for (; result == 0 && sent < count; sent += result == 0)
        result = um_multi_send(sessions[sent], sql, sizeof sql - 1, err);
    for (size_t i = 0; i < sent; i++) {
        struct um_err ignored, *first = result == 0 ? err : &ignored;
        struct um_answer answer;
        if (um_multi_read(sessions[i], &answer, 1, &answered, first) != 0)
            result = um_fail_in(first, "opening the snapshot of exporter %zu", i + 1);
        if (um_fault(UM_FAULT_SNAPSHOT_OPENED, first) != 0)
            result = -1;
    }
    return result;
}

/*
 * A transaction that was prepared by XA before the lock is already in the binlog, and its rows
 * are in no snapshot: copy and stream would both miss it. It has to end first.
 */
static int no_prepared_transactions(struct um_conn *c, bool *none, struct um_err *err)
{
    *none = true;
    struct um_resultset *rows = um_query(c, err, "XA RECOVER");
    if (!rows) {
        /* Without the privilege the server does not say; the plan warned. */
        bool denied =
            err->server_code == 1227 || err->server_code == 1142 || err->server_code == 1401;
        return denied ? um_err_clear(err), 0 : -1;
    }
    *none = um_result_rows(rows) == 0;
    um_result_close(rows);
    return 0;
}

/* A MariaDB session that may write to the binlog keeps the metadata locks of all tables that it has
   read until its transaction ends, whatever it rolls back to: a DDL would wait for the end of the
   copy, and the application behind it. It takes BINLOG ADMIN (SUPER before 10.5) to be none. */
static void be_no_writer(struct um_conn *session)
{
    struct um_err ignored;
    if (um_conn_server(session)->flavour == UM_MARIADB)
        um_exec(session, &ignored, "SET SESSION sql_log_bin=0");
}

static void sessions_start(struct um_conn **sessions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        be_no_writer(sessions[i]);
}

static void sessions_rollback(struct um_conn **sessions, size_t count)
{
    struct um_err ignored;
    for (size_t i = 0; i < count; i++)
        um_exec(sessions[i], &ignored, "ROLLBACK");
}

/* 1: taken; 0: try again later (why says why); -1: error. */
static int attempt(const struct um_config *config, struct um_lock *lock, struct um_conn **sessions,
                   size_t count, struct um_snapshot *out, char *why, size_t why_size,
                   struct um_err *err)
{
    int granted = um_lock_take(lock, why, why_size, err);
    if (granted <= 0)
        return granted;
    int64_t start = um_lock_taken_us(lock);
    bool none_prepared = true;
    int result = um_fault(UM_FAULT_SNAPSHOT_LOCKED, err);
    if (result == 0)
        result = no_prepared_transactions(um_lock_conn(lock), &none_prepared, err);
    /* The position first: under a lock on the tables, others may be created meanwhile, and have to
       be in the stream when they are not in the snapshots. */
    if (result == 0 && none_prepared)
        result = um_server_position(um_lock_conn(lock), &out->at, err);
    if (result == 0 && none_prepared)
        result = open_snapshots(sessions, count, err);
    struct um_err release_err;
    if (um_lock_release(lock, &release_err) != 0 && result == 0) {
        *err = release_err;
        result = -1;
    }
    out->lock_us = um_now_us() - start;
    if (result == 0 && none_prepared)
        return 1;
    sessions_rollback(sessions, count);
    um_position_clear(&out->at);
    if (result == 0)
        snprintf(why, why_size, "a transaction is prepared by XA on %s and has not ended",
                 config->source.side);
    return result;
}

/* The locks that are tried in turn. */
struct locks {
    struct um_lock *items[2];
    size_t count;
};

/* Whatever LOCK TABLES is refused for, where nobody asked for it: the other one will do. */
static bool may_do_without(struct locks *locks, const struct um_lock *refused,
                           const struct um_err *err)
{
    if (locks->count < 2 || refused != locks->items[0] || um_err_is_lost(err) ||
        err->id == UM_E_STOPPED)
        return false;
    um_lock_delete(locks->items[0]);
    locks->items[0] = locks->items[1];
    locks->count = 1;
    return true;
}

static int take_locked(const struct um_config *config, struct locks *locks,
                       struct um_conn **sessions, size_t count, struct um_snapshot *out,
                       struct um_err *err)
{
    int64_t give_up = um_now_us() + config->copy.lock_timeout_us;
    struct um_backoff pause = {.first_us = 200000, .max_us = 5000000};
    char why[512] = "";
    for (;;) {
        struct um_lock *lock = locks->items[out->attempts++ % locks->count];
        out->method = um_lock_name(lock);
        int result = attempt(config, lock, sessions, count, out, why, sizeof why, err);
        if (result < 0 && may_do_without(locks, lock, err)) {
            out->attempts--; /* it was none */
            continue;
        }
        if (result != 0)
            return result < 0 ? -1 : 0;
        um_info("The %s was not granted: %s. Trying again.", out->method, why);
        if (um_now_us() > give_up)
            return um_fail(err, UM_E_SNAPSHOT_LOCK,
                           "the %s was not granted in %u attempts within %lld s: %s", out->method,
                           out->attempts, (long long)(config->copy.lock_timeout_us / 1000000), why);
        if (um_sleep_us(um_backoff_next(&pause)) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while waiting for the lock");
    }
}

/*
 * MySQL's global read lock has to wait for every SELECT that runs, and LOCK TABLES for transactions
 * that have written to the tables. So both are tried where there is a choice; with many tables the
 * latter takes long by itself.
 */
static int make_locks(const struct um_config *config, enum um_lock_method method,
                      const struct um_conn *session, const struct um_table *const *tables,
                      size_t table_count, struct locks *locks, struct um_err *err)
{
    enum { FEW_TABLES = 100 };
    *locks = (struct locks){0};
    if (method == UM_LOCK_GLOBAL && config->copy.lock == UM_LOCK_AUTO &&
        um_conn_server(session)->flavour == UM_MYSQL && table_count > 0 &&
        table_count <= FEW_TABLES) {
        locks->items[0] = um_lock_new(config, UM_LOCK_TABLES, tables, table_count, err);
        if (!locks->items[0])
            return -1;
        locks->count = 1;
    }
    locks->items[locks->count] = um_lock_new(config, method, tables, table_count, err);
    if (!locks->items[locks->count])
        return -1;
    locks->count++;
    return 0;
}

/* MariaDB keeps a binlog position for each consistent snapshot: nothing has to be locked. */
static int take_lock_free(struct um_conn **sessions, size_t count, struct um_snapshot *out,
                          struct um_err *err)
{
    out->own = um_alloc_array(count, sizeof *out->own);
    if (open_snapshots(sessions, count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (um_server_snapshot_position(sessions[i], &out->own[i], err) != 0)
            return -1;
    }
    um_position_copy(&out->at, &out->own[0]);
    out->method = "lock-free snapshots";
    return 0;
}

int um_snapshot_take(const struct um_config *config, enum um_lock_method method,
                     struct um_conn **sessions, size_t count, const struct um_table *const *tables,
                     size_t table_count, struct um_snapshot *out, struct um_err *err)
{
    *out = (struct um_snapshot){.session_count = count};
    sessions_start(sessions, count);
    if (method == UM_LOCK_NONE)
        return take_lock_free(sessions, count, out, err);

    struct locks locks;
    int result = make_locks(config, method, sessions[0], tables, table_count, &locks, err);
    if (result == 0)
        result = take_locked(config, &locks, sessions, count, out, err);
    for (size_t i = 0; i < locks.count; i++)
        um_lock_delete(locks.items[i]);
    return result;
}

void um_snapshot_clear(struct um_snapshot *s)
{
    um_position_clear(&s->at);
    for (size_t i = 0; s->own && i < s->session_count; i++)
        um_position_clear(&s->own[i]);
    free(s->own);
    *s = (struct um_snapshot){0};
}
