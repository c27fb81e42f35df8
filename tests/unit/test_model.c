/* What a table of the source is behind a DDL, and how the state keeps it. */
/* links: um_job */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "job/model.h"

static char *text(const char *t)
{
    return (char *)t;
}

#define INT(n, t)                                                                                  \
    {                                                                                              \
        .name = (char *)(n), .type = UM_T_INT, .column_type = (char *)(t)                          \
    }
static struct um_index_part by_id[] = {{.column = 0}}, by_prefix[] = {{1, 5, true}, {.column = -1}};
static struct um_foreign_key_part parent_id[] = {{.column = 1, .parent_column = (char *)"id"}};

/* Display widths are the source's own. */
static struct um_column of_source[] = {INT("id", "int(11)"), INT("n", "int(11)")};
static struct um_column of_target[] = {INT("id", "int"), INT("n", "int")};
static struct um_column changed[] = {INT("c", "int"),
                                     INT("id", "int"),
                                     {.name = (char *)"n",
                                      .type = UM_T_DECIMAL,
                                      .column_type = (char *)"decimal(5,2) unsigned",
                                      .is_unsigned = true,
                                      .nullable = true,
                                      .precision = 5,
                                      .scale = 2}};
static struct um_index source_keys[] = {
    {.name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = by_id, .part_count = 1},
    {.name = (char *)"x",
     .kind = UM_INDEX_HASH,
     .invisible = true,
     .parts = by_prefix,
     .part_count = 2}};
static struct um_foreign_key keys[] = {{.name = (char *)"f",
                                        .parent_schema = (char *)"s",
                                        .parent_table = (char *)"p",
                                        .cascades = true,
                                        .cascades_rows = true,
                                        .parts = parent_id,
                                        .part_count = 1}};
static struct um_table source = {.engine = (char *)"InnoDB",
                                 .collation = (char *)"latin1_bin",
                                 .partitioned = true,
                                 .columns = of_source,
                                 .column_count = 2,
                                 .indexes = source_keys,
                                 .index_count = 2,
                                 .foreign_keys = keys,
                                 .foreign_key_count = 1};
static struct um_table before = {
    .columns = of_target, .column_count = 2, .indexes = source_keys, .index_count = 1};
static struct um_table now = {
    .columns = changed, .column_count = 3, .indexes = source_keys, .index_count = 1};

static void what_is_kept_is_all_of_it(void **state)
{
    (void)state;
    struct um_buf first = {0}, second = {0};
    struct um_err err = {0};
    um_model_print(&source, &first);
    struct um_table *t = um_model_parse(first.data, "s", "t", &err);
    assert_non_null(t);
    um_model_print(t, &second);
    assert_string_equal(first.data, second.data);
    assert_string_equal(t->schema, "s");
    assert_string_equal(t->name, "t");
    assert_true(t->partitioned);
    assert_int_equal(t->indexes[1].parts[0].prefix, 5);
    assert_true(t->indexes[1].parts[0].descending);
    assert_int_equal(t->indexes[1].parts[1].column, -1);
    assert_true(t->foreign_keys[0].cascades);
    assert_true(t->foreign_keys[0].cascades_rows);
    assert_string_equal(t->foreign_keys[0].parts[0].parent_column, "id");
    um_table_delete(t);
    um_buf_free(&first);
    um_buf_free(&second);

    assert_null(um_model_parse("{", "s", "t", &err));
    assert_int_equal(err.id, UM_E_STATE_DAMAGED);
    assert_null(um_model_parse(NULL, "s", "t", &err));
}

/* A column that the target kept as it was is still the source's. */
static void unchanged_columns_stay_the_sources(void **state)
{
    (void)state;
    struct um_table *t = um_model_after(&source, &before, &now, "s", "new");
    assert_string_equal(t->name, "new");
    assert_int_equal(t->column_count, 3);
    assert_string_equal(t->columns[0].column_type, "int");
    assert_string_equal(t->columns[1].column_type, "int(11)");
    assert_string_equal(t->columns[2].column_type, "decimal(5,2) unsigned");
    assert_true(t->columns[2].is_unsigned && t->columns[2].nullable);
    assert_int_equal(t->index_count, 1);
    um_table_delete(t);
}

/* A rename leaves all of the source's definition alone, what the target does not have included. */
static void an_untouched_table_stays_the_sources(void **state)
{
    (void)state;
    struct um_table *t = um_model_after(&source, &before, &before, "s", "renamed");
    assert_string_equal(t->name, "renamed");
    assert_int_equal(t->index_count, 2);
    assert_string_equal(t->columns[1].column_type, "int(11)");
    um_table_delete(t);
    t = um_model_after(NULL, NULL, &before, "s", "created");
    assert_string_equal(t->columns[1].column_type, "int");
    um_table_delete(t);
}

static void columns_are_told_apart_by_name_and_order(void **state)
{
    (void)state;
    assert_true(um_model_alike(&source, &before));
    assert_false(um_model_alike(&source, &now));
    struct um_column swapped[] = {of_target[1], of_target[0]};
    struct um_table other = {.columns = swapped, .column_count = 2};
    assert_false(um_model_alike(&source, &other));
    of_target[0].name = text("ID");
    assert_true(um_model_alike(&source, &before));
    of_target[0].name = text("id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_all_of_it),
        cmocka_unit_test(unchanged_columns_stay_the_sources),
        cmocka_unit_test(an_untouched_table_stays_the_sources),
        cmocka_unit_test(columns_are_told_apart_by_name_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
