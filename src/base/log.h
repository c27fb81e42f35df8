#ifndef UM_BASE_LOG_H
#define UM_BASE_LOG_H

#include "base/err.h"

/*
 * Log lines on stderr: text or JSON lines. Thread-safe; configured once before threads start.
 * Callers pass no secret.
 */
enum um_log_level { UM_LOG_DEBUG, UM_LOG_INFO, UM_LOG_WARN, UM_LOG_ERROR };

void um_log_setup(enum um_log_level lowest, bool json);
void um_log(enum um_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The error with its id and the remedy's first sentence. */
void um_log_err(const struct um_err *err);
/* Called around every line when a live block is on the terminal, to erase and redraw it. */
void um_log_redraw(void); /* erases and redraws it now */
void um_log_set_terminal_hooks(void (*erase)(void), void (*redraw)(void));

#define um_debug(...) um_log(UM_LOG_DEBUG, __VA_ARGS__)
#define um_info(...)  um_log(UM_LOG_INFO, __VA_ARGS__)
#define um_warn(...)  um_log(UM_LOG_WARN, __VA_ARGS__)

#endif
