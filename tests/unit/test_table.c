/* Tables: names, types, and the keys that chunks and rows go by. */
/* links: um_schema um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "schema/table.h"

enum { ID, TENANT, NAME, DAY, CODE, PRICE, MAYBE, VIRT, COLUMNS };

static struct um_column columns[COLUMNS] = {
    [ID] = {.name = (char *)"id", .type = UM_T_BIGINT},
    [TENANT] = {.name = (char *)"tenant", .type = UM_T_INT},
    [NAME] = {.name = (char *)"name", .type = UM_T_VARCHAR},
    [DAY] = {.name = (char *)"day", .type = UM_T_DATE},
    [CODE] = {.name = (char *)"code", .type = UM_T_VARBINARY},
    [PRICE] = {.name = (char *)"price", .type = UM_T_DECIMAL},
    [MAYBE] = {.name = (char *)"maybe", .type = UM_T_INT, .nullable = true},
    [VIRT] = {.name = (char *)"virt", .type = UM_T_INT, .generated = UM_VIRTUAL},
};

/* Parts in the order of an index; room for the indexes of one test. */
static struct um_index_part parts[8][3];
static struct um_index indexes[8];
static struct um_column own[COLUMNS];
static struct um_table table;

static void begin(void)
{
    memcpy(own, columns, sizeof own);
    memset(parts, 0, sizeof parts);
    memset(indexes, 0, sizeof indexes);
    table = (struct um_table){.columns = own, .column_count = COLUMNS, .indexes = indexes};
}

static struct um_index *add(const char *name, bool unique, size_t count, int a, int b)
{
    size_t i = table.index_count++;
    parts[i][0].column = a;
    parts[i][1].column = b;
    indexes[i] = (struct um_index){.name = (char *)name,
                                   .unique = unique,
                                   .primary = strcmp(name, "PRIMARY") == 0,
                                   .parts = parts[i],
                                   .part_count = count};
    return &indexes[i];
}

static void assert_chunk(enum um_key_kind kind, const char *index, size_t count, bool unique,
                         bool ordered)
{
    struct um_key key;
    um_chunk_key(&table, &key);
    assert_int_equal(key.kind, kind);
    if (index)
        assert_string_equal(key.index->name, index);
    else
        assert_null(key.index);
    assert_int_equal(key.part_count, count);
    assert_int_equal(key.unique, unique);
    assert_int_equal(key.client_ordered, ordered);
    assert_non_null(key.why);
}

static void assert_row(enum um_key_kind kind, const char *index)
{
    struct um_key key;
    um_row_key(&table, &key);
    assert_int_equal(key.kind, kind);
    if (index)
        assert_string_equal(key.index->name, index);
    else
        assert_null(key.index);
    if (index) {
        assert_true(key.unique);
        assert_int_equal(key.part_count, key.index->part_count);
    }
}

static void chunks_prefer_auto_increment(void **state)
{
    (void)state;
    begin();
    own[ID].auto_increment = true;
    add("PRIMARY", true, 2, TENANT, ID);
    add("by_name", false, 1, NAME, 0);
    assert_chunk(UM_KEY_PRIMARY, "PRIMARY", 2, true, true); /* no index begins with id */
    add("id_day", false, 2, ID, DAY);
    assert_chunk(UM_KEY_AUTO_INCREMENT, "id_day", 1, false, true);
    add("id", false, 1, ID, 0);
    assert_chunk(UM_KEY_AUTO_INCREMENT, "id", 1, false, true);
    indexes[3].unique = true;
    assert_chunk(UM_KEY_AUTO_INCREMENT, "id", 1, true, true);
    assert_row(UM_KEY_PRIMARY, "PRIMARY");
    own[ID].type = UM_T_DOUBLE;
    assert_chunk(UM_KEY_AUTO_INCREMENT, "id", 1, true, false);
}

static void chunks_take_primary_then_unique_then_any(void **state)
{
    (void)state;
    begin();
    assert_chunk(UM_KEY_NONE, NULL, 0, false, false);
    add("nullable", true, 1, MAYBE, 0);
    assert_chunk(UM_KEY_INDEX, "nullable", 1, false, true);
    add("names", false, 2, NAME, DAY);
    assert_chunk(UM_KEY_INDEX, "nullable", 1, false, true); /* which the client can order */
    add("days", false, 2, DAY, CODE);
    assert_chunk(UM_KEY_INDEX, "nullable", 1, false, true); /* which repeats NULL only */
    add("price", true, 1, PRICE, 0);
    assert_chunk(UM_KEY_UNIQUE, "price", 1, true, false);
    add("code_day", true, 2, CODE, DAY);
    assert_chunk(UM_KEY_UNIQUE, "code_day", 2, true, true);
    add("tenant", true, 1, TENANT, 0);
    assert_chunk(UM_KEY_UNIQUE, "tenant", 1, true, true);
    add("PRIMARY", true, 1, NAME, 0);
    assert_chunk(UM_KEY_PRIMARY, "PRIMARY", 1, true, false);
}

static void what_does_not_order_is_not_used(void **state)
{
    (void)state;
    begin();
    add("hash", true, 1, TENANT, 0)->kind = UM_INDEX_HASH;
    add("text", false, 1, NAME, 0)->kind = UM_INDEX_FULLTEXT;
    add("expression", true, 1, -1, 0);
    add("virtual", true, 1, VIRT, 0);
    add("hidden", true, 1, DAY, 0)->invisible = true;
    add("prefix", true, 1, NAME, 0)->parts[0].prefix = 10;
    assert_chunk(UM_KEY_NONE, NULL, 0, false, false);
    /* Rows are found by equality: a prefix or a hash will do, but not what no image carries. */
    assert_row(UM_KEY_UNIQUE, "hash");
    indexes[0].unique = false;
    assert_row(UM_KEY_UNIQUE, "hidden");
    indexes[4].unique = false;
    assert_row(UM_KEY_UNIQUE, "prefix");
    indexes[5].unique = false;
    assert_row(UM_KEY_NONE, NULL);
    /* The whole parts before a prefix order rows, but do not tell them apart. */
    add("PRIMARY", true, 2, DAY, NAME)->parts[1].prefix = 4;
    assert_chunk(UM_KEY_INDEX, "PRIMARY", 1, false, true);
    assert_row(UM_KEY_PRIMARY, "PRIMARY");
    own[DAY].nullable = true;
    assert_row(UM_KEY_NONE, NULL);
}

/* MINIMAL has the columns of a key, NOBLOB those and what is neither TEXT nor BLOB. */
static void full_images_are_evident_where_others_lack_columns(void **state)
{
    (void)state;
    begin();
    assert_true(um_full_image_is_evident(&table));
    add("PRIMARY", true, 1, ID, 0);
    assert_true(um_full_image_is_evident(&table));
    table.column_count = 2; /* id, tenant */
    indexes[0].part_count = 2;
    parts[0][1].column = TENANT;
    /* The key is the row: a REPLACE that meets one writes the same. */
    assert_true(um_full_image_is_evident(&table));
    own[TENANT].charset = (char *)"latin1";
    assert_false(um_full_image_is_evident(&table)); /* 'a' meets 'A' */
    own[TENANT].charset = NULL;
    add("other", true, 1, ID, 0);
    assert_false(um_full_image_is_evident(&table)); /* (1, 2) meets (1, 3) */
    indexes[1].unique = false;
    assert_true(um_full_image_is_evident(&table));
    /* Without the TEXT, NOBLOB lacks something; not with it in the key. */
    table.column_count = 4;
    own[NAME].type = UM_T_TEXT;
    assert_true(um_full_image_is_evident(&table));
    parts[0][1].column = NAME;
    assert_false(um_full_image_is_evident(&table));
    own[DAY].type = UM_T_BLOB;
    assert_true(um_full_image_is_evident(&table));
}

static void descending_parts_are_for_the_server(void **state)
{
    (void)state;
    begin();
    add("PRIMARY", true, 2, TENANT, DAY)->parts[1].descending = true;
    assert_chunk(UM_KEY_PRIMARY, "PRIMARY", 2, true, false);
    static const struct {
        enum um_type type;
        bool ordered;
    } types[] = {{UM_T_TINYINT, true},  {UM_T_BIGINT, true},    {UM_T_YEAR, true},
                 {UM_T_TIME, true},     {UM_T_TIMESTAMP, true}, {UM_T_DATETIME, true},
                 {UM_T_BINARY, true},   {UM_T_VARBINARY, true}, {UM_T_CHAR, false},
                 {UM_T_ENUM, false},    {UM_T_FLOAT, false},    {UM_T_BIT, false},
                 {UM_T_DECIMAL, false}, {UM_T_INET6, false},    {UM_T_UUID, false}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        begin();
        own[ID].type = types[i].type;
        add("PRIMARY", true, 1, ID, 0);
        assert_chunk(UM_KEY_PRIMARY, "PRIMARY", 1, true, types[i].ordered);
    }
}

static void types_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *data_type, *column_type;
        struct um_column expected;
    } cases[] = {
        {"int", "int(11)", {.type = UM_T_INT}},
        {"bigint", "bigint(20) unsigned", {.type = UM_T_BIGINT, .is_unsigned = true}},
        {"bigint", "bigint unsigned", {.type = UM_T_BIGINT, .is_unsigned = true}},
        {"int", "int(5) zerofill", {.type = UM_T_INT, .is_unsigned = true}},
        {"decimal",
         "decimal(10,2) unsigned zerofill",
         {.type = UM_T_DECIMAL,
          .is_unsigned = true,
          .precision = 10,
          .scale = 2,
          .fixed_scale = true}},
        {"decimal",
         "decimal(65,30)",
         {.type = UM_T_DECIMAL, .precision = 65, .scale = 30, .fixed_scale = true}},
        {"float",
         "float(7,3)",
         {.type = UM_T_FLOAT, .precision = 7, .scale = 3, .fixed_scale = true}},
        {"double", "double", {.type = UM_T_DOUBLE}},
        {"bit", "bit(10)", {.type = UM_T_BIT, .length = 10}},
        {"timestamp", "timestamp(3)", {.type = UM_T_TIMESTAMP, .fsp = 3}},
        {"datetime", "datetime", {.type = UM_T_DATETIME}},
        {"varchar", "varchar(20)", {.type = UM_T_VARCHAR, .length = 20}},
        {"varchar", "varchar(9) /*M!100301 COMPRESSED*/", {.type = UM_T_VARCHAR, .length = 9}},
        {"text", "text /*M!100301 COMPRESSED*/", {.type = UM_T_TEXT, .length = 65535}},
        {"longtext", "longtext", {.type = UM_T_TEXT, .length = UINT32_MAX}},
        {"tinyblob", "tinyblob", {.type = UM_T_BLOB, .length = 255}},
        {"mediumblob", "mediumblob", {.type = UM_T_BLOB, .length = 16777215}},
        {"binary", "binary(2)", {.type = UM_T_BINARY, .length = 2}},
        {"enum", "enum('unsigned)','(9,3) compressed')", {.type = UM_T_ENUM}},
        {"set", "set('x','y')", {.type = UM_T_SET}},
        {"json", "json", {.type = UM_T_JSON}},
        {"geomcollection", "geomcollection", {.type = UM_T_GEOMETRY}},
        {"vector", "vector(3)", {.type = UM_T_VECTOR, .length = 3}},
        {"inet6", "inet6", {.type = UM_T_INET6}},
        {"uuid", "uuid", {.type = UM_T_UUID}},
        {"year", "year(4)", {.type = UM_T_YEAR}},
        {"cube", "cube(3)", {.type = UM_T_UNKNOWN}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct um_column *e = &cases[i].expected;
        struct um_column c = {.column_type = (char *)cases[i].column_type};
        um_column_set_type(&c, cases[i].data_type);
        if (c.type != e->type || c.is_unsigned != e->is_unsigned || c.length != e->length ||
            c.precision != e->precision || c.scale != e->scale || c.fixed_scale != e->fixed_scale ||
            c.fsp != e->fsp)
            fail_msg("%s: type %d unsigned %d length %u (%u,%u) fixed %d fsp %u",
                     cases[i].column_type, c.type, c.is_unsigned, c.length, c.precision, c.scale,
                     c.fixed_scale, c.fsp);
    }
}

static struct um_table *named(const char *schema, const char *name)
{
    struct um_table *t = um_alloc(sizeof *t);
    t->schema = um_strdup(schema);
    t->name = um_strdup(name);
    return t;
}

static void tables_are_found(void **state)
{
    (void)state;
    struct um_tables set = {.items = um_alloc_array(4, sizeof(struct um_table *)), .count = 4};
    set.items[0] = named("shop", "b");
    set.items[1] = named("shop", "B");
    set.items[2] = named("a", "z");
    set.items[3] = named("shop", "\303\251");
    um_tables_sort(&set);
    assert_string_equal(set.items[0]->schema, "a");
    assert_string_equal(um_tables_find(&set, "shop", "b")->name, "b");
    assert_string_equal(um_tables_find(&set, "shop", "B")->name, "B");
    assert_string_equal(um_tables_find(&set, "shop", "\303\251")->name, "\303\251");
    assert_null(um_tables_find(&set, "shop", "z"));
    assert_null(um_tables_find(&set, "a", "b"));
    um_tables_delete(&set);
    assert_int_equal(set.count, 0);
    assert_null(um_tables_find(&set, "a", "z"));
    um_table_delete(NULL);
}

static void columns_are_found_and_writable(void **state)
{
    (void)state;
    begin();
    assert_int_equal(um_table_column(&table, "day"), DAY);
    assert_int_equal(um_table_column(&table, "DAY"), DAY);
    assert_int_equal(um_table_column(&table, "da"), -1);
    assert_true(um_column_writable(&own[ID]));
    assert_false(um_column_writable(&own[VIRT]));
    own[ID].generated = UM_STORED;
    assert_false(um_column_writable(&own[ID]));
    own[DAY].system = true;
    assert_false(um_column_writable(&own[DAY]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_prefer_auto_increment),
        cmocka_unit_test(chunks_take_primary_then_unique_then_any),
        cmocka_unit_test(what_does_not_order_is_not_used),
        cmocka_unit_test(full_images_are_evident_where_others_lack_columns),
        cmocka_unit_test(descending_parts_are_for_the_server),
        cmocka_unit_test(types_are_read),
        cmocka_unit_test(tables_are_found),
        cmocka_unit_test(columns_are_found_and_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
