#include "mysql/conn.h"

#include <string.h>

/* What must not stand for itself between quotes; line ends and ^Z only for the sake of logs. */
static char escape_of(char c)
{
    switch (c) {
    case '\0':
        return '0';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\x1a':
        return 'Z';
    case '\'':
    case '\\':
        return c;
    default:
        return 0;
    }
}

void um_quote_bytes(struct um_buf *b, const void *bytes, size_t len)
{
    const char *p = bytes;
    um_buf_reserve(b, 2 * len + 2);
    char *to = b->data + b->len;
    *to++ = '\'';
    for (size_t i = 0; i < len; i++) {
        char escape = escape_of(p[i]);
        if (escape)
            *to++ = '\\';
        *to++ = escape ? escape : p[i];
    }
    *to++ = '\'';
    *to = '\0';
    b->len = (size_t)(to - b->data);
}

void um_quote_text(struct um_buf *b, const char *text)
{
    um_quote_bytes(b, text, strlen(text));
}
