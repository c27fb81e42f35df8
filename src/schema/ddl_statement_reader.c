#include "schema/ddl_statement_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct um_lex_mode um_sql_lex_mode(const struct um_sql_reading *how)
{
    return (struct um_lex_mode){.ansi_quotes = how->sql_mode & UM_MODE_ANSI_QUOTES,
                                .no_backslash_escapes =
                                    how->sql_mode & UM_MODE_NO_BACKSLASH_ESCAPES};
}

bool um_sql_at(const struct um_sql_reader *r, const char *word)
{
    return um_tok_is(&r->t, r->i, word);
}

bool um_sql_take(struct um_sql_reader *r, const char *words)
{
    if (!um_tok_run(&r->t, r->i, words))
        return false;
    for (const char *p = words; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
        r->i++;
    return true;
}

bool um_sql_take_char(struct um_sql_reader *r, char c)
{
    if (!um_tok_char(&r->t, r->i, c))
        return false;
    r->i++;
    return true;
}

/* The one that is there of a list that ends in NULL. */
const char *um_sql_take_any(struct um_sql_reader *r, const char *const *words)
{
    for (; *words; words++) {
        if (um_sql_take(r, *words))
            return *words;
    }
    return NULL;
}

bool um_sql_at_end(const struct um_sql_reader *r)
{
    return r->i >= r->t.count || (um_tok_char(&r->t, r->i, ';') && r->i + 1 == r->t.count);
}

static bool is_name(const struct um_sql_reader *r, size_t i)
{
    return um_tok_kind(&r->t, i, UM_TOK_WORD) || um_tok_kind(&r->t, i, UM_TOK_IDENT);
}

static char *name_of(const struct um_sql_reader *r, size_t i)
{
    char *name = um_tok_name(&r->t, i);
    for (char *c = name; r->how->fold_names && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

struct um_sql_name *um_sql_add_name(struct um_sql_reader *r, enum um_sql_role role)
{
    struct um_sql *s = r->out;
    um_grow(&s->names, &s->name_cap, s->name_count + 1, sizeof *s->names);
    s->names[s->name_count] = (struct um_sql_name){.role = role};
    return &s->names[s->name_count++];
}

/* "name", "schema.name" or ".name" at the token at hand. */
bool um_sql_take_name(struct um_sql_reader *r, enum um_sql_role role)
{
    size_t first = r->i;
    um_sql_take_char(r, '.');
    if (!is_name(r, r->i))
        return false;
    size_t name = r->i++, schema = name;
    if (um_tok_char(&r->t, r->i, '.') && name == first) {
        r->i++;
        if (!is_name(r, r->i))
            return false;
        name = r->i++;
    }
    struct um_sql_name *n = um_sql_add_name(r, role);
    n->schema = name != schema ? name_of(r, schema) : um_strdup(r->how->schema);
    n->name = name_of(r, name);
    n->at = r->t.items[first].at;
    n->len = r->t.items[name].at + r->t.items[name].len - n->at;
    return true;
}

bool um_sql_take_schema(struct um_sql_reader *r, enum um_sql_role role)
{
    if (!is_name(r, r->i))
        return false;
    struct um_sql_name *n = um_sql_add_name(r, role);
    n->schema = name_of(r, r->i);
    n->name = um_strdup("");
    n->at = r->t.items[r->i].at;
    n->len = r->t.items[r->i].len;
    r->i++;
    return true;
}

void um_sql_take_if(struct um_sql_reader *r)
{
    if (um_sql_take(r, "IF NOT EXISTS") || um_sql_take(r, "IF EXISTS"))
        r->out->if_exists = true;
}
