#include "plan/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The length of the valid UTF-8 character at p, or 0. */
static size_t utf8_length(const unsigned char *p)
{
    size_t n = *p < 0x80                 ? 1
               : *p >= 0xc2 && *p < 0xe0 ? 2
               : *p >= 0xe0 && *p < 0xf0 ? 3
               : *p >= 0xf0 && *p < 0xf5 ? 4
                                         : 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates, and beyond U+10FFFF. */
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
        return 0;
    return n;
}

void um_text_clean(struct um_buf *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        size_t n = utf8_length(p);
        /* U+0080 to U+009F are control characters too. */
        bool control = (*p < 0x20 && *p != '\n') || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0);
        if (n == 0 || control)
            um_buf_char(out, '?');
        else
            um_buf_add(out, p, n);
        p += n ? n : 1;
    }
}

size_t um_text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* The end of the word at p: up to a blank that is not inside quotes. */
static const char *word_end(const char *p)
{
    char quote = '\0', before = ' ';
    const char *start = p;
    for (; *p && *p != '\n'; before = *p++) {
        if (quote && *p == quote)
            quote = '\0';
        /* An apostrophe inside a word quotes nothing. */
        else if (!quote && strchr("'`\"", *p) && !isalnum((unsigned char)before) &&
                 strchr(p + 1, *p))
            quote = *p;
        else if (!quote && *p == ' ')
            break;
    }
    return p > start ? p : p + (*p == ' ');
}

void um_plan_wrap(FILE *out, const char *text, size_t at, size_t indent, size_t width)
{
    struct um_buf clean = {0};
    um_text_clean(&clean, text);
    bool begun = false;
    for (const char *p = clean.data ? clean.data : ""; *p;) {
        if (*p == '\n') {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            begun = false;
            p++;
            continue;
        }
        while (*p == ' ')
            p++;
        const char *end = word_end(p);
        if (end == p)
            continue;
        char *word = um_memdup(p, (size_t)(end - p));
        size_t wide = um_text_width(word);
        if (begun && at + 1 + wide > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (begun) {
            fputc(' ', out);
            at++;
        }
        fputs(word, out);
        at += wide;
        begun = true;
        p = end;
        free(word);
    }
    fputc('\n', out);
    um_buf_free(&clean);
}

void um_text_count(struct um_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            um_buf_char(out, ',');
        um_buf_char(out, digits[i]);
    }
}
