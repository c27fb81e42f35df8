/* The plan on paper: 100 columns, statements that can be copied, nothing that moves a cursor. */
/* links: um_plan um_base dep::jansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "plan/text.h"
#include "plan_facts.h"

static char *printed(const struct world *w, enum um_output format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    um_plan_print(&w->plan, &w->config, format, out);
    fclose(out);
    return text;
}

static char *wrapped(const char *text, size_t at, size_t indent, size_t width)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    um_plan_wrap(out, text, at, indent, width);
    fclose(out);
    return result;
}

static void expect_wrapped(const char *text, size_t at, size_t width, const char *expected)
{
    char *got = wrapped(text, at, 2, width);
    assert_string_equal(got, expected);
    free(got);
}

static void wrapping(void **state)
{
    (void)state;
    expect_wrapped("one two three", 0, 80, "one two three\n");
    expect_wrapped("one two three", 0, 8, "one two\n  three\n");
    expect_wrapped("one two three", 75, 80, "one\n  two three\n");
    expect_wrapped("GRANT X ON `a b`.* TO 'u x'@'h';", 0, 12,
                   "GRANT X ON\n  `a b`.* TO\n  'u x'@'h';\n");
    expect_wrapped("the server's own clock isn't it", 0, 12,
                   "the server's\n  own clock\n  isn't it\n");
    expect_wrapped("first;\nsecond;", 0, 80, "first;\n  second;\n");
    expect_wrapped("an 'open quote is no quote", 0, 10, "an 'open\n  quote is\n  no quote\n");
    expect_wrapped("", 0, 80, "\n");
    /* Characters count, not bytes. */
    expect_wrapped("\xc3\xa4\xc3\xa4\xc3\xa4 b", 0, 5, "\xc3\xa4\xc3\xa4\xc3\xa4 b\n");
}

static void cleaning(void **state)
{
    struct um_buf b = {0};
    (void)state;
    um_text_clean(&b, "a\033[31mb\x07\x7f\xc2\x9b"
                      "c\xff\xc0\x80\xed\xa0\x80 \xc3\xa4\xf0\x9f\x98\x80\n\t");
    assert_string_equal(b.data, "a?[31mb???c?????? \xc3\xa4\xf0\x9f\x98\x80\n?");
    um_buf_free(&b);
}

static void numbers(void **state)
{
    static const struct {
        uint64_t n;
        const char *count, *bytes;
    } cases[] = {
        {0, "0", "0 B"},
        {999, "999", "999 B"},
        {1000, "1,000", "1000 B"},
        {1536, "1,536", "1.5 KiB"},
        {1048575, "1,048,575", "1.0 MiB"},
        {1234567, "1,234,567", "1.2 MiB"},
        {1099511627776, "1,099,511,627,776", "1 TiB"},
        {UINT64_MAX, "18,446,744,073,709,551,615", "16 EiB"},
    };
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{0, "< 1 s"},
                 {0.99, "< 1 s"},
                 {1, "1 s"},
                 {59.4, "59 s"},
                 {60, "1 min"},
                 {250, "4 min 10 s"},
                 {7200, "2 h"},
                 {7290, "2 h 1 min"},
                 {90061, "1 d 1 h"},
                 {2592000, "30 d"},
                 {1e300, "11574074074 d 1 h"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct um_buf b = {0};
        um_text_count(&b, cases[i].n);
        assert_string_equal(b.data, cases[i].count);
        um_buf_clear(&b);
        um_print_bytes(&b, cases[i].n);
        assert_string_equal(b.data, cases[i].bytes);
        um_buf_free(&b);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char *text = um_seconds_text(times[i].seconds);
        assert_string_equal(text, times[i].text);
        free(text);
    }
}

/* A plan with something of everything. */
static void make_rich(struct world *w)
{
    world_make(w);
    world_add(w,
              world_table("shop_eu", "a_table_with_a_name_that_is_longer_than_its_column", true));
    world_add(w, world_table("shop_eu", "evil\033[2Jname", false));
    world_set(&w->facts.source.side, "binlog_format", "MIXED");
    world_set(&w->facts.target.side, "local_infile", "OFF");
    um_strv_add(&w->denied_source, "SELECT");
    for (int i = 0; i < 30; i++)
        world_session(&w->facts.source.transactions, 1000 + (uint64_t)i, 60, "application", "");
    w->plan.copy_seconds = 3;
    world_judge(w);
}

static void text(void **state)
{
    struct world w;
    (void)state;
    make_rich(&w);
    char *all = printed(&w, UM_OUTPUT_TEXT);
    assert_null(strchr(all, '\033')); /* neither colour off a terminal nor a name's own */
    for (char *line = all; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        /* Only what must not be broken may be longer. */
        if (um_text_width(line) > 100)
            fail_msg("too wide: %s", line);
        if (line[0])
            assert_string_not_equal(line + strlen(line) - 1, " ");
        *end = '\n';
        line = end + 1;
    }
    assert_non_null(strstr(all, "Plan of job shop\n"));
    assert_non_null(strstr(all, "  source  MySQL 8.0.36 at 10.0.0.1:3306\n"));
    assert_non_null(strstr(all, "\n  BLOCK  source.binlog_format            Row-based binary log: "
                                "MIXED\n         mend: SET PERSIST binlog_format = 'ROW';\n"));
    assert_non_null(strstr(all, "and 10 more"));
    assert_non_null(strstr(all, "GRANT SELECT ON `shop\\_eu`.* TO 'unmoor'@'%';\n"));
    assert_non_null(strstr(all, "shop_eu.orders"));
    assert_non_null(strstr(all, "PRIMARY (id)"));
    assert_non_null(strstr(all, "estimate"));
    /* SELECT is also what may_lock needs, but the global lock is there: two blocks. */
    assert_non_null(strstr(all, "\nPlan: 2 blocks, 3 warnings, "));
    free(all);
    world_clear(&w);
}

static void json(void **state)
{
    struct world w;
    json_error_t why;
    (void)state;
    make_rich(&w);
    char *all = printed(&w, UM_OUTPUT_JSON);
    json_t *j = json_loads(all, 0, &why);
    if (!j)
        fail_msg("%s in %s", why.text, all);
    assert_string_equal(json_string_value(json_object_get(j, "job")), "shop");
    assert_true(json_is_true(json_object_get(j, "blocked")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(j, "target"), "version")),
                        "8.4.2");
    assert_string_equal(json_string_value(json_object_get(json_object_get(j, "source"), "flavour")),
                        "mysql");

    json_t *checks = json_object_get(j, "checks"), *c;
    size_t i;
    bool found = false;
    assert_int_equal(json_array_size(checks), UM_CHECK_COUNT);
    json_array_foreach(checks, i, c)
    {
        bool pass = strcmp(json_string_value(json_object_get(c, "level")), "PASS") == 0;
        assert_int_equal(pass, json_is_null(json_object_get(c, "mend")));
        if (strcmp(json_string_value(json_object_get(c, "id")), "source.binlog_format") != 0)
            continue;
        found = true;
        assert_string_equal(json_string_value(json_object_get(c, "level")), "BLOCK");
        assert_string_equal(json_string_value(json_object_get(c, "seen")), "MIXED");
    }
    assert_true(found);

    json_t *tables = json_object_get(j, "tables"), *t = json_array_get(tables, 2);
    assert_int_equal(json_array_size(tables), 3);
    assert_string_equal(json_string_value(json_object_get(t, "name")), "orders");
    assert_string_equal(json_string_value(json_object_get(t, "key")), "PRIMARY");
    assert_string_equal(json_string_value(json_array_get(json_object_get(t, "key_columns"), 0)),
                        "id");
    assert_int_equal(json_integer_value(json_object_get(t, "rows")), 1000);
    assert_int_equal(json_integer_value(json_object_get(t, "bytes")), 65536);
    json_t *evil = json_array_get(tables, 1);
    assert_true(json_is_null(json_object_get(evil, "key")));
    assert_int_equal(json_array_size(json_object_get(evil, "key_columns")), 0);
    json_decref(j);
    free(all);
    world_clear(&w);
}

static void reference(void **state)
{
    char *page = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&page, &size);
    um_plan_reference(out);
    fclose(out);
    for (int id = 0; id < UM_CHECK_COUNT; id++) {
        char *cell = um_sprintf("| `%s` | ", um_check_info((enum um_check_id)id)->id);
        const char *at = strstr(page, cell);
        assert_non_null(at);
        assert_null(strstr(at + 1, cell)); /* ids are unique */
        free(cell);
    }
    /* What is in docs/ is what the table says; scripts/update-docs writes it. */
    char *written = um_alloc(size + 2);
    FILE *in = fopen(UM_FIXTURES "/../../docs/reference/checks.md", "r");
    assert_non_null(in);
    assert_int_equal(fread(written, 1, size + 1, in), size);
    fclose(in);
    assert_string_equal(written, page);
    free(written);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapping), cmocka_unit_test(cleaning), cmocka_unit_test(numbers),
        cmocka_unit_test(text),     cmocka_unit_test(json),     cmocka_unit_test(reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
