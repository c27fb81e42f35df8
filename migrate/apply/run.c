#include "apply/run.h"

#include <inttypes.h>
#include <stdlib.h>

#include "binlog/compressed_column.h"

enum { RUN_ROWS = 500, RUN_BYTES = 1 << 20, KEEP_BYTES = 4 << 20 };

void um_run_init(struct um_run *r, struct um_conn *target, struct um_conflicts *conflicts)
{
    *r = (struct um_run){
        .target = target, .conflicts = conflicts, .foreign_keys = -1, .unique_checks = -1};
}

void um_run_begin(struct um_run *r, const struct um_txn *txn, const struct um_skip *skip)
{
    r->txn = txn;
    r->skip = skip;
    r->rows = 0;
    r->failed.table = NULL;
    r->failed_offset = 0;
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

/* Foreign keys and unique checks as the source had them for these rows: cascades that the source
   does not log must happen on the target, and those that it switched off must not. */
int um_run_checks(struct um_run *r, unsigned flags, struct um_err *err)
{
    int foreign = !(flags & UM_CHANGE_NO_FOREIGN_KEYS);
    int unique = 1; /* a duplicate must never go unnoticed, whatever the source did */
    if (foreign == r->foreign_keys && unique == r->unique_checks)
        return 0;
    r->foreign_keys = r->unique_checks = -1;
    if (um_exec(r->target, err, "SET SESSION foreign_key_checks=%d, SESSION unique_checks=%d",
                foreign, unique) != 0)
        return -1;
    r->foreign_keys = foreign;
    r->unique_checks = unique;
    return 0;
}

static int set_strict(struct um_run *r, bool strict, struct um_err *err)
{
    return um_exec(r->target, err,
                   "SET SESSION sql_mode='%sNO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
                   strict ? "STRICT_ALL_TABLES," : "");
}

static int fail_at(const struct um_row_change *c, enum um_err_id id, const char *what,
                   struct um_err *err)
{
    struct um_buf key = {0};
    um_statement_describe(&key, c);
    um_fail(err, id, "%s into `%s`.`%s`, row %s: %s", um_statement_op(c->op),
            c->table->target_schema, c->table->target_name, key.data, what);
    um_buf_free(&key);
    return -1;
}

/* What the server's error means for a strict applier. */
static int explain(const struct um_row_change *c, struct um_err *err)
{
    enum { DUPLICATE_ENTRY = 1062, DUPLICATE_ENTRY_NAMED = 1586 };
    if (um_err_is_lost(err) || um_err_is_retryable(err))
        return -1;
    struct um_err server = *err;
    bool duplicate =
        server.server_code == DUPLICATE_ENTRY || server.server_code == DUPLICATE_ENTRY_NAMED;
    return fail_at(c, duplicate ? UM_E_APPLY_DUPLICATE : UM_E_APPLY_REFUSED, server.text, err);
}

/* Which change has to wait, or is one of several of them that do: the error stays the server's. */
static int name_waiting(const struct um_row_change *changes, size_t count, struct um_err *err)
{
    struct um_buf key = {0};
    um_statement_describe(&key, &changes[0]);
    um_fail_in(err, "%s into `%s`.`%s`, row %s%s", um_statement_op(changes->op),
               changes->table->target_schema, changes->table->target_name, key.data,
               count > 1 ? " or one of those with it" : "");
    um_buf_free(&key);
    return -1;
}

/* 1: the statement did not do what was expected, nothing else is wrong; 0: done; -1: error. */
static int run_statement(struct um_run *r, const struct um_row_change *changes, size_t count,
                         struct um_err *err)
{
    unsigned lax = 0;
    um_buf_clear(&r->sql);
    if (um_statement_build(&r->sql, changes, count, &lax, err) != 0 ||
        (lax && set_strict(r, false, err) != 0))
        return -1;
    int result = um_exec_bytes(r->target, r->sql.data, r->sql.len, err);
    uint64_t affected = um_affected(r->target);
    unsigned warnings = um_warnings(r->target);
    if (result == 0 && warnings > lax) /* such as names of character sets in the statement */
        warnings -= um_warnings_deprecated(r->target);
    if (result == 0 && warnings != lax) {
        struct um_buf text = {0};
        um_warnings_text(r->target, &text);
        result = fail_at(&changes[0], UM_E_APPLY_WARNING, text.len ? text.data : "a warning", err);
        um_buf_free(&text);
    }
    um_buf_clear(&r->sql);
    um_buf_trim(&r->sql, KEEP_BYTES);
    if (result == 0 && lax && set_strict(r, true, err) != 0)
        return -1;
    if (result != 0 && um_err_is_retryable(err))
        return name_waiting(changes, count, err);
    return result != 0 ? -1 : affected != um_statement_affected(changes, count);
}

/* Errors of our own, which say everything already. */
static bool is_final(const struct um_err *err)
{
    return err->id == UM_E_APPLY_WARNING || err->id == UM_E_APPLY_IMAGE;
}

int um_run_alone(struct um_run *r, const struct um_row_change *c, struct um_err *err)
{
    if (um_run_checks(r, c->flags, err) != 0)
        return -1;
    int result = run_statement(r, c, 1, err);
    if (result < 0)
        return is_final(err) ? -1 : explain(c, err);
    if (result == 0)
        return 0;
    return fail_at(c, UM_E_APPLY_MISSING_ROW,
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
        return fail_at(&r->changes[0], UM_E_APPLY_REFUSED, "the target took only some rows", err);
    /* A failed INSERT has undone itself; a DELETE that found too few rows has not. */
    if (savepoint && um_exec(r->target, err, "ROLLBACK TO SAVEPOINT run") != 0)
        return -1;
    for (size_t i = 0; i < r->count; i++) {
        if (run_one(r, &r->changes[i], err) != 0)
            return -1;
    }
    return 0;
}

/* All or nothing: whoever asked for that undoes the transaction on a surprise. */
static int run_together(struct um_run *r, struct um_err *err)
{
    int result = run_statement(r, r->changes, r->count, err);
    if (result == 0)
        return 0;
    r->surprised = result > 0 || !(um_err_is_lost(err) || um_err_is_retryable(err));
    return result > 0
               ? fail_at(&r->changes[0], UM_E_APPLY_REFUSED, "not all rows were changed", err)
               : -1;
}

int um_run_execute(struct um_run *r, struct um_err *err)
{
    if (r->count == 0)
        return 0;
    r->failed_offset = r->changes[0].offset;
    int result = um_run_checks(r, r->changes[0].flags, err);
    if (result == 0)
        result = r->together     ? run_together(r, err)
                 : r->count == 1 ? run_one(r, &r->changes[0], err)
                                 : run_many(r, err);
    r->count = 0;
    r->bytes = 0;
    return result;
}
