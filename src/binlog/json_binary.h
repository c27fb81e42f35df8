#ifndef UM_BINLOG_JSON_BINARY_H
#define UM_BINLOG_JSON_BINARY_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * MySQL's binary JSON (sql-common/json_binary.h) to text, byte for byte as the server itself
 * prints it: ", " and ": " between, members in stored order, doubles shortest round-trip with
 * ".0" where whole, opaque values as the server's own strings.
 */
int um_json_print(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err);

/*
 * An SQL expression that evaluates to exactly this document, opaque scalars included:
 * CAST(_utf8mb4'…' AS JSON) where text suffices, else nested JSON_OBJECT / JSON_ARRAY / CAST.
 * Byte strings are escaped for a session whose connection charset is binary and without
 * NO_BACKSLASH_ESCAPES.
 */
int um_json_sql(const uint8_t *bytes, size_t len, struct um_buf *out, struct um_err *err);

/*
 * The same for single values, for documents that are at hand as text: expressions that are such
 * values as arguments of JSON_ARRAY, JSON_OBJECT and CAST(… AS JSON). field_type is the number of
 * the column type that the server keeps with the value.
 */
/* False for a type that no expression makes. */
bool um_json_bytes_sql(uint8_t field_type, const uint8_t *bytes, size_t len, struct um_buf *out);
/* type is "DATE", "TIME", "DATETIME" or "TIMESTAMP"; the text is as the server prints it. */
void um_json_temporal_sql(const char *type, const char *text, size_t len, struct um_buf *out);

#endif
