#include "apply/run.h"

#include <inttypes.h>
#include <stdlib.h>

#include "apply/answer.h"
#include "apply/unseen.h"
#include "binlog/compressed_column.h"

enum { RUN_ROWS = 500, RUN_BYTES = 1 << 20, KEEP_BYTES = 4 << 20 };

void um_run_init(struct um_run *r, struct um_conn *target, struct um_conflicts *conflicts)
{
    *r = (struct um_run){
        .target = target, .conflicts = conflicts, .foreign_keys = -1, .strict = -1, .notes = -1};
    um_trip_init(&r->trip, target);
}

void um_run_begin(struct um_run *r, const struct um_txn *txn, const struct um_skip *skip)
{
    r->txn = txn;
    r->skip = skip;
    r->rows = 0;
    r->failed.table = NULL;
    r->failed_offset = 0;
    r->together = r->surprised = r->warned = false;
}

void um_run_together(struct um_run *r, bool together)
{
    r->together = together;
    if (together)
        r->surprised = r->warned = false;
}

void um_run_begin_together(struct um_run *r)
{
    um_run_begin(r, NULL, NULL);
    um_run_together(r, true);
}

/* The change need not live as long as the error does. */
static int note_failed(struct um_run *r, const struct um_row_change *c)
{
    r->failed.table = c->table;
    r->failed.op = c->op;
    r->failed.offset = c->offset;
    r->failed.number = c->number;
    um_buf_clear(&r->failed.key);
    um_statement_describe(&r->failed.key, c);
    return -1;
}

void um_run_clear(struct um_run *r)
{
    free(r->changes);
    um_buf_free(&r->sql);
    um_buf_free(&r->failed.key);
    um_trip_clear(&r->trip);
    free(r->warns);
    *r = (struct um_run){0};
}

/* What a value adds to a statement, roughly. */
static size_t value_bytes(const struct um_value *v)
{
    size_t original;
    switch (v->kind) {
    case UM_V_BYTES:
    case UM_V_JSON:
    case UM_V_GEOMETRY:
        return v->len;
    case UM_V_COMPRESSED:
        return um_compressed_length(v->bytes, v->len, &original) ? original : v->len;
    default:
        return 0;
    }
}

static size_t row_bytes(const struct um_row_change *c)
{
    size_t bytes = 0;
    const struct um_value *row = c->op == UM_ROW_INSERT ? c->after : c->before;
    for (size_t i = 0; i < c->table->source->column_count; i++)
        bytes += 16 + value_bytes(&row[i]);
    return bytes;
}

/* 1: passed over by permission; 0: there is none; -1. */
static int pass_over(struct um_run *r, const struct um_row_change *change, struct um_err *err)
{
    const struct um_permission *permission = um_skip_find(r->skip, 0);
    if (!permission)
        permission = um_skip_find(r->skip, r->rows);
    if (!permission)
        return 0;
    struct um_row_change c = *change;
    c.number = r->rows;
    return um_run_execute(r, err) == 0 && um_conflict_pass_over(r, &c, permission, err) == 0 ? 1
                                                                                             : -1;
}

int um_run_add(struct um_run *r, const struct um_row_change *change, struct um_err *err)
{
    r->rows++;
    int passed = r->skip ? pass_over(r, change, err) : 0;
    if (passed != 0)
        return passed < 0 ? -1 : 0;
    size_t bytes = row_bytes(change);
    if (r->count &&
        (!um_statement_merges(&r->changes[0], change) || r->count >= RUN_ROWS ||
         r->bytes + bytes > RUN_BYTES) &&
        um_run_execute(r, err) != 0)
        return -1;
    um_grow(&r->changes, &r->cap, r->count + 1, sizeof *r->changes);
    r->changes[r->count] = *change;
    r->changes[r->count++].number = r->rows;
    r->bytes += bytes;
    return 0;
}

/* ---- together ---- */

/* All or nothing: whoever asked for that undoes the transaction on a surprise. */
static int surprise(struct um_run *r, int result, const struct um_row_change *c, struct um_err *err)
{
    r->surprised = result > 0 || !(um_err_is_lost(err) || um_err_is_retryable(err));
    return result > 0 ? um_answer_fail(c, UM_E_APPLY_REFUSED, "not all rows were changed", err)
                      : -1;
}

/* Warnings can be looked at only while their statement is the last. */
static bool has_warned(const struct um_run *r, const struct um_job_table *t)
{
    for (size_t i = 0; i < r->warns_count; i++) {
        if (r->warns[i] == t)
            return true;
    }
    return false;
}

static int send_again(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    um_grow(&r->warns, &r->warns_cap, r->warns_count + 1, sizeof *r->warns);
    r->warns[r->warns_count++] = c->table;
    r->warned = true;
    return um_answer_fail(c, UM_E_APPLY_WARNING, "a warning, and other statements after it", err);
}

static int check_trip(struct um_run *r, size_t answered, struct um_err *err)
{
    const struct um_trip *t = &r->trip;
    for (size_t i = 0; i < answered; i++) {
        const struct um_trip_statement *s = &t->sent.statements[i];
        if (!s->first.table)
            continue;
        r->failed_offset = s->first.offset;
        if (t->answers[i].warnings > s->lax && i + 1 < t->sent.count)
            return send_again(r, &s->first, err);
        int result = um_answer_check(r->target, &s->first, s->changes, s->lax, &t->answers[i], err);
        if (result != 0)
            return surprise(r, result, &s->first, err);
    }
    return 0;
}

static int fail_statement(struct um_run *r, const struct um_trip_statement *s, struct um_err *err)
{
    if (!s->first.table)
        return -1;
    r->failed_offset = s->first.offset;
    if (um_err_is_retryable(err))
        um_answer_waits(&s->first, s->changes, err);
    return surprise(r, -1, &s->first, err);
}

/* Answers to what is under way are held against what was expected. */
static int look(struct um_run *r, struct um_err *err)
{
    struct um_trip *t = &r->trip;
    if (!t->under_way)
        return 0;
    size_t answered;
    struct um_err failure;
    int carried_out = um_trip_wait(t, &answered, &failure);
    int result = check_trip(r, answered, err);
    if (result != 0 || carried_out == 0)
        return result;
    *err = failure;
    return answered < t->sent.count ? fail_statement(r, &t->sent.statements[answered], err) : -1;
}

/* What was made while the target was at the packet before. */
static int send_next(struct um_run *r, struct um_err *err)
{
    if (look(r, err) != 0)
        return -1;
    if (r->trip.next.count && um_trip_send(&r->trip, err) != 0)
        return fail_statement(r, &r->trip.sent.statements[0], err);
    return 0;
}

int um_run_flush(struct um_run *r, struct um_err *err)
{
    return send_next(r, err) == 0 ? look(r, err) : -1;
}

static int put_in(struct um_run *r, struct um_buf *sql, const struct um_row_change *changes,
                  size_t count, unsigned lax, struct um_err *err)
{
    if (!um_trip_has_room(&r->trip, sql->len) && send_next(r, err) != 0)
        return -1;
    um_trip_add(&r->trip, sql, changes, count, lax);
    return um_trip_has_room(&r->trip, 0) ? 0 : um_run_flush(r, err); /* never two large ones */
}

static int say(struct um_run *r, struct um_buf *sql, struct um_err *err)
{
    int result = r->together ? put_in(r, sql, NULL, 0, 0, err)
                             : um_exec_bytes(r->target, sql->data, sql->len, err);
    um_buf_clear(sql);
    return result;
}

/* ---- the session ---- */

/* A duplicate must never go unnoticed, whatever the source did: unique_checks is always on. */
static void print_session(struct um_buf *sql, bool foreign_keys, bool strict)
{
    um_buf_fmt(sql,
               "SET SESSION foreign_key_checks=%d, SESSION unique_checks=1, SESSION "
               "sql_mode='%sNO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
               foreign_keys, strict ? "STRICT_ALL_TABLES," : "");
}

static int set_session(struct um_run *r, bool foreign_keys, bool strict, struct um_err *err)
{
    if (r->foreign_keys == foreign_keys && r->strict == strict)
        return 0;
    struct um_buf sql = {0};
    print_session(&sql, foreign_keys, strict);
    r->foreign_keys = r->strict = -1;
    int result = say(r, &sql, err);
    um_buf_free(&sql);
    if (result != 0)
        return -1;
    r->foreign_keys = foreign_keys;
    r->strict = strict;
    return 0;
}

/* As the source had them for these rows: cascades that the source does not log must happen on the
   target, and those that it switched off must not. */
static bool wants_foreign_keys(unsigned flags)
{
    return !(flags & UM_CHANGE_NO_FOREIGN_KEYS);
}

int um_run_checks(struct um_run *r, unsigned flags, struct um_err *err)
{
    return set_session(r, wants_foreign_keys(flags), true, err);
}

static int set_strict(struct um_run *r, bool strict, struct um_err *err)
{
    return set_session(r, r->foreign_keys != 0, strict, err);
}

/* A note about a generated column is no loss: the source has the same of its own. */
static int set_notes(struct um_run *r, const struct um_job_table *t, struct um_err *err)
{
    if (r->notes == !t->rounds_generated)
        return 0;
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "SET SESSION sql_notes=%d", !t->rounds_generated);
    r->notes = -1;
    int result = say(r, &sql, err);
    um_buf_free(&sql);
    if (result == 0)
        r->notes = !t->rounds_generated;
    return result;
}

int um_run_say(struct um_run *r, struct um_buf *sql, struct um_err *err)
{
    return r->strict == 0 && set_strict(r, true, err) != 0 ? -1 : say(r, sql, err);
}

static void drop_unsent(struct um_run *r)
{
    r->count = 0;
    r->bytes = 0;
    um_trip_drop(&r->trip);
    r->foreign_keys = r->strict = r->notes = -1; /* whatever of it was sent */
    r->together = false;
}

int um_run_rollback_to(struct um_run *r, const char *savepoint, struct um_err *err)
{
    drop_unsent(r);
    return um_exec(r->target, err, "ROLLBACK TO SAVEPOINT %s", savepoint);
}

void um_run_rollback(struct um_run *r)
{
    struct um_err ignored;
    drop_unsent(r);
    um_exec(r->target, &ignored, "ROLLBACK");
    set_session(r, true, true, &ignored);
}

/* ---- one statement ---- */

/* As um_answer_check, or -1 for any other error. */
static int run_statement(struct um_run *r, const struct um_row_change *changes, size_t count,
                         struct um_err *err)
{
    unsigned lax = 0;
    um_buf_clear(&r->sql);
    if (um_statement_build(&r->sql, changes, count, &lax, err) != 0 ||
        set_notes(r, changes[0].table, err) != 0 || (lax && set_strict(r, false, err) != 0))
        return -1;
    int result = um_exec_bytes(r->target, r->sql.data, r->sql.len, err);
    struct um_answer answer = um_last_answer(r->target);
    if (result == 0)
        result = um_answer_check(r->target, changes, count, lax, &answer, err);
    um_buf_clear(&r->sql);
    um_buf_trim(&r->sql, KEEP_BYTES);
    if (result < 0 && um_err_is_retryable(err))
        return um_answer_waits(changes, count, err);
    struct um_err ignored;
    if (lax && set_strict(r, true, result < 0 ? &ignored : err) != 0)
        return -1;
    return result;
}

/* Errors of our own, which say everything already. */
static bool is_final(const struct um_err *err)
{
    return err->id == UM_E_APPLY_WARNING || err->id == UM_E_APPLY_IMAGE;
}

/* The row is there, and the target did not see that it was to be changed. */
static int run_unseen(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    struct um_row_change goes, comes;
    struct um_value *row = NULL;
    int result;
    if (um_unseen_in_two(c, &goes, &comes, &row)) {
        result = um_run_checks(r, goes.flags, err);
        if (result == 0)
            result = run_statement(r, &goes, 1, err);
        if (result == 0)
            result = run_statement(r, &comes, 1, err);
    } else {
        struct um_buf sql = {0};
        result = um_unseen_disturb(&sql, c, err);
        if (result == 0)
            result = um_exec_bytes(r->target, sql.data, sql.len, err);
        um_buf_free(&sql);
        if (result == 0)
            result = run_statement(r, c, 1, err);
    }
    free(row);
    return result;
}

int um_run_alone(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    if (um_run_checks(r, c->flags, err) != 0)
        return -1;
    int result = run_statement(r, c, 1, err);
    if (result == UM_ANSWER_UNSEEN)
        result = run_unseen(r, c, err);
    if (result < 0)
        return is_final(err) ? -1 : um_answer_explain(c, err);
    if (result == 0)
        return 0;
    return um_answer_fail(c, UM_E_APPLY_MISSING_ROW,
                          c->op == UM_ROW_INSERT ? "the target did not take it"
                                                 : "the row is not on the target",
                          err);
}

static int run_one(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    r->failed_offset = c->offset;
    if (um_run_alone(r, c, err) == 0 || um_conflict_settle(r, c, err) == 0)
        return 0;
    return note_failed(r, c);
}

/* Several rows at once; on any surprise they are undone and tried one by one. */
static int run_many(struct um_run *r, struct um_err *err)
{
    bool savepoint = r->changes[0].op != UM_ROW_INSERT;
    if (savepoint && um_exec(r->target, err, "SAVEPOINT run") != 0)
        return -1;
    int result = run_statement(r, r->changes, r->count, err);
    if (result == 0)
        return 0;
    r->failed_offset = r->changes[0].offset;
    if (result < 0 && (um_err_is_lost(err) || um_err_is_retryable(err) || is_final(err)))
        return -1;
    if (result > 0 && !savepoint)
        return um_answer_fail(&r->changes[0], UM_E_APPLY_REFUSED, "the target took only some rows",
                              err);
    /* A failed INSERT has undone itself; a DELETE that found too few rows has not. */
    if (savepoint && um_exec(r->target, err, "ROLLBACK TO SAVEPOINT run") != 0)
        return -1;
    for (size_t i = 0; i < r->count; i++) {
        if (run_one(r, &r->changes[i], err) != 0)
            return -1;
    }
    return 0;
}

static int run_together(struct um_run *r, struct um_err *err)
{
    const struct um_row_change *first = &r->changes[0];
    unsigned lax = 0;
    um_buf_clear(&r->sql);
    if (um_statement_build(&r->sql, first, r->count, &lax, err) != 0)
        return surprise(r, -1, first, err);
    if (set_session(r, wants_foreign_keys(first->flags), lax == 0, err) != 0 ||
        set_notes(r, first->table, err) != 0 || put_in(r, &r->sql, first, r->count, lax, err) != 0)
        return -1;
    um_buf_trim(&r->sql, KEEP_BYTES);
    return has_warned(r, first->table) ? um_run_flush(r, err) : 0;
}

static int run_apart(struct um_run *r, struct um_err *err)
{
    if (um_run_checks(r, r->changes[0].flags, err) != 0)
        return -1;
    return r->count == 1 ? run_one(r, &r->changes[0], err) : run_many(r, err);
}

int um_run_execute(struct um_run *r, struct um_err *err)
{
    if (r->count == 0)
        return 0;
    r->failed_offset = r->changes[0].offset;
    int result = r->together ? run_together(r, err) : run_apart(r, err);
    r->count = 0;
    r->bytes = 0;
    return result;
}
