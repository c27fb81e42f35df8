#include "throttle/look.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A server that does not answer must not keep the others from being asked, nor the process from
   ending. */
enum { CONNECT_S = 5, ANSWER_S = 6 };

/* ---- reasons ---- */

void um_reasons_add(struct um_reasons *r, const char *cause, const char *fmt, ...)
{
    if (r->text.len)
        um_buf_str(&r->text, "; ");
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(&r->text, fmt, args);
    va_end(args);
    um_buf_fmt(&r->causes, "%s;", cause);
}

void um_reasons_clear(struct um_reasons *r)
{
    um_buf_free(&r->text);
    um_buf_free(&r->causes);
    *r = (struct um_reasons){0};
}

/* ---- what is looked at ---- */

static struct um_look *add(struct um_looks *l)
{
    struct um_look *look = &l->items[l->count++];
    *look = (struct um_look){.config = l->config,
                             .at = l->config->source,
                             .pause = {.first_us = 1000000, .max_us = 10000000}};
    if (!look->at.connect_timeout || look->at.connect_timeout > CONNECT_S)
        look->at.connect_timeout = CONNECT_S;
    return look;
}

static void add_source(struct um_looks *l)
{
    struct um_look *look = add(l);
    look->name = um_strdup("the source");
    look->ask = um_look_ask_source;
}

static void add_replica(struct um_looks *l, const char *text)
{
    char host[UM_HOST_MAX + 1];
    unsigned port;
    if (!um_config_server(text, host, &port))
        UM_BUG("a replica that the configuration should not have taken");
    struct um_look *look = add(l);
    look->at.side = "replica";
    look->at.socket = NULL;
    look->at.host = um_strdup(host);
    look->at.port = port ? port : l->config->source.port;
    look->name = um_sprintf("replica %s:%u", host, look->at.port);
    look->ask = um_look_ask_replica;
}

void um_looks_begin(struct um_looks *l, const struct um_config *config)
{
    const struct um_strv *replicas = &config->throttle.replicas;
    *l = (struct um_looks){.config = config};
    l->items = um_alloc_array(replicas->count + 1, sizeof *l->items);
    if (config->throttle.threads_running || config->throttle.query)
        add_source(l);
    for (size_t i = 0; i < replicas->count; i++)
        add_replica(l, replicas->items[i]);
}

void um_looks_end(struct um_looks *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct um_look *look = &l->items[i];
        um_conn_close(look->conn);
        if (look->at.host != l->config->source.host)
            free(look->at.host);
        free(look->name);
    }
    free(l->items);
    *l = (struct um_looks){0};
}

/* ---- looking ---- */

bool um_look_may_pass(const struct um_err *err)
{
    return um_err_is_lost(err) || um_err_is_retryable(err) || err->id == UM_E_SOURCE_TIMEOUT;
}

static int fail(struct um_look *l, struct um_err *err)
{
    int64_t now = um_now_us();
    if (l->ask == um_look_ask_replica && !um_look_may_pass(err)) {
        struct um_err server = *err;
        um_fail(err, UM_E_THROTTLE_REPLICA, "throttle.replicas: %s", server.text);
    }
    um_conn_close(l->conn);
    l->conn = NULL;
    l->set_up = false;
    if (l->failure.id == UM_E_NONE)
        l->failing_since = now;
    l->failure = *err;
    l->next_us = now + um_backoff_next(&l->pause);
    return -1;
}

static int ask(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    if (!l->conn && !(l->conn = um_conn_open_for(&l->at, ANSWER_S, err)))
        return fail(l, err);
    if (l->ask(l, out, err) != 0)
        return fail(l, err);
    um_err_clear(&l->failure);
    um_backoff_reset(&l->pause);
    return 0;
}

int um_look_take(struct um_look *l, struct um_reasons *out, struct um_err *err)
{
    bool failing = l->failure.id != UM_E_NONE;
    if ((!failing || um_now_us() >= l->next_us) && ask(l, out, err) == 0)
        return 0;
    *err = l->failure;
    um_reasons_add(out, l->name, "%s cannot be asked (%s)", l->name, err->text);
    return -1;
}

void um_look_at_file(const struct um_config *config, struct um_reasons *out)
{
    const char *file = config->throttle.file;
    if (!file)
        return;
    if (access(file, F_OK) == 0)
        um_reasons_add(out, "file", "the file %s exists", file);
    else if (errno != ENOENT && errno != ENOTDIR)
        um_reasons_add(out, "file", "whether the file %s exists cannot be seen (%s)", file,
                       strerror(errno));
}
