#ifndef UM_CONFIG_TEXT_H
#define UM_CONFIG_TEXT_H

#include <stdio.h>

/*
 * Prints words, broken before `width` columns. The first line starts at column `at` (already
 * printed so far), the following ones are indented by `indent`. A newline in the text starts a new
 * line. Ends with a newline.
 */
void um_text_wrap(FILE *out, const char *text, unsigned at, unsigned indent, unsigned width);

/* Every exit code: what it means. */
struct um_exit_text {
    int code;
    const char *text;
};
extern const struct um_exit_text um_exit_texts[];
extern const unsigned um_exit_text_count;
const char *um_exit_meaning(int code); /* NULL: unknown */

#endif
