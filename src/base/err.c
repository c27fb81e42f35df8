#include "base/err.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct um_err_info catalogue[] = {
#define UM_ERROR(number, name, exit_code, meaning, remedy)                                         \
    {UM_E_##name, #name, exit_code, meaning, remedy},
#include "base/errors.def"
#undef UM_ERROR
};
enum { CATALOGUE_SIZE = sizeof catalogue / sizeof *catalogue };

int um_fail(struct um_err *err, enum um_err_id id, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    /* Formatted aside: the arguments may come from the error that is replaced. */
    char text[sizeof err->text];
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    memcpy(err->text, text, sizeof text);
    err->id = id;
    err->server_code = 0;
    return -1;
}

int um_fail_in(struct um_err *err, const char *fmt, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, ": %s", err->text);
    memcpy(err->text, text, sizeof text);
    return -1;
}

void um_err_clear(struct um_err *err)
{
    err->id = UM_E_NONE;
    err->server_code = 0;
    err->text[0] = '\0';
}

const struct um_err_info *um_err_info(enum um_err_id id)
{
    for (size_t i = 0; i < CATALOGUE_SIZE; i++) {
        if (catalogue[i].id == id)
            return &catalogue[i];
    }
    return NULL;
}

const struct um_err_info *um_err_catalogue(size_t *count)
{
    *count = CATALOGUE_SIZE;
    return catalogue;
}

enum um_exit um_err_exit(const struct um_err *err)
{
    const struct um_err_info *info = um_err_info(err->id);
    return info ? info->exit_code : UM_EXIT_OTHER;
}

_Noreturn void um_bug_at(const char *file, int line, const char *what)
{
    const char *base = strrchr(file, '/');
    fprintf(stderr, "UM-%d: bug at %s:%d: %s\n", UM_E_BUG, base ? base + 1 : file, line, what);
    _exit(UM_EXIT_BUG);
}
