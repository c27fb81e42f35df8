#ifndef MIGRATE_SPOOL_DIRECTORY_H
#define MIGRATE_SPOOL_DIRECTORY_H

#include "base/mem.h"
#include "spool/spool.h"

/*
 * Private to this folder: spool.directory. The file `unmoor.spool` says whose it is and is locked
 * by the process that uses it; `unmoor.stopped` says why nothing is added any more. Everything else
 * is a binlog file.
 */
struct um_spool_dir {
    char *path;
    int fd;   /* -1: not open */
    int lock; /* of the first file; -1: not taken */
};

/* 1: it is not there, or empty, and was not to be made. */
int um_spool_dir_open(const struct um_spool_owner *owner, bool make, struct um_spool_dir *out,
                      struct um_err *err);
void um_spool_dir_close(struct um_spool_dir *d);
/* With all that is in it. */
void um_spool_dir_remove(struct um_spool_dir *d);

/* The binlog files, in the order of their numbers. */
int um_spool_dir_list(const struct um_spool_dir *d, struct um_strv *names, struct um_err *err);
char *um_spool_dir_path(const struct um_spool_dir *d, const char *name);
/* Makes the names of its files durable. */
int um_spool_dir_sync(const struct um_spool_dir *d, struct um_err *err);
void um_spool_dir_set_stopped(const struct um_spool_dir *d, const char *why); /* NULL: it goes on */

#endif
