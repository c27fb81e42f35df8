#include <stdlib.h>

#include "schema/ddl_statement_reader.h"
#include "schema/ddl_work.h"

/* What ALTER TABLE writes into rows beside what it says. */

static bool differs(const struct um_tokens *t, size_t i)
{
    static const char *const calls[] = {
        "BENCHMARK",      "CONNECTION_ID", "DATABASE",    "FOUND_ROWS",   "GET_LOCK",
        "LAST_INSERT_ID", "LASTVAL",       "LOAD_FILE",   "NEXTVAL",      "RAND",
        "RANDOM_BYTES",   "ROW_COUNT",     "SCHEMA",      "SESSION_USER", "SETVAL",
        "SLEEP",          "SYSDATE",       "SYSTEM_USER", "SYS_GUID",     "USER",
        "UUID",           "UUID_SHORT",    "UUID_V4",     "UUID_V7",      "VERSION",
    };
    if (um_tok_char(t, i, '@') || um_tok_run(t, i, "NEXT VALUE FOR") ||
        um_tok_run(t, i, "PREVIOUS VALUE FOR"))
        return true;
    if (um_tok_is(t, i, "CURRENT_USER") || um_tok_is(t, i, "CURRENT_ROLE"))
        return true;
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        if (um_tok_is(t, i, calls[k]) && um_tok_char(t, i + 1, '('))
            return true;
    }
    return false;
}

static bool open_alter(const struct um_sql *s, const struct um_sql_reading *how,
                       struct um_tokens *t)
{
    struct um_err ignored = {0};
    return s->kind == UM_SQL_ALTER_TABLE &&
           um_lex_as(s->text, um_sql_lex_mode(how), t, &ignored) == 0;
}

bool um_sql_fills_anew(const struct um_sql *s, const struct um_sql_reading *how, char **what)
{
    struct um_tokens t;
    bool found = false;
    if (!open_alter(s, how, &t))
        return false;
    bool adds = false;
    for (size_t i = 0, depth = 0; i < t.count && !found; i++) {
        depth += um_tok_char(&t, i, '(');
        depth -= um_tok_char(&t, i, ')');
        if (depth == 0 && (um_tok_is(&t, i, "ADD") || um_tok_char(&t, i, ',')))
            adds = um_tok_is(&t, i, "ADD");
        size_t end = adds && um_tok_is(&t, i, "DEFAULT") ? um_ddl_value_end(&t, i + 1) : 0;
        for (size_t k = i + 1; k < end && !found; k++) {
            found = differs(&t, k);
            if (found)
                *what = um_tok_name(&t, k);
        }
    }
    um_tokens_free(&t);
    return found;
}

bool um_sql_goes_by_order(const struct um_sql *s, const struct um_sql_reading *how)
{
    struct um_tokens t;
    bool found = false;
    if (!open_alter(s, how, &t))
        return false;
    for (size_t i = 0; i < t.count && !found; i++) {
        /* The table's option has a value. */
        bool numbers = um_tok_is(&t, i, "AUTO_INCREMENT") && !um_tok_char(&t, i + 1, '=') &&
                       !um_tok_number(&t, i + 1);
        found = numbers || um_tok_is(&t, i, "SERIAL") || um_tok_run(&t, i, "ALTER IGNORE") ||
                um_tok_run(&t, i, "ALTER ONLINE IGNORE");
    }
    um_tokens_free(&t);
    return found;
}
