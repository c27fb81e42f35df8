#include "mysql/catalog_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/ddl.h"

int um_catalog_each(struct um_conn *c, um_catalog_row *take, void *context, struct um_err *err,
                    const char *fmt, ...)
{
    struct um_buf sql = {0};
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(&sql, fmt, args);
    va_end(args);
    struct um_resultset *r = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    if (!r)
        return -1;
    const char *const *values;
    const unsigned long *lengths;
    int rc;
    while ((rc = um_result_next(r, &values, &lengths, err)) == 1) {
        if (take(context, values, err) != 0) {
            rc = -1;
            break;
        }
    }
    um_result_close(r);
    return rc;
}

bool um_catalog_has(struct um_conn *c, unsigned mysql_since, unsigned mariadb_since)
{
    const struct um_server *s = um_conn_server(c);
    unsigned since = s->flavour == UM_MARIADB ? mariadb_since : mysql_since;
    return since && s->version >= since;
}

char *um_catalog_dup(const char *text)
{
    return text ? um_strdup(text) : NULL;
}

/* Old servers open a table for every other column that is asked for: these two are cheap. */
#define LIST_TABLES                                                                                \
    "SELECT table_schema, table_name FROM information_schema.tables "                              \
    "WHERE table_schema NOT IN ('information_schema','performance_schema') "                       \
    "AND table_type IN " UM_CATALOG_TABLE_TYPES

struct schema_search {
    um_catalog_filter *want;
    void *context;
    struct um_strv *found;
};

static int take_schema(void *context, const char *const *v, struct um_err *err)
{
    struct schema_search *s = context;
    (void)err;
    if (!s->want(s->context, v[0], v[1]))
        return 0;
    for (size_t i = 0; i < s->found->count; i++) {
        if (strcmp(s->found->items[i], v[0]) == 0)
            return 0;
    }
    um_strv_add(s->found, v[0]);
    return 0;
}

int um_catalog_schemas(struct um_conn *c, um_catalog_filter *want, void *context,
                       struct um_strv *schemas, struct um_err *err)
{
    struct schema_search s = {want, context, schemas};
    return um_catalog_each(c, take_schema, &s, err, LIST_TABLES);
}

static int take_name(void *context, const char *const *v, struct um_err *err)
{
    (void)err;
    um_strv_add(context, v[0]);
    um_strv_add(context, v[1]);
    return 0;
}

int um_catalog_table_names(struct um_conn *c, struct um_strv *names, struct um_err *err)
{
    return um_catalog_each(c, take_name, names, err, LIST_TABLES);
}

int um_catalog_schema_sql(struct um_conn *c, const char *schema, char **sql, struct um_err *err)
{
    struct um_buf name = {0}, text = {0};
    const char *const *v;
    const unsigned long *lengths;
    um_quote_text(&name, schema);
    struct um_resultset *r =
        um_query(c, err,
                 "SELECT default_character_set_name, default_collation_name, %s "
                 "FROM information_schema.schemata WHERE schema_name=%s",
                 um_catalog_has(c, 80016, 0) ? "default_encryption" : "'NO'", name.data);
    int rc = r ? um_result_next(r, &v, &lengths, err) : -1;
    if (rc == 0) {
        rc = um_fail(err, UM_E_CATALOG_GONE, "schema %s was dropped, or the account may not see it",
                     schema);
    } else if (rc == 1) {
        um_buf_str(&text, "CREATE DATABASE IF NOT EXISTS ");
        um_quote_ident(&text, schema);
        um_buf_fmt(&text, " CHARACTER SET %s COLLATE %s", v[0], v[1]);
        if (v[2] && strcasecmp(v[2], "YES") == 0)
            um_buf_str(&text, " DEFAULT ENCRYPTION='Y'");
        *sql = um_buf_take(&text);
        rc = 0;
    }
    um_result_close(r);
    um_buf_free(&name);
    return rc;
}
