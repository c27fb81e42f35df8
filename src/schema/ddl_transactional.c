#include "schema/ddl_statement_reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* What of a statement another server would take in another way. */

enum engine { ENGINE_GOOD, ENGINE_REPLACED, ENGINE_OTHER };

static enum engine engine_of(const struct um_tokens *t, size_t i)
{
    static const char *const plain[] = {"MyISAM", "MEMORY", "HEAP", "Aria", "ARCHIVE", "CSV"};
    char *name = um_tok_name(t, i);
    enum engine found = strcasecmp(name, "InnoDB") == 0 ? ENGINE_GOOD : ENGINE_OTHER;
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        if (strcasecmp(name, plain[k]) == 0)
            found = ENGINE_REPLACED;
    }
    free(name);
    return found;
}

/* Is the word at i the option ENGINE? The index of its value, or 0. Its name is free for columns:
   those are never followed by '=', and never by the name of an engine. */
static size_t engine_value(const struct um_tokens *t, size_t i)
{
    if (!um_tok_is(t, i, "ENGINE") && !um_tok_is(t, i, "TYPE"))
        return 0;
    if (um_tok_char(t, i + 1, '='))
        return i + 2;
    return i && engine_of(t, i + 1) != ENGINE_OTHER && !um_tok_is(t, i - 1, "COLUMN") &&
                   !um_tok_is(t, i - 1, "TO")
               ? i + 1
               : 0;
}

static bool is_of_a_name(const struct um_sql *s, size_t at)
{
    for (size_t i = 0; i < s->name_count; i++) {
        if (at >= s->names[i].at && at < s->names[i].at + s->names[i].len)
            return true;
    }
    return false;
}

bool um_sql_transactional(const struct um_sql *s, const struct um_sql_reading *how,
                          struct um_buf *out, struct um_buf *why)
{
    struct um_tokens t;
    struct um_err ignored = {0};
    if (um_lex_as(s->text, um_sql_lex_mode(how), &t, &ignored) != 0)
        UM_BUG("a statement that was read cannot be read again");
    size_t copied = 0; /* bytes of the text */
    size_t behind_name = s->name_count ? s->names[0].at + s->names[0].len : 0;
    bool good = true;
    for (size_t i = 0; good && i < t.count; i++) {
        size_t value = is_of_a_name(s, t.items[i].at) ? 0 : engine_value(&t, i);
        bool binds = s->in_transaction && t.items[i].at >= behind_name &&
                     um_tok_run(&t, i, "START TRANSACTION") && !um_tok_char(&t, i + 2, '.');
        if (value && value < t.count && engine_of(&t, value) == ENGINE_OTHER) {
            um_tok_copy(&t, i, value + 1, why);
            good = false;
        } else if (value && value < t.count && engine_of(&t, value) == ENGINE_REPLACED) {
            um_buf_add(out, s->text + copied, t.items[value].at - copied);
            bool stood_apart = um_tok_kind(&t, value, UM_TOK_WORD); /* and not in quotes */
            um_buf_str(out, stood_apart ? "InnoDB" : " InnoDB ");
            copied = t.items[value].at + t.items[value].len;
        } else if (binds) {
            um_buf_add(out, s->text + copied, t.items[i].at - copied);
            um_buf_char(out, ' ');
            copied = t.items[i + 1].at + t.items[i + 1].len;
        }
    }
    um_buf_str(out, s->text + copied);
    um_tokens_free(&t);
    return good;
}

/* ---- columns of a primary key that do not say that they are NOT NULL ---- */

/* Does the definition that begins behind the column's name say what the key would imply? */
static bool says_not_null(const struct um_tokens *t, size_t i)
{
    while (i < t->count && !um_tok_char(t, i, ',') && !um_tok_char(t, i, ')')) {
        if (um_tok_run(t, i, "NOT NULL") || um_tok_is(t, i, "AUTO_INCREMENT") ||
            um_tok_is(t, i, "SERIAL") || um_tok_is(t, i, "DEFAULT"))
            return true;
        i = um_tok_char(t, i, '(') ? um_tok_group_end(t, i) : i + 1;
    }
    return false;
}

/* Is the column defined in the statement, outside of the list at `from`, and as NOT NULL? */
static bool is_defined(const struct um_tokens *t, const char *column, size_t from, size_t to)
{
    static const char *const before[] = {"ADD", "COLUMN", "MODIFY", NULL};
    for (size_t i = 1; i < t->count; i++) {
        bool begins = um_tok_char(t, i - 1, '(') || um_tok_char(t, i - 1, ',');
        for (size_t k = 0; before[k]; k++)
            begins |= um_tok_is(t, i - 1, before[k]);
        if (!begins || (i >= from && i < to))
            continue;
        char *name = um_tok_name(t, i);
        bool same = strcasecmp(name, column) == 0;
        free(name);
        if (same && says_not_null(t, i + 1))
            return true;
    }
    return false;
}

void um_sql_implied_not_null(const struct um_sql *s, const struct um_sql_reading *how,
                             struct um_strv *columns)
{
    struct um_tokens t;
    struct um_err ignored = {0};
    if (um_lex_as(s->text, um_sql_lex_mode(how), &t, &ignored) != 0)
        UM_BUG("a statement that was read cannot be read again");
    for (size_t i = 0; i < t.count; i++) {
        enum { FARTHEST = 4 }; /* PRIMARY KEY name USING BTREE ( */
        if (!um_tok_run(&t, i, "PRIMARY KEY"))
            continue;
        size_t open = i + 2;
        while (open < i + 2 + FARTHEST && !um_tok_char(&t, open, '(') &&
               !um_tok_char(&t, open, ','))
            open++;
        if (!um_tok_char(&t, open, '('))
            continue;
        size_t end = um_tok_group_end(&t, open);
        for (size_t k = open + 1; k < end; k++) {
            if (k - 1 != open && !um_tok_char(&t, k - 1, ','))
                continue;
            char *name = um_tok_name(&t, k);
            if (!is_defined(&t, name, open, end))
                um_strv_add(columns, name);
            free(name);
        }
        i = end;
    }
    um_tokens_free(&t);
}
