#ifndef MIGRATE_PRINT_VALUE_H
#define MIGRATE_PRINT_VALUE_H

#include "base/buf.h"
#include "binlog/rows.h"

/*
 * One value, exactly, for people and for programs; docs/reference/binlog-dump.md has the forms.
 * -1 when the bytes of a JSON document or a compressed column are malformed. Pure.
 */
int um_print_value_text(const struct um_table_map *map, size_t column, const struct um_value *v,
                        struct um_buf *out, struct um_err *err);
int um_print_value_json(const struct um_table_map *map, size_t column, const struct um_value *v,
                        struct um_buf *out, struct um_err *err);

/* The same where the column is known otherwise. */
struct um_print_as {
    int is_unsigned; /* 1, 0, or -1 for not known: then both readings are printed */
    bool opaque;     /* bytes are never text */
};
int um_print_json(struct um_print_as as, const struct um_value *v, struct um_buf *out,
                  struct um_err *err);

/* Bytes: 'text' where they are printable UTF-8, else 0x and hexadecimal digits. */
void um_print_bytes_text(const void *bytes, size_t len, struct um_buf *out);
/* Bytes: a string where they are UTF-8, else {"hex":"…"}. */
void um_print_bytes_json(const void *bytes, size_t len, struct um_buf *out);
/* The digits alone. */
void um_print_hex(const uint8_t *bytes, size_t len, struct um_buf *out);
/* A name in backticks; as bytes where it is not printable. */
void um_print_name_text(const char *name, struct um_buf *out);

void um_print_uint(uint64_t u, struct um_buf *out);
void um_print_int(int64_t i, struct um_buf *out);
/* Numbers beyond 2^53 become strings in JSON: many readers would round them. */
void um_print_uint_json(uint64_t u, struct um_buf *out);
void um_print_int_json(int64_t i, struct um_buf *out);
/* The shortest digits that give the same number again; both end in ".0" where it is whole. */
void um_print_double(double d, struct um_buf *out);
void um_print_float(float f, struct um_buf *out);

/* "2026-01-31T12:00:00Z" */
void um_print_time(int64_t seconds, struct um_buf *out);

#endif
