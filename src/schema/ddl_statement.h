#ifndef UM_SCHEMA_DDL_STATEMENT_H
#define UM_SCHEMA_DDL_STATEMENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "schema/table.h"

/*
 * Reading a statement of a binlog: what kind it is and which objects it names. Pure: text in, text
 * out. What is not understood to the end is UM_SQL_UNKNOWN, never a guess.
 */
enum um_sql_kind {
    UM_SQL_EMPTY,
    UM_SQL_CREATE_TABLE,
    UM_SQL_CREATE_TABLE_LIKE,
    UM_SQL_ALTER_TABLE,
    UM_SQL_DROP_TABLE,
    UM_SQL_RENAME_TABLE,
    UM_SQL_TRUNCATE_TABLE,
    UM_SQL_CREATE_INDEX,
    UM_SQL_DROP_INDEX,
    UM_SQL_VIEW, /* CREATE and ALTER */
    UM_SQL_DROP_VIEW,
    UM_SQL_ROUTINE, /* CREATE and ALTER of procedures and functions */
    UM_SQL_DROP_ROUTINE,
    UM_SQL_EVENT, /* CREATE and ALTER */
    UM_SQL_DROP_EVENT,
    UM_SQL_TRIGGER, /* CREATE and DROP */
    UM_SQL_CREATE_DATABASE,
    UM_SQL_ALTER_DATABASE,
    UM_SQL_DROP_DATABASE,
    UM_SQL_UPKEEP, /* accounts, ANALYZE, temporary tables …: nothing that a job moves */
    UM_SQL_ROWS,   /* INSERT, UPDATE, CALL … */
    UM_SQL_UNKNOWN,
};

enum um_sql_role {
    UM_SQL_CREATES,
    UM_SQL_ALTERS, /* definition or rows */
    UM_SQL_DROPS,
    UM_SQL_RENAMES, /* the name that follows it is what it becomes */
    UM_SQL_BECOMES,
    UM_SQL_READS,
};

struct um_sql_name {
    enum um_sql_role role;
    char *schema, *name; /* schema: the default one where none is given; "" where there is none.
                            Of a database: the schema, and name is "" */
    size_t at, len;      /* in the text */
};

/* How the statement is to be read: of the server that ran it, and of its session. */
struct um_sql_reading {
    enum um_flavour flavour;
    unsigned version;
    uint64_t sql_mode;
    uint16_t charset_client; /* number of one of its collations; 0: UTF-8 */
    const char *schema;      /* the default one; "" for none */
    bool fold_names; /* lower_case_table_names=1: names as they were typed mean lower case */
};

struct um_sql {
    enum um_sql_kind kind;
    char *text; /* as that server understood it: comments resolved */
    struct um_sql_name *names;
    size_t name_count, name_cap;
    const char *object; /* "VIEW", "PROCEDURE", "DATABASE" … of the kinds that are no tables */
    bool if_exists;     /* or IF NOT EXISTS */
    bool or_replace;
    bool in_transaction;    /* rows follow: CREATE TABLE … START TRANSACTION of MySQL 8.0 */
    bool swaps_rows;        /* EXCHANGE PARTITION */
    bool default_collation; /* CREATE TABLE without a collation of its own */
    bool unreadable;        /* its names cannot be told: it may be about anything */
};

void um_sql_read(const char *statement, size_t len, const struct um_sql_reading *how,
                 struct um_sql *out);
void um_sql_clear(struct um_sql *s);

/*
 * The statement with InnoDB in the place of every storage engine that cannot roll back, and
 * without what only made it part of a transaction. False where an engine is named that cannot be
 * replaced; *why names it then.
 */
bool um_sql_transactional(const struct um_sql *s, const struct um_sql_reading *how,
                          struct um_buf *out, struct um_buf *why);

/* ALTER TABLE: what a column that is added gets as its default differs from session to session, or
   from call to call. *what: the word that says so, malloc'd. */
bool um_sql_fills_anew(const struct um_sql *s, const struct um_sql_reading *how, char **what);
/* ALTER TABLE: rows are numbered, or left out, in the order in which the server has them. */
bool um_sql_goes_by_order(const struct um_sql *s, const struct um_sql_reading *how);

/* The columns of a PRIMARY KEY (…) of which the statement does not say that they are NOT NULL:
   before 5.7 MySQL gives them a default as well. */
void um_sql_implied_not_null(const struct um_sql *s, const struct um_sql_reading *how,
                             struct um_strv *columns);

/* CREATE and ALTER TABLE: does it make the table system-versioned (MariaDB)? */
bool um_sql_versions(const struct um_sql *s, const struct um_sql_reading *how);
/* CREATE and ALTER TABLE: the foreign keys that it makes, one after the other. Without their
   columns, and without a name where the server makes it up. `of_column`: it stands behind a column,
   where not every server reads it. */
typedef void um_sql_made_key(void *context, const struct um_foreign_key *fk, bool of_column);
void um_sql_foreign_keys(const struct um_sql *s, const struct um_sql_reading *how,
                         um_sql_made_key *made, void *context);

/* Is any word of the statement, with or without a qualifier, a name that `wanted` knows? For what
   is not understood: too many rather than too few. */
typedef bool um_sql_wanted(void *context, const char *schema, const char *name);
bool um_sql_mentions(const char *statement, size_t len, const struct um_sql_reading *how,
                     um_sql_wanted *wanted, void *context);

enum { UM_MODE_ANSI_QUOTES = 0x4, UM_MODE_NO_BACKSLASH_ESCAPES = 0x100000 };

#endif
