#include "checksum/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "checksum/column_pair.h"
#include "mysql/literal.h"
#include "schema/ddl.h"

enum {
    REASONS_MAX = 5,   /* differing columns that are named */
    NAMING_COLUMNS = 3 /* of a table without a unique key */
};

static const uint32_t NULL_LENGTH = UINT32_MAX; /* no value of a key is that long */

static int same_column(const struct um_pairing *p, int source_column)
{
    return um_table_column(p->table[UM_TARGET], p->table[UM_SOURCE]->columns[source_column].name);
}

/* ---- columns ---- */

static bool is_compared(const struct um_pairing *p, const struct um_column *c)
{
    return !c->system && (p->columns == UM_COLUMNS_ALL || um_column_writable(c));
}

static void add_reason(struct um_buf *why, size_t *count, const char *column, const char *what)
{
    if (++*count <= REASONS_MAX)
        um_buf_fmt(why, "%scolumn '%s' is %s", *count == 1 ? "" : "; ", column, what);
}

static bool find_reasons(const struct um_pairing *p, struct um_buf *why)
{
    const struct um_table *source = p->table[UM_SOURCE], *target = p->table[UM_TARGET];
    size_t count = 0;
    for (size_t i = 0; i < source->column_count; i++) {
        const struct um_column *c = &source->columns[i];
        if (c->system)
            continue;
        int at = um_table_column(target, c->name);
        if (at < 0 || target->columns[at].system) {
            add_reason(why, &count, c->name, "not there on the target");
        } else if (!um_columns_comparable(c, &target->columns[at])) {
            char *what =
                um_sprintf("%.80s on the source and %.80s on the target, which cannot be compared",
                           c->column_type, target->columns[at].column_type);
            add_reason(why, &count, c->name, what);
            free(what);
        }
    }
    for (size_t i = 0; i < target->column_count; i++) {
        int at = um_table_column(source, target->columns[i].name);
        if (!target->columns[i].system && (at < 0 || source->columns[at].system))
            add_reason(why, &count, target->columns[i].name, "there on the target only");
    }
    if (count > REASONS_MAX)
        um_buf_fmt(why, "; and %zu more", count - REASONS_MAX);
    return count > 0;
}

/* ---- keys ---- */

/* An index of the target that has the key's columns in front. */
static const struct um_index *find_index(const struct um_pairing *p, const struct um_key *key,
                                         size_t parts)
{
    const struct um_table *target = p->table[UM_TARGET];
    const struct um_index *found = NULL;
    for (size_t i = 0; i < target->index_count; i++) {
        const struct um_index *index = &target->indexes[i];
        bool fits =
            index->kind == UM_INDEX_BTREE && !index->invisible && index->part_count >= parts;
        for (size_t k = 0; fits && k < parts; k++)
            fits = index->parts[k].prefix == 0 && index->parts[k].column >= 0 &&
                   index->parts[k].column == same_column(p, key->index->parts[k].column);
        if (fits && (!found || strcmp(index->name, key->index->name) == 0))
            found = index;
    }
    return found;
}

/* A bound must mean the same on both sides, and every row must lie in a range: NULL is in none
   unless the range that is open below takes it, which is so for the first part of a key alone. */
static bool key_usable(const struct um_pairing *p, const struct um_key *key, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        int column = key->index->parts[i].column;
        const struct um_column *s = &p->table[UM_SOURCE]->columns[column];
        const struct um_column *t = &p->table[UM_TARGET]->columns[same_column(p, column)];
        if (!um_columns_same_form(s, t))
            return false;
        if (parts > 1 && (s->nullable || t->nullable))
            return false;
    }
    return true;
}

static bool key_same_order(const struct um_pairing *p, bool same_flavour)
{
    const struct um_key *key = &p->key[UM_SOURCE];
    if (key->kind == UM_KEY_NONE)
        return false;
    for (size_t i = 0; i < p->key_parts; i++) {
        int column = key->index->parts[i].column;
        if (!um_columns_same_order(&p->table[UM_SOURCE]->columns[column],
                                   &p->table[UM_TARGET]->columns[same_column(p, column)],
                                   same_flavour))
            return false;
    }
    return true;
}

static void choose_key(struct um_pairing *p, bool same_flavour)
{
    struct um_key key;
    um_chunk_key(p->table[UM_SOURCE], &key);
    size_t parts = key.kind == UM_KEY_INDEX ? 1 : key.part_count;
    p->key[UM_SOURCE] = p->key[UM_TARGET] = (struct um_key){.kind = UM_KEY_NONE, .why = "no key"};
    if (key.kind != UM_KEY_NONE && key_usable(p, &key, parts)) {
        const struct um_index *index = find_index(p, &key, parts);
        if (index) {
            p->key[UM_SOURCE] = p->key[UM_TARGET] = key;
            p->key[UM_TARGET].index = index;
            p->key_parts = parts;
        }
    }
    p->same_order = key_same_order(p, same_flavour);
}

/* ---- the select list ---- */

static size_t select_position(const struct um_pairing *p, int column)
{
    size_t position = 0;
    for (int i = 0; i < column; i++)
        position += is_compared(p, &p->table[UM_SOURCE]->columns[i]);
    return position;
}

/* Short values that identify a row: a key over prefixes or hashes may have huge ones. */
static bool can_name(const struct um_key *key)
{
    if (key->kind == UM_KEY_NONE || key->index->kind != UM_INDEX_BTREE)
        return false;
    for (size_t i = 0; i < key->part_count; i++)
        if (key->index->parts[i].prefix)
            return false;
    return true;
}

static void add_name(struct um_pairing *p, int column)
{
    const struct um_table *t = p->table[UM_SOURCE];
    struct um_index *name = &p->name_index;
    if (!is_compared(p, &t->columns[column]))
        return;
    for (size_t i = 0; i < name->part_count; i++)
        if (name->parts[i].column == column)
            return;
    name->parts = um_realloc(name->parts, (name->part_count + 1) * sizeof *name->parts);
    p->name_columns = um_realloc(p->name_columns, (name->part_count + 1) * sizeof(size_t));
    p->name_columns[name->part_count] = select_position(p, column);
    name->parts[name->part_count++] = (struct um_index_part){.column = column};
}

/* By the index itself where that is not the one by which the ranges are read. */
static void make_name_from(struct um_pairing *p, const struct um_key *key)
{
    const struct um_index *there = find_index(p, key, key->part_count);
    const struct um_index *indexes[2] = {key->index, there};
    for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
        const struct um_key own = {.kind = there ? key->kind : UM_KEY_NONE, .index = indexes[side]};
        struct um_buf from = {0};
        um_buf_str(&from, " FROM ");
        um_quote_table(&from, p->table[side]->schema, p->table[side]->name);
        um_range_force_index(&from, &own);
        p->name_from[side] = um_buf_take(&from);
    }
}

static void choose_name(struct um_pairing *p)
{
    const struct um_table *t = p->table[UM_SOURCE];
    struct um_key key, row_key;
    um_chunk_key(t, &key);
    um_row_key(t, &row_key);
    if (!key.unique && can_name(&row_key))
        key = row_key;
    p->named_by_key = key.kind != UM_KEY_NONE && key.unique;
    for (size_t i = 0; p->named_by_key && i < key.part_count; i++)
        add_name(p, key.index->parts[i].column);
    if (p->named_by_key) {
        make_name_from(p, &key);
        return;
    }
    /* A key that repeats leads: by it the row can be looked up. */
    if (key.kind != UM_KEY_NONE)
        add_name(p, key.index->parts[0].column);
    for (size_t i = 0; i < t->column_count && p->name_index.part_count < NAMING_COLUMNS; i++)
        add_name(p, (int)i);
}

static bool adds_plainly(struct um_buf *head, const struct um_column *own,
                         const struct um_column *other, bool same_flavour)
{
    struct um_buf plain = {0};
    um_column_select(&plain, own);
    size_t before = head->len;
    um_column_pair_select(head, own, other, same_flavour);
    bool same = strcmp(head->data + before, plain.data) == 0;
    um_buf_free(&plain);
    return same;
}

static void make_heads(struct um_pairing *p, bool same_flavour)
{
    struct um_buf head[2] = {{0}, {0}};
    struct um_buf left_out = {0};
    p->plain = true;
    const struct um_table *source = p->table[UM_SOURCE];
    for (size_t i = 0; i < source->column_count; i++) {
        const struct um_column *c = &source->columns[i];
        if (c->system) {
            um_buf_fmt(&left_out, "%s%s", left_out.len ? ", " : "", c->name);
            continue;
        }
        if (!is_compared(p, c))
            continue;
        const char *separator = p->column_count++ ? ", " : "SELECT ";
        const struct um_column *there =
            &p->table[UM_TARGET]->columns[um_table_column(p->table[UM_TARGET], c->name)];
        um_buf_str(&head[UM_SOURCE], separator);
        um_buf_str(&head[UM_TARGET], separator);
        p->plain &= adds_plainly(&head[UM_SOURCE], c, there, same_flavour);
        p->plain &= adds_plainly(&head[UM_TARGET], there, c, same_flavour);
    }
    for (int side = UM_SOURCE; side <= UM_TARGET; side++) {
        p->list[side] = head[side].len;
        um_buf_str(&head[side], " FROM ");
        um_quote_table(&head[side], p->table[side]->schema, p->table[side]->name);
        um_range_force_index(&head[side], &p->key[side]);
        p->head[side] = um_buf_take(&head[side]);
    }
    if (source->versioned || left_out.len)
        p->note = um_sprintf("the current rows are compared, not the history%s%s",
                             left_out.len ? "; left out: " : "", left_out.len ? left_out.data : "");
    um_buf_free(&left_out);
}

bool um_pairing_make(struct um_pairing *p, const struct um_table *source,
                     const struct um_table *target, enum um_flavour source_flavour,
                     enum um_flavour target_flavour, enum um_pairing_columns columns, char **why)
{
    *p = (struct um_pairing){.table = {source, target}, .columns = columns};
    struct um_buf reasons = {0};
    if (find_reasons(p, &reasons)) {
        *why = um_buf_take(&reasons);
        return false;
    }
    bool same_flavour = source_flavour == target_flavour;
    choose_key(p, same_flavour);
    choose_name(p);
    make_heads(p, same_flavour);
    return true;
}

void um_pairing_clear(struct um_pairing *p)
{
    free(p->head[UM_SOURCE]);
    free(p->head[UM_TARGET]);
    free(p->name_from[UM_SOURCE]);
    free(p->name_from[UM_TARGET]);
    free(p->name_index.parts);
    free(p->name_columns);
    free(p->note);
    *p = (struct um_pairing){0};
}

/* ---- names of rows ---- */

static void describe(const struct um_pairing *p, const char *const *values,
                     const unsigned long *lengths, struct um_buf *out)
{
    struct um_bound name = {(char **)values, (unsigned long *)lengths, p->name_index.part_count};
    const struct um_key key = {
        .kind = UM_KEY_UNIQUE, .index = &p->name_index, .part_count = name.count};
    um_bound_describe(&name, p->table[UM_SOURCE], &key, out);
}

void um_pairing_name_row(const struct um_pairing *p, const char *const *values,
                         const unsigned long *lengths, struct um_buf *out)
{
    size_t parts = p->name_index.part_count;
    um_buf_clear(out);
    if (!p->named_by_key) {
        const char *naming[NAMING_COLUMNS];
        unsigned long naming_lengths[NAMING_COLUMNS];
        for (size_t i = 0; i < parts; i++) {
            naming[i] = values[p->name_columns[i]];
            naming_lengths[i] = lengths[p->name_columns[i]];
        }
        describe(p, naming, naming_lengths, out);
        return;
    }
    for (size_t i = 0; i < parts; i++) {
        const char *value = values[p->name_columns[i]];
        uint32_t len = value ? (uint32_t)lengths[p->name_columns[i]] : NULL_LENGTH;
        um_buf_add(out, &len, sizeof len);
        if (value)
            um_buf_add(out, value, len);
    }
}

/* The next value of a name by key, malloc'd; NULL is NULL. */
static char *take_value(const char **name, unsigned long *len)
{
    uint32_t n;
    memcpy(&n, *name, sizeof n);
    *name += sizeof n;
    *len = n == NULL_LENGTH ? 0 : n;
    char *value = n == NULL_LENGTH ? NULL : um_memdup(*name, n);
    *name += *len;
    return value;
}

char *um_pairing_describe(const struct um_pairing *p, const char *name, size_t len)
{
    if (!p->named_by_key)
        return um_memdup(name, len);
    size_t parts = p->name_index.part_count;
    char **values = um_alloc_array(parts, sizeof *values);
    unsigned long *lengths = um_alloc_array(parts, sizeof *lengths);
    struct um_buf out = {0};
    for (size_t i = 0; i < parts; i++)
        values[i] = take_value(&name, &lengths[i]);
    describe(p, (const char *const *)values, lengths, &out);
    for (size_t i = 0; i < parts; i++)
        free(values[i]);
    free(values);
    free(lengths);
    return um_buf_take(&out);
}

void um_pairing_name_where(const struct um_pairing *p, enum um_side side, const char *name,
                           struct um_buf *sql)
{
    UM_ASSERT(p->named_by_key);
    for (size_t i = 0; i < p->name_index.part_count; i++) {
        int column = p->name_index.parts[i].column;
        const struct um_table *t = p->table[side];
        const struct um_column *c =
            &t->columns[side == UM_SOURCE ? column : same_column(p, column)];
        unsigned long len;
        char *value = take_value(&name, &len);
        um_buf_str(sql, i ? " AND " : "");
        um_quote_ident(sql, c->name);
        um_buf_str(sql, value ? "=" : " IS ");
        um_column_key_value(sql, c, value, len);
        free(value);
    }
}

void um_pairing_describe_range(const struct um_pairing *p, const struct um_bound *lo,
                               const struct um_bound *hi, struct um_buf *out)
{
    const struct um_table *t = p->table[UM_SOURCE];
    um_buf_fmt(out, "%s.%s", t->schema, t->name);
    if (p->key[UM_SOURCE].kind == UM_KEY_NONE || (lo->count == 0 && hi->count == 0))
        return;
    um_buf_str(out, " (");
    um_bound_describe(lo, t, &p->key[UM_SOURCE], out);
    um_buf_str(out, "; ");
    um_bound_describe(hi, t, &p->key[UM_SOURCE], out);
    um_buf_char(out, ']');
}
