#include "binlog/event_info.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

#include "binlog/unwrap.h"

/*
 * Input: one byte of choices about the stream, then an event. The event's size is set right, so
 * that bodies are reached; checksums are off but for the choice that has them on.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that are lent lie within the body. */
static void require_within(const struct um_event *ev, struct um_bytes b)
{
    UM_ASSERT(b.len == 0 || (b.p >= ev->body && b.len <= ev->body_len - (size_t)(b.p - ev->body)));
}

static void gtids_before(const struct um_event *ev)
{
    struct um_buf out = {0};
    struct um_err err;
    um_event_gtids_before(ev, &out, &err);
    um_buf_free(&out);
}

/* Of events that change no rows. */
static void info(const struct um_event *ev)
{
    struct um_err err;
    struct um_bytes bytes;
    struct um_intvar intvar;
    struct um_rand seeds;
    struct um_user_var var;
    struct um_xa_prepare xa;
    struct um_incident incident;
    struct um_load load;
    uint64_t xid;
    switch (ev->type) {
    case UM_EV_XID:
        UM_ASSERT((um_event_xid(ev, &xid, &err) == 0) == (ev->body_len >= 8));
        break;
    case UM_EV_ROWS_QUERY:
    case UM_EV_MARIA_ANNOTATE:
        if (um_event_rows_statement(ev, &bytes, &err) == 0)
            require_within(ev, bytes);
        break;
    case UM_EV_INTVAR:
        um_event_intvar(ev, &intvar, &err);
        break;
    case UM_EV_RAND:
        UM_ASSERT((um_event_rand(ev, &seeds, &err) == 0) == (ev->body_len >= 16));
        break;
    case UM_EV_USER_VAR:
        if (um_event_user_var(ev, &var, &err) == 0) {
            require_within(ev, var.name);
            require_within(ev, var.value);
        }
        break;
    case UM_EV_XA_PREPARE:
        if (um_event_xa_prepare(ev, &xa, &err) == 0) {
            require_within(ev, xa.global);
            require_within(ev, xa.branch);
        }
        break;
    case UM_EV_INCIDENT:
        if (um_event_incident(ev, &incident, &err) == 0)
            require_within(ev, incident.message);
        break;
    case UM_EV_PREVIOUS_GTIDS:
    case UM_EV_MARIA_GTID_LIST:
        gtids_before(ev);
        break;
    case UM_EV_MARIA_CHECKPOINT:
        if (um_event_checkpoint(ev, &bytes, &err) == 0)
            require_within(ev, bytes);
        break;
    case UM_EV_BEGIN_LOAD_QUERY:
    case UM_EV_APPEND_BLOCK:
    case UM_EV_DELETE_FILE:
    case UM_EV_EXECUTE_LOAD_QUERY:
        if (um_event_load(ev, &load, &err) == 0)
            require_within(ev, load.block);
        break;
    default:
        break;
    }
}

static int bodies(void *context, const struct um_event *ev, struct um_err *unused)
{
    const struct um_binlog_format *f = context;
    (void)unused;
    struct um_err err;
    struct um_rotate rotate;
    struct um_query query;
    struct um_gtid_event gtid;
    struct um_heartbeat heartbeat;
    char text[600];
    switch (ev->type) {
    case UM_EV_ROTATE:
        um_event_rotate(ev, &rotate, &err);
        break;
    case UM_EV_QUERY:
    case UM_EV_EXECUTE_LOAD_QUERY:
        if (um_event_query(f, ev, &query, &err) == 0)
            UM_ASSERT(query.schema_len + query.statement_len < ev->body_len);
        break;
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
    case UM_EV_GTID_TAGGED:
    case UM_EV_MARIA_GTID:
        if (um_event_gtid(f, ev, &gtid, &err) == 0)
            UM_ASSERT(strlen(gtid.gtid.tag) <= 32);
        break;
    case UM_EV_HEARTBEAT:
    case UM_EV_HEARTBEAT_V2:
        if (um_event_heartbeat(f, ev, &heartbeat, &err) == 0)
            UM_ASSERT(heartbeat.file[0]);
        break;
    default:
        break;
    }
    info(ev);
    um_event_describe(ev, text, sizeof text);
    UM_ASSERT(strlen(text) < sizeof text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + UM_EVENT_HEADER)
        return 0;
    struct um_binlog_format f = {.known = data[0] & 1, .mariadb = data[0] & 2};
    f.checksum = data[0] & 4;
    memset(f.header_len, data[0] & 8 ? 15 : 0xff, sizeof f.header_len);
    size_t len = size - 1;
    uint8_t *bytes = malloc(len);
    memcpy(bytes, data + 1, len);
    for (int i = 0; i < 4; i++)
        bytes[9 + i] = (uint8_t)(len >> (8 * i));
    struct um_event ev;
    struct um_err err;
    static struct um_unwrapper *u; /* kept: zstd takes long to begin with */
    if (!u)
        u = um_unwrapper_new();
    if (um_event_parse(&f, bytes, len, &ev, &err) == 0)
        um_unwrap(u, &f, &ev, bodies, &f, &err);
    free(bytes);
    return 0;
}
