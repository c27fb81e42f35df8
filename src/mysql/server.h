#ifndef UM_MYSQL_SERVER_H
#define UM_MYSQL_SERVER_H

#include "change/position.h"
#include "mysql/conn.h"

/* Questions to a server that the flavours answer differently. */

/* A global variable's value as SHOW GLOBAL VARIABLES prints it (ON and OFF; long sets of GTIDs are
   cut), malloc'd. NULL when the server has no such variable (err is left alone) or on failure. */
char *um_server_variable(struct um_conn *c, const char *name, struct um_err *err);

/* Has every row event all columns of the row, at least before an update? By binlog_row_image; NULL
   on servers that have no such variable, whose images are always full. MariaDB's FULL_NODUP leaves
   out of the image after an update what did not change. */
bool um_server_full_images(const char *binlog_row_image);

/* Does the server have GTIDs switched on? MySQL: gtid_mode=ON; MariaDB: always. */
int um_server_gtid_kind(struct um_conn *c, enum um_gtid_kind *kind, struct um_err *err);

/*
 * The current end of the binlog: SHOW MASTER STATUS / SHOW BINARY LOG STATUS and the executed set
 * (gtid_executed; gtid_binlog_pos / gtid_current_pos). UM_E_SOURCE_NO_BINLOG when there is none.
 * Consistent only while writes are blocked.
 */
int um_server_position(struct um_conn *c, struct um_position *out, struct um_err *err);
/* MariaDB: the position of this session's consistent snapshot (binlog_snapshot_file/position and
   BINLOG_GTID_POS of it). */
int um_server_snapshot_position(struct um_conn *c, struct um_position *out, struct um_err *err);

/* Does InnoDB write its redo log? It does on servers that know no way to switch it off. */
int um_server_redo_log(struct um_conn *c, bool *on, struct um_err *err);
bool um_server_has_redo_log_switch(const struct um_server *s);

/* How the server fares as a replica: of several sources, the one that is worst off. */
struct um_replication {
    bool configured; /* it is a replica at all */
    bool running;    /* reads and applies; else the lag is not known */
    uint64_t lag_s;
    char threads[96]; /* "I/O thread: Yes, SQL thread: No, error 1062", of one that does not run */
};
int um_server_replication(struct um_conn *c, struct um_replication *out, struct um_err *err);
/* The privilege that it takes. */
const char *um_server_replication_privilege(const struct um_server *s);

/* Minutes east of UTC of the zone that new sessions get, in January and in July of 2024. *known is
   false where the server does not know the zone by itself. */
int um_server_zone(struct um_conn *c, int minutes[2], bool *known, struct um_err *err);

/* The privileges of the current user, as the server lists them. */
struct um_grants;
struct um_grants *um_grants_read(struct um_conn *c, struct um_err *err);
void um_grants_delete(struct um_grants *g);
/* Static or dynamic privilege, upper case; schema NULL: global; table NULL: on the schema.
   A global grant implies the narrower ones; roles that are active count. */
bool um_grants_have(const struct um_grants *g, const char *privilege, const char *schema,
                    const char *table);
const char *um_grants_account(const struct um_grants *g); /* 'user'@'host', quoted */

#endif
