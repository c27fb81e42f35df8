#include "mysql/stream_command.h"

#include <string.h>

/* Wire formats: MySQL source documentation, "Replication Protocol": COM_REGISTER_SLAVE,
   COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID. */
enum { FLAG_HEARTBEAT_V2 = 2 };

#if UM_CLIENT_MARIADB

/* Not all of them are among Connector/C's own names. */
enum { REGISTER_SLAVE = 0x15, BINLOG_DUMP = 0x12, BINLOG_DUMP_GTID = 0x1e };

static void put_int(struct um_buf *b, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        um_buf_char(b, (char)(value & 0xff));
}

static void put_short_text(struct um_buf *b, const char *text)
{
    size_t len = strnlen(text, 60); /* the servers' limit for host names here */
    put_int(b, len, 1);
    um_buf_add(b, text, len);
}

static int send_command(MYSQL *mysql, int command, const struct um_buf *payload, bool skip_answer)
{
    return mysql->methods->db_command(mysql, (enum enum_server_command)command, payload->data,
                                      payload->len, skip_answer, NULL);
}

int um_dump_register(MYSQL *mysql, unsigned server_id, const char *name)
{
    struct um_buf b = {0};
    put_int(&b, server_id, 4);
    put_short_text(&b, name);
    put_short_text(&b, ""); /* user and password that replicas may report: never */
    put_short_text(&b, "");
    put_int(&b, 0, 2); /* port */
    put_int(&b, 0, 4); /* rank, ignored */
    put_int(&b, 0, 4); /* the source's id, filled in by itself */
    int result = send_command(mysql, REGISTER_SLAVE, &b, false);
    um_buf_free(&b);
    return result;
}

int um_dump_start(MYSQL *mysql, struct um_dump_state *s, const struct um_dump *d)
{
    (void)s;
    struct um_buf b = {0};
    if (d->by_gtid_command) {
        struct um_buf set = {0};
        if (d->gtids)
            um_gtid_set_encode(d->gtids, &set);
        else
            put_int(&set, 0, 8);
        put_int(&b, d->heartbeat_v2 ? FLAG_HEARTBEAT_V2 : 0, 2);
        put_int(&b, d->server_id, 4);
        put_int(&b, strlen(d->file), 4);
        um_buf_str(&b, d->file);
        put_int(&b, d->offset, 8);
        put_int(&b, set.len, 4);
        um_buf_add(&b, set.data, set.len);
        um_buf_free(&set);
    } else {
        put_int(&b, d->offset, 4);
        put_int(&b, d->heartbeat_v2 ? FLAG_HEARTBEAT_V2 : 0, 2);
        put_int(&b, d->server_id, 4);
        um_buf_str(&b, d->file);
    }
    int result = send_command(mysql, d->by_gtid_command ? BINLOG_DUMP_GTID : BINLOG_DUMP, &b, true);
    um_buf_free(&b);
    return result;
}

int um_dump_read(MYSQL *mysql, struct um_dump_state *s, const uint8_t **packet, size_t *len)
{
    (void)s;
    unsigned long n = mysql_net_read_packet(mysql);
    if (n == packet_error)
        return -1;
    *packet = mysql->net.read_pos;
    *len = n;
    return n < 8 && *packet[0] == 0xfe ? 0 : 1;
}

void um_dump_stop(MYSQL *mysql, struct um_dump_state *s)
{
    (void)mysql;
    (void)s;
}

#else

int um_dump_register(MYSQL *mysql, unsigned server_id, const char *name)
{
    (void)mysql;
    (void)server_id;
    (void)name;
    return 0;
}

static void copy_set(MYSQL_RPL *rpl, unsigned char *room)
{
    memcpy(room, rpl->gtid_set_arg, rpl->gtid_set_encoded_size);
}

int um_dump_start(MYSQL *mysql, struct um_dump_state *s, const struct um_dump *d)
{
    s->rpl = (MYSQL_RPL){
        .file_name = d->file,
        .file_name_length = strlen(d->file),
        .start_position = d->offset,
        .server_id = d->server_id,
        .flags = (d->by_gtid_command ? MYSQL_RPL_GTID : 0u) |
                 (d->heartbeat_v2 ? (unsigned)FLAG_HEARTBEAT_V2 : 0u),
    };
    if (d->by_gtid_command && d->gtids) {
        um_gtid_set_encode(d->gtids, &s->set);
        s->rpl.gtid_set_arg = s->set.data;
        s->rpl.gtid_set_encoded_size = s->set.len;
        s->rpl.fix_gtid_set = copy_set;
    }
    int result = mysql_binlog_open(mysql, &s->rpl);
    s->rpl.file_name = NULL; /* the caller's */
    s->rpl.file_name_length = 0;
    s->open = result == 0;
    return result;
}

int um_dump_read(MYSQL *mysql, struct um_dump_state *s, const uint8_t **packet, size_t *len)
{
    if (mysql_binlog_fetch(mysql, &s->rpl))
        return -1;
    *packet = s->rpl.buffer;
    *len = s->rpl.size;
    return s->rpl.size == 0 ? 0 : 1;
}

void um_dump_stop(MYSQL *mysql, struct um_dump_state *s)
{
    if (s->open)
        mysql_binlog_close(mysql, &s->rpl);
    um_buf_free(&s->set);
}

#endif
