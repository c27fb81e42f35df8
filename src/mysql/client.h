#ifndef UM_MYSQL_CLIENT_H
#define UM_MYSQL_CLIENT_H

/*
 * Private to this folder: mysql.h, where the two client libraries differ, and what a connection
 * is made of.
 */
#include <mysql.h>
#include <stdatomic.h>

#include "mysql/conn.h"

#ifdef MARIADB_PACKAGE_VERSION
#define UM_CLIENT_MARIADB 1
typedef my_bool um_client_bool;
#define um_client_compress(mysql) mysql_options(mysql, MYSQL_OPT_COMPRESS, NULL)
#else
#define UM_CLIENT_MARIADB 0
typedef bool um_client_bool;
#define um_client_compress(mysql)                                                                  \
    mysql_options(mysql, MYSQL_OPT_COMPRESSION_ALGORITHMS, "zstd,zlib,uncompressed")
#endif

struct um_load_call; /* load.c */

struct um_conn {
    MYSQL *mysql;
    const struct um_endpoint *endpoint;
    bool target;
    /* A duplicate of the socket's descriptor: the library closes its own when the connection
       breaks, and the number could be somebody else's by the time um_conn_abort uses it. */
    int fd;
    struct um_server server;
    size_t max_packet; /* the server ends a connection that sends more at once; 0: not known yet */
    bool multi;        /* um_multi_allow was called */
    int64_t waited_us; /* for the server, by statements so far */
    uint64_t affected; /* of the last um_exec* or um_load */
    unsigned warnings;
    bool unchanged;            /* see struct um_answer */
    struct um_load_call *load; /* while um_load runs; NULL: every request for a file is refused */
    char where[160];           /* "source db1:3306", for error texts */
};

/* The library's last error on this connection as an um_err; returns -1. `sql` may be NULL. */
int um_conn_fail(const struct um_conn *c, const char *sql, struct um_err *err);

/* mysql_real_query with the error filled. */
int um_conn_send(struct um_conn *c, const char *sql, size_t len, struct um_err *err);

/* Of a packet that was sent. 1: the answer of the next statement is there; 0: there is none left;
   -1: it failed. */
int um_multi_next(struct um_conn *c, bool first, struct um_err *err);

/* ---- tls.c ---- */

enum um_tls_level {
    UM_TLS_LEVEL_PLAIN,
    UM_TLS_LEVEL_PREFERRED, /* loopback only: encrypted where the server can, never verified */
    UM_TLS_LEVEL_REQUIRED,
    UM_TLS_LEVEL_CA,
    UM_TLS_LEVEL_IDENTITY
};
enum um_tls_level um_tls_level(const struct um_endpoint *at);
/* Once, before the library is initialised and while there is one thread. */
void um_tls_library_init(void);
int um_tls_configure(MYSQL *mysql, const struct um_endpoint *at, enum um_tls_level level,
                     const char *where, struct um_err *err);
/* After the login: what was asked for is on. */
int um_tls_confirm(const struct um_conn *c, enum um_tls_level level, struct um_err *err);
/* An error text of the TLS layer with the options that decide about it; returns -1. */
int um_tls_fail(const struct um_endpoint *at, const char *where, enum um_tls_level level,
                const char *text, struct um_err *err);

/* ---- tls_gate.c: MariaDB Connector/C only ---- */

/* Makes the coming login fail before anything about the account is sent when the server offers no
   TLS. */
int um_tls_gate(MYSQL *mysql);

/* ---- session.c ---- */

int um_session_setup(struct um_conn *c, struct um_err *err);

/* ---- load.c ---- */

/* Puts handlers in place that never open a file. */
void um_load_guard(struct um_conn *c);

/* ---- result.c ---- */

/* Reads and drops the rows of the result at hand, where it has any. */
int um_drop_rows(struct um_conn *c, const char *sql, struct um_err *err);
/* … and all that is left of the last statement's results. */
int um_drain(struct um_conn *c, const char *sql, struct um_err *err);

#endif
