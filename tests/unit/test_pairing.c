/* How two tables are read alike, and how their rows are told apart. */
/* links: um_checksum um_mysql um_schema um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "checksum/compare.h"

static struct um_column column(const char *name, enum um_type type, const char *column_type)
{
    return (struct um_column){
        .name = (char *)name, .type = type, .column_type = (char *)column_type};
}

static struct um_column text(const char *name, const char *charset, const char *collation)
{
    struct um_column c = column(name, UM_T_VARCHAR, "varchar(20)");
    c.length = 20;
    c.charset = (char *)charset;
    c.collation = (char *)collation;
    return c;
}

/* Two tables (id, v) with a primary key on id. */
struct tables {
    struct um_column columns[2][2];
    struct um_index_part parts[2][1];
    struct um_index indexes[2][1];
    struct um_table tables[2];
};

static void make(struct tables *t, struct um_column v_source, struct um_column v_target)
{
    *t = (struct tables){.columns = {{column("id", UM_T_INT, "int"), v_source},
                                     {column("id", UM_T_INT, "int"), v_target}}};
    for (int i = 0; i < 2; i++) {
        t->indexes[i][0] = (struct um_index){.name = (char *)"PRIMARY",
                                             .unique = true,
                                             .primary = true,
                                             .parts = t->parts[i],
                                             .part_count = 1};
        t->tables[i] = (struct um_table){.schema = (char *)(i ? "b" : "a"),
                                         .name = (char *)"t",
                                         .engine = (char *)"InnoDB",
                                         .columns = t->columns[i],
                                         .column_count = 2,
                                         .indexes = t->indexes[i],
                                         .index_count = 1};
    }
}

static struct um_pairing pair(struct tables *t, enum um_flavour target)
{
    struct um_pairing p;
    char *why = NULL;
    assert_true(um_pairing_make(&p, &t->tables[UM_SOURCE], &t->tables[UM_TARGET], UM_MYSQL, target,
                                UM_COLUMNS_ALL, &why));
    assert_null(why);
    return p;
}

static void expect_heads(struct um_column v_source, struct um_column v_target, const char *source,
                         const char *target)
{
    struct tables t;
    make(&t, v_source, v_target);
    struct um_pairing p = pair(&t, UM_MYSQL);
    assert_string_equal(p.head[UM_SOURCE], source);
    assert_string_equal(p.head[UM_TARGET], target);
    um_pairing_clear(&p);
}

#define FROM_A " FROM `a`.`t` FORCE INDEX (`PRIMARY`)"
#define FROM_B " FROM `b`.`t` FORCE INDEX (`PRIMARY`)"

static void same_columns(void **state)
{
    (void)state;
    struct um_column v = text("v", "latin1", "latin1_bin");
    expect_heads(v, v, "SELECT `id`, `v`" FROM_A, "SELECT `id`, `v`" FROM_B);
    expect_heads(v, text("V", "latin1", "latin1_swedish_ci"), "SELECT `id`, `v`" FROM_A,
                 "SELECT `id`, `V`" FROM_B);
    /* Two names of one encoding, and one that is part of it. */
    expect_heads(text("v", "utf8", "utf8_bin"), text("v", "utf8mb3", "utf8mb3_bin"),
                 "SELECT `id`, `v`" FROM_A, "SELECT `id`, `v`" FROM_B);
    expect_heads(text("v", "utf8", "utf8_bin"), text("v", "utf8mb4", "utf8mb4_bin"),
                 "SELECT `id`, `v`" FROM_A, "SELECT `id`, `v`" FROM_B);
}

static void other_charset(void **state)
{
    (void)state;
    expect_heads(text("v", "latin1", "latin1_bin"), text("v", "utf8mb4", "utf8mb4_bin"),
                 "SELECT `id`, CONVERT(`v` USING utf8mb4)" FROM_A, "SELECT `id`, `v`" FROM_B);
    /* Never to the narrower set, where what was lost would look equal. */
    expect_heads(text("v", "utf8mb4", "utf8mb4_bin"), text("v", "latin1", "latin1_bin"),
                 "SELECT `id`, `v`" FROM_A, "SELECT `id`, CONVERT(`v` USING utf8mb4)" FROM_B);
    expect_heads(text("v", "cp1251", "cp1251_bin"), text("v", "koi8r", "koi8r_bin"),
                 "SELECT `id`, CONVERT(`v` USING utf8mb4)" FROM_A,
                 "SELECT `id`, CONVERT(`v` USING utf8mb4)" FROM_B);
}

static void other_members_of_an_enum(void **state)
{
    (void)state;
    struct um_column ab = column("v", UM_T_ENUM, "enum('a','b')");
    struct um_column ba = column("v", UM_T_ENUM, "enum('b','a')");
    expect_heads(ab, ba,
                 "SELECT `id`, CONCAT(CAST(`v` AS UNSIGNED) = 0, ':', CONVERT(`v` USING "
                 "utf8mb4))" FROM_A,
                 "SELECT `id`, CONCAT(CAST(`v` AS UNSIGNED) = 0, ':', CONVERT(`v` USING "
                 "utf8mb4))" FROM_B);
}

static void expect_why(struct um_column v_source, struct um_column v_target, const char *expected)
{
    struct tables t;
    struct um_pairing p;
    char *why = NULL;
    make(&t, v_source, v_target);
    assert_false(
        um_pairing_make(&p, &t.tables[0], &t.tables[1], UM_MYSQL, UM_MYSQL, UM_COLUMNS_ALL, &why));
    assert_string_equal(why, expected);
    free(why);
}

static void columns_that_cannot_be_compared(void **state)
{
    (void)state;
    struct um_column v = column("v", UM_T_INT, "int");
    expect_why(v, column("w", UM_T_INT, "int"),
               "column 'v' is not there on the target; column 'w' is there on the target only");
    expect_why(
        v, column("v", UM_T_DOUBLE, "double"),
        "column 'v' is int on the source and double on the target, which cannot be compared");
    struct um_column six = column("v", UM_T_DATETIME, "datetime(6)");
    six.fsp = 6;
    expect_why(six, column("v", UM_T_DATETIME, "datetime"),
               "column 'v' is datetime(6) on the source and datetime on the target, which cannot "
               "be compared");
    expect_why(column("v", UM_T_DATETIME, "datetime"), column("v", UM_T_TIMESTAMP, "timestamp"),
               "column 'v' is datetime on the source and timestamp on the target, which cannot be "
               "compared");
    expect_why(column("v", UM_T_INT, "int(5) unsigned zerofill"), v,
               "column 'v' is int(5) unsigned zerofill on the source and int on the target, which "
               "cannot be compared");
    expect_why(column("v", UM_T_BLOB, "blob"), text("v", "latin1", "latin1_bin"),
               "column 'v' is blob on the source and varchar(20) on the target, which cannot be "
               "compared");
}

static void sign_of_zero(void **state)
{
    (void)state;
    struct tables t;
    struct um_column v = column("v", UM_T_DOUBLE, "double");
    make(&t, v, v);
    struct um_pairing p = pair(&t, UM_MYSQL);
    assert_string_equal(p.head[UM_SOURCE], "SELECT `id`, `v`" FROM_A);
    um_pairing_clear(&p);
    p = pair(&t, UM_MARIADB);
    assert_string_equal(p.head[UM_SOURCE], "SELECT `id`, `v`+0e0" FROM_A);
    assert_string_equal(p.head[UM_TARGET], "SELECT `id`, `v`+0e0" FROM_B);
    um_pairing_clear(&p);
}

/* What a copy writes, and whether both sides give it in the form in which it is copied. */
static void written_columns(void **state)
{
    (void)state;
    struct tables t;
    struct um_pairing p;
    char *why = NULL;
    struct um_column d = column("v", UM_T_DOUBLE, "double");
    make(&t, d, d);
    assert_true(um_pairing_make(&p, &t.tables[0], &t.tables[1], UM_MYSQL, UM_MYSQL,
                                UM_COLUMNS_WRITTEN, &why));
    assert_true(p.plain);
    um_pairing_clear(&p);
    assert_true(um_pairing_make(&p, &t.tables[0], &t.tables[1], UM_MYSQL, UM_MARIADB,
                                UM_COLUMNS_WRITTEN, &why));
    assert_false(p.plain);
    um_pairing_clear(&p);

    /* The generated column is before the key that names rows. */
    make(&t, d, d);
    for (int i = 0; i < 2; i++) {
        t.columns[i][0].generated = UM_STORED;
        t.parts[i][0].column = 1;
    }
    assert_true(um_pairing_make(&p, &t.tables[0], &t.tables[1], UM_MYSQL, UM_MYSQL,
                                UM_COLUMNS_WRITTEN, &why));
    assert_string_equal(p.head[UM_SOURCE], "SELECT `v`" FROM_A);
    assert_int_equal(p.column_count, 1);
    assert_int_equal(p.name_columns[0], 0);
    um_pairing_clear(&p);
    p = pair(&t, UM_MYSQL);
    assert_string_equal(p.head[UM_SOURCE], "SELECT `id`, `v`" FROM_A);
    assert_int_equal(p.name_columns[0], 1);
    um_pairing_clear(&p);
}

static void keys(void **state)
{
    (void)state;
    struct tables t;
    struct um_column v = text("v", "latin1", "latin1_swedish_ci");
    make(&t, v, v);
    struct um_pairing p = pair(&t, UM_MARIADB);
    assert_int_equal(p.key[UM_SOURCE].kind, UM_KEY_PRIMARY);
    assert_ptr_equal(p.key[UM_TARGET].index, &t.indexes[UM_TARGET][0]);
    assert_true(p.same_order);
    um_pairing_clear(&p);

    /* The primary key on the text: ordered alike by one flavour, perhaps not by two. */
    t.parts[0][0].column = t.parts[1][0].column = 1;
    p = pair(&t, UM_MYSQL);
    assert_int_equal(p.key[UM_SOURCE].kind, UM_KEY_PRIMARY);
    assert_true(p.same_order);
    um_pairing_clear(&p);
    p = pair(&t, UM_MARIADB);
    assert_int_equal(p.key[UM_SOURCE].kind, UM_KEY_PRIMARY);
    assert_false(p.same_order);
    um_pairing_clear(&p);
    t.columns[0][1].collation = t.columns[1][1].collation = (char *)"latin1_bin";
    p = pair(&t, UM_MARIADB);
    assert_true(p.same_order);
    um_pairing_clear(&p);
    t.columns[1][1].collation = (char *)"latin1_german1_ci";
    p = pair(&t, UM_MYSQL);
    assert_false(p.same_order);
    um_pairing_clear(&p);

    /* No index for it on the target: one range, but rows are still named by the key. */
    t.tables[UM_TARGET].index_count = 0;
    p = pair(&t, UM_MYSQL);
    assert_int_equal(p.key[UM_SOURCE].kind, UM_KEY_NONE);
    assert_true(p.named_by_key);
    assert_false(p.same_order);
    assert_string_equal(p.head[UM_TARGET], "SELECT `id`, `v` FROM `b`.`t`");
    um_pairing_clear(&p);
}

/* ---- rows against rows ---- */

static void add_row(struct um_entries *e, const struct um_pairing *p, const char *id, uint64_t hash)
{
    const char *values[] = {id, "v"};
    const unsigned long lengths[] = {id ? strlen(id) : 0, 1};
    um_entries_add(e, p, values, lengths, &(struct um_row_hash){hash, hash << 32});
}

static void merge(struct um_pairing *p, struct um_entries sides[2], size_t max,
                  struct um_table_report *report)
{
    struct um_findings found;
    um_findings_create(&found, max);
    struct um_compare c = {.pairing = p, .found = &found};
    um_entries_merge(&c, sides);
    um_findings_take(&found, report);
    um_findings_destroy(&found);
    um_entries_free(&sides[0]);
    um_entries_free(&sides[1]);
}

static void expect_key(const struct um_table_report *r, size_t i, enum um_key_difference kind,
                       const char *key)
{
    assert_true(i < r->key_count);
    assert_int_equal(r->keys[i].kind, kind);
    assert_string_equal(r->keys[i].key, key);
}

static void free_keys(struct um_table_report *r)
{
    for (size_t i = 0; i < r->key_count; i++)
        free(r->keys[i].key);
    free(r->keys);
}

static void rows_with_a_key(void **state)
{
    (void)state;
    struct tables t;
    make(&t, column("v", UM_T_INT, "int"), column("v", UM_T_INT, "int"));
    struct um_pairing p = pair(&t, UM_MYSQL);
    struct um_table_report r = {0};
    struct um_entries sides[2] = {{0}, {0}};
    add_row(&sides[0], &p, "1", 1);
    add_row(&sides[0], &p, "10", 10);
    add_row(&sides[0], &p, "2", 2);
    add_row(&sides[0], &p, "3", 3);
    add_row(&sides[1], &p, "4", 4);
    add_row(&sides[1], &p, "3", 33);
    add_row(&sides[1], &p, "10", 10);
    add_row(&sides[1], &p, "1", 1);
    merge(&p, sides, 10, &r);
    assert_int_equal(r.keys_different, 3);
    assert_int_equal(r.key_count, 3);
    expect_key(&r, 0, UM_KEY_ONLY_SOURCE, "id=2");
    expect_key(&r, 1, UM_KEY_DIFFERS, "id=3");
    expect_key(&r, 2, UM_KEY_ONLY_TARGET, "id=4");
    free_keys(&r);
    um_pairing_clear(&p);
}

static void rows_of_a_key_that_repeats(void **state)
{
    (void)state;
    struct tables t;
    make(&t, column("v", UM_T_INT, "int"), column("v", UM_T_INT, "int"));
    for (int i = 0; i < 2; i++) {
        t.indexes[i][0].unique = t.indexes[i][0].primary = false;
        t.columns[i][0].nullable = true;
    }
    struct um_pairing p = pair(&t, UM_MYSQL);
    assert_int_equal(p.key[UM_SOURCE].kind, UM_KEY_INDEX);
    struct um_table_report r = {0};
    struct um_entries sides[2] = {{0}, {0}};
    for (uint64_t i = 1; i <= 5; i++)
        add_row(&sides[0], &p, "7", i);
    add_row(&sides[0], &p, NULL, 1);
    for (uint64_t i = 4; i <= 6; i++)
        add_row(&sides[1], &p, "7", i);
    add_row(&sides[1], &p, "7", 5); /* once more than on the source */
    merge(&p, sides, 2, &r);
    /* 1, 2, 3 and the NULL row against 5, 6: nothing says which of them was another one. */
    assert_int_equal(r.keys_different, 6);
    assert_int_equal(r.key_count, 2);
    expect_key(&r, 0, UM_KEY_ONLY_SOURCE, "id=7, v='v'");
    expect_key(&r, 1, UM_KEY_ONLY_SOURCE, "id=7, v='v'");
    free_keys(&r);

    r = (struct um_table_report){0};
    add_row(&sides[0], &p, NULL, 1);
    add_row(&sides[0], &p, NULL, 1);
    add_row(&sides[1], &p, NULL, 1);
    merge(&p, sides, 2, &r);
    assert_int_equal(r.keys_different, 1);
    expect_key(&r, 0, UM_KEY_ONLY_SOURCE, "id=NULL, v='v'");
    free_keys(&r);
    um_pairing_clear(&p);
}

static void rows_without_a_key(void **state)
{
    (void)state;
    struct tables t;
    make(&t, column("v", UM_T_INT, "int"), column("v", UM_T_INT, "int"));
    t.tables[0].index_count = t.tables[1].index_count = 0;
    struct um_pairing p = pair(&t, UM_MYSQL);
    struct um_table_report r = {0};
    struct um_entries sides[2] = {{0}, {0}};
    add_row(&sides[0], &p, "7", 1);
    add_row(&sides[0], &p, "8", 8);
    add_row(&sides[1], &p, "8", 8);
    add_row(&sides[1], &p, "7", 2);
    merge(&p, sides, 10, &r);
    /* Nothing says that the two rows are one that differs. */
    assert_int_equal(r.keys_different, 2);
    expect_key(&r, 0, UM_KEY_ONLY_SOURCE, "id=7, v='v'");
    expect_key(&r, 1, UM_KEY_ONLY_TARGET, "id=7, v='v'");
    free_keys(&r);
    um_pairing_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_columns),
        cmocka_unit_test(other_charset),
        cmocka_unit_test(other_members_of_an_enum),
        cmocka_unit_test(columns_that_cannot_be_compared),
        cmocka_unit_test(sign_of_zero),
        cmocka_unit_test(written_columns),
        cmocka_unit_test(keys),
        cmocka_unit_test(rows_with_a_key),
        cmocka_unit_test(rows_of_a_key_that_repeats),
        cmocka_unit_test(rows_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
