#include "schema/lex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

/* The length of the quoted text that begins at p, or 0 when its quote is never closed. */
static size_t quoted_length(const char *p, struct um_lex_mode mode)
{
    char quote = *p;
    bool name = quote == '`' || (quote == '"' && mode.ansi_quotes);
    for (const char *q = p + 1; *q; q++) {
        if (*q == '\\' && !name && !mode.no_backslash_escapes) {
            if (!*++q)
                return 0;
        } else if (*q == quote) {
            if (q[1] != quote)
                return (size_t)(q - p) + 1;
            q++;
        }
    }
    return 0;
}

static int fail_unclosed(const char *text, const char *at, const char *what, struct um_err *err)
{
    return um_fail(err, UM_E_DDL_UNREADABLE, "offset %zu: %s is never closed: %.60s",
                   (size_t)(at - text), what, at);
}

/* Two minus signs begin a comment as soon as a space comes next, be it one that is put there later:
   they are kept apart. */
static void add_char(struct um_buf *out, char c)
{
    if (c == '-' && out->len && out->data[out->len - 1] == '-')
        um_buf_char(out, ' ');
    um_buf_char(out, c);
}

/* One space where a comment or its wrapper stood with spaces around it. Returns what follows. */
static const char *add_space(struct um_buf *out, const char *p)
{
    if (out->len && !isspace((unsigned char)out->data[out->len - 1]))
        um_buf_char(out, ' ');
    return p + strspn(p, " ");
}

/* Behind slash-star-bang or slash-star-M-bang and the version number; NULL for a plain comment and
   for what the server skips. NULL for the server: it runs all of them. */
static const char *executable_body(const char *p, const struct um_lex_server *server)
{
    bool marked = p[2] == 'M' && p[3] == '!';
    if (p[2] != '!' && !marked)
        return NULL;
    p += marked ? 4 : 3;
    if (!server)
        return p + strspn(p, "0123456789");
    if (marked && server->flavour != UM_MARIADB)
        return NULL;
    /* Five digits, or six for a server that knows them; fewer are no version. */
    size_t digits = strspn(p, "0123456789");
    bool six = server->flavour == UM_MARIADB || server->version >= 50700;
    if (digits > 6)
        digits = 6;
    if (digits == 6 && !six)
        digits = 5;
    if (digits < 5)
        return p;
    char number[7] = {0};
    memcpy(number, p, digits);
    unsigned version = (unsigned)strtoul(number, NULL, 10);
    /* MariaDB leaves alone what is for MySQL 5.7 and later. */
    bool others = server->flavour == UM_MARIADB && !marked && version >= 50700 && version <= 99999;
    return version <= server->version && !others ? p + digits : NULL;
}

/* Behind the end of the comment that begins at p, or NULL; others may stand in an executable one.
 */
static const char *comment_end(const char *p)
{
    bool executable = p[2] == '!' || (p[2] == 'M' && p[3] == '!');
    size_t depth = 1;
    for (p += 2; *p; p++) {
        if (p[0] == '*' && p[1] == '/') {
            p++;
            if (--depth == 0)
                return p + 1;
        } else if (executable && p[0] == '/' && p[1] == '*') {
            p++;
            depth++;
        }
    }
    return NULL;
}

static bool begins_line_comment(const char *p)
{
    return *p == '#' ||
           (p[0] == '-' && p[1] == '-' && (!p[2] || isspace((unsigned char)p[2]) || p[2] < ' '));
}

int um_lex_choose_comments(const char *text, struct um_lex_mode mode,
                           const struct um_lex_server *server, struct um_buf *out,
                           struct um_err *err)
{
    size_t depth = 0; /* of executable comments: MySQL prints them side by side, others nest */
    const char *outermost = NULL;
    for (const char *p = text; *p;) {
        if (is_quote(*p)) {
            size_t len = quoted_length(p, mode);
            if (!len)
                return fail_unclosed(text, p, "a quote", err);
            um_buf_add(out, p, len);
            p += len;
        } else if (p[0] == '/' && p[1] == '*') {
            const char *body = executable_body(p, server);
            if (body) {
                if (depth++ == 0)
                    outermost = p;
                p = body;
            } else {
                const char *end = comment_end(p);
                if (!end)
                    return fail_unclosed(text, p, "a comment", err);
                p = end;
            }
            p = add_space(out, p);
        } else if (depth && p[0] == '*' && p[1] == '/') {
            depth--;
            p = add_space(out, p + 2);
        } else if (begins_line_comment(p)) {
            p += strcspn(p, "\n");
        } else {
            add_char(out, *p++);
        }
    }
    if (depth)
        return fail_unclosed(text, outermost, "an executable comment", err);
    um_buf_add(out, "", 0);
    return 0;
}

int um_lex_open_comments(const char *text, struct um_buf *out, struct um_err *err)
{
    return um_lex_choose_comments(text, (struct um_lex_mode){0}, NULL, out, err);
}

static void add_token(struct um_tokens *t, enum um_token_kind kind, size_t at, size_t len)
{
    um_grow(&t->items, &t->cap, t->count + 2, sizeof *t->items);
    t->items[t->count++] = (struct um_token){kind, at, len};
    t->items[t->count] = (struct um_token){UM_TOK_END, at + len, 0};
}

int um_lex(const char *text, struct um_tokens *out, struct um_err *err)
{
    return um_lex_as(text, (struct um_lex_mode){0}, out, err);
}

int um_lex_as(const char *text, struct um_lex_mode mode, struct um_tokens *out, struct um_err *err)
{
    *out = (struct um_tokens){.text = text, .mode = mode};
    um_grow(&out->items, &out->cap, 1, sizeof *out->items);
    out->items[0] = (struct um_token){UM_TOK_END, 0, 0};
    for (const char *p = text; *p;) {
        size_t at = (size_t)(p - text), len = 1;
        enum um_token_kind kind = UM_TOK_CHAR;
        if (isspace((unsigned char)*p)) {
            p++;
            continue;
        }
        if (is_quote(*p)) {
            len = quoted_length(p, mode);
            if (!len) {
                um_tokens_free(out);
                return fail_unclosed(text, p, "a quote", err);
            }
            kind = *p == '`' || (*p == '"' && mode.ansi_quotes) ? UM_TOK_IDENT : UM_TOK_STRING;
        } else if (is_word(*p)) {
            while (is_word(p[len]))
                len++;
            kind = UM_TOK_WORD;
        }
        add_token(out, kind, at, len);
        p += len;
    }
    return 0;
}

void um_lex_again(const char *text, struct um_tokens *out)
{
    struct um_err err = {0};
    if (um_lex(text, out, &err) != 0)
        UM_BUG("a part of a statement does not end where its tokens do");
}

void um_tokens_free(struct um_tokens *t)
{
    free(t->items);
    *t = (struct um_tokens){0};
}

bool um_tok_kind(const struct um_tokens *t, size_t i, enum um_token_kind kind)
{
    return i < t->count && t->items[i].kind == kind;
}

static bool is_text(const struct um_tokens *t, size_t i, const char *word, size_t len)
{
    return um_tok_kind(t, i, UM_TOK_WORD) && t->items[i].len == len &&
           strncasecmp(t->text + t->items[i].at, word, len) == 0;
}

bool um_tok_number(const struct um_tokens *t, size_t i)
{
    return um_tok_kind(t, i, UM_TOK_WORD) && isdigit((unsigned char)t->text[t->items[i].at]);
}

bool um_tok_is(const struct um_tokens *t, size_t i, const char *word)
{
    return is_text(t, i, word, strlen(word));
}

bool um_tok_run(const struct um_tokens *t, size_t i, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, " ");
        if (!is_text(t, i++, words, len))
            return false;
        words += len;
        words += *words == ' ';
    }
    return true;
}

bool um_tok_char(const struct um_tokens *t, size_t i, char c)
{
    return um_tok_kind(t, i, UM_TOK_CHAR) && t->text[t->items[i].at] == c;
}

bool um_tok_adjacent(const struct um_tokens *t, size_t i, size_t j)
{
    return i < t->count && j < t->count && t->items[i].at + t->items[i].len == t->items[j].at;
}

size_t um_tok_group_end(const struct um_tokens *t, size_t i)
{
    UM_ASSERT(um_tok_char(t, i, '('));
    size_t depth = 0;
    for (; i < t->count; i++) {
        if (um_tok_char(t, i, '('))
            depth++;
        else if (um_tok_char(t, i, ')') && --depth == 0)
            return i + 1;
    }
    return t->count;
}

char *um_tok_name(const struct um_tokens *t, size_t i)
{
    if (i >= t->count)
        return um_strdup("");
    const char *from = t->text + t->items[i].at;
    size_t len = t->items[i].len;
    if (t->items[i].kind == UM_TOK_STRING) {
        struct um_buf bytes = {0};
        um_tok_string(t, i, &bytes);
        return um_buf_take(&bytes);
    }
    if (t->items[i].kind != UM_TOK_IDENT)
        return um_memdup(from, len);
    char *name = um_alloc(len);
    size_t used = 0;
    for (size_t k = 1; k + 1 < len; k++) {
        name[used++] = from[k];
        k += from[k] == from[0];
    }
    return name;
}

static void add_escaped(struct um_buf *bytes, char c)
{
    static const char from[] = "0bnrtZ";
    static const char to[] = "\0\b\n\r\t\x1a";
    const char *found = strchr(from, c);
    if (c == '%' || c == '_')
        um_buf_char(bytes, '\\'); /* stays, for LIKE */
    um_buf_char(bytes, found ? to[found - from] : c);
}

void um_tok_string(const struct um_tokens *t, size_t i, struct um_buf *bytes)
{
    const char *p = t->text + t->items[i].at;
    const char *end = p + t->items[i].len - 1;
    char quote = *p++;
    for (; p < end; p++) {
        if (*p == '\\') {
            add_escaped(bytes, *++p);
        } else {
            um_buf_char(bytes, *p);
            p += *p == quote; /* doubled */
        }
    }
    um_buf_add(bytes, "", 0);
}

void um_tok_copy(const struct um_tokens *t, size_t from, size_t to, struct um_buf *out)
{
    if (from >= to || from >= t->count)
        return;
    const struct um_token *last = &t->items[(to > t->count ? t->count : to) - 1];
    size_t at = t->items[from].at;
    um_buf_add(out, t->text + at, last->at + last->len - at);
}
