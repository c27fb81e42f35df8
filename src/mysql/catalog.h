#ifndef UM_MYSQL_CATALOG_H
#define UM_MYSQL_CATALOG_H

#include "base/mem.h"
#include "mysql/conn.h"
#include "schema/table.h"

/*
 * Reading what is there: information_schema and SHOW CREATE. All of it in a fixed number of
 * queries per schema, except SHOW CREATE, which is one for each object.
 *
 * Names and attributes are UTF-8. Definitions of tables and views are read as the session is
 * (character_set_results=NULL): UTF-8 too, but a literal that belongs to a binary column or has a
 * charset introducer keeps its own bytes, which a conversion would replace by '?'. For routines,
 * triggers and events see create_sql below.
 */

typedef bool um_catalog_filter(void *context, const char *schema, const char *table);

/* Base tables that the filter wants, with columns, indexes, foreign keys, sizes, create text. A
   sequence of MariaDB comes as a table that um_ddl_check blocks. Where a table is dropped or
   altered meanwhile, all of it is read again, some times; then it is UM_E_CATALOG_GONE. */
int um_catalog_tables(struct um_conn *c, um_catalog_filter *want, void *context,
                      struct um_tables *out, struct um_err *err);

/* All tables by name alone: schema, name, schema, name … */
int um_catalog_table_names(struct um_conn *c, struct um_strv *names, struct um_err *err);

/* A table that is listed and cannot be read, and why: the server's words where it has any. */
struct um_unread_table {
    char *schema, *name, *why;
    enum um_err_id id;
};
struct um_unread_tables {
    struct um_unread_table *items;
    size_t count, cap;
};
void um_unread_tables_clear(struct um_unread_tables *u);

/* Likewise, but a table that cannot be read goes to `unread` and the others are read on: for the
   plan, which has to name all that is wrong. */
int um_catalog_tables_each(struct um_conn *c, um_catalog_filter *want, void *context,
                           struct um_tables *out, struct um_unread_tables *unread,
                           struct um_err *err);

enum um_object_kind {
    UM_OBJ_VIEW,
    UM_OBJ_TRIGGER,
    UM_OBJ_PROCEDURE,
    UM_OBJ_FUNCTION,
    UM_OBJ_EVENT
};
struct um_object {
    enum um_object_kind kind;
    char *schema, *name;
    char *table;   /* of a trigger */
    char *definer; /* `user`@`host` */
    /* As SHOW CREATE prints it, in UTF-8. For a session after SET NAMES utf8mb4 and
       collation_connection, sql_mode and time_zone as below; what only a version knows
       (NO_AUTO_CREATE_USER) is the caller's to leave out. */
    char *create_sql;
    char *sql_mode;                              /* under which it was made; NULL for views */
    char *charset_client, *collation_connection; /* likewise */
    char *time_zone;     /* of an event: in which its times are written; NULL for others */
    char *trigger_order; /* "FOLLOWS `x`" or NULL: several triggers of one event keep their order */
};
struct um_objects {
    struct um_object *items;
    size_t count, cap;
};
/* Routines and events of the schemas that hold a wanted table; triggers of wanted tables, each
   after those that fire before it; views that the filter wants by their own names. */
int um_catalog_objects(struct um_conn *c, um_catalog_filter *want, void *context,
                       struct um_objects *out, struct um_err *err);
void um_objects_clear(struct um_objects *o);
const char *um_object_kind_name(enum um_object_kind k); /* "VIEW", … */

/* CREATE DATABASE IF NOT EXISTS, malloc'd, with charset and collation spelt out, for a server like
   this one; um_ddl_schema (schema/ddl.h) translates it for another. */
int um_catalog_schema_sql(struct um_conn *c, const char *schema, char **sql, struct um_err *err);

#endif
