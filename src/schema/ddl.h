#ifndef UM_SCHEMA_DDL_H
#define UM_SCHEMA_DDL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "schema/table.h"

/*
 * Reading and rewriting the CREATE TABLE text that a server prints. Pure: text in, text out.
 *
 * The text is split at the commas of the outermost parentheses; what lies between is kept byte
 * for byte, so everything that is not rewritten on purpose arrives as the source printed it.
 * Only comments go: plain ones are dropped, and executable ones (slash, star, bang, version) are
 * opened, so that no server can skip what stands inside without a word.
 *
 * Bytes. The text is what SHOW CREATE TABLE gives under character_set_results=NULL, sql_mode=''
 * and sql_quote_show_create=1: UTF-8, but for string literals of binary columns and literals with
 * a charset introducer, whose bytes are their own. The statements made here are for a session
 * after SET NAMES utf8mb4, without ANSI_QUOTES and NO_BACKSLASH_ESCAPES in its sql_mode; literals
 * that are not UTF-8 come out in hex.
 */

enum um_ddl_part_kind {
    UM_DDL_COLUMN,
    UM_DDL_PRIMARY,
    UM_DDL_UNIQUE,
    UM_DDL_KEY,
    UM_DDL_FULLTEXT,
    UM_DDL_SPATIAL,
    UM_DDL_VECTOR,
    UM_DDL_FOREIGN_KEY,
    UM_DDL_CHECK,
    UM_DDL_PERIOD,
};

struct um_ddl_part {
    enum um_ddl_part_kind kind;
    char *name; /* of the column, index or constraint; "PRIMARY"; NULL where it has none */
    char *text; /* without the comma */
};

struct um_ddl {
    char *schema, *name; /* schema is NULL where the text does not say */
    struct um_ddl_part *parts;
    size_t part_count;
    char *options; /* what follows the closing parenthesis, partitioning included */
};

/* NULL with UM_E_DDL_UNREADABLE, quoting the place, when the text is not a CREATE TABLE. */
struct um_ddl *um_ddl_parse(const char *create_table, struct um_err *err);
void um_ddl_delete(struct um_ddl *d);
/* The value of the table option AUTO_INCREMENT=N, or 0. */
uint64_t um_ddl_auto_increment(const struct um_ddl *d);

/*
 * The statements that make the table on the target, in the order they are run. Each may be empty.
 * CREATE TABLE has the primary key, the index that AUTO_INCREMENT needs, checks, options and
 * partitions, but not AUTO_INCREMENT=N; of the secondary indexes it has the `groups` that are asked
 * for, and the rest comes after the load. The engine is InnoDB whatever it was. Both fail with
 * UM_E_DDL_OBSTACLE where um_ddl_check would list a block.
 */
struct um_ddl_target {
    enum um_flavour source_flavour, target_flavour;
    unsigned source_version, target_version; /* 50624, 90700, 101119 */
    const char *schema, *name;               /* on the target */
};
/* Secondary indexes as the clauses of one ALTER TABLE each for: non-unique, unique, and fulltext
   and vector ones (one statement each: the server builds them one at a time). */
enum um_ddl_group {
    UM_DDL_GROUP_PLAIN,
    UM_DDL_GROUP_UNIQUE,
    UM_DDL_GROUP_SPECIAL,
    UM_DDL_GROUP_FOREIGN
};
/* `groups`: those of PLAIN and UNIQUE, as 1u << group. */
int um_ddl_create(const struct um_ddl *d, const struct um_ddl_target *to, unsigned groups,
                  struct um_buf *create, struct um_err *err);
/* One complete ALTER TABLE per clause list; 0 statements when the group is empty. A name in
   `present` (indexes the target already has, after a crash) is left out. */
int um_ddl_later(const struct um_ddl *d, const struct um_ddl_target *to, enum um_ddl_group group,
                 const struct um_strv *present, struct um_strv *statements, struct um_err *err);

/*
 * What the target cannot hold exactly: one entry for each, naming the column or index. Nothing is
 * dropped silently: a clause that only one flavour knows is either translated with the same
 * meaning or listed here.
 */
enum um_ddl_severity {
    UM_DDL_BLOCK, /* rows, rules for rows or what the application sees would differ */
    UM_DDL_WARN,  /* storage, speed or the like differ; rows and constraints are the same */
};
struct um_ddl_obstacle {
    enum um_ddl_severity severity;
    char *where; /* "column c", "index i", "table option …" */
    char *what;  /* what was found and why the target cannot hold it */
    char *mend;  /* what to do */
};
struct um_ddl_obstacles {
    struct um_ddl_obstacle *items;
    size_t count, cap;
};
/* t may be NULL. Adds to *out. */
void um_ddl_check(const struct um_ddl *d, const struct um_table *t, const struct um_ddl_target *to,
                  struct um_ddl_obstacles *out);
/* The names that the table's checks will have on the target, those included that it makes up by
   itself. Only MySQL makes them names of the whole schema: none for other targets. */
void um_ddl_check_names(const struct um_ddl *d, const struct um_ddl_target *to,
                        struct um_strv *names);
/* The next column or index, from part `from` on, of which the server keeps a value that it computes
   from a moment and the time zone of the session that writes the row; NULL where there is none. */
const struct um_ddl_part *um_ddl_hangs_on_time_zone(const struct um_ddl *d, size_t from);
/* Likewise from another variable of the session: a column, and the variable's name ("timestamp" for
   the day on which it writes). */
const struct um_ddl_part *um_ddl_hangs_on_session(const struct um_ddl *d, size_t from,
                                                  const char **variable);
/* The first block, or NULL. */
const struct um_ddl_obstacle *um_ddl_blocking(const struct um_ddl_obstacles *o);
void um_ddl_obstacles_clear(struct um_ddl_obstacles *o);

/*
 * CREATE DATABASE IF NOT EXISTS to->schema from the text of um_catalog_schema_sql (to->name is
 * not used). A default collation that the target lacks is left out with a warning in *out: every
 * table names its own.
 */
int um_ddl_schema(const char *create_database, const struct um_ddl_target *to,
                  struct um_buf *create, struct um_ddl_obstacles *out, struct um_err *err);

/* The name that the collation has on the target; false when it has none. */
bool um_ddl_collation(const char *collation, const struct um_ddl_target *to, struct um_buf *name);

/* Behind the quoted text that begins at p, of SQL that a server prints; its end where it is not
   closed. */
const char *um_skip_quoted(const char *p);

/* `name` with backticks, doubled inside. */
void um_quote_ident(struct um_buf *b, const char *name);
/* `schema`.`name` */
void um_quote_table(struct um_buf *b, const char *schema, const char *name);

#endif
