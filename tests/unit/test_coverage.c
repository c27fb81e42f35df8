/* The position rule: a change is applied iff it is later than the chunk that its key belongs to. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply/coverage.h"

/* Table t (id INT PRIMARY KEY), copied as (-∞, 10] and (20, 30] at 1000, (10, 20] and (30, ∞) at
   2000. */
static struct um_column id = {.name = (char *)"id", .type = UM_T_INT};
static struct um_index_part part = {.column = 0};
static struct um_index primary = {
    .name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = &part, .part_count = 1};
static struct um_table t = {.schema = (char *)"s",
                            .name = (char *)"t",
                            .columns = &id,
                            .column_count = 1,
                            .indexes = &primary,
                            .index_count = 1};
static struct um_job_table tables[] = {
    {.id = 1, .source = &t, .mixable = true},
};
static char *v10[] = {(char *)"10"}, *v20[] = {(char *)"20"}, *v30[] = {(char *)"30"};
static unsigned long two[] = {2};
#define BOUND(v)                                                                                   \
    {                                                                                              \
        v, two, 1                                                                                  \
    }
static struct um_state_chunk chunks[] = {
    {.id = 1, .table_id = 1, .snapshot_id = 1, .hi = BOUND(v10)},
    {.id = 2, .table_id = 1, .snapshot_id = 1, .lo = BOUND(v20), .hi = BOUND(v30)},
    {.id = 3, .table_id = 1, .snapshot_id = 2, .lo = BOUND(v30)},
    {.id = 4, .table_id = 1, .snapshot_id = 2, .lo = BOUND(v10), .hi = BOUND(v20)},
};
static struct um_state_snapshot snapshots[] = {
    {.id = 1, .at = {.file = "b.000001", .offset = 1000}},
    {.id = 2, .at = {.file = "b.000001", .offset = 2000}},
};
static struct um_state_table recorded[] = {{.id = 1, .chunks = chunks, .chunk_count = 4}};
static struct um_job job;

static bool applies(const struct um_coverage *c, int64_t key, uint64_t offset)
{
    struct um_txn txn = {.file = "b.000001"};
    struct um_value row = {.kind = UM_V_INT, .i = key, .decimals = 4};
    return um_coverage_applies(c, &tables[0], &row, &txn, offset);
}

static void set_up(size_t chunk_count)
{
    um_chunk_key(&t, &tables[0].chunk_key);
    recorded[0].chunk_count = chunk_count;
    job = (struct um_job){.tables = tables, .table_count = 1};
    job.data.tables = recorded;
    job.data.table_count = 1;
    job.data.snapshots = snapshots;
    job.data.snapshot_count = 2;
}

static void each_key_has_its_chunks_position(void **state)
{
    (void)state;
    set_up(4);
    struct um_coverage *c = um_coverage_new(&job);
    assert_true(um_coverage_is_mixed(c, &tables[0]));
    static const struct {
        int64_t key;
        uint64_t position;
    } cases[] = {{INT64_MIN, 1000}, {-5, 1000}, {10, 1000}, {11, 2000},       {20, 2000},
                 {21, 1000},        {30, 1000}, {31, 2000}, {INT64_MAX, 2000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(applies(c, cases[i].key, cases[i].position - 1));
        assert_false(applies(c, cases[i].key, cases[i].position));
        assert_true(applies(c, cases[i].key, cases[i].position + 1));
    }
    um_coverage_delete(c);
}

static void one_position_for_all_is_not_mixed(void **state)
{
    (void)state;
    set_up(2);
    struct um_coverage *c = um_coverage_new(&job);
    assert_false(um_coverage_is_mixed(c, &tables[0]));
    assert_false(applies(c, 15, 1000));
    assert_true(applies(c, 15, 1001));
    um_coverage_delete(c);
}

static void past_the_last_snapshot_everything_applies(void **state)
{
    (void)state;
    set_up(4);
    struct um_coverage *c = um_coverage_new(&job);
    struct um_position at = {.file = "b.000001", .offset = 1999};
    um_coverage_reached(c, &at);
    assert_false(um_coverage_passed(c));
    at.offset = 2000;
    um_coverage_reached(c, &at);
    assert_true(um_coverage_passed(c));
    assert_true(applies(c, 15, 1));
    um_coverage_delete(c);
}

static enum um_side side(const struct um_coverage *c, uint64_t offset)
{
    static const struct um_gtid none;
    return um_coverage_side(c, &tables[0], (struct um_place){"b.000001", offset, &none});
}

static enum um_side side_of_unknown(const struct um_coverage *c, uint64_t offset)
{
    static const struct um_gtid none;
    return um_coverage_side_of_unknown(c, "s", "x", (struct um_place){"b.000001", offset, &none});
}

static void a_table_stands_to_a_place_as_all_its_chunks_do(void **state)
{
    (void)state;
    set_up(4);
    struct um_coverage *c = um_coverage_new(&job);
    assert_int_equal(side(c, 1000), UM_SIDE_LATER);
    assert_int_equal(side(c, 1001), UM_SIDE_MIXED);
    assert_int_equal(side(c, 2000), UM_SIDE_MIXED);
    assert_int_equal(side(c, 2001), UM_SIDE_EARLIER);
    um_coverage_delete(c);
    set_up(2); /* of the first snapshot alone */
    c = um_coverage_new(&job);
    assert_int_equal(side(c, 1000), UM_SIDE_LATER);
    assert_int_equal(side(c, 1001), UM_SIDE_EARLIER);
    assert_int_equal(side_of_unknown(c, 2000), UM_SIDE_LATER);
    assert_int_equal(side_of_unknown(c, 2001), UM_SIDE_EARLIER);
    um_strv_add(&job.data.left, "s");
    um_strv_add(&job.data.left, "x"); /* one had this name and has left */
    assert_int_equal(side_of_unknown(c, 2000), UM_SIDE_EARLIER);
    um_strv_clear(&job.data.left);
    um_coverage_delete(c);
    set_up(0); /* the stream made it */
    c = um_coverage_new(&job);
    assert_int_equal(side(c, 1), UM_SIDE_EARLIER);
    um_coverage_delete(c);
}

static void rows_are_together_once_the_stream_has_passed_their_copies(void **state)
{
    (void)state;
    set_up(4);
    struct um_coverage *c = um_coverage_new(&job);
    struct um_position at = {.file = "b.000001", .offset = 1999};
    um_coverage_reached(c, &at);
    assert_false(um_coverage_together(c, &tables[0], &tables[0]));
    set_up(2);
    um_coverage_delete(c);
    c = um_coverage_new(&job);
    assert_true(um_coverage_together(c, &tables[0], &tables[0]));
    assert_false(um_coverage_settled(c, &tables[0]));
    um_coverage_reached(c, &at);
    assert_true(um_coverage_settled(c, &tables[0]));
    um_coverage_delete(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_its_chunks_position),
        cmocka_unit_test(one_position_for_all_is_not_mixed),
        cmocka_unit_test(a_table_stands_to_a_place_as_all_its_chunks_do),
        cmocka_unit_test(rows_are_together_once_the_stream_has_passed_their_copies),
        cmocka_unit_test(past_the_last_snapshot_everything_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
