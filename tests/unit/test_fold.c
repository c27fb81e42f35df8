/* Folding: what a batch leaves is what its transactions left one after the other. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply/fold.h"

enum { KEYS = 12, CHANGES = 400, TASKS = 40 };

static struct um_column columns[] = {
    {.name = (char *)"id", .type = UM_T_INT},
    {.name = (char *)"v", .type = UM_T_INT, .nullable = true},
    {.name = (char *)"name",
     .type = UM_T_VARCHAR,
     .charset = (char *)"utf8mb4",
     .collation = (char *)"utf8mb4_general_ci"},
};
static struct um_index_part by_id = {.column = 0}, by_v = {.column = 1}, by_name = {.column = 2};
static struct um_index indexes[] = {
    {.name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = &by_id, .part_count = 1},
    {.name = (char *)"second", .unique = true, .parts = &by_v, .part_count = 1},
};
static struct um_table source = {.schema = (char *)"s",
                                 .name = (char *)"t",
                                 .columns = columns,
                                 .column_count = 3,
                                 .indexes = indexes,
                                 .index_count = 1};
static struct um_job_table table = {
    .id = 1, .source = &source, .target = &source, .target_schema = "s", .target_name = "t"};
static struct um_job job = {.tables = &table, .table_count = 1};

struct image {
    struct um_value v[3];
};

static struct um_value *row(struct image *i, int64_t id, int64_t v, const char *name)
{
    i->v[0] = (struct um_value){.kind = UM_V_INT, .decimals = 4, .i = id};
    i->v[1] = (struct um_value){.kind = v < 0 ? UM_V_NULL : UM_V_INT, .decimals = 4, .i = v};
    i->v[2] = (struct um_value){
        .kind = UM_V_BYTES, .bytes = (const uint8_t *)name, .len = (uint32_t)strlen(name)};
    return i->v;
}

/* A table as a server would hold it: refuses what a server would. */
struct held {
    bool there[KEYS];
    int64_t v[KEYS]; /* below 0: NULL */
};

static bool is_unique(const struct held *h, int64_t v, int64_t but)
{
    for (int64_t k = 0; k < KEYS && v >= 0 && source.index_count > 1; k++) {
        if (k != but && h->there[k] && h->v[k] == v)
            return false;
    }
    return true;
}

static bool apply(struct held *h, const struct um_row_change *c)
{
    int64_t from = c->before ? c->before[0].i : -1, to = c->after ? c->after[0].i : -1;
    if (c->before && (!h->there[from] || h->v[from] != c->before[1].i))
        return false;
    if (c->after && ((to != from && h->there[to]) || !is_unique(h, c->after[1].i, from)))
        return false;
    if (c->before)
        h->there[from] = false;
    if (c->after) {
        h->there[to] = true;
        h->v[to] = c->after[1].i;
    }
    return true;
}

/* The next change that the table as it is allows. */
static struct um_row_change invent(struct held *h, unsigned *seed, struct image *images)
{
    for (;;) {
        int64_t a = rand_r(seed) % KEYS, b = rand_r(seed) % KEYS;
        int64_t v = rand_r(seed) % (source.index_count > 1 ? KEYS : 1000) - 1;
        struct um_row_change c = {.table = &table};
        int kind = rand_r(seed) % 4;
        c.op = kind == 0 ? UM_ROW_INSERT : kind == 1 ? UM_ROW_DELETE : UM_ROW_UPDATE;
        if (c.op != UM_ROW_INSERT)
            c.before = row(&images[0], a, h->v[a], "x");
        if (c.op != UM_ROW_DELETE)
            c.after = row(&images[1], kind == 2 ? b : a, kind != 2 ? v : h->v[a], "x");
        if (apply(h, &c))
            return c;
    }
}

static bool shows(const struct um_value *image, const struct um_value *row)
{
    return image && image[0].i == row[0].i && (image[1].i == row[1].i || row[1].i < 0);
}

/* A row that comes is written, and a unique value that it takes, unless it had it before: whoever
   has them on the target is met. */
static void check_nothing_is_hidden(const struct um_row_change *c, const struct um_fold *fold)
{
    if (!c->after || (c->before && shows(c->before, c->after)))
        return;
    for (size_t i = 0; i < fold->count; i++) {
        if (shows(fold->changes[i].after, c->after) || shows(fold->changes[i].before, c->after))
            return;
    }
    fail_msg("row %d is never written with %d", (int)c->after[0].i, (int)c->after[1].i);
}

static void check_random(unsigned seed, size_t count)
{
    static struct um_row_change changes[CHANGES];
    static struct image images[2 * CHANGES];
    struct um_task tasks[TASKS] = {0};
    struct held before = {.there = {true, true, false, true}, .v = {0, 1, 0, 2}}, after, folded;
    after = folded = before;
    size_t used = 0;
    for (size_t t = 0; t < TASKS; t++) {
        tasks[t].changes = &changes[used];
        tasks[t].next = t + 1 < TASKS ? &tasks[t + 1] : NULL;
        size_t here =
            t + 1 < TASKS ? (size_t)rand_r(&seed) % (1 + (count - used) / 2) : count - used;
        for (tasks[t].count = here; here > 0; here--, used++)
            changes[used] = invent(&after, &seed, &images[2 * used]);
    }
    struct um_toucher *toucher = um_toucher_new(&job);
    struct um_fold fold = {0};
    um_fold_tasks(&fold, toucher, tasks, false);
    for (size_t i = 0; i < fold.count; i++) {
        if (!apply(&folded, &fold.changes[i]))
            fail_msg("seed %u: change %zu of %zu is refused", seed, i, fold.count);
    }
    assert_memory_equal(folded.there, after.there, sizeof after.there);
    for (size_t k = 0; k < KEYS; k++)
        assert_true(!after.there[k] || folded.v[k] == after.v[k]);
    assert_true(source.index_count > 1 || fold.count <= KEYS);
    for (size_t i = 0; i < used && source.index_count > 1; i++)
        check_nothing_is_hidden(&changes[i], &fold);
    um_fold_free(&fold);
    um_toucher_delete(toucher);
}

static void use(size_t index_count)
{
    indexes[0].parts = &by_id;
    source.index_count = index_count;
    um_row_key(&source, &table.row_key);
}

static void leaves_what_the_transactions_left(void **state)
{
    (void)state;
    use(1);
    for (unsigned seed = 0; seed < 2000; seed++)
        check_random(seed, 1 + seed % CHANGES);
}

static void other_unique_keys_are_given_up_before_they_are_taken(void **state)
{
    (void)state;
    use(2);
    for (unsigned seed = 0; seed < 4000; seed++)
        check_random(seed, 1 + seed % CHANGES);
}

/* As letters: i, u, d are ops, a is an upsert; | is where a section begins. */
static void check_written(const struct um_fold *fold, const char *expected)
{
    char found[32] = "";
    size_t len = 0;
    for (size_t i = 0; i < fold->count && len + 2 < sizeof found; i++) {
        if (i && fold->changes[i].section != fold->changes[i - 1].section)
            found[len++] = '|';
        found[len++] = fold->changes[i].upsert ? 'a' : "iud"[fold->changes[i].op];
    }
    assert_string_equal(found, expected);
}

static void fold_all(struct um_row_change *changes, size_t count, const char *expected)
{
    struct um_task task = {.changes = changes, .count = count};
    struct um_toucher *toucher = um_toucher_new(&job);
    struct um_fold fold = {0};
    um_fold_tasks(&fold, toucher, &task, false);
    check_written(&fold, expected);
    um_fold_free(&fold);
    um_toucher_delete(toucher);
}

static struct um_row_change update(const struct um_value *before, const struct um_value *after)
{
    return (struct um_row_change){.op = !before  ? UM_ROW_INSERT
                                        : !after ? UM_ROW_DELETE
                                                 : UM_ROW_UPDATE,
                                  .table = &table,
                                  .before = before,
                                  .after = after};
}

/* What is written of two rows that exchange their unique values. */
static void unique_values_are_passed_on(void **state)
{
    (void)state;
    use(2);
    static const struct {
        int64_t parked;
        const char *expected;
    } cases[] = {
        {-1, "ddii"},  /* by way of NULL, which is in nobody's way */
        {9, "ddii|u"}, /* by way of a value that somebody may have */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image one[3], other[2];
        row(&one[0], 1, 1, "x"), row(&one[1], 1, cases[i].parked, "x"), row(&one[2], 1, 2, "x");
        row(&other[0], 2, 2, "x"), row(&other[1], 2, 1, "x");
        struct um_row_change changes[] = {
            update(one[0].v, one[1].v), update(other[0].v, other[1].v), update(one[1].v, one[2].v)};
        fold_all(changes, 3, cases[i].expected);
    }
}

static void what_leaves_unique_values_alone_is_an_update(void **state)
{
    (void)state;
    use(2);
    struct image a, b, c;
    row(&a, 1, 1, "x"), row(&b, 1, 1, "y"), row(&c, 1, 2, "y");
    struct um_row_change changes[] = {update(a.v, b.v), update(b.v, c.v)};
    fold_all(changes, 1, "a");
    fold_all(changes, 2, "u");
    struct um_row_change comes_and_goes[] = {update(NULL, a.v), update(a.v, NULL)};
    fold_all(comes_and_goes, 2, "i|d");
    use(1);
    fold_all(changes, 2, "a");
    fold_all(comes_and_goes, 2, "");
}

/* A row that is deleted and inserted would be sent whole. */
static void large_rows_keep_the_order(void **state)
{
    (void)state;
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    use(2);
    struct image a, b, c;
    row(&a, 1, 1, large), row(&b, 1, 2, large), row(&c, 2, 2, large);
    struct um_row_change moves[] = {update(a.v, b.v), update(b.v, NULL)};
    fold_all(moves, 2, "ud");
    struct um_row_change changes_its_key[] = {update(b.v, c.v), update(c.v, NULL)};
    fold_all(changes_its_key, 2, "ud");
    row(&b, 1, 1, large), b.v[2].len--;
    struct um_row_change stays[] = {update(a.v, b.v), update(b.v, NULL)};
    fold_all(stays, 2, "d");
}

/* Which row meets which depends on the order, and is recorded. */
static void settled_conflicts_keep_the_order(void **state)
{
    (void)state;
    struct image a, b, c;
    row(&a, 1, 1, "x"), row(&b, 1, 1, "y"), row(&c, 1, 1, "z");
    struct um_row_change changes[] = {update(a.v, b.v), update(b.v, c.v)};
    table.on_conflict = UM_CONFLICT_SKIP;
    use(2);
    fold_all(changes, 2, "uu");
    use(1);
    fold_all(changes, 2, "a");
    table.on_conflict = UM_CONFLICT_STOP;
}

/* An index on an expression: which values it has the images do not tell. */
static void indexes_on_expressions_keep_the_order(void **state)
{
    (void)state;
    use(2);
    indexes[1].parts->column = -1;
    struct image a, b, c;
    row(&a, 1, 1, "x"), row(&b, 1, 1, "y"), row(&c, 1, 1, "z");
    struct um_row_change changes[] = {update(a.v, b.v), update(b.v, c.v)};
    fold_all(changes, 2, "uu");
    indexes[1].parts->column = 1;
}

/* 'a' and 'A' are one key for the server and two for us. */
static void texts_that_may_be_equal_keep_the_order(void **state)
{
    (void)state;
    use(1);
    indexes[0].parts = &by_name;
    um_row_key(&source, &table.row_key);
    static const struct {
        const char *one, *other;
        size_t count;
    } cases[] = {{"a", "b", 2}, {"a", "A", 2}, {"\xc3\xa9", "\xc3\x89", 2}, {"e", "e ", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image a, b;
        struct um_row_change changes[] = {
            {.op = UM_ROW_DELETE, .table = &table, .before = row(&a, 1, 1, cases[i].one)},
            {.op = UM_ROW_INSERT, .table = &table, .after = row(&b, 1, 1, cases[i].other)},
        };
        struct um_task task = {.changes = changes, .count = 2};
        struct um_toucher *toucher = um_toucher_new(&job);
        struct um_fold fold = {0};
        um_fold_tasks(&fold, toucher, &task, false);
        assert_int_equal(fold.count, cases[i].count);
        assert_int_equal(fold.changes[0].op, UM_ROW_DELETE);
        assert_int_equal(fold.changes[1].op, UM_ROW_INSERT);
        um_fold_free(&fold);
        um_toucher_delete(toucher);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_what_the_transactions_left),
        cmocka_unit_test(other_unique_keys_are_given_up_before_they_are_taken),
        cmocka_unit_test(unique_values_are_passed_on),
        cmocka_unit_test(what_leaves_unique_values_alone_is_an_update),
        cmocka_unit_test(large_rows_keep_the_order),
        cmocka_unit_test(settled_conflicts_keep_the_order),
        cmocka_unit_test(indexes_on_expressions_keep_the_order),
        cmocka_unit_test(texts_that_may_be_equal_keep_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
