#ifndef UM_BINLOG_EVENT_H
#define UM_BINLOG_EVENT_H

#include "base/buf.h"
#include "base/err.h"
#include "change/gtid.h"
#include "change/value.h"
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes in, events out. No I/O, no allocation per row, no client library.
 *
 * Wire format: MySQL source documentation, "Binary Log Events" (libs/mysql/binlog/event) and
 * "Row Based Replication"; MariaDB KB, "Replication protocol: binlog events".
 * All integers are little-endian unless said otherwise. Sizes are bytes.
 *
 * A decoder belongs to one thread. Errors carry the offset within the event and the event's type.
 */

enum um_event_type { /* the wire's numbers; MariaDB's own start at 160 */
                     UM_EV_UNKNOWN = 0,
                     UM_EV_QUERY = 2,
                     UM_EV_STOP = 3,
                     UM_EV_ROTATE = 4,
                     UM_EV_INTVAR = 5,
                     UM_EV_SLAVE = 7,
                     UM_EV_APPEND_BLOCK = 9,
                     UM_EV_DELETE_FILE = 11,
                     UM_EV_RAND = 13,
                     UM_EV_USER_VAR = 14,
                     UM_EV_FORMAT_DESCRIPTION = 15,
                     UM_EV_XID = 16,
                     UM_EV_BEGIN_LOAD_QUERY = 17,
                     UM_EV_EXECUTE_LOAD_QUERY = 18,
                     UM_EV_TABLE_MAP = 19,
                     UM_EV_WRITE_ROWS_V1 = 23,
                     UM_EV_UPDATE_ROWS_V1 = 24,
                     UM_EV_DELETE_ROWS_V1 = 25,
                     UM_EV_INCIDENT = 26,
                     UM_EV_HEARTBEAT = 27,
                     UM_EV_IGNORABLE = 28,
                     UM_EV_ROWS_QUERY = 29,
                     UM_EV_WRITE_ROWS = 30,
                     UM_EV_UPDATE_ROWS = 31,
                     UM_EV_DELETE_ROWS = 32,
                     UM_EV_GTID = 33,
                     UM_EV_ANONYMOUS_GTID = 34,
                     UM_EV_PREVIOUS_GTIDS = 35,
                     UM_EV_TRANSACTION_CONTEXT = 36,
                     UM_EV_VIEW_CHANGE = 37,
                     UM_EV_XA_PREPARE = 38,
                     UM_EV_PARTIAL_UPDATE_ROWS = 39,
                     UM_EV_TRANSACTION_PAYLOAD = 40,
                     UM_EV_HEARTBEAT_V2 = 41,
                     UM_EV_GTID_TAGGED = 42,
                     UM_EV_MARIA_ANNOTATE = 160,
                     UM_EV_MARIA_CHECKPOINT = 161,
                     UM_EV_MARIA_GTID = 162,
                     UM_EV_MARIA_GTID_LIST = 163,
                     UM_EV_MARIA_START_ENCRYPTION = 164,
                     UM_EV_MARIA_QUERY_COMPRESSED = 165,
                     UM_EV_MARIA_WRITE_ROWS_COMPRESSED_V1 = 166,
                     UM_EV_MARIA_UPDATE_ROWS_COMPRESSED_V1 = 167,
                     UM_EV_MARIA_DELETE_ROWS_COMPRESSED_V1 = 168,
                     UM_EV_MARIA_WRITE_ROWS_COMPRESSED = 169,
                     UM_EV_MARIA_UPDATE_ROWS_COMPRESSED = 170,
                     UM_EV_MARIA_DELETE_ROWS_COMPRESSED = 171,
};
const char *um_event_name(unsigned type); /* "WRITE_ROWS", "unknown" */

enum { UM_EVENT_HEADER = 19, UM_EVENT_FLAG_ARTIFICIAL = 0x20, UM_EVENT_FLAG_IGNORABLE = 0x80 };

struct um_event {
    uint32_t timestamp, server_id, size, log_pos; /* log_pos: end, low 32 bits as on the wire */
    uint8_t type;
    uint16_t flags;
    const uint8_t *body; /* after the common header, without the checksum */
    size_t body_len;
};

/* What a stream's format description settled. Zero-initialise; um_event_parse keeps it. */
struct um_binlog_format {
    bool known;
    uint16_t version;
    char server_version[51];
    bool mariadb;
    bool checksum;           /* events end in a CRC32 */
    uint8_t header_len[256]; /* post-header lengths by type; 0xff when not told */
};

/*
 * Parses one event, checks its size and, where the stream has checksums, its CRC32. Format
 * description events update *f. `bytes` must hold exactly one event (without the status byte of
 * the network packet).
 */
int um_event_parse(struct um_binlog_format *f, const uint8_t *bytes, size_t len,
                   struct um_event *ev, struct um_err *err);

/* Bodies. Each refuses other types (BUG) and malformed bytes (UM_E_EVENT_MALFORMED + offset). */
struct um_rotate {
    uint64_t position;
    char file[256];
};
int um_event_rotate(const struct um_event *ev, struct um_rotate *out, struct um_err *err);

enum um_query_flags2 {
    UM_QUERY_AUTO_IS_NULL = 1 << 14,
    UM_QUERY_NOT_AUTOCOMMIT = 1 << 19,
    UM_QUERY_NO_FOREIGN_KEY_CHECKS = 1 << 26,
    UM_QUERY_RELAXED_UNIQUE_CHECKS = 1 << 27,
};
struct um_query {
    const char *schema, *statement; /* borrowed, not NUL-terminated */
    size_t schema_len, statement_len;
    uint32_t thread_id, exec_time;
    uint16_t error_code;
    bool has_sql_mode;
    uint64_t sql_mode;
    uint16_t charset_client, collation_connection, collation_server; /* 0: not told */
    char time_zone[64];                                              /* "" : not told */
    /* What a replayed DDL statement depends on beside the above. */
    bool has_flags2;
    uint32_t flags2;                                          /* enum um_query_flags2 */
    uint16_t charset_database;                                /* 0: not told */
    uint16_t default_collation_utf8mb4;                       /* MySQL 8.0+; 0: not told */
    int8_t explicit_defaults_timestamp;                       /* -1: not told */
    int8_t sql_require_primary_key, default_table_encryption; /* -1: not told */
    uint16_t auto_increment_increment, auto_increment_offset; /* 0: not told, both are 1 */
    uint16_t lc_time_names;                                   /* 0: not told, en_US */
    uint32_t microseconds; /* of the statement's time; 0: not told */
    uint64_t xid;          /* of a DDL statement; 0: not told */
};
int um_event_query(const struct um_binlog_format *f, const struct um_event *ev,
                   struct um_query *out, struct um_err *err);

/* Of a distributed transaction. */
struct um_xid {
    uint32_t format_id;
    const uint8_t *global, *branch; /* borrowed */
    uint8_t global_len, branch_len;
};
/* As servers write it into the binlog's statements: X'67',X'62',1 */
void um_xid_print(const struct um_xid *xid, struct um_buf *out);

struct um_gtid_event {
    struct um_gtid gtid;                      /* kind NONE for ANONYMOUS */
    uint64_t last_committed, sequence_number; /* 0 where there is none */
    int64_t commit_us;                        /* original commit timestamp; 0 where there is none */
    uint64_t transaction_length;
    bool standalone; /* MariaDB: no BEGIN/COMMIT pair follows (DDL) */
    bool maria_xa_prepared, maria_xa_completed;
    struct um_xid maria_xid; /* with one of them */
    /* MariaDB's binlog_alter_two_phase: the statement comes with the start and again at its end. */
    bool maria_alter_start, maria_alter_commit, maria_alter_rollback;
};
int um_event_gtid(const struct um_binlog_format *f, const struct um_event *ev,
                  struct um_gtid_event *out,
                  struct um_err *err); /* GTID, ANONYMOUS, TAGGED, MariaDB's */

struct um_heartbeat {
    char file[256];
    uint64_t position;
};
int um_event_heartbeat(const struct um_binlog_format *f, const struct um_event *ev,
                       struct um_heartbeat *out, struct um_err *err);

/* Text for a person about an event that ends the job: INCIDENT's message, RAND's meaning … */
void um_event_describe(const struct um_event *ev, char *text, size_t size);

#endif
