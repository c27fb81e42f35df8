#include "binlogs/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "binlog/event.h"

enum {
    MAGIC_BYTES = 4,
    SIZE_AT = 9,
    FLAGS_AT = 17,
    IN_USE = 1,
    EVENT_MAX = 1 << 30, /* as large as a packet can be */
    STEP = 1 << 20,
    KEEP_BYTES = 4 << 20,
};

struct um_binlog_file {
    char *path;
    FILE *in;
    uint64_t offset;
    bool first, in_use;
    struct um_buf event;
};

/* Reads up to `len` bytes behind what is there. */
static int read_more(struct um_binlog_file *f, size_t len, struct um_err *err)
{
    um_buf_reserve(&f->event, len);
    errno = 0;
    size_t n = fread(f->event.data + f->event.len, 1, len, f->in);
    f->event.len += n;
    if (n < len && ferror(f->in))
        return um_fail(err, UM_E_BINLOG_FILE_OPEN, "'%s' cannot be read at offset %" PRIu64 ": %s",
                       f->path, f->offset + f->event.len, strerror(errno));
    return 0;
}

static int check_magic(struct um_binlog_file *f, struct um_err *err)
{
    if (read_more(f, MAGIC_BYTES, err) != 0)
        return -1;
    const char *magic = f->event.data;
    if (f->event.len < MAGIC_BYTES)
        return um_fail(err, UM_E_BINLOG_FILE_FORM,
                       "'%s' is no binlog file: it has %zu bytes, less than the four that each "
                       "begins with",
                       f->path, f->event.len);
    if (memcmp(magic,
               "\xfd"
               "bin",
               MAGIC_BYTES) == 0)
        return um_fail(err, UM_E_BINLOG_ENCRYPTED,
                       "'%s' is encrypted by the server (binlog_encryption)", f->path);
    if (memcmp(magic,
               "\xfe"
               "bin",
               MAGIC_BYTES) != 0)
        return um_fail(err, UM_E_BINLOG_FILE_FORM,
                       "'%s' is no binlog file: it begins with %02x %02x %02x %02x instead of "
                       "fe 62 69 6e",
                       f->path, (uint8_t)magic[0], (uint8_t)magic[1], (uint8_t)magic[2],
                       (uint8_t)magic[3]);
    return 0;
}

struct um_binlog_file *um_binlog_file_open(const char *path, struct um_err *err)
{
    struct um_binlog_file *f = um_alloc(sizeof *f);
    f->path = um_strdup(path);
    f->first = true;
    f->in = fopen(path, "rb");
    if (!f->in) {
        um_fail(err, UM_E_BINLOG_FILE_OPEN, "'%s' cannot be opened: %s", path, strerror(errno));
        goto fail;
    }
    if (check_magic(f, err) != 0)
        goto fail;
    f->offset = MAGIC_BYTES;
    um_buf_clear(&f->event);
    return f;
fail:
    um_binlog_file_close(f);
    return NULL;
}

void um_binlog_file_close(struct um_binlog_file *f)
{
    if (!f)
        return;
    if (f->in)
        fclose(f->in);
    um_buf_free(&f->event);
    free(f->path);
    free(f);
}

const char *um_binlog_file_name(const struct um_binlog_file *f)
{
    const char *slash = strrchr(f->path, '/');
    return slash ? slash + 1 : f->path;
}

uint64_t um_binlog_file_offset(const struct um_binlog_file *f)
{
    return f->offset;
}

int um_binlog_file_seek(struct um_binlog_file *f, uint64_t offset, struct um_err *err)
{
    /* Flushing a stream that is read drops what is buffered. */
    if (fflush(f->in) != 0 || fseeko(f->in, (off_t)offset, SEEK_SET) != 0)
        return um_fail(err, UM_E_BINLOG_FILE_OPEN, "'%s' cannot be read at offset %" PRIu64 ": %s",
                       f->path, offset, strerror(errno));
    f->offset = offset;
    return 0;
}

static int fail_truncated(const struct um_binlog_file *f, size_t wanted, struct um_err *err)
{
    return um_fail(err, UM_E_BINLOG_FILE_TRUNCATED,
                   "'%s', offset %" PRIu64 ": the file ends within an event: %zu of its %zu bytes "
                   "are there%s",
                   f->path, f->offset, f->event.len, wanted,
                   f->in_use ? "; the file was not closed, so a server may be writing it" : "");
}

/* Memory grows with what is there, whatever size an event claims. */
static int read_to(struct um_binlog_file *f, size_t size, struct um_err *err)
{
    while (f->event.len < size) {
        size_t missing = size - f->event.len, before = f->event.len;
        if (read_more(f, missing < STEP ? missing : STEP, err) != 0)
            return -1;
        if (f->event.len == before)
            return fail_truncated(f, size, err);
    }
    return 0;
}

int um_binlog_file_next(struct um_binlog_file *f, const uint8_t **bytes, size_t *len,
                        struct um_err *err)
{
    um_buf_clear(&f->event);
    um_buf_trim(&f->event, KEEP_BYTES);
    if (read_more(f, UM_EVENT_HEADER, err) != 0)
        return -1;
    if (f->event.len == 0)
        return 0;
    if (f->event.len < UM_EVENT_HEADER)
        return fail_truncated(f, UM_EVENT_HEADER, err);
    const uint8_t *header = (const uint8_t *)f->event.data;
    size_t size = (size_t)header[SIZE_AT] | (size_t)header[SIZE_AT + 1] << 8 |
                  (size_t)header[SIZE_AT + 2] << 16 | (size_t)header[SIZE_AT + 3] << 24;
    if (f->first)
        f->in_use = header[FLAGS_AT] & IN_USE;
    f->first = false;
    if (size < UM_EVENT_HEADER || size > EVENT_MAX)
        return um_fail(err, UM_E_BINLOG_FILE_DAMAGED,
                       "'%s', offset %" PRIu64 ": an event cannot have the %zu bytes that its "
                       "header tells",
                       f->path, f->offset, size);
    if (read_to(f, size, err) != 0)
        return -1;
    f->offset += size;
    *bytes = (const uint8_t *)f->event.data;
    *len = size;
    return 1;
}
