#include "mysql/client.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"

static bool is_loopback(const char *host)
{
    return host && (strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                    strcmp(host, "::1") == 0 || strcasecmp(host, "ip6-localhost") == 0);
}

/*
 * Unless told otherwise: a Unix socket goes plain; so does loopback where the server has no TLS,
 * but where it has, encryption spares a password the detour through the server's RSA key. A CA in
 * the configuration says that its owner wants the server verified, on loopback too (a tunnel ends
 * there).
 */
enum um_tls_level um_tls_level(const struct um_endpoint *at)
{
    if (!at->tls.mode_given) {
        if (at->socket)
            return UM_TLS_LEVEL_PLAIN;
        if (is_loopback(at->host) && !at->tls.ca)
            return UM_TLS_LEVEL_PREFERRED;
        return UM_TLS_LEVEL_IDENTITY;
    }
    switch (at->tls.mode) {
    case UM_TLS_DISABLED:
        return UM_TLS_LEVEL_PLAIN;
    case UM_TLS_REQUIRED:
        return UM_TLS_LEVEL_REQUIRED;
    case UM_TLS_VERIFY_CA:
        return UM_TLS_LEVEL_CA;
    case UM_TLS_VERIFY_IDENTITY:
        break;
    }
    return UM_TLS_LEVEL_IDENTITY;
}

static int check_readable(const struct um_endpoint *at, const char *where, const char *option,
                          const char *path, struct um_err *err)
{
    if (!path || access(path, R_OK) == 0)
        return 0;
    bool target = strcmp(at->side, "target") == 0;
    return um_fail(err, target ? UM_E_TARGET_TLS : UM_E_SOURCE_TLS,
                   "%s: %s.tls.%s: the file %s cannot be read: %m", where, at->side, option, path);
}

/*
 * What the system trusts. Where nothing is verified, both libraries would read all of it for each
 * connection, which takes longer than the rest of a login, and no option keeps Connector/C from it
 * that does not make it verify as well. So OpenSSL is told that there is nothing by default, and
 * connections that verify are told where it is. Programs that read the configuration's secrets have
 * run by then; one that is started later inherits these variables.
 */
static char *trusted_file, *trusted_dir;

static char *take_away(const char *variable, const char *usual)
{
    const char *set = getenv(variable);
    char *value = um_strdup(set ? set : usual);
    setenv(variable, "/dev/null", 1);
    return value;
}

void um_tls_library_init(void)
{
    trusted_file = take_away(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    trusted_dir = take_away(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
}

/* Without a CA of the configuration the system's own are trusted. */
static void set_ca(MYSQL *mysql, const char *ca)
{
    if (ca) {
        mysql_options(mysql, MYSQL_OPT_SSL_CA, ca);
        return;
    }
    if (access(trusted_file, R_OK) == 0)
        mysql_options(mysql, MYSQL_OPT_SSL_CA, trusted_file);
    mysql_options(mysql, MYSQL_OPT_SSL_CAPATH, trusted_dir);
}

#if UM_CLIENT_MARIADB

/* From 3.4 on leaving the host's name unverified leaves the CA unverified as well. The library that
   runs may be newer than the one that the program was built with. */
static bool can_verify_ca_alone(void)
{
    return mysql_get_client_version() < 30400;
}

static int set_level(MYSQL *mysql, enum um_tls_level level)
{
    um_client_bool use = level != UM_TLS_LEVEL_PLAIN;
    um_client_bool verify = level == UM_TLS_LEVEL_IDENTITY;
    if (level == UM_TLS_LEVEL_CA && !can_verify_ca_alone())
        verify = 1; /* more than was asked for, never less */
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &use);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (level <= UM_TLS_LEVEL_PREFERRED) {
        /* Nothing that hands the password over in clear text. */
        mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH,
                       "mysql_native_password,caching_sha2_password,sha256_password,"
                       "client_ed25519,parsec");
        return 0;
    }
    /* The library itself refuses a server without TLS if, and only if, it is to verify it. */
    return verify ? 0 : um_tls_gate(mysql);
}

#else

static bool can_verify_ca_alone(void)
{
    return true;
}

static int set_level(MYSQL *mysql, enum um_tls_level level)
{
    static const unsigned modes[] = {
        [UM_TLS_LEVEL_PLAIN] = SSL_MODE_DISABLED,
        [UM_TLS_LEVEL_PREFERRED] = SSL_MODE_PREFERRED,
        [UM_TLS_LEVEL_REQUIRED] = SSL_MODE_REQUIRED,
        [UM_TLS_LEVEL_CA] = SSL_MODE_VERIFY_CA,
        [UM_TLS_LEVEL_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
    };
    unsigned mode = modes[level];
    um_client_bool fetch_key = level <= UM_TLS_LEVEL_PREFERRED;
    mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &fetch_key);
    return mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode) ? -1 : 0;
}

#endif

int um_tls_configure(MYSQL *mysql, const struct um_endpoint *at, enum um_tls_level level,
                     const char *where, struct um_err *err)
{
    if (level != UM_TLS_LEVEL_PLAIN) {
        if (check_readable(at, where, "ca", at->tls.ca, err) ||
            check_readable(at, where, "cert", at->tls.cert, err) ||
            check_readable(at, where, "key", at->tls.key, err))
            return -1;
        if (at->tls.cert)
            mysql_options(mysql, MYSQL_OPT_SSL_CERT, at->tls.cert);
        if (at->tls.key)
            mysql_options(mysql, MYSQL_OPT_SSL_KEY, at->tls.key);
        if (level >= UM_TLS_LEVEL_CA)
            set_ca(mysql, at->tls.ca);
    }
    if (set_level(mysql, level))
        return um_tls_fail(at, where, level, "the client library does not take this tls.mode", err);
    return 0;
}

int um_tls_confirm(const struct um_conn *c, enum um_tls_level level, struct um_err *err)
{
    if (level < UM_TLS_LEVEL_REQUIRED || mysql_get_ssl_cipher(c->mysql))
        return 0;
    return um_tls_fail(c->endpoint, c->where, level, "the connection is not encrypted", err);
}

int um_tls_fail(const struct um_endpoint *at, const char *where, enum um_tls_level level,
                const char *text, struct um_err *err)
{
    static const char *const names[] = {
        [UM_TLS_LEVEL_PLAIN] = "disabled",           [UM_TLS_LEVEL_PREFERRED] = "none on loopback",
        [UM_TLS_LEVEL_REQUIRED] = "required",        [UM_TLS_LEVEL_CA] = "verify_ca",
        [UM_TLS_LEVEL_IDENTITY] = "verify_identity",
    };
    bool target = strcmp(at->side, "target") == 0;
    return um_fail(err, target ? UM_E_TARGET_TLS : UM_E_SOURCE_TLS,
                   "%s: %s (%s.tls.mode is %s%s%s, %s.tls.ca is %s)", where, text, at->side,
                   names[level], at->tls.mode_given ? "" : " by default",
                   level == UM_TLS_LEVEL_CA && !can_verify_ca_alone()
                       ? ", with which this client library verifies the name as well"
                       : "",
                   at->side,
                   at->tls.ca ? at->tls.ca : "not set: the system's certificates are used");
}
