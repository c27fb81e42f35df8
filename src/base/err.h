#ifndef UM_BASE_ERR_H
#define UM_BASE_ERR_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Errors. A function that can fail takes a `struct um_err *` as its last argument (format
 * arguments aside) and returns -1 (or NULL) after filling it. The ids are the rows of errors.def;
 * each has an exit code, a meaning and a remedy, which `unmoor explain` prints.
 *
 * Texts say what was found, where, and what to do. They never carry a secret.
 */

enum um_exit {
    UM_EXIT_OK = 0,
    UM_EXIT_OTHER = 1,
    UM_EXIT_USAGE = 2,
    UM_EXIT_CONFIG = 3,
    UM_EXIT_BLOCKED = 4,
    UM_EXIT_SOURCE = 5,
    UM_EXIT_TARGET = 6,
    UM_EXIT_DIFFERENT = 7,
    UM_EXIT_UNSUPPORTED = 8,
    UM_EXIT_CANNOT_RESUME = 9,
    UM_EXIT_RUNNING = 10,
    UM_EXIT_GATE = 11,
    UM_EXIT_OWNERSHIP = 12,
    UM_EXIT_HOOK = 13,
    UM_EXIT_BUG = 70,
    UM_EXIT_INTERRUPTED = 130,
    UM_EXIT_TERMINATED = 143,
};

enum um_err_id {
    UM_E_NONE = 0,
#define UM_ERROR(number, name, exit_code, meaning, remedy) UM_E_##name = number,
#include "base/errors.def"
#undef UM_ERROR
};

struct um_err {
    enum um_err_id id;
    unsigned server_code; /* the server's own error number, 0 where there is none */
    char text[1536];
};

/* Fills err and returns -1. */
int um_fail(struct um_err *err, enum um_err_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "where: " before the text of an error that is already set; returns -1. */
int um_fail_in(struct um_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void um_err_clear(struct um_err *err);

struct um_err_info {
    enum um_err_id id;
    const char *name;
    enum um_exit exit_code;
    const char *meaning, *remedy;
};
/* The catalogue, sorted by id; NULL for an unknown id. */
const struct um_err_info *um_err_info(enum um_err_id id);
const struct um_err_info *um_err_catalogue(size_t *count);
enum um_exit um_err_exit(const struct um_err *err);

/* A state that the code makes impossible: prints where, and leaves with UM_EXIT_BUG. */
_Noreturn void um_bug_at(const char *file, int line, const char *what);
#define UM_BUG(what)    um_bug_at(__FILE__, __LINE__, what)
#define UM_ASSERT(cond) ((cond) ? (void)0 : UM_BUG(#cond))

#endif
