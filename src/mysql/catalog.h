#ifndef UM_MYSQL_CATALOG_H
#define UM_MYSQL_CATALOG_H

#include "mysql/conn.h"
#include "schema/table.h"

/* Reading what is there: information_schema and SHOW CREATE. All of it in a fixed number of
   queries per kind, except SHOW CREATE, which is one for each object. */

typedef bool um_catalog_filter(void *context, const char *schema, const char *table);

/* Base tables that the filter wants, with columns, indexes, foreign keys, sizes, create text. */
int um_catalog_tables(struct um_conn *c, um_catalog_filter *want, void *context,
                      struct um_tables *out, struct um_err *err);

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
    char *table;                                 /* of a trigger */
    char *definer;                               /* `user`@`host` */
    char *create_sql;                            /* as SHOW CREATE prints it */
    char *sql_mode;                              /* under which it was made; NULL for views */
    char *charset_client, *collation_connection; /* likewise */
    char *trigger_order; /* "FOLLOWS `x`" or NULL: several triggers of one event keep their order */
};
struct um_objects {
    struct um_object *items;
    size_t count, cap;
};
/* Views, triggers, routines and events of the schemas that hold a wanted table; triggers and
   views only where the filter wants them (or a view's schema holds wanted tables). */
int um_catalog_objects(struct um_conn *c, um_catalog_filter *want, void *context,
                       struct um_objects *out, struct um_err *err);
void um_objects_clear(struct um_objects *o);
const char *um_object_kind_name(enum um_object_kind k); /* "VIEW", … */

/* CREATE DATABASE text of a schema (charset and collation kept). */
int um_catalog_schema_sql(struct um_conn *c, const char *schema, char **sql, struct um_err *err);

#endif
