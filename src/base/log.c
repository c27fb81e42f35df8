#include "base/log.h"

#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static struct {
    pthread_mutex_t lock; /* a leaf: nothing is taken while it is held */
    enum um_log_level lowest;
    bool json;
    void (*erase)(void), (*redraw)(void);
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .lowest = UM_LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void um_log_setup(enum um_log_level lowest, bool json)
{
    logger.lowest = lowest;
    logger.json = json;
}

void um_log_set_terminal_hooks(void (*erase)(void), void (*redraw)(void))
{
    pthread_mutex_lock(&logger.lock);
    logger.erase = erase;
    logger.redraw = redraw;
    pthread_mutex_unlock(&logger.lock);
}

void um_log_redraw(void)
{
    pthread_mutex_lock(&logger.lock);
    if (logger.erase)
        logger.erase();
    if (logger.redraw)
        logger.redraw();
    fflush(stderr);
    pthread_mutex_unlock(&logger.lock);
}

static void stamp(char *out, size_t size)
{
    int64_t us = um_wall_us();
    time_t seconds = us / 1000000;
    struct tm t;
    gmtime_r(&seconds, &t);
    size_t n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out + n, size - n, ".%03dZ", (int)(us / 1000 % 1000));
}

static void write_json(enum um_log_level level, const char *when, int id, const char *text)
{
    json_t *line = json_pack("{s:s, s:s}", "time", when, "level", level_names[level]);
    if (id)
        json_object_set_new(line, "id", json_sprintf("UM-%d", id));
    /* Server texts may hold bytes that are not UTF-8. */
    json_t *message = json_string(text);
    json_object_set_new(line, "message", message ? message : json_string("(not UTF-8)"));
    char *dump = json_dumps(line, JSON_COMPACT);
    fprintf(stderr, "%s\n", dump);
    free(dump);
    json_decref(line);
}

static void write_line(enum um_log_level level, int id, const char *text)
{
    char when[40];
    stamp(when, sizeof when);
    pthread_mutex_lock(&logger.lock);
    if (logger.erase)
        logger.erase();
    if (logger.json)
        write_json(level, when, id, text);
    else if (level == UM_LOG_INFO)
        fprintf(stderr, "%.19sZ %s\n", when, text);
    else
        fprintf(stderr, "%.19sZ %s: %s\n", when, level_names[level], text);
    fflush(stderr);
    if (logger.redraw)
        logger.redraw();
    pthread_mutex_unlock(&logger.lock);
}

void um_log(enum um_log_level level, const char *fmt, ...)
{
    if (level < logger.lowest)
        return;
    char text[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    write_line(level, 0, text);
}

void um_log_err(const struct um_err *err)
{
    const struct um_err_info *info = um_err_info(err->id);
    char text[4096];
    if (logger.json)
        snprintf(text, sizeof text, "%s", err->text);
    else
        snprintf(text, sizeof text, "UM-%d: %s\n  What to do: %s\n  More: unmoor explain UM-%d",
                 err->id, err->text, info ? info->remedy : "", err->id);
    write_line(UM_LOG_ERROR, err->id, text);
}
