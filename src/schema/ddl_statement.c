#include "schema/ddl_statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schema/ddl_statement_reader.h"

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
    bool readable =
        !memchr(statement, '\0', len) &&
        !(hides_ascii(how->charset_client) && has_high_bytes(statement, len)) &&
        um_lex_choose_comments(whole, um_sql_lex_mode(how), &server, &chosen, &ignored) == 0;
    free(whole);
    *text = um_buf_take(&chosen);
    if (readable && um_lex_as(*text, um_sql_lex_mode(how), tokens, &ignored) == 0)
        return 0;
    um_err_clear(&ignored);
    return -1;
}

/* ---- what kind it is ---- */

static const char *const accounts[] = {
    "USER",     "ROLE",     "SERVER", "TABLESPACE",        "LOGFILE",
    "INSTANCE", "RESOURCE", "UNDO",   "SPATIAL REFERENCE", NULL};

/* What may stand between the verb and what it is about. */
static bool skip_modifier(struct um_sql_reader *r)
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
    if (um_sql_take(r, "OR REPLACE")) {
        r->out->or_replace = true;
        return true;
    }
    if (um_tok_run(&r->t, r->i, "SPATIAL REFERENCE"))
        return false;
    if (um_sql_take_any(r, words))
        return true;
    if (um_sql_take(r, "ALGORITHM")) {
        um_sql_take_char(r, '=');
        r->i++;
        return true;
    }
    if (!um_sql_take(r, "DEFINER"))
        return false;
    um_sql_take_char(r, '=');
    r->i++;
    if (um_sql_take_char(r, '(')) /* CURRENT_USER() */
        um_sql_take_char(r, ')');
    if (um_sql_take_char(r, '@'))
        r->i++;
    return true;
}

static enum um_sql_kind read_ddl(struct um_sql_reader *r, enum um_sql_role role)
{
    if (um_sql_at(r, "PREPARE"))
        return UM_SQL_UPKEEP;
    while (skip_modifier(r))
        ;
    if (um_sql_take_any(r, accounts))
        return UM_SQL_UPKEEP;
    if (um_sql_take(r, "TEMPORARY"))
        return UM_SQL_UPKEEP; /* of one session; its rows are not in a row-based binlog */
    if (um_sql_take(r, "INDEX"))
        return role == UM_SQL_ALTERS
                   ? UM_SQL_UNKNOWN
                   : um_sql_read_index(r, role == UM_SQL_CREATES ? UM_SQL_CREATE_INDEX
                                                                 : UM_SQL_DROP_INDEX);
    if (!um_sql_take(r, "TABLE") && !(role == UM_SQL_DROPS && um_sql_take(r, "TABLES")))
        return um_sql_read_object(r, role);
    if (role == UM_SQL_CREATES)
        return um_sql_read_create_table(r);
    if (role == UM_SQL_ALTERS)
        return um_sql_read_alter_table(r);
    um_sql_take_if(r);
    return um_sql_read_list(r, UM_SQL_DROPS, UM_SQL_DROP_TABLE);
}

static void drop_names(struct um_sql *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        free(s->names[i].schema);
        free(s->names[i].name);
    }
    s->name_count = 0;
}

static enum um_sql_kind read_statement(struct um_sql_reader *r)
{
    if (um_sql_take(r, "SET STATEMENT"))
        return UM_SQL_UNKNOWN;
    static const char *const upkeep[] = {"GRANT",    "REVOKE", "SET",   "FLUSH",   "ANALYZE",
                                         "OPTIMIZE", "REPAIR", "CHECK", "INSTALL", "UNINSTALL",
                                         "KILL",     "RESET",  NULL};
    static const char *const rows[] = {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD",
                                       "WITH",   "CALL",   "DO",     "SELECT",  NULL};
    if (um_sql_at_end(r))
        return UM_SQL_EMPTY;
    if (um_sql_take_any(r, upkeep))
        return UM_SQL_UPKEEP;
    /* A server that starts says so of its MEMORY tables, whose rows are gone. */
    size_t first = r->i;
    if (um_sql_take(r, "DELETE FROM") && um_sql_take_name(r, UM_SQL_ALTERS) && um_sql_at_end(r))
        return UM_SQL_ROWS;
    drop_names(r->out);
    r->i = first;
    if (um_sql_take_any(r, rows))
        return UM_SQL_ROWS;
    if (um_sql_take(r, "CREATE"))
        return read_ddl(r, UM_SQL_CREATES);
    if (um_sql_take(r, "ALTER"))
        return read_ddl(r, UM_SQL_ALTERS);
    if (um_sql_take(r, "DROP"))
        return read_ddl(r, UM_SQL_DROPS);
    if (um_sql_take(r, "RENAME"))
        return um_sql_read_rename(r);
    if (um_sql_take(r, "TRUNCATE"))
        return um_sql_read_truncate(r);
    return UM_SQL_UNKNOWN;
}

/* MariaDB: SET STATEMENT a=1, b=2 FOR what follows. What of it concerns others than the server that
   ran it is in the event's session; the rest are timeouts and the like. */
static void leave_out_settings(struct um_sql_reader *r)
{
    size_t i = 2;
    if (!um_tok_run(&r->t, 0, "SET STATEMENT"))
        return;
    while (i < r->t.count && !um_tok_is(&r->t, i, "FOR"))
        i = um_tok_char(&r->t, i, '(') ? um_tok_group_end(&r->t, i) : i + 1;
    if (i >= r->t.count)
        return;
    char *rest = um_strdup(r->out->text + r->t.items[i].at + r->t.items[i].len);
    um_tokens_free(&r->t);
    free(r->out->text);
    r->out->text = rest;
    struct um_err err = {0};
    if (um_lex_as(rest, um_sql_lex_mode(r->how), &r->t, &err) != 0)
        UM_BUG("a part of a statement does not end where its tokens do");
}

void um_sql_read(const char *statement, size_t len, const struct um_sql_reading *how,
                 struct um_sql *out)
{
    *out = (struct um_sql){.kind = UM_SQL_UNKNOWN};
    struct um_sql_reader r = {.how = how, .out = out};
    out->unreadable = open_statement(statement, len, how, &out->text, &r.t) != 0;
    if (out->unreadable)
        return;
    leave_out_settings(&r);
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
    struct um_sql_reader r = {.how = how, .out = &s};
    char *text;
    bool found = open_statement(statement, len, how, &text, &r.t) != 0; /* it may be anything */
    while (!found && r.i < r.t.count) {
        if (!um_sql_take_name(&r, UM_SQL_READS)) {
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
