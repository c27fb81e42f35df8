#ifndef MIGRATE_SPOOL_FILES_H
#define MIGRATE_SPOOL_FILES_H

#include <pthread.h>

#include "spool/directory.h"

/* Private to this folder: the spool's files, which the writer, a reader and the job's own thread
   share. */

struct um_spool_file {
    char name[256];
    int64_t born;  /* when the source created it */
    uint64_t size; /* as far as it is written */
};

struct um_spool {
    const struct um_config *config;
    struct um_spool_dir dir;

    pthread_mutex_t lock; /* guards what follows, up to the thread */
    pthread_cond_t wake;
    struct um_spool_file *files; /* each with its format description; the last is written to */
    size_t count, cap;
    uint64_t end; /* in the last one: behind the last transaction that is whole */
    uint64_t bytes;
    bool writing; /* the thread was begun, and nobody has joined it */
    bool stopping;
    struct um_stream *stream; /* of the writer, for who wants it to end */

    /* The writer's, and before it begins, the job's thread's. */
    struct um_stream_options options;
    char first[256]; /* where an empty spool begins, */
    int64_t born;    /* and when that was created; 0: not known */
    pthread_t thread;
};

/*
 * Reads a file from its beginning, as far as it is whole. *whole: behind the last whole
 * transaction, 0 if it has not even its format description; *born with it.
 */
int um_spool_scan(const struct um_spool *s, const char *name, uint64_t *whole, int64_t *born,
                  struct um_err *err);
/* The file at index i becomes the last one, and ends behind its last whole transaction; without any
   it goes too. Nobody writes. */
int um_spool_cut(struct um_spool *s, size_t i, struct um_err *err);
/* The same by name, for who found that it is damaged: stops the writer. */
int um_spool_cut_damaged(struct um_spool *s, const char *name, struct um_err *err);

/* The writer. */
void *um_spool_write(void *spool);
/* Under the lock. */
struct um_spool_file *um_spool_find(struct um_spool *s, const char *name);

#endif
