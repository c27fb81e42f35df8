#ifndef UM_TESTS_MADE_EVENT_H
#define UM_TESTS_MADE_EVENT_H

#include "binlog_fixture.h"

/* An event that is made here, for a stream without checksums. */
struct made {
    uint8_t bytes[512];
    struct um_binlog_format format;
    struct um_event ev;
};

static inline void make(struct made *m, unsigned type, const char *body, size_t len)
{
    struct um_err err = {0};
    m->format = (struct um_binlog_format){.known = true};
    memset(m->format.header_len, 0xff, sizeof m->format.header_len);
    strcpy(m->format.server_version, "made");
    memset(m->bytes, 0, UM_EVENT_HEADER);
    m->bytes[0] = 1;
    m->bytes[4] = (uint8_t)type;
    m->bytes[5] = 9;
    m->bytes[9] = (uint8_t)(UM_EVENT_HEADER + len);
    m->bytes[10] = (uint8_t)((UM_EVENT_HEADER + len) >> 8);
    memcpy(m->bytes + UM_EVENT_HEADER, body, len);
    if (um_event_parse(&m->format, m->bytes, UM_EVENT_HEADER + len, &m->ev, &err))
        fail_msg("%s", err.text);
}
#define MAKE(m, type, literal) make(m, type, literal, sizeof(literal) - 1)

#endif
