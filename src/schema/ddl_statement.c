#include "schema/ddl_statement.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "schema/lex.h"

struct reader {
    const struct um_sql_reading *how;
    struct um_tokens t;
    size_t i; /* the token at hand */
    struct um_sql *out;
};

static struct um_lex_mode mode_of(const struct um_sql_reading *how)
{
    return (struct um_lex_mode){.ansi_quotes = how->sql_mode & UM_MODE_ANSI_QUOTES,
                                .no_backslash_escapes =
                                    how->sql_mode & UM_MODE_NO_BACKSLASH_ESCAPES};
}

static bool has_high_bytes(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)p[i] >= 0x80)
            return true;
    }
    return false;
}

/* Charsets in which a byte of ASCII may be a part of another character. */
static bool hides_ascii(uint16_t collation)
{
    static const uint16_t numbers[] = {1, 13, 28, 84, 87, 88, 95, 96, 248, 249, 250};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] == collation)
            return true;
    }
    return false;
}

/* Names in the catalogue are UTF-8. */
static bool is_utf8(uint16_t collation)
{
    static const uint16_t numbers[] = {0, 11, 33, 45, 46, 63, 65, 76, 83};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] == collation)
            return true;
    }
    return collation >= 192 && !hides_ascii(collation);
}

/* The statement without comments as a text of its own, and its tokens. */
static int open_statement(const char *statement, size_t len, const struct um_sql_reading *how,
                          char **text, struct um_tokens *tokens)
{
    struct um_lex_server server = {how->flavour, how->version};
    struct um_buf chosen = {0};
    struct um_err ignored = {0};
    char *whole = um_memdup(statement, len);
    /* A text with a zero in it would end there. */
    bool readable = !memchr(statement, '\0', len) &&
                    !(hides_ascii(how->charset_client) && has_high_bytes(statement, len)) &&
                    um_lex_choose_comments(whole, mode_of(how), &server, &chosen, &ignored) == 0;
    free(whole);
    *text = um_buf_take(&chosen);
    if (readable && um_lex_as(*text, mode_of(how), tokens, &ignored) == 0)
        return 0;
    um_err_clear(&ignored);
    return -1;
}

/* ---- tokens ---- */

static bool at(const struct reader *r, const char *word)
{
    return um_tok_is(&r->t, r->i, word);
}

static bool take(struct reader *r, const char *words)
{
    if (!um_tok_run(&r->t, r->i, words))
        return false;
    for (const char *p = words; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
        r->i++;
    return true;
}

static bool take_char(struct reader *r, char c)
{
    if (!um_tok_char(&r->t, r->i, c))
        return false;
    r->i++;
    return true;
}

/* The one that is there of a list that ends in NULL. */
static const char *take_any(struct reader *r, const char *const *words)
{
    for (; *words; words++) {
        if (take(r, *words))
            return *words;
    }
    return NULL;
}

static bool at_end(const struct reader *r)
{
    return r->i >= r->t.count || (um_tok_char(&r->t, r->i, ';') && r->i + 1 == r->t.count);
}

static bool is_name(const struct reader *r, size_t i)
{
    return um_tok_kind(&r->t, i, UM_TOK_WORD) || um_tok_kind(&r->t, i, UM_TOK_IDENT);
}

static char *name_of(const struct reader *r, size_t i)
{
    char *name = um_tok_name(&r->t, i);
    for (char *c = name; r->how->fold_names && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

static struct um_sql_name *add_name(struct reader *r, enum um_sql_role role)
{
    struct um_sql *s = r->out;
    um_grow(&s->names, &s->name_cap, s->name_count + 1, sizeof *s->names);
    s->names[s->name_count] = (struct um_sql_name){.role = role};
    return &s->names[s->name_count++];
}

/* "name", "schema.name" or ".name" at the token at hand. */
static bool take_name(struct reader *r, enum um_sql_role role)
{
    size_t first = r->i;
    take_char(r, '.');
    if (!is_name(r, r->i))
        return false;
    size_t name = r->i++, schema = name;
    if (um_tok_char(&r->t, r->i, '.') && name == first) {
        r->i++;
        if (!is_name(r, r->i))
            return false;
        name = r->i++;
    }
    struct um_sql_name *n = add_name(r, role);
    n->schema = name != schema ? name_of(r, schema) : um_strdup(r->how->schema);
    n->name = name_of(r, name);
    n->at = r->t.items[first].at;
    n->len = r->t.items[name].at + r->t.items[name].len - n->at;
    return true;
}

static bool take_schema(struct reader *r, enum um_sql_role role)
{
    if (!is_name(r, r->i))
        return false;
    struct um_sql_name *n = add_name(r, role);
    n->schema = name_of(r, r->i);
    n->name = um_strdup("");
    n->at = r->t.items[r->i].at;
    n->len = r->t.items[r->i].len;
    r->i++;
    return true;
}

/* MariaDB: how long the statement waited for its locks. */
static void skip_wait(struct reader *r)
{
    if (take(r, "WAIT"))
        r->i++;
    else
        take(r, "NOWAIT");
}

static void take_if(struct reader *r)
{
    if (take(r, "IF NOT EXISTS") || take(r, "IF EXISTS"))
        r->out->if_exists = true;
}

/* ---- tables ---- */

static enum um_sql_kind read_create_table(struct reader *r)
{
    take_if(r);
    if (!take_name(r, UM_SQL_CREATES))
        return UM_SQL_UNKNOWN;
    size_t open = r->i + um_tok_char(&r->t, r->i, '(');
    if (um_tok_is(&r->t, open, "LIKE")) {
        bool parenthesis = open != r->i;
        r->i = open + 1;
        bool whole = take_name(r, UM_SQL_READS) && (!parenthesis || take_char(r, ')'));
        return whole && at_end(r) ? UM_SQL_CREATE_TABLE_LIKE : UM_SQL_UNKNOWN;
    }
    /* With rows of a query it would be in the binlog as a statement; the row format logs the
       table alone. */
    static const char *const queries[] = {"SELECT", "AS", "TABLE", "VALUES", NULL};
    bool collation = false;
    for (; r->i < r->t.count; r->i++) {
        if (um_tok_char(&r->t, r->i, '(')) {
            size_t end = um_tok_group_end(&r->t, r->i++);
            if (take_any(r, queries) || at(r, "WITH"))
                return UM_SQL_UNKNOWN;
            r->i = end - 1;
        } else if (take_any(r, queries) ||
                   (at(r, "WITH") && !um_tok_is(&r->t, r->i + 1, "SYSTEM"))) {
            return UM_SQL_UNKNOWN;
        } else if (at(r, "UNION") || at(r, "TABLESPACE") || at(r, "DIRECTORY")) {
            return UM_SQL_UNKNOWN;
        } else if (at(r, "COLLATE") || at(r, "CHARSET") ||
                   um_tok_run(&r->t, r->i, "CHARACTER SET")) {
            collation = true;
        } else if (um_tok_run(&r->t, r->i, "START TRANSACTION")) {
            r->out->in_transaction = true;
            r->i++;
        }
    }
    r->out->default_collation = !collation;
    return UM_SQL_CREATE_TABLE;
}

/* A clause of ALTER TABLE that names another table. False: one that is not followed. */
static bool read_alter_clause(struct reader *r)
{
    static const char *const unfollowed[] = {
        "DISCARD", "IMPORT", "UNION", "TABLESPACE", "CONVERT TABLE", "CONVERT PARTITION", NULL};
    if (take_any(r, unfollowed))
        return false;
    if (take(r, "RENAME")) {
        static const char *const parts[] = {"COLUMN", "INDEX", "KEY", NULL};
        if (take_any(r, parts))
            return true;
        if (!take(r, "TO") && !take(r, "AS"))
            take_char(r, '=');
        r->out->names[0].role = UM_SQL_RENAMES;
        return take_name(r, UM_SQL_BECOMES);
    }
    if (take(r, "EXCHANGE PARTITION")) {
        r->i++;
        r->out->swaps_rows = true;
        return take(r, "WITH TABLE") && take_name(r, UM_SQL_ALTERS);
    }
    return true;
}

static enum um_sql_kind read_alter_table(struct reader *r)
{
    take_if(r);
    if (!take_name(r, UM_SQL_ALTERS))
        return UM_SQL_UNKNOWN;
    skip_wait(r);
    for (bool begins = true; r->i < r->t.count; begins = um_tok_char(&r->t, r->i - 1, ',')) {
        if (begins) {
            size_t before = r->i;
            if (!read_alter_clause(r))
                return UM_SQL_UNKNOWN;
            if (r->i > before)
                continue;
        }
        r->i = um_tok_char(&r->t, r->i, '(') ? um_tok_group_end(&r->t, r->i) : r->i + 1;
    }
    /* The name that it becomes stands next to its own. */
    for (size_t n = 2; n < r->out->name_count; n++) {
        if (r->out->names[n].role == UM_SQL_BECOMES)
            return UM_SQL_UNKNOWN;
    }
    return UM_SQL_ALTER_TABLE;
}

/* "a, b, c" to the end. */
static enum um_sql_kind read_list(struct reader *r, enum um_sql_role role, enum um_sql_kind kind)
{
    do {
        if (!take_name(r, role))
            return UM_SQL_UNKNOWN;
    } while (take_char(r, ','));
    skip_wait(r);
    if (!take(r, "RESTRICT"))
        take(r, "CASCADE");
    return at_end(r) ? kind : UM_SQL_UNKNOWN;
}

static enum um_sql_kind read_rename(struct reader *r)
{
    if (take(r, "USER"))
        return UM_SQL_UPKEEP;
    if (!take(r, "TABLE") && !take(r, "TABLES"))
        return UM_SQL_UNKNOWN;
    take_if(r);
    do {
        if (!take_name(r, UM_SQL_RENAMES))
            return UM_SQL_UNKNOWN;
        skip_wait(r);
        if (!take(r, "TO") || !take_name(r, UM_SQL_BECOMES))
            return UM_SQL_UNKNOWN;
    } while (take_char(r, ','));
    return at_end(r) ? UM_SQL_RENAME_TABLE : UM_SQL_UNKNOWN;
}

static enum um_sql_kind read_truncate(struct reader *r)
{
    take(r, "TABLE");
    return read_list(r, UM_SQL_ALTERS, UM_SQL_TRUNCATE_TABLE);
}

/* CREATE and DROP INDEX: the table stands behind ON. */
static enum um_sql_kind read_index(struct reader *r, enum um_sql_kind kind)
{
    enum { FARTHEST = 7 }; /* IF NOT EXISTS i USING BTREE ON */
    for (size_t n = 0; n < FARTHEST; n++, r->i++) {
        if (take(r, "ON"))
            return take_name(r, UM_SQL_ALTERS) ? kind : UM_SQL_UNKNOWN;
    }
    return UM_SQL_UNKNOWN;
}

/* ---- the other objects ---- */

static const struct object {
    const char *word;
    enum um_sql_kind made, dropped;
} objects[] = {
    {"VIEW", UM_SQL_VIEW, UM_SQL_DROP_VIEW},
    {"TRIGGER", UM_SQL_TRIGGER, UM_SQL_TRIGGER},
    {"PROCEDURE", UM_SQL_ROUTINE, UM_SQL_DROP_ROUTINE},
    {"FUNCTION", UM_SQL_ROUTINE, UM_SQL_DROP_ROUTINE},
    {"EVENT", UM_SQL_EVENT, UM_SQL_DROP_EVENT},
    {"DATABASE", UM_SQL_CREATE_DATABASE, UM_SQL_DROP_DATABASE},
    {"SCHEMA", UM_SQL_CREATE_DATABASE, UM_SQL_DROP_DATABASE},
};

static const char *const accounts[] = {
    "USER",     "ROLE",     "SERVER", "TABLESPACE",        "LOGFILE",
    "INSTANCE", "RESOURCE", "UNDO",   "SPATIAL REFERENCE", NULL};

static enum um_sql_kind read_object(struct reader *r, enum um_sql_role role)
{
    for (size_t k = 0; k < sizeof objects / sizeof *objects; k++) {
        const struct object *o = &objects[k];
        if (!take(r, o->word))
            continue;
        r->out->object = o->made == UM_SQL_CREATE_DATABASE ? "DATABASE" : o->word;
        take_if(r);
        enum um_sql_kind kind = role == UM_SQL_DROPS ? o->dropped : o->made;
        if (kind == UM_SQL_DROP_VIEW)
            return read_list(r, role, kind);
        if (o->made != UM_SQL_CREATE_DATABASE) {
            if (!take_name(r, role))
                return UM_SQL_UNKNOWN;
            /* A function of a library is no schema's. */
            bool loadable = o->made == UM_SQL_ROUTINE && at(r, "RETURNS") && role == UM_SQL_CREATES;
            for (size_t i = r->i; loadable && i < r->t.count; i++) {
                if (um_tok_is(&r->t, i, "SONAME"))
                    return UM_SQL_UPKEEP;
            }
            return kind;
        }
        if (kind == UM_SQL_CREATE_DATABASE && role == UM_SQL_ALTERS)
            kind = UM_SQL_ALTER_DATABASE;
        /* ALTER DATABASE may leave the name out. */
        static const char *const options[] = {"DEFAULT", "CHARACTER", "CHARSET",
                                              "COLLATE", "READ",      "ENCRYPTION",
                                              "COMMENT", "UPGRADE",   NULL};
        size_t before = r->i;
        if (kind == UM_SQL_ALTER_DATABASE && take_any(r, options)) {
            r->i = before;
            struct um_sql_name *n = add_name(r, role);
            n->schema = um_strdup(r->how->schema);
            n->name = um_strdup("");
            return kind;
        }
        return take_schema(r, role) ? kind : UM_SQL_UNKNOWN;
    }
    return UM_SQL_UNKNOWN;
}

/* What may stand between the verb and what it is about. */
static bool skip_modifier(struct reader *r)
{
    static const char *const words[] = {"ONLINE",
                                        "OFFLINE",
                                        "IGNORE",
                                        "UNIQUE",
                                        "FULLTEXT",
                                        "SPATIAL",
                                        "VECTOR",
                                        "AGGREGATE",
                                        "SQL SECURITY DEFINER",
                                        "SQL SECURITY INVOKER",
                                        NULL};
    if (take(r, "OR REPLACE")) {
        r->out->or_replace = true;
        return true;
    }
    if (um_tok_run(&r->t, r->i, "SPATIAL REFERENCE"))
        return false;
    if (take_any(r, words))
        return true;
    if (take(r, "ALGORITHM")) {
        take_char(r, '=');
        r->i++;
        return true;
    }
    if (!take(r, "DEFINER"))
        return false;
    take_char(r, '=');
    r->i++;
    if (take_char(r, '(')) /* CURRENT_USER() */
        take_char(r, ')');
    if (take_char(r, '@'))
        r->i++;
    return true;
}

static enum um_sql_kind read_ddl(struct reader *r, enum um_sql_role role)
{
    if (at(r, "PREPARE"))
        return UM_SQL_UPKEEP;
    while (skip_modifier(r))
        ;
    if (take_any(r, accounts))
        return UM_SQL_UPKEEP;
    if (take(r, "TEMPORARY"))
        return UM_SQL_UPKEEP; /* of one session; its rows are not in a row-based binlog */
    if (take(r, "INDEX"))
        return role == UM_SQL_ALTERS ? UM_SQL_UNKNOWN
                                     : read_index(r, role == UM_SQL_CREATES ? UM_SQL_CREATE_INDEX
                                                                            : UM_SQL_DROP_INDEX);
    if (!take(r, "TABLE") && !(role == UM_SQL_DROPS && take(r, "TABLES")))
        return read_object(r, role);
    if (role == UM_SQL_CREATES)
        return read_create_table(r);
    if (role == UM_SQL_ALTERS)
        return read_alter_table(r);
    take_if(r);
    return read_list(r, UM_SQL_DROPS, UM_SQL_DROP_TABLE);
}

static void drop_names(struct um_sql *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        free(s->names[i].schema);
        free(s->names[i].name);
    }
    s->name_count = 0;
}

static enum um_sql_kind read_statement(struct reader *r)
{
    static const char *const upkeep[] = {"GRANT",    "REVOKE", "SET",   "FLUSH",   "ANALYZE",
                                         "OPTIMIZE", "REPAIR", "CHECK", "INSTALL", "UNINSTALL",
                                         "KILL",     "RESET",  NULL};
    static const char *const rows[] = {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD",
                                       "WITH",   "CALL",   "DO",     "SELECT",  NULL};
    if (at_end(r))
        return UM_SQL_EMPTY;
    if (take_any(r, upkeep))
        return UM_SQL_UPKEEP;
    /* A server that starts says so of its MEMORY tables, whose rows are gone. */
    size_t first = r->i;
    if (take(r, "DELETE FROM") && take_name(r, UM_SQL_ALTERS) && at_end(r))
        return UM_SQL_ROWS;
    drop_names(r->out);
    r->i = first;
    if (take_any(r, rows))
        return UM_SQL_ROWS;
    if (take(r, "CREATE"))
        return read_ddl(r, UM_SQL_CREATES);
    if (take(r, "ALTER"))
        return read_ddl(r, UM_SQL_ALTERS);
    if (take(r, "DROP"))
        return read_ddl(r, UM_SQL_DROPS);
    if (take(r, "RENAME"))
        return read_rename(r);
    if (take(r, "TRUNCATE"))
        return read_truncate(r);
    return UM_SQL_UNKNOWN;
}

void um_sql_read(const char *statement, size_t len, const struct um_sql_reading *how,
                 struct um_sql *out)
{
    *out = (struct um_sql){.kind = UM_SQL_UNKNOWN};
    struct reader r = {.how = how, .out = out};
    out->unreadable = open_statement(statement, len, how, &out->text, &r.t) != 0;
    if (out->unreadable)
        return;
    out->kind = read_statement(&r);
    um_tokens_free(&r.t);
    for (size_t i = 0; i < out->name_count && !is_utf8(how->charset_client); i++) {
        const struct um_sql_name *n = &out->names[i];
        if (has_high_bytes(n->schema, strlen(n->schema)) ||
            has_high_bytes(n->name, strlen(n->name)))
            out->unreadable = true;
    }
    if (out->unreadable)
        out->kind = UM_SQL_UNKNOWN;
}

void um_sql_clear(struct um_sql *s)
{
    drop_names(s);
    free(s->names);
    free(s->text);
    *s = (struct um_sql){0};
}

bool um_sql_mentions(const char *statement, size_t len, const struct um_sql_reading *how,
                     um_sql_wanted *wanted, void *context)
{
    struct um_sql s = {0};
    struct reader r = {.how = how, .out = &s};
    char *text;
    bool found = open_statement(statement, len, how, &text, &r.t) != 0; /* it may be anything */
    while (!found && r.i < r.t.count) {
        if (!take_name(&r, UM_SQL_READS)) {
            r.i++;
            continue;
        }
        const struct um_sql_name *n = &s.names[s.name_count - 1];
        found = wanted(context, n->schema, n->name);
    }
    um_tokens_free(&r.t);
    um_sql_clear(&s);
    free(text);
    return found;
}
