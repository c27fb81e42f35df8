#include "follow/statement_scope.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- words of a statement, comments aside ---- */

struct words {
    const char *p, *end;
    char text[260]; /* the word at hand, unquoted; "" at the end */
    bool quoted;
    char punctuation; /* '.', ',', '(' … when the token is not a word */
};

static void skip_blanks_and_comments(struct words *w)
{
    while (w->p < w->end) {
        if (isspace((unsigned char)*w->p)) {
            w->p++;
        } else if (w->p + 1 < w->end && w->p[0] == '/' && w->p[1] == '*') {
            bool executable = w->p + 2 < w->end && (w->p[2] == '!' || w->p[2] == 'M');
            if (executable) { /* what is inside counts; its version number does not */
                w->p += 3;
                while (w->p < w->end && (isdigit((unsigned char)*w->p) || *w->p == '!'))
                    w->p++;
                continue;
            }
            const char *close = memmem(w->p, (size_t)(w->end - w->p), "*/", 2);
            w->p = close ? close + 2 : w->end;
        } else if (w->p + 1 < w->end && w->p[0] == '*' && w->p[1] == '/') {
            w->p += 2;
        } else if (*w->p == '#' || (w->end - w->p > 2 && memcmp(w->p, "-- ", 3) == 0)) {
            const char *close = memchr(w->p, '\n', (size_t)(w->end - w->p));
            w->p = close ? close + 1 : w->end;
        } else {
            return;
        }
    }
}

static void keep(struct words *w, size_t *len, char c)
{
    if (*len + 1 < sizeof w->text)
        w->text[(*len)++] = c;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Moves to the next token; false at the end. */
static bool next(struct words *w)
{
    skip_blanks_and_comments(w);
    size_t len = 0;
    w->quoted = false;
    w->punctuation = '\0';
    if (w->p >= w->end) {
        w->text[0] = '\0';
        return false;
    }
    char c = *w->p;
    if (c == '`' || c == '"' || c == '\'') {
        w->quoted = true;
        for (w->p++; w->p < w->end; w->p++) {
            if (*w->p == c && w->p + 1 < w->end && w->p[1] == c)
                w->p++;
            else if (*w->p == c)
                break;
            keep(w, &len, *w->p);
        }
        w->p++;
        if (c == '\'')
            w->punctuation = '\'';
    } else if (is_word_char(c)) {
        while (w->p < w->end && is_word_char(*w->p))
            keep(w, &len, *w->p++);
    } else {
        w->punctuation = c;
        w->p++;
    }
    w->text[len] = '\0';
    return true;
}

static bool at_word(const struct words *w, const char *word)
{
    return !w->quoted && !w->punctuation && strcasecmp(w->text, word) == 0;
}

static bool at_any(const struct words *w, const char *const *list)
{
    for (; *list; list++) {
        if (at_word(w, *list))
            return true;
    }
    return false;
}

/* ---- what they mean ---- */

static bool schema_is_ours(const struct um_job *job, const char *schema)
{
    for (size_t i = 0; i < job->table_count; i++) {
        if (strcmp(job->tables[i].source->schema, schema) == 0)
            return true;
    }
    return false;
}

/* Reads "name", or "schema.name", at the word at hand; the default schema where none is given. */
static bool read_name(struct words *w, const char *default_schema, char schema[260], char name[260])
{
    if (w->punctuation || !*w->text)
        return false;
    strcpy(schema, default_schema);
    strcpy(name, w->text);
    struct words ahead = *w;
    if (next(&ahead) && ahead.punctuation == '.') {
        strcpy(schema, name);
        if (!next(&ahead) || ahead.punctuation)
            return false;
        strcpy(name, ahead.text);
        *w = ahead;
    }
    return true;
}

/* Is any of the names that the rest of the statement may mean a table of the job? Every identifier
   is taken for a table, with and without its qualifier: too many rather than too few. */
static bool names_our_table(const struct um_job *job, struct words *w, const char *default_schema)
{
    char schema[260], name[260];
    do {
        if (read_name(w, default_schema, schema, name) &&
            um_config_wants(job->config, schema, name) &&
            (schema_is_ours(job, schema) || um_job_find(job, schema, name)))
            return true;
    } while (next(w));
    return false;
}

static enum um_scope scope_of_ddl(const struct um_job *job, struct words *w,
                                  const char *default_schema)
{
    static const char *const accounts[] = {
        "USER",     "ROLE",     "SERVER", "TABLESPACE",        "LOGFILE",
        "INSTANCE", "RESOURCE", "UNDO",   "SPATIAL_REFERENCE", NULL};
    static const char *const schemas[] = {"DATABASE", "SCHEMA", NULL};
    static const char *const stored[] = {"VIEW",  "TRIGGER", "PROCEDURE", "FUNCTION",
                                         "EVENT", "PACKAGE", NULL};
    static const char *const filler[] = {"IF", "NOT", "EXISTS", "OR", "REPLACE", NULL};
    while (next(w)) {
        if (at_any(w, accounts))
            return UM_SCOPE_ELSEWHERE;
        if (at_word(w, "TEMPORARY"))
            return UM_SCOPE_ELSEWHERE; /* of one session; its rows are not in a row-based binlog */
        if (at_any(w, schemas) || at_any(w, stored)) {
            bool whole = at_any(w, schemas);
            while (next(w) && at_any(w, filler))
                ;
            char schema[260], name[260];
            if (!read_name(w, default_schema, schema, name))
                return UM_SCOPE_CONCERNS_JOB;
            return schema_is_ours(job, whole ? name : schema) ? UM_SCOPE_CONCERNS_JOB
                                                              : UM_SCOPE_ELSEWHERE;
        }
        if (at_word(w, "TABLE") || at_word(w, "TABLES") || at_word(w, "INDEX") ||
            at_word(w, "SEQUENCE"))
            break;
    }
    return next(w) && names_our_table(job, w, default_schema) ? UM_SCOPE_CONCERNS_JOB
                                                              : UM_SCOPE_ELSEWHERE;
}

enum um_scope um_statement_scope(const struct um_job *job, const struct um_query *q)
{
    static const char *const harmless[] = {"GRANT",    "REVOKE", "SET",   "FLUSH",   "ANALYZE",
                                           "OPTIMIZE", "REPAIR", "CHECK", "INSTALL", "UNINSTALL",
                                           "KILL",     "RESET",  NULL};
    static const char *const rows[] = {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD",
                                       "WITH",   "CALL",   "DO",     "SELECT",  NULL};
    static const char *const ddl[] = {"CREATE", "ALTER", "DROP", "RENAME", NULL};
    char default_schema[260];
    snprintf(default_schema, sizeof default_schema, "%.*s", (int)q->schema_len, q->schema);
    struct words w = {.p = q->statement, .end = q->statement + q->statement_len};
    if (!next(&w))
        return UM_SCOPE_ELSEWHERE;
    if (at_any(&w, harmless))
        return UM_SCOPE_ELSEWHERE;
    if (at_any(&w, ddl))
        return scope_of_ddl(job, &w, default_schema);
    if (at_word(&w, "TRUNCATE"))
        return next(&w) && names_our_table(job, &w, default_schema) ? UM_SCOPE_CONCERNS_JOB
                                                                    : UM_SCOPE_ELSEWHERE;
    if (at_any(&w, rows))
        return names_our_table(job, &w, default_schema) ? UM_SCOPE_ROWS_AS_STATEMENT
                                                        : UM_SCOPE_ELSEWHERE;
    return UM_SCOPE_CONCERNS_JOB;
}
