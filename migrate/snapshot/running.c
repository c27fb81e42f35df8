#include "snapshot/running.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* A statement of another session, as SHOW PROCESSLIST tells of it. */
struct running {
    char *id, *user, *text; /* the text's beginning */
    int64_t time_s;         /* since when it runs, as the server says in whole seconds */
    int64_t seen_us;        /* when it was seen first */
};

struct statements {
    struct running *items;
    size_t count, cap;
};

static void drop(struct running *r)
{
    free(r->id);
    free(r->user);
    free(r->text);
}

static void statements_clear(struct statements *s)
{
    for (size_t i = 0; i < s->count; i++)
        drop(&s->items[i]);
    free(s->items);
    *s = (struct statements){0};
}

struct look {
    struct um_conn *conn;
    unsigned long but; /* a session of ours that does not count */
    bool readers;      /* whether those that merely read do */
};

static bool reads(const char *text)
{
    return strncasecmp(text + strspn(text, " \t\r\n("), "SELECT", 6) == 0;
}

static bool starts_with(const char *text, const char *beginning)
{
    return text && strncmp(text, beginning, strlen(beginning)) == 0;
}

enum { ID, USER, COMMAND = 4, TIME, STATE, INFO };

static bool counts(const struct look *l, const char *const *v)
{
    unsigned long id = strtoul(v[ID], NULL, 10);
    bool runs = v[COMMAND] && (!strcmp(v[COMMAND], "Query") || !strcmp(v[COMMAND], "Execute"));
    bool is_own = id == l->but || id == um_conn_server(l->conn)->thread_id;
    bool of_server =
        !v[USER] || !strcmp(v[USER], "system user") || !strcmp(v[USER], "event_scheduler");
    bool sends_binlog =
        starts_with(v[STATE], "Master has sent") || starts_with(v[STATE], "Source has sent");
    return runs && !is_own && !of_server && !sends_binlog &&
           (l->readers || !reads(v[INFO] ? v[INFO] : ""));
}

static int read_running(const struct look *l, struct statements *out, struct um_err *err)
{
    struct um_resultset *rows = um_query(l->conn, err, "SHOW PROCESSLIST");
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *n;
    int more;
    while ((more = um_result_next(rows, &v, &n, err)) > 0) {
        if (!counts(l, v))
            continue;
        um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] = (struct running){.id = um_strdup(v[ID]),
                                                    .user = um_strdup(v[USER]),
                                                    .text = um_strdup(v[INFO] ? v[INFO] : ""),
                                                    .time_s = v[TIME] ? atoll(v[TIME]) : 0,
                                                    .seen_us = um_now_us()};
    }
    um_result_close(rows);
    return more;
}

/* Takes over how long it runs. One that the server knows for a shorter time than it was seen for is
   another one of the same text; of a second that may be the clock's steps. */
static bool runs_still(struct running *r, const struct statements *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct running *n = &now->items[i];
        if (strcmp(r->id, n->id) != 0 || strcmp(r->text, n->text) != 0)
            continue;
        r->time_s = n->time_s;
        return (n->time_s + 1) * 1000000 > n->seen_us - r->seen_us;
    }
    return false;
}

static void keep_running(struct statements *seen, const struct statements *now)
{
    size_t kept = 0;
    for (size_t i = 0; i < seen->count; i++) {
        if (runs_still(&seen->items[i], now))
            seen->items[kept++] = seen->items[i];
        else
            drop(&seen->items[i]);
    }
    seen->count = kept;
}

static int look_again(const struct look *l, struct statements *seen, struct um_err *err)
{
    struct statements now = {0};
    int result = read_running(l, &now, err);
    if (result == 0)
        keep_running(seen, &now);
    statements_clear(&now);
    return result;
}

int um_running_wait(struct um_conn *c, unsigned long but, bool readers, char *why, size_t size,
                    struct um_err *err)
{
    /* So long that one of several statements can be told from one that lasts. */
    enum { FIRST_PAUSE_US = 2000, LONGEST_PAUSE_US = 50000, LOOK_US = 2500000 };
    int64_t give_up = um_now_us() + LOOK_US, pause = FIRST_PAUSE_US;
    const struct look l = {c, but, readers};
    struct statements seen = {0};
    int result = read_running(&l, &seen, err);
    while (result == 0 && seen.count && um_now_us() < give_up) {
        result = um_sleep_us(pause) != 0
                     ? um_fail(err, UM_E_STOPPED, "stopped while waiting for the lock")
                     : look_again(&l, &seen, err);
        pause = pause * 2 < LONGEST_PAUSE_US ? pause * 2 : LONGEST_PAUSE_US;
    }
    if (result == 0 && seen.count) {
        snprintf(why, size, "connection %s of user '%s' has been running a statement for %lld s",
                 seen.items[0].id, seen.items[0].user, (long long)seen.items[0].time_s);
        result = 1;
    }
    statements_clear(&seen);
    return result;
}
