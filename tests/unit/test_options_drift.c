/* The pages made from the option table are as the program would print them now. */
/* links: um_config um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/command.h"
#include "config/config.h"
#include "config/draft.h"
#include "config/option.h"

#define ROOT UM_FIXTURES "/../../"

static char *read_page(const char *path, size_t *len)
{
    struct um_buf b = {0};
    char full[1024], chunk[4096];
    size_t n;
    snprintf(full, sizeof full, "%s%s", ROOT, path);
    FILE *in = fopen(full, "r");
    if (!in)
        fail_msg("%s is missing: run scripts/update-docs", path);
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        um_buf_add(&b, chunk, n);
    fclose(in);
    *len = b.len;
    return um_buf_take(&b);
}

static char *print_page(void (*print)(FILE *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    print(out);
    fclose(out);
    return text;
}

static void compare(const char *path, void (*print)(FILE *))
{
    size_t len;
    char *there = read_page(path, &len), *now = print_page(print);
    if (strcmp(there, now) != 0) {
        unsigned line = 1;
        size_t i = 0;
        for (; there[i] && there[i] == now[i]; i++)
            line += there[i] == '\n';
        fail_msg("%s differs from the tables at line %u: run scripts/update-docs", path, line);
    }
    free(there);
    free(now);
}

static void test_pages(void **state)
{
    (void)state;
    compare("conf/full.yaml", um_help_full_yaml);
    compare("docs/reference/options.md", um_help_reference);
    compare("docs/reference/errors.md", um_help_errors);
    compare("docs/man/unmoor.1", um_help_man);
    compare("docs/completion/unmoor.bash", um_help_completion);
}

static void expect_mention(const char *path, const char *page, const char *what)
{
    if (!strstr(page, what))
        fail_msg("%s does not mention %s", path, what);
}

/* Independent of the printers' own walk: each option's key, flag and variable is there. */
static void test_all_mentioned(void **state)
{
    size_t len;
    char *yaml = read_page("conf/full.yaml", &len);
    char *reference = read_page("docs/reference/options.md", &len);
    char *man = read_page("docs/man/unmoor.1", &len);
    char *completion = read_page("docs/completion/unmoor.bash", &len);
    (void)state;
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        char key[UM_OPTION_NAME_MAX + 2], flag[UM_OPTION_NAME_MAX], variable[UM_OPTION_NAME_MAX];
        snprintf(key, sizeof key, "%s: ", um_option_leaf(o));
        expect_mention("full.yaml", yaml, key);
        expect_mention("options.md", reference, o->path);
        expect_mention("options.md", reference, um_option_flag(o, flag));
        expect_mention("options.md", reference, um_option_variable(o, variable));
        expect_mention("unmoor.1", man, variable);
        expect_mention("unmoor.bash", completion, flag);
    }
    free(yaml);
    free(reference);
    free(man);
    free(completion);
}

/* A line that has been commented out must be right as well: it is what people uncomment. */
static void test_full_yaml(void **state)
{
    static const char *const examples[] = {"job",         "source.host", "source.user",
                                           "target.host", "target.user", "tables.include"};
    struct um_err err = {0};
    struct um_draft built_in, full;
    struct um_buf a = {0}, b = {0};
    size_t len, given = 0;
    char *text = read_page("conf/full.yaml", &len);
    (void)state;
    um_draft_create(&built_in, NULL);
    um_draft_create(&full, NULL);
    if (um_yaml_read(&full, "full.yaml", text, len, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        bool example = false;
        for (size_t k = 0; k < sizeof examples / sizeof examples[0]; k++)
            example |= strcmp(um_options[i].path, examples[k]) == 0;
        um_buf_clear(&a);
        um_buf_clear(&b);
        bool set = um_option_format(&um_options[i], &built_in, &a);
        assert_int_equal(um_option_format(&um_options[i], &full, &b), set || example);
        given += full.set[i].level == UM_LEVEL_YAML;
        if (set && !example)
            assert_string_equal(a.data, b.data);
        /* The table writes a built-in value as it is printed. */
        if (um_options[i].builtin)
            assert_string_equal(a.data, um_options[i].builtin);
    }
    assert_true(given > UM_OPTION_COUNT / 2);
    um_draft_destroy(&full);

    for (char *p = text; (p = strstr(p, "\n")); p++) { /* uncomment "# key: value" */
        char *hash = p + 1 + strspn(p + 1, " ");
        size_t word =
            strncmp(hash, "# ", 2) == 0 ? strspn(hash + 2, "abcdefghijklmnopqrstuvwxyz_") : 0;
        if (word > 0 && hash[2 + word] == ':')
            memmove(hash, hash + 2, strlen(hash + 2) + 1);
    }
    um_draft_create(&full, NULL);
    if (um_yaml_read(&full, "uncommented", text, strlen(text), &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (full.set[i].level != UM_LEVEL_YAML)
            fail_msg("%s is not in full.yaml", um_options[i].path);
    }
    um_draft_destroy(&full);
    um_draft_destroy(&built_in);
    um_buf_free(&a);
    um_buf_free(&b);
    free(text);
}

static void test_minimal_yaml(void **state)
{
    struct um_err err = {0};
    struct um_draft d;
    size_t len;
    char *text = read_page("conf/minimal.yaml", &len);
    (void)state;
    um_draft_create(&d, NULL);
    if (um_yaml_read(&d, "minimal.yaml", text, len, &err) < 0 || um_draft_check(&d, &err) < 0)
        fail_msg("%s", err.text);
    um_draft_destroy(&d);
    free(text);
}

/* The table itself: names are unique, texts fit, sections hold together. */
static void test_table(void **state)
{
    char a[UM_OPTION_NAME_MAX], b[UM_OPTION_NAME_MAX];
    (void)state;
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        const struct um_option *o = &um_options[i];
        bool in_section = false;
        assert_non_null(o->summary);
        assert_true(o->commands != 0 && (o->commands & UM_ON_EXPLAIN) == 0);
        assert_true(o->summary[strlen(o->summary) - 1] != '.');
        assert_true(o->builtin || o->example);
        assert_ptr_equal(um_option_find(o->path), o);
        assert_ptr_equal(um_option_by_flag(um_option_flag(o, a) + 2), o);
        for (size_t s = 0; s < um_section_count; s++)
            in_section |= um_option_in_section(o, um_sections[s].name);
        assert_true(in_section);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(um_option_variable(o, a),
                                    um_option_variable(&um_options[k], b));
            assert_int_not_equal(o->offset, um_options[k].offset);
        }
    }
}

static void test_help_width(void **state)
{
    (void)state;
    for (size_t i = 0; i <= um_command_count; i++) {
        char *text = NULL, *rest, *line;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        um_help_print(out, i < um_command_count ? um_commands[i].name : NULL);
        fclose(out);
        assert_non_null(strstr(text, "Usage: unmoor"));
        assert_non_null(strstr(text, "Example"));
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
            if (strlen(line) > 100 || (*line && line[strlen(line) - 1] == ' '))
                fail_msg("too wide, or blanks at the end: <%s>", line);
        }
        free(text);
    }
}

static void test_explain(void **state)
{
    struct um_err err = {0};
    char *text = NULL;
    size_t len = 0, count;
    const struct um_err_info *all = um_err_catalogue(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%s%d", i % 2 ? "um-" : "", (int)all[i].id);
        FILE *out = open_memstream(&text, &len);
        assert_int_equal(um_help_explain(out, id, i % 2 ? UM_OUTPUT_JSON : UM_OUTPUT_TEXT, &err),
                         0);
        fclose(out);
        assert_non_null(strstr(text, all[i].name));
        assert_null(strstr(text, "(null)"));
        free(text);
    }
    static const char *const wrong[] = {"", "UM-", "UM-0", "UM-99999", "11060", "x", "UM-1106 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(um_help_explain(stdout, wrong[i], UM_OUTPUT_TEXT, &err), -1);
        assert_int_equal(err.id, UM_E_USAGE_UNKNOWN_ERROR_ID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),     cmocka_unit_test(test_all_mentioned),
        cmocka_unit_test(test_full_yaml), cmocka_unit_test(test_minimal_yaml),
        cmocka_unit_test(test_table),     cmocka_unit_test(test_help_width),
        cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
