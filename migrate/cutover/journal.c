#include "cutover/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "state/sql.h"

static const char *const state_names[] = {"idle",    "fencing", "switching",
                                          "opening", "done",    "retreating"};

const char *um_cutover_state_name(enum um_cutover_state state)
{
    return state_names[state];
}

void um_cutover_clear(struct um_cutover *c)
{
    um_strv_clear(&c->lift);
    um_strv_clear(&c->open);
    um_position_clear(&c->final);
    *c = (struct um_cutover){0};
}

/* ---- reading ---- */

static void take_statements(const char *text, struct um_strv *out)
{
    json_t *all = text ? json_loads(text, 0, NULL) : NULL;
    size_t i;
    json_t *one;
    json_array_foreach(all, i, one) um_strv_add(out, json_string_value(one));
    json_decref(all);
}

static int take_row(const char *const *v, struct um_cutover *out, struct um_err *err)
{
    out->exists = true;
    out->term = strtoull(v[3], NULL, 10);
    for (int s = UM_CUTOVER_IDLE; s <= UM_CUTOVER_RETREATING; s++) {
        if (strcmp(v[4], state_names[s]) == 0)
            out->state = s;
    }
    out->hook_called = strcmp(v[5], "1") == 0;
    take_statements(v[6], &out->lift);
    take_statements(v[7], &out->open);
    return v[0] ? um_position_from_state(v, &out->final, err) : 0;
}

int um_cutover_read(struct um_conn *c, const struct um_config *config, struct um_cutover *out,
                    struct um_err *err)
{
    *out = (struct um_cutover){0};
    uint64_t there = 0;
    if (um_sql_has_table(c, config, "job_cutover", &there, err) != 0)
        return -1;
    if (!there)
        return 0;
    struct um_resultset *rows = um_sql_select(
        c, config, "log_file, log_pos, gtids, term, state, hook_called, lift, opening",
        "job_cutover", "", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more = um_result_next(rows, &v, &l, err);
    if (more > 0)
        more = take_row(v, out, err);
    um_result_close(rows);
    return more < 0 ? -1 : 0;
}

/* ---- the local file ---- */

int um_journal_open(struct um_journal *j, struct um_state *state, struct um_err *err)
{
    const struct um_config *config = um_state_config(state);
    *j = (struct um_journal){.state = state};
    j->path = config->cutover.journal ? um_strdup(config->cutover.journal)
                                      : um_sprintf("unmoor-%s-cutover.jsonl", config->job);
    j->fd = open(j->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return j->fd >= 0 ? 0
                      : um_fail(err, UM_E_CUTOVER_JOURNAL, "'%s' cannot be opened: %s", j->path,
                                strerror(errno));
}

void um_journal_close(struct um_journal *j)
{
    if (j->path && j->fd >= 0)
        close(j->fd);
    free(j->path);
    *j = (struct um_journal){0};
}

static json_t *now_json(void)
{
    struct timespec now;
    struct tm utc;
    char text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + n, sizeof text - n, ".%06ldZ", now.tv_nsec / 1000);
    return json_string(text);
}

/* One line, in one write, on disk when this returns. */
static int put_line(struct um_journal *j, json_t *line, struct um_err *err)
{
    json_object_set_new(line, "at", now_json());
    json_object_set_new(line, "job", json_string(um_state_config(j->state)->job));
    json_object_set_new(line, "target",
                        json_string(um_endpoint_place(&um_state_config(j->state)->target)));
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    char *whole = um_sprintf("%s\n", text);
    free(text);
    size_t len = strlen(whole);
    ssize_t n = write(j->fd, whole, len);
    int failed = n == (ssize_t)len ? 0 : n < 0 ? errno : ENOSPC;
    if (!failed && fsync(j->fd) != 0 && errno != EINVAL && errno != EROFS)
        failed = errno;
    free(whole);
    return failed ? um_fail(err, UM_E_CUTOVER_JOURNAL, "'%s' cannot be written: %s", j->path,
                            strerror(failed))
                  : 0;
}

/* Before the target is opened a file that cannot be written is a reason to retreat. Afterwards, and
   on the way back, what has to be done is not left undone for its sake. */
static int put_local(struct um_journal *j, json_t *line, bool must, struct um_err *err)
{
    struct um_err own;
    if (put_line(j, line, &own) == 0)
        return 0;
    if (must) {
        *err = own;
        return -1;
    }
    if (!j->local_failed)
        um_warn("%s. The journal on the target goes on.", own.text);
    j->local_failed = true;
    return 0;
}

/* ---- writing ---- */

static json_t *statements_json(const struct um_strv *list)
{
    json_t *all = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(all, json_string(list->items[i]));
    return all;
}

static void put_statements(struct um_buf *sql, const char *column, const struct um_strv *list)
{
    json_t *all = statements_json(list);
    char *text = json_dumps(all, JSON_COMPACT);
    um_buf_fmt(sql, ",%s=", column);
    um_sql_text(sql, text);
    free(text);
    json_decref(all);
}

int um_journal_write(struct um_journal *j, const struct um_cutover *now, struct um_err *err)
{
    const struct um_config *config = um_state_config(j->state);
    const char *state = state_names[now->state];
    bool must = now->state == UM_CUTOVER_FENCING || now->state == UM_CUTOVER_SWITCHING;
    json_t *line = json_pack("{s:I, s:s, s:o}", "term", (json_int_t)now->term, "state", state,
                             "lift", statements_json(&now->lift));
    if (put_local(j, line, must, err) != 0)
        return -1;
    struct um_buf sql = {0};
    um_buf_str(&sql, "REPLACE INTO ");
    um_state_name(&sql, config, "job_cutover");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql, ",term=%" PRIu64 ",state='%s',hook_called=%d,changed_at=UTC_TIMESTAMP(6)",
               now->term, state, now->hook_called);
    put_statements(&sql, "lift", &now->lift);
    put_statements(&sql, "opening", &now->open);
    if (now->final.file[0]) {
        um_buf_char(&sql, ',');
        um_sql_position(&sql, &now->final);
    }
    return um_sql_run(um_state_conn(j->state), &sql, err);
}

int um_journal_step(struct um_journal *j, uint64_t term, const char *step, const char *event,
                    const char *detail, struct um_err *err)
{
    const struct um_config *config = um_state_config(j->state);
    json_t *line = json_pack("{s:I, s:s, s:s, s:s}", "term", (json_int_t)term, "step", step,
                             "event", event, "detail", detail);
    if (put_local(j, line, false, err) != 0)
        return -1;
    struct um_buf sql = {0};
    um_buf_str(&sql, "INSERT INTO ");
    um_state_name(&sql, config, "job_cutover_step");
    um_buf_str(&sql, " SET job=");
    um_sql_text(&sql, config->job);
    um_buf_fmt(&sql,
               ",term=%" PRIu64 ",step='%s',event='%s',recorded_at=UTC_TIMESTAMP(6),detail=", term,
               step, event);
    um_sql_text(&sql, detail);
    return um_sql_run(um_state_conn(j->state), &sql, err);
}
