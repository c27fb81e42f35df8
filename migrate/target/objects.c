#include "target/target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

/* Past a quoted string or identifier that starts at p, or p + 1 for any other character. */
static const char *skip_token(const char *p)
{
    return *p == '\'' || *p == '"' || *p == '`' ? um_skip_quoted(p) : p + 1;
}

/* The first occurrence of `word` outside quotes, before `limit` words of the text end. */
static const char *find_outside_quotes(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = text; *p; p = skip_token(p)) {
        if (strncasecmp(p, word, len) == 0)
            return p;
    }
    return NULL;
}

/* DEFINER=`user`@`host` out of the statement's head: the object then belongs to who runs it. */
char *um_target_without_definer(const char *sql)
{
    const char *at = find_outside_quotes(sql, "DEFINER=");
    if (!at || at - sql > 64)
        return um_strdup(sql);
    const char *end = skip_token(at + 8); /* the user */
    while (*end && *end != ' ')
        end = skip_token(end); /* @ and the host */
    struct um_buf out = {0};
    um_buf_add(&out, sql, (size_t)(at - sql));
    um_buf_str(&out, *end == ' ' ? end + 1 : end);
    return um_buf_take(&out);
}

/* An event must not fire on the target before the cutover: created disabled, never enabled in
   between. */
static char *disabled_event(const char *sql)
{
    const char *at = find_outside_quotes(sql, " ON COMPLETION ");
    if (!at)
        return um_strdup(sql);
    const char *status = strstr(at, "PRESERVE ");
    if (!status)
        return um_strdup(sql);
    status += 9;
    const char *rest = status;
    if (strncmp(rest, "ENABLE", 6) == 0)
        rest += 6;
    else if (strncmp(rest, "DISABLE ON ", 11) == 0)
        rest += 11 + strcspn(rest + 11, " ");
    else if (strncmp(rest, "DISABLE", 7) == 0)
        rest += 7;
    struct um_buf out = {0};
    um_buf_add(&out, sql, (size_t)(status - sql));
    um_buf_str(&out, "DISABLE");
    um_buf_str(&out, rest);
    return um_buf_take(&out);
}

/* The collation in which the object compares its literals. Where the target has none of the name,
   its own default for utf8mb4 stays. */
static int use_collation(const struct um_job *job, struct um_conn *ddl, const struct um_object *o,
                         struct um_err *err)
{
    const struct um_ddl_target to = {.source_flavour = job->source.flavour,
                                     .target_flavour = job->target.flavour,
                                     .source_version = job->source.version,
                                     .target_version = job->target.version};
    struct um_buf name = {0};
    bool known = um_ddl_collation(o->collation_connection, &to, &name);
    int result = known ? um_exec(ddl, err,
                                 "SET character_set_client=utf8mb4, character_set_results=utf8mb4, "
                                 "collation_connection=%s",
                                 name.data)
                       : um_exec(ddl, err, "SET NAMES utf8mb4");
    if (!known && result == 0)
        um_warn("%s `%s`.`%s` was made under the collation %s, which the target lacks: it compares "
                "its literals by the target's default for utf8mb4.",
                um_object_kind_name(o->kind), o->schema, o->name, o->collation_connection);
    um_buf_free(&name);
    return result;
}

static int use_context(const struct um_job *job, struct um_conn *ddl, const struct um_object *o,
                       struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "USE ");
    um_quote_ident(&sql, o->schema);
    int result = um_exec_bytes(ddl, sql.data, sql.len, err);
    um_buf_clear(&sql);
    if (result == 0 && o->sql_mode) {
        /* Modes that only old servers know cannot be set; what they did to the text is printed in
           it already. */
        static const char *const gone[] = {"NO_AUTO_CREATE_USER", "NO_FIELD_OPTIONS",
                                           "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"};
        um_buf_char(&sql, ',');
        um_buf_str(&sql, o->sql_mode);
        um_buf_char(&sql, ',');
        for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
            char *at = strstr(sql.data, gone[i]);
            if (at && at[-1] == ',' && at[strlen(gone[i])] == ',')
                memmove(at, at + strlen(gone[i]) + 1, strlen(at + strlen(gone[i]) + 1) + 1);
        }
        sql.data[strlen(sql.data) - 1] = '\0';
        result = um_exec(ddl, err, "SET SESSION sql_mode='%s'", sql.data + (sql.data[1] ? 1 : 0));
    }
    if (result == 0 && o->charset_client && o->collation_connection)
        result = use_collation(job, ddl, o, err);
    /* An event's schedule is in its creator's time zone. */
    if (result == 0 && o->time_zone) {
        um_buf_clear(&sql);
        um_buf_str(&sql, "SET time_zone=");
        um_quote_text(&sql, o->time_zone);
        result = um_exec_bytes(ddl, sql.data, sql.len, err);
    }
    um_buf_free(&sql);
    return result;
}

static int drop_object(struct um_conn *ddl, const struct um_object *o, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_fmt(&sql, "DROP %s IF EXISTS ", um_object_kind_name(o->kind));
    um_quote_table(&sql, o->schema, o->name);
    int result = um_exec_bytes(ddl, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* Past FOR EACH ROW, however it is spaced; NULL where it does not stand. */
static const char *past_for_each_row(const char *sql)
{
    static const char *const words[] = {"FOR", "EACH", "ROW"};
    for (const char *at = sql; *at; at = skip_token(at)) {
        const char *p = at;
        size_t i = 0;
        for (; i < 3 && strncasecmp(p, words[i], strlen(words[i])) == 0; i++)
            p = i < 2 ? skip_blanks(p + strlen(words[i])) : p + strlen(words[i]);
        if (i == 3)
            return p;
    }
    return NULL;
}

/* "CREATE … TRIGGER `t` AFTER INSERT ON `x` FOR EACH ROW FOLLOWS `u` …": SHOW CREATE leaves the
   order out. */
static char *with_trigger_order(char *sql, const char *order)
{
    const char *at = order ? past_for_each_row(sql) : NULL;
    if (!at)
        return sql;
    struct um_buf out = {0};
    um_buf_add(&out, sql, (size_t)(at - sql));
    /* MariaDB cuts it out again and keeps the blanks around it: no more than there are. */
    um_buf_fmt(&out, " %s%s", order, skip_blanks(at) == at ? " " : "");
    um_buf_str(&out, at);
    free(sql);
    return um_buf_take(&out);
}

static int create_object(struct um_job *job, struct um_conn *ddl, const struct um_object *o,
                         struct um_err *err)
{
    char *sql = job->config->copy.definer == UM_DEFINER_CURRENT
                    ? um_target_without_definer(o->create_sql)
                    : um_strdup(o->create_sql);
    if (o->kind == UM_OBJ_EVENT) {
        char *disabled = disabled_event(sql);
        free(sql);
        sql = disabled;
    }
    if (o->kind == UM_OBJ_TRIGGER)
        sql = with_trigger_order(sql, o->trigger_order);
    int result =
        um_state_add_object(job->state, um_object_kind_name(o->kind), o->schema, o->name, err);
    if (result == 0)
        result = use_context(job, ddl, o, err);
    if (result == 0)
        result = drop_object(ddl, o, err);
    if (result == 0)
        result = um_exec_bytes(ddl, sql, strlen(sql), err);
    free(sql);
    struct um_err ignored;
    um_exec(ddl, &ignored,
            "SET NAMES utf8mb4, SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
            "time_zone='+00:00'");
    return result;
}

static bool is_among(const struct um_objects *all, const struct um_object *o)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct um_object *x = &all->items[i];
        if (x->kind == o->kind && strcmp(x->schema, o->schema) == 0 &&
            strcmp(x->name, o->name) == 0)
            return true;
    }
    return false;
}

/*
 * Creates the objects of one kind, but for those that are `there`, again and again while that makes
 * progress: views and functions may need each other in any order.
 */
static int create_all(struct um_job *job, struct um_conn *ddl, const enum um_object_kind *kinds,
                      size_t kind_count, const struct um_objects *there, struct um_err *err)
{
    bool *done = um_alloc_array(job->objects.count, sizeof *done);
    for (size_t i = 0; i < job->objects.count; i++)
        done[i] = is_among(there, &job->objects.items[i]);
    size_t missing = 0, before;
    do {
        before = missing;
        missing = 0;
        for (size_t k = 0; k < kind_count; k++) {
            for (size_t i = 0; i < job->objects.count; i++) {
                const struct um_object *o = &job->objects.items[i];
                if (done[i] || o->kind != kinds[k])
                    continue;
                done[i] = create_object(job, ddl, o, err) == 0;
                if (!done[i]) {
                    missing++;
                    um_fail_in(err, "creating %s `%s`.`%s`", um_object_kind_name(o->kind),
                               o->schema, o->name);
                    if (um_err_is_lost(err))
                        goto out;
                }
            }
        }
    } while (missing && missing != before);
out:
    free(done);
    return missing ? -1 : 0;
}

static bool wanted(void *context, const char *schema, const char *name)
{
    return um_config_wants(context, schema, name);
}

int um_target_create_objects(struct um_job *job, struct um_conn *ddl, bool missing,
                             struct um_err *err)
{
    static const enum um_object_kind kinds[] = {UM_OBJ_FUNCTION, UM_OBJ_PROCEDURE, UM_OBJ_VIEW,
                                                UM_OBJ_EVENT};
    struct um_objects there = {0};
    int result = missing ? um_catalog_objects(ddl, wanted, (void *)job->config, &there, err) : 0;
    if (result == 0)
        result = create_all(job, ddl, kinds, sizeof kinds / sizeof *kinds, &there, err);
    um_objects_clear(&there);
    return result;
}

int um_target_create_triggers(struct um_job *job, struct um_conn *ddl, struct um_err *err)
{
    static const enum um_object_kind kinds[] = {UM_OBJ_TRIGGER};
    const struct um_objects none = {0};
    return create_all(job, ddl, kinds, 1, &none, err);
}

int um_target_drop_triggers(struct um_job *job, struct um_conn *ddl, struct um_err *err)
{
    for (size_t i = 0; i < job->data.object_count; i++) {
        const struct um_state_object *made = &job->data.objects[i];
        const struct um_object o = {
            .kind = UM_OBJ_TRIGGER, .schema = made->schema, .name = made->name};
        if (strcmp(made->kind, um_object_kind_name(UM_OBJ_TRIGGER)) == 0 &&
            drop_object(ddl, &o, err) != 0)
            return um_fail_in(err, "dropping trigger `%s`.`%s`", o.schema, o.name);
    }
    return 0;
}
