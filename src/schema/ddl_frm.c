#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * MariaDB keeps a table's definition in a .frm file, parts of which have a length of two bytes.
 * Tables of MySQL 8.0 and later can be larger. The sums are those of MariaDB's sql/unireg.cc
 * (pack_header, pack_expression, pack_keys), which refuses what is longer when the table, or one
 * of its indexes, is made.
 */
enum {
    LIMIT = 65535,
    HEADER = 288,     /* FRM_FORMINFO_SIZE */
    NAMES = 2,        /* around all names */
    COLUMN = 17,      /* FCOMP, beside the name */
    LIST = 2,         /* around the members of an ENUM or SET */
    LISTS_MAX = 255,  /* different ones */
    EXPRESSIONS = 16, /* FRM_VCOL_NEW_BASE_SIZE, where there are any */
    EXPRESSION = 6,   /* FRM_VCOL_NEW_HEADER_SIZE */
    KEYS = 6 + 2,     /* around all indexes, around their names */
    KEY = 8,
    KEY_PART = 9,
    KEY_COMMENT = 2,
};

void um_frm_begin(struct um_frm *f, struct um_ddl_work *w)
{
    *f = (struct um_frm){.w = w, .fixed = HEADER + NAMES, .keys = KEYS};
}

void um_frm_end(struct um_frm *f)
{
    um_strv_clear(&f->lists);
}

/* ---- ENUM and SET ---- */

static bool is_utf8(const char *charset)
{
    return strncasecmp(charset, "utf8", 4) == 0;
}

/* Bytes of a character, for the charsets that have no shorter ones. */
static size_t wide_bytes(const char *charset)
{
    if (strcasecmp(charset, "utf32") == 0)
        return 4;
    return strcasecmp(charset, "ucs2") == 0 || strncasecmp(charset, "utf16", 5) == 0 ? 2 : 1;
}

static bool is_ascii(const struct um_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if ((unsigned char)text->data[i] >= 0x80)
            return false;
    }
    return true;
}

/* Bytes that a member takes at the least: exact but for the Asian charsets of varying width. Wide
   ones are kept as hex. */
static size_t member_bytes(const struct um_buf *text, const char *charset)
{
    size_t characters = 0, wide = wide_bytes(charset);
    if (is_utf8(charset))
        return text->len;
    for (size_t i = 0; i < text->len; i++)
        characters += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return wide > 1 ? characters * wide * 2 : characters;
}

/* The column's charset, as the target will know it. malloc'd. */
static char *charset_of(const struct um_frm *f, const struct um_tokens *t,
                        const struct um_clauses *c)
{
    const struct um_clause *charset = um_clause_find(c, UM_CL_CHARSET);
    const struct um_clause *collation = um_clause_find(c, UM_CL_COLLATE);
    char *name = charset     ? um_tok_name(t, charset->value)
                 : collation ? um_tok_name(t, collation->value)
                             : um_strdup(f->w->charset ? f->w->charset : "utf8mb4");
    name[strcspn(name, "_")] = '\0';
    return name;
}

/* The members, from the token behind the parenthesis; equal lists are kept once. */
static void add_list(struct um_frm *f, const struct um_tokens *t, const struct um_clauses *c)
{
    char *charset = charset_of(f, t, c);
    struct um_buf member = {0}, all = {0};
    size_t bytes = LIST;
    for (size_t i = 3; i < c->items[0].to; i++) {
        if (!um_tok_kind(t, i, UM_TOK_STRING))
            continue;
        um_buf_clear(&member);
        um_tok_string(t, i, &member);
        bytes += member_bytes(&member, charset) + 1;
    }
    um_tok_copy(t, 2, c->items[0].to, &all);
    /* The same letters of another charset can be other bytes. */
    if (!is_ascii(&all) || wide_bytes(charset) > 1)
        um_buf_str(&all, charset);
    bool known = false;
    for (size_t i = 0; i < f->lists.count; i++)
        known |= strcmp(f->lists.items[i], all.data) == 0;
    if (!known) {
        um_strv_add(&f->lists, all.data);
        f->list_bytes += bytes;
    }
    um_buf_free(&member);
    um_buf_free(&all);
    free(charset);
}

/* ---- parts ---- */

/* Of a column, or a constraint, of that name; exactly as many bytes. */
static void count_expression(struct um_frm *f, const char *name, size_t bytes)
{
    f->fixed += (f->expressions ? 0 : EXPRESSIONS) + EXPRESSION + (name ? strlen(name) : 0) + bytes;
    f->expressions++;
}

static void add_expression(struct um_frm *f, const char *name, const struct um_tokens *t,
                           size_t from, size_t to)
{
    const struct um_token *first = &t->items[from], *last = &t->items[to - 1];
    count_expression(f, name, 0);
    f->printed += last->at + last->len - first->at;
}

static size_t string_bytes(const struct um_tokens *t, size_t i)
{
    struct um_buf text = {0};
    um_tok_string(t, i, &text);
    size_t len = text.len;
    um_buf_free(&text);
    return len;
}

/* A default that is computed: a call or a group, but the moment of the change. */
static bool is_computed(const struct um_tokens *t, const struct um_clause *c)
{
    return (um_tok_char(t, c->value, '(') || um_tok_char(t, c->value + 1, '(')) &&
           !um_tok_is(t, c->value, "CURRENT_TIMESTAMP") && !um_tok_is(t, c->value, "NOW");
}

static void add_clause(struct um_frm *f, const char *name, const struct um_tokens *t,
                       const struct um_clause *c)
{
    switch (c->kind) {
    case UM_CL_GENERATED:
    case UM_CL_CHECK:
        add_expression(f, name, t, c->value, c->to);
        break;
    case UM_CL_DEFAULT:
        if (is_computed(t, c))
            add_expression(f, name, t, c->value, c->to);
        break;
    case UM_CL_PLAIN:
        if (um_tok_is(t, c->from, "COMMENT"))
            f->comments += string_bytes(t, c->value);
        break;
    default:
        break;
    }
}

static void add_column(struct um_frm *f, const char *name, const struct um_tokens *t)
{
    struct um_clauses clauses;
    um_ddl_scan_column(t, &clauses);
    f->fixed += COLUMN + strlen(name) + 1;
    if ((um_tok_is(t, 1, "enum") || um_tok_is(t, 1, "set")) && um_tok_char(t, 2, '('))
        add_list(f, t, &clauses);
    char *charset = charset_of(f, t, &clauses);
    f->row += um_ddl_row_bytes(t, charset);
    f->vectors += um_tok_is(t, 1, "vector");
    f->nullable += !um_clause_find(&clauses, UM_CL_NOT_NULL);
    free(charset);
    if (um_tok_is(t, 1, "json")) /* MariaDB's own check of it */
        count_expression(f, name, strlen("json_valid(``)") + strlen(name));
    for (size_t i = 0; i < clauses.count; i++)
        add_clause(f, name, t, &clauses.items[i]);
    free(clauses.items);
}

static void add_index(struct um_frm *f, const char *name, const struct um_tokens *t)
{
    size_t open = 0, parts = 1;
    while (open < t->count && !um_tok_char(t, open, '('))
        open++;
    size_t end = um_tok_group_end(t, open);
    for (size_t i = open + 1; i < end; i++) {
        parts += um_tok_char(t, i, ',');
        if (um_tok_char(t, i, '('))
            i = um_tok_group_end(t, i) - 1;
    }
    f->keys += KEY + parts * KEY_PART + (name ? strlen(name) : 0) + 1;
    for (size_t i = end; i < t->count; i++) {
        if (um_tok_is(t, i, "COMMENT") && um_tok_kind(t, i + 1, UM_TOK_STRING))
            f->keys += KEY_COMMENT + string_bytes(t, i + 1);
    }
}

void um_frm_add(struct um_frm *f, const struct um_ddl_part *part, const char *translated)
{
    struct um_tokens t;
    um_lex_again(translated, &t);
    switch (part->kind) {
    case UM_DDL_COLUMN:
        add_column(f, part->name, &t);
        break;
    case UM_DDL_CHECK:
        add_expression(f, part->name, &t, 0, t.count);
        break;
    case UM_DDL_FOREIGN_KEY:
    case UM_DDL_PERIOD:
        break;
    default:
        add_index(f, part->name, &t);
        break;
    }
    um_tokens_free(&t);
}

/* ---- verdict ---- */

void um_frm_judge(const struct um_frm *f)
{
    size_t lists = f->list_bytes + f->comments;
    /* MariaDB prints expressions in its own way before it keeps them. */
    size_t least = f->fixed + lists + f->printed / 2;
    size_t most = f->fixed + lists + f->printed * 2;
    if (least > LIMIT)
        um_ddl_block(
            f->w,
            "Shorten the members of ENUM and SET, the comments or the names of its "
            "columns on the source, or exclude the table.",
            "MariaDB has %d bytes for a table's names, comments and members of ENUM and SET; "
            "these take at least %zu",
            LIMIT, least);
    else if (f->lists.count > LISTS_MAX)
        um_ddl_block(f->w, "Exclude the table.",
                     "MariaDB keeps %d different lists of ENUM and SET members in a table, and "
                     "this one has %zu",
                     LISTS_MAX, f->lists.count);
    else if (most > LIMIT)
        um_ddl_warn(f->w,
                    "Shorten its expressions or its columns' comments on the source, should "
                    "MariaDB refuse it: tables are created before anything is copied.",
                    "MariaDB has %d bytes for a table's definition, and with its expressions "
                    "this one may take more",
                    LIMIT);
    /* Other columns take as much on the source, which has the same limit but keeps a VECTOR as it
       does a BLOB. */
    size_t row = f->row + (f->nullable + 7) / 8;
    if (f->vectors && row > LIMIT)
        um_ddl_block(f->w, "Exclude the table, or take VECTOR columns out of it on the source.",
                     "MariaDB has %d bytes for a row beside its BLOBs, VECTOR columns are part of "
                     "it, and this one takes %zu",
                     LIMIT, row);
    if (f->keys > LIMIT)
        um_ddl_block(f->w, "Shorten the comments or the names of its indexes on the source.",
                     "MariaDB has %d bytes for the indexes of a table; these take %zu", LIMIT,
                     f->keys);
}
