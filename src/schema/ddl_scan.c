#include "schema/ddl_work.h"

#include <string.h>

enum shape { ALONE, VALUE, MAYBE_VALUE, EXPRESSION, GROUP };

/* Longer runs of words before shorter ones that begin alike. */
static const struct {
    const char *words;
    enum um_clause_kind kind;
    enum shape shape;
} clauses[] = {
    {"UNSIGNED", UM_CL_PLAIN, ALONE},
    {"SIGNED", UM_CL_PLAIN, ALONE},
    {"ZEROFILL", UM_CL_PLAIN, ALONE},
    {"CHARACTER SET", UM_CL_CHARSET, VALUE},
    {"CHARSET", UM_CL_CHARSET, VALUE},
    {"COLLATE", UM_CL_COLLATE, VALUE},
    {"NOT NULL", UM_CL_NOT_NULL, ALONE},
    {"NOT SECONDARY", UM_CL_NOT_SECONDARY, ALONE},
    {"NULL", UM_CL_PLAIN, ALONE},
    {"DEFAULT", UM_CL_DEFAULT, EXPRESSION},
    {"ON UPDATE", UM_CL_PLAIN, EXPRESSION},
    {"AUTO_INCREMENT", UM_CL_AUTO_INCREMENT, ALONE},
    {"COMMENT", UM_CL_PLAIN, VALUE},
    {"GENERATED ALWAYS AS ROW START", UM_CL_ROW_BOUND, ALONE},
    {"GENERATED ALWAYS AS ROW END", UM_CL_ROW_BOUND, ALONE},
    {"GENERATED ALWAYS AS", UM_CL_GENERATED, GROUP},
    {"AS", UM_CL_GENERATED, GROUP},
    {"VIRTUAL", UM_CL_PLAIN, ALONE},
    {"STORED", UM_CL_PLAIN, ALONE},
    {"PERSISTENT", UM_CL_PLAIN, ALONE},
    {"INVISIBLE", UM_CL_INVISIBLE, ALONE},
    {"VISIBLE", UM_CL_PLAIN, ALONE},
    {"COLUMN_FORMAT", UM_CL_NDB, VALUE},
    {"STORAGE", UM_CL_NDB, VALUE},
    {"SRID", UM_CL_SRID, VALUE},
    {"REF_SYSTEM_ID", UM_CL_REF_SYSTEM_ID, VALUE},
    {"CHECK", UM_CL_CHECK, GROUP},
    {"WITHOUT SYSTEM VERSIONING", UM_CL_VERSIONING, ALONE},
    {"WITH SYSTEM VERSIONING", UM_CL_VERSIONING, ALONE},
    {"COMPRESSED", UM_CL_COMPRESSED, MAYBE_VALUE},
    {"ENGINE_ATTRIBUTE", UM_CL_ENGINE_ATTRIBUTE, VALUE},
    {"SECONDARY_ENGINE_ATTRIBUTE", UM_CL_ENGINE_ATTRIBUTE, VALUE},
    {"UNIQUE KEY", UM_CL_PLAIN, ALONE},
    {"UNIQUE", UM_CL_PLAIN, ALONE},
    {"PRIMARY KEY", UM_CL_PLAIN, ALONE},
};

static size_t word_count(const char *words)
{
    size_t n = 1;
    for (; *words; words++)
        n += *words == ' ';
    return n;
}

/* 12, 1.5, 1e-5: the words and signs of a number stand close together. */
static size_t number_end(const struct um_tokens *t, size_t i)
{
    size_t end = i + 1;
    while (um_tok_adjacent(t, end - 1, end) &&
           (um_tok_kind(t, end, UM_TOK_WORD) || um_tok_char(t, end, '.') ||
            um_tok_char(t, end, '+') || um_tok_char(t, end, '-')))
        end++;
    return end;
}

size_t um_ddl_value_end(const struct um_tokens *t, size_t i)
{
    while (um_tok_char(t, i, '-') || um_tok_char(t, i, '+'))
        i++;
    if (i >= t->count)
        return t->count;
    if (um_tok_char(t, i, '('))
        return um_tok_group_end(t, i);
    if (um_tok_number(t, i) || um_tok_char(t, i, '.'))
        return number_end(t, i);
    if (!um_tok_kind(t, i, UM_TOK_WORD))
        return i + 1;
    if (um_tok_char(t, i + 1, '('))
        return um_tok_group_end(t, i + 1);
    /* x'00', _latin1'x', _binary 0xFF, TIMESTAMP'2020-01-01' */
    if (um_tok_kind(t, i + 1, UM_TOK_STRING) && !um_tok_is(t, i, "NULL"))
        return i + 2;
    if (t->text[t->items[i].at] == '_' && um_tok_number(t, i + 1))
        return i + 2;
    return i + 1;
}

/* Behind the token, or behind the parenthesis that it opens: no part of one is taken. */
static size_t whole_end(const struct um_tokens *t, size_t i)
{
    if (um_tok_char(t, i, '('))
        return um_tok_group_end(t, i);
    return i < t->count ? i + 1 : t->count;
}

/* A clause of the table above; false when the words at i are none. */
static bool known_clause(const struct um_tokens *t, size_t i, struct um_clause *out)
{
    for (size_t k = 0; k < sizeof clauses / sizeof *clauses; k++) {
        if (!um_tok_run(t, i, clauses[k].words))
            continue;
        size_t value = i + word_count(clauses[k].words);
        if (clauses[k].shape == GROUP && !um_tok_char(t, value, '('))
            continue;
        enum shape shape = clauses[k].shape;
        bool equals = (shape == VALUE || shape == MAYBE_VALUE) && um_tok_char(t, value, '=');
        value += equals;
        *out = (struct um_clause){clauses[k].kind, i, value, value};
        if (shape == VALUE || equals)
            out->to = whole_end(t, value);
        else if (shape == EXPRESSION || shape == GROUP)
            out->to = um_ddl_value_end(t, value);
        return true;
    }
    return false;
}

static void unknown_clause(const struct um_tokens *t, size_t i, struct um_clause *out)
{
    *out = (struct um_clause){UM_CL_UNKNOWN, i, i + 1, i + 1};
    if (um_tok_char(t, i, '(')) {
        out->to = um_tok_group_end(t, i);
    } else if (um_tok_char(t, i + 1, '=') && i + 2 < t->count) {
        *out = (struct um_clause){UM_CL_NAMED, i, whole_end(t, i + 2), i + 2};
    }
}

void um_ddl_scan_column(const struct um_tokens *t, struct um_clauses *out)
{
    size_t type_end = um_tok_char(t, 2, '(') ? um_tok_group_end(t, 2) : 2;
    struct um_clause next = {UM_CL_TYPE, 1, type_end, 1};
    *out = (struct um_clauses){0};
    for (;;) {
        um_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] = next;
        size_t i = next.to;
        if (i >= t->count)
            return;
        if (!known_clause(t, i, &next))
            unknown_clause(t, i, &next);
    }
}

const struct um_clause *um_clause_find(const struct um_clauses *c, enum um_clause_kind kind)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].kind == kind)
            return &c->items[i];
    }
    return NULL;
}

bool um_ddl_is_text(const struct um_tokens *t, const struct um_clauses *c)
{
    static const char *const names[] = {"CHAR",       "VARCHAR",  "TINYTEXT", "TEXT",
                                        "MEDIUMTEXT", "LONGTEXT", "ENUM",     "SET"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (um_tok_is(t, c->items[0].from, names[i]))
            return true;
    }
    return false;
}

bool um_ddl_is_geometry(const char *type)
{
    static const char *const types[] = {
        "geometry",        "point",        "linestring",         "polygon",       "multipoint",
        "multilinestring", "multipolygon", "geometrycollection", "geomcollection"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(type, types[i]) == 0)
            return true;
    }
    return false;
}
