#include "plan/check.h"

#include <stdlib.h>

/* What is asked of both servers. */

enum { NEWEST_MYSQL = 99999, NEWEST_MARIADB = 119999 };

void um_check_version(struct um_plan *p, enum um_check_id id, const struct um_server *s,
                      unsigned oldest_mysql, unsigned oldest_mariadb, const char *mend)
{
    bool maria = s->flavour == UM_MARIADB;
    unsigned oldest = maria ? oldest_mariadb : oldest_mysql;
    char *name = um_server_name(s);
    if (s->version < oldest)
        um_check_add(p, id, UM_BLOCK,
                     um_sprintf("%s; %s %u.%u is the oldest that is supported", name,
                                maria ? "MariaDB" : "MySQL", oldest / 10000, oldest / 100 % 100),
                     um_strdup(mend));
    else if (s->version > (maria ? NEWEST_MARIADB : NEWEST_MYSQL))
        um_check_add(
            p, id, UM_WARN, um_sprintf("%s, newer than any that was tried", name),
            um_strdup("Try it with a copy of the data, and verify, before relying on it."));
    else
        um_check_pass(p, id, "%s (%s)", name, s->version_text);
    free(name);
}

void um_check_connections(struct um_plan *p, enum um_check_id id, const struct um_side *s,
                          uint64_t need)
{
    uint64_t max = um_variable_uint(&s->variables, "max_connections", 0);
    uint64_t per_user = um_variable_uint(&s->variables, "max_user_connections", 0);
    struct um_buf seen = {0}, mend = {0};
    enum um_level level = UM_PASS;
    um_buf_fmt(&seen, "%llu are needed, ", (unsigned long long)need);
    if (per_user && per_user < need) {
        level = UM_BLOCK;
        um_buf_fmt(&seen, "max_user_connections is %llu", (unsigned long long)per_user);
        um_mend_line(&mend, "Make copy.threads smaller, or:");
        um_mend_variable(&mend, s, "max_user_connections", "0");
    } else {
        um_buf_fmt(&seen, "%llu of %llu are taken", (unsigned long long)s->connections,
                   (unsigned long long)max);
    }
    if (level == UM_PASS && max && s->connections + need > max) {
        level = UM_WARN;
        char *value = um_sprintf("%llu", (unsigned long long)(s->connections + need + 10));
        um_mend_line(&mend, "Make copy.threads smaller, or:");
        um_mend_variable(&mend, s, "max_connections", value);
        free(value);
    }
    um_check_add(p, id, level, um_buf_take(&seen), level == UM_PASS ? NULL : um_buf_take(&mend));
}
