#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What expressions may be made of, by where they stand: each flavour draws the line elsewhere. */

static const char rewrite[] =
    "Rewrite the expression on the source in terms that both servers know, or drop it there.";

static bool is_one_of(const struct um_tokens *t, size_t i, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (um_tok_is(t, i, words[k]))
            return true;
    }
    return false;
}
#define IS_ONE_OF(t, i, words) is_one_of(t, i, words, sizeof(words) / sizeof *(words))

static bool names_column(const struct um_tokens *t, size_t i, const char *column)
{
    if (!um_tok_kind(t, i, UM_TOK_IDENT))
        return false;
    char *name = um_tok_name(t, i);
    bool is = strcasecmp(name, column) == 0;
    free(name);
    return is;
}

bool um_ddl_is_column_of(const struct um_ddl *d, const struct um_tokens *t, size_t i,
                         const char *type)
{
    if (!um_tok_kind(t, i, UM_TOK_IDENT))
        return false;
    char *name = um_tok_name(t, i);
    const struct um_ddl_part *column = um_ddl_find_column(d, name);
    free(name);
    if (!column)
        return false;
    struct um_tokens c;
    um_lex_again(column->text, &c);
    bool is = um_tok_is(&c, 1, type);
    um_tokens_free(&c);
    return is;
}

/* ---- anywhere ---- */

/* DECIMAL(M,D): of a column, or what a value is cast to. */
void um_ddl_judge_scale(struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    enum { MYSQL_SCALE_MAX = 30 };
    if (w->to->target_flavour != UM_MYSQL || !um_tok_is(t, i, "DECIMAL") ||
        !um_tok_char(t, i + 1, '(') || !um_tok_char(t, i + 3, ',') ||
        !um_tok_kind(t, i + 4, UM_TOK_WORD))
        return;
    unsigned long scale = strtoul(t->text + t->items[i + 4].at, NULL, 10);
    if (scale > MYSQL_SCALE_MAX)
        um_ddl_block(w, "Change it to 30 decimal places or fewer on the source.",
                     "MySQL has %d decimal places, and DECIMAL has %lu here", MYSQL_SCALE_MAX,
                     scale);
}

/* Arguments that the other flavour's function of the name has, and the target's lacks. */
void um_ddl_judge_arguments(struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    static const struct {
        const char *name;
        enum um_flavour target;
        size_t most;
    } known[] = {{"CRC32", UM_MYSQL, 1},
                 {"DATE_FORMAT", UM_MYSQL, 2},
                 {"ST_SRID", UM_MARIADB, 1},
                 {"ST_DISTANCE", UM_MARIADB, 2}};
    if (!um_target_crosses(w->to))
        return;
    size_t end = um_tok_group_end(t, i + 1), arguments = 1;
    for (size_t k = i + 2; k < end; k++) {
        arguments += um_tok_char(t, k, ',');
        if (um_tok_char(t, k, '('))
            k = um_tok_group_end(t, k) - 1;
    }
    char room[48];
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        if (w->to->target_flavour == known[k].target && um_tok_is(t, i, known[k].name) &&
            arguments > known[k].most)
            um_ddl_block(w, rewrite, "%s has %s() of %zu argument%s at the most",
                         um_ddl_target_name(w->to, room), known[k].name, known[k].most,
                         known[k].most == 1 ? "" : "s");
    }
}

/* ---- generated columns ---- */

/* MySQL wants the same value whenever the row is read; MariaDB only of what is stored. */
static bool changes(const struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    static const char *const names[] = {
        "CURDATE",       "CURRENT_DATE", "CURRENT_ROLE",  "CURRENT_TIME", "CURRENT_TIMESTAMP",
        "CURRENT_USER",  "CURTIME",      "DATABASE",      "LOCALTIME",    "LOCALTIMESTAMP",
        "NOW",           "RAND",         "RANDOM_BYTES",  "SCHEMA",       "SESSION_USER",
        "SYSDATE",       "SYSTEM_USER",  "UPDATEXML",     "USER",         "UTC_DATE",
        "UTC_TIME",      "UUID",         "UTC_TIMESTAMP", "UUID_SHORT",   "VERSION",
        "CONNECTION_ID",
    };
    if (um_tok_char(t, i, '@'))
        return true;
    if (!um_tok_char(t, i + 1, '('))
        return false;
    return IS_ONE_OF(t, i, names) ||
           (um_tok_is(t, i, "UNIX_TIMESTAMP") &&
            !(um_ddl_is_column_of(w->d, t, i + 2, "timestamp") && um_tok_char(t, i + 3, ')')));
}

static void judge_for_mysql(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                            size_t to)
{
    const struct um_ddl_part *numbered = um_ddl_auto_column(w->d);
    for (size_t i = from; i < to; i++) {
        if (numbered && names_column(t, i, numbered->name))
            um_ddl_block(w, rewrite,
                         "MySQL has no generated columns that refer to the AUTO_INCREMENT "
                         "column %s",
                         numbered->name);
        if (changes(w, t, i)) {
            char *name = um_tok_name(t, um_tok_char(t, i, '@') ? i + 1 : i);
            um_ddl_block(w, rewrite,
                         "MySQL has no generated columns whose value changes from one moment or "
                         "session to the next, as %s does",
                         *name == '@' ? "a variable" : name);
            free(name);
            if (um_tok_char(t, i, '@'))
                return;
        }
    }
}

/* MariaDB stores nothing that hangs on the session: its language, time zone or modes. */
static bool hangs_on_session(const struct um_tokens *t, size_t i)
{
    static const char *const names[] = {"AES_DECRYPT", "AES_ENCRYPT",   "DATE_FORMAT",
                                        "DAYNAME",     "FROM_UNIXTIME", "MONTHNAME"};
    if (!um_tok_char(t, i + 1, '('))
        return false;
    if (!um_tok_is(t, i, "WEEK"))
        return IS_ONE_OF(t, i, names);
    size_t end = um_tok_group_end(t, i + 1);
    for (size_t k = i + 2; k + 1 < end; k++) {
        if (um_tok_char(t, k, ','))
            return false;
        if (um_tok_char(t, k, '('))
            k = um_tok_group_end(t, k) - 1;
    }
    return true;
}

/* Under NO_UNSIGNED_SUBTRACTION the difference can be negative. */
static bool is_unsigned_column(const struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    char *name = um_tok_name(t, i);
    const struct um_ddl_part *column =
        um_tok_kind(t, i, UM_TOK_IDENT) ? um_ddl_find_column(w->d, name) : NULL;
    free(name);
    if (!column)
        return false;
    struct um_tokens c;
    bool is = false;
    um_lex_again(column->text, &c);
    for (size_t k = 2; k < c.count && k < 8; k++)
        is |= um_tok_is(&c, k, "unsigned");
    um_tokens_free(&c);
    return is;
}

/* What MariaDB may take for such, by types that only it works out. */
static bool may_hang_on_session(const struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    return um_ddl_is_column_of(w->d, t, i, "char") || um_tok_char(t, i, '-') ||
           um_tok_run(t, i, "AS DATETIME") || um_tok_run(t, i, "AS TIME") ||
           (um_tok_is(t, i, "TIMESTAMP") && um_tok_char(t, i + 1, '('));
}

static void judge_for_mariadb(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                              size_t to)
{
    bool doubtful =
        um_tok_is(t, 1, "datetime") || um_tok_is(t, 1, "timestamp") || um_tok_is(t, 1, "time");
    for (size_t i = from; i < to; i++) {
        doubtful |= may_hang_on_session(w, t, i);
        if (um_tok_char(t, i, '-') && i > from &&
            (is_unsigned_column(w, t, i - 1) || is_unsigned_column(w, t, i + 1))) {
            um_ddl_block(w, "Cast the numbers to SIGNED on the source, or make it VIRTUAL there.",
                         "MariaDB stores and indexes no difference of UNSIGNED columns, which "
                         "hangs on the session's sql_mode");
            return;
        }
        if (!hangs_on_session(t, i))
            continue;
        char *name = um_tok_name(t, i);
        um_ddl_block(w, "Make it VIRTUAL and without an index on the source, or drop it there.",
                     "MariaDB stores and indexes no value of %s(), which hangs on the session",
                     name);
        free(name);
        return;
    }
    if (doubtful)
        um_ddl_warn(
            w,
            "Create the table by hand on a server like the target before the copy, to see. "
            "If it is refused, make the column VIRTUAL and without an index on the source.",
            "MariaDB may refuse to store or index a generated column that hangs on the "
            "session's sql_mode: one that pads a CHAR, subtracts from an unsigned number or "
            "rounds a time");
}

static bool is_indexed(const struct um_ddl *d, const char *column)
{
    bool found = false;
    for (size_t i = 0; i < d->part_count && !found; i++) {
        enum um_ddl_part_kind kind = d->parts[i].kind;
        if (kind == UM_DDL_COLUMN || kind == UM_DDL_CHECK || kind == UM_DDL_PERIOD)
            continue;
        struct um_tokens t;
        um_lex_again(d->parts[i].text, &t);
        size_t k = 0;
        while (k < t.count && !um_tok_char(&t, k, '('))
            k++;
        for (size_t end = um_tok_group_end(&t, k); k < end; k++)
            found |= names_column(&t, k, column);
        um_tokens_free(&t);
    }
    return found;
}

bool um_ddl_is_kept(const struct um_ddl *d, const char *name, const struct um_tokens *t)
{
    bool stored = false;
    for (size_t i = 0; i < t->count; i++)
        stored |= um_tok_is(t, i, "STORED") || um_tok_is(t, i, "PERSISTENT");
    return stored || is_indexed(d, name);
}

void um_ddl_judge_generated(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                            size_t to)
{
    if (!um_target_crosses(w->to))
        return;
    um_ddl_judge_alike(w, t, from, to);
    if (w->to->target_flavour == UM_MYSQL) {
        judge_for_mysql(w, t, from, to);
        return;
    }
    if (um_ddl_is_kept(w->d, w->name, t))
        judge_for_mariadb(w, t, from, to);
}

/* ---- checks ---- */

/* Its value is true or false, by what joins it: MySQL looks at that, not at the value. */
static bool is_truth(const struct um_tokens *t, size_t from, size_t to)
{
    static const char *const words[] = {"AND", "BETWEEN", "EXISTS", "FALSE", "IN",   "IS", "LIKE",
                                        "NOT", "OR",      "REGEXP", "RLIKE", "TRUE", "XOR"};
    static const char *const functions[] = {
        "ISNULL",
        "IS_IPV4",
        "IS_IPV4_COMPAT",
        "IS_IPV4_MAPPED",
        "IS_IPV6",
        "JSON_CONTAINS",
        "JSON_CONTAINS_PATH",
        "JSON_OVERLAPS",
        "JSON_SCHEMA_VALID",
        "JSON_VALID",
        "STRCMP",
        "REGEXP_LIKE",
    };
    while (um_tok_char(t, from, '(') && um_tok_group_end(t, from) == to)
        from++, to--;
    for (size_t i = from; i < to; i++) {
        if (um_tok_is(t, i, "CASE"))
            return false;
        if (um_tok_char(t, i, '('))
            i = um_tok_group_end(t, i) - 1;
        else if (um_tok_char(t, i, '=') || um_tok_char(t, i, '!') || IS_ONE_OF(t, i, words))
            return true;
        else if ((um_tok_char(t, i, '<') && !um_tok_char(t, i + 1, '<')) ||
                 (um_tok_char(t, i, '>') && !um_tok_char(t, i + 1, '>')))
            return true;
        else if (um_tok_char(t, i, '<') || um_tok_char(t, i, '>'))
            i++; /* a shift */
    }
    bool call = um_tok_char(t, from + 1, '(') && um_tok_group_end(t, from + 1) == to;
    char *name = call ? um_tok_name(t, from) : NULL;
    bool truth = call && (IS_ONE_OF(t, from, functions) || !strncasecmp(name, "ST_", 3) ||
                          !strncasecmp(name, "MBR", 3));
    free(name);
    return truth;
}

void um_ddl_judge_check(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to)
{
    if (um_target_crosses(w->to) && w->to->target_flavour == UM_MYSQL && !is_truth(t, from, to))
        um_ddl_block(w, "Compare its value on the source: CHECK (… <> 0).",
                     "MySQL asks for a condition in a CHECK, and this one is a number");
}
