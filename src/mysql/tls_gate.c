#include "mysql/client.h"

#if UM_CLIENT_MARIADB

#include <mysql/plugin_auth.h>
#include <stdio.h>
#include <string.h>

/*
 * Connector/C takes MYSQL_OPT_SSL_ENFORCE for a wish: with a server, or somebody in between, that
 * does not offer TLS it goes on without, and the login is out before one can look. Its plugins
 * for the login run after the server's greeting and before the first byte of an answer, so a
 * plugin of our own stands in front of them. It stops where there is no TLS; otherwise it lets
 * the library start TLS, and the server, which does not know the plugin's name, then names the
 * one that the account really has.
 */
enum { TLS_ERROR = 2026 };

static int gate(MYSQL_PLUGIN_VIO *vio, struct st_mysql *mysql)
{
    if (!(mysql->server_capabilities & CLIENT_SSL)) {
        mysql->net.last_errno = TLS_ERROR;
        snprintf(mysql->net.sqlstate, sizeof mysql->net.sqlstate, "HY000");
        snprintf(mysql->net.last_error, sizeof mysql->net.last_error, "the server offers no TLS");
        return CR_ERROR;
    }
    unsigned char *packet;
    vio->read_packet(vio, &packet);
    return CR_ERROR; /* the library takes the server's request for another plugin from here */
}

/* As in mysql/client_plugin.h, which some packages install without what it includes. */
enum { AUTHENTICATION_PLUGIN = 2, AUTHENTICATION_INTERFACE = 0x0100 };
struct authentication_plugin {
    MYSQL_CLIENT_PLUGIN_HEADER
    int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, struct st_mysql *mysql);
};

static struct authentication_plugin plugin = {
    .type = AUTHENTICATION_PLUGIN,
    .interface_version = AUTHENTICATION_INTERFACE,
    .name = "unmoor_tls_gate",
    .author = "unmoor",
    .desc = "no login without TLS",
    .version = {1, 0, 0},
    .license = "Apache-2.0",
    .authenticate_user = gate,
};

int um_tls_gate(MYSQL *mysql)
{
    struct st_mysql_client_plugin *p = (struct st_mysql_client_plugin *)&plugin;
    if (!mysql_client_register_plugin(mysql, p))
        return -1;
    return mysql_options(mysql, MYSQL_DEFAULT_AUTH, plugin.name) ? -1 : 0;
}

#else

typedef int um_not_needed_here;

#endif
