#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool um_ddl_at_partitions(const struct um_tokens *t, size_t i)
{
    return um_tok_run(t, i, "PARTITION BY");
}

struct um_ddl_option um_ddl_option_at(const struct um_tokens *t, size_t i)
{
    static const char *const names[] = {
        "DEFAULT CHARACTER SET", "DEFAULT CHARSET", "DEFAULT COLLATE",        "CHARACTER SET",
        "DATA DIRECTORY",        "INDEX DIRECTORY", "WITH SYSTEM VERSIONING", "DEFAULT ENCRYPTION"};
    struct um_ddl_option option = {.from = i, .value = i + 1};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (!um_tok_run(t, i, names[k]))
            continue;
        for (const char *p = names[k]; *p; p++)
            option.value += *p == ' ';
        break;
    }
    option.to = option.value;
    bool equals = um_tok_char(t, option.value, '=');
    /* The sign may be missing where a value is sure to follow. */
    bool bare = um_tok_is(t, i, "TABLESPACE") || um_tok_is(t, i, "STORAGE") ||
                um_tok_is(t, i, "COLLATE") || um_tok_is(t, i, "CHARSET") ||
                um_tok_is(t, i, "ENGINE") || um_tok_kind(t, option.value, UM_TOK_STRING) ||
                option.value > i + 1;
    option.value += equals;
    bool group = um_tok_char(t, option.value, '(');
    if (um_tok_char(t, i, '(')) /* no option at all, but taken whole */
        option.to = um_tok_group_end(t, i);
    else if ((equals || bare) && group)
        option.to = um_tok_group_end(t, option.value);
    else if ((equals || bare) && option.value < t->count &&
             !um_tok_kind(t, option.value, UM_TOK_CHAR) && !um_tok_run(t, i, "WITH SYSTEM"))
        option.to = option.value + 1;
    if (option.value > option.to)
        option.value = option.to;
    return option;
}

/* The option has one of the names, which are joined with '|'. */
static bool option_is(const struct um_tokens *t, const struct um_ddl_option *o, const char *names)
{
    char name[64];
    for (const char *p = names; *p; p += *p == '|') {
        size_t len = strcspn(p, "|"), words = 1;
        if (len < sizeof name) {
            memcpy(name, p, len);
            name[len] = '\0';
            for (size_t k = 0; k < len; k++)
                words += name[k] == ' ';
            size_t equals = um_tok_char(t, o->value - 1, '=');
            if (um_tok_run(t, o->from, name) && o->from + words + equals == o->value)
                return true;
            if (words == 1 && um_tok_kind(t, o->from, UM_TOK_IDENT)) {
                char *quoted = um_tok_name(t, o->from);
                bool same = strcasecmp(quoted, name) == 0;
                free(quoted);
                if (same)
                    return true;
            }
        }
        p += len;
    }
    return false;
}

char *um_ddl_option_value(const struct um_ddl *d, const char *names)
{
    struct um_tokens t;
    char *value = NULL;
    um_lex_again(d->options, &t);
    for (size_t i = 0; i < t.count && !um_ddl_at_partitions(&t, i) && !value;) {
        struct um_ddl_option o = um_ddl_option_at(&t, i);
        if (o.value < o.to && option_is(&t, &o, names))
            value = um_tok_name(&t, o.value);
        i = o.to;
    }
    um_tokens_free(&t);
    return value;
}

uint64_t um_ddl_auto_increment(const struct um_ddl *d)
{
    char *value = um_ddl_option_value(d, "AUTO_INCREMENT");
    uint64_t n = value ? strtoull(value, NULL, 10) : 0;
    free(value);
    return n;
}

struct options {
    struct um_ddl_work *w;
    const struct um_tokens *t;
    struct um_buf *out;
    const struct um_ddl_option *o; /* at hand */
};

static void keep(const struct options *x)
{
    um_buf_char(x->out, ' ');
    um_ddl_expr(x->w, x->t, x->o->from, x->o->to, x->out);
}

static void drop(const struct options *x, const char *mend, const char *reason)
{
    struct um_buf text = {0};
    um_tok_copy(x->t, x->o->from, x->o->to, &text);
    um_ddl_warn(x->w, mend, "%s is left out: %s", text.data, reason);
    um_buf_free(&text);
}

static bool value_is(const struct options *x, const char *value)
{
    char *text = um_tok_name(x->t, x->o->value);
    bool same = x->o->value < x->o->to && strcasecmp(text, value) == 0;
    free(text);
    return same;
}

/* A text column that names neither charset nor collation takes the table's. */
static const struct um_ddl_part *inheriting_column(const struct um_ddl *d)
{
    for (size_t i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind != UM_DDL_COLUMN)
            continue;
        struct um_tokens t;
        struct um_clauses c;
        um_lex_again(d->parts[i].text, &t);
        um_ddl_scan_column(&t, &c);
        bool inherits = um_ddl_is_text(&t, &c) && !um_clause_find(&c, UM_CL_CHARSET) &&
                        !um_clause_find(&c, UM_CL_COLLATE);
        free(c.items);
        um_tokens_free(&t);
        if (inherits)
            return &d->parts[i];
    }
    return NULL;
}

static void put_collation(const struct options *x, const char *collation)
{
    struct um_buf name = {0};
    const struct um_ddl_part *column = inheriting_column(x->w->d);
    bool absent = !um_ddl_collation(collation, x->w->to, &name);
    um_buf_free(&name);
    if (absent && !column) {
        um_ddl_warn(x->w, "Name a collation when columns are added to the table later.",
                    "the default collation %s is left out: the target lacks it, and no column "
                    "takes it",
                    collation);
        return;
    }
    const char *kind = x->w->kind, *where = x->w->name;
    if (column)
        x->w->kind = "column", x->w->name = column->name; /* the first that is concerned */
    um_ddl_put_collation(x->w, collation, " COLLATE=", x->out);
    x->w->kind = kind, x->w->name = where;
}

static void put_charset(const struct options *x)
{
    char *charset = um_tok_name(x->t, x->o->value);
    char *collation = um_ddl_option_value(x->w->d, "COLLATE|DEFAULT COLLATE");
    const char *implied = um_charset_default(charset, x->w->to);
    struct um_buf name = {0};
    bool known = um_charset_name(charset, x->w->to, &name);
    if (known || inheriting_column(x->w->d))
        um_ddl_put_charset(x->w, charset, " DEFAULT CHARSET=", x->out);
    else
        drop(x, "Name a charset when columns are added to the table later.",
             "the target lacks it, and no column takes it");
    if (known && !collation && implied)
        put_collation(x, implied);
    um_buf_free(&name);
    free(collation);
    free(charset);
}

static void put_row_format(const struct options *x)
{
    static const char *const formats[] = {"DEFAULT", "DYNAMIC", "COMPACT", "REDUNDANT",
                                          "COMPRESSED"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!x->w->converted && value_is(x, formats[i])) {
            keep(x);
            return;
        }
    }
    if (!x->w->converted)
        drop(x, "Nothing.", "InnoDB has no such row format and never used it");
}

/* A strict InnoDB refuses a block size beside a row format that has none. */
static void put_block_size(const struct options *x)
{
    char *format = um_ddl_option_value(x->w->d, "ROW_FORMAT");
    unsigned long size = strtoul(x->t->text + x->t->items[x->o->value].at, NULL, 10);
    bool valid = size == 1 || size == 2 || size == 4 || size == 8 || size == 16;
    if (!x->w->converted) {
        if (valid &&
            (!format || !strcasecmp(format, "COMPRESSED") || !strcasecmp(format, "DEFAULT")))
            keep(x);
        else
            drop(x, "Nothing.", "it has no effect beside the table's row format");
    }
    free(format);
}

static void put_encryption(const struct options *x)
{
    bool on = value_is(x, "Y") || value_is(x, "YES");
    if (um_target_has(x->w->to, 50711, 0) && (on || value_is(x, "N")))
        um_buf_str(x->out, on ? " ENCRYPTION='Y'" : " ENCRYPTION='N'");
    else if (x->w->to->target_flavour == UM_MARIADB && !value_is(x, "DEFAULT"))
        um_buf_str(x->out, on                                       ? " ENCRYPTED=YES"
                           : x->w->to->source_flavour == UM_MARIADB ? " ENCRYPTED=NO"
                                                                    : "");
    else if (on)
        drop(x, "Choose a target that encrypts, if the rows ask for it.",
             "the target does not encrypt tables");
}

static void put_tablespace(const struct options *x)
{
    bool builtin = value_is(x, "innodb_system") || value_is(x, "innodb_file_per_table");
    if (!um_target_has(x->w->to, 50706, 0)) {
        drop(x, "Nothing, if the table's place on disk does not matter.",
             "the target has no such tablespace");
        return;
    }
    keep(x);
    if (!builtin)
        um_ddl_warn(x->w, "Create the tablespace on the target, or move the table out of it.",
                    "the tablespace must be there on the target");
}

static void forbid(const struct options *x)
{
    struct um_buf text = {0};
    um_tok_copy(x->t, x->o->from, x->o->to, &text);
    um_ddl_block(x->w, "Exclude the table.", "%s: it is no table with rows of its own", text.data);
    um_buf_free(&text);
}

static const char storage_mend[] = "Nothing, if the table's form on disk does not matter.";

/* Options of storage that one flavour knows. */
static void put_storage(const struct options *x, unsigned mysql_since, unsigned mariadb_since)
{
    if (um_target_has(x->w->to, mysql_since, mariadb_since))
        keep(x);
    else
        drop(x, storage_mend, "the target does not know it");
}

static bool put_flavoured(const struct options *x)
{
    const struct um_tokens *t = x->t;
    const struct um_ddl_option *o = x->o;
    if (option_is(t, o, "COMPRESSION"))
        put_storage(x, 50708, 0);
    else if (option_is(t, o, "AUTOEXTEND_SIZE"))
        put_storage(x, 80023, 0);
    else if (option_is(t, o, "ENGINE_ATTRIBUTE|SECONDARY_ENGINE_ATTRIBUTE"))
        put_storage(x, 80021, 0);
    else if (option_is(t, o, "STORAGE"))
        put_storage(x, 50100, 0);
    else if (option_is(t, o, "PAGE_COMPRESSED|PAGE_COMPRESSION_LEVEL|ENCRYPTION_KEY_ID"))
        put_storage(x, 0, 100100);
    else if (option_is(t, o, "ENCRYPTION|ENCRYPTED"))
        put_encryption(x);
    else if (option_is(t, o, "TABLESPACE"))
        put_tablespace(x);
    else if (option_is(t, o, "SECONDARY_ENGINE"))
        drop(x, "Set it again on the target after the cutover.",
             "a table with a secondary engine refuses indexes that are added later");
    else
        return false;
    return true;
}

static bool put_engine_own(const struct options *x)
{
    const struct um_tokens *t = x->t;
    const struct um_ddl_option *o = x->o;
    if (option_is(t, o, "PACK_KEYS|CHECKSUM|TABLE_CHECKSUM|DELAY_KEY_WRITE")) {
        if (!x->w->converted)
            keep(x); /* InnoDB takes and ignores them */
    } else if (option_is(t, o, "TRANSACTIONAL|PAGE_CHECKSUM|IETF_QUOTES|INSERT_METHOD|PASSWORD")) {
        if (!x->w->converted)
            drop(x, "Nothing.", "it belongs to another engine");
    } else {
        return false;
    }
    return true;
}

static void put_option(const struct options *x)
{
    const struct um_tokens *t = x->t;
    const struct um_ddl_option *o = x->o;
    if (option_is(t, o, "ENGINE|TYPE|AUTO_INCREMENT")) {
        /* The engine is written first; the counter is carried over at the end. */
    } else if (option_is(t, o, "CHARSET|CHARACTER SET|DEFAULT CHARSET|DEFAULT CHARACTER SET")) {
        put_charset(x);
    } else if (option_is(t, o, "COLLATE|DEFAULT COLLATE")) {
        char *collation = um_tok_name(t, o->value);
        put_collation(x, collation);
        free(collation);
    } else if (option_is(t, o,
                         "COMMENT|STATS_PERSISTENT|STATS_AUTO_RECALC|STATS_SAMPLE_PAGES|"
                         "MIN_ROWS|MAX_ROWS|AVG_ROW_LENGTH|WITH SYSTEM VERSIONING")) {
        keep(x);
    } else if (option_is(t, o, "ROW_FORMAT")) {
        put_row_format(x);
    } else if (option_is(t, o, "KEY_BLOCK_SIZE")) {
        put_block_size(x);
    } else if (option_is(t, o, "DATA DIRECTORY|INDEX DIRECTORY")) {
        drop(x, storage_mend, "the path is one of the source's machine");
    } else if (option_is(t, o, "SEQUENCE|UNION|CONNECTION")) {
        forbid(x);
    } else if (!put_flavoured(x) && !put_engine_own(x)) {
        struct um_buf text = {0};
        um_tok_copy(t, o->from, o->to, &text);
        if (um_target_crosses(x->w->to))
            um_ddl_block(x->w, "Report it, and exclude the table or drop the option to go on.",
                         "an option that this version does not know: %s", text.data);
        else if (x->w->converted)
            drop(x, "Nothing.", "it belongs to the engine that the table had");
        else
            keep(x);
        um_buf_free(&text);
    }
}

static char *option_name(const struct um_tokens *t, const struct um_ddl_option *o)
{
    size_t end = o->value - um_tok_char(t, o->value - 1, '=');
    if (end <= o->from + 1)
        return um_tok_name(t, o->from);
    struct um_buf name = {0};
    um_tok_copy(t, o->from, end, &name);
    return um_buf_take(&name);
}

void um_ddl_options(struct um_ddl_work *w, struct um_buf *out)
{
    struct um_tokens t;
    um_lex_again(w->d->options, &t);
    um_buf_str(out, " ENGINE=InnoDB");
    for (size_t i = 0; i < t.count;) {
        if (um_ddl_at_partitions(&t, i)) {
            um_ddl_partitions(w, &t, i, out);
            break;
        }
        if (um_tok_char(&t, i, ',')) {
            i++;
            continue;
        }
        struct um_ddl_option o = um_ddl_option_at(&t, i);
        struct options x = {w, &t, out, &o};
        w->kind = "table option", w->name = NULL;
        char *name = option_name(&t, &o);
        w->name = name;
        put_option(&x);
        w->name = NULL;
        free(name);
        i = o.to;
    }
    um_tokens_free(&t);
}
