#include "schema/ddl_work.h"

#include <stdlib.h>
#include <strings.h>

/* Generated columns, and keys on expressions, whose value hangs on the time zone of the session
   that writes the row. */

static bool is_timestamp(const struct um_ddl *d, const struct um_tokens *t, size_t i)
{
    return um_ddl_is_column_of(d, t, i, "timestamp");
}

static bool calls(const struct um_tokens *t, size_t i, const char *function)
{
    return um_tok_is(t, i, function) && um_tok_char(t, i + 1, '(');
}

/* A moment read as date and time of the session, or the other way round. UNIX_TIMESTAMP gives what
   a TIMESTAMP is stored as. */
static bool depends(const struct um_ddl *d, const struct um_tokens *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        bool plain = calls(t, i, "UNIX_TIMESTAMP") && is_timestamp(d, t, i + 2) &&
                     um_tok_char(t, i + 3, ')');
        if (plain)
            i += 3;
        else if (is_timestamp(d, t, i) || calls(t, i, "UNIX_TIMESTAMP") ||
                 calls(t, i, "FROM_UNIXTIME"))
            return true;
    }
    return false;
}

static bool column_hangs(const struct um_ddl *d, const char *name, const struct um_tokens *t)
{
    struct um_clauses clauses;
    um_ddl_scan_column(t, &clauses);
    const struct um_clause *generated = um_clause_find(&clauses, UM_CL_GENERATED);
    bool hangs =
        generated && um_ddl_is_kept(d, name, t) && depends(d, t, generated->value, generated->to);
    free(clauses.items);
    return hangs;
}

/* A key part that is an expression stands in parentheses of its own. */
static bool index_hangs(const struct um_ddl *d, const struct um_tokens *t)
{
    size_t open = 0;
    while (open < t->count && !um_tok_char(t, open, '('))
        open++;
    size_t end = um_tok_group_end(t, open);
    for (size_t i = open + 1; i < end; i++) {
        bool expression = um_tok_char(t, i, '(') && (i == open + 1 || um_tok_char(t, i - 1, ','));
        if (expression && depends(d, t, i, um_tok_group_end(t, i)))
            return true;
        if (um_tok_char(t, i, '('))
            i = um_tok_group_end(t, i) - 1;
    }
    return false;
}

static bool part_hangs(const struct um_ddl *d, const struct um_ddl_part *part)
{
    struct um_tokens t;
    bool hangs = false;
    um_lex_again(part->text, &t);
    if (part->kind == UM_DDL_COLUMN)
        hangs = column_hangs(d, part->name, &t);
    else if (part->kind == UM_DDL_KEY || part->kind == UM_DDL_UNIQUE)
        hangs = index_hangs(d, &t);
    um_tokens_free(&t);
    return hangs;
}

const struct um_ddl_part *um_ddl_hangs_on_time_zone(const struct um_ddl *d, size_t from)
{
    for (size_t i = from; i < d->part_count; i++) {
        if (part_hangs(d, &d->parts[i]))
            return &d->parts[i];
    }
    return NULL;
}
