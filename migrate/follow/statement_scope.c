#include "follow/statement_scope.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names are compared without regard to case: too many rather than too few. */
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

static char *lower(const char *name)
{
    char *copy = um_strdup(name);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* A table that the job would move if it were there when the job begins. */
static bool is_wanted(const struct um_job *job, const char *schema, const char *name)
{
    if (um_job_wants(job, schema, name))
        return true;
    char *low_schema = lower(schema), *low_name = lower(name);
    bool wanted = um_job_wants(job, low_schema, low_name);
    free(low_schema);
    free(low_name);
    return wanted;
}

/* A table of the job, or one that would be. */
static bool is_followed(void *context, const char *schema, const char *name)
{
    const struct um_job *job = context;
    return table_is_ours(job, schema, name) || is_wanted(job, schema, name);
}

/* A word that may be anything is taken for a table only where the job has tables. */
static bool may_be_followed(void *context, const char *schema, const char *name)
{
    const struct um_job *job = context;
    return table_is_ours(job, schema, name) ||
           (schema_is_ours(job, schema) && is_wanted(job, schema, name));
}

static bool names_ours(const struct um_job *job, const struct um_sql *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        const struct um_sql_name *n = &s->names[i];
        if (n->role == UM_SQL_READS)
            continue;
        if (s->object ? schema_is_ours(job, n->schema) || is_wanted(job, n->schema, n->name)
                      : is_followed((void *)job, n->schema, n->name))
            return true;
    }
    return false;
}

/* Begins like DDL, though not all of it is understood: only those may be passed over. */
static bool is_ddl(const struct um_sql *s)
{
    static const char *const verbs[] = {"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"};
    const char *p = s->text;
    while (p && isspace((unsigned char)*p))
        p++;
    for (size_t i = 0; p && i < sizeof verbs / sizeof *verbs; i++) {
        if (strncasecmp(p, verbs[i], strlen(verbs[i])) == 0)
            return true;
    }
    return false;
}

/* A table that a query fills is created on its own, and its transaction read from the beginning
   once more: it cannot have been there when the source created it. */
static bool is_created(const struct um_job *job, const struct um_sql *s, bool within)
{
    return s->kind == UM_SQL_CREATE_TABLE && (within || s->in_transaction) && !s->or_replace &&
           um_job_find(job, s->names[0].schema, s->names[0].name);
}

enum um_scope um_statement_scope(const struct um_job *job, const struct um_query *q, bool within)
{
    char *schema = um_memdup(q->schema, q->schema_len);
    struct um_sql_reading how =
        um_job_reading(job, schema, q->has_sql_mode ? q->sql_mode : 0, q->charset_client);
    struct um_sql s;
    um_sql_read(q->statement, q->statement_len, &how, &s);
    enum um_scope scope = UM_SCOPE_ELSEWHERE;
    switch (s.kind) {
    case UM_SQL_EMPTY:
    case UM_SQL_UPKEEP:
        break;
    case UM_SQL_ROWS:
        /* Whatever table it names: a function that it calls, or a trigger, can write to ours. Only
           where a server that starts says of its MEMORY tables that they are empty, none does. */
        if (!s.name_count || names_ours(job, &s))
            scope = UM_SCOPE_ROWS_AS_STATEMENT;
        break;
    case UM_SQL_UNKNOWN:
        if (s.unreadable || !is_ddl(&s) ||
            um_sql_mentions(q->statement, q->statement_len, &how, may_be_followed, (void *)job))
            scope = UM_SCOPE_CONCERNS_JOB;
        break;
    default:
        if (is_created(job, &s, within))
            scope = UM_SCOPE_CREATED;
        else if (names_ours(job, &s))
            scope = UM_SCOPE_CONCERNS_JOB;
    }
    um_sql_clear(&s);
    free(schema);
    return scope;
}
