#include "schema/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void um_column_clear(struct um_column *c)
{
    free(c->name);
    free(c->column_type);
    free(c->charset);
    free(c->collation);
    free(c->srs);
    *c = (struct um_column){0};
}

static void free_columns(struct um_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        um_column_clear(&columns[i]);
    free(columns);
}

static void free_indexes(struct um_index *indexes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(indexes[i].name);
        free(indexes[i].parts);
    }
    free(indexes);
}

static void free_foreign_keys(struct um_foreign_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(keys[i].name);
        free(keys[i].parent_schema);
        free(keys[i].parent_table);
        for (size_t p = 0; p < keys[i].part_count; p++)
            free(keys[i].parts[p].parent_column);
        free(keys[i].parts);
    }
    free(keys);
}

void um_table_delete(struct um_table *t)
{
    if (!t)
        return;
    free(t->schema);
    free(t->name);
    free(t->engine);
    free(t->collation);
    free(t->create_sql);
    free_columns(t->columns, t->column_count);
    free_indexes(t->indexes, t->index_count);
    free_foreign_keys(t->foreign_keys, t->foreign_key_count);
    free(t);
}

/*
 * Column names differ in more than case only where the server's own folding says so; ASCII
 * folding is enough to find the names that the server itself printed.
 */
int um_table_column(const struct um_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (strcasecmp(t->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

bool um_column_writable(const struct um_column *c)
{
    return c->generated == UM_NOT_GENERATED && !c->system;
}

void um_tables_delete(struct um_tables *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        um_table_delete(set->items[i]);
    free(set->items);
    *set = (struct um_tables){0};
}

static int compare(const struct um_table *t, const char *schema, const char *name)
{
    int order = strcmp(t->schema, schema);
    return order ? order : strcmp(t->name, name);
}

static int compare_items(const void *a, const void *b)
{
    const struct um_table *const *left = a, *const *right = b;
    return compare(*left, (*right)->schema, (*right)->name);
}

void um_tables_sort(struct um_tables *set)
{
    if (set->count)
        qsort(set->items, set->count, sizeof *set->items, compare_items);
}

const struct um_table *um_tables_find(const struct um_tables *set, const char *schema,
                                      const char *name)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = compare(set->items[mid], schema, name);
        if (!order)
            return set->items[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
