#include "apply/answer.h"

#include "apply/unseen.h"

int um_answer_fail(const struct um_row_change *c, enum um_err_id id, const char *what,
                   struct um_err *err)
{
    struct um_buf key = {0};
    um_statement_describe(&key, c);
    um_fail(err, id, "%s into `%s`.`%s`, row %s: %s", um_statement_op(c->op),
            c->table->target_schema, c->table->target_name, key.data, what);
    um_buf_free(&key);
    return -1;
}

int um_answer_explain(const struct um_row_change *c, struct um_err *err)
{
    enum { DUPLICATE_ENTRY = 1062, DUPLICATE_ENTRY_NAMED = 1586 };
    if (um_err_is_lost(err) || um_err_is_retryable(err))
        return -1;
    struct um_err server = *err;
    bool duplicate =
        server.server_code == DUPLICATE_ENTRY || server.server_code == DUPLICATE_ENTRY_NAMED;
    return um_answer_fail(c, duplicate ? UM_E_APPLY_DUPLICATE : UM_E_APPLY_REFUSED, server.text,
                          err);
}

int um_answer_waits(const struct um_row_change *changes, size_t count, struct um_err *err)
{
    struct um_buf key = {0};
    um_statement_describe(&key, &changes[0]);
    um_fail_in(err, "%s into `%s`.`%s`, row %s%s", um_statement_op(changes->op),
               changes->table->target_schema, changes->table->target_name, key.data,
               count > 1 ? " or one of those with it" : "");
    um_buf_free(&key);
    return -1;
}

static int fail_warning(struct um_conn *target, const struct um_row_change *c, struct um_err *err)
{
    struct um_buf text = {0};
    um_warnings_text(target, &text);
    um_answer_fail(c, UM_E_APPLY_WARNING, text.len ? text.data : "a warning", err);
    um_buf_free(&text);
    return -1;
}

int um_answer_check(struct um_conn *target, const struct um_row_change *changes, size_t count,
                    unsigned lax, const struct um_answer *a, struct um_err *err)
{
    unsigned warnings = a->warnings;
    if (warnings > lax) /* such as names of character sets in the statement */
        warnings -= um_warnings_deprecated(target);
    if (warnings != lax)
        return fail_warning(target, changes, err);
    if (a->affected != um_statement_affected(changes, count))
        return 1;
    return a->unchanged && changes->op == UM_ROW_UPDATE && um_unseen_update(changes)
               ? UM_ANSWER_UNSEEN
               : 0;
}
