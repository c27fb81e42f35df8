#include "binlog/event.h"

#include <string.h>

#include "binlog/wire.h"

/*
 * Status variables: a code and a value whose length only the code tells, so an unknown code makes
 * the rest unreadable. MariaDB does not write them in the order of their codes.
 */
enum status_code {
    Q_FLAGS2 = 0,
    Q_SQL_MODE = 1,
    Q_CATALOG = 2,
    Q_AUTO_INCREMENT = 3,
    Q_CHARSET = 4,
    Q_TIME_ZONE = 5,
    Q_CATALOG_NZ = 6,
    Q_LC_TIME_NAMES = 7,
    Q_CHARSET_DATABASE = 8,
    Q_TABLE_MAP_FOR_UPDATE = 9,
    Q_MASTER_DATA_WRITTEN = 10,
    Q_INVOKER = 11,
    Q_UPDATED_DB_NAMES = 12,
    Q_MICROSECONDS = 13,
    Q_EXPLICIT_DEFAULTS_TIMESTAMP = 16,
    Q_DDL_LOGGED_WITH_XID = 17,
    Q_DEFAULT_COLLATION_UTF8MB4 = 18,
    Q_SQL_REQUIRE_PRIMARY_KEY = 19,
    Q_DEFAULT_TABLE_ENCRYPTION = 20,
    Q_ENABLE_CASCADE_TRIGGERS = 21,
    Q_MARIA_HRNOW = 128,
    Q_MARIA_XID = 129,
    Q_MARIA_GTID_FLAGS3 = 130,
    Q_MARIA_CHARACTER_SET_COLLATIONS = 131,
    Q_MARIA_DUMMY = 255,
};

static void skip_names(struct um_cursor *c)
{
    unsigned count = (unsigned)um_cursor_uint(c, 1);
    if (count > 16) /* 254: "too many to list" */
        return;
    for (; count > 0 && !c->bad; count--) {
        const uint8_t *nul = memchr(c->p, 0, um_cursor_left(c));
        if (!nul) {
            c->bad = true;
            return;
        }
        c->p = nul + 1;
    }
}

static void skip_string(struct um_cursor *c)
{
    um_cursor_take(c, (size_t)um_cursor_uint(c, 1));
}

static void time_zone(struct um_cursor *c, struct um_query *out)
{
    size_t len = (size_t)um_cursor_uint(c, 1);
    const uint8_t *name = um_cursor_take(c, len);
    if (!name)
        return;
    if (len >= sizeof out->time_zone) {
        c->bad = true;
        return;
    }
    memcpy(out->time_zone, name, len);
    out->time_zone[len] = '\0';
}

/* Those that only MariaDB writes. */
static bool maria_status(struct um_cursor *c, unsigned code, struct um_query *out)
{
    switch (code) {
    case Q_MARIA_HRNOW:
        out->microseconds = (uint32_t)um_cursor_uint(c, 3);
        return true;
    case Q_MARIA_XID:
        out->xid = um_cursor_uint(c, 8);
        return true;
    case Q_MARIA_GTID_FLAGS3:
        /* The number of the started ALTER follows where this one ends it. */
        if (um_cursor_uint(c, 1) & (4 | 8))
            um_cursor_take(c, 8);
        return true;
    case Q_MARIA_CHARACTER_SET_COLLATIONS:
        um_cursor_take(c, 4 * (size_t)um_cursor_uint(c, 1));
        return true;
    case Q_MARIA_DUMMY:
        return true;
    default:
        return false;
    }
}

/* What the reader of the statement needs to know. */
static bool kept_status(struct um_cursor *c, unsigned code, struct um_query *out)
{
    switch (code) {
    case Q_FLAGS2:
        out->has_flags2 = true;
        out->flags2 = (uint32_t)um_cursor_uint(c, 4);
        return true;
    case Q_SQL_MODE:
        out->has_sql_mode = true;
        out->sql_mode = um_cursor_uint(c, 8);
        return true;
    case Q_CHARSET:
        out->charset_client = (uint16_t)um_cursor_uint(c, 2);
        out->collation_connection = (uint16_t)um_cursor_uint(c, 2);
        out->collation_server = (uint16_t)um_cursor_uint(c, 2);
        return true;
    case Q_TIME_ZONE:
        time_zone(c, out);
        return true;
    case Q_CHARSET_DATABASE:
        out->charset_database = (uint16_t)um_cursor_uint(c, 2);
        return true;
    case Q_EXPLICIT_DEFAULTS_TIMESTAMP:
        out->explicit_defaults_timestamp = um_cursor_uint(c, 1) != 0;
        return true;
    case Q_DEFAULT_COLLATION_UTF8MB4:
        out->default_collation_utf8mb4 = (uint16_t)um_cursor_uint(c, 2);
        return true;
    case Q_AUTO_INCREMENT:
        out->auto_increment_increment = (uint16_t)um_cursor_uint(c, 2);
        out->auto_increment_offset = (uint16_t)um_cursor_uint(c, 2);
        return true;
    case Q_LC_TIME_NAMES:
        out->lc_time_names = (uint16_t)um_cursor_uint(c, 2);
        return true;
    case Q_MICROSECONDS:
        out->microseconds = (uint32_t)um_cursor_uint(c, 3);
        return true;
    case Q_DDL_LOGGED_WITH_XID:
        out->xid = um_cursor_uint(c, 8);
        return true;
    case Q_SQL_REQUIRE_PRIMARY_KEY:
        out->sql_require_primary_key = um_cursor_uint(c, 1) != 0;
        return true;
    case Q_DEFAULT_TABLE_ENCRYPTION:
        out->default_table_encryption = um_cursor_uint(c, 1) != 0;
        return true;
    default:
        return false;
    }
}

static bool skipped_status(struct um_cursor *c, unsigned code)
{
    switch (code) {
    case Q_CATALOG: /* MySQL 5.0.0 to 5.0.3, with a NUL at the end */
        skip_string(c);
        um_cursor_take(c, 1);
        return true;
    case Q_CATALOG_NZ:
        skip_string(c);
        return true;
    case Q_MASTER_DATA_WRITTEN:
        um_cursor_take(c, 4);
        return true;
    case Q_TABLE_MAP_FOR_UPDATE:
        um_cursor_take(c, 8);
        return true;
    case Q_INVOKER:
        skip_string(c);
        skip_string(c);
        return true;
    case Q_UPDATED_DB_NAMES:
        skip_names(c);
        return true;
    case Q_ENABLE_CASCADE_TRIGGERS:
        um_cursor_take(c, 1);
        return true;
    default:
        return false;
    }
}

static int read_status(const struct um_binlog_format *f, const struct um_event *ev,
                       struct um_cursor *c, struct um_query *out, struct um_err *err)
{
    while (um_cursor_left(c) > 0) {
        const uint8_t *at = c->p;
        unsigned code = (unsigned)um_cursor_uint(c, 1);
        bool known = kept_status(c, code, out) || skipped_status(c, code) ||
                     (f->mariadb && maria_status(c, code, out));
        if (!known)
            return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                           "QUERY event (%u bytes), offset %zu: status variable %u is not known, "
                           "and its length neither (server \"%s\")",
                           ev->size, UM_EVENT_HEADER + (size_t)(at - ev->body), code,
                           f->server_version);
        if (c->bad)
            return um_event_malformed(ev, at, err, "status variable %u is cut off", code);
    }
    return 0;
}

int um_event_query(const struct um_binlog_format *f, const struct um_event *ev,
                   struct um_query *out, struct um_err *err)
{
    UM_ASSERT(ev->type == UM_EV_QUERY || ev->type == UM_EV_EXECUTE_LOAD_QUERY);
    *out = (struct um_query){.explicit_defaults_timestamp = -1,
                             .sql_require_primary_key = -1,
                             .default_table_encryption = -1};
    struct um_cursor c = um_cursor_body(ev);
    out->thread_id = (uint32_t)um_cursor_uint(&c, 4);
    out->exec_time = (uint32_t)um_cursor_uint(&c, 4);
    size_t schema_len = (size_t)um_cursor_uint(&c, 1);
    out->error_code = (uint16_t)um_cursor_uint(&c, 2);
    size_t status_len = (size_t)um_cursor_uint(&c, 2);
    /* EXECUTE_LOAD_QUERY adds 13 bytes of its own to the post-header; a longer one than is known
       belongs to a newer server. */
    uint8_t known = ev->type == UM_EV_QUERY ? 13 : 26, header = f->header_len[ev->type];
    if (header == 0xff || header < known)
        header = known;
    um_cursor_take(&c, header - 13U);
    const uint8_t *status = um_cursor_take(&c, status_len);
    const uint8_t *schema = um_cursor_take(&c, schema_len + 1);
    if (c.bad)
        return um_event_malformed(ev, c.p, err,
                                  "%zu bytes of status variables and a schema name of %zu go "
                                  "beyond its end",
                                  status_len, schema_len);
    if (schema[schema_len] != 0)
        return um_event_malformed(ev, schema + schema_len, err, "the schema name has no end");
    struct um_cursor s = um_cursor_open(status, status_len);
    if (read_status(f, ev, &s, out, err))
        return -1;
    out->schema = (const char *)schema;
    out->schema_len = schema_len;
    out->statement = (const char *)c.p;
    out->statement_len = um_cursor_left(&c);
    return 0;
}
