#ifndef UM_BINLOG_MAKE_H
#define UM_BINLOG_MAKE_H

#include "base/buf.h"
#include "binlog/event.h"

/*
 * Events that no binlog file has: what a server makes up when it sends one, and what takes the
 * place of what it leaves out. Each empties the buffer first; `checksum` as the stream has them.
 */

/* The artificial rotation by which a server names the file that it sends next. */
void um_make_rotation(struct um_buf *out, const char *file, uint64_t position, bool checksum);

/* A file's format description as it is sent to who begins in the middle: without a position. */
void um_make_repeated_format(struct um_buf *out, const uint8_t *bytes, size_t len, bool checksum);

/* Something to be ignored, of exactly this size, which is at least UM_FILLER_MIN. */
enum { UM_FILLER_MIN = UM_EVENT_HEADER + 4 };
void um_make_filler(struct um_buf *out, uint64_t start, size_t size, bool checksum);

#endif
