/* The command line, the environment, and what wins over what. */
/* links: um_config um_base */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

#define COMPLETE                                                                                   \
    "job: shop\nsource: {host: s, user: u}\ntarget: {host: t, user: u}\n"                          \
    "tables: {include: ['shop.*']}\n"

static char dir[] = "/tmp/um-test-flags-XXXXXX";
static char yaml[64];

static void write_yaml(const char *text)
{
    FILE *out = fopen(yaml, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

struct result {
    struct um_cli cli;
    struct um_config config;
    struct um_err err;
    int rc;
};

/* Arguments behind "unmoor", divided by '|'. */
static struct result load(const char *arguments)
{
    struct result r = {0};
    char *argv[32] = {(char *)"unmoor"};
    int argc = 1;
    char *copy = strdup(arguments), *rest = copy, *word;
    while (*arguments && (word = strsep(&rest, "|")))
        argv[argc++] = strcmp(word, "YAML") == 0 ? yaml : word;
    r.rc = um_config_load(argc, argv, &r.cli, &r.config, &r.err);
    free(copy);
    return r;
}

static void done(struct result *r)
{
    um_config_free(&r->config);
    um_cli_free(&r->cli);
}

static struct result load_good(const char *arguments)
{
    struct result r = load(arguments);
    if (r.rc != 0)
        fail_msg("%s: %s", arguments, r.err.text);
    return r;
}

static void expect_bad(const char *arguments, enum um_err_id id, const char *part)
{
    struct result r = load(arguments);
    if (r.rc == 0)
        fail_msg("accepted: %s", arguments);
    if (r.err.id != id || !strstr(r.err.text, part))
        fail_msg("for <%s>: UM-%d %s\nexpected UM-%d with: %s", arguments, r.err.id, r.err.text, id,
                 part);
    assert_int_equal(um_err_exit(&r.err), id < 1100 ? UM_EXIT_USAGE : UM_EXIT_CONFIG);
    assert_null(r.config.job); /* nothing half-read is handed out */
    done(&r);
}

static int setup(void **state)
{
    extern char **environ;
    (void)state;
    for (char **e = environ; *e;) { /* what the caller's environment holds must not matter */
        if (strncmp(*e, "UNMOOR_", 7) == 0) {
            char *name = strndup(*e, strcspn(*e, "="));
            unsetenv(name);
            free(name);
            e = environ;
        } else {
            e++;
        }
    }
    if (!mkdtemp(dir))
        return -1;
    snprintf(yaml, sizeof yaml, "%s/job.yaml", dir);
    write_yaml(COMPLETE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(yaml);
    return rmdir(dir);
}

static void test_commands(void **state)
{
    (void)state;
    expect_bad("", UM_E_USAGE_NO_COMMAND,
               "plan, migrate, verify, cutover, reverse, status, ctl skip, ctl recopy, ctl "
               "add-table, ctl throttle, "
               "ctl unthrottle, cleanup, binlog dump, explain");
    expect_bad("-c|YAML", UM_E_USAGE_NO_COMMAND, "no command");
    expect_bad("migrat|-c|YAML", UM_E_USAGE_UNKNOWN_COMMAND, "did you mean migrate?");
    expect_bad("frobnicate", UM_E_USAGE_UNKNOWN_COMMAND, "the commands are plan");
    expect_bad("plan|-c|YAML|now", UM_E_USAGE_ARGUMENT, "plan takes no arguments; found 'now'");
    expect_bad("explain", UM_E_USAGE_ARGUMENT, "unmoor explain ID");
    expect_bad("binlog", UM_E_USAGE_NO_COMMAND,
               "only the first word of a command is given: binlog");
    expect_bad("binlog|dmp|f", UM_E_USAGE_UNKNOWN_COMMAND, "did you mean binlog dump?");
    expect_bad("binlog|plan", UM_E_USAGE_UNKNOWN_COMMAND, "unknown command 'binlog plan'");
    expect_bad("dump|f", UM_E_USAGE_UNKNOWN_COMMAND, "unknown command 'dump'");
    expect_bad("binlog|dump", UM_E_USAGE_ARGUMENT, "unmoor binlog dump FILE...");
    struct result r = load_good("plan|-c|YAML");
    assert_string_equal(r.cli.command, "plan");
    assert_string_equal(r.config.job, "shop");
    done(&r);
}

static void test_command_of_two_words(void **state)
{
    (void)state;
    struct result r =
        load_good("--format|json|binlog|--from=4|dump|a|b|--table|s.*,mysql.t|--table=x.y");
    assert_string_equal(r.cli.command, "binlog dump");
    assert_string_equal(r.cli.from, "4");
    assert_null(r.cli.to);
    assert_int_equal(r.cli.format, UM_OUTPUT_JSON);
    assert_int_equal(r.cli.args.count, 2);
    assert_string_equal(r.cli.args.items[1], "b");
    assert_int_equal(r.cli.tables.count, 3);
    assert_string_equal(r.cli.tables.items[1], "mysql.t"); /* nothing is written: any schema goes */
    done(&r);
    r = load_good("binlog|dump|-h");
    assert_string_equal(r.cli.command, "binlog dump");
    done(&r);
    expect_bad("binlog|dump|a|--table|shop", UM_E_USAGE_OPTION_VALUE, "schema.table");
    expect_bad("binlog|dump|a|--form|4", UM_E_USAGE_UNKNOWN_OPTION, "did you mean --from?");
    expect_bad("binlog|dump|a|--from|4|--from|5", UM_E_USAGE_OPTION_REPEATED, "twice");
    expect_bad("binlog|dump|a|--until|copied", UM_E_USAGE_OPTION_COMMAND,
               "binlog dump does not take");
    expect_bad("plan|-c|YAML|--from|4", UM_E_USAGE_OPTION_COMMAND, "an option of binlog dump");
}

static void test_forms(void **state)
{
    struct result r;
    (void)state;
    r = load_good("--config|YAML|migrate|--until=synced|--restart|--format|json|--log-format=json|"
                  "--debug|--copy-threads|8|--copy-chunk-time=3s");
    assert_int_equal(r.cli.until, UM_UNTIL_SYNCED);
    assert_true(r.cli.restart);
    assert_int_equal(r.cli.format, UM_OUTPUT_JSON);
    assert_true(r.cli.log_json);
    assert_true(r.cli.debug);
    assert_int_equal(r.config.copy.threads, 8);
    assert_int_equal(r.config.copy.chunk_time_us, 3000000);
    done(&r);

    r = load_good("migrate|-c|YAML");
    assert_int_equal(r.cli.until, UM_UNTIL_FOREVER);
    assert_int_equal(r.cli.format, UM_OUTPUT_TEXT);
    assert_false(r.cli.log_json || r.cli.restart || r.cli.debug);
    done(&r);

    r = load_good("verify|-c|YAML|--report|/tmp/r.json|--target-sql-log-bin=false");
    assert_string_equal(r.cli.report, "/tmp/r.json");
    assert_false(r.config.target.sql_log_bin);
    done(&r);

    r = load_good("explain|UM-1001|--|--odd");
    assert_int_equal(r.cli.args.count, 2);
    assert_string_equal(r.cli.args.items[1], "--odd");
    done(&r);
}

/* With -h and --version nothing is read. */
static void test_help(void **state)
{
    struct result r = load_good("--help");
    (void)state;
    assert_true(r.cli.help);
    assert_null(r.cli.command);
    done(&r);
    r = load_good("migrate|-h|-c|/nowhere/at/all");
    assert_true(r.cli.help);
    assert_string_equal(r.cli.command, "migrate");
    done(&r);
    r = load_good("--version");
    assert_true(r.cli.version);
    done(&r);
    r = load_good("explain|1001|-c|/nowhere/at/all");
    assert_null(r.config.job);
    done(&r);
}

static void test_wrong_flags(void **state)
{
    (void)state;
    expect_bad("plan|--copy-thread|4", UM_E_USAGE_UNKNOWN_OPTION, "did you mean --copy-threads?");
    expect_bad("plan|--copy.threads=4", UM_E_USAGE_UNKNOWN_OPTION, "did you mean --copy-threads?");
    expect_bad("plan|--copy_chunk_time|4", UM_E_USAGE_UNKNOWN_OPTION, "--copy-chunk-time?");
    expect_bad("plan|--confg=x", UM_E_USAGE_UNKNOWN_OPTION, "did you mean --config?");
    expect_bad("plan|--zzzzzzzzzzzz", UM_E_USAGE_UNKNOWN_OPTION, "unmoor plan --help");
    expect_bad("plan|-x", UM_E_USAGE_UNKNOWN_OPTION, "unknown option -x");
    expect_bad("plan|--copy-threads", UM_E_USAGE_OPTION_VALUE, "needs a value: a whole number");
    expect_bad("plan|--copy-threads|--debug", UM_E_USAGE_OPTION_VALUE, "needs a value");
    expect_bad("plan|--copy-threads|many", UM_E_USAGE_OPTION_VALUE, "--copy-threads is 'many'");
    expect_bad("plan|--copy-threads=0", UM_E_USAGE_OPTION_VALUE, "1 to 64");
    expect_bad("plan|--copy-threads=", UM_E_USAGE_OPTION_VALUE, "is empty");
    expect_bad("plan|--debug=yes", UM_E_USAGE_OPTION_VALUE, "takes no value");
    expect_bad("plan|--format|xml", UM_E_USAGE_OPTION_VALUE, "text, json");
    expect_bad("migrate|--until|done", UM_E_USAGE_OPTION_VALUE, "forever, copied, synced");
    expect_bad("plan|--copy-threads|4|--copy-threads|4", UM_E_USAGE_OPTION_REPEATED, "twice");
    expect_bad("verify|--copy-threads|4", UM_E_USAGE_OPTION_COMMAND,
               "verify does not take --copy-threads; it is an option of plan, migrate");
    expect_bad("plan|--until|copied", UM_E_USAGE_OPTION_COMMAND, "an option of migrate");
    expect_bad("explain|1001|--job|x", UM_E_USAGE_OPTION_COMMAND, "explain does not take --job");
    expect_bad("migrate|--apply-on-conflict|keep", UM_E_USAGE_OPTION_VALUE, "overwrite");
    expect_bad("migrate|--row", UM_E_USAGE_OPTION_COMMAND, "an option of ctl skip");
    expect_bad("ctl", UM_E_USAGE_NO_COMMAND, "only the first word");
    expect_bad("plan|--tables-include|shop", UM_E_USAGE_OPTION_VALUE, "schema.table");
    expect_bad("plan|--tables-include|a.b,", UM_E_USAGE_OPTION_VALUE, "is empty");
}

static void test_secrets_by_flag(void **state)
{
    static const char *const lines[] = {
        "plan|--source.password=hunter2", "plan|--source-password|hunter2", "plan|-phunter2",
        "plan|--password=hunter2",        "plan|--target-passwd=hunter2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct result r = load(lines[i]);
        assert_int_equal(r.rc, -1);
        assert_int_equal(r.err.id, UM_E_USAGE_SECRET);
        assert_null(strstr(r.err.text, "hunter2"));
        assert_non_null(strstr(r.err.text, "password_command"));
        assert_non_null(strstr(r.err.text, "--source-password-file"));
        done(&r);
    }
    /* Nor does an unknown flag's value come back. */
    struct result r = load("plan|--sourze-pazzword=hunter2");
    assert_int_equal(r.err.id, UM_E_USAGE_UNKNOWN_OPTION);
    assert_null(strstr(r.err.text, "hunter2"));
    done(&r);
}

static void test_precedence(void **state)
{
    (void)state;
    write_yaml(COMPLETE "copy: {threads: 5, existing: drop, chunk_time: 5s}\n");
    setenv("UNMOOR_COPY_THREADS", "6", 1);
    setenv("UNMOOR_COPY_EXISTING", "empty", 1);
    struct result r = load_good("plan|-c|YAML|--copy-threads|7");
    assert_int_equal(r.config.copy.threads, 7);                  /* flag */
    assert_int_equal(r.config.copy.existing, UM_EXISTING_EMPTY); /* environment */
    assert_int_equal(r.config.copy.chunk_time_us, 5000000);      /* YAML */
    assert_int_equal(r.config.copy.lock_wait_us, 500000);        /* built-in */
    done(&r);
    /* Overridden values are checked all the same. */
    setenv("UNMOOR_COPY_THREADS", "0", 1);
    expect_bad("plan|-c|YAML|--copy-threads|7", UM_E_CONFIG_VALUE, "UNMOOR_COPY_THREADS is '0'");
    setenv("UNMOOR_COPY_THREADS", "", 1); /* counts as unset */
    r = load_good("plan|-c|YAML");
    assert_int_equal(r.config.copy.threads, 5);
    done(&r);
    unsetenv("UNMOOR_COPY_THREADS");
    unsetenv("UNMOOR_COPY_EXISTING");
    write_yaml(COMPLETE);
}

static void test_lists(void **state)
{
    (void)state;
    struct result r = load_good("plan|-c|YAML|--tables-include|a.*, b.*|--tables-include=c.*");
    assert_int_equal(r.config.tables.include.count, 3); /* replaces the file's */
    assert_string_equal(r.config.tables.include.items[0], "a.*");
    assert_string_equal(r.config.tables.include.items[1], "b.*");
    assert_string_equal(r.config.tables.include.items[2], "c.*");
    done(&r);
    setenv("UNMOOR_TABLES_INCLUDE", "e.*,f.*", 1);
    r = load_good("plan|-c|YAML");
    assert_int_equal(r.config.tables.include.count, 2);
    assert_string_equal(r.config.tables.include.items[0], "e.*");
    done(&r);
    r = load_good("plan|-c|YAML|--tables-include|g.*");
    assert_int_equal(r.config.tables.include.count, 1);
    assert_string_equal(r.config.tables.include.items[0], "g.*");
    done(&r);
    unsetenv("UNMOOR_TABLES_INCLUDE");
}

static void test_environment(void **state)
{
    (void)state;
    setenv("UNMOOR_FAULT", "x", 1); /* not ours, and not unknown */
    setenv("UNMOOR_SERVERS", "/x", 1);
    setenv("UNMOOR_CONFIG", yaml, 1);
    setenv("UNMOOR_FORMAT", "json", 1);
    struct result r = load_good("plan");
    assert_string_equal(r.config.job, "shop");
    assert_int_equal(r.cli.format, UM_OUTPUT_JSON);
    done(&r);
    r = load_good("plan|--format|text");
    assert_int_equal(r.cli.format, UM_OUTPUT_TEXT);
    done(&r);
    setenv("UNMOOR_COPY_TREADS", "4", 1);
    expect_bad("plan", UM_E_CONFIG_UNKNOWN_VARIABLE,
               "UNMOOR_COPY_TREADS is no option; did you mean UNMOOR_COPY_THREADS?");
    unsetenv("UNMOOR_COPY_TREADS");
    setenv("UNMOOR_SOURCE_PASSWORD", "hunter2", 1);
    expect_bad("plan", UM_E_CONFIG_UNKNOWN_VARIABLE, "source.password_env");
    /* Named as the place of a password, it is fine. */
    r = load_good("plan|--source-password-env|UNMOOR_SOURCE_PASSWORD");
    assert_string_equal(r.config.source.password, "hunter2");
    done(&r);
    unsetenv("UNMOOR_SOURCE_PASSWORD");
    setenv("UNMOOR_SOURCE_PORT", "70000", 1);
    expect_bad("plan", UM_E_CONFIG_VALUE, "UNMOOR_SOURCE_PORT is '70000'");
    unsetenv("UNMOOR_SOURCE_PORT");
    unsetenv("UNMOOR_CONFIG");
    unsetenv("UNMOOR_FORMAT");
    unsetenv("UNMOOR_FAULT");
    unsetenv("UNMOOR_SERVERS");
}

static void test_files(void **state)
{
    char folder[64];
    (void)state;
    snprintf(folder, sizeof folder, "plan|-c|%s", dir);
    expect_bad("plan|-c|/nowhere/job.yaml", UM_E_CONFIG_FILE, "No such file");
    expect_bad(folder, UM_E_CONFIG_FILE, "is a directory");
    expect_bad("plan|-c|/dev/null", UM_E_CONFIG_FILE, "not a regular file");
    expect_bad("plan|-c|~/job.yaml", UM_E_CONFIG_FILE, "'~' is not expanded");
    if (geteuid() != 0) {
        chmod(yaml, 0);
        expect_bad("plan|-c|YAML", UM_E_CONFIG_FILE, "Permission denied");
        chmod(yaml, 0600);
    }
    write_yaml("");
    expect_bad("plan|-c|YAML", UM_E_CONFIG_EMPTY, "no configuration");
    write_yaml(COMPLETE "copy:\n  threads: 0\n");
    expect_bad("plan|-c|YAML", UM_E_CONFIG_VALUE, "job.yaml:6:12: copy.threads is '0'");
    write_yaml(COMPLETE);
}

static void test_required(void **state)
{
    (void)state;
    expect_bad("plan", UM_E_CONFIG_REQUIRED, "No configuration file was given: name one with -c");
    expect_bad("plan", UM_E_CONFIG_REQUIRED,
               "job, source.host (or source.socket), source.user, target.host (or "
               "target.socket), target.user, tables.include");
    write_yaml("job: shop\nsource: {socket: /x, user: u}\ntarget: {host: t, user: u}\n"
               "tables: {include: []}\n");
    expect_bad("plan|-c|YAML", UM_E_CONFIG_REQUIRED,
               "not set: tables.include (the list is empty: ");
    /* A file is not needed when everything is given otherwise. */
    struct result r = load_good("plan|--job|j|--source-host|s|--source-user|u|--target-socket|/x|"
                                "--target-user|u|--tables-include|*.*");
    assert_string_equal(r.config.target.socket, "/x");
    done(&r);
    write_yaml(COMPLETE);
}

/* A host given with precedence wins over a socket; otherwise the socket stands. */
static void test_host_and_socket(void **state)
{
    (void)state;
    write_yaml("job: shop\nsource: {socket: /x, host: s, user: u}\ntarget: {host: t, user: u}\n"
               "tables: {include: ['a.*']}\n");
    struct result r = load_good("plan|-c|YAML");
    assert_string_equal(r.config.source.socket, "/x");
    done(&r);
    r = load_good("plan|-c|YAML|--source-host|other");
    assert_null(r.config.source.socket);
    assert_string_equal(r.config.source.host, "other");
    done(&r);
    write_yaml(COMPLETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),    cmocka_unit_test(test_command_of_two_words),
        cmocka_unit_test(test_forms),       cmocka_unit_test(test_help),
        cmocka_unit_test(test_wrong_flags), cmocka_unit_test(test_secrets_by_flag),
        cmocka_unit_test(test_precedence),  cmocka_unit_test(test_lists),
        cmocka_unit_test(test_environment), cmocka_unit_test(test_files),
        cmocka_unit_test(test_required),    cmocka_unit_test(test_host_and_socket),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
