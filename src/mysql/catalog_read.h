#ifndef UM_MYSQL_CATALOG_READ_H
#define UM_MYSQL_CATALOG_READ_H

#include "base/mem.h"
#include "mysql/catalog.h"

/* What catalog.c and catalog_objects.c share. */

/* Kinds of information_schema.tables that rows or a definition can be read from as a table. */
#define UM_CATALOG_TABLE_TYPES "('BASE TABLE','SYSTEM VERSIONED','SEQUENCE')"

/* Calls `take` for each row; stops at its first failure. The statement comes from fmt. */
typedef int um_catalog_row(void *context, const char *const *v, struct um_err *err);
int um_catalog_each(struct um_conn *c, um_catalog_row *take, void *context, struct um_err *err,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The schemas that hold a table which the filter wants, each once. */
int um_catalog_schemas(struct um_conn *c, um_catalog_filter *want, void *context,
                       struct um_strv *schemas, struct um_err *err);

/* The server has the feature from this version on; 0: never. */
bool um_catalog_has(struct um_conn *c, unsigned mysql_since, unsigned mariadb_since);

char *um_catalog_dup(const char *text); /* NULL stays NULL */

#endif
