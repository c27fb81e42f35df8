#include "mysql/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mysql/client.h"
#include "mysql/error.h"
#include "mysql/server.h"
#include "mysql/stream_command.h"

struct um_stream {
    struct um_conn *conn;
    struct um_dump_state dump;
    unsigned silence_s; /* a live server never keeps silent for as long; 0: no heartbeats */
};

/* ---- what the server is told before the dump ---- */

static int set_up(struct um_conn *c, const struct um_stream_options *o, struct um_err *err)
{
    unsigned long long ns = (unsigned long long)o->heartbeat_us * 1000;
    if (um_exec(c, err,
                "SET @master_binlog_checksum=@@GLOBAL.binlog_checksum,"
                " @source_binlog_checksum=@@GLOBAL.binlog_checksum,"
                " @master_heartbeat_period=%llu, @source_heartbeat_period=%llu",
                ns, ns))
        return -1;
    if (c->server.flavour == UM_MARIADB)
        return um_exec(c, err, "SET @mariadb_slave_capability=4");
    struct um_buf uuid = {0};
    um_quote_text(&uuid, o->replica_uuid);
    int result = um_exec(c, err, "SET @slave_uuid=%s, @replica_uuid=%s", uuid.data, uuid.data);
    um_buf_free(&uuid);
    return result;
}

static int check_server_id(struct um_conn *c, unsigned server_id, struct um_err *err)
{
    uint64_t theirs;
    if (um_query_uint(c, &theirs, err, "SELECT @@GLOBAL.server_id"))
        return -1;
    if (theirs == server_id)
        return um_fail(err, UM_E_SOURCE_SERVER_ID_CLASH,
                       "%s: the source's own server_id is %u, which is also this job's", c->where,
                       server_id);
    return 0;
}

/* MariaDB takes the GTID position from a variable of the session and no file name. */
static int set_connect_state(struct um_conn *c, const struct um_gtid_set *gtids, struct um_err *err)
{
    struct um_buf text = {0}, quoted = {0};
    um_gtid_set_print(gtids, &text);
    um_quote_bytes(&quoted, text.data ? text.data : "", text.len);
    int result = um_exec(c, err,
                         "SET @slave_connect_state=%s, @slave_gtid_strict_mode=1,"
                         " @slave_gtid_ignore_duplicates=0",
                         quoted.data);
    um_buf_free(&text);
    um_buf_free(&quoted);
    return result;
}

/*
 * Which command, with what. By GTID where the position has a set. An empty set says as much as
 * the file and offset that come with it, and those are found without a search.
 */
static int choose(struct um_conn *c, const struct um_position *from, struct um_dump *d,
                  struct um_err *err)
{
    bool mariadb = c->server.flavour == UM_MARIADB;
    bool by_gtid = from->gtids && (!um_gtid_set_empty(from->gtids) || !from->file[0]);
    d->heartbeat_v2 = !mariadb && c->server.version >= 80026;
    if (by_gtid) {
        d->offset = 4;
        d->by_gtid_command = !mariadb;
        d->gtids = from->gtids;
        return mariadb ? set_connect_state(c, from->gtids, err) : 0;
    }
    snprintf(d->file, sizeof d->file, "%s", from->file);
    d->offset = from->offset;
    if (from->offset <= UINT32_MAX)
        return 0;
    /* Only the command for GTIDs has 64 bits for the offset. With a file name and an empty set it
       starts there too, if the server has GTIDs at all. */
    enum um_gtid_kind kind;
    if (um_server_gtid_kind(c, &kind, err))
        return -1;
    if (kind == UM_GTID_MYSQL) {
        d->by_gtid_command = true;
        return 0;
    }
    return um_fail(err, UM_E_SOURCE_OFFSET,
                   "%s: the stream cannot be asked for from %s:%llu: offsets above 4294967295 need "
                   "GTIDs on this server",
                   c->where, from->file, (unsigned long long)from->offset);
}

/* ---- errors ---- */

static int stream_fail(const struct um_stream *s, struct um_err *err)
{
    const struct um_conn *c = s->conn;
    unsigned code = mysql_errno(c->mysql);
    const char *text = mysql_error(c->mysql);
    enum um_err_id id = um_stream_error(code, text);
    if (id == UM_E_SOURCE_TLS)
        id = UM_E_SOURCE_LOST;
    um_server_fail(err, id, c->where, code, text, NULL);
    if (id == UM_E_SOURCE_LOST && s->silence_s)
        um_fail_in(err, "replication stream (no event or heartbeat for %u s counts as lost)",
                   s->silence_s);
    return -1;
}

/* The servers report the missing privilege for COM_REGISTER_SLAVE as a wrong password. */
static int register_fail(const struct um_stream *s, struct um_err *err)
{
    stream_fail(s, err);
    if (err->id != UM_E_SOURCE_ACCESS_DENIED)
        return -1;
    unsigned code = err->server_code;
    um_fail(err, UM_E_SOURCE_PRIVILEGE,
            "%s: error %u: the account lacks the REPLICATION SLAVE privilege", s->conn->where,
            code);
    err->server_code = code;
    return -1;
}

/* ---- the stream ---- */

struct um_stream *um_stream_open(const struct um_endpoint *at, const struct um_position *from,
                                 const struct um_stream_options *o, struct um_err *err)
{
    struct um_stream *s = um_alloc(sizeof *s);
    struct um_dump d = {.server_id = o->server_id};
    UM_ASSERT(o->server_id != 0); /* with 0 the servers end the stream at the end of the binlog */
    if (o->heartbeat_us > 0)
        s->silence_s = (unsigned)((2 * o->heartbeat_us + 999999) / 1000000);
    s->conn = um_conn_open_for(at, s->silence_s, err);
    if (!s->conn || check_server_id(s->conn, o->server_id, err) || set_up(s->conn, o, err) ||
        choose(s->conn, from, &d, err))
        goto fail;
    if (um_dump_register(s->conn->mysql, o->server_id, o->replica_name)) {
        register_fail(s, err);
        goto fail;
    }
    if (um_dump_start(s->conn->mysql, &s->dump, &d)) {
        stream_fail(s, err);
        goto fail;
    }
    return s;

fail:
    um_stream_close(s);
    return NULL;
}

int um_stream_next(struct um_stream *s, const uint8_t **bytes, size_t *len, struct um_err *err)
{
    const uint8_t *packet;
    size_t size;
    int got = um_dump_read(s->conn->mysql, &s->dump, &packet, &size);
    if (got < 0)
        return stream_fail(s, err);
    if (got == 0)
        return 0;
    if (packet[0] != 0)
        return um_fail(err, UM_E_SOURCE_STREAM,
                       "%s: a packet of the replication stream has the status %u", s->conn->where,
                       packet[0]);
    *bytes = packet + 1;
    *len = size - 1;
    return 1;
}

void um_stream_abort(struct um_stream *s)
{
    um_conn_abort(s->conn);
}

void um_stream_close(struct um_stream *s)
{
    if (!s)
        return;
    if (s->conn) {
        um_dump_stop(s->conn->mysql, &s->dump);
        um_conn_close(s->conn);
    }
    free(s);
}
