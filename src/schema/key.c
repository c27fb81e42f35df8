#include "schema/table.h"

#include <string.h>

/*
 * Types whose values the client can put in the server's order by itself. DECIMAL, FLOAT and
 * DOUBLE are left out: their text forms are not what the index compares; so are strings in any
 * collation but binary.
 */
static bool is_client_ordered(const struct um_column *c)
{
    if (um_column_is_integer(c))
        return true;
    switch (c->type) {
    case UM_T_YEAR:
    case UM_T_DATE:
    case UM_T_TIME:
    case UM_T_DATETIME:
    case UM_T_TIMESTAMP:
    case UM_T_BINARY:
    case UM_T_VARBINARY:
        return true;
    default:
        return false;
    }
}

/* A row image carries a value for the column: not so for expressions and virtual columns. */
static bool is_in_images(const struct um_table *t, const struct um_index_part *part)
{
    return part->column >= 0 && t->columns[part->column].generated != UM_VIRTUAL;
}

static bool is_nullable(const struct um_table *t, const struct um_index *index)
{
    for (size_t i = 0; i < index->part_count; i++) {
        if (index->parts[i].column < 0 || t->columns[index->parts[i].column].nullable)
            return true;
    }
    return false;
}

/* A SET of 64 members compares as a signed number and is indexed as an unsigned one: a range over
   it would not hold what its ends say. */
static bool orders_unlike_it_compares(const struct um_column *c)
{
    if (c->type != UM_T_SET)
        return false;
    size_t members = 0;
    for (const char *p = strchr(c->column_type, '\''); p; p = strchr(p, '\'')) {
        for (p++; *p && (*p != '\'' || p[1] == '\''); p++)
            p += *p == '\''; /* a doubled quote is part of the member */
        members++;
        p += *p != '\0';
    }
    return members >= 64;
}

/* How many leading parts of the index order rows by whole values. */
static size_t ordering_parts(const struct um_table *t, const struct um_index *index)
{
    size_t n = 0;
    if (index->kind != UM_INDEX_BTREE || (index->invisible && !index->primary))
        return 0; /* the optimizer would not use an invisible one */
    while (n < index->part_count && !index->parts[n].prefix && is_in_images(t, &index->parts[n]) &&
           !orders_unlike_it_compares(&t->columns[index->parts[n].column]))
        n++;
    return n;
}

static bool parts_are_client_ordered(const struct um_table *t, const struct um_index *index,
                                     size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        if (index->parts[i].descending || !is_client_ordered(&t->columns[index->parts[i].column]))
            return false;
    }
    return true;
}

static void set_key(struct um_key *key, const struct um_table *t, enum um_key_kind kind,
                    const struct um_index *index, size_t parts, const char *why)
{
    *key = (struct um_key){
        .kind = kind,
        .index = index,
        .part_count = parts,
        .unique = index->unique && parts == index->part_count && !is_nullable(t, index),
        .client_ordered = parts_are_client_ordered(t, index, parts),
        .why = why,
    };
}

/* Some index says that the values of this column, taken alone, are all different. */
static bool is_unique_alone(const struct um_table *t, int column)
{
    for (size_t i = 0; i < t->index_count; i++) {
        const struct um_index *index = &t->indexes[i];
        if (index->unique && index->part_count == 1 && index->parts[0].column == column &&
            !t->columns[column].nullable)
            return true;
    }
    return false;
}

static bool use_auto_increment(const struct um_table *t, struct um_key *key)
{
    const struct um_index *best = NULL;
    for (size_t i = 0; i < t->index_count; i++) {
        const struct um_index *index = &t->indexes[i];
        if (!ordering_parts(t, index) || !t->columns[index->parts[0].column].auto_increment)
            continue;
        /* Rows lie in the order of the primary key; else the shortest index reads least. */
        if (!best || (!best->primary && index->part_count < best->part_count))
            best = index;
    }
    if (!best)
        return false;
    set_key(key, t, UM_KEY_AUTO_INCREMENT, best, 1, "auto-increment column");
    key->unique = is_unique_alone(t, best->parts[0].column);
    return true;
}

/* The better one of two unique keys: ordered by the client, then with fewer parts. */
static bool is_better_unique(const struct um_key *a, const struct um_key *b)
{
    if (a->client_ordered != b->client_ordered)
        return a->client_ordered;
    return a->part_count < b->part_count;
}

static bool use_unique(const struct um_table *t, struct um_key *key, bool primary)
{
    bool found = false;
    for (size_t i = 0; i < t->index_count; i++) {
        const struct um_index *index = &t->indexes[i];
        if (!index->unique || index->primary != primary || !index->part_count ||
            ordering_parts(t, index) != index->part_count || is_nullable(t, index))
            continue;
        struct um_key candidate;
        set_key(&candidate, t, primary ? UM_KEY_PRIMARY : UM_KEY_UNIQUE, index, index->part_count,
                primary ? "primary key" : "unique index without NULLs");
        if (!found || is_better_unique(&candidate, key))
            *key = candidate;
        found = true;
    }
    return found;
}

/* The better one of two keys that may repeat: ordered by the client, then with more parts. */
static bool is_better_index(const struct um_key *a, const struct um_key *b)
{
    if (a->client_ordered != b->client_ordered)
        return a->client_ordered;
    if (a->index->unique != b->index->unique)
        return a->index->unique;
    return a->part_count > b->part_count;
}

static bool use_index(const struct um_table *t, struct um_key *key)
{
    bool found = false;
    for (size_t i = 0; i < t->index_count; i++) {
        size_t parts = ordering_parts(t, &t->indexes[i]);
        if (!parts)
            continue;
        struct um_key candidate;
        set_key(&candidate, t, UM_KEY_INDEX, &t->indexes[i], parts,
                "index, for want of a primary or unique key that orders whole values");
        if (!found || is_better_index(&candidate, key))
            *key = candidate;
        found = true;
    }
    return found;
}

static void use_none(struct um_key *key, const char *why)
{
    *key = (struct um_key){.kind = UM_KEY_NONE, .why = why};
}

void um_chunk_key(const struct um_table *t, struct um_key *key)
{
    if (use_auto_increment(t, key) || use_unique(t, key, true) || use_unique(t, key, false) ||
        use_index(t, key))
        return;
    use_none(key, "no index orders whole values: the table is one chunk");
}

static bool identifies_rows(const struct um_table *t, const struct um_index *index)
{
    if (!index->unique || !index->part_count || is_nullable(t, index) ||
        (index->kind != UM_INDEX_BTREE && index->kind != UM_INDEX_HASH))
        return false;
    for (size_t i = 0; i < index->part_count; i++) {
        if (!is_in_images(t, &index->parts[i]))
            return false;
    }
    return true;
}

void um_row_key(const struct um_table *t, struct um_key *key)
{
    use_none(key, "no primary key and no unique index without NULLs");
    for (size_t i = 0; i < t->index_count; i++) {
        const struct um_index *index = &t->indexes[i];
        if (!identifies_rows(t, index))
            continue;
        struct um_key candidate;
        set_key(&candidate, t, index->primary ? UM_KEY_PRIMARY : UM_KEY_UNIQUE, index,
                index->part_count, index->primary ? "primary key" : "unique index without NULLs");
        if (key->kind == UM_KEY_NONE || is_better_unique(&candidate, key))
            *key = candidate;
        if (index->primary)
            return;
    }
}

static bool is_in_some_key(const struct um_table *t, int column)
{
    for (size_t i = 0; i < t->index_count; i++) {
        const struct um_index *index = &t->indexes[i];
        for (size_t k = 0; k < index->part_count && identifies_rows(t, index); k++) {
            if (index->parts[k].column == column)
                return true;
        }
    }
    return false;
}

/* Values that are equal are the same. */
static bool compares_by_value(const struct um_column *c)
{
    return !c->charset && c->type != UM_T_FLOAT && c->type != UM_T_DOUBLE;
}

bool um_full_image_is_evident(const struct um_table *t)
{
    bool has_lob = false, lob_outside = false, outside = false, by_value = true;
    for (size_t i = 0; i < t->column_count; i++) {
        const struct um_column *c = &t->columns[i];
        bool lob = c->type == UM_T_TEXT || c->type == UM_T_BLOB, in_key = is_in_some_key(t, (int)i);
        has_lob |= lob;
        lob_outside |= lob && !in_key;
        outside |= !in_key;
        by_value &= compares_by_value(c);
    }
    size_t unique = 0;
    for (size_t i = 0; i < t->index_count; i++)
        unique += t->indexes[i].unique;
    if (has_lob)
        return lob_outside;
    return outside || (unique <= 1 && by_value);
}
