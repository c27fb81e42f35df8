/* What two changes have in common: only what has nothing may be applied in any order. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "apply/touch.h"

/* Each table is (id INT PRIMARY KEY, a INT, b INT). */
enum { PARENT, OWNER, CHILD, GRANDCHILD, UNIQUE, KEYLESS, TABLES };
enum { ID, A, B, COLUMNS };

static struct um_column columns[COLUMNS] = {
    {.name = (char *)"id", .type = UM_T_INT},
    {.name = (char *)"a", .type = UM_T_INT, .nullable = true},
    {.name = (char *)"b", .type = UM_T_INT, .nullable = true},
};
static struct um_index_part by_id = {.column = ID}, by_a = {.column = A};
static struct um_index primary_and_unique[] = {
    {.name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = &by_id, .part_count = 1},
    {.name = (char *)"a", .unique = true, .parts = &by_a, .part_count = 1},
};
static struct um_foreign_key_part from_a = {.column = A, .parent_column = (char *)"id"},
                                  from_b = {.column = B, .parent_column = (char *)"id"};
static struct um_foreign_key of_child[] = {
    {.parent_schema = (char *)"s",
     .parent_table = (char *)"parent",
     .cascades = true,
     .parts = &from_a,
     .part_count = 1},
    {.parent_schema = (char *)"s",
     .parent_table = (char *)"owner",
     .parts = &from_b,
     .part_count = 1},
};
static struct um_foreign_key of_grandchild = {.parent_schema = (char *)"s",
                                              .parent_table = (char *)"child",
                                              .cascades = true,
                                              .parts = &from_a,
                                              .part_count = 1};

#define TABLE(number, called, indexed)                                                             \
    [number] = {.schema = (char *)"s",                                                             \
                .name = (char *)(called),                                                          \
                .columns = columns,                                                                \
                .column_count = COLUMNS,                                                           \
                .indexes = primary_and_unique,                                                     \
                .index_count = (indexed)}
static struct um_table sources[TABLES] = {
    TABLE(PARENT, "parent", 1),         TABLE(OWNER, "owner", 1),   TABLE(CHILD, "child", 1),
    TABLE(GRANDCHILD, "grandchild", 1), TABLE(UNIQUE, "unique", 2), TABLE(KEYLESS, "keyless", 0),
};
static struct um_job_table tables[TABLES], *by_name[TABLES];
static struct um_job job = {.tables = tables, .table_count = TABLES, .by_name = by_name};

static int make_job(void **state)
{
    static const int sorted[] = {CHILD, GRANDCHILD, KEYLESS, OWNER, PARENT, UNIQUE};
    sources[CHILD].foreign_keys = of_child;
    sources[CHILD].foreign_key_count = 2;
    sources[GRANDCHILD].foreign_keys = &of_grandchild;
    sources[GRANDCHILD].foreign_key_count = 1;
    for (uint32_t i = 0; i < TABLES; i++) {
        tables[i] = (struct um_job_table){
            .id = i + 1, .index = i, .source = &sources[i], .target = &sources[i]};
        um_row_key(tables[i].source, &tables[i].row_key);
        by_name[i] = &tables[sorted[i]];
    }
    *state = um_toucher_new(&job);
    return 0;
}

static int free_job(void **state)
{
    um_toucher_delete(*state);
    return 0;
}

/* ---- changes ---- */

struct row {
    struct um_value v[COLUMNS];
};

enum { NONE = -1 }; /* NULL */

static struct row row(int64_t id, int64_t a, int64_t b)
{
    struct row r;
    int64_t all[COLUMNS] = {id, a, b};
    for (size_t i = 0; i < COLUMNS; i++)
        r.v[i] = (struct um_value){
            .kind = all[i] == NONE ? UM_V_NULL : UM_V_INT, .decimals = 4, .i = all[i]};
    return r;
}

struct change {
    int table;
    unsigned flags;
    bool has_before, has_after;
    struct row before, after;
};

static struct change inserted(int table, int64_t id, int64_t a, int64_t b)
{
    return (struct change){.table = table, .has_after = true, .after = row(id, a, b)};
}
static struct change deleted(int table, int64_t id, int64_t a, int64_t b)
{
    return (struct change){.table = table, .has_before = true, .before = row(id, a, b)};
}
static struct change updated(int table, struct row before, struct row after)
{
    return (struct change){
        .table = table, .has_before = true, .has_after = true, .before = before, .after = after};
}
static struct change logged(struct change c)
{
    c.flags = UM_CHANGE_NO_FOREIGN_KEYS;
    return c;
}

static void touch(const struct um_toucher *t, const struct change *c, struct um_touches *out)
{
    struct um_row_change change = {.table = &tables[c->table],
                                   .flags = c->flags,
                                   .before = c->has_before ? c->before.v : NULL,
                                   .after = c->has_after ? c->after.v : NULL};
    um_touch_change(t, &change, out);
}

static bool have_to_wait(const struct um_toucher *t, struct change a, struct change b)
{
    struct um_touches x = {0}, y = {0};
    bool wait = false;
    touch(t, &a, &x);
    touch(t, &b, &y);
    for (size_t i = 0; i < x.count; i++) {
        for (size_t k = 0; k < y.count; k++)
            wait |= x.items[i].thing == y.items[k].thing &&
                    (x.items[i].exclusive || y.items[k].exclusive);
    }
    um_touches_free(&x);
    um_touches_free(&y);
    return wait;
}

#define ORDERED(a, b) assert_true(have_to_wait(*state, a, b) && have_to_wait(*state, b, a))
#define FREE(a, b)    assert_false(have_to_wait(*state, a, b) || have_to_wait(*state, b, a))

/* ---- tests ---- */

static void rows_are_told_apart_by_their_key(void **state)
{
    ORDERED(inserted(OWNER, 1, 5, 5), deleted(OWNER, 1, 6, 6));
    FREE(inserted(OWNER, 1, 5, 5), deleted(OWNER, 2, 5, 5));
    FREE(inserted(OWNER, 1, 5, 5), inserted(UNIQUE, 1, 5, 5));
    struct change moves = updated(OWNER, row(1, 0, 0), row(2, 0, 0));
    ORDERED(moves, inserted(OWNER, 1, 0, 0));
    ORDERED(moves, deleted(OWNER, 2, 0, 0));
    FREE(moves, deleted(OWNER, 3, 0, 0));
}

static void a_unique_value_passes_on(void **state)
{
    struct change frees = updated(UNIQUE, row(1, 10, 0), row(1, 11, 0));
    ORDERED(frees, inserted(UNIQUE, 2, 10, 0));
    ORDERED(frees, deleted(UNIQUE, 3, 11, 0));
    FREE(frees, inserted(UNIQUE, 2, 12, 0));
    FREE(updated(UNIQUE, row(1, 10, 0), row(1, 10, 7)),
         updated(UNIQUE, row(2, 11, 0), row(2, 12, 0)));
    FREE(inserted(UNIQUE, 1, NONE, 0), inserted(UNIQUE, 2, NONE, 0));
}

static void without_a_key_the_table_is_one_thing(void **state)
{
    ORDERED(inserted(KEYLESS, 1, 1, 1), inserted(KEYLESS, 2, 2, 2));
    FREE(inserted(KEYLESS, 1, 1, 1), inserted(PARENT, 1, 1, 1));
}

static void children_come_behind_their_parents(void **state)
{
    ORDERED(inserted(PARENT, 1, 0, 0), inserted(CHILD, 7, 1, NONE));
    ORDERED(inserted(OWNER, 2, 0, 0), inserted(CHILD, 7, NONE, 2));
    FREE(inserted(OWNER, 2, 0, 0), inserted(CHILD, 7, 2, 3));
    FREE(inserted(CHILD, 7, 1, 2), inserted(CHILD, 8, 1, 2));
    /* Its lock would be waited for. */
    ORDERED(updated(OWNER, row(2, 0, 0), row(2, 9, 0)), inserted(CHILD, 7, NONE, 2));
}

static void a_cascade_reaches_what_no_row_event_names(void **state)
{
    ORDERED(deleted(PARENT, 1, 0, 0), updated(CHILD, row(7, 2, 2), row(7, 2, 3)));
    ORDERED(deleted(PARENT, 1, 0, 0), inserted(GRANDCHILD, 9, 8, 0));
    FREE(deleted(PARENT, 1, 0, 0), inserted(PARENT, 2, 0, 0));
    FREE(updated(PARENT, row(1, 0, 0), row(1, 5, 0)), inserted(CHILD, 7, 2, 2));
    FREE(logged(deleted(PARENT, 1, 0, 0)), inserted(CHILD, 7, 2, 2));
    FREE(logged(deleted(PARENT, 1, 0, 0)), inserted(GRANDCHILD, 9, 8, 0));
}

/* The child goes with its parent, and only then its owner can go. */
static void an_owner_goes_behind_a_cascade(void **state)
{
    ORDERED(deleted(PARENT, 1, 0, 0), deleted(OWNER, 2, 0, 0));
    ORDERED(deleted(CHILD, 7, 1, 2), deleted(OWNER, 2, 0, 0));
    FREE(deleted(CHILD, 7, 1, 3), deleted(OWNER, 2, 0, 0));
    FREE(deleted(OWNER, 2, 0, 0), deleted(OWNER, 3, 0, 0));
    FREE(deleted(PARENT, 1, 0, 0), updated(OWNER, row(2, 0, 0), row(2, 5, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_told_apart_by_their_key),
        cmocka_unit_test(a_unique_value_passes_on),
        cmocka_unit_test(without_a_key_the_table_is_one_thing),
        cmocka_unit_test(children_come_behind_their_parents),
        cmocka_unit_test(a_cascade_reaches_what_no_row_event_names),
        cmocka_unit_test(an_owner_goes_behind_a_cascade),
    };
    return cmocka_run_group_tests(tests, make_job, free_job);
}
