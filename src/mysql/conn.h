#ifndef UM_MYSQL_CONN_H
#define UM_MYSQL_CONN_H

#include "base/buf.h"
#include "base/err.h"
#include "config/endpoint.h"
#include "schema/table.h"
#include <stddef.h>
#include <stdint.h>

/*
 * A connection. This folder is the only one that includes mysql.h; it builds against MariaDB
 * Connector/C and libmysqlclient. A connection belongs to one thread at a time; only
 * um_conn_abort may be called from another.
 *
 * Every session is opened alike: autocommit, connection charset binary (bytes go in and out
 * unconverted: character_set_results=NULL), time_zone='+00:00', sql_mode =
 * 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES' with strictness on the target, a net timeout that
 * survives slow peers, and for the target sql_log_bin=0 where the endpoint says so.
 *
 * Errors: UM_E_TARGET_* of the endpoint whose side is "target", else UM_E_SOURCE_*, with the
 * server's number and text in it (err->server_code is that number), never the statement's values.
 */
struct um_conn;

/* What a server is. Read at connect, constant afterwards. */
struct um_server {
    enum um_flavour flavour;
    unsigned version; /* 50624, 90700, 101119 */
    char version_text[128];
    char uuid[64];           /* server_uuid, or "server_id@host:port" for MariaDB */
    unsigned long thread_id; /* of this connection */
};

struct um_conn *um_conn_open(const struct um_endpoint *at, struct um_err *err);
/* For connections that answer within a known time: without an answer for so long they are lost.
   0 waits as long as the peer's host is there. */
struct um_conn *um_conn_open_for(const struct um_endpoint *at, unsigned read_timeout_s,
                                 struct um_err *err);
void um_conn_close(struct um_conn *c);
const struct um_server *um_conn_server(const struct um_conn *c);
const struct um_endpoint *um_conn_endpoint(const struct um_conn *c);
/* Microseconds that its statements waited for the server so far, what they sent included. */
int64_t um_conn_waited_us(const struct um_conn *c);
/* From any thread: makes a call that is blocked on the network fail soon. */
void um_conn_abort(struct um_conn *c);
/* True when the last error means that the connection is gone (or the server going down) and a
   new one may work: lost, refused, server shutdown, too many connections. */
bool um_err_is_lost(const struct um_err *err);
/* True for a deadlock or a lock wait timeout: the transaction may be tried again. */
bool um_err_is_retryable(const struct um_err *err);

/* Runs a statement that returns no rows (rows are drained if it does). */
int um_exec(struct um_conn *c, struct um_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for bytes that may hold NUL. */
int um_exec_bytes(struct um_conn *c, const char *sql, size_t len, struct um_err *err);
/* After um_exec*: rows matched (CLIENT_FOUND_ROWS is on: an UPDATE counts matches) or deleted or
   inserted; warnings of that statement; "Records: …" text or "". */
uint64_t um_affected(const struct um_conn *c);
unsigned um_warnings(const struct um_conn *c);
/* The same as an answer. */
struct um_answer um_last_answer(const struct um_conn *c);
/* How many of them only say that something is going to be removed from the server. Of those that
   the server kept: see max_error_count. */
unsigned um_warnings_deprecated(struct um_conn *c);
/* The first warnings as "code text; …" for an error text. */
void um_warnings_text(struct um_conn *c, struct um_buf *out);

struct um_resultset;

/*
 * Several statements in one packet, separated by ';': one round trip for all of them. The server
 * runs them in their order and ends at the first that fails. Nothing else holds it up, so what must
 * not be done before an answer was looked at needs a packet of its own.
 *
 * Only on a connection that um_multi_allow was called for, at the cost of a round trip: everywhere
 * else a second statement in a packet is a syntax error.
 */
int um_multi_allow(struct um_conn *c, struct um_err *err);
/* The most bytes of SQL that the server takes in one packet. */
size_t um_conn_packet_bytes(const struct um_conn *c);
/* 0: on its way, and um_multi_read has to be the next call; -1: not sent. */
int um_multi_send(struct um_conn *c, const char *sql, size_t len, struct um_err *err);
struct um_answer {
    uint64_t affected; /* as um_affected and um_warnings */
    unsigned warnings;
    bool unchanged; /* an UPDATE that matched rows, all of which were as it would have them */
};
/* Waits for the answers of the `count` statements that were sent; rows are dropped. *answered of
   them were carried out and have their answers in `answers`; on -1 the next one failed, and none
   behind it was run. Afterwards the connection is free, and what um_affected, um_warnings and
   um_warnings_text tell is of the last that was carried out, where none failed. */
int um_multi_read(struct um_conn *c, struct um_answer *answers, size_t count, size_t *answered,
                  struct um_err *err);
/*
 * Where the answers are rows, one after the other instead: waits for the next one, which has to be
 * rows that are read row by row. Closing them when they were read to their end leaves the answers
 * behind them to be read; closing them earlier, or an error, is the end of all. um_multi_rest waits
 * for what is left, and frees the connection.
 */
struct um_resultset *um_multi_rows(struct um_conn *c, bool first, struct um_err *err);
int um_multi_rest(struct um_conn *c, struct um_err *err);

/*
 * Rows. um_query buffers the result on the client (small ones: catalogue reads); um_query_stream
 * reads row by row, holding one row at a time, and occupies the connection until um_rows_close.
 */
struct um_resultset *um_query(struct um_conn *c, struct um_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct um_resultset *um_query_stream(struct um_conn *c, const char *sql, size_t len,
                                     struct um_err *err);
/* 1: the next row is in *values (NULL entries for SQL NULL) and *lengths, valid until the next
   call; 0: end; -1: error. Values are NUL-terminated too. */
int um_result_next(struct um_resultset *r, const char *const **values,
                   const unsigned long **lengths, struct um_err *err);
unsigned um_result_columns(const struct um_resultset *r);
const char *um_result_column_name(const struct um_resultset *r, unsigned i);
uint64_t um_result_rows(const struct um_resultset *r); /* buffered ones only */
/*
 * NULL is fine. A stream that was not read to its end is drained if little is left (1 MiB, 0.2 s);
 * else its query is killed through a second connection, so that the session and its transaction
 * live on. Where that cannot be done the connection is closed, and its next use reports it lost.
 */
void um_result_close(struct um_resultset *r);

/* The single value of a one-row query, malloc'd; *out is NULL for SQL NULL or no row. */
int um_query_value(struct um_conn *c, char **out, struct um_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int um_query_uint(struct um_conn *c, uint64_t *out, struct um_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * LOAD DATA LOCAL, which um_multi_send has sent, as the last one behind `before` others without
 * rows: waits for their answers. `read` is called on this thread for the next bytes: returns how
 * many it wrote to `room` (up to `size`), 0 at the end, -1 on failure with its own um_err filled,
 * which then is what um_load reports. For the server the input then merely ends: the caller has to
 * roll the transaction back. Without a transaction the connection is cut, which makes the statement
 * fail. Rooms are 4 KiB with MariaDB Connector/C, 1 MiB with libmysqlclient.
 */
typedef int um_load_read(void *context, char *room, unsigned size, struct um_err *err);
struct um_load_result {
    uint64_t records, deleted, skipped, warnings; /* from the server's "Records: …" line */
};
int um_load(struct um_conn *c, size_t before, um_load_read *read, void *context,
            struct um_load_result *out, struct um_err *err);

/* A string literal: '…' escaped for these sessions (see above); bytes may hold anything. */
void um_quote_bytes(struct um_buf *b, const void *bytes, size_t len);
void um_quote_text(struct um_buf *b, const char *text);

/* Once per process and per thread; conn.c calls them itself for threads that open connections.
   Threads that only use a connection opened elsewhere call um_mysql_thread_* around that. */
int um_mysql_library_init(void);
void um_mysql_thread_begin(void);
void um_mysql_thread_end(void);
const char *um_mysql_client_name(void); /* "MariaDB Connector/C 3.3.20", "libmysqlclient 9.7.1" */

#endif
