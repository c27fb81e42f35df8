#ifndef UM_SCHEMA_DDL_H
#define UM_SCHEMA_DDL_H

#include "base/buf.h"
#include "base/err.h"
#include "schema/table.h"

/*
 * Reading and rewriting the CREATE TABLE text that a server prints. Pure: text in, text out.
 *
 * The text is split at the commas of the outermost parentheses; what lies between is kept byte
 * for byte, so everything that is not rewritten on purpose arrives as the source printed it.
 */

enum um_ddl_part_kind {
    UM_DDL_COLUMN, UM_DDL_PRIMARY, UM_DDL_UNIQUE, UM_DDL_KEY, UM_DDL_FULLTEXT, UM_DDL_SPATIAL,
    UM_DDL_VECTOR, UM_DDL_FOREIGN_KEY, UM_DDL_CHECK, UM_DDL_PERIOD,
};

struct um_ddl_part {
    enum um_ddl_part_kind kind;
    char *name; /* of the column, index or constraint; NULL where it has none */
    char *text; /* without the comma */
};

struct um_ddl {
    char *schema, *name;
    struct um_ddl_part *parts;
    size_t part_count;
    char *options; /* what follows the closing parenthesis, partitioning included */
};

/* NULL with UM_E_DDL_UNREADABLE, quoting the place, when the text is not a CREATE TABLE. */
struct um_ddl *um_ddl_parse(const char *create_table, struct um_err *err);
void um_ddl_delete(struct um_ddl *d);

/*
 * The statements that make the table on the target, in the order they are run. Each may be empty.
 * `bare` keeps the primary key, the index that AUTO_INCREMENT needs, and checks; the rest comes
 * after the load.
 */
struct um_ddl_target {
    enum um_flavour source_flavour, target_flavour;
    unsigned source_version, target_version; /* 50624, 90700, 101119 */
    const char *schema, *name;               /* on the target */
};
int um_ddl_bare(const struct um_ddl *d, const struct um_ddl_target *to, struct um_buf *create,
                struct um_err *err);
/* Secondary indexes as the clauses of one ALTER TABLE each for: non-unique, unique, and
   fulltext/spatial ones (which the server builds one at a time). `names` receives index names. */
enum um_ddl_group { UM_DDL_GROUP_PLAIN, UM_DDL_GROUP_UNIQUE, UM_DDL_GROUP_SPECIAL, UM_DDL_GROUP_FOREIGN };
/* One complete ALTER TABLE per clause list; 0 statements when the group is empty. A name in
   `present` (indexes the target already has, after a crash) is left out. */
int um_ddl_later(const struct um_ddl *d, const struct um_ddl_target *to, enum um_ddl_group group,
                 const struct um_strv *present, struct um_strv *statements, struct um_err *err);

/*
 * What the target cannot hold exactly: one entry for each, naming the column or index. Nothing is
 * dropped silently: a clause that only one flavour knows is either translated with the same
 * meaning or listed here.
 */
struct um_ddl_obstacle {
    char *where; /* "column c", "index i", "table option …" */
    char *what;  /* what was found and why the target cannot hold it */
    char *mend;  /* what to do */
};
struct um_ddl_obstacles {
    struct um_ddl_obstacle *items;
    size_t count, cap;
};
void um_ddl_check(const struct um_ddl *d, const struct um_table *t, const struct um_ddl_target *to,
                  struct um_ddl_obstacles *out);
void um_ddl_obstacles_clear(struct um_ddl_obstacles *o);

/* `name` with backticks, doubled inside. */
void um_quote_ident(struct um_buf *b, const char *name);
/* `schema`.`name` */
void um_quote_table(struct um_buf *b, const char *schema, const char *name);

#endif
