#ifndef MIGRATE_BINLOGS_FILE_H
#define MIGRATE_BINLOGS_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A binlog or relay log on disk, event by event. Only the event at hand is in memory. A file that
 * a server still writes to is read up to where it ends at that moment.
 */
struct um_binlog_file;

/* UM_E_BINLOG_FILE_OPEN, _FORM or _ENCRYPTED, with the path. NULL on error. */
struct um_binlog_file *um_binlog_file_open(const char *path, struct um_err *err);
void um_binlog_file_close(struct um_binlog_file *f);

/* The path without its folders: the name by which positions tell of the file. */
const char *um_binlog_file_name(const struct um_binlog_file *f);
/* Where the next event begins. */
uint64_t um_binlog_file_offset(const struct um_binlog_file *f);
/* To where an event begins; what was written since is seen from then on. */
int um_binlog_file_seek(struct um_binlog_file *f, uint64_t offset, struct um_err *err);
/* 1 and the bytes, valid until the next call; 0 at the end; -1 when the file is cut off, says
   something impossible or cannot be read: with path and offset. */
int um_binlog_file_next(struct um_binlog_file *f, const uint8_t **bytes, size_t *len,
                        struct um_err *err);

#endif
