#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct um_ddl_part *um_ddl_find_column(const struct um_ddl *d, const char *name)
{
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind == UM_DDL_COLUMN && strcasecmp(d->parts[i].name, name) == 0)
            return &d->parts[i];
    }
    return NULL;
}

/* The opening parenthesis of the key parts. */
static size_t key_parts_at(const struct um_tokens *t)
{
    size_t i = 0;
    while (i < t->count && !um_tok_char(t, i, '('))
        i++;
    return i;
}

char *um_ddl_first_key_part(const struct um_ddl_part *index)
{
    struct um_tokens t;
    um_lex_again(index->text, &t);
    size_t i = key_parts_at(&t) + 1;
    char *name = NULL;
    /* A prefix will not do for AUTO_INCREMENT, nor for anything else that asks. */
    if ((um_tok_kind(&t, i, UM_TOK_IDENT) || um_tok_kind(&t, i, UM_TOK_WORD)) &&
        !um_tok_char(&t, i + 1, '('))
        name = um_tok_name(&t, i);
    um_tokens_free(&t);
    return name;
}

static bool column_has(const struct um_ddl_part *column, enum um_clause_kind kind)
{
    struct um_tokens t;
    struct um_clauses clauses;
    um_lex_again(column->text, &t);
    um_ddl_scan_column(&t, &clauses);
    bool found = um_clause_find(&clauses, kind) != NULL;
    free(clauses.items);
    um_tokens_free(&t);
    return found;
}

const struct um_ddl_part *um_ddl_auto_column(const struct um_ddl *d)
{
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind == UM_DDL_COLUMN && column_has(&d->parts[i], UM_CL_AUTO_INCREMENT))
            return &d->parts[i];
    }
    return NULL;
}

const struct um_ddl_part *um_ddl_auto_index(const struct um_ddl *d)
{
    const struct um_ddl_part *column = um_ddl_auto_column(d), *best = NULL;
    for (size_t i = 0; column && i < d->part_count; i++) {
        const struct um_ddl_part *p = &d->parts[i];
        if (p->kind != UM_DDL_PRIMARY && p->kind != UM_DDL_UNIQUE && p->kind != UM_DDL_KEY)
            continue;
        char *first = um_ddl_first_key_part(p);
        bool leads = first && strcasecmp(first, column->name) == 0;
        free(first);
        if (leads && p->kind == UM_DDL_PRIMARY)
            return NULL;
        /* A unique one could refuse rows that are only unique once the stream has caught up. */
        if (leads && (!best || (best->kind == UM_DDL_UNIQUE && p->kind == UM_DDL_KEY)))
            best = p;
    }
    return best;
}

/* The column is too long for a B-tree without a prefix, so its UNIQUE is a hash of MariaDB's. */
static bool is_long(const struct um_ddl *d, const char *name)
{
    const struct um_ddl_part *column = um_ddl_find_column(d, name);
    if (!column)
        return false;
    struct um_tokens t;
    um_lex_again(column->text, &t);
    bool is_lob = false, is_wide = false;
    static const char *const lobs[] = {"tinytext", "text", "mediumtext", "longtext",
                                       "tinyblob", "blob", "mediumblob", "longblob"};
    for (size_t i = 0; i < sizeof lobs / sizeof *lobs; i++)
        is_lob |= um_tok_is(&t, 1, lobs[i]);
    if (um_tok_char(&t, 2, '(') && um_tok_kind(&t, 3, UM_TOK_WORD))
        is_wide = strtoul(t.text + t.items[3].at, NULL, 10) > 3072 / 4;
    um_tokens_free(&t);
    return is_lob || is_wide;
}

static const char UNKNOWN_MEND[] = "Report it, and exclude the table or drop the index to go on.";

struct index {
    struct um_ddl_work *w;
    const struct um_ddl_part *part;
    const struct um_tokens *t;
    struct um_buf *out;
};

static bool is_geometry(const struct um_ddl_part *column)
{
    struct um_tokens t;
    um_lex_again(column->text, &t);
    char *type = um_tok_name(&t, 1);
    bool is = um_ddl_is_geometry(type);
    free(type);
    um_tokens_free(&t);
    return is;
}

/* A key part of a column that MySQL has other rules for than MariaDB and MySQL's older versions. */
static void judge_column(const struct index *x, const struct um_ddl_part *column, bool prefix)
{
    struct um_ddl_work *w = x->w;
    if (x->part->kind != UM_DDL_SPATIAL && prefix && is_geometry(column) &&
        um_target_has(w->to, 80000, 0))
        um_ddl_block(w, "Replace the index on the source by a SPATIAL one, or drop it there.",
                     "MySQL has no other indexes on geometries than SPATIAL ones");
    if (x->part->kind == UM_DDL_PRIMARY && prefix && um_target_has(w->to, 80400, 0) &&
        strstr(w->d->options, "PARTITION BY") && strstr(w->d->options, "KEY ()"))
        um_ddl_block(w, "Partition the table by whole columns on the source.",
                     "MySQL since 8.4 has no PARTITION BY KEY on a prefix of a column");
}

static void judge_key_part(const struct index *x, size_t from, size_t to)
{
    struct um_ddl_work *w = x->w;
    char room[48];
    if (um_tok_char(x->t, from, '(') && !um_target_has(w->to, 80013, 0))
        um_ddl_block(w, "Index a generated column in its place on the source.",
                     "%s has no functional key parts", um_ddl_target_name(w->to, room));
    if (um_tok_is(x->t, to - 1, "DESC") && !um_target_has(w->to, 80001, 100801))
        um_ddl_warn(w, "Nothing; sorting in that order may be slower.",
                    "%s builds the index ascending", um_ddl_target_name(w->to, room));
    if (um_tok_run(x->t, from + 1, "WITHOUT OVERLAPS") && !um_target_has(w->to, 0, 100503))
        um_ddl_block(w, "Drop the index on the source.", "%s has no WITHOUT OVERLAPS",
                     um_ddl_target_name(w->to, room));
    char *name = um_tok_name(x->t, from);
    const struct um_ddl_part *column = um_ddl_find_column(w->d, name);
    if (x->part->kind == UM_DDL_PRIMARY && w->to->target_flavour == UM_MARIADB && column &&
        column_has(column, UM_CL_GENERATED))
        um_ddl_block(w, "Choose another primary key on the source.",
                     "MariaDB has no primary key on generated columns");
    if (x->part->kind == UM_DDL_SPATIAL && w->to->target_flavour == UM_MARIADB && column &&
        column_has(column, UM_CL_GENERATED))
        um_ddl_block(
            w, "Drop the index on the source.",
            "MariaDB has no spatial indexes on generated columns, which can be NULL there");
    if (column)
        judge_column(x, column, um_tok_char(x->t, from + 1, '('));
    free(name);
}

/* The key parts with their parentheses, each judged. Returns the token behind. */
static size_t put_key_parts(const struct index *x, size_t open)
{
    enum { MYSQL_PARTS_MAX = 16 };
    size_t end = um_tok_group_end(x->t, open);
    size_t from = open + 1, parts = 0;
    for (size_t i = from; i < end; i++) {
        if (um_tok_char(x->t, i, '(')) {
            i = um_tok_group_end(x->t, i) - 1;
        } else if (um_tok_char(x->t, i, ',') || i + 1 == end) {
            if (i > from)
                judge_key_part(x, from, i);
            from = i + 1;
            parts++;
        }
    }
    if (parts > MYSQL_PARTS_MAX && x->w->to->target_flavour == UM_MYSQL)
        um_ddl_block(x->w, "Take columns out of the index on the source.",
                     "MySQL has %d columns in an index, and this one has %zu", MYSQL_PARTS_MAX,
                     parts);
    um_buf_char(x->out, ' ');
    um_ddl_expr(x->w, x->t, open, end, x->out);
    return end;
}

/* MariaDB prints USING HASH for unique indexes of any length, which MySQL does not have. */
static void put_using(const struct index *x, size_t i)
{
    struct um_ddl_work *w = x->w;
    bool hash = um_tok_is(x->t, i + 1, "HASH");
    bool tree = um_tok_is(x->t, i + 1, "BTREE") || um_tok_is(x->t, i + 1, "RTREE");
    bool long_unique = hash && x->part->kind == UM_DDL_UNIQUE &&
                       w->to->source_flavour == UM_MARIADB && !strcasecmp(w->engine, "InnoDB");
    if (!hash && !tree) {
        um_ddl_block(w, UNKNOWN_MEND, "a kind of index that this version does not know: %.40s",
                     x->t->text + x->t->items[i].at);
    } else if (tree) {
        um_buf_str(x->out, " USING BTREE");
    } else if (long_unique && um_target_has(w->to, 0, 100401)) {
        um_buf_str(x->out, " USING HASH");
    } else if (long_unique) {
        size_t open = key_parts_at(x->t), end = um_tok_group_end(x->t, open);
        for (size_t k = open + 1; k < end; k++) {
            char *name = um_tok_name(x->t, k);
            if (is_long(w->d, name) && !um_tok_char(x->t, k + 1, '('))
                um_ddl_block(w, "Replace the index on the source by one on a digest of the column.",
                             "a unique index over all of %s is too long for the target", name);
            free(name);
        }
    } /* else InnoDB builds a B-tree whatever is asked for */
}

static void drop_option(const struct index *x, size_t from, size_t to, const char *reason)
{
    struct um_buf text = {0};
    um_tok_copy(x->t, from, to, &text);
    um_ddl_warn(x->w, "Nothing, if that is no loss to the application.", "%s is left out: %s",
                text.data, reason);
    um_buf_free(&text);
}

static void put_invisible(const struct index *x)
{
    char room[48];
    const struct um_ddl_target *to = x->w->to;
    if (um_target_has(to, 80000, 0))
        um_buf_str(x->out, " INVISIBLE");
    else if (um_target_has(to, 0, 100600))
        um_buf_str(x->out, " IGNORED");
    else
        um_ddl_warn(x->w, "Nothing; the optimizer of the target may use the index.",
                    "%s has no invisible indexes", um_ddl_target_name(to, room));
}

static void put_parser(const struct index *x, size_t i)
{
    const struct um_ddl_target *to = x->w->to;
    bool builtin = um_target_has(to, 50706, 0);
    if (!um_target_crosses(to) && (builtin || to->target_flavour == UM_MARIADB))
        um_buf_char(x->out, ' '), um_tok_copy(x->t, i, i + 3, x->out);
    else
        um_ddl_warn(x->w, "Compare full-text searches before the cutover.",
                    "the target splits the text with its own parser: searches find other rows");
}

/* name=value, or a word that is not known. */
static size_t put_named_option(const struct index *x, size_t i)
{
    const struct um_tokens *t = x->t;
    bool comment = um_tok_is(t, i, "COMMENT");
    bool equals = um_tok_char(t, i + 1, '=');
    size_t value = i + 1 + equals;
    size_t end = !comment && !equals          ? i
                 : um_tok_char(t, value, '(') ? um_tok_group_end(t, value)
                                              : value + 1;
    if (end == i)
        end = um_tok_char(t, i, '(') ? um_tok_group_end(t, i) : i + 1;
    if (end > t->count)
        end = t->count;
    bool mysqls =
        um_tok_is(t, i, "ENGINE_ATTRIBUTE") || um_tok_is(t, i, "SECONDARY_ENGINE_ATTRIBUTE");
    bool mariadbs = um_tok_kind(t, i, UM_TOK_IDENT) || um_tok_is(t, i, "CLUSTERING");
    bool block_size = um_tok_is(t, i, "KEY_BLOCK_SIZE");
    bool kept = block_size || mariadbs ? !x->w->converted : true;
    if (mysqls)
        kept = um_target_has(x->w->to, 80021, 0);
    else if (mariadbs)
        kept = kept && x->w->to->target_flavour == UM_MARIADB;
    else if (!comment && !block_size && um_target_crosses(x->w->to))
        um_ddl_block(x->w, UNKNOWN_MEND, "an index option that this version does not know: %.40s",
                     t->text + t->items[i].at);
    if (kept) {
        um_buf_char(x->out, ' ');
        um_tok_copy(t, i, end, x->out);
    } else if (!block_size) {
        drop_option(x, i, end, "the target's indexes have no such option");
    }
    return end;
}

/* An option behind the key parts; returns the token behind it. */
static size_t put_option(const struct index *x, size_t i)
{
    const struct um_tokens *t = x->t;
    if (um_tok_is(t, i, "USING")) {
        put_using(x, i);
        return i + 2;
    }
    if (um_tok_run(t, i, "WITH PARSER") && !um_tok_char(t, i + 2, '(')) {
        put_parser(x, i);
        return i + 3;
    }
    if (um_tok_is(t, i, "INVISIBLE") || um_tok_is(t, i, "IGNORED")) {
        put_invisible(x);
        return i + 1;
    }
    if (um_tok_is(t, i, "VISIBLE") || um_tok_run(t, i, "NOT IGNORED"))
        return i + (um_tok_is(t, i, "NOT") ? 2 : 1);
    return put_named_option(x, i);
}

static void judge_kind(const struct index *x)
{
    char room[48];
    const struct um_ddl_target *to = x->w->to;
    if (x->part->kind == UM_DDL_SPATIAL && !um_target_has(to, 50705, 100202))
        um_ddl_block(x->w, "Drop the index on the source, or choose a newer target.",
                     "InnoDB of %s has no spatial indexes", um_ddl_target_name(to, room));
    if (x->part->kind == UM_DDL_VECTOR && !um_target_has(to, 0, 110701))
        um_ddl_block(x->w, "Drop the index on the source.", "%s has no vector indexes",
                     um_ddl_target_name(to, room));
    if (x->part->kind == UM_DDL_FULLTEXT && to->target_flavour == UM_MYSQL &&
        strstr(x->w->d->options, "PARTITION BY"))
        um_ddl_block(x->w, "Drop the index, or the table's partitions, on the source.",
                     "MySQL has no full-text indexes in partitioned tables");
    if (x->part->kind == UM_DDL_FULLTEXT && !um_target_has(to, 50604, 100005))
        um_ddl_block(x->w, "Drop the index on the source, or choose a newer target.",
                     "InnoDB of %s has no full-text indexes", um_ddl_target_name(to, room));
}

void um_ddl_index(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out)
{
    struct um_tokens t;
    um_lex_again(part->text, &t);
    struct index x = {w, part, &t, out};
    size_t open = key_parts_at(&t), name_end = open;
    judge_kind(&x);
    /* KEY `a` USING BTREE (`b`): how servers before 5.1 print it. */
    bool early = open >= 2 && um_tok_is(&t, open - 2, "USING");
    if (early)
        name_end -= 2;
    um_tok_copy(&t, 0, name_end, out);
    size_t i = put_key_parts(&x, open);
    if (early)
        put_using(&x, name_end);
    while (i < t.count)
        i = put_option(&x, i);
    um_tokens_free(&t);
}

/* Only MariaDB's foreign keys can be on columns that are not stored. */
static void judge_child_columns(struct um_ddl_work *w, const struct um_tokens *t, size_t end)
{
    for (size_t i = key_parts_at(t) + 1; i < end; i++) {
        char *name = um_tok_name(t, i);
        const struct um_ddl_part *column = um_ddl_find_column(w->d, name);
        free(name);
        if (!column || !um_tok_kind(t, i, UM_TOK_IDENT) || w->to->target_flavour != UM_MYSQL ||
            !column_has(column, UM_CL_GENERATED))
            continue;
        struct um_tokens c;
        bool stored = false;
        um_lex_again(column->text, &c);
        for (size_t k = 0; k < c.count; k++)
            stored |= um_tok_is(&c, k, "STORED") || um_tok_is(&c, k, "PERSISTENT");
        um_tokens_free(&c);
        if (!stored)
            um_ddl_block(w, "Drop the foreign key, or make the column STORED, on the source.",
                         "MySQL has no foreign keys on virtual columns");
    }
}

void um_ddl_foreign_key(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out)
{
    struct um_tokens t;
    um_lex_again(part->text, &t);
    size_t i = 0;
    while (i < t.count && !um_tok_is(&t, i, "REFERENCES"))
        i++;
    char *parent = um_tok_name(&t, i + 1);
    judge_child_columns(w, &t, i);
    /* A table that points to itself goes on doing so under its new name. */
    if (i + 1 < t.count && !um_tok_char(&t, i + 2, '.') && strcmp(parent, w->d->name) == 0) {
        um_tok_copy(&t, 0, i + 1, out);
        um_buf_char(out, ' ');
        um_quote_ident(out, w->to->name);
        um_buf_char(out, ' ');
        um_tok_copy(&t, i + 2, t.count, out);
    } else {
        um_buf_str(out, part->text);
    }
    free(parent);
    um_tokens_free(&t);
}

void um_ddl_period(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out)
{
    char room[48];
    if (!um_target_has(w->to, 0, 100401))
        um_ddl_block(w, "Drop the period on the source.", "%s has no periods",
                     um_ddl_target_name(w->to, room));
    um_buf_str(out, part->text);
}
