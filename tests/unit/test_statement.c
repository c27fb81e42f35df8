/* Row changes as SQL: what is named, how a row is found, what may be merged. */
/* links: um_apply */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply/statement.h"

static struct um_column columns[] = {
    {.name = (char *)"id", .type = UM_T_INT},
    {.name = (char *)"v", .type = UM_T_INT, .nullable = true},
    {.name = (char *)"twice", .type = UM_T_INT, .generated = UM_VIRTUAL},
    {.name = (char *)"at", .type = UM_T_TIMESTAMP},
};
static struct um_index_part part = {.column = 0};
static struct um_index primary = {
    .name = (char *)"PRIMARY", .unique = true, .primary = true, .parts = &part, .part_count = 1};
static struct um_table source = {.schema = (char *)"s",
                                 .name = (char *)"t",
                                 .columns = columns,
                                 .column_count = 4,
                                 .indexes = &primary,
                                 .index_count = 1};
static struct um_job_table table = {
    .id = 1, .source = &source, .target = &source, .target_schema = "s", .target_name = "t"};

#define INT(n)                                                                                     \
    {                                                                                              \
        .kind = UM_V_INT, .i = (n), .decimals = 4                                                  \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        .kind = UM_V_NULL                                                                          \
    }
#define ZERO_TIME                                                                                  \
    {                                                                                              \
        .kind = UM_V_TIMESTAMP                                                                     \
    }

static struct um_value one[] = {INT(1), INT(5), INT(10), ZERO_TIME};
static struct um_value one_moved[] = {INT(2), INT(5), INT(10), ZERO_TIME};
static struct um_value two[] = {INT(2), NOTHING, NOTHING, ZERO_TIME};
static struct um_value two_absent[] = {INT(2), {.kind = UM_V_ABSENT}, NOTHING, ZERO_TIME};

static void check(const struct um_row_change *changes, size_t count, const char *expected)
{
    struct um_buf sql = {0};
    struct um_err err = {0};
    unsigned lax = 0;
    assert_int_equal(um_statement_build(&sql, changes, count, &lax, &err), 0);
    assert_string_equal(sql.data, expected);
    um_buf_free(&sql);
}

static void use_key(bool has_key)
{
    source.index_count = has_key ? 1 : 0;
    um_row_key(&source, &table.row_key);
}

static void inserts_name_columns_but_never_generated_ones(void **state)
{
    (void)state;
    use_key(true);
    struct um_row_change c[] = {{.op = UM_ROW_INSERT, .table = &table, .after = one},
                                {.op = UM_ROW_INSERT, .table = &table, .after = two}};
    check(c, 2,
          "INSERT INTO `s`.`t` (`id`,`v`,`at`) VALUES (1,5,'0000-00-00 00:00:00'),"
          "(2,NULL,'0000-00-00 00:00:00')");
}

static void updates_name_what_changed_and_every_timestamp(void **state)
{
    (void)state;
    use_key(true);
    struct um_row_change moved = {
        .op = UM_ROW_UPDATE, .table = &table, .before = one, .after = one_moved};
    check(&moved, 1, "UPDATE `s`.`t` SET `id`=2,`at`='0000-00-00 00:00:00' WHERE `id`=1");
}

static void deletes_find_rows_by_key_or_by_everything(void **state)
{
    (void)state;
    use_key(true);
    struct um_row_change c[] = {{.op = UM_ROW_DELETE, .table = &table, .before = one},
                                {.op = UM_ROW_DELETE, .table = &table, .before = two}};
    check(c, 2, "DELETE FROM `s`.`t` WHERE `id` IN (1,2)");
    use_key(false);
    check(&c[1], 1,
          "DELETE FROM `s`.`t` WHERE (`id`=2 AND `v` IS NULL AND `at`='0000-00-00 00:00:00') "
          "LIMIT 1");
}

static void a_row_without_the_columns_that_find_it_is_refused(void **state)
{
    (void)state;
    use_key(false);
    struct um_row_change c = {.op = UM_ROW_DELETE, .table = &table, .before = two_absent};
    struct um_buf sql = {0};
    struct um_err err = {0};
    unsigned lax;
    assert_int_equal(um_statement_build(&sql, &c, 1, &lax, &err), -1);
    assert_int_equal(err.id, UM_E_APPLY_IMAGE);
    um_buf_free(&sql);
}

static void only_like_changes_merge(void **state)
{
    (void)state;
    use_key(true);
    struct um_row_change a = {.op = UM_ROW_INSERT, .table = &table, .after = one};
    struct um_row_change b = {.op = UM_ROW_INSERT, .table = &table, .after = two};
    assert_true(um_statement_merges(&a, &b));
    b.flags = UM_CHANGE_NO_FOREIGN_KEYS;
    assert_false(um_statement_merges(&a, &b));
    b = (struct um_row_change){.op = UM_ROW_INSERT, .table = &table, .after = two_absent};
    assert_false(um_statement_merges(&a, &b));
    a = b = (struct um_row_change){
        .op = UM_ROW_UPDATE, .table = &table, .before = one, .after = one_moved};
    assert_false(um_statement_merges(&a, &b));
    a = b = (struct um_row_change){.op = UM_ROW_DELETE, .table = &table, .before = one};
    assert_true(um_statement_merges(&a, &b));
    use_key(false); /* LIMIT 1 means one row */
    assert_false(um_statement_merges(&a, &b));
}

/* The row met has to be the row meant: by another unique key it may be another one. */
static void upserts_are_guarded_where_other_rows_can_be_met(void **state)
{
    (void)state;
    static struct um_index_part parts[] = {{.column = 0}, {.column = 1}}, v = {.column = 1};
    struct um_index indexes[] = {
        primary, {.name = (char *)"v", .unique = true, .parts = &v, .part_count = 1}};
    struct um_row_change c[] = {
        {.op = UM_ROW_UPDATE, .table = &table, .before = one, .after = one, .upsert = true},
        {.op = UM_ROW_UPDATE, .table = &table, .before = two, .after = two, .upsert = true}};
    use_key(true);
    check(c, 2,
          "INSERT INTO `s`.`t` (`id`,`v`,`at`) VALUES (1,5,'0000-00-00 00:00:00'),"
          "(2,NULL,'0000-00-00 00:00:00') ON DUPLICATE KEY UPDATE `v`=VALUES(`v`),"
          "`at`=VALUES(`at`)");
    source.indexes = indexes;
    source.index_count = 2;
    um_row_key(&source, &table.row_key);
    check(c, 2,
          "INSERT INTO `s`.`t` (`id`,`v`,`at`) VALUES (1,5,'0000-00-00 00:00:00'),"
          "(2,NULL,'0000-00-00 00:00:00') ON DUPLICATE KEY UPDATE "
          "`id`=IF(9223372036854775807+(`s`.`t`.`id`<>VALUES(`id`)),`s`.`t`.`id`,NULL),"
          "`v`=VALUES(`v`),`at`=VALUES(`at`)");
    assert_true(um_statement_can_upsert(&table));
    columns[0].generated = UM_STORED;
    assert_false(um_statement_can_upsert(&table));
    columns[0].generated = UM_NOT_GENERATED;
    columns[1].nullable = false;
    indexes[0].parts = parts;
    indexes[0].part_count = 2;
    um_row_key(&source, &table.row_key);
    table.to = (struct um_ddl_target){.target_flavour = UM_MYSQL, .target_version = 90700};
    check(c, 2,
          "INSERT INTO `s`.`t` (`id`,`v`,`at`) VALUES (1,5,'0000-00-00 00:00:00'),"
          "(2,NULL,'0000-00-00 00:00:00') AS um_new ON DUPLICATE KEY UPDATE "
          "`id`=IF(9223372036854775807+(`s`.`t`.`id`<>um_new.`id` OR `s`.`t`.`v`<>um_new.`v`),"
          "`s`.`t`.`id`,NULL),`at`=um_new.`at`");
    columns[1].nullable = true;
    source.indexes = &primary;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts_name_columns_but_never_generated_ones),
        cmocka_unit_test(updates_name_what_changed_and_every_timestamp),
        cmocka_unit_test(deletes_find_rows_by_key_or_by_everything),
        cmocka_unit_test(a_row_without_the_columns_that_find_it_is_refused),
        cmocka_unit_test(only_like_changes_merge),
        cmocka_unit_test(upserts_are_guarded_where_other_rows_can_be_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
