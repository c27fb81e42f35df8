#ifndef UM_CONFIG_FILE_H
#define UM_CONFIG_FILE_H

#include "base/err.h"
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a regular file of at most `limit` bytes into one allocation (NUL-terminated, so that
 * um_secret_free can wipe the only copy). Errors have the id given, and name the file.
 */
int um_file_read(const char *path, size_t limit, enum um_err_id id, char **data, size_t *len,
                 mode_t *mode, struct um_err *err);
/* Is it a regular file that can be read? */
int um_file_readable(const char *path, enum um_err_id id, mode_t *mode, struct um_err *err);
/* Refuses a file that others than its owner can read or write: UM_E_CONFIG_FILE_MODE. */
int um_file_private(const char *path, mode_t mode, const char *what, struct um_err *err);

/* Wipes and frees; NULL is fine. */
void um_secret_free(char *secret);
void um_secret_free_bytes(char *secret, size_t len);

#endif
