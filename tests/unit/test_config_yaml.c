/* The YAML reader: values, places in errors, refusals; patterns of tables; the job's identity. */
/* links: um_config um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/suggest.h"

#define NAME "job.yaml"

static struct um_config read_good(const char *text)
{
    struct um_config c;
    struct um_err err = {0};
    if (um_config_read_yaml(&c, NAME, text, strlen(text), &err) < 0)
        fail_msg("refused: %s", err.text);
    return c;
}

static void expect_bytes(const char *text, size_t len, enum um_err_id id, const char *part)
{
    struct um_config c;
    struct um_err err = {0};
    if (um_config_read_yaml(&c, NAME, text, len, &err) == 0)
        fail_msg("accepted: %s", text);
    if (err.id != id || !strstr(err.text, part))
        fail_msg("for <%s>: UM-%d %s\nexpected UM-%d with: %s", text, err.id, err.text, id, part);
    assert_int_equal(um_err_exit(&err), UM_EXIT_CONFIG);
    um_config_free(&c);
}

static void expect_bad(const char *text, enum um_err_id id, const char *part)
{
    expect_bytes(text, strlen(text), id, part);
}

/* The built-in values, as the manual of the project states them. */
static void test_built_in(void **state)
{
    struct um_config c = read_good("job: shop\n");
    (void)state;
    assert_string_equal(c.job, "shop");
    assert_string_equal(c.source.side, "source");
    assert_string_equal(c.target.side, "target");
    assert_null(c.source.host);
    assert_int_equal(c.source.port, 3306);
    assert_int_equal(c.target.port, 3306);
    assert_int_equal(c.source.connect_timeout, 10);
    assert_int_equal(c.source.tls.mode, UM_TLS_VERIFY_IDENTITY);
    assert_false(c.source.tls.mode_given);
    assert_true(c.source.sql_log_bin);
    assert_true(c.target.sql_log_bin);
    assert_int_equal(c.copy.threads, 4);
    assert_int_equal(c.copy.existing, UM_EXISTING_REFUSE);
    assert_int_equal(c.copy.chunk_time_us, 2000000);
    assert_int_equal(c.copy.chunk_rows_max, 500000);
    assert_int_equal(c.copy.lock, UM_LOCK_AUTO);
    assert_int_equal(c.copy.lock_wait_us, 500000);
    assert_int_equal(c.copy.lock_timeout_us, 60000000);
    assert_int_equal(c.copy.definer, UM_DEFINER_KEEP);
    assert_int_equal(c.apply.workers, 4);
    assert_int_equal(c.apply.commit_order, UM_COMMIT_FREE);
    assert_int_equal(c.apply.on_conflict, UM_CONFLICT_STOP);
    assert_int_equal(c.apply.batch_rows, 2000);
    assert_int_equal(c.apply.memory, 67108864);
    assert_int_equal(c.follow.heartbeat_us, 5000000);
    assert_int_equal(c.follow.server_id, 0);
    assert_int_equal(c.follow.reconnect_timeout_us, 600000000);
    assert_int_equal(c.verify.threads, 2);
    assert_int_equal(c.verify.max_keys, 100);
    assert_string_equal(c.state.schema, "unmoor");
    assert_null(c.source.password);
    um_config_free(&c);
    assert_null(c.job);
}

static void test_values(void **state)
{
    struct um_config c = read_good(
        "job: shop_2-b\n"
        "source: {host: db1, port: 3307, user: 'o''hara', tls: {mode: verify_ca, ca: /c.pem}}\n"
        "target:\n"
        "  socket: /run/x.sock\n"
        "  sql_log_bin: false\n"
        "  connect_timeout: 2m\n"
        "  tls:\n" /* a section without a line in it */
        "tables: {include: [\"shop.*\", 'crm.a?'], exclude: []}\n"
        "copy: {existing: empty, lock: none, lock_wait: 250ms, lock_timeout: 1h, definer: "
        "current}\n"
        "apply: {memory: 3GiB, workers: 1, on_conflict: skip, on_conflict_tables: "
        "[\"shop.a*=overwrite\", \"*.a=b=stop\", \"shop.*=stop\"]}\n"
        "follow: {server_id: 4294967295, reconnect_timeout: 0s, heartbeat: \"1500ms\"}\n"
        "state: {schema: um$1}\n");
    (void)state;
    assert_int_equal(um_config_on_conflict(&c, "shop", "ab"), UM_CONFLICT_OVERWRITE);
    assert_int_equal(um_config_on_conflict(&c, "crm", "a=b"), UM_CONFLICT_STOP);
    assert_int_equal(um_config_on_conflict(&c, "shop", "b"), UM_CONFLICT_STOP);
    assert_int_equal(um_config_on_conflict(&c, "crm", "a1"), UM_CONFLICT_SKIP);
    assert_string_equal(c.source.user, "o'hara");
    assert_int_equal(c.source.port, 3307);
    assert_int_equal(c.source.tls.mode, UM_TLS_VERIFY_CA);
    assert_true(c.source.tls.mode_given);
    assert_false(c.target.tls.mode_given);
    assert_string_equal(c.source.tls.ca, "/c.pem");
    assert_string_equal(c.target.socket, "/run/x.sock");
    assert_false(c.target.sql_log_bin);
    assert_int_equal(c.target.connect_timeout, 120);
    assert_int_equal(c.tables.include.count, 2);
    assert_string_equal(c.tables.include.items[1], "crm.a?");
    assert_int_equal(c.tables.exclude.count, 0);
    assert_int_equal(c.copy.existing, UM_EXISTING_EMPTY);
    assert_int_equal(c.copy.lock, UM_LOCK_NONE);
    assert_int_equal(c.copy.lock_wait_us, 250000);
    assert_true(c.copy.lock_timeout_us == 3600000000ll);
    assert_int_equal(c.copy.definer, UM_DEFINER_CURRENT);
    assert_true(c.apply.memory == 3221225472ull);
    assert_true(c.follow.server_id == 4294967295u);
    assert_int_equal(c.follow.reconnect_timeout_us, 0);
    assert_int_equal(c.follow.heartbeat_us, 1500000);
    assert_string_equal(c.state.schema, "um$1");
    um_config_free(&c);
}

static void test_accepted_forms(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {{"1048576", 1048576},
                 {"1048577B", 1048577},
                 {"2048KiB", 2097152},
                 {"64 MiB", 67108864},
                 {"65536MiB", 68719476736}};
    char text[128];
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(text, sizeof text, "apply: {memory: %s}", sizes[i].text);
        struct um_config c = read_good(text);
        assert_true(c.apply.memory == sizes[i].bytes);
        um_config_free(&c);
    }
    /* Text in other scripts, a byte order mark, and Windows line ends are fine. */
    struct um_config c =
        read_good("\xef\xbb\xbfjob: a\r\nsource:\r\n  user: J\xc3\xb6rg # \xe2\x82\xac\r\n");
    assert_string_equal(c.source.user, "J\xc3\xb6rg");
    um_config_free(&c);
}

static void test_unknown_keys(void **state)
{
    (void)state;
    expect_bad("job: a\ncopy:\n  thread: 4\n", UM_E_CONFIG_UNKNOWN_KEY,
               "job.yaml:3:3: unknown key copy.thread: did you mean copy.threads?");
    expect_bad("job: a\nsuorce: {}\n", UM_E_CONFIG_UNKNOWN_KEY,
               "job.yaml:2:1: unknown key suorce: did you mean source?");
    expect_bad("chunk_time: 2s\n", UM_E_CONFIG_UNKNOWN_KEY, "did you mean copy.chunk_time?");
    expect_bad("copy.threads: 2\n", UM_E_CONFIG_UNKNOWN_KEY, "copy.threads is written nested");
    expect_bad("source: {tls.mode: required}\n", UM_E_CONFIG_UNKNOWN_KEY,
               "source.tls.mode is written nested");
    expect_bad("format: json\n", UM_E_CONFIG_UNKNOWN_KEY, "on the command line only, as --format");
    expect_bad("verify: {zzzzzz: 1}\n", UM_E_CONFIG_UNKNOWN_KEY,
               "job.yaml:1:10: unknown key verify.zzzzzz: the keys here are threads, max_keys");
    expect_bad("source: {sql_log_bin: false}\n", UM_E_CONFIG_UNKNOWN_KEY, "target.sql_log_bin");
    expect_bad("? [a, b]\n: 1\n", UM_E_CONFIG_TYPE, "job.yaml:1:3: a key is a single word");
    expect_bad("\"jo\\0b\": 1\n", UM_E_CONFIG_UNKNOWN_KEY, "job.yaml:1:1");
    /* Whole words only: 'source.host.x' is below no option. */
    expect_bad("source: {host: {x: 1}}\n", UM_E_CONFIG_TYPE, "job.yaml:1:16: source.host takes");
}

static void test_types_and_ranges(void **state)
{
    (void)state;
    expect_bad("copy: {threads: four}\n", UM_E_CONFIG_TYPE,
               "job.yaml:1:17: copy.threads is 'four'; it takes a whole number, 1 to 64");
    expect_bad("copy: {threads: 0}\n", UM_E_CONFIG_VALUE, "job.yaml:1:17: copy.threads is '0'");
    expect_bad("copy: {threads: 65}\n", UM_E_CONFIG_VALUE, "copy.threads is '65'");
    expect_bad("copy: {threads: -1}\n", UM_E_CONFIG_TYPE, "'-1'");
    expect_bad("copy: {threads: 4.0}\n", UM_E_CONFIG_TYPE, "'4.0'");
    expect_bad("copy: {threads: 0x4}\n", UM_E_CONFIG_TYPE, "'0x4'");
    expect_bad("copy: {threads: 99999999999999999999999}\n", UM_E_CONFIG_TYPE, "copy.threads");
    expect_bad("copy: {threads: \"4\"}\n", UM_E_CONFIG_TYPE, "remove the quotes");
    expect_bad("copy: {threads: [4]}\n", UM_E_CONFIG_TYPE, "found a list");
    expect_bad("copy: {threads: }\n", UM_E_CONFIG_TYPE, "found no value");
    expect_bad("copy: [threads]\n", UM_E_CONFIG_TYPE, "job.yaml:1:7: copy takes keys of its own");
    expect_bad("copy: 4\n", UM_E_CONFIG_TYPE, "copy takes keys of its own; found a single value");
    expect_bad("copy: {chunk_time: 2}\n", UM_E_CONFIG_TYPE, "a duration such as");
    expect_bad("copy: {chunk_time: 1.5s}\n", UM_E_CONFIG_TYPE, "50ms to 5m");
    expect_bad("copy: {chunk_time: 1000000000000000h}\n", UM_E_CONFIG_TYPE, "copy.chunk_time");
    expect_bad("copy: {chunk_time: 49ms}\n", UM_E_CONFIG_VALUE, "'49ms'");
    expect_bad("copy: {chunk_time: 301s}\n", UM_E_CONFIG_VALUE, "'301s'");
    expect_bad("source: {connect_timeout: 1500ms}\n", UM_E_CONFIG_TYPE, "whole seconds");
    expect_bad("apply: {memory: 64MB}\n", UM_E_CONFIG_TYPE, "a size such as");
    expect_bad("apply: {memory: 1023KiB}\n", UM_E_CONFIG_VALUE, "1MiB to 64GiB");
    expect_bad("apply: {memory: 99999999999TiB}\n", UM_E_CONFIG_TYPE, "apply.memory");
    expect_bad("target: {sql_log_bin: yes}\n", UM_E_CONFIG_TYPE, "true or false");
    expect_bad("target: {sql_log_bin: 'true'}\n", UM_E_CONFIG_TYPE, "remove the quotes");
    expect_bad("copy: {existing: REFUSE}\n", UM_E_CONFIG_VALUE, "one of refuse, drop, empty");
    expect_bad("copy: {existing: ref}\n", UM_E_CONFIG_VALUE, "'ref'");
    expect_bad("source: {port: 65536}\n", UM_E_CONFIG_VALUE, "1 to 65535");
    expect_bad("source: {user: ''}\n", UM_E_CONFIG_VALUE, "source.user is empty");
    expect_bad("source: {user: \"a\\0b\"}\n", UM_E_CONFIG_VALUE, "NUL");
    expect_bad("source: {user: \"a\\nb\"}\n", UM_E_CONFIG_VALUE, "control character 0x0a");
    expect_bad("job: sh op\n", UM_E_CONFIG_VALUE, "letters, digits");
    expect_bad("job: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", UM_E_CONFIG_VALUE, "1 to 32");
    expect_bad("state: {schema: a/b}\n", UM_E_CONFIG_VALUE, "state.schema");
    expect_bad("state: {schema: mysql}\n", UM_E_CONFIG_VALUE, "of the server itself");
    expect_bad("source: {password_env: $PW}\n", UM_E_CONFIG_VALUE, "without '$'");
    expect_bad("tables: {include: shop.*}\n", UM_E_CONFIG_TYPE, "takes a list");
    expect_bad("tables: {include: [[a.b]]}\n", UM_E_CONFIG_TYPE, "job.yaml:1:20");
    expect_bad("just text\n", UM_E_CONFIG_TYPE, "job.yaml:1:1: a configuration is made of keys");
    expect_bad("- a\n- b\n", UM_E_CONFIG_TYPE, "found a list");
}

static void test_apply(void **state)
{
    (void)state;
    expect_bad("apply: {workers: 65}\n", UM_E_CONFIG_VALUE, "apply.workers");
    expect_bad("apply: {workers: 0}\n", UM_E_CONFIG_VALUE, "apply.workers");
    expect_bad("apply: {on_conflict: ignore}\n", UM_E_CONFIG_VALUE, "'ignore'");
    expect_bad("apply: {on_conflict_tables: [shop.a]}\n", UM_E_CONFIG_VALUE, "=overwrite");
    expect_bad("apply: {on_conflict_tables: [shop.a=keep]}\n", UM_E_CONFIG_VALUE, "=overwrite");
    expect_bad("apply: {on_conflict_tables: [shop=skip]}\n", UM_E_CONFIG_VALUE, "schema.table");
    expect_bad("apply: {on_conflict_tables: [mysql.user=skip]}\n", UM_E_CONFIG_VALUE,
               "of the server itself");
}

static void test_language(void **state)
{
    static const char utf16[] = "\xff\xfej\0o\0b\0:\0 \0a\0";
    static const char nul[] = "job: a\0b\n";
    (void)state;
    expect_bad("", UM_E_CONFIG_EMPTY, "job.yaml");
    expect_bad("# nothing\n\n", UM_E_CONFIG_EMPTY, "no configuration");
    expect_bad("---\n", UM_E_CONFIG_EMPTY, "no configuration");
    expect_bad("job: a\njob: b\n", UM_E_CONFIG_DUPLICATE_KEY,
               "job.yaml:2:1: job is given twice; before at job.yaml:1:1");
    expect_bad("copy: {threads: 1}\njob: a\ncopy: {existing: drop}\n", UM_E_CONFIG_DUPLICATE_KEY,
               "job.yaml:3:1: copy is given twice; before at job.yaml:1:1");
    expect_bad("source: {tls: {ca: /a, ca: /b}}\n", UM_E_CONFIG_DUPLICATE_KEY, "job.yaml:1:24");
    expect_bad("job: &a shop\n", UM_E_CONFIG_YAML_FEATURE, "job.yaml:1:6: anchors");
    expect_bad("source: &s {host: a}\n", UM_E_CONFIG_YAML_FEATURE, "anchors");
    expect_bad("tables: {include: [*.orders]}\n", UM_E_CONFIG_YAML_FEATURE,
               "job.yaml:1:20: a text that begins with *");
    expect_bad("job: *a\n", UM_E_CONFIG_YAML_FEATURE, "job.yaml:1:6: aliases");
    expect_bad("job: !!str shop\n", UM_E_CONFIG_YAML_FEATURE, "tags");
    expect_bad("job: a\n---\njob: b\n", UM_E_CONFIG_YAML_FEATURE,
               "job.yaml:2:1: a second document");
    expect_bad("copy:\n  threads: 4\n existing: drop\n", UM_E_CONFIG_SYNTAX,
               "job.yaml:3:2: not valid");
    expect_bad("copy: {threads: 4\n", UM_E_CONFIG_SYNTAX, "not valid YAML");
    expect_bad("copy:\n\tthreads: 4\n", UM_E_CONFIG_SYNTAX, "job.yaml:2:1");
    expect_bad("job: 'a\n", UM_E_CONFIG_SYNTAX, "job.yaml:");
    expect_bytes(nul, sizeof nul - 1, UM_E_CONFIG_SYNTAX, "job.yaml:1:7: not valid YAML: control");
    expect_bad("job: a\nsource: {user: J\xf6rg}\n", UM_E_CONFIG_ENCODING,
               "job.yaml:2:17: not UTF-8 (byte 0xf6)");
    expect_bad("job: \xc0\xaf\n", UM_E_CONFIG_ENCODING, "job.yaml:1:6");         /* overlong */
    expect_bad("job: \xed\xa0\x80\n", UM_E_CONFIG_ENCODING, "job.yaml:1:6");     /* surrogate */
    expect_bad("job: \xf4\x90\x80\x80\n", UM_E_CONFIG_ENCODING, "job.yaml:1:6"); /* too high */
    expect_bytes("job: a\xe2\x82", 8, UM_E_CONFIG_ENCODING, "job.yaml:1:7");     /* cut off */
    expect_bytes(utf16, sizeof utf16 - 1, UM_E_CONFIG_ENCODING, "job.yaml:1:1");
    size_t len = 2 * 1024 * 1024;
    char *large = malloc(len);
    memset(large, '#', len);
    struct um_config c;
    struct um_err err = {0};
    assert_int_equal(um_config_read_yaml(&c, NAME, large, len, &err), -1);
    assert_int_equal(err.id, UM_E_CONFIG_FILE);
    free(large);
    um_config_free(&c);
}

/* A literal password is refused with the ways to give one, and never repeated. */
static void test_inline_password(void **state)
{
    static const char *const texts[] = {
        "source:\n  password: hunter2\n",   "target: {passwd: hunter2}\n", "password: hunter2\n",
        "source: {db_password: hunter2}\n", "source: {pwd: hunter2}\n",
    };
    (void)state;
    expect_bad(texts[0], UM_E_CONFIG_PASSWORD_INLINE, "job.yaml:2:3: source.password");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct um_config c;
        struct um_err err = {0};
        assert_int_equal(um_config_read_yaml(&c, NAME, texts[i], strlen(texts[i]), &err), -1);
        assert_int_equal(err.id, UM_E_CONFIG_PASSWORD_INLINE);
        assert_non_null(strstr(err.text, "password_file"));
        assert_non_null(strstr(err.text, "password_env"));
        assert_non_null(strstr(err.text, "password_command"));
        assert_non_null(strstr(err.text, "defaults_file"));
        assert_null(strstr(err.text, "hunter2"));
        um_config_free(&c);
    }
}

static void test_patterns(void **state)
{
    (void)state;
    expect_bad("tables:\n  include:\n    - shop.*\n    - orders\n", UM_E_CONFIG_VALUE,
               "job.yaml:4:7: tables.include is 'orders'; it takes the form schema.table");
    expect_bad("tables: {include: [shop.]}\n", UM_E_CONFIG_VALUE, "schema.table");
    expect_bad("tables: {include: [.t]}\n", UM_E_CONFIG_VALUE, "schema.table");
    expect_bad("tables: {include: ['`shop`.t']}\n", UM_E_CONFIG_VALUE, "backticks");
    expect_bad("tables: {exclude: ['shop.tmp%']}\n", UM_E_CONFIG_VALUE, "not %");
    expect_bad("tables: {include: ['shop. t']}\n", UM_E_CONFIG_VALUE, "space");
    expect_bad("tables: {include: ['mysql.*']}\n", UM_E_CONFIG_VALUE, "never migrated");
    expect_bad("tables: {include: ['Information_Schema.*']}\n", UM_E_CONFIG_VALUE, "never");
}

static void test_wants(void **state)
{
    static const struct {
        const char *schema, *table;
        bool wanted;
    } cases[] = {
        {"shop", "orders", true},
        {"Shop", "orders", false}, /* case matters */
        {"shop", "tmp_1", false},  /* excluded */
        {"shop", "tmp", true},
        {"shopx", "orders", false},
        {"crm", "ab", true},
        {"crm", "a", false},
        {"crm", "abc", false},
        {"crm", "a\xc3\xb6", true}, /* ? is a character, not a byte */
        {"arch_1", "log2020x", true},
        {"arch_1", "log202x", true},
        {"arch_1", "blog", false},
        {"dot", "a.b.c", true}, /* the first dot divides */
        {"dot", "a.b", false},
        {"x1y", "aXbXXbc", true}, /* needs the star taken back */
        {"x1y", "aXbXXb", false},
        {"mysql", "user", false},
        {"sys", "version", false},
        {"INFORMATION_SCHEMA", "tables", false},
        {"Performance_Schema", "threads", false},
        {"unmoor", "progress", false},
        {"mysql2", "t_any", true},
    };
    struct um_config c = read_good(
        "tables:\n"
        "  include: ['shop.*', 'crm.a?', 'arch_*.log*', 'dot.a.b.c', 'x?y.a*b?', '*.t_any', "
        "'*.user', '*.version', '*.tables', '*.threads', '*.progress']\n"
        "  exclude: ['shop.tmp_*']\n");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (um_config_wants(&c, cases[i].schema, cases[i].table) != cases[i].wanted)
            fail_msg("%s.%s is %swanted", cases[i].schema, cases[i].table,
                     cases[i].wanted ? "not " : "");
    }
    /* What joined by order: these names, whatever the patterns say. */
    char *names[] = {"shop", "tmp_1", "dot", "a.*", "mysql", "user"};
    const struct um_strv added = {.items = names, .count = 6};
    c.tables.added = &added;
    assert_true(um_config_wants(&c, "shop", "tmp_1"));
    assert_false(um_config_wants(&c, "shop", "tmp_2"));
    assert_true(um_config_wants(&c, "dot", "a.*"));
    assert_false(um_config_wants(&c, "dot", "a.b"));
    assert_false(um_config_wants(&c, "mysql", "user"));
    um_config_free(&c);
    c = read_good("tables: {include: ['*.*']}\nstate: {schema: other}\n");
    assert_true(um_config_wants(&c, "unmoor", "t"));
    assert_false(um_config_wants(&c, "other", "t"));
    um_config_free(&c);
}

static uint64_t identity(const char *text)
{
    struct um_config c = read_good(text);
    uint64_t id = um_config_identity(&c);
    um_config_free(&c);
    return id;
}

static void test_identity(void **state)
{
    uint64_t base = identity("job: a\ntables: {include: ['x.*', 'y.*']}\n");
    (void)state;
    /* What may change. */
    assert_true(base == identity("tables: {include: ['y.*', 'x.*', 'x.*']}\njob: a\n"
                                 "source: {host: h, port: 1, user: u}\ncopy: {threads: 9}\n"
                                 "verify: {threads: 9}\napply: {batch_rows: 7}\n"));
    assert_true(base ==
                identity("job: a\ntables: {include: ['x.*', 'y.*']}\ncopy: {definer: keep}\n"));
    /* What must not. */
    assert_true(base != identity("job: b\ntables: {include: ['x.*', 'y.*']}\n"));
    assert_true(base != identity("job: a\ntables: {include: ['x.*']}\n"));
    assert_true(base != identity("job: a\ntables: {include: ['x.*', 'y.*'], exclude: ['x.t']}\n"));
    assert_true(base !=
                identity("job: a\ntables: {include: ['x.*', 'y.*']}\ncopy: {definer: current}\n"));
    /* Moved from one list to the other, the same texts are another job. */
    assert_true(identity("job: a\ntables: {include: ['x.*', 'y.*']}\n") !=
                identity("job: a\ntables: {include: ['x.*'], exclude: ['y.*']}\n"));
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(um_edit_distance("", ""), 0);
    assert_int_equal(um_edit_distance("abc", ""), 3);
    assert_int_equal(um_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(um_edit_distance("suorce", "source"), 1); /* neighbours swapped */
    assert_int_equal(um_edit_distance("Threads", "threads"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in),         cmocka_unit_test(test_values),
        cmocka_unit_test(test_accepted_forms),   cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_types_and_ranges), cmocka_unit_test(test_apply),
        cmocka_unit_test(test_language),         cmocka_unit_test(test_inline_password),
        cmocka_unit_test(test_patterns),         cmocka_unit_test(test_wants),
        cmocka_unit_test(test_identity),         cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
