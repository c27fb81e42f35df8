#include "binlog/make.h"

#include <libdeflate.h>

#include "binlog/wire.h"

enum { CHECKSUM_BYTES = 4, LOG_POS_AT = 13, FLAGS_AT = 17, FLAG_IN_USE = 1 };

static void put(struct um_buf *out, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        um_buf_char(out, (char)(value & 0xff));
}

static void put_header(struct um_buf *out, unsigned type, size_t size, uint64_t end, unsigned flags)
{
    um_buf_clear(out);
    put(out, 0, 4); /* the time: nobody's */
    put(out, type, 1);
    put(out, 0, 4);
    put(out, size, 4);
    put(out, end, 4);
    put(out, flags, 2);
}

static void put_checksum(struct um_buf *out, bool checksum)
{
    if (checksum)
        put(out, libdeflate_crc32(0, out->data, out->len), CHECKSUM_BYTES);
}

void um_make_rotation(struct um_buf *out, const char *file, uint64_t position, bool checksum)
{
    size_t size = UM_EVENT_HEADER + 8 + strlen(file) + (checksum ? CHECKSUM_BYTES : 0);
    put_header(out, UM_EV_ROTATE, size, 0, UM_EVENT_FLAG_ARTIFICIAL);
    put(out, position, 8);
    um_buf_str(out, file);
    put_checksum(out, checksum);
}

void um_make_repeated_format(struct um_buf *out, const uint8_t *bytes, size_t len, bool checksum)
{
    um_buf_clear(out);
    um_buf_add(out, bytes, len);
    memset(out->data + LOG_POS_AT, 0, 4);
    out->data[FLAGS_AT] &= ~FLAG_IN_USE;
    if (checksum)
        out->len -= CHECKSUM_BYTES;
    put_checksum(out, checksum);
}

void um_make_filler(struct um_buf *out, uint64_t start, size_t size, bool checksum)
{
    put_header(out, UM_EV_IGNORABLE, size, start + size, UM_EVENT_FLAG_IGNORABLE);
    for (size_t body = size - UM_EVENT_HEADER - (checksum ? CHECKSUM_BYTES : 0); body; body--)
        um_buf_char(out, 0);
    put_checksum(out, checksum);
}
