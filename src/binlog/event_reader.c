#include "binlog/event_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "binlog/map_cache.h"
#include "binlog/unwrap.h"
#include "binlog/wire.h"

struct um_event_reader {
    enum um_reader_positions positions;
    struct um_binlog_format format;
    struct um_unwrapper *unwrapper;
    char file[256];
    uint64_t offset;
    struct um_map_cache maps;
    bool statement_over; /* the next event is not of the statement before */
};

struct um_event_reader *um_event_reader_new(enum um_reader_positions positions, const char *file,
                                            uint64_t offset)
{
    struct um_event_reader *r = um_alloc(sizeof *r);
    r->positions = positions;
    r->unwrapper = um_unwrapper_new();
    snprintf(r->file, sizeof r->file, "%s", file);
    r->offset = offset;
    return r;
}

void um_event_reader_delete(struct um_event_reader *r)
{
    if (!r)
        return;
    um_map_cache_clear(&r->maps);
    um_unwrapper_delete(r->unwrapper);
    free(r);
}

const char *um_event_reader_file(const struct um_event_reader *r)
{
    return r->file;
}

uint64_t um_event_reader_offset(const struct um_event_reader *r)
{
    return r->offset;
}

const struct um_binlog_format *um_event_reader_format(const struct um_event_reader *r)
{
    return &r->format;
}

/* ---- positions ---- */

static bool takes_room(const struct um_event *ev)
{
    if (ev->type == UM_EV_HEARTBEAT || ev->type == UM_EV_HEARTBEAT_V2)
        return false;
    /* A dump that begins in the middle of a file sends that file's format description again. */
    bool repeated = ev->type == UM_EV_FORMAT_DESCRIPTION && !ev->log_pos;
    return !repeated && !(ev->flags & UM_EVENT_FLAG_ARTIFICIAL);
}

/*
 * The wire has only the low 32 bits, MariaDB none at all inside transactions, and a server that
 * skips transactions by GTID leaves gaps: the size says where an event ends at the least, and the
 * low bits correct that upwards.
 */
static void advance(struct um_event_reader *r, const struct um_event *ev)
{
    uint64_t end = r->offset + ev->size;
    if (r->positions == UM_READ_STREAM) {
        if (!takes_room(ev))
            return;
        if (ev->log_pos && (uint32_t)end != ev->log_pos) {
            uint64_t told = (end & ~(uint64_t)UINT32_MAX) | ev->log_pos;
            end = told < end && end - told > UINT32_MAX / 2 ? told + (1ull << 32) : told;
        }
    }
    r->offset = end;
}

static int follow_rotation(struct um_event_reader *r, const struct um_event *ev, struct um_err *err)
{
    struct um_rotate to;
    if (um_event_rotate(ev, &to, err) != 0)
        return -1;
    bool artificial = ev->flags & UM_EVENT_FLAG_ARTIFICIAL;
    /* An artificial rotation names the file; its position is made up where the dump is by GTID. */
    if (strcmp(r->file, to.file) != 0 || !artificial) {
        snprintf(r->file, sizeof r->file, "%s", to.file);
        r->offset = to.position;
    }
    return 0;
}

/* ---- table maps ---- */

/* Maps die with their statement, but not before the handler of its last event has returned. */
static struct um_kept_map *announce(struct um_event_reader *r, const struct um_event *ev,
                                    struct um_err *err)
{
    if (r->statement_over)
        um_map_cache_end_statement(&r->maps);
    r->statement_over = false;
    return um_map_cache_announce(&r->maps, &r->format, ev, err);
}

/* The map of a row event; *k stays NULL for an event of no table. */
static int look_up(struct um_event_reader *r, const struct um_event *ev, struct um_kept_map **k,
                   struct um_err *err)
{
    enum { NO_TABLE = 0xffffff };
    uint64_t id;
    if (um_event_table_id(&r->format, ev, &id, err) != 0)
        return -1;
    *k = um_map_cache_find(&r->maps, id);
    if (!*k && id != NO_TABLE)
        return um_event_malformed(
            ev, ev->body, err, "it is of table id %" PRIu64 ", which no table map announced", id);
    /* The flags stand behind the id. */
    struct um_cursor c = um_cursor_body(ev);
    um_cursor_take(&c, r->format.header_len[ev->type] == 6 ? 4 : 6);
    r->statement_over = um_cursor_uint(&c, 2) & UM_ROWS_END_OF_STATEMENT;
    return 0;
}

/* ---- feeding ---- */

struct feed {
    struct um_event_reader *r;
    struct um_read_event e;
    um_read_handler *handler;
    void *context;
    bool handed_out;
};

static int hand_out(void *context, const struct um_event *ev, struct um_err *err)
{
    struct feed *f = context;
    struct um_kept_map *k = NULL;
    if (ev->type == UM_EV_TABLE_MAP && !(k = announce(f->r, ev, err)))
        return -1;
    if (um_event_is_rows(ev->type) && look_up(f->r, ev, &k, err) != 0)
        return -1;
    if (ev->type == UM_EV_ROTATE && f->r->positions == UM_READ_STREAM &&
        follow_rotation(f->r, ev, err) != 0)
        return -1;
    f->handed_out = true;
    f->e.ev = ev;
    f->e.map = k ? k->map : NULL;
    f->e.note = k ? &k->note : NULL;
    return f->handler(f->context, &f->e, err);
}

int um_event_reader_feed(struct um_event_reader *r, const uint8_t *bytes, size_t len,
                         um_read_handler *handler, void *context, struct um_err *err)
{
    struct um_event outer;
    if (um_event_parse(&r->format, bytes, len, &outer, err) != 0)
        return -1;
    if (outer.type == UM_EV_FORMAT_DESCRIPTION)
        um_map_cache_clear(&r->maps); /* of another server, perhaps, that counts tables anew */
    struct feed f = {.r = r, .handler = handler, .context = context};
    f.e.outer = &outer;
    f.e.format = &r->format;
    f.e.start = r->offset;
    advance(r, &outer);
    f.e.end = r->offset;
    if (r->positions == UM_READ_STREAM && takes_room(&outer))
        f.e.start = r->offset - outer.size;
    int result = um_unwrap(r->unwrapper, &r->format, &outer, hand_out, &f, err);
    /* Something packed with nothing in it: nothing that was fed is dropped. */
    return result == 0 && !f.handed_out ? hand_out(&f, &outer, err) : result;
}
