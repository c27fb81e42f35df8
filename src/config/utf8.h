#ifndef UM_CONFIG_UTF8_H
#define UM_CONFIG_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Is all of it UTF-8? If not, *bad is the offset of the first byte that is not. */
bool um_utf8_valid(const char *text, size_t len, size_t *bad);
/* Line and column of an offset, from 0; columns count characters. */
void um_utf8_place(const char *text, size_t offset, size_t *line, size_t *column);

#endif
