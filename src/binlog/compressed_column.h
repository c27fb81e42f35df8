#ifndef UM_BINLOG_COMPRESSED_COLUMN_H
#define UM_BINLOG_COMPRESSED_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Values of MariaDB's COMPRESSED columns, as its storage engines and its binlog have them: nothing
 * at all for '', else a byte whose high four bits are the method. 0: the value follows as it is
 * (too short, or compressing gains nothing). 8: zlib; bit 3 says that the stream has no zlib
 * wrapper, the low three bits how many bytes of original length follow, high ones first.
 */

/* How long the value is, by its header alone. False when no server writes such a header. */
bool um_compressed_length(const uint8_t *bytes, size_t len, size_t *original);

/*
 * Appends the value to out. It takes no more memory than the stream yields, nor than the header
 * declares; a stream that yields another length is an error. On error, out holds what it held.
 */
int um_compressed_inflate(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err);

#endif
