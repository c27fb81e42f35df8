#include "follow/statement_scope.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- words of a statement, comments aside ---- */

/* Bits of sql_mode, which say what a quote and a backslash mean. */
enum { MODE_ANSI_QUOTES = 0x4, MODE_NO_BACKSLASH_ESCAPES = 0x100000 };

struct words {
    const char *p, *end;
    bool ansi_quotes, backslash_escapes;
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

/* Reads what stands in quotes: a name, or the text of a string. */
static size_t read_quoted(struct words *w)
{
    size_t len = 0;
    char quote = *w->p++;
    bool name = quote == '`' || (quote == '"' && w->ansi_quotes);
    for (; w->p < w->end; w->p++) {
        if (!name && w->backslash_escapes && *w->p == '\\' && w->p + 1 < w->end)
            w->p++;
        else if (*w->p == quote && w->p + 1 < w->end && w->p[1] == quote)
            w->p++;
        else if (*w->p == quote)
            break;
        keep(w, &len, *w->p);
    }
    if (w->p < w->end)
        w->p++;
    w->quoted = true;
    if (!name)
        w->punctuation = quote;
    return len;
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
        len = read_quoted(w);
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

/* Names are compared without regard to case: a server with lower_case_table_names writes the
   statement as it was typed. */
static bool schema_is_ours(const struct um_job *job, const char *schema)
{
    for (size_t i = 0; i < job->table_count; i++) {
        if (strcasecmp(job->tables[i].source->schema, schema) == 0)
            return true;
    }
    return false;
}

static bool table_is_ours(const struct um_job *job, const char *schema, const char *name)
{
    for (size_t i = 0; i < job->table_count; i++) {
        const struct um_table *t = job->tables[i].source;
        if (strcasecmp(t->schema, schema) == 0 && strcasecmp(t->name, name) == 0)
            return true;
    }
    return false;
}

/* A table that the job would move if it were there when the job begins. */
static bool is_wanted(const struct um_job *job, char schema[260], char name[260])
{
    if (um_config_wants(job->config, schema, name))
        return true;
    for (char *c = schema; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return um_config_wants(job->config, schema, name);
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
            (table_is_ours(job, schema, name) ||
             (schema_is_ours(job, schema) && is_wanted(job, schema, name))))
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

/* A server that starts says so of its MEMORY tables, whose rows are gone: no trigger fires. */
static bool empties_a_table(struct words *w)
{
    if (!at_word(w, "DELETE") || !next(w) || !at_word(w, "FROM") || !next(w))
        return false;
    char schema[260], name[260];
    return read_name(w, "", schema, name) && !next(w);
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
    struct words w = {
        .p = q->statement,
        .end = q->statement + q->statement_len,
        .ansi_quotes = q->has_sql_mode && q->sql_mode & MODE_ANSI_QUOTES,
        .backslash_escapes = !(q->has_sql_mode && q->sql_mode & MODE_NO_BACKSLASH_ESCAPES),
    };
    if (!next(&w))
        return UM_SCOPE_ELSEWHERE;
    if (at_any(&w, harmless))
        return UM_SCOPE_ELSEWHERE;
    if (at_any(&w, ddl))
        return scope_of_ddl(job, &w, default_schema);
    if (at_word(&w, "TRUNCATE"))
        return next(&w) && names_our_table(job, &w, default_schema) ? UM_SCOPE_CONCERNS_JOB
                                                                    : UM_SCOPE_ELSEWHERE;
    /* Whatever table it names: a function that it calls, or a trigger, can write to ours. */
    if (at_any(&w, rows)) {
        struct words ahead = w;
        return empties_a_table(&ahead) && !names_our_table(job, &w, default_schema)
                   ? UM_SCOPE_ELSEWHERE
                   : UM_SCOPE_ROWS_AS_STATEMENT;
    }
    return UM_SCOPE_CONCERNS_JOB;
}
