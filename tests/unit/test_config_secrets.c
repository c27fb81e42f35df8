/* Passwords, MySQL option files and TLS files: where they may be and who may read them. */
/* links: um_config um_base */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/config.h"
#include "config/draft.h"

static char dir[] = "/tmp/um-test-secrets-XXXXXX";

/* A path in the test's folder; four may be used at a time. */
static const char *in_dir(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *bytes, size_t len, mode_t mode)
{
    FILE *out = fopen(in_dir(name), "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(out);
    assert_int_equal(chmod(in_dir(name), mode), 0);
}

static void write_text(const char *name, const char *text, mode_t mode)
{
    write_file(name, text, strlen(text), mode);
}

struct result {
    struct um_cli cli;
    struct um_config config;
    struct um_err err;
    int rc;
};

/* Loads a job whose source has these lines; DIR stands for the test's folder. */
static struct result load(const char *source)
{
    struct result r = {0};
    struct um_buf b = {0};
    um_buf_str(&b, "job: a\ntarget: {host: t, user: u}\ntables: {include: ['a.*']}\nsource:\n");
    while (*source) {
        bool folder = strncmp(source, "DIR", 3) == 0;
        um_buf_add(&b, folder ? dir : source, folder ? strlen(dir) : 1);
        source += folder ? 3 : 1;
    }
    write_file("job.yaml", b.data, b.len, 0644);
    um_buf_free(&b);
    char *argv[] = {(char *)"unmoor", (char *)"plan", (char *)"-c", (char *)in_dir("job.yaml")};
    r.rc = um_config_load(4, argv, &r.cli, &r.config, &r.err);
    return r;
}

static void done(struct result *r)
{
    um_config_free(&r->config);
    um_cli_free(&r->cli);
}

static void expect_password(const char *source, const char *password)
{
    struct result r = load(source);
    if (r.rc != 0)
        fail_msg("%s: %s", source, r.err.text);
    assert_string_equal(r.config.source.password, password);
    done(&r);
}

static void expect_bad(const char *source, enum um_err_id id, const char *part)
{
    struct result r = load(source);
    if (r.rc == 0)
        fail_msg("accepted: %s", source);
    if (r.err.id != id || !strstr(r.err.text, part))
        fail_msg("for <%s>: UM-%d %s\nexpected UM-%d with: %s", source, r.err.id, r.err.text, id,
                 part);
    assert_null(strstr(r.err.text, "hunter2"));
    assert_null(r.config.source.password);
    done(&r);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[256];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

#define AT "  {host: s, user: u, "

static void test_password_file(void **state)
{
    (void)state;
    write_text("pw", "hunter2\n", 0600);
    expect_password(AT "password_file: DIR/pw}\n", "hunter2");
    write_text("pw", "hunter2", 0400);
    expect_password(AT "password_file: DIR/pw}\n", "hunter2");
    write_text("pw", " p w \r\nnotes below\n", 0600); /* blanks belong to it, a line's end not */
    expect_password(AT "password_file: DIR/pw}\n", " p w ");
    assert_int_equal(symlink(in_dir("pw"), in_dir("link")), 0);
    expect_password(AT "password_file: DIR/link}\n", " p w ");

    static const mode_t open_modes[] = {0640, 0604, 0620, 0601, 0644, 0777};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        char mode[8];
        write_text("pw", "hunter2\n", open_modes[i]);
        snprintf(mode, sizeof mode, "%04o", (unsigned)open_modes[i]);
        expect_bad(AT "password_file: DIR/pw}\n", UM_E_CONFIG_FILE_MODE, mode);
        expect_bad(AT "password_file: DIR/pw}\n", UM_E_CONFIG_FILE_MODE, "chmod 600 '/tmp/");
    }
    write_text("pw", "", 0600);
    expect_bad(AT "password_file: DIR/pw}\n", UM_E_CONFIG_PASSWORD_FILE, "is empty");
    write_text("pw", "\nhunter2\n", 0600);
    expect_bad(AT "password_file: DIR/pw}\n", UM_E_CONFIG_PASSWORD_FILE, "is empty");
    write_file("pw", "hunter2\0x\n", 10, 0600);
    expect_bad(AT "password_file: DIR/pw}\n", UM_E_CONFIG_PASSWORD_FILE, "NUL");
    expect_bad(AT "password_file: DIR/none}\n", UM_E_CONFIG_PASSWORD_FILE, "No such file");
    expect_bad(AT "password_file: DIR}\n", UM_E_CONFIG_PASSWORD_FILE, "is a directory");
    assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0); /* must not hang */
    expect_bad(AT "password_file: DIR/fifo}\n", UM_E_CONFIG_PASSWORD_FILE, "regular file");
}

static void test_password_env(void **state)
{
    (void)state;
    setenv("SHOP_PW", "hunter2", 1);
    expect_password(AT "password_env: SHOP_PW}\n", "hunter2");
    setenv("SHOP_PW", "", 1);
    expect_bad(AT "password_env: SHOP_PW}\n", UM_E_CONFIG_PASSWORD_ENV, "SHOP_PW is empty");
    unsetenv("SHOP_PW");
    expect_bad(AT "password_env: SHOP_PW}\n", UM_E_CONFIG_PASSWORD_ENV, "SHOP_PW is not set");
}

static void test_password_command(void **state)
{
    (void)state;
    expect_password(AT "password_command: 'printf \"hunter2\\nmore\\n\"'}\n", "hunter2");
    expect_password(AT "password_command: printf hunter2}\n", "hunter2");
    expect_password(AT "password_command: 'printf \"a b\\r\\n\"'}\n", "a b");
    /* Output far beyond a pipe's buffer must neither block nor kill the command. */
    expect_password(AT "password_command: 'echo hunter2; yes | head -c 300000'}\n", "hunter2");
    /* Stdin is empty, and there is no terminal to ask on. */
    expect_password(AT "password_command: 'read x; echo \"[$x]\"'}\n", "[]");
    expect_password(AT "password_command: '(: </dev/tty) 2>/dev/null || echo none'}\n", "none");
    /* A child that stays behind with stdout open does not hold things up. */
    int64_t begun = um_now_us();
    expect_password(AT "password_command: 'sleep 20 2>/dev/null & echo hunter2'}\n", "hunter2");
    assert_true(um_now_us() - begun < 15000000);

    expect_bad(AT "password_command: 'echo hunter2; exit 3'}\n", UM_E_CONFIG_PASSWORD_COMMAND,
               "exit status 3");
    expect_bad(AT "password_command: 'kill -9 $$'}\n", UM_E_CONFIG_PASSWORD_COMMAND, "signal 9");
    expect_bad(AT "password_command: 'true'}\n", UM_E_CONFIG_PASSWORD_COMMAND, "is empty");
    expect_bad(AT "password_command: 'echo; echo hunter2'}\n", UM_E_CONFIG_PASSWORD_COMMAND,
               "is empty");
    expect_bad(AT "password_command: 'printf \"a\\000b\\n\"'}\n", UM_E_CONFIG_PASSWORD_COMMAND,
               "NUL");
    expect_bad(AT "password_command: 'yes | tr -d \"\\n\" | head -c 5000'}\n",
               UM_E_CONFIG_PASSWORD_COMMAND, "longer than 4096");
}

/* The time limit kills the command and its children; short here, 30 s in earnest. */
static void test_command_timeout(void **state)
{
    struct um_err err = {0};
    char *out = NULL, command[256];
    (void)state;
    snprintf(command, sizeof command, "sleep 1000 & echo $! > %s/child; wait", dir);
    int rc = um_secret_command(command, "source.password_command", 1500000, &out, &err);
    assert_int_equal(rc, -1);
    assert_null(out);
    assert_int_equal(err.id, UM_E_CONFIG_PASSWORD_COMMAND);
    assert_non_null(strstr(err.text, "was killed"));
    FILE *in = fopen(in_dir("child"), "r");
    long child = 0;
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%ld", &child), 1);
    fclose(in);
    /* It may be a zombie until its new parent has looked, but it does not run. */
    char stat_path[64], state_char = 0;
    for (int i = 0; i < 500; i++) {
        snprintf(stat_path, sizeof stat_path, "/proc/%ld/stat", child);
        in = fopen(stat_path, "r");
        if (!in)
            return;
        int got = fscanf(in, "%*d (%*[^)]) %c", &state_char);
        fclose(in);
        if (got == 1 && state_char == 'Z')
            return;
        um_sleep_us(10000);
    }
    fail_msg("the command's child %ld still runs (%c)", child, state_char);
}

static void test_ways(void **state)
{
    (void)state;
    write_text("pw", "from-file\n", 0600);
    expect_bad(AT "password_file: DIR/pw, password_env: X}\n", UM_E_CONFIG_PASSWORD_WAYS,
               "source.password_file (/tmp/");
    expect_bad(AT "password_env: X, password_command: echo x}\n", UM_E_CONFIG_PASSWORD_WAYS,
               "are both given");
    /* The environment wins over the file as a whole: no clash between levels. */
    setenv("UNMOOR_SOURCE_PASSWORD_COMMAND", "echo from-command", 1);
    expect_password(AT "password_file: DIR/pw}\n", "from-command");
    unsetenv("UNMOOR_SOURCE_PASSWORD_COMMAND");
    /* An error elsewhere is found before a command runs. */
    char source[256];
    snprintf(source, sizeof source,
             "%spassword_command: 'echo x > DIR/ran; echo x', tls: {ca: DIR/none}}\n", AT);
    expect_bad(source, UM_E_CONFIG_TLS, "source.tls.ca");
    assert_int_equal(access(in_dir("ran"), F_OK), -1);
}

static struct result load_defaults(const char *text, const char *more)
{
    char source[256];
    write_text("my.cnf", text, 0600);
    snprintf(source, sizeof source, "  {defaults_file: DIR/my.cnf%s}\n", more);
    return load(source);
}

static void expect_bad_defaults(const char *text, const char *part)
{
    struct result r = load_defaults(text, ", host: s, user: u");
    if (r.rc == 0 || r.err.id != UM_E_CONFIG_DEFAULTS_FILE || !strstr(r.err.text, part))
        fail_msg("for <%s>: UM-%d %s\nexpected: %s", text, r.err.id, r.err.text, part);
    done(&r);
}

static void test_defaults_file(void **state)
{
    (void)state;
    write_text("ca.pem", "x", 0644);
    struct um_buf b = {0};
    um_buf_fmt(&b,
               "# comment\n; comment\n[mysqld]\nport=1\npassword=wrong\nskip-networking\n\n"
               "[client]\n"
               "host = db.example   # comment\n"
               "port=3310\r\n"
               "user=\"app user\"\n"
               "password = \"hu#n\\\\ter\\\"2 \"\n"
               "loose-ssl_ca = '%s/ca.pem'\n"
               "ssl-mode=verify_ca\n"
               "default-character-set=utf8mb4\n"
               "compress\n",
               dir);
    struct result r = load_defaults(b.data, "");
    if (r.rc != 0)
        fail_msg("%s", r.err.text);
    assert_string_equal(r.config.source.host, "db.example");
    assert_int_equal(r.config.source.port, 3310);
    assert_string_equal(r.config.source.user, "app user");
    assert_string_equal(r.config.source.password, "hu#n\\ter\"2 ");
    assert_int_equal(r.config.source.tls.mode, UM_TLS_VERIFY_CA);
    assert_true(r.config.source.tls.mode_given);
    assert_string_equal(r.config.source.tls.ca, in_dir("ca.pem"));
    done(&r);

    /* Anything else wins over the file; a host with precedence also over its socket. */
    setenv("SHOP_PW", "from-env", 1);
    um_buf_str(&b, "socket=/from/file.sock\n");
    r = load_defaults(b.data, ", host: h, tls: {mode: required}, password_env: SHOP_PW");
    if (r.rc != 0)
        fail_msg("%s", r.err.text);
    assert_string_equal(r.config.source.host, "h");
    assert_null(r.config.source.socket);
    assert_int_equal(r.config.source.port, 3310);
    assert_int_equal(r.config.source.tls.mode, UM_TLS_REQUIRED);
    assert_string_equal(r.config.source.password, "from-env");
    done(&r);
    unsetenv("SHOP_PW");
    um_buf_free(&b);
}

static void test_defaults_details(void **state)
{
    (void)state;
    /* The last setting wins, over repeated groups; an unquoted # begins a comment. */
    struct result r = load_defaults("[client]\nuser=a\npassword=one\n[x]\nuser=b\n[client]\n"
                                    "user=c\npassword=t#wo\nhost=h\n",
                                    "");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.config.source.user, "c");
    assert_string_equal(r.config.source.password, "t");
    assert_false(r.config.source.tls.mode_given);
    done(&r);
    /* Another group; escapes; an empty password is none. */
    r = load_defaults("[client]\nuser=a\n[client-shop]\nuser=a\\sb\\\\c\\d\nhost='h'\npassword=\n",
                      ", defaults_group: client-shop");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.config.source.user, "a b\\c\\d");
    assert_string_equal(r.config.source.host, "h");
    assert_null(r.config.source.password);
    done(&r);
    /* MariaDB's switch, and what decides over it. */
    r = load_defaults("[client]\nuser=a\nhost=h\nssl-verify-server-cert\n", "");
    assert_int_equal(r.config.source.tls.mode, UM_TLS_VERIFY_IDENTITY);
    assert_true(r.config.source.tls.mode_given);
    done(&r);
    r = load_defaults("[client]\nuser=a\nhost=h\nssl-verify-server-cert=OFF\n", "");
    assert_int_equal(r.config.source.tls.mode, UM_TLS_REQUIRED);
    done(&r);
    r = load_defaults("[client]\nuser=a\nhost=h\nssl-mode=DISABLED\nssl-verify-server-cert=1\n",
                      "");
    assert_int_equal(r.config.source.tls.mode, UM_TLS_DISABLED);
    done(&r);
    r = load_defaults("[client]\nuser=a\nhost=h\nssl-mode=PREFERRED\n", ", tls: {mode: required}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.config.source.tls.mode, UM_TLS_REQUIRED);
    done(&r);
}

static void test_defaults_refused(void **state)
{
    (void)state;
    expect_bad_defaults("[client]\n!includedir /etc/mysql/conf.d/\n", "my.cnf:2: !include");
    expect_bad_defaults("!include /etc/x.cnf\n[client]\n", "my.cnf:1: !include");
    expect_bad_defaults("[client]\nuser=a\npassword\n", "my.cnf:3: password without a value");
    expect_bad_defaults("[client]\nhost\n", "my.cnf:2: an option without a value");
    expect_bad_defaults("[client\nuser=a\n", "my.cnf:1: a group without");
    expect_bad_defaults("[mysql]\nuser=a\n", "has no group [client]");
    expect_bad_defaults("", "has no group [client]");
    expect_bad_defaults("[client]\nssl-mode=PREFERRED\n", "my.cnf:2: ssl-mode is neither");
    expect_bad_defaults("[client]\nssl-verify-server-cert=maybe\n", "neither 0 nor 1");
    struct result r = load_defaults("[client]\nport=99999\n", ", host: s, user: u");
    assert_int_equal(r.err.id, UM_E_CONFIG_VALUE);
    assert_non_null(strstr(r.err.text, "my.cnf:2: source.port is '99999'"));
    done(&r);
    expect_bad(AT "defaults_file: DIR/none}\n", UM_E_CONFIG_DEFAULTS_FILE, "No such file");
    /* Only a file with a password must be private. */
    write_text("open.cnf", "[client]\nport=3307\n", 0644);
    r = load(AT "defaults_file: DIR/open.cnf}\n");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.config.source.port, 3307);
    done(&r);
    write_text("open.cnf", "[client]\nport=3307\npassword=hunter2\n", 0644);
    expect_bad(AT "defaults_file: DIR/open.cnf}\n", UM_E_CONFIG_FILE_MODE, "chmod 600");
}

static void test_tls_files(void **state)
{
    (void)state;
    write_text("ca.pem", "x", 0644);
    write_text("cert.pem", "x", 0644);
    write_text("key.pem", "x", 0600);
    struct result r = load(AT "tls: {ca: DIR/ca.pem, cert: DIR/cert.pem, key: DIR/key.pem}}\n");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.config.source.tls.key, in_dir("key.pem"));
    assert_false(r.config.source.tls.mode_given);
    assert_int_equal(r.config.source.tls.mode, UM_TLS_VERIFY_IDENTITY);
    done(&r);
    expect_bad(AT "tls: {cert: DIR/cert.pem}}\n", UM_E_CONFIG_TLS, "source.tls.key is not");
    expect_bad(AT "tls: {key: DIR/key.pem}}\n", UM_E_CONFIG_TLS, "source.tls.cert is not");
    expect_bad(AT "tls: {ca: DIR/none.pem}}\n", UM_E_CONFIG_TLS, "source.tls.ca: /tmp/");
    expect_bad(AT "tls: {ca: DIR}}\n", UM_E_CONFIG_TLS, "is a directory");
    assert_int_equal(chmod(in_dir("key.pem"), 0644), 0);
    expect_bad(AT "tls: {cert: DIR/cert.pem, key: DIR/key.pem}}\n", UM_E_CONFIG_FILE_MODE,
               "the TLS key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_file),
        cmocka_unit_test(test_password_env),
        cmocka_unit_test(test_password_command),
        cmocka_unit_test(test_command_timeout),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_defaults_file),
        cmocka_unit_test(test_defaults_details),
        cmocka_unit_test(test_defaults_refused),
        cmocka_unit_test(test_tls_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
