#ifndef UM_BINLOG_DECIMAL_H
#define UM_BINLOG_DECIMAL_H

#include "base/buf.h"
#include <stdint.h>

/* The packed DECIMAL of row events and of JSON (MySQL strings/decimal.cc, decimal2bin). */
size_t um_decimal_size(unsigned precision, unsigned scale);
/* As the server prints it: "-12.50", scale digits always. bytes hold um_decimal_size() bytes. */
void um_decimal_print(const uint8_t *bytes, unsigned precision, unsigned scale, struct um_buf *out);

#endif
