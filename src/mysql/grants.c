#include "mysql/grants.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "mysql/client.h"

/* One privilege at one level, given, or taken away by a partial revoke. */
struct entry {
    char *privilege;      /* upper case; "ALL PRIVILEGES" stands for all of its level */
    char *schema, *table; /* NULL: any */
    bool revoked;
};

struct um_grants {
    char *account;
    bool patterns;
    struct entry *entries;
    size_t count, cap;
};

struct um_grants *um_grants_new(const char *account, bool patterns)
{
    struct um_grants *g = um_alloc(sizeof *g);
    g->account = um_strdup(account);
    g->patterns = patterns;
    return g;
}

void um_grants_delete(struct um_grants *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++) {
        free(g->entries[i].privilege);
        free(g->entries[i].schema);
        free(g->entries[i].table);
    }
    free(g->entries);
    free(g->account);
    free(g);
}

const char *um_grants_account(const struct um_grants *g)
{
    return g->account;
}

/* ---- reading ---- */

/* The end of a `name` in backticks that begins at p (doubled ones are part of it), or NULL. */
static const char *quoted_end(const char *p)
{
    for (p++; *p; p++) {
        if (*p == '`' && *++p != '`')
            return p;
    }
    return NULL;
}

/* "*" gives NULL, `a``b` gives a`b. Moves *p behind it; -1 where neither is there. */
static int take_name(const char **p, char **name)
{
    *name = NULL;
    if (**p == '*') {
        ++*p;
        return 0;
    }
    const char *end = **p == '`' ? quoted_end(*p) : NULL;
    if (!end)
        return -1;
    char *to = *name = um_memdup(*p + 1, (size_t)(end - *p) - 2);
    for (const char *from = to; *from; from++) {
        *to++ = *from;
        if (*from == '`')
            from++;
    }
    *to = '\0';
    *p = end;
    return 0;
}

static void add(struct um_grants *g, const char *privilege, size_t len, const char *schema,
                const char *table, bool revoked)
{
    um_grow(&g->entries, &g->cap, g->count + 1, sizeof *g->entries);
    struct entry *e = &g->entries[g->count++];
    *e = (struct entry){.privilege = um_memdup(privilege, len), .revoked = revoked};
    for (char *c = e->privilege; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    e->schema = schema ? um_strdup(schema) : NULL;
    e->table = table ? um_strdup(table) : NULL;
}

/* "SELECT, INSERT (`a`, `b`), CREATE VIEW": a privilege on some columns is none on the table. */
static void add_list(struct um_grants *g, const char *p, const char *end, const char *schema,
                     const char *table, bool revoked)
{
    while (p < end) {
        while (p < end && (*p == ' ' || *p == ','))
            p++;
        const char *start = p;
        while (p < end && *p != ',' && *p != '(')
            p++;
        size_t len = (size_t)(p - start);
        bool columns = p < end && *p == '(';
        while (columns && p < end && *p != ')')
            p = *p == '`' && quoted_end(p) ? quoted_end(p) : p + 1;
        while (p < end && *p != ',')
            p++;
        while (len && start[len - 1] == ' ')
            len--;
        if (len && !columns)
            add(g, start, len, schema, table, revoked);
    }
}

/* The " ON " between privileges and object: the first one outside of quoted names. */
static const char *find_on(const char *p)
{
    for (; p && *p; p++) {
        if (*p == '`') {
            p = quoted_end(p);
            if (!p)
                return NULL;
            p--;
        } else if (strncmp(p, " ON ", 4) == 0) {
            return p;
        }
    }
    return NULL;
}

void um_grants_add_line(struct um_grants *g, const char *line)
{
    bool revoked = strncmp(line, "REVOKE ", 7) == 0;
    if (!revoked && strncmp(line, "GRANT ", 6) != 0)
        return;
    const char *privileges = line + (revoked ? 7 : 6);
    const char *on = find_on(privileges);
    if (!on || strncmp(privileges, "PROXY ", 6) == 0)
        return;
    const char *object = on + 4;
    char *schema = NULL, *table = NULL;
    if (strncmp(object, "TABLE ", 6) == 0)
        object += 6;
    /* PROCEDURE, FUNCTION and PACKAGE do not begin like a name here. */
    if (take_name(&object, &schema) == 0 && *object++ == '.' && take_name(&object, &table) == 0 &&
        (*object == ' ' || *object == '\0'))
        add_list(g, privileges, on, schema, table, revoked);
    free(schema);
    free(table);
}

static char *quoted_account(struct um_conn *c, struct um_err *err)
{
    char *user = NULL;
    if (um_query_value(c, &user, err, "SELECT CURRENT_USER()"))
        return NULL;
    const char *at = user ? strrchr(user, '@') : NULL;
    struct um_buf b = {0};
    if (at) {
        um_quote_bytes(&b, user, (size_t)(at - user));
        um_buf_char(&b, '@');
        um_quote_text(&b, at + 1);
    } else {
        um_quote_text(&b, user ? user : "");
    }
    free(user);
    return um_buf_take(&b);
}

/* Both flavours list what the roles that are active in this session add; MySQL merges it into the
   account's own lines, MariaDB gives each role its lines. */
struct um_grants *um_grants_read(struct um_conn *c, struct um_err *err)
{
    const char *const *row;
    const unsigned long *lengths;
    struct um_grants *g = NULL;
    um_err_clear(err);
    char *account = quoted_account(c, err);
    char *partial = account ? um_server_variable(c, "partial_revokes", err) : NULL;
    if (!account || (!partial && err->id != UM_E_NONE))
        goto out;
    struct um_resultset *r = um_query(c, err, "SHOW GRANTS");
    if (!r)
        goto out;
    g = um_grants_new(account, !partial || strcmp(partial, "ON") != 0);
    int more;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1)
        um_grants_add_line(g, row[0]);
    um_result_close(r);
    if (more < 0) {
        um_grants_delete(g);
        g = NULL;
    }
out:
    free(account);
    free(partial);
    return g;
}

/* ---- asking ---- */

/* LIKE with % and _ and a backslash before what is meant as itself. */
static bool like(const char *pattern, const char *text)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '%') {
            do {
                if (like(pattern + 1, text))
                    return true;
            } while (*text++);
            return false;
        }
        bool any = *pattern == '_';
        if (*pattern == '\\' && pattern[1])
            pattern++;
        if (!*text || (!any && *pattern != *text))
            return false;
    }
    return !*text;
}

static bool same_schema(const struct um_grants *g, const struct entry *e, const char *schema)
{
    /* A grant on a table names its schema without wildcards. */
    return g->patterns && !e->table ? like(e->schema, schema) : strcmp(e->schema, schema) == 0;
}

static bool covers(const struct um_grants *g, const struct entry *e, const char *schema,
                   const char *table)
{
    if (e->schema && (!schema || !same_schema(g, e, schema)))
        return false;
    return !e->table || (table && strcmp(e->table, table) == 0);
}

static bool is_privilege(const struct entry *e, const char *privilege)
{
    /* MariaDB 10.5 renamed these. */
    static const char *const renamed[][2] = {{"REPLICATION CLIENT", "BINLOG MONITOR"},
                                             {"DELETE HISTORY", "DELETE VERSIONING ROWS"}};
    if (strcmp(e->privilege, "ALL PRIVILEGES") == 0)
        return strcmp(privilege, "GRANT OPTION") != 0;
    if (strcmp(e->privilege, privilege) == 0)
        return true;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if ((strcmp(privilege, renamed[i][0]) == 0 && strcmp(e->privilege, renamed[i][1]) == 0) ||
            (strcmp(privilege, renamed[i][1]) == 0 && strcmp(e->privilege, renamed[i][0]) == 0))
            return true;
    }
    return false;
}

bool um_grants_have(const struct um_grants *g, const char *privilege, const char *schema,
                    const char *table)
{
    bool global = false, narrower = false, revoked = false;
    for (size_t i = 0; i < g->count; i++) {
        const struct entry *e = &g->entries[i];
        if (!is_privilege(e, privilege) || !covers(g, e, schema, table))
            continue;
        if (e->revoked)
            revoked = true;
        else if (e->schema)
            narrower = true;
        else
            global = true;
    }
    return narrower || (global && !revoked);
}
