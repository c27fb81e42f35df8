#ifndef UM_MYSQL_STREAM_H
#define UM_MYSQL_STREAM_H

#include "change/position.h"
#include "mysql/conn.h"

/*
 * The replication stream of a server, as raw events. Registers as a replica, negotiates
 * checksums and heartbeats, and asks by GTID set where the position has one (COM_BINLOG_DUMP_GTID;
 * MariaDB: @slave_connect_state), else by file and 64-bit offset.
 */
struct um_stream;

struct um_stream_options {
    unsigned server_id;   /* not 0, and nobody else's */
    int64_t heartbeat_us; /* 0: none, and only a broken connection is noticed */
    char replica_uuid[37];
    char replica_name[61]; /* the host that SHOW REPLICAS tells */
};

struct um_stream *um_stream_open(const struct um_endpoint *at, const struct um_position *from,
                                 const struct um_stream_options *o, struct um_err *err);
/*
 * 1: *bytes holds one whole event (status byte removed), valid until the next call.
 * 0: the server ended the stream (shutdown, killed). -1: error; UM_E_SOURCE_PURGED when the
 * position is no longer there, UM_E_SOURCE_LOST when the connection is gone.
 * Blocks for two heartbeat periods at most before it takes the connection for dead.
 */
int um_stream_next(struct um_stream *s, const uint8_t **bytes, size_t *len, struct um_err *err);
void um_stream_abort(struct um_stream *s); /* from any thread */
void um_stream_close(struct um_stream *s);

/* When the source created this binlog file, by its clock in seconds: what tells the file from
   another of the same name, after the binlog was reset. UM_E_SOURCE_PURGED when it is gone. */
int um_binlog_born(const struct um_endpoint *at, const char *file,
                   const struct um_stream_options *o, int64_t *born, struct um_err *err);

#endif
