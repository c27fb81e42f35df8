#include "mysql/conn.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "mysql/client.h"
#include "mysql/error.h"

enum {
    CONNECT_TIMEOUT_S = 10, /* where the endpoint has none */
    /* One row, one event and one statement may be as large as the servers' own limit. */
    MAX_PACKET = 1024 * 1024 * 1024,
};

int um_conn_fail(const struct um_conn *c, const char *sql, struct um_err *err)
{
    unsigned code = mysql_errno(c->mysql);
    const char *text = mysql_error(c->mysql);
    enum um_err_id id = um_server_error(c->target, code, text);
    /* After the login the TLS layer fails only because the peer is gone. */
    if (id == UM_E_SOURCE_TLS || id == UM_E_TARGET_TLS)
        id = c->target ? UM_E_TARGET_LOST : UM_E_SOURCE_LOST;
    return um_server_fail(err, id, c->where, code, text, sql);
}

/*
 * A dead peer is noticed by keepalive within two minutes, however long a statement runs: the
 * kernel of a live host answers the probes for a server that is busy. A read timeout could not
 * tell a long ALTER TABLE from a dead host. TCP_USER_TIMEOUT is left alone on purpose: it also
 * ends connections whose live peer has closed its window for that long, which is what a server
 * does that waits for a lock in the middle of LOAD DATA.
 */
static void keep_alive(int fd)
{
    static const int on = 1, idle_s = 60, interval_s = 10, probes = 6;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

static void set_options(struct um_conn *c, unsigned read_timeout_s)
{
    const struct um_endpoint *at = c->endpoint;
    unsigned connect_s = at->connect_timeout ? at->connect_timeout : CONNECT_TIMEOUT_S;
    unsigned protocol = at->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned local_infile = 1;
    size_t max_packet = MAX_PACKET;

    mysql_options(c->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    /* "localhost" would mean the library's built-in socket otherwise. */
    mysql_options(c->mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(c->mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_options(c->mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
    mysql_options4(c->mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "unmoor");
    if (read_timeout_s)
        mysql_options(c->mysql, MYSQL_OPT_READ_TIMEOUT, &read_timeout_s);
    if (at->compress)
        um_client_compress(c->mysql);
    um_load_guard(c);
}

static bool was_cut_off(const char *text)
{
    static const char *const words[] = {"unexpected eof", "reset by peer", "Broken pipe"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(text, words[i]))
            return true;
    }
    return false;
}

static int login(struct um_conn *c, enum um_tls_level level, unsigned read_timeout_s,
                 struct um_err *err)
{
    const struct um_endpoint *at = c->endpoint;
    c->mysql = mysql_init(NULL);
    if (!c->mysql)
        return um_fail(err, UM_E_SYSTEM, "%s: the client library could not be started", c->where);
    set_options(c, read_timeout_s);
    if (um_tls_configure(c->mysql, at, level, c->where, err))
        return -1;
    /* An empty password is passed as one: with NULL the libraries look into MYSQL_PWD. */
    if (!mysql_real_connect(c->mysql, at->socket ? NULL : at->host, at->user ? at->user : "",
                            at->password ? at->password : "", NULL, at->port, at->socket,
                            CLIENT_FOUND_ROWS)) {
        unsigned code = mysql_errno(c->mysql);
        const char *text = mysql_error(c->mysql);
        enum um_err_id id = um_server_error(c->target, code, text);
        bool tls = id == UM_E_SOURCE_TLS || id == UM_E_TARGET_TLS;
        /* A server that goes down in the middle of a handshake comes back. */
        if (tls && level >= UM_TLS_LEVEL_REQUIRED && was_cut_off(text))
            id = c->target ? UM_E_TARGET_LOST : UM_E_SOURCE_LOST;
        else if (tls)
            return um_tls_fail(at, c->where, level, text, err);
        return um_server_fail(err, id, c->where, code, text, NULL);
    }
    return um_tls_confirm(c, level, err);
}

static bool is_tls_error(const struct um_err *err)
{
    return err->id == UM_E_SOURCE_TLS || err->id == UM_E_TARGET_TLS;
}

struct um_conn *um_conn_open_for(const struct um_endpoint *at, unsigned read_timeout_s,
                                 struct um_err *err)
{
    struct um_conn *c = um_alloc(sizeof *c);
    c->endpoint = at;
    c->target = strcmp(at->side, "target") == 0;
    c->fd = -1;
    if (at->socket)
        snprintf(c->where, sizeof c->where, "%s %s", at->side, at->socket);
    else
        snprintf(c->where, sizeof c->where, "%s %s:%u", at->side, at->host, at->port);

    um_mysql_thread_begin();
    if (um_mysql_library_init()) {
        um_fail(err, UM_E_SYSTEM, "%s: the client library could not be started", c->where);
        goto fail;
    }
    enum um_tls_level level = um_tls_level(at);
    int failed = login(c, level, read_timeout_s, err);
    if (failed && level == UM_TLS_LEVEL_PREFERRED && is_tls_error(err)) {
        /* The server offers TLS that this machine's library refuses, such as TLS 1.0. */
        mysql_close(c->mysql);
        c->mysql = NULL;
        failed = login(c, UM_TLS_LEVEL_PLAIN, read_timeout_s, err);
    }
    if (failed)
        goto fail;
    c->fd = fcntl((int)c->mysql->net.fd, F_DUPFD_CLOEXEC, 0);
    if (c->fd < 0) {
        um_fail(err, UM_E_SYSTEM, "%s: the connection's descriptor: %m", c->where);
        goto fail;
    }
    if (!at->socket)
        keep_alive(c->fd);
    if (um_session_setup(c, err))
        goto fail;
    return c;

fail:
    um_conn_close(c);
    return NULL;
}

struct um_conn *um_conn_open(const struct um_endpoint *at, struct um_err *err)
{
    return um_conn_open_for(at, at->read_timeout, err);
}

void um_conn_close(struct um_conn *c)
{
    if (!c)
        return;
    if (c->mysql)
        mysql_close(c->mysql);
    if (c->fd >= 0) {
        shutdown(c->fd, SHUT_RDWR);
        close(c->fd);
    }
    free(c);
}

const struct um_server *um_conn_server(const struct um_conn *c)
{
    return &c->server;
}

const struct um_endpoint *um_conn_endpoint(const struct um_conn *c)
{
    return c->endpoint;
}

void um_conn_abort(struct um_conn *c)
{
    shutdown(c->fd, SHUT_RDWR);
}
