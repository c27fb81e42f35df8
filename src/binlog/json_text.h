#ifndef UM_BINLOG_JSON_TEXT_H
#define UM_BINLOG_JSON_TEXT_H

#include "base/buf.h"
#include "binlog/json_reader.h"

int um_json_print_value(struct um_json_walk *w, const struct um_json_value *v, struct um_buf *out);
void um_json_print_double(double d, struct um_buf *out);
/* An opaque DECIMAL or temporal as the server prints it, without quotes. */
int um_json_print_decimal(struct um_json_walk *w, const struct um_json_value *v,
                          struct um_buf *out);
void um_json_print_temporal(const struct um_json_value *v, struct um_buf *out);

#endif
