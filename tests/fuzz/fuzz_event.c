#include "binlog/unwrap.h"
/* links: um_binlog um_change um_base */

#include <stdlib.h>
#include <string.h>

/*
 * Input: one byte of choices about the stream, then an event. The event's size is set right, so
 * that bodies are reached; checksums are off but for the choice that has them on.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    struct um_unwrapper *u = um_unwrapper_new();
    if (um_event_parse(&f, bytes, len, &ev, &err) == 0)
        um_unwrap(u, &f, &ev, bodies, &f, &err);
    um_unwrapper_delete(u);
    free(bytes);
    return 0;
}
