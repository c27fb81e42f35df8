#include "follow/statement_session.h"

#include <stdio.h>

#include "base/mem.h"

void um_statement_session(struct um_statement_session *s, const struct um_query *q,
                          const struct um_event *ev, bool mariadb)
{
    /* MariaDB 10.8 has it among the flags. */
    enum { MARIA_EXPLICIT_DEFAULTS = 1 << 24 };
    *s = (struct um_statement_session){
        .schema = um_memdup(q->schema, q->schema_len),
        .has_sql_mode = q->has_sql_mode,
        .sql_mode = q->sql_mode,
        .charset_client = q->charset_client,
        .collation_connection = q->collation_connection,
        .collation_server = q->collation_server,
        .collation_database = q->charset_database,
        .default_collation_utf8mb4 = q->default_collation_utf8mb4,
        .auto_increment_increment = q->auto_increment_increment,
        .auto_increment_offset = q->auto_increment_offset,
        .lc_time_names = q->lc_time_names,
        .no_foreign_key_checks = q->has_flags2 && q->flags2 & UM_QUERY_NO_FOREIGN_KEY_CHECKS,
        .no_unique_checks = q->has_flags2 && q->flags2 & UM_QUERY_RELAXED_UNIQUE_CHECKS,
        .explicit_defaults_timestamp = q->explicit_defaults_timestamp,
        .timestamp_us = (int64_t)ev->timestamp * 1000000 + q->microseconds,
        .error_code = q->error_code,
    };
    if (mariadb && q->has_flags2)
        s->explicit_defaults_timestamp = (q->flags2 & MARIA_EXPLICIT_DEFAULTS) != 0;
    snprintf(s->time_zone, sizeof s->time_zone, "%s", q->time_zone);
}
