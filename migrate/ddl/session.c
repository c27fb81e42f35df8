#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ddl/ddl.h"
#include "schema/ddl_statement.h"

/* The source's session on the target, as far as a statement depends on it. */

/* Modes that are gone since MySQL 8.0, and the bit that means another thing in MariaDB. */
static uint64_t known_modes(const struct um_server *target, uint64_t mode)
{
    enum { NOT_USED = 0x10, GONE = 0x1000ff00 | 0x30000 };
    if (target->flavour == UM_MYSQL && target->version >= 80000)
        mode &= ~(uint64_t)(NOT_USED | GONE);
    return mode;
}

static bool has(const struct um_server *target, unsigned mysql_since, unsigned mariadb_since)
{
    unsigned since = target->flavour == UM_MARIADB ? mariadb_since : mysql_since;
    return since && target->version >= since;
}

/* The server's own zone has no name that both sides know. */
static int put_time_zone(const struct um_job *job, struct um_conn *target, const struct um_txn *txn,
                         struct um_buf *out, struct um_err *err)
{
    const char *zone = txn->session.time_zone;
    if (!*zone)
        return 0;
    if (strcasecmp(zone, "SYSTEM") == 0) {
        struct um_conn *source = um_conn_open(&job->config->source, err);
        if (!source)
            return -1;
        char *theirs = NULL, *ours = NULL;
        int result = um_query_value(source, &theirs, err, "SELECT @@system_time_zone") == 0 &&
                             um_query_value(target, &ours, err, "SELECT @@system_time_zone") == 0
                         ? 0
                         : -1;
        um_conn_close(source);
        if (result == 0 && strcmp(theirs ? theirs : "", ours ? ours : "") != 0)
            result = um_ddl_refuse(txn, err,
                                   "because it depends on the time zone of its server, which is "
                                   "'%s' there and '%s' on the target",
                                   theirs, ours);
        free(theirs);
        free(ours);
        if (result != 0)
            return -1;
    }
    um_buf_str(out, ",time_zone=");
    um_quote_text(out, zone);
    return 0;
}

/* What tables and columns get that name only a charset. */
static void put_default_collations(const struct um_job *job, const struct um_server *target,
                                   const struct um_statement_session *s, struct um_buf *out)
{
    if (has(target, 80011, 0)) {
        if (s->default_collation_utf8mb4)
            um_buf_fmt(out, ",default_collation_for_utf8mb4=%u", s->default_collation_utf8mb4);
        else if (job->source.version < 80000)
            um_buf_str(out, ",default_collation_for_utf8mb4=utf8mb4_general_ci");
    }
}

static void put_explicit_defaults(const struct um_job *job, const struct um_server *target,
                                  const struct um_statement_session *s, struct um_buf *out)
{
    bool told = s->explicit_defaults_timestamp >= 0 &&
                (job->source.flavour == UM_MYSQL || job->source.version >= 100802);
    bool explicit_defaults = told ? s->explicit_defaults_timestamp == 1 : job->explicit_defaults;
    if (has(target, 50606, 100802))
        um_buf_fmt(out, ",explicit_defaults_for_timestamp=%d", explicit_defaults);
}

/* MariaDB 11.8 writes the number of a session's collation, and takes those of UCA 14.0.0 for
   collations only. From 2048 on each charset has 256 of them; a client can have two of these. */
static void put_client_charset(uint16_t collation, struct um_buf *out)
{
    enum { UTF8MB3 = 2048, UTF8MB4 = 2304, UCS2 = 2560 };
    if (collation < UTF8MB3 || collation >= UCS2)
        um_buf_fmt(out, ",character_set_client=%u", collation);
    else
        um_buf_fmt(out, ",character_set_client=%s", collation < UTF8MB4 ? "utf8mb3" : "utf8mb4");
}

static int put_schema(struct um_conn *target, const char *schema, struct um_buf *out,
                      struct um_err *err)
{
    if (!*schema)
        return 0;
    struct um_buf name = {0};
    um_quote_text(&name, schema);
    uint64_t there = 0;
    int result = um_query_uint(target, &there, err,
                               "SELECT COUNT(*) FROM information_schema.schemata "
                               "WHERE schema_name=%s",
                               name.data);
    um_buf_free(&name);
    if (result == 0 && there) {
        um_buf_str(out, "USE ");
        um_quote_ident(out, schema);
        um_buf_char(out, '\n');
    }
    return result;
}

static int default_collation(struct um_conn *c, const char *schema, char **out, struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_text(&name, schema);
    int result = um_query_value(c, out, err,
                                "SELECT default_collation_name FROM information_schema.schemata "
                                "WHERE schema_name=%s",
                                name.data);
    um_buf_free(&name);
    return result;
}

static int table_collation(struct um_conn *c, const char *schema, const char *table, char **out,
                           struct um_err *err)
{
    struct um_buf schema_text = {0}, table_text = {0};
    um_quote_text(&schema_text, schema);
    um_quote_text(&table_text, table);
    int result = um_query_value(c, out, err,
                                "SELECT table_collation FROM information_schema.tables WHERE "
                                "table_schema=%s AND table_name=%s",
                                schema_text.data, table_text.data);
    um_buf_free(&schema_text);
    um_buf_free(&table_text);
    return result;
}

static bool means(const struct um_job *job, const char *theirs, const char *ours)
{
    const struct um_ddl_target to = {.source_flavour = job->source.flavour,
                                     .target_flavour = job->target.flavour,
                                     .source_version = job->source.version,
                                     .target_version = job->target.version};
    struct um_buf name = {0};
    bool same = um_ddl_collation(theirs, &to, &name) && strcmp(name.data, ours) == 0;
    um_buf_free(&name);
    return same;
}

/* The schema may have got another default since, or the table another collation: one of the two
   tells. What is no longer there tells nothing, so much further the source is. */
int um_ddl_check_schema(const struct um_job *job, struct um_conn *target, const struct um_txn *txn,
                        const char *schema, const char *table, struct um_err *err)
{
    char *of_schema = NULL, *of_table = NULL, *ours = NULL;
    struct um_conn *source = um_conn_open(&job->config->source, err);
    int result = source && default_collation(source, schema, &of_schema, err) == 0 &&
                         table_collation(source, schema, table, &of_table, err) == 0 &&
                         default_collation(target, schema, &ours, err) == 0
                     ? 0
                     : -1;
    um_conn_close(source);
    if (result == 0 && of_schema && ours && !means(job, of_schema, ours) &&
        !(of_table && means(job, of_table, ours)))
        result = um_ddl_refuse(txn, err,
                               "because it depends on the default collation of the schema `%s`, "
                               "which is %s there and %s on the target (mend: ALTER DATABASE on "
                               "the target)",
                               schema, of_schema, ours);
    free(of_schema);
    free(of_table);
    free(ours);
    return result;
}

int um_ddl_session(const struct um_job *job, struct um_conn *target, const struct um_txn *txn,
                   struct um_buf *out, struct um_err *err)
{
    const struct um_statement_session *s = &txn->session;
    const struct um_server *server = um_conn_server(target);
    if (job->source.flavour != job->target.flavour) { /* what is run then asks for no more */
        um_buf_fmt(out, "SET SESSION foreign_key_checks=%d\nSET NAMES utf8mb4\n",
                   !s->no_foreign_key_checks);
        return 0;
    }
    if (strchr(s->schema, '\n'))
        return um_ddl_refuse(txn, err, "because of the name of its default schema");
    if (put_schema(target, s->schema, out, err) != 0)
        return -1;
    um_buf_fmt(out, "SET SESSION foreign_key_checks=%d,unique_checks=%d", !s->no_foreign_key_checks,
               !s->no_unique_checks);
    um_buf_fmt(out, ",timestamp=%" PRId64 ".%06" PRId64, s->timestamp_us / 1000000,
               s->timestamp_us % 1000000);
    if (s->has_sql_mode)
        um_buf_fmt(out, ",sql_mode=%" PRIu64, known_modes(server, s->sql_mode));
    if (s->collation_database)
        um_buf_fmt(out, ",collation_database=%u", s->collation_database);
    if (s->auto_increment_increment)
        um_buf_fmt(out, ",auto_increment_increment=%u,auto_increment_offset=%u",
                   s->auto_increment_increment, s->auto_increment_offset);
    if (s->lc_time_names)
        um_buf_fmt(out, ",lc_time_names=%u", s->lc_time_names);
    put_default_collations(job, server, s, out);
    put_explicit_defaults(job, server, s, out);
    if (put_time_zone(job, target, txn, out, err) != 0)
        return -1;
    /* Last: these change how the text itself is read. */
    if (s->charset_client) {
        um_buf_fmt(out, ",collation_server=%u,collation_connection=%u", s->collation_server,
                   s->collation_connection);
        put_client_charset(s->charset_client, out);
    }
    um_buf_char(out, '\n');
    return 0;
}
