#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mysql/catalog_read.h"
#include "schema/ddl.h"

struct reader {
    struct um_conn *c;
    um_catalog_filter *want;
    void *context;
    struct um_objects *out;
    const char *schema;
    /* The triggers so far: where each hangs ("schema.table BEFORE INSERT") and its name. */
    struct um_strv trigger_places, trigger_names;
};

const char *um_object_kind_name(enum um_object_kind k)
{
    static const char *const names[] = {
        [UM_OBJ_VIEW] = "VIEW",           [UM_OBJ_TRIGGER] = "TRIGGER",
        [UM_OBJ_PROCEDURE] = "PROCEDURE", [UM_OBJ_FUNCTION] = "FUNCTION",
        [UM_OBJ_EVENT] = "EVENT",
    };
    return names[k];
}

void um_objects_clear(struct um_objects *o)
{
    for (size_t i = 0; i < o->count; i++) {
        struct um_object *x = &o->items[i];
        free(x->schema);
        free(x->name);
        free(x->table);
        free(x->definer);
        free(x->create_sql);
        free(x->sql_mode);
        free(x->charset_client);
        free(x->collation_connection);
        free(x->trigger_order);
        free(x->time_zone);
    }
    free(o->items);
    *o = (struct um_objects){0};
}

/* user@host of information_schema as `user`@`host`; a role has no host. */
static char *quoted_account(const char *account)
{
    struct um_buf out = {0};
    if (!account)
        return NULL;
    const char *at = strrchr(account, '@');
    char *user = um_memdup(account, at ? (size_t)(at - account) : strlen(account));
    um_quote_ident(&out, user);
    if (at) {
        um_buf_char(&out, '@');
        um_quote_ident(&out, at + 1);
    }
    free(user);
    return um_buf_take(&out);
}

static struct um_object *add(struct reader *r, enum um_object_kind kind, const char *name,
                             const char *definer)
{
    struct um_objects *o = r->out;
    um_grow(&o->items, &o->cap, o->count + 1, sizeof *o->items);
    struct um_object *x = &o->items[o->count++];
    *x = (struct um_object){
        .kind = kind,
        .schema = um_strdup(r->schema),
        .name = um_strdup(name),
        .definer = quoted_account(definer),
    };
    return x;
}

static int take_view(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    (void)err;
    if (r->want(r->context, r->schema, v[0]))
        add(r, UM_OBJ_VIEW, v[0], v[1]);
    return 0;
}

static int take_trigger(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    (void)err;
    if (!r->want(r->context, r->schema, v[2]))
        return 0;
    struct um_object *x = add(r, UM_OBJ_TRIGGER, v[0], v[1]);
    x->table = um_strdup(v[2]);
    char *place = um_sprintf("%s.%s %s %s", r->schema, v[2], v[3], v[4]);
    for (size_t i = r->trigger_places.count; i > 0 && !x->trigger_order; i--) {
        if (strcmp(r->trigger_places.items[i - 1], place) != 0)
            continue;
        struct um_buf order = {0};
        um_buf_str(&order, "FOLLOWS ");
        um_quote_ident(&order, r->trigger_names.items[i - 1]);
        x->trigger_order = um_buf_take(&order);
    }
    um_strv_add(&r->trigger_places, place);
    um_strv_add(&r->trigger_names, v[0]);
    free(place);
    return 0;
}

static int take_routine(void *context, const char *const *v, struct um_err *err)
{
    struct reader *r = context;
    if (strcasecmp(v[2], "PROCEDURE") == 0)
        add(r, UM_OBJ_PROCEDURE, v[0], v[1]);
    else if (strcasecmp(v[2], "FUNCTION") == 0)
        add(r, UM_OBJ_FUNCTION, v[0], v[1]);
    else
        return um_fail(err, UM_E_CATALOG_UNKNOWN, "%s %s.%s cannot be carried over", v[2],
                       r->schema, v[0]);
    return 0;
}

static int take_event(void *context, const char *const *v, struct um_err *err)
{
    (void)err;
    add(context, UM_OBJ_EVENT, v[0], v[1]);
    return 0;
}

/* Everything of one schema by name. Triggers come in the order in which they fire. */
static int list_objects(struct reader *r, const char *schema, struct um_err *err)
{
    struct um_conn *c = r->c;
    if (um_catalog_each(c, take_view, r, err,
                        "SELECT table_name, definer FROM information_schema.views "
                        "WHERE table_schema=%s ORDER BY table_name",
                        schema) != 0 ||
        um_catalog_each(c, take_routine, r, err,
                        "SELECT routine_name, definer, routine_type "
                        "FROM information_schema.routines WHERE routine_schema=%s "
                        "ORDER BY routine_type, routine_name",
                        schema) != 0)
        return -1;
    if (um_catalog_has(c, 90200, 0) &&
        um_catalog_each(c, take_routine, r, err,
                        "SELECT library_name, creator, 'LIBRARY' "
                        "FROM information_schema.libraries WHERE library_schema=%s",
                        schema) != 0)
        return -1;
    if (um_catalog_each(c, take_trigger, r, err,
                        "SELECT trigger_name, definer, event_object_table, action_timing, "
                        "event_manipulation "
                        "FROM information_schema.triggers WHERE trigger_schema=%s "
                        "ORDER BY event_object_table, event_manipulation, action_timing, "
                        "action_order, created, trigger_name",
                        schema) != 0)
        return -1;
    return um_catalog_each(c, take_event, r, err,
                           "SELECT event_name, definer FROM information_schema.events "
                           "WHERE event_schema=%s ORDER BY event_name",
                           schema);
}

static char *column_value(struct um_resultset *r, const char *const *v, const char *name)
{
    for (unsigned i = 0; i < um_result_columns(r); i++) {
        if (strcasecmp(um_result_column_name(r, i), name) == 0)
            return um_catalog_dup(v[i]);
    }
    return NULL;
}

static const char *needed_privilege(struct um_conn *c, enum um_object_kind kind)
{
    switch (kind) {
    case UM_OBJ_VIEW:
        return "SELECT and SHOW VIEW on it";
    case UM_OBJ_TRIGGER:
        return "TRIGGER on its table";
    case UM_OBJ_EVENT:
        return "EVENT on its schema";
    default:
        return um_catalog_has(c, 80020, 0)    ? "SHOW_ROUTINE"
               : um_catalog_has(c, 0, 110300) ? "SHOW CREATE ROUTINE on its schema"
                                              : "SELECT on mysql.proc";
    }
}

static int fail_create(struct um_conn *c, const struct um_object *x, int rc, struct um_err *err)
{
    enum { NO_TRIGGER = 1360, NO_ROUTINE = 1305, NO_EVENT = 1539, NO_TABLE = 1146, NO_VIEW = 1347 };
    const char *kind = um_object_kind_name(x->kind);
    unsigned code = rc < 0 ? err->server_code : 0;
    if (rc >= 0)
        return um_fail(err, UM_E_CATALOG_HIDDEN,
                       "%s %s.%s: the server does not show its text; the account needs %s", kind,
                       x->schema, x->name, needed_privilege(c, x->kind));
    if (code == NO_TRIGGER || code == NO_ROUTINE || code == NO_EVENT || code == NO_TABLE ||
        code == NO_VIEW)
        return um_fail(err, UM_E_CATALOG_GONE,
                       "%s %s.%s was dropped while the catalogue was read, or the account needs %s",
                       kind, x->schema, x->name, needed_privilege(c, x->kind));
    um_fail_in(err, "SHOW CREATE %s %s.%s (it asks for %s)", kind, x->schema, x->name,
               needed_privilege(c, x->kind));
    return -1;
}

static int show_create(struct um_conn *c, struct um_object *x, struct um_err *err)
{
    static const char *const text_columns[] = {
        [UM_OBJ_VIEW] = "Create View",           [UM_OBJ_TRIGGER] = "SQL Original Statement",
        [UM_OBJ_PROCEDURE] = "Create Procedure", [UM_OBJ_FUNCTION] = "Create Function",
        [UM_OBJ_EVENT] = "Create Event",
    };
    struct um_buf name = {0};
    const char *const *v;
    const unsigned long *lengths;
    um_quote_table(&name, x->schema, x->name);
    struct um_resultset *r =
        um_query(c, err, "SHOW CREATE %s %s", um_object_kind_name(x->kind), name.data);
    um_buf_free(&name);
    int rc = r ? um_result_next(r, &v, &lengths, err) : -1;
    if (rc == 1) {
        free(x->create_sql);
        free(x->sql_mode);
        free(x->charset_client);
        free(x->collation_connection);
        free(x->time_zone);
        x->create_sql = column_value(r, v, text_columns[x->kind]);
        x->sql_mode = column_value(r, v, "sql_mode");
        x->charset_client = column_value(r, v, "character_set_client");
        x->collation_connection = column_value(r, v, "collation_connection");
        x->time_zone = column_value(r, v, "time_zone");
    }
    um_result_close(r);
    if (rc != 1 || !x->create_sql || !*x->create_sql)
        return fail_create(c, x, rc, err);
    return 0;
}

static bool is_utf8_name(const char *charset)
{
    return !charset || strncasecmp(charset, "utf8", 4) == 0 || strcasecmp(charset, "ascii") == 0;
}

/*
 * The text of a routine, trigger or event is kept in the charset of the client that made it. In a
 * UTF-8 one the bytes are taken as they are, whatever literals hold; otherwise the server converts.
 */
static int read_text(struct um_conn *c, struct um_object *x, struct um_err *err)
{
    struct um_err ignored;
    if (show_create(c, x, err) != 0)
        return -1;
    if (x->kind == UM_OBJ_VIEW || is_utf8_name(x->charset_client))
        return 0;
    if (um_exec(c, err, "SET character_set_results=utf8mb4") != 0)
        return -1;
    int rc = show_create(c, x, err);
    if (um_exec(c, rc == 0 ? err : &ignored, "SET character_set_results=NULL") != 0)
        rc = -1;
    return rc;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/*
 * MySQL 5.x prints a literal of a view empty when it was converted to another charset than
 * UTF-8; information_schema has the body as it was written, less the check option.
 */
static int repair_view(struct um_conn *c, struct um_object *x, struct um_err *err)
{
    struct um_buf schema = {0}, name = {0};
    char *body = NULL, *option = NULL;
    um_quote_text(&schema, x->schema);
    um_quote_text(&name, x->name);
    const char *const *v;
    const unsigned long *lengths;
    struct um_resultset *r =
        um_query(c, err,
                 "SELECT view_definition, check_option FROM information_schema.views "
                 "WHERE table_schema=%s AND table_name=%s",
                 schema.data, name.data);
    int rc = r ? um_result_next(r, &v, &lengths, err) : -1;
    if (rc == 1) {
        body = um_catalog_dup(v[0]);
        option = um_catalog_dup(v[1]);
    }
    um_result_close(r);
    char *as = strstr(x->create_sql, " AS select ");
    if (body && as && !is_ascii(body)) {
        struct um_buf text = {0};
        um_buf_add(&text, x->create_sql, (size_t)(as - x->create_sql) + 4);
        um_buf_str(&text, body);
        if (option && strcasecmp(option, "NONE") != 0)
            um_buf_fmt(&text, " WITH %s CHECK OPTION", option);
        free(x->create_sql);
        x->create_sql = um_buf_take(&text);
    }
    free(body);
    free(option);
    um_buf_free(&schema);
    um_buf_free(&name);
    return rc < 0 ? -1 : 0;
}

static int read_texts(struct reader *r, struct um_err *err)
{
    bool old_mysql = !um_catalog_has(r->c, 80000, 1);
    for (size_t i = 0; i < r->out->count; i++) {
        struct um_object *x = &r->out->items[i];
        if (read_text(r->c, x, err) != 0 ||
            (x->kind == UM_OBJ_VIEW && old_mysql && repair_view(r->c, x, err) != 0))
            return -1;
    }
    return 0;
}

int um_catalog_objects(struct um_conn *c, um_catalog_filter *want, void *context,
                       struct um_objects *out, struct um_err *err)
{
    struct um_strv schemas = {0};
    struct um_buf schema = {0};
    struct reader r = {.c = c, .want = want, .context = context, .out = out};
    int rc = um_catalog_schemas(c, want, context, &schemas, err);
    *out = (struct um_objects){0};
    for (size_t i = 0; rc == 0 && i < schemas.count; i++) {
        um_buf_clear(&schema);
        um_quote_text(&schema, r.schema = schemas.items[i]);
        rc = list_objects(&r, schema.data, err);
    }
    if (rc == 0)
        rc = read_texts(&r, err);
    if (rc != 0)
        um_objects_clear(out);
    um_strv_clear(&r.trigger_places);
    um_strv_clear(&r.trigger_names);
    um_buf_free(&schema);
    um_strv_clear(&schemas);
    return rc;
}
