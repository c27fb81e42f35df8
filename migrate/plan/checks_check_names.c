#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * In MySQL a schema has each name of a CHECK once, in MariaDB a table has: what is no clash on the
 * source can be one on the target. So can the names that MySQL makes up for checks without one.
 */
enum { NAME_MAX_CHARACTERS = 64 };

struct named_check {
    const struct um_table *table;
    char *name;
};
struct named_checks {
    struct named_check *items;
    size_t count, cap;
};

static void collect(struct um_plan *p, const struct um_table *t, struct named_checks *all)
{
    struct um_err err = {0};
    struct um_strv names = {0};
    struct um_ddl *ddl = um_ddl_parse(t->create_sql, &err);
    if (!ddl)
        return; /* another check has said so */
    const struct um_ddl_target to = um_check_ddl_target(p, t);
    um_ddl_check_names(ddl, &to, &names);
    for (size_t i = 0; i < names.count; i++) {
        um_grow(&all->items, &all->cap, all->count + 1, sizeof *all->items);
        all->items[all->count++] = (struct named_check){t, um_strdup(names.items[i])};
    }
    um_strv_clear(&names);
    um_ddl_delete(ddl);
}

static int by_name(const void *left, const void *right)
{
    const struct named_check *a = left, *b = right;
    int order = strcasecmp(a->table->schema, b->table->schema);
    if (order == 0)
        order = strcasecmp(a->name, b->name);
    return order ? order : strcmp(a->table->name, b->table->name);
}

static bool same_name(const struct named_check *a, const struct named_check *b)
{
    return strcasecmp(a->table->schema, b->table->schema) == 0 && strcasecmp(a->name, b->name) == 0;
}

static size_t characters(const char *name)
{
    size_t n = 0;
    for (; *name; name++)
        n += ((unsigned char)*name & 0xc0) != 0x80;
    return n;
}

static void block(struct um_plan *p, struct um_list *seen, const char *what, const char *mend)
{
    char *places = um_list_end(seen);
    if (*places)
        um_check_add(p, UM_CHECK_TABLES_TARGET, UM_BLOCK, um_sprintf("%s: %s", places, what),
                     um_strdup(mend));
    free(places);
}

static void judge(struct um_plan *p, const struct named_checks *all)
{
    struct um_list twice = {0}, longer = {0};
    for (size_t i = 0; i < all->count; i++) {
        const struct named_check *c = &all->items[i];
        if ((i > 0 && same_name(c, c - 1)) || (i + 1 < all->count && same_name(c, c + 1)))
            um_list_add(&twice, "%s.%s check %s", c->table->schema, c->table->name, c->name);
        if (characters(c->name) > NAME_MAX_CHARACTERS)
            um_list_add(&longer, "%s.%s check %s", c->table->schema, c->table->name, c->name);
    }
    block(p, &twice, "MySQL has each name of a CHECK once in a schema, and these have the same one",
          "Give the checks other names on the source; MySQL calls those without a name TABLE_chk_1 "
          "and so on.");
    block(p, &longer, "MySQL would give the check a name of more than 64 characters",
          "Give the check a name on the source.");
}

void um_check_check_names(struct um_plan *p)
{
    struct named_checks all = {0};
    for (size_t i = 0; i < p->tables.count; i++)
        collect(p, p->tables.items[i], &all);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_name);
    judge(p, &all);
    for (size_t i = 0; i < all.count; i++)
        free(all.items[i].name);
    free(all.items);
}
