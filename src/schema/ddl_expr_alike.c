#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Generated columns that MySQL and MariaDB both know and do not compute alike. */

struct judged {
    const struct um_ddl *d;
    const struct um_tokens *t;
    size_t from, to; /* the expression */
};

static bool refers_to(const struct judged *j, const char *const *types)
{
    for (size_t i = j->from; i < j->to; i++) {
        for (size_t k = 0; types[k]; k++) {
            if (um_ddl_is_column_of(j->d, j->t, i, types[k]))
                return true;
        }
    }
    return false;
}

static bool is_declared_as(const struct judged *j, const char *const *types)
{
    for (size_t k = 0; types[k]; k++) {
        if (um_tok_is(j->t, 1, types[k]))
            return true;
    }
    return false;
}

static bool calls(const struct judged *j, const char *const *functions)
{
    for (size_t i = j->from; i + 1 < j->to; i++) {
        for (size_t k = 0; functions[k] && um_tok_char(j->t, i + 1, '('); k++) {
            if (um_tok_is(j->t, i, functions[k]))
                return true;
        }
    }
    return false;
}

static bool divides(const struct judged *j)
{
    for (size_t i = j->from; i < j->to; i++) {
        if (um_tok_char(j->t, i, '/'))
            return true;
    }
    return false;
}

/* Literals have the collation of their server's or their table's default; a column has its own. */
static bool compares_literals(const struct judged *j)
{
    static const char *const texts[] = {"char",     "varchar", "tinytext", "text", "mediumtext",
                                        "longtext", "enum",    "set",      NULL};
    static const char *const words[] = {"LIKE", "IN", "BETWEEN", "CASE"};
    bool literal = false, compares = false;
    for (size_t i = j->from; i < j->to; i++) {
        literal |= um_tok_kind(j->t, i, UM_TOK_STRING);
        compares |=
            um_tok_char(j->t, i, '=') || um_tok_char(j->t, i, '<') || um_tok_char(j->t, i, '>');
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            compares |= um_tok_is(j->t, i, words[k]);
    }
    return literal && compares && !refers_to(j, texts);
}

static bool prints_numbers(const struct judged *j)
{
    static const char *const texts[] = {"char",       "varchar",  "tinytext", "text",
                                        "mediumtext", "longtext", NULL};
    static const char *const numbers[] = {"float", "double", "datetime", "timestamp", "time", NULL};
    return is_declared_as(j, texts) && refers_to(j, numbers);
}

static bool calls_any(const struct judged *j)
{
    for (size_t i = j->from; i + 1 < j->to; i++) {
        if (um_tok_kind(j->t, i, UM_TOK_WORD) && um_tok_char(j->t, i + 1, '('))
            return true;
    }
    return false;
}

/* 20240229102030, with a fraction that one of them rounds; YEAR() and its like are the same. */
static bool counts_times(const struct judged *j)
{
    static const char *const numbers[] = {"tinyint", "smallint", "mediumint", "int", "bigint",
                                          "decimal", "double",   "float",     NULL};
    static const char *const times[] = {"datetime", "timestamp", "time", NULL};
    return is_declared_as(j, numbers) && refers_to(j, times) && !calls_any(j);
}

static bool handles_json(const struct judged *j)
{
    static const char *const functions[] = {"JSON_ARRAY",        "JSON_ARRAY_APPEND",
                                            "JSON_ARRAY_INSERT", "JSON_COMPACT",
                                            "JSON_DETAILED",     "JSON_EXTRACT",
                                            "JSON_INSERT",       "JSON_KEYS",
                                            "JSON_LOOSE",        "JSON_MERGE",
                                            "JSON_MERGE_PATCH",  "JSON_MERGE_PRESERVE",
                                            "JSON_OBJECT",       "JSON_PRETTY",
                                            "JSON_QUERY",        "JSON_QUOTE",
                                            "JSON_REMOVE",       "JSON_REPLACE",
                                            "JSON_SEARCH",       "JSON_SET",
                                            "JSON_VALUE",        NULL};
    static const char *const json[] = {"json", NULL};
    return calls(j, functions) || refers_to(j, json);
}

static bool mixes_types(const struct judged *j)
{
    static const char *const functions[] = {"LEAST", "GREATEST", NULL};
    return calls(j, functions);
}

void um_ddl_judge_alike(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to)
{
    static const struct {
        bool (*is)(const struct judged *j);
        const char *what;
    } known[] = {
        {compares_literals, "texts that are compared without a column's collation"},
        {prints_numbers, "numbers and times as text"},
        {counts_times, "times as numbers"},
        {handles_json, "what JSON functions print"},
        {mixes_types, "the least and greatest of several types"},
    };
    const struct judged j = {.d = w->d, .t = t, .from = from, .to = to};
    if (divides(&j))
        um_ddl_block(w,
                     "On the source, make it an ordinary column (ALTER TABLE … MODIFY without "
                     "GENERATED), or divide with DIV.",
                     "MySQL and MariaDB divide to different numbers of digits");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].is(&j))
            um_ddl_warn(w,
                        "Compare with verify when it is copied. Where values differ, make it an "
                        "ordinary column on the source.",
                        "MySQL and MariaDB do not always compute this alike: %s", known[i].what);
    }
}
