#include <stdlib.h>
#include <string.h>

#include "ddl/ddl.h"

/* Whether a DDL took effect is told by what it concerns, before and after. */

static const char WITH_IDS[] = "with ids\n";

static int print_definition(struct um_conn *c, const char *schema, const char *name,
                            struct um_buf *out, struct um_err *err)
{
    enum { NO_SUCH_TABLE = 1146, NO_SUCH_SCHEMA = 1049 };
    struct um_buf quoted = {0};
    um_quote_table(&quoted, schema, name);
    um_buf_str(&quoted, ": ");
    if (out->data && strstr(out->data, quoted.data)) { /* said already */
        um_buf_free(&quoted);
        return 0;
    }
    quoted.data[quoted.len -= 2] = '\0';
    struct um_resultset *rows = um_query(c, err, "SHOW CREATE TABLE %s", quoted.data);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? um_result_next(rows, &v, &l, err) : -1;
    if (more > 0) {
        char *definition = um_job_fingerprint(v[1] ? v[1] : "");
        um_buf_fmt(out, "%s: %s\n", quoted.data, definition);
        free(definition);
    } else if (more < 0 &&
               (err->server_code == NO_SUCH_TABLE || err->server_code == NO_SUCH_SCHEMA)) {
        um_err_clear(err);
        um_buf_fmt(out, "%s: none\n", quoted.data);
        more = 0;
    }
    um_result_close(rows);
    um_buf_free(&quoted);
    return more < 0 ? -1 : 0;
}

static bool is_plain(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* InnoDB's own numbers, which go with the rows. */
static int print_ids(struct um_conn *c, const char *schema, const char *name, struct um_buf *out,
                     struct um_err *err)
{
    bool mariadb = um_conn_server(c)->flavour == UM_MARIADB;
    if (!is_plain(schema) || !is_plain(name))
        return um_fail(err, UM_E_FOLLOW_DDL,
                       "whether a statement took effect that exchanges the rows of `%s`.`%s` "
                       "could not be told after a crash, because of the name",
                       schema, name);
    struct um_resultset *rows =
        um_query(c, err,
                 "SELECT name, table_id FROM information_schema.%s WHERE LOWER(name)='%s/%s' OR "
                 "LOWER(name) LIKE '%s/%s#p#%%' ORDER BY name",
                 mariadb ? "innodb_sys_tables" : "innodb_tables", schema, name, schema, name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? 0 : -1;
    while (rows && (more = um_result_next(rows, &v, &l, err)) > 0)
        um_buf_fmt(out, "%s=%s\n", v[0], v[1]);
    um_result_close(rows);
    return more < 0 ? um_fail_in(err,
                                 "telling apart which rows `%s`.`%s` has (the account on the "
                                 "target needs PROCESS for this DDL)",
                                 schema, name)
                    : 0;
}

static int print(struct um_conn *c, const struct um_effects *effects, bool ids, struct um_buf *out,
                 struct um_err *err)
{
    um_buf_str(out, ids ? WITH_IDS : "");
    for (size_t i = 0; i < effects->count; i++) {
        const struct um_effect *e = &effects->items[i];
        const char *names[][2] = {{e->schema, e->name}, {e->new_schema, e->new_name}};
        for (size_t k = 0; k < 2 && names[k][0]; k++) {
            if (print_definition(c, names[k][0], names[k][1], out, err) != 0 ||
                (ids && print_ids(c, names[k][0], names[k][1], out, err) != 0))
                return -1;
        }
    }
    um_buf_add(out, "", 0);
    return 0;
}

/* Two tables of one definition, but for the name in it. */
static bool two_alike(const char *definitions)
{
    static const char head[] = ": CREATE TABLE ";
    for (const char *a = strstr(definitions, head); a; a = strstr(a + 1, head)) {
        const char *body = strchr(a, '\n');
        for (const char *b = strstr(a + 1, head); body && b; b = strstr(b + 1, head)) {
            const char *other = strchr(b, '\n'), *end = strstr(body, "\n)");
            if (other && end && strncmp(body, other, (size_t)(end - body) + 2) == 0)
                return true;
        }
    }
    return false;
}

int um_ddl_fingerprint(struct um_conn *c, const struct um_ddl_decision *decision,
                       const struct um_effects *effects, struct um_buf *out, struct um_err *err)
{
    if (!decision->swaps_rows && print(c, effects, false, out, err) != 0)
        return -1;
    if (!decision->swaps_rows && !(decision->permutes && two_alike(out->data)))
        return 0;
    um_buf_clear(out);
    return print(c, effects, true, out, err);
}

int um_ddl_took_effect(struct um_conn *c, const struct um_state_ddl *ddl, bool *out,
                       struct um_err *err)
{
    struct um_buf now = {0};
    bool ids = strncmp(ddl->before, WITH_IDS, strlen(WITH_IDS)) == 0;
    int result = print(c, &ddl->effects, ids, &now, err);
    *out = result == 0 && *ddl->before && strcmp(now.data, ddl->before) != 0;
    um_buf_free(&now);
    return result;
}
