#ifndef UM_CONFIG_ENDPOINT_H
#define UM_CONFIG_ENDPOINT_H

#include <stdbool.h>

/* How to reach one server. Strings are owned by the um_config that holds it; NULL is unset. */
enum um_tls_mode { UM_TLS_DISABLED, UM_TLS_REQUIRED, UM_TLS_VERIFY_CA, UM_TLS_VERIFY_IDENTITY };

struct um_endpoint {
    const char *side; /* "source" or "target", for error texts */
    char *host;
    unsigned port;
    char *socket; /* wins over host and port */
    char *user;
    char *password; /* resolved secret; wiped by um_config_free; never logged */
    struct {
        enum um_tls_mode mode; /* a Unix socket or loopback defaults to disabled-if-unavailable */
        bool mode_given;       /* false: verify_identity, but loopback and sockets may go without */
        char *ca, *cert, *key;
    } tls;
    bool compress;            /* the protocol's compression, where the server offers it */
    bool sql_log_bin;         /* false: SET SESSION sql_log_bin=0 (target and state connections) */
    unsigned connect_timeout; /* seconds */
    unsigned read_timeout;    /* seconds; without an answer for so long it is lost. 0: see conn.h */
};

/* Where it is, for people. */
static inline const char *um_endpoint_place(const struct um_endpoint *at)
{
    return at->host ? at->host : at->socket;
}

#endif
