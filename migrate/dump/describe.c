#include "dump/describe.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "binlog/decimal.h"
#include "binlog/event_info.h"

static void bytes(struct um_out *o, const char *name, struct um_bytes b)
{
    um_out_bytes(o, name, b.p, b.len);
}

/* ---- files ---- */

static void format(struct um_out *o, const struct um_read_event *e)
{
    const struct um_binlog_format *f = e->format;
    um_out_uint(o, "version", f->version);
    um_out_bytes(o, "server_version", f->server_version, strlen(f->server_version));
    um_out_word(o, "checksum", f->checksum ? "CRC32" : "NONE");
}

static int rotate(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_rotate r;
    if (um_event_rotate(ev, &r, err) != 0)
        return -1;
    um_out_bytes(o, "to_file", r.file, strlen(r.file));
    um_out_uint(o, "to_position", r.position);
    return 0;
}

static int gtids_before(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_buf text = {0};
    int result = um_event_gtids_before(ev, &text, err);
    if (result == 0)
        um_out_bytes(o, "gtids", text.data ? text.data : "", text.len);
    um_buf_free(&text);
    return result;
}

static int checkpoint(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_bytes file;
    if (um_event_checkpoint(ev, &file, err) != 0)
        return -1;
    bytes(o, "to_file", file);
    return 0;
}

static int heartbeat(struct um_out *o, const struct um_read_event *e, struct um_err *err)
{
    struct um_heartbeat h;
    if (um_event_heartbeat(e->format, e->ev, &h, err) != 0)
        return -1;
    um_out_bytes(o, "to_file", h.file, strlen(h.file));
    um_out_uint(o, "to_position", h.position);
    return 0;
}

/* ---- transactions ---- */

static void optional(struct um_out *o, const char *name, uint64_t u)
{
    if (u)
        um_out_uint(o, name, u);
}

static void flag(struct um_out *o, const char *name, bool set)
{
    if (set)
        um_out_flag(o, name);
}

static int gtid(struct um_out *o, const struct um_read_event *e, struct um_err *err)
{
    struct um_gtid_event g;
    struct um_buf text = {0};
    if (um_event_gtid(e->format, e->ev, &g, err) != 0)
        return -1;
    if (g.gtid.kind != UM_GTID_NONE) {
        um_gtid_print(&g.gtid, &text);
        um_out_word(o, "gtid", text.data);
        um_buf_free(&text);
    }
    if (g.sequence_number) {
        um_out_uint(o, "last_committed", g.last_committed);
        um_out_uint(o, "sequence_number", g.sequence_number);
    }
    optional(o, "commit_microseconds", (uint64_t)g.commit_us);
    optional(o, "transaction_bytes", g.transaction_length);
    flag(o, "standalone", g.standalone);
    flag(o, "xa_prepare", g.maria_xa_prepared);
    flag(o, "xa_complete", g.maria_xa_completed);
    flag(o, "alter_start", g.maria_alter_start);
    flag(o, "alter_commit", g.maria_alter_commit);
    flag(o, "alter_rollback", g.maria_alter_rollback);
    return 0;
}

static int xid(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    uint64_t number;
    if (um_event_xid(ev, &number, err) != 0)
        return -1;
    um_out_uint(o, "xid", number);
    return 0;
}

static int xa_prepare(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_xa_prepare x;
    if (um_event_xa_prepare(ev, &x, err) != 0)
        return -1;
    flag(o, "one_phase", x.one_phase);
    um_out_uint(o, "format_id", x.format_id);
    bytes(o, "global", x.global);
    bytes(o, "branch", x.branch);
    return 0;
}

/* ---- statements ---- */

static int load_block(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_load l;
    if (um_event_load(ev, &l, err) != 0)
        return -1;
    um_out_uint(o, "file_id", l.file_id);
    if (ev->type == UM_EV_BEGIN_LOAD_QUERY || ev->type == UM_EV_APPEND_BLOCK)
        bytes(o, "data", l.block);
    return 0;
}

/* What a statement depends on, as far as the server told it. */
static void query_context(struct um_out *o, const struct um_query *q)
{
    if (q->has_flags2)
        um_out_uint(o, "flags2", q->flags2);
    if (q->has_sql_mode)
        um_out_uint(o, "sql_mode", q->sql_mode);
    optional(o, "character_set_client", q->charset_client);
    optional(o, "collation_connection", q->collation_connection);
    optional(o, "collation_server", q->collation_server);
    optional(o, "collation_database", q->charset_database);
    optional(o, "default_collation_for_utf8mb4", q->default_collation_utf8mb4);
    if (q->time_zone[0])
        um_out_bytes(o, "time_zone", q->time_zone, strlen(q->time_zone));
    optional(o, "auto_increment_increment", q->auto_increment_increment);
    optional(o, "auto_increment_offset", q->auto_increment_offset);
    optional(o, "lc_time_names", q->lc_time_names);
    optional(o, "microseconds", q->microseconds);
    if (q->explicit_defaults_timestamp >= 0)
        um_out_uint(o, "explicit_defaults_for_timestamp", (uint64_t)q->explicit_defaults_timestamp);
    if (q->sql_require_primary_key >= 0)
        um_out_uint(o, "sql_require_primary_key", (uint64_t)q->sql_require_primary_key);
    if (q->default_table_encryption >= 0)
        um_out_uint(o, "default_table_encryption", (uint64_t)q->default_table_encryption);
    optional(o, "xid", q->xid);
}

static int query(struct um_out *o, const struct um_read_event *e, struct um_err *err)
{
    struct um_query q;
    if (um_event_query(e->format, e->ev, &q, err) != 0 ||
        (e->ev->type == UM_EV_EXECUTE_LOAD_QUERY && load_block(o, e->ev, err) != 0))
        return -1;
    um_out_uint(o, "thread_id", q.thread_id);
    um_out_uint(o, "seconds", q.exec_time);
    um_out_uint(o, "error_code", q.error_code);
    um_out_bytes(o, "schema", q.schema, q.schema_len);
    query_context(o, &q);
    um_out_bytes(o, "statement", q.statement, q.statement_len);
    return 0;
}

static int rows_statement(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_bytes text;
    if (um_event_rows_statement(ev, &text, err) != 0)
        return -1;
    bytes(o, "statement", text);
    return 0;
}

static int intvar(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_intvar v;
    if (um_event_intvar(ev, &v, err) != 0)
        return -1;
    um_out_uint(o, v.last_insert_id ? "last_insert_id" : "insert_id", v.value);
    return 0;
}

static int seeds(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_rand r;
    if (um_event_rand(ev, &r, err) != 0)
        return -1;
    um_out_uint(o, "seed1", r.seed1);
    um_out_uint(o, "seed2", r.seed2);
    return 0;
}

static int user_var(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_user_var v;
    struct um_buf text = {0};
    if (um_event_user_var(ev, &v, err) != 0)
        return -1;
    bytes(o, "name", v.name);
    if (v.is_null) {
        um_out_number(o, "value", o->format == UM_OUTPUT_JSON ? "null" : "NULL");
        return 0;
    }
    switch (v.type) {
    case UM_USER_STRING:
        bytes(o, "value", v.value);
        um_out_uint(o, "collation", v.collation);
        break;
    case UM_USER_INT:
        if (v.is_unsigned)
            um_buf_fmt(&text, "%" PRIu64, (uint64_t)v.i);
        else
            um_buf_fmt(&text, "%" PRId64, v.i);
        um_out_word(o, "integer", text.data);
        break;
    case UM_USER_REAL:
        um_dump_double(v.d, &text);
        if (isfinite(v.d))
            um_out_number(o, "value", text.data);
        else
            um_out_word(o, "value", text.data); /* JSON has no such number */
        break;
    case UM_USER_DECIMAL:
        if (v.value.len < um_decimal_size(v.precision, v.scale))
            return um_fail(err, UM_E_EVENT_MALFORMED, "USER_VAR event: its decimal is cut off");
        um_decimal_print(v.value.p, v.precision, v.scale, &text);
        um_out_word(o, "decimal", text.data);
        break;
    }
    um_buf_free(&text);
    return 0;
}

static int incident(struct um_out *o, const struct um_event *ev, struct um_err *err)
{
    struct um_incident i;
    if (um_event_incident(ev, &i, err) != 0)
        return -1;
    um_out_uint(o, "incident", i.number);
    bytes(o, "message", i.message);
    return 0;
}

/* ---- all ---- */

/* Of what is not decoded: may it change rows? The rest serves the servers among themselves. */
static bool can_change_rows(const struct um_event *ev)
{
    switch (ev->type) {
    case UM_EV_SLAVE:
    case UM_EV_IGNORABLE:
    case UM_EV_TRANSACTION_CONTEXT:
    case UM_EV_VIEW_CHANGE:
    case UM_EV_MARIA_START_ENCRYPTION:
        return false;
    default:
        return !(ev->flags & UM_EVENT_FLAG_IGNORABLE);
    }
}

static int fields(struct um_out *o, const struct um_read_event *e, bool *lost, struct um_err *err)
{
    const struct um_event *ev = e->ev;
    switch (ev->type) {
    case UM_EV_FORMAT_DESCRIPTION:
        format(o, e);
        return 0;
    case UM_EV_ROTATE:
        return rotate(o, ev, err);
    case UM_EV_PREVIOUS_GTIDS:
    case UM_EV_MARIA_GTID_LIST:
        return gtids_before(o, ev, err);
    case UM_EV_MARIA_CHECKPOINT:
        return checkpoint(o, ev, err);
    case UM_EV_HEARTBEAT:
    case UM_EV_HEARTBEAT_V2:
        return heartbeat(o, e, err);
    case UM_EV_STOP:
        return 0;
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
    case UM_EV_GTID_TAGGED:
    case UM_EV_MARIA_GTID:
        return gtid(o, e, err);
    case UM_EV_XID:
        return xid(o, ev, err);
    case UM_EV_XA_PREPARE:
        return xa_prepare(o, ev, err);
    case UM_EV_QUERY:
    case UM_EV_EXECUTE_LOAD_QUERY:
        return query(o, e, err);
    case UM_EV_BEGIN_LOAD_QUERY:
    case UM_EV_APPEND_BLOCK:
    case UM_EV_DELETE_FILE:
        return load_block(o, ev, err);
    case UM_EV_ROWS_QUERY:
    case UM_EV_MARIA_ANNOTATE:
        return rows_statement(o, ev, err);
    case UM_EV_INTVAR:
        return intvar(o, ev, err);
    case UM_EV_RAND:
        return seeds(o, ev, err);
    case UM_EV_USER_VAR:
        return user_var(o, ev, err);
    case UM_EV_INCIDENT:
        return incident(o, ev, err);
    case UM_EV_TABLE_MAP:
        um_out_table(o, e->map);
        um_out_columns(o, e->map);
        return 0;
    default:
        if (um_event_is_rows(ev->type))
            return um_dump_rows(o, e, err);
        um_out_not_decoded(o, ev->body_len, NULL);
        *lost = can_change_rows(ev);
        return 0;
    }
}

int um_dump_describe(struct um_out *o, const struct um_read_event *e, bool *lost,
                     struct um_err *err)
{
    size_t before = o->buf.len;
    *lost = false;
    if (fields(o, e, lost, err) == 0)
        return 0;
    if (err->id != UM_E_EVENT_UNSUPPORTED)
        return -1;
    /* It is whole, and beyond this version. */
    o->buf.len = before;
    if (e->map)
        um_out_table(o, e->map);
    um_out_not_decoded(o, e->ev->body_len, err->text);
    um_err_clear(err);
    *lost = true;
    return 0;
}
