#ifndef UM_MYSQL_STREAM_COMMAND_H
#define UM_MYSQL_STREAM_COMMAND_H

#include "mysql/client.h"
#include "mysql/stream.h"

/*
 * Private to this folder: the commands that start a replication stream and the packets that come
 * back, for either client library. Connector/C sends any command and reads raw packets;
 * libmysqlclient has an interface of its own, without COM_REGISTER_SLAVE.
 */

/* How the stream is asked for. */
struct um_dump {
    bool by_gtid_command;            /* COM_BINLOG_DUMP_GTID, else COM_BINLOG_DUMP */
    char file[256];                  /* "" where the set or @slave_connect_state decides */
    uint64_t offset;                 /* 32 bits for COM_BINLOG_DUMP */
    const struct um_gtid_set *gtids; /* NULL: the empty set */
    unsigned server_id;
    bool heartbeat_v2;
};

struct um_dump_state {
#if !UM_CLIENT_MARIADB
    MYSQL_RPL rpl;
    struct um_buf set;
    bool open;
#else
    char unused;
#endif
};

/* Returns non-zero with the library's error set. Nothing to do for libmysqlclient. */
int um_dump_register(MYSQL *mysql, unsigned server_id, const char *name);
int um_dump_start(MYSQL *mysql, struct um_dump_state *s, const struct um_dump *d);
/* 1: a packet including its status byte; 0: the server's end-of-file; -1: the library's error. */
int um_dump_read(MYSQL *mysql, struct um_dump_state *s, const uint8_t **packet, size_t *len);
void um_dump_stop(MYSQL *mysql, struct um_dump_state *s);

#endif
