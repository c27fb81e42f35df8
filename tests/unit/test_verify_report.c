/* The report of a verification: text and JSON. */
/* links: um_checksum um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "checksum/verify.h"

static char *print(const struct um_verify_report *r, enum um_output format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    um_verify_report_print(r, "shop", format, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(const struct um_verify_report *r, enum um_output format, const char *expected)
{
    char *text = print(r, format);
    assert_string_equal(text, expected);
    free(text);
}

static struct um_table_report table(const char *name, enum um_verdict verdict, uint64_t rows)
{
    return (struct um_table_report){.schema = um_strdup("shop"),
                                    .name = um_strdup(name),
                                    .verdict = verdict,
                                    .rows_source = rows,
                                    .rows_target = rows,
                                    .chunks = verdict <= UM_DIFFERENT ? 1 + rows / 50000 : 0};
}

static struct um_verify_report report(size_t count)
{
    struct um_verify_report r = {.started_us = 1700000000000000, .seconds_us = 12345678};
    r.tables = um_alloc_array(count, sizeof *r.tables);
    r.table_count = count;
    strcpy(r.at.file, "binlog.000003");
    r.at.offset = 4711;
    return r;
}

static void add_key(struct um_table_report *t, enum um_key_difference kind, const char *key)
{
    t->keys = um_realloc(t->keys, (t->key_count + 1) * sizeof *t->keys);
    t->keys[t->key_count++] = (struct um_differing_key){kind, um_strdup(key)};
    t->keys_different++;
}

static void equal(void **state)
{
    (void)state;
    struct um_verify_report r = report(2);
    r.equal = true;
    r.tables[0] = table("orders", UM_EQUAL, 1034210);
    r.tables[1] = table("preis\xc3\xa9", UM_EQUAL, 1);
    expect(&r, UM_OUTPUT_TEXT,
           "Table             Rows  Chunks  Verdict\n"
           "shop.orders  1,034,210      21  equal\n"
           "shop.preis\xc3\xa9          1       1  equal\n"
           "\n"
           "Equal: 2 tables, 1,034,211 rows, at binlog.000003:4711\n");
    um_verify_report_clear(&r);
    assert_null(r.tables);
}

static struct um_verify_report different_report(void)
{
    struct um_verify_report r = report(4);
    r.tables[0] = table("a", UM_EQUAL, 0);
    r.tables[1] = table("b", UM_DIFFERENT, 100);
    r.tables[1].rows_target = 99;
    r.tables[1].chunks_different = 1;
    add_key(&r.tables[1], UM_KEY_ONLY_SOURCE, "id=41, name='x'");
    add_key(&r.tables[1], UM_KEY_DIFFERS, "id=42, name='\xc3\xa9'");
    r.tables[1].keys_different = 1002;
    r.tables[2] = table("c", UM_MISSING_TABLE, 0);
    r.tables[2].why = um_strdup("there is no table shop.c on the target");
    r.tables[3] = table("d", UM_SKIPPED, 0);
    r.tables[3].why = um_strdup("excluded\x1b[31m \xff");
    return r;
}

static void different(void **state)
{
    (void)state;
    struct um_verify_report r = different_report();
    expect(&r, UM_OUTPUT_TEXT,
           "Table       Rows  Chunks  Verdict\n"
           "shop.a         0       1  equal\n"
           "shop.b  100 / 99       1  DIFFERENT: 1,002 keys\n"
           "shop.c         -       -  MISSING\n"
           "shop.d         -       -  skipped\n"
           "\n"
           "shop.b\n"
           "  only on the source  id=41, name='x'\n"
           "  differs             id=42, name='\xc3\xa9'\n"
           "  and 1,000 more\n"
           "\n"
           "shop.c\n"
           "  there is no table shop.c on the target\n"
           "\n"
           "shop.d\n"
           "  excluded\\x1b[31m \\xff\n"
           "\n"
           "DIFFERENT: 2 of 4 tables, 1,002 keys; 1 skipped, at binlog.000003:4711\n");
    um_verify_report_clear(&r);
}

static void json(void **state)
{
    (void)state;
    struct um_verify_report r = different_report();
    expect(&r, UM_OUTPUT_JSON,
           "{\"job\":\"shop\",\"equal\":false,\"position\":\"binlog.000003:4711\","
           "\"started\":\"2023-11-14T22:13:20Z\",\"seconds\":12.345,"
           "\"tables_equal\":1,\"tables_different\":1,\"tables_missing\":1,\"tables_skipped\":1,"
           "\"keys_different\":1002,\"tables\":["
           "{\"schema\":\"shop\",\"name\":\"a\",\"verdict\":\"equal\",\"why\":null,"
           "\"rows_source\":0,\"rows_target\":0,\"chunks\":1,\"chunks_different\":0,"
           "\"keys_different\":0,\"keys\":[]},"
           "{\"schema\":\"shop\",\"name\":\"b\",\"verdict\":\"different\",\"why\":null,"
           "\"rows_source\":100,\"rows_target\":99,\"chunks\":1,\"chunks_different\":1,"
           "\"keys_different\":1002,\"keys\":["
           "{\"kind\":\"only_source\",\"key\":\"id=41, name='x'\"},"
           "{\"kind\":\"differs\",\"key\":\"id=42, name='\xc3\xa9'\"}]},"
           "{\"schema\":\"shop\",\"name\":\"c\",\"verdict\":\"missing\","
           "\"why\":\"there is no table shop.c on the target\","
           "\"rows_source\":0,\"rows_target\":0,\"chunks\":0,\"chunks_different\":0,"
           "\"keys_different\":0,\"keys\":[]},"
           "{\"schema\":\"shop\",\"name\":\"d\",\"verdict\":\"skipped\","
           "\"why\":\"excluded\\\\x1b[31m \\\\xff\","
           "\"rows_source\":0,\"rows_target\":0,\"chunks\":0,\"chunks_different\":0,"
           "\"keys_different\":0,\"keys\":[]}]}\n");
    um_verify_report_clear(&r);
}

static void skipped_is_not_equal(void **state)
{
    (void)state;
    struct um_verify_report r = report(2);
    r.at.file[0] = '\0';
    r.tables[0] = table("a", UM_EQUAL, 5);
    r.tables[1] = table("b", UM_SKIPPED, 0);
    char *text = print(&r, UM_OUTPUT_TEXT);
    assert_non_null(strstr(text, "\n\nINCOMPLETE: 1 of 2 tables equal, 1 skipped\n"));
    free(text);
    text = print(&r, UM_OUTPUT_JSON);
    assert_non_null(strstr(text, "\"equal\":false,\"position\":null,"));
    free(text);
    um_verify_report_clear(&r);
}

/* Differences without a single key: of columns, or in a table without keys. */
static void no_keys_listed(void **state)
{
    (void)state;
    struct um_verify_report r = report(2);
    r.tables[0] = table("a", UM_DIFFERENT, 0);
    r.tables[0].chunks = 0;
    r.tables[0].why = um_strdup("column 'c' is there on the target only");
    r.tables[1] = table("b", UM_DIFFERENT, 7);
    r.tables[1].keys_different = 1;
    expect(&r, UM_OUTPUT_TEXT,
           "Table   Rows  Chunks  Verdict\n"
           "shop.a     -       -  DIFFERENT\n"
           "shop.b     7       1  DIFFERENT: 1 key\n"
           "\n"
           "shop.a\n"
           "  column 'c' is there on the target only\n"
           "\n"
           "shop.b\n"
           "  1 not listed\n"
           "\n"
           "DIFFERENT: 2 of 2 tables, 1 key, at binlog.000003:4711\n");
    um_verify_report_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal),          cmocka_unit_test(different),
        cmocka_unit_test(json),           cmocka_unit_test(skipped_is_not_equal),
        cmocka_unit_test(no_keys_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
