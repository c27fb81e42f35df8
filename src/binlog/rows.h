#ifndef UM_BINLOG_ROWS_H
#define UM_BINLOG_ROWS_H

#include "base/buf.h"
#include "binlog/event.h"

/*
 * Table maps and row events. A table map is compiled once into a decode plan; rows are then
 * decoded without allocating.
 *
 * PARTIAL_UPDATE_ROWS (MySQL 8.0, binlog_row_value_options=PARTIAL_JSON) can have differences in
 * place of a JSON document in the image after a change. Such a column comes out as the whole
 * document all the same: that of the image before with the differences applied, in memory of
 * um_rows.arena. The image after begins with options, a length-encoded integer; when bit 0 is set,
 * a bitmap follows with a bit for each JSON column of the table (also of those that the image
 * leaves out), and a column whose bit is set has 4 bytes of length and then differences
 * (json_diff.h). Source: MySQL sql/rpl_record.cc, pack_row.
 */
struct um_table_map;

/* Copies what it needs of the event. NULL on error. */
struct um_table_map *um_table_map_new(const struct um_binlog_format *f, const struct um_event *ev,
                                      struct um_err *err);
void um_table_map_delete(struct um_table_map *m);
/* Whether the event is the one that the map was made of, byte for byte. */
bool um_table_map_same(const struct um_table_map *m, const struct um_event *ev);
/* The table id of a TABLE_MAP or row event, to look a map up before decoding. */
int um_event_table_id(const struct um_binlog_format *f, const struct um_event *ev, uint64_t *id,
                      struct um_err *err);

uint64_t um_table_map_id(const struct um_table_map *m);
const char *um_table_map_schema(const struct um_table_map *m);
const char *um_table_map_name(const struct um_table_map *m);
size_t um_table_map_columns(const struct um_table_map *m);
/* Wire type (enum_field_types, the real one behind STRING) and its metadata. */
uint8_t um_table_map_type(const struct um_table_map *m, size_t column);
uint16_t um_table_map_meta(const struct um_table_map *m, size_t column);
bool um_table_map_nullable(const struct um_table_map *m, size_t column);
/* -1 not told (5.6, 5.7 and MariaDB without metadata), 0 signed, 1 unsigned. */
int um_table_map_unsigned(const struct um_table_map *m, size_t column);
/* NULL unless binlog_row_metadata=FULL. */
const char *um_table_map_column_name(const struct um_table_map *m, size_t column);
/*
 * MariaDB's old temporals (mysql56_temporal_format=OFF) carry no precision on the wire: tell it
 * from the catalogue before decoding rows. Harmless for other types.
 */
void um_table_map_set_fsp(struct um_table_map *m, size_t column, uint8_t fsp);

/* The kinds of row event. */
enum um_rows_kind { UM_ROWS_INSERT, UM_ROWS_UPDATE, UM_ROWS_DELETE };
bool um_event_is_rows(uint8_t type); /* v1, v2 and partial; not compressed */

enum um_rows_flags {
    UM_ROWS_END_OF_STATEMENT = 1,
    UM_ROWS_NO_FOREIGN_KEY_CHECKS = 2,
    UM_ROWS_NO_UNIQUE_CHECKS = 4,
    UM_ROWS_SQL_FOREIGN_KEYS = 16 /* MySQL 9.6 on: checked, and cascades are row events as well */
};

struct um_rows {
    enum um_rows_kind kind;
    uint16_t flags;
    const struct um_table_map *map;
    size_t row_index; /* rows returned so far */
    /* Set by the caller before the first row; PARTIAL_UPDATE_ROWS alone needs it. The documents
       made there live as long as it does. */
    struct um_arena *arena;
    /* private to rows.c */
    const uint8_t *p, *end, *start;
    const uint8_t *present_before, *present_after;
    size_t count_before, count_after;
    const struct um_event *event;
};

/* Prepares for um_rows_next. The event's bytes must outlive the values that come out. */
int um_rows_open(struct um_rows *r, const struct um_binlog_format *f, const struct um_event *ev,
                 const struct um_table_map *map, struct um_err *err);
/* True when every column is present in the image(s). */
bool um_rows_full_image(const struct um_rows *r);
/* True when every column is present in the image before the change. */
bool um_rows_full_before(const struct um_rows *r);
/*
 * The next row: 1 and the values, 0 at the end, -1 on malformed bytes. `before` and `after` have
 * room for all columns of the map; the one that the kind does not have is left alone and may be
 * NULL. Values borrow from the event, or are in the arena.
 */
int um_rows_next(struct um_rows *r, struct um_value *before, struct um_value *after,
                 struct um_err *err);

#endif
