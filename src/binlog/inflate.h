#ifndef UM_BINLOG_INFLATE_H
#define UM_BINLOG_INFLATE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inflates one deflate stream of a known original length, behind `out`; `wrapped` is zlib's form,
 * with header and Adler-32. NULL, or what is wrong with it: then `out` is as it was. `*at` says
 * how many bytes were read. Memory grows with what really comes out, whatever length is claimed.
 */
const char *um_inflate(const uint8_t *bytes, size_t len, bool wrapped, size_t original,
                       struct um_buf *out, size_t *at);

#endif
