#include "apply/statement.h"

#include <string.h>

#include "config/utf8.h"
#include "copy/rows.h"
#include "mysql/literal.h"

static const struct um_column *source_column(const struct um_row_change *c, size_t i)
{
    return &c->table->source->columns[i];
}

static bool is_key_column(const struct um_job_table *t, size_t column)
{
    for (size_t i = 0; i < t->row_key.part_count; i++) {
        if ((size_t)t->row_key.index->parts[i].column == column)
            return true;
    }
    return false;
}

uint64_t um_statement_affected(const struct um_row_change *changes, size_t count)
{
    return changes->op == UM_ROW_UPDATE && count > 1 ? 2 * count : count;
}

const char *um_statement_op(enum um_row_op op)
{
    return op == UM_ROW_INSERT ? "insert" : op == UM_ROW_UPDATE ? "update" : "delete";
}

/* Its key, or every column where it has none. */
int um_statement_where(struct um_buf *sql, const struct um_row_change *c, struct um_err *err)
{
    const struct um_key *key = &c->table->row_key;
    const char *and = "";
    size_t parts = key->index ? key->part_count : c->table->source->column_count;
    for (size_t i = 0; i < parts; i++) {
        size_t column = key->index ? (size_t)key->index->parts[i].column : i;
        const struct um_column *from = source_column(c, column);
        const struct um_value *v = &c->before[column];
        /* A key may be of a generated column; where all columns count, the others say it already.
         */
        if (!key->index && !um_column_writable(from))
            continue;
        if (v->kind == UM_V_ABSENT)
            return um_fail(err, UM_E_APPLY_IMAGE,
                           "`%s`.`%s`: the row image lacks column `%s` (binlog_row_image is not "
                           "FULL)",
                           c->table->source->schema, c->table->source->name, from->name);
        um_buf_str(sql, and);
        const struct um_column *to = um_rows_target_column(c->table, column);
        if (key->index) {
            um_quote_ident(sql, to->name);
            um_buf_char(sql, '=');
        }
        if ((key->index ? um_literal_match : um_literal_match_exact)(sql, v, from, to, err) != 0)
            return -1;
        and = " AND ";
    }
    return 0;
}

static int build_insert(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                        unsigned *lax, struct um_err *err)
{
    const struct um_job_table *t = changes->table;
    um_buf_str(sql, "INSERT INTO ");
    um_quote_table(sql, t->target_schema, t->target_name);
    const char *comma = " (";
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]) || changes->after[i].kind == UM_V_ABSENT)
            continue;
        um_buf_str(sql, comma);
        um_quote_ident(sql, t->source->columns[i].name);
        comma = ",";
    }
    um_buf_str(sql, ") VALUES ");
    for (size_t k = 0; k < count; k++) {
        comma = k ? ",(" : "(";
        for (size_t i = 0; i < t->source->column_count; i++) {
            const struct um_value *v = &changes[k].after[i];
            if (!um_column_writable(&t->source->columns[i]) || v->kind == UM_V_ABSENT)
                continue;
            um_buf_str(sql, comma);
            if (um_literal_store(sql, v, &t->source->columns[i], um_rows_target_column(t, i),
                                 err) != 0)
                return -1;
            *lax += um_literal_needs_lax(v);
            comma = ",";
        }
        um_buf_char(sql, ')');
    }
    return 0;
}

/* Columns that an UPDATE must name even when they did not change, or are not in the image: the
   target would set those with ON UPDATE CURRENT_TIMESTAMP by itself. */
static bool must_be_named(const struct um_column *c)
{
    return c->type == UM_T_TIMESTAMP || c->type == UM_T_DATETIME;
}

static int build_update(struct um_buf *sql, const struct um_row_change *c, unsigned *lax,
                        struct um_err *err)
{
    const struct um_job_table *t = c->table;
    um_buf_str(sql, "UPDATE ");
    um_quote_table(sql, t->target_schema, t->target_name);
    const char *comma = " SET ";
    size_t first_writable = t->source->column_count;
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct um_column *column = source_column(c, i);
        if (!um_column_writable(column))
            continue;
        if (first_writable == t->source->column_count)
            first_writable = i;
        bool absent = c->after[i].kind == UM_V_ABSENT;
        if (!must_be_named(column) && (absent || um_value_same(&c->before[i], &c->after[i])))
            continue;
        um_buf_str(sql, comma);
        comma = ",";
        um_quote_ident(sql, column->name);
        um_buf_char(sql, '=');
        if (absent) {
            um_quote_ident(sql, column->name);
            continue;
        }
        if (um_literal_store(sql, &c->after[i], column, um_rows_target_column(t, i), err) != 0)
            return -1;
        *lax += um_literal_needs_lax(&c->after[i]);
    }
    if (*comma == ' ') { /* nothing changed that can be named; the row must be there all the same */
        um_buf_str(sql, comma);
        um_quote_ident(sql, source_column(c, first_writable)->name);
        um_buf_char(sql, '=');
        um_quote_ident(sql, source_column(c, first_writable)->name);
    }
    um_buf_str(sql, " WHERE ");
    return um_statement_where(sql, c, err);
}

/* The first column of the key that a statement may set; -1: none, it is generated. */
static int writable_key_column(const struct um_job_table *t)
{
    for (size_t i = 0; i < t->row_key.part_count; i++) {
        int column = t->row_key.index->parts[i].column;
        if (um_column_writable(&t->source->columns[column]))
            return column;
    }
    return -1;
}

static bool has_other_unique_keys(const struct um_job_table *t)
{
    for (size_t i = 0; i < t->source->index_count; i++) {
        if (t->source->indexes[i].unique && &t->source->indexes[i] != t->row_key.index)
            return true;
    }
    return false;
}

bool um_statement_can_upsert(const struct um_job_table *t)
{
    return t->row_key.index && (!has_other_unique_keys(t) || writable_key_column(t) >= 0);
}

static void put_new(struct um_buf *sql, const struct um_column *c, bool alias)
{
    um_buf_str(sql, alias ? "um_new." : "VALUES(");
    um_quote_ident(sql, c->name);
    um_buf_str(sql, alias ? "" : ")");
}

static void put_old(struct um_buf *sql, const struct um_job_table *t, const struct um_column *c)
{
    um_quote_table(sql, t->target_schema, t->target_name);
    um_buf_char(sql, '.');
    um_quote_ident(sql, c->name);
}

/* A row that is not there may meet another one by another unique key, which must not be changed in
   its place: then the largest number and one more is an error in every sql_mode, for a column of
   any type. */
static void put_guard(struct um_buf *sql, const struct um_job_table *t, bool alias)
{
    const struct um_column *set = &t->source->columns[writable_key_column(t)];
    um_quote_ident(sql, set->name);
    um_buf_str(sql, "=IF(9223372036854775807+(");
    for (size_t i = 0; i < t->row_key.part_count; i++) {
        const struct um_column *c = &t->source->columns[t->row_key.index->parts[i].column];
        um_buf_str(sql, i ? " OR " : "");
        put_old(sql, t, c);
        um_buf_str(sql, "<>");
        put_new(sql, c, alias);
    }
    um_buf_str(sql, "),");
    put_old(sql, t, set);
    um_buf_str(sql, ",NULL)");
}

/* An insert of rows that are there: the server counts two for each that it changes, one for each
   that it had to insert or found as it should be. */
static int build_upsert(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                        unsigned *lax, struct um_err *err)
{
    const struct um_job_table *t = changes->table;
    bool alias = t->to.target_flavour == UM_MYSQL && t->to.target_version >= 80019;
    if (build_insert(sql, changes, count, lax, err) != 0)
        return -1;
    um_buf_str(sql, alias ? " AS um_new ON DUPLICATE KEY UPDATE" : " ON DUPLICATE KEY UPDATE");
    const char *comma = " ";
    if (has_other_unique_keys(t)) {
        um_buf_str(sql, comma);
        put_guard(sql, t, alias);
        comma = ",";
    }
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct um_column *column = source_column(changes, i);
        if (!um_column_writable(column) || is_key_column(t, i))
            continue;
        um_buf_str(sql, comma);
        comma = ",";
        um_quote_ident(sql, column->name);
        um_buf_char(sql, '=');
        put_new(sql, column, alias);
    }
    return 0;
}

/* Many rows of one whole number each are found fastest by a list. */
static bool has_number_key(const struct um_job_table *t)
{
    const struct um_key *key = &t->row_key;
    if (!key->index || key->part_count != 1)
        return false;
    enum um_type type = t->source->columns[key->index->parts[0].column].type;
    return type >= UM_T_TINYINT && type <= UM_T_BIGINT;
}

static int build_number_list(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                             struct um_err *err)
{
    const struct um_job_table *t = changes->table;
    size_t column = (size_t)t->row_key.index->parts[0].column;
    const struct um_column *to = um_rows_target_column(t, column);
    um_quote_ident(sql, to->name);
    um_buf_str(sql, " IN (");
    for (size_t k = 0; k < count; k++) {
        if (k)
            um_buf_char(sql, ',');
        if (um_literal_match(sql, &changes[k].before[column], &t->source->columns[column], to,
                             err) != 0)
            return -1;
    }
    um_buf_char(sql, ')');
    return 0;
}

static int build_delete(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                        struct um_err *err)
{
    um_buf_str(sql, "DELETE FROM ");
    um_quote_table(sql, changes->table->target_schema, changes->table->target_name);
    um_buf_str(sql, " WHERE ");
    if (count > 1 && has_number_key(changes->table))
        return build_number_list(sql, changes, count, err);
    for (size_t k = 0; k < count; k++) {
        um_buf_str(sql, k ? " OR (" : "(");
        if (um_statement_where(sql, &changes[k], err) != 0)
            return -1;
        um_buf_char(sql, ')');
    }
    return 0;
}

int um_statement_build(struct um_buf *sql, const struct um_row_change *changes, size_t count,
                       unsigned *lax, struct um_err *err)
{
    *lax = 0;
    int result = -1;
    switch (changes->op) {
    case UM_ROW_INSERT:
        return build_insert(sql, changes, count, lax, err);
    case UM_ROW_UPDATE:
        if (count > 1)
            return build_upsert(sql, changes, count, lax, err);
        result = build_update(sql, changes, lax, err);
        break;
    case UM_ROW_DELETE:
        result = build_delete(sql, changes, count, err);
        break;
    }
    /* Of several equal rows exactly one is meant. */
    if (result == 0 && !changes->table->row_key.index)
        um_buf_str(sql, " LIMIT 1");
    return result;
}

bool um_statement_merges(const struct um_row_change *first, const struct um_row_change *next)
{
    if (first->op != next->op || first->table != next->table || first->flags != next->flags)
        return false;
    if (first->op == UM_ROW_DELETE)
        return first->table->row_key.index != NULL;
    if (first->op == UM_ROW_UPDATE)
        return first->upsert && next->upsert;
    for (size_t i = 0; i < first->table->source->column_count; i++) {
        if ((first->after[i].kind == UM_V_ABSENT) != (next->after[i].kind == UM_V_ABSENT))
            return false;
    }
    return true;
}

/* A value for people, in UTF-8 whatever its own character set is. */
static void describe_value(struct um_buf *out, const struct um_value *v, const struct um_column *c)
{
    enum { LONGEST = 200 };
    struct um_buf text = {0};
    struct um_err ignored;
    size_t bad, len;
    struct um_column any = *c;
    any.fixed_scale = false; /* a key that cannot be written is told all the same */
    if (um_literal_store(&text, v, &any, &any, &ignored) != 0)
        um_buf_str(&text, "?");
    if (v->kind == UM_V_BYTES && !um_utf8_valid(text.data, text.len, &bad)) {
        um_buf_clear(&text);
        um_buf_str(&text, "0x");
        for (size_t i = 0; i < v->len && i < LONGEST; i++)
            um_buf_fmt(&text, "%02x", v->bytes[i]);
    }
    len = text.len > LONGEST ? LONGEST : text.len;
    while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    um_buf_add(out, text.data, len);
    um_buf_str(out, len < text.len ? "…" : "");
    um_buf_free(&text);
}

void um_statement_describe(struct um_buf *out, const struct um_row_change *c)
{
    const struct um_value *row = c->before ? c->before : c->after;
    const struct um_key *key = &c->table->row_key;
    size_t parts = key->index ? key->part_count : c->table->source->column_count;
    for (size_t i = 0; i < parts; i++) {
        size_t column = key->index ? (size_t)key->index->parts[i].column : i;
        const struct um_column *from = source_column(c, column);
        um_buf_fmt(out, "%s%s=", i ? ", " : "", from->name);
        describe_value(out, &row[column], from);
    }
}
