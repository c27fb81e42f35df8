#include "mysql/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "mysql/catalog_read.h"
#include "schema/ddl.h"

enum { ER_NO_SUCH_TABLE = 1146, ER_WRONG_OBJECT = 1347 };

/* Reading the tables of one schema at a time: a constant schema name keeps old servers from
   opening the tables of all the others. */
struct reader {
    struct um_conn *c;
    um_catalog_filter *want;
    void *context;
    struct um_tables *out;
    struct um_unread_tables *unread; /* NULL: the first failure ends the reading */
    const char *schema;
    size_t cap;
};

void um_unread_tables_clear(struct um_unread_tables *u)
{
    for (size_t i = 0; i < u->count; i++) {
        free(u->items[i].schema);
        free(u->items[i].name);
        free(u->items[i].why);
    }
    free(u->items);
    *u = (struct um_unread_tables){0};
}

/* After a failure over one table: 0 when the rest may be read nevertheless. */
static int set_aside(struct reader *r, const char *schema, const char *name, struct um_err *err)
{
    if (!r->unread || um_err_is_lost(err))
        return -1;
    um_grow(&r->unread->items, &r->unread->cap, r->unread->count + 1, sizeof *r->unread->items);
    r->unread->items[r->unread->count++] =
        (struct um_unread_table){um_strdup(schema), um_strdup(name), um_strdup(err->text), err->id};
    um_err_clear(err);
    return 0;
}

static struct um_table *find(struct reader *r, const char *name)
{
    return (struct um_table *)um_tables_find(r->out, r->schema, name);
}

static int take_table(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    if (!r->want(r->context, r->schema, v[0]))
        return 0;
    if (!v[1]) {
        const char *why = v[8] && *v[8] ? v[8] : "the server names no engine for it";
        um_fail(err, strstr(why, "concurrent DDL") ? UM_E_CATALOG_GONE : UM_E_CATALOG_BROKEN,
                "table %s.%s: %s", r->schema, v[0], why);
        return set_aside(r, r->schema, v[0], err);
    }
    struct um_table *t = um_alloc(sizeof *t);
    t->schema = um_strdup(r->schema);
    t->name = um_strdup(v[0]);
    t->engine = um_strdup(v[1]);
    t->collation = um_catalog_dup(v[2]);
    t->rows_estimate = v[3] ? strtoull(v[3], NULL, 10) : 0;
    t->data_bytes = v[4] ? strtoull(v[4], NULL, 10) : 0;
    t->index_bytes = v[5] ? strtoull(v[5], NULL, 10) : 0;
    t->partitioned = v[6] && strcasestr(v[6], "partitioned");
    t->versioned = v[7] && strcasecmp(v[7], "SYSTEM VERSIONED") == 0;
    um_grow(&r->out->items, &r->cap, r->out->count + 1, sizeof *r->out->items);
    r->out->items[r->out->count++] = t;
    return 0;
}

static enum um_generated read_generated(const char *extra)
{
    if (strcasestr(extra, "VIRTUAL GENERATED"))
        return UM_VIRTUAL;
    if (strcasestr(extra, "STORED GENERATED") || strcasestr(extra, "PERSISTENT"))
        return UM_STORED;
    /* MariaDB before 10.2 */
    return strcasecmp(extra, "VIRTUAL") == 0 ? UM_VIRTUAL : UM_NOT_GENERATED;
}

static int take_column(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    struct um_table *t = find(r, v[0]);
    (void)err;
    if (!t)
        return 0;
    t->columns = um_realloc(t->columns, (t->column_count + 1) * sizeof *t->columns);
    struct um_column *c = &t->columns[t->column_count++];
    const char *extra = v[7] ? v[7] : "", *expression = v[8] ? v[8] : "";
    *c = (struct um_column){
        .name = um_strdup(v[1]),
        .column_type = um_strdup(v[3]),
        .nullable = v[4] && strcasecmp(v[4], "YES") == 0,
        .charset = um_catalog_dup(v[5]),
        .collation = um_catalog_dup(v[6]),
        .auto_increment = strcasestr(extra, "auto_increment"),
        .invisible = strcasestr(extra, "INVISIBLE"),
        .generated = read_generated(extra),
        .srs = um_catalog_dup(v[9]),
    };
    c->system = strcasecmp(expression, "ROW START") == 0 || strcasecmp(expression, "ROW END") == 0;
    um_column_set_type(c, v[2] ? v[2] : "");
    return 0;
}

static enum um_index_kind read_index_kind(const struct um_table *t, const char *type, bool unique)
{
    bool memory = !strcasecmp(t->engine, "MEMORY") || !strcasecmp(t->engine, "HEAP");
    if (strcasecmp(type, "BTREE") == 0)
        return UM_INDEX_BTREE;
    /* Where InnoDB is asked for a hash it builds a B-tree, but MariaDB a hash for UNIQUE. */
    if (strcasecmp(type, "HASH") == 0)
        return unique || memory || strcasecmp(t->engine, "InnoDB") != 0 ? UM_INDEX_HASH
                                                                        : UM_INDEX_BTREE;
    if (strcasecmp(type, "FULLTEXT") == 0)
        return UM_INDEX_FULLTEXT;
    if (strcasecmp(type, "SPATIAL") == 0 || strcasecmp(type, "RTREE") == 0)
        return UM_INDEX_SPATIAL;
    if (strcasecmp(type, "VECTOR") == 0)
        return UM_INDEX_VECTOR;
    return UM_INDEX_HASH; /* of no use for ordering */
}

static struct um_index *find_index(struct um_table *t, const char *name)
{
    for (size_t i = 0; i < t->index_count; i++) {
        if (strcmp(t->indexes[i].name, name) == 0)
            return &t->indexes[i];
    }
    t->indexes = um_realloc(t->indexes, (t->index_count + 1) * sizeof *t->indexes);
    struct um_index *index = &t->indexes[t->index_count++];
    *index = (struct um_index){.name = um_strdup(name), .primary = strcmp(name, "PRIMARY") == 0};
    return index;
}

static int take_index(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    struct um_table *t = find(r, v[0]);
    (void)err;
    if (!t)
        return 0;
    struct um_index *index = find_index(t, v[1]);
    index->unique = v[2] && strcmp(v[2], "0") == 0;
    index->kind = read_index_kind(t, v[6] ? v[6] : "", index->unique);
    index->invisible = v[7] && strcmp(v[7], "1") == 0;
    index->parts = um_realloc(index->parts, (index->part_count + 1) * sizeof *index->parts);
    bool has_prefix = index->kind == UM_INDEX_BTREE || index->kind == UM_INDEX_HASH;
    index->parts[index->part_count++] = (struct um_index_part){
        .column = v[3] ? um_table_column(t, v[3]) : -1,
        .prefix = v[4] && has_prefix ? (uint32_t)strtoul(v[4], NULL, 10) : 0,
        .descending = v[5] && strcmp(v[5], "D") == 0,
    };
    return 0;
}

static bool is_cascade(const char *rule)
{
    return rule && strcasecmp(rule, "CASCADE") == 0;
}

static bool does_cascade(const char *rule)
{
    return is_cascade(rule) ||
           (rule && (strcasecmp(rule, "SET NULL") == 0 || strcasecmp(rule, "SET DEFAULT") == 0));
}

static int take_foreign_key(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    struct um_table *t = find(r, v[0]);
    (void)err;
    if (!t)
        return 0;
    t->foreign_keys =
        um_realloc(t->foreign_keys, (t->foreign_key_count + 1) * sizeof *t->foreign_keys);
    t->foreign_keys[t->foreign_key_count++] = (struct um_foreign_key){
        .name = um_strdup(v[1]),
        .parent_schema = um_strdup(v[2] ? v[2] : r->schema),
        .parent_table = um_strdup(v[3] ? v[3] : ""),
        .cascades = does_cascade(v[4]) || does_cascade(v[5]),
        .cascades_rows = is_cascade(v[4]) || is_cascade(v[5]),
    };
    return 0;
}

static int take_foreign_key_part(void *context, const char *const *v, struct um_err *err)
{
    struct um_table *t = find(context, v[0]);
    (void)err;
    for (size_t i = 0; t && i < t->foreign_key_count; i++) {
        struct um_foreign_key *fk = &t->foreign_keys[i];
        if (strcmp(fk->name, v[1]) != 0)
            continue;
        fk->parts = um_realloc(fk->parts, (fk->part_count + 1) * sizeof *fk->parts);
        fk->parts[fk->part_count++] = (struct um_foreign_key_part){
            .column = um_table_column(t, v[2]), .parent_column = um_strdup(v[3])};
    }
    return 0;
}

static int take_trigger(void *context, const char *const *v, struct um_err *err)
{
    struct um_table *t = find(context, v[0]);
    (void)err;
    if (t)
        t->has_triggers = true;
    return 0;
}

static int read_tables(struct reader *r, const char *schema, struct um_err *err)
{
    return um_catalog_each(r->c, take_table, r, err,
                           "SELECT table_name, engine, table_collation, table_rows, data_length, "
                           "index_length, create_options, table_type, table_comment "
                           "FROM information_schema.tables "
                           "WHERE table_schema=%s AND table_type IN " UM_CATALOG_TABLE_TYPES,
                           schema);
}

static int read_details(struct reader *r, const char *schema, struct um_err *err)
{
    struct um_conn *c = r->c;
    const char *expression = um_catalog_has(c, 50706, 100202) ? "generation_expression" : "NULL";
    const char *srs = um_catalog_has(c, 80003, 0) ? "srs_id" : "NULL";
    const char *hidden = um_catalog_has(c, 80000, 0)    ? "is_visible='NO'"
                         : um_catalog_has(c, 0, 100600) ? "ignored='YES'"
                                                        : "0";
    if (um_catalog_each(c, take_column, r, err,
                        "SELECT table_name, column_name, data_type, column_type, is_nullable, "
                        "character_set_name, collation_name, extra, %s, %s "
                        "FROM information_schema.columns WHERE table_schema=%s "
                        "ORDER BY table_name, ordinal_position",
                        expression, srs, schema) != 0)
        return -1;
    if (um_catalog_each(c, take_index, r, err,
                        "SELECT table_name, index_name, non_unique, column_name, sub_part, "
                        "collation, index_type, %s "
                        "FROM information_schema.statistics WHERE table_schema=%s "
                        "ORDER BY table_name, index_name, seq_in_index",
                        hidden, schema) != 0)
        return -1;
    if (um_catalog_each(c, take_foreign_key, r, err,
                        "SELECT table_name, constraint_name, unique_constraint_schema, "
                        "referenced_table_name, update_rule, delete_rule "
                        "FROM information_schema.referential_constraints "
                        "WHERE constraint_schema=%s ORDER BY table_name, constraint_name",
                        schema) != 0)
        return -1;
    if (um_catalog_each(c, take_foreign_key_part, r, err,
                        "SELECT table_name, constraint_name, column_name, referenced_column_name "
                        "FROM information_schema.key_column_usage "
                        "WHERE table_schema=%s AND constraint_schema=%s "
                        "AND referenced_column_name IS NOT NULL "
                        "ORDER BY table_name, constraint_name, ordinal_position",
                        schema, schema) != 0)
        return -1;
    return um_catalog_each(c, take_trigger, r, err,
                           "SELECT DISTINCT event_object_table FROM information_schema.triggers "
                           "WHERE event_object_schema=%s",
                           schema);
}

static int read_create(struct um_conn *c, struct um_table *t, struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_table(&name, t->schema, t->name);
    struct um_resultset *r = um_query(c, err, "SHOW CREATE TABLE %s", name.data);
    um_buf_free(&name);
    const char *const *v;
    const unsigned long *lengths;
    int rc = r ? um_result_next(r, &v, &lengths, err) : -1;
    if (rc < 0 && (err->server_code == ER_NO_SUCH_TABLE || err->server_code == ER_WRONG_OBJECT))
        um_fail(err, UM_E_CATALOG_GONE, "table %s.%s was dropped while the catalogue was read",
                t->schema, t->name);
    else if (rc < 0)
        um_fail_in(err, "SHOW CREATE TABLE %s.%s", t->schema, t->name);
    else if (rc == 0 || strcasecmp(um_result_column_name(r, 1), "Create Table") != 0)
        rc = um_fail(err, UM_E_CATALOG_GONE,
                     "table %s.%s became something else while the "
                     "catalogue was read",
                     t->schema, t->name);
    else if (!v[1])
        rc = um_fail(err, UM_E_CATALOG_HIDDEN,
                     "SHOW CREATE TABLE %s.%s is empty: the account needs SELECT on it", t->schema,
                     t->name);
    else
        t->create_sql = um_strdup(v[1]);
    um_result_close(r);
    return rc < 0 ? -1 : 0;
}

/* The place of an index in the server's text; behind all others when it is not there. */
static size_t place_of(const struct um_ddl *d, const struct um_index *index)
{
    if (index->primary)
        return 0;
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind != UM_DDL_COLUMN && d->parts[i].kind != UM_DDL_FOREIGN_KEY &&
            d->parts[i].name && strcasecmp(d->parts[i].name, index->name) == 0)
            return i + 1;
    }
    return d->part_count + 1;
}

static void order_indexes(struct um_table *t, const struct um_ddl *d)
{
    for (size_t i = 1; i < t->index_count; i++) {
        struct um_index index = t->indexes[i];
        size_t place = place_of(d, &index), k = i;
        for (; k > 0 && place_of(d, &t->indexes[k - 1]) > place; k--)
            t->indexes[k] = t->indexes[k - 1];
        t->indexes[k] = index;
    }
}

/* information_schema and the text were read one after the other: they must tell the same. */
static bool same_columns(const struct um_table *t, const struct um_ddl *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind != UM_DDL_COLUMN)
            continue;
        if (n == t->column_count || strcmp(t->columns[n].name, d->parts[i].name) != 0)
            return false;
        n++;
    }
    return n == t->column_count;
}

static int complete(struct um_table *t, struct um_err *err)
{
    struct um_ddl *d = um_ddl_parse(t->create_sql, err);
    if (!d)
        return um_fail_in(err, "SHOW CREATE TABLE %s.%s", t->schema, t->name);
    int rc = 0;
    if (same_columns(t, d)) {
        order_indexes(t, d);
        t->auto_increment = um_ddl_auto_increment(d);
    } else {
        rc = um_fail(err, UM_E_CATALOG_GONE,
                     "table %s.%s was altered while the catalogue was read, or the account has no "
                     "privilege on some of its columns",
                     t->schema, t->name);
    }
    um_ddl_delete(d);
    return rc;
}

static int read_texts(struct reader *r, struct um_err *err)
{
    struct um_tables *out = r->out;
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < out->count; i++) {
        struct um_table *t = out->items[i];
        if (rc == 0 && (read_create(r->c, t, err) != 0 || complete(t, err) != 0)) {
            if ((rc = set_aside(r, t->schema, t->name, err)) == 0) {
                um_table_delete(t);
                continue;
            }
        }
        out->items[kept++] = t;
    }
    out->count = kept;
    return rc;
}

int um_catalog_tables(struct um_conn *c, um_catalog_filter *want, void *context,
                      struct um_tables *out, struct um_err *err)
{
    enum { ATTEMPTS = 20, PAUSE_US = 200000 };
    for (int i = 1;; i++) {
        int result = um_catalog_tables_each(c, want, context, out, NULL, err);
        if (result == 0 || err->id != UM_E_CATALOG_GONE || i == ATTEMPTS)
            return result;
        if (um_sleep_us(PAUSE_US) != 0)
            return um_fail(err, UM_E_STOPPED, "stopped while the catalogue was read");
        um_err_clear(err);
    }
}

int um_catalog_tables_each(struct um_conn *c, um_catalog_filter *want, void *context,
                           struct um_tables *out, struct um_unread_tables *unread,
                           struct um_err *err)
{
    struct um_strv schemas = {0};
    struct um_buf schema = {0};
    struct reader r = {.c = c, .want = want, .context = context, .out = out, .unread = unread};
    int rc = -1;
    *out = (struct um_tables){0};
    if (um_catalog_schemas(c, want, context, &schemas, err) != 0)
        goto out;
    for (size_t i = 0; i < schemas.count; i++) {
        um_buf_clear(&schema);
        um_quote_text(&schema, r.schema = schemas.items[i]);
        if (read_tables(&r, schema.data, err) != 0)
            goto out;
    }
    um_tables_sort(out);
    for (size_t i = 0; i < schemas.count; i++) {
        um_buf_clear(&schema);
        um_quote_text(&schema, r.schema = schemas.items[i]);
        if (read_details(&r, schema.data, err) != 0)
            goto out;
    }
    rc = read_texts(&r, err);
out:
    if (rc != 0)
        um_tables_delete(out);
    um_buf_free(&schema);
    um_strv_clear(&schemas);
    return rc;
}
