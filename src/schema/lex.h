#ifndef UM_SCHEMA_LEX_H
#define UM_SCHEMA_LEX_H

#include "base/buf.h"
#include "base/err.h"
#include "schema/table.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Tokens of SQL: as servers print it, under a sql_mode without ANSI_QUOTES and
 * NO_BACKSLASH_ESCAPES, or as somebody wrote it. Internal to this folder.
 */
enum um_token_kind {
    UM_TOK_WORD,   /* letters, digits, '_', '$', bytes above 0x7f: keywords, names, numbers */
    UM_TOK_IDENT,  /* `…`; with ANSI_QUOTES "…", too */
    UM_TOK_STRING, /* '…' or "…" */
    UM_TOK_CHAR,   /* any other single byte */
    UM_TOK_END,
};

struct um_token {
    enum um_token_kind kind;
    size_t at, len; /* in the text, quotes included */
};

/* What quotes and backslashes mean, by sql_mode. Zero-initialised: as servers print. */
struct um_lex_mode {
    bool ansi_quotes, no_backslash_escapes;
};

struct um_tokens {
    const char *text; /* borrowed */
    struct um_lex_mode mode;
    struct um_token *items;
    size_t count, cap; /* an UM_TOK_END follows the last one, not counted */
};

/*
 * Comments removed and executable comments opened: what stands in a slash-star-bang comment (of
 * either flavour, with any version number) becomes ordinary text, so that no server can skip it
 * in silence. Text in quotes is not touched.
 */
int um_lex_open_comments(const char *text, struct um_buf *out, struct um_err *err);

/*
 * The same for a statement that somebody wrote, as the server that ran it understood it: executable
 * comments for other servers or later versions go, as plain ones do.
 */
struct um_lex_server {
    enum um_flavour flavour;
    unsigned version;
};
int um_lex_choose_comments(const char *text, struct um_lex_mode mode,
                           const struct um_lex_server *server, struct um_buf *out,
                           struct um_err *err);

/* `text` has no comments any more and outlives the tokens. */
int um_lex_as(const char *text, struct um_lex_mode mode, struct um_tokens *out, struct um_err *err);
int um_lex(const char *text, struct um_tokens *out, struct um_err *err);
/* The same for a text that came out of um_lex once: it cannot fail. */
void um_lex_again(const char *text, struct um_tokens *out);
void um_tokens_free(struct um_tokens *t);

/* Case-insensitive word; false beyond the end. A quoted name is never a word. */
bool um_tok_is(const struct um_tokens *t, size_t i, const char *word);
bool um_tok_char(const struct um_tokens *t, size_t i, char c);
bool um_tok_kind(const struct um_tokens *t, size_t i, enum um_token_kind kind);
bool um_tok_number(const struct um_tokens *t, size_t i); /* a word that begins with a digit */
/* The words one after the other, separated by a space in `words`. */
bool um_tok_run(const struct um_tokens *t, size_t i, const char *words);
/* Token i and j stand side by side with nothing between. */
bool um_tok_adjacent(const struct um_tokens *t, size_t i, size_t j);
/* The index behind the parenthesis that closes the one at i; count when it is never closed.
   Token i is an opening one. */
size_t um_tok_group_end(const struct um_tokens *t, size_t i);
/* Malloc'd: a name without its quotes, the bytes of a string literal, or the word itself. */
char *um_tok_name(const struct um_tokens *t, size_t i);
void um_tok_string(const struct um_tokens *t, size_t i, struct um_buf *bytes);
/* The bytes from token `from` up to and without token `to`, as they stand in the text. */
void um_tok_copy(const struct um_tokens *t, size_t from, size_t to, struct um_buf *out);

#endif
