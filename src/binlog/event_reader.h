#ifndef UM_BINLOG_EVENT_READER_H
#define UM_BINLOG_EVENT_READER_H

#include "binlog/rows.h"

/*
 * One event after the other, from a server's stream or from a file: keeps the format, the 64-bit
 * position and the table maps, unpacks what is packed (unwrap.h), and hands out each event that
 * comes of it with the map that belongs to it. No I/O: whoever has the bytes feeds them.
 *
 * One thread. Malformed bytes: UM_E_EVENT_MALFORMED and its like, without file and position; the
 * feeder knows best how to name those.
 */
struct um_event_reader;

enum um_reader_positions {
    /* As a server sends it: rotations name the file, artificial events take no room, and there can
       be gaps. The header has the low 32 bits of the position, or nothing at all. */
    UM_READ_STREAM,
    /* A file on disk: each event stands right behind the one before, whatever it says. In a relay
       log, events tell of another file. */
    UM_READ_FILE,
};

/* `offset`: where the first event begins; of a stream, where it was asked to begin. */
struct um_event_reader *um_event_reader_new(enum um_reader_positions positions, const char *file,
                                            uint64_t offset);
void um_event_reader_delete(struct um_event_reader *r);

/* What is handed out; all of it is borrowed and lives until the handler returns. */
struct um_read_event {
    const struct um_event *ev;    /* one that packs others only when nothing is in it */
    const struct um_event *outer; /* as it was fed: ev itself unless that was packed */
    const struct um_binlog_format *format;
    /* Of a TABLE_MAP, what it announces; of rows, their table. NULL for other events, and for the
       row event without a table by which MariaDB ends a statement. Lives until its statement is
       over, so longer than the event; what only the catalogue knows may be set in it. The same map
       may come again when a later statement announces the same. */
    struct um_table_map *map;
    /* With a map: room for what the handler wants to remember of it, for as long as it comes again;
       NULL in a new one. */
    const void **note;
    uint64_t start, end; /* of the outer event, in um_event_reader_file() */
};
typedef int um_read_handler(void *context, const struct um_read_event *e, struct um_err *err);

/* Exactly one event. A result of the handler other than 0 ends it and becomes the result. */
int um_event_reader_feed(struct um_event_reader *r, const uint8_t *bytes, size_t len,
                         um_read_handler *handler, void *context, struct um_err *err);

/* Where the last event ended that was fed and not damaged. While the handler of a rotation runs,
   the place that it leads to. */
const char *um_event_reader_file(const struct um_event_reader *r);
uint64_t um_event_reader_offset(const struct um_event_reader *r);
const struct um_binlog_format *um_event_reader_format(const struct um_event_reader *r);

#endif
