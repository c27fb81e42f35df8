#ifndef UM_BINLOG_EVENT_INFO_H
#define UM_BINLOG_EVENT_INFO_H

#include "binlog/event.h"

/*
 * The bodies of events that change no rows by themselves: for whoever shows a binlog. As in
 * event.h, each refuses other types (BUG) and malformed bytes (UM_E_EVENT_MALFORMED); what they
 * give is borrowed from the event.
 */
struct um_bytes {
    const uint8_t *p;
    size_t len;
};

int um_event_xid(const struct um_event *ev, uint64_t *xid, struct um_err *err);

/* ROWS_QUERY and MariaDB's ANNOTATE_ROWS: the statement whose rows follow. */
int um_event_rows_statement(const struct um_event *ev, struct um_bytes *out, struct um_err *err);

struct um_intvar {
    bool last_insert_id; /* else INSERT_ID */
    uint64_t value;
};
int um_event_intvar(const struct um_event *ev, struct um_intvar *out, struct um_err *err);

struct um_rand {
    uint64_t seed1, seed2;
};
int um_event_rand(const struct um_event *ev, struct um_rand *out, struct um_err *err);

struct um_user_var {
    struct um_bytes name, value; /* value as on the wire, by the type */
    bool is_null, is_unsigned;
    enum { UM_USER_STRING = 0, UM_USER_REAL = 1, UM_USER_INT = 2, UM_USER_DECIMAL = 4 } type;
    uint32_t collation;
    int64_t i;                /* INT; see is_unsigned */
    double d;                 /* REAL */
    uint8_t precision, scale; /* DECIMAL: of the packed number that value then is */
};
int um_event_user_var(const struct um_event *ev, struct um_user_var *out, struct um_err *err);

struct um_xa_prepare {
    bool one_phase;
    uint32_t format_id;
    struct um_bytes global, branch;
};
int um_event_xa_prepare(const struct um_event *ev, struct um_xa_prepare *out, struct um_err *err);

struct um_incident {
    uint16_t number;
    struct um_bytes message;
};
int um_event_incident(const struct um_event *ev, struct um_incident *out, struct um_err *err);

/* PREVIOUS_GTIDS and MariaDB's GTID_LIST: what lies before the file, as the server would print it.
   MariaDB's has an entry for each server that wrote in a domain; the last is the newest. */
int um_event_gtids_before(const struct um_event *ev, struct um_buf *out, struct um_err *err);

/* MariaDB's BINLOG_CHECKPOINT: the oldest file that recovery would need. */
int um_event_checkpoint(const struct um_event *ev, struct um_bytes *file, struct um_err *err);

/* LOAD DATA in the statement format: BEGIN_LOAD_QUERY and APPEND_BLOCK carry a block of the file,
   DELETE_FILE and EXECUTE_LOAD_QUERY none. The latter's statement is um_event_query's. */
struct um_load {
    uint32_t file_id;
    struct um_bytes block;
};
int um_event_load(const struct um_event *ev, struct um_load *out, struct um_err *err);

#endif
