#include "state/applied.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/sql.h"

/* ---- the set ---- */

void um_applied_name(const struct um_txn *txn, struct um_buf *out)
{
    um_buf_clear(out);
    if (txn->gtid.kind == UM_GTID_NONE)
        um_buf_fmt(out, "%s:%" PRIu64, txn->file, txn->begin_offset);
    else
        um_gtid_print(&txn->gtid, out);
}

void um_stopped_at(struct um_stopped *out, const struct um_txn *txn, const struct um_err *err)
{
    struct um_buf name = {0};
    um_applied_name(txn, &name);
    *out = (struct um_stopped){.transaction = um_buf_take(&name),
                               .file = um_strdup(txn->file),
                               .offset = txn->end_offset,
                               .error = err->id};
}

void um_applied_add(struct um_applied *a, const struct um_txn *txn)
{
    if (txn->gtid.kind == UM_GTID_MYSQL) {
        if (!a->gtids)
            a->gtids = um_gtid_set_new(UM_GTID_MYSQL);
        um_gtid_set_add(a->gtids, &txn->gtid);
        return;
    }
    struct um_buf name = {0};
    um_applied_name(txn, &name);
    um_strv_add(&a->names, name.data);
    um_buf_free(&name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool um_applied_contains(const struct um_applied *a, const struct um_txn *txn)
{
    if (txn->gtid.kind == UM_GTID_MYSQL)
        return a->gtids && um_gtid_set_contains(a->gtids, &txn->gtid);
    if (!a->names.count)
        return false;
    struct um_buf name = {0};
    um_applied_name(txn, &name);
    bool found = bsearch(&name.data, a->names.items, a->names.count, sizeof *a->names.items,
                         by_text) != NULL;
    um_buf_free(&name);
    return found;
}

bool um_applied_empty(const struct um_applied *a)
{
    return !a->names.count && (!a->gtids || um_gtid_set_empty(a->gtids));
}

bool um_applied_name_within(const char *name, const struct um_position *p)
{
    struct um_err ignored;
    struct um_gtid gtid;
    if (p->gtids && um_gtid_parse(um_gtid_set_kind(p->gtids), name, &gtid, &ignored) == 0)
        return um_gtid_set_contains(p->gtids, &gtid);
    struct um_position at = {0};
    const char *colon = strrchr(name, ':');
    if (!colon)
        return false;
    snprintf(at.file, sizeof at.file, "%.*s", (int)(colon - name), name);
    at.offset = strtoull(colon + 1, NULL, 10);
    return um_position_compare(&at, p) <= 0;
}

bool um_applied_within(const struct um_applied *a, const struct um_position *p)
{
    if (a->gtids && (!p->gtids || !um_gtid_set_subset(a->gtids, p->gtids)))
        return false;
    for (size_t i = 0; i < a->names.count; i++) {
        if (!um_applied_name_within(a->names.items[i], p))
            return false;
    }
    return true;
}

void um_applied_clear(struct um_applied *a)
{
    um_gtid_set_delete(a->gtids);
    um_strv_clear(&a->names);
    *a = (struct um_applied){0};
}

/* "mysql:" and a set, or names with a comma after each. */
static void print(const struct um_applied *a, struct um_buf *out)
{
    if (a->gtids) {
        um_buf_str(out, "mysql:");
        um_gtid_set_print(a->gtids, out);
        return;
    }
    for (size_t i = 0; i < a->names.count; i++)
        um_buf_fmt(out, "%s,", a->names.items[i]);
}

static int parse(struct um_applied *a, const char *text, struct um_err *err)
{
    if (strncmp(text, "mysql:", 6) == 0) {
        struct um_gtid_set *set = um_gtid_set_parse(UM_GTID_MYSQL, text + 6, err);
        if (!set)
            return -1;
        if (!a->gtids)
            a->gtids = um_gtid_set_new(UM_GTID_MYSQL);
        um_gtid_set_union(a->gtids, set);
        um_gtid_set_delete(set);
        return 0;
    }
    for (const char *comma; (comma = strchr(text, ',')) != NULL; text = comma + 1) {
        char *name = um_memdup(text, (size_t)(comma - text));
        um_strv_add(&a->names, name);
        free(name);
    }
    return 0;
}

/* ---- the rows ---- */

void um_state_applied_statement(const struct um_config *config, uint64_t epoch,
                                const struct um_applied_batch *batch, struct um_buf *sql)
{
    struct um_buf names = {0};
    um_buf_str(sql, "INSERT INTO ");
    um_state_name(sql, config, "job_applied");
    um_buf_fmt(sql, " (job, batch, names, transactions, changes) SELECT job,%" PRIu64 ",",
               batch->id);
    print(&batch->of, &names);
    um_sql_text(sql, names.data ? names.data : "");
    um_buf_free(&names);
    um_buf_fmt(sql, ",%" PRIu64 ",%" PRIu64 " FROM ", batch->transactions, batch->changes);
    um_state_name(sql, config, "job");
    um_sql_job(sql, config);
    /* The shared lock makes a successor's take-over wait for this commit. */
    um_buf_fmt(sql, " AND epoch=%" PRIu64 " LOCK IN SHARE MODE", epoch);
}

int um_state_check_applied(const struct um_config *config, uint64_t affected, struct um_err *err)
{
    return affected == 1 ? 0 : um_state_fenced(config, err);
}

int um_state_load_applied(struct um_conn *c, const struct um_config *config,
                          struct um_applied_left *out, struct um_err *err)
{
    *out = (struct um_applied_left){0};
    struct um_resultset *rows = um_sql_select(c, config, "batch, names, transactions, changes",
                                              "job_applied", " ORDER BY batch", err);
    if (!rows)
        return -1;
    const char *const *v;
    const unsigned long *l;
    int more;
    while ((more = um_result_next(rows, &v, &l, err)) > 0) {
        um_grow(&out->ids, &out->cap, out->count + 1, sizeof *out->ids);
        out->ids[out->count++] = strtoull(v[0], NULL, 10);
        out->transactions += strtoull(v[2], NULL, 10);
        out->changes += strtoull(v[3], NULL, 10);
        if (parse(&out->of, v[1], err) != 0) {
            more = um_fail_in(err, "the job's state on the target");
            break;
        }
    }
    um_result_close(rows);
    if (out->of.names.count)
        qsort(out->of.names.items, out->of.names.count, sizeof *out->of.names.items, by_text);
    if (more < 0)
        um_applied_left_clear(out);
    return more;
}

void um_applied_left_clear(struct um_applied_left *l)
{
    um_applied_clear(&l->of);
    free(l->ids);
    *l = (struct um_applied_left){0};
}

static int remove_batches(struct um_conn *c, const struct um_config *config,
                          const uint64_t *batches, size_t count, struct um_err *err)
{
    if (count == 0)
        return 0;
    struct um_buf sql = {0};
    um_buf_str(&sql, "DELETE FROM ");
    um_state_name(&sql, config, "job_applied");
    um_sql_job(&sql, config);
    for (size_t i = 0; i < count; i++)
        um_buf_fmt(&sql, "%s%" PRIu64, i ? "," : " AND batch IN (", batches[i]);
    um_buf_char(&sql, ')');
    return um_sql_run(c, &sql, err);
}

int um_state_fold(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                  const struct um_state_progress *mark, const uint64_t *batches, size_t count,
                  struct um_err *err)
{
    if (um_exec(c, err, "START TRANSACTION") != 0)
        return -1;
    if (um_state_put_progress(c, config, epoch, mark, err) == 0 &&
        remove_batches(c, config, batches, count, err) == 0)
        return um_exec(c, err, "COMMIT");
    struct um_err ignored;
    um_exec(c, &ignored, "ROLLBACK");
    return -1;
}
