#ifndef MIGRATE_DUMP_OUT_H
#define MIGRATE_DUMP_OUT_H

#include "binlog/event_reader.h"
#include "config/config.h"
#include "print/value.h"

/*
 * One event as it is printed, put together field by field: a line of text, with a line for each
 * value of its rows, or one JSON object. Nothing is written before the event is whole.
 *
 * Names of fields are those of docs/reference/binlog-dump.md.
 */
struct um_out {
    enum um_output format;
    struct um_buf buf;
};

void um_out_begin(struct um_out *o, const char *file, const struct um_read_event *e);
void um_out_end(struct um_out *o);

void um_out_uint(struct um_out *o, const char *name, uint64_t u);
void um_out_flag(struct um_out *o, const char *name); /* that is set; others are left out */
void um_out_word(struct um_out *o, const char *name, const char *word); /* printable, no spaces */
void um_out_bytes(struct um_out *o, const char *name, const void *bytes, size_t len);
/* A number that is already printed. */
void um_out_number(struct um_out *o, const char *name, const char *digits);
/* What could not be decoded: of `len` bytes, and why. */
void um_out_not_decoded(struct um_out *o, size_t len, const char *why);

/* The table, and of a table map its columns. */
void um_out_table(struct um_out *o, const struct um_table_map *map);
void um_out_columns(struct um_out *o, const struct um_table_map *map);
/* `name`, or @1, @2 … where the event does not tell. */
void um_out_column_name(struct um_buf *out, const struct um_table_map *map, size_t column);
/* Rows come last. -1 when a value is malformed. */
void um_out_rows_begin(struct um_out *o);
int um_out_row(struct um_out *o, const struct um_rows *rows, const struct um_value *before,
               const struct um_value *after, struct um_err *err);
void um_out_rows_end(struct um_out *o);

#endif
