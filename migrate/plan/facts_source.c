#include "plan/facts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ask.h"

/* What is read of the source. */

/* From this age on a transaction or a statement is told of. */
enum { LONG_SECONDS = 5 };

static int read_filters(struct um_conn *c, struct um_source_facts *s, struct um_err *err)
{
    bool renamed = s->side.server->flavour == UM_MYSQL && s->side.server->version >= 80200;
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    if (answered <= 0)
        return answered;
    s->filters_known = true;
    int more = um_result_next(r, &row, &lengths, err);
    if (more == 1) {
        s->binlog_do = um_strdup(um_ask_column(r, row, "Binlog_Do_DB", NULL));
        s->binlog_ignore = um_strdup(um_ask_column(r, row, "Binlog_Ignore_DB", NULL));
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

static int read_replicas(struct um_conn *c, struct um_source_facts *s, struct um_err *err)
{
    bool renamed = s->side.server->flavour == UM_MYSQL && s->side.server->version >= 80022;
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, renamed ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS"), more;
    if (answered <= 0)
        return answered;
    s->replicas_known = true;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_grow(&s->replicas, &s->replica_cap, s->replica_count + 1, sizeof *s->replicas);
        s->replicas[s->replica_count++] = (struct um_replica){
            .server_id =
                (uint32_t)strtoul(um_ask_column(r, row, "Server_Id", "Server_id"), NULL, 10),
            .host = um_strdup(um_ask_column(r, row, "Host", NULL)),
        };
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

/* Rows of id, seconds, user, state. */
static int read_sessions(struct um_conn *c, struct um_sessions *s, struct um_err *err,
                         const char *sql)
{
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, sql), more;
    if (answered <= 0)
        return answered;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items);
        s->items[s->count++] = (struct um_session){
            .id = row[0] ? strtoull(row[0], NULL, 10) : 0,
            .seconds = row[1] ? strtoull(row[1], NULL, 10) : 0,
            .user = um_strdup(row[2] ? row[2] : "?"),
            .state = um_strdup(row[3] ? row[3] : ""),
        };
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

/* Without PROCESS a server shows the account's own sessions alone, which is no answer. */
static int read_activity(struct um_conn *c, struct um_source_facts *s, struct um_err *err)
{
    if (!um_side_may(&s->side, "PROCESS", NULL, NULL))
        return 0;
    char *transactions =
        um_sprintf("SELECT t.trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, t.trx_started, "
                   /* trx_started is in the server's own zone, so it is compared in that. */
                   "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS age, p.user, p.state "
                   "FROM information_schema.innodb_trx t "
                   "LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
                   "WHERE t.trx_mysql_thread_id NOT IN (0, CONNECTION_ID()) "
                   "HAVING age >= %d ORDER BY age DESC LIMIT 1000",
                   LONG_SECONDS);
    char *queries = um_sprintf(
        "SELECT id, time, user, state FROM information_schema.processlist "
        "WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler') "
        "AND command NOT IN ('Sleep', 'Binlog Dump', 'Binlog Dump GTID', 'Daemon') "
        "AND (time >= %d OR state IN ('Waiting for global read lock', "
        "'Waiting for table flush', 'Waiting for backup lock', 'Waiting for commit lock')) "
        "ORDER BY time DESC LIMIT 1000",
        LONG_SECONDS);
    s->transactions.known = s->queries.known = true;
    int result = read_sessions(c, &s->transactions, err, transactions);
    if (result == 0)
        result = read_sessions(c, &s->queries, err, queries);
    free(transactions);
    free(queries);
    return result;
}

/* ---- XA ---- */

static void print_xid_part(struct um_buf *b, const char *bytes, size_t len)
{
    bool plain = true;
    for (size_t i = 0; i < len; i++)
        plain = plain && isprint((unsigned char)bytes[i]) && bytes[i] != '\'' && bytes[i] != '\\';
    if (plain) {
        um_buf_char(b, '\'');
        um_buf_add(b, bytes, len);
        um_buf_char(b, '\'');
        return;
    }
    um_buf_str(b, "X'");
    for (size_t i = 0; i < len; i++)
        um_buf_fmt(b, "%02X", (unsigned char)bytes[i]);
    um_buf_char(b, '\'');
}

/* Rows of formatID, gtrid_length, bqual_length, data. */
static int read_xa(struct um_conn *c, struct um_source_facts *s, struct um_err *err)
{
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, "XA RECOVER"), more;
    if (answered <= 0)
        return answered;
    s->xa_known = true;
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        if (!row[0] || !row[1] || !row[2] || !row[3])
            continue;
        size_t gtrid = strtoul(row[1], NULL, 10), bqual = strtoul(row[2], NULL, 10);
        if (gtrid > lengths[3] || bqual > lengths[3] - gtrid)
            continue;
        struct um_buf xid = {0};
        print_xid_part(&xid, row[3], gtrid);
        um_buf_char(&xid, ',');
        print_xid_part(&xid, row[3] + gtrid, bqual);
        um_buf_fmt(&xid, ",%s", row[0]);
        um_strv_add(&s->xa, xid.data);
        um_buf_free(&xid);
    }
    um_result_close(r);
    return more < 0 ? -1 : 0;
}

int um_facts_source(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    struct um_source_facts *s = &f->source;
    if (um_facts_side(c, &s->side, err) != 0 || read_filters(c, s, err) != 0 ||
        read_replicas(c, s, err) != 0 || read_activity(c, s, err) != 0 || read_xa(c, s, err) != 0)
        return -1;
    return 0;
}

/* ---- schemas and what else is in them ---- */

static void add_once(struct um_strv *v, const char *text)
{
    for (size_t i = v->count; i-- > 0;) {
        if (strcmp(v->items[i], text) == 0)
            return;
    }
    um_strv_add(v, text);
}

static void wanted_schemas(struct um_facts *f, const struct um_tables *tables)
{
    /* Named without wildcards: wanted even if nothing in it can be seen. */
    for (size_t i = 0; i < f->config->tables.include.count; i++) {
        const char *pattern = f->config->tables.include.items[i];
        size_t len = strcspn(pattern, ".");
        char *schema = um_memdup(pattern, len);
        if (!strpbrk(schema, "*?") && *schema)
            add_once(&f->source.schemas, schema);
        free(schema);
    }
    const struct um_strv *added = f->config->tables.added;
    for (size_t i = 0; added && i + 1 < added->count; i += 2)
        add_once(&f->source.schemas, added->items[i]);
    for (size_t i = 0; i < tables->count; i++)
        add_once(&f->source.schemas, tables->items[i]->schema);
}

static int read_relations(struct um_conn *c, const struct um_strv *schemas, const char *type,
                          struct um_strv *out, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
                     "WHERE TABLE_TYPE = ");
    um_quote_text(&sql, type);
    if (schemas) {
        um_buf_str(&sql, " AND TABLE_SCHEMA");
        um_ask_in(&sql, schemas);
    }
    um_buf_str(&sql, " ORDER BY TABLE_SCHEMA, TABLE_NAME");
    int result = um_ask_names(c, out, err, sql.data);
    um_buf_free(&sql);
    return result < 0 ? -1 : 0;
}

static void keep_wanted(const struct um_config *config, struct um_strv *names)
{
    size_t kept = 0;
    for (size_t i = 0; i < names->count; i++) {
        char *name = names->items[i], *dot = strchr(name, '.');
        *dot = '\0';
        bool wanted = um_config_wants(config, name, dot + 1);
        *dot = '.';
        if (wanted)
            names->items[kept++] = name;
        else
            free(name);
    }
    names->count = kept;
}

int um_facts_relations(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                       struct um_err *err)
{
    struct um_source_facts *s = &f->source;
    wanted_schemas(f, tables);
    if (read_relations(c, &s->schemas, "VIEW", &s->views, err) != 0)
        return -1;
    if (s->side.server->flavour == UM_MARIADB &&
        read_relations(c, &s->schemas, "SEQUENCE", &s->sequences, err) != 0)
        return -1;
    keep_wanted(f->config, &s->sequences);
    return 0;
}

int um_facts_names(struct um_conn *c, struct um_facts *f, struct um_err *err)
{
    return read_relations(c, NULL, "BASE TABLE", &f->source.names, err);
}
