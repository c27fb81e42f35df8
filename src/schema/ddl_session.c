#include "schema/ddl_work.h"

#include <stdlib.h>

/* Generated columns of which a value is kept that hangs on more of the session than its time zone.
 */

static bool calls(const struct um_tokens *t, size_t i, const char *function)
{
    return um_tok_is(t, i, function) && um_tok_char(t, i + 1, '(');
}

static const char *variable_at(const struct um_ddl *d, const struct um_tokens *t, size_t i)
{
    static const struct {
        const char *function, *variable;
    } known[] = {
        {"AES_DECRYPT", "block_encryption_mode"}, {"AES_ENCRYPT", "block_encryption_mode"},
        {"DATE_FORMAT", "lc_time_names"},         {"DAYNAME", "lc_time_names"},
        {"MONTHNAME", "lc_time_names"},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        if (calls(t, i, known[k].function))
            return known[k].variable;
    }
    if (um_tok_char(t, i, '/'))
        return "div_precision_increment";
    return um_ddl_is_column_of(d, t, i, "char") ? "sql_mode" : NULL;
}

/* A time of day that becomes a moment gets the day on which the row is written. */
static bool takes_the_day(const struct um_ddl *d, const struct um_tokens *t, size_t from, size_t to)
{
    bool time = false;
    bool moment =
        um_tok_is(t, 1, "datetime") || um_tok_is(t, 1, "timestamp") || um_tok_is(t, 1, "date");
    for (size_t i = from; i < to; i++) {
        time |= um_ddl_is_column_of(d, t, i, "time");
        moment |= um_tok_run(t, i, "AS DATETIME") || um_tok_run(t, i, "AS DATE") ||
                  calls(t, i, "TIMESTAMP") || calls(t, i, "DATE");
    }
    return time && moment;
}

static const char *hangs_on(const struct um_ddl *d, const struct um_ddl_part *part)
{
    struct um_tokens t;
    struct um_clauses clauses;
    um_lex_again(part->text, &t);
    um_ddl_scan_column(&t, &clauses);
    const struct um_clause *generated = um_clause_find(&clauses, UM_CL_GENERATED);
    const char *variable = NULL;
    if (generated && um_ddl_is_kept(d, part->name, &t)) {
        if (takes_the_day(d, &t, generated->value, generated->to))
            variable = "timestamp";
        for (size_t i = generated->value; i < generated->to && !variable; i++)
            variable = variable_at(d, &t, i);
    }
    free(clauses.items);
    um_tokens_free(&t);
    return variable;
}

const struct um_ddl_part *um_ddl_hangs_on_session(const struct um_ddl *d, size_t from,
                                                  const char **variable)
{
    for (size_t i = from; i < d->part_count; i++) {
        const struct um_ddl_part *part = &d->parts[i];
        *variable = part->kind == UM_DDL_COLUMN ? hangs_on(d, part) : NULL;
        if (*variable)
            return part;
    }
    return NULL;
}
