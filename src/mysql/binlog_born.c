#include "mysql/stream.h"

#include <inttypes.h>

/* From the common header: timestamp in bytes 0 to 3, type in byte 4. */
static int64_t created(const uint8_t *bytes, size_t len)
{
    enum { TYPE_AT = 4, FORMAT_DESCRIPTION = 15 };
    if (len <= TYPE_AT || bytes[TYPE_AT] != FORMAT_DESCRIPTION)
        return 0;
    return (int64_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

int um_binlog_born(const struct um_endpoint *at, const char *file,
                   const struct um_stream_options *o, int64_t *born, struct um_err *err)
{
    enum { FIRST_EVENT = 4, EVENTS = 10 };
    struct um_position start = {.offset = FIRST_EVENT};
    snprintf(start.file, sizeof start.file, "%s", file);
    *born = 0;
    struct um_stream *s = um_stream_open(at, &start, o, err);
    if (!s)
        return -1;
    const uint8_t *bytes;
    size_t len;
    int more = 1;
    /* It is the first event, behind what the server makes up: a rotation, a heartbeat. */
    for (int i = 0; more > 0 && !*born && i < EVENTS; i++) {
        more = um_stream_next(s, &bytes, &len, err);
        if (more > 0)
            *born = created(bytes, len);
    }
    um_stream_close(s);
    if (more == 0)
        um_fail(err, UM_E_SOURCE_LOST, "the source ended the replication stream");
    return more > 0 ? 0 : -1;
}
