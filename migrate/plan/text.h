#ifndef MIGRATE_PLAN_TEXT_H
#define MIGRATE_PLAN_TEXT_H

#include "base/buf.h"
#include <stdint.h>
#include <stdio.h>

/*
 * Text for a terminal. Names come from servers: what is not printable is shown as '?', so that no
 * name can move the cursor or change colours. Pure.
 */

/* Characters, not bytes. */
size_t um_text_width(const char *text);
/* `text` without control characters, and valid UTF-8. */
void um_text_clean(struct um_buf *out, const char *text);

/*
 * Prints text that starts in column `at` of a line already begun, broken at blanks so that it
 * stays within `width` columns, each further line indented to `indent`. Quoted parts ('…', `…`,
 * "…") are not broken: a statement stays one that can be copied. Ends with a line break.
 */
void um_plan_wrap(FILE *out, const char *text, size_t at, size_t indent, size_t width);

/* "1234567" as "1,234,567". */
void um_text_count(struct um_buf *out, uint64_t n);

#endif
