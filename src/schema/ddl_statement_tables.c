#include "schema/ddl_statement_reader.h"

/* MariaDB: how long the statement waited for its locks. */
static void skip_wait(struct um_sql_reader *r)
{
    if (um_sql_take(r, "WAIT"))
        r->i++;
    else
        um_sql_take(r, "NOWAIT");
}

enum um_sql_kind um_sql_read_create_table(struct um_sql_reader *r)
{
    um_sql_take_if(r);
    if (!um_sql_take_name(r, UM_SQL_CREATES))
        return UM_SQL_UNKNOWN;
    size_t open = r->i + um_tok_char(&r->t, r->i, '(');
    if (um_tok_is(&r->t, open, "LIKE")) {
        bool parenthesis = open != r->i;
        r->i = open + 1;
        bool whole =
            um_sql_take_name(r, UM_SQL_READS) && (!parenthesis || um_sql_take_char(r, ')'));
        return whole && um_sql_at_end(r) ? UM_SQL_CREATE_TABLE_LIKE : UM_SQL_UNKNOWN;
    }
    /* With rows of a query it would be in the binlog as a statement; the row format logs the
       table alone. */
    static const char *const queries[] = {"SELECT", "AS", "TABLE", "VALUES", NULL};
    bool collation = false;
    for (; r->i < r->t.count; r->i++) {
        if (um_tok_char(&r->t, r->i, '(')) {
            size_t end = um_tok_group_end(&r->t, r->i++);
            if (um_sql_take_any(r, queries) || um_sql_at(r, "WITH"))
                return UM_SQL_UNKNOWN;
            r->i = end - 1;
        } else if (um_sql_take_any(r, queries) ||
                   (um_sql_at(r, "WITH") && !um_tok_is(&r->t, r->i + 1, "SYSTEM"))) {
            return UM_SQL_UNKNOWN;
        } else if (um_sql_at(r, "UNION") || um_sql_at(r, "TABLESPACE") ||
                   um_sql_at(r, "DIRECTORY")) {
            return UM_SQL_UNKNOWN;
        } else if (um_sql_at(r, "COLLATE") || um_sql_at(r, "CHARSET") ||
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
static bool read_alter_clause(struct um_sql_reader *r)
{
    static const char *const unfollowed[] = {
        "DISCARD", "IMPORT", "UNION", "TABLESPACE", "CONVERT TABLE", "CONVERT PARTITION", NULL};
    if (um_sql_take_any(r, unfollowed))
        return false;
    if (um_sql_take(r, "RENAME")) {
        static const char *const parts[] = {"COLUMN", "INDEX", "KEY", NULL};
        if (um_sql_take_any(r, parts))
            return true;
        if (!um_sql_take(r, "TO") && !um_sql_take(r, "AS"))
            um_sql_take_char(r, '=');
        r->out->names[0].role = UM_SQL_RENAMES;
        return um_sql_take_name(r, UM_SQL_BECOMES);
    }
    if (um_sql_take(r, "EXCHANGE PARTITION")) {
        r->i++;
        r->out->swaps_rows = true;
        return um_sql_take(r, "WITH TABLE") && um_sql_take_name(r, UM_SQL_ALTERS);
    }
    return true;
}

enum um_sql_kind um_sql_read_alter_table(struct um_sql_reader *r)
{
    um_sql_take_if(r);
    if (!um_sql_take_name(r, UM_SQL_ALTERS))
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
enum um_sql_kind um_sql_read_list(struct um_sql_reader *r, enum um_sql_role role,
                                  enum um_sql_kind kind)
{
    do {
        if (!um_sql_take_name(r, role))
            return UM_SQL_UNKNOWN;
    } while (um_sql_take_char(r, ','));
    skip_wait(r);
    if (!um_sql_take(r, "RESTRICT"))
        um_sql_take(r, "CASCADE");
    return um_sql_at_end(r) ? kind : UM_SQL_UNKNOWN;
}

enum um_sql_kind um_sql_read_rename(struct um_sql_reader *r)
{
    if (um_sql_take(r, "USER"))
        return UM_SQL_UPKEEP;
    if (!um_sql_take(r, "TABLE") && !um_sql_take(r, "TABLES"))
        return UM_SQL_UNKNOWN;
    um_sql_take_if(r);
    do {
        if (!um_sql_take_name(r, UM_SQL_RENAMES))
            return UM_SQL_UNKNOWN;
        skip_wait(r);
        if (!um_sql_take(r, "TO") || !um_sql_take_name(r, UM_SQL_BECOMES))
            return UM_SQL_UNKNOWN;
    } while (um_sql_take_char(r, ','));
    return um_sql_at_end(r) ? UM_SQL_RENAME_TABLE : UM_SQL_UNKNOWN;
}

enum um_sql_kind um_sql_read_truncate(struct um_sql_reader *r)
{
    um_sql_take(r, "TABLE");
    return um_sql_read_list(r, UM_SQL_ALTERS, UM_SQL_TRUNCATE_TABLE);
}

/* CREATE and DROP INDEX: the table stands behind ON. */
enum um_sql_kind um_sql_read_index(struct um_sql_reader *r, enum um_sql_kind kind)
{
    enum { FARTHEST = 7 }; /* IF NOT EXISTS i USING BTREE ON */
    for (size_t n = 0; n < FARTHEST; n++, r->i++) {
        if (um_sql_take(r, "ON"))
            return um_sql_take_name(r, UM_SQL_ALTERS) ? kind : UM_SQL_UNKNOWN;
    }
    return UM_SQL_UNKNOWN;
}
