/*
 * MySQL option files ("~/.my.cnf"), as the servers' own clients read them: groups, '#' and ';'
 * comments, quotes and backslash escapes, '-' and '_' alike in names, the last setting wins.
 * Only the options that say how to reach a server are used; others belong to other programs.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/draft.h"
#include "config/file.h"

#define DEFAULTS_LIMIT (64 * 1024)

/* What the file's options are here. */
static const struct {
    const char *name, *leaf;
} plain[] = {
    {"host", "host"},     {"port", "port"},         {"socket", "socket"},   {"user", "user"},
    {"ssl-ca", "tls.ca"}, {"ssl-cert", "tls.cert"}, {"ssl-key", "tls.key"},
};

/* The file's settings as they stand after its last line: the last one wins. */
struct found {
    char *value;
    unsigned line;
};

struct reader {
    struct um_draft *draft;
    struct um_endpoint *at;
    const char *file, *group;
    struct found plain[sizeof plain / sizeof plain[0]];
    struct found ssl_mode, verify_cert;
    struct found password; /* points into the file's bytes, not owned */
    bool in_group, met_group;
    unsigned line;
    struct um_err *err;
};

static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]); n--)
        text[n - 1] = 0;
    return text;
}

/* Cuts a comment off: a '#' outside of quotes. */
static void cut_comment(char *text)
{
    char quote = 0;
    for (bool escaped = false; *text; text++) {
        if ((*text == '\'' || *text == '"') && !escaped) {
            if (!quote)
                quote = *text;
            else if (quote == *text)
                quote = 0;
        }
        if (!quote && *text == '#') {
            *text = 0;
            return;
        }
        escaped = quote && *text == '\\' && !escaped;
    }
}

/* Removes quotes and resolves escapes, in place. */
static char *unquote(char *value)
{
    size_t n = strlen(value);
    if (n >= 2 && (value[0] == '\'' || value[0] == '"') && value[n - 1] == value[0]) {
        value[n - 1] = 0;
        value++;
    }
    char *to = value;
    for (const char *from = value; *from; from++) {
        static const char names[] = "ntrbs\"'\\", bytes[] = "\n\t\r\b \"'\\";
        const char *escape = from[0] == '\\' && from[1] ? strchr(names, from[1]) : NULL;
        if (escape)
            from++;
        *to++ = escape ? bytes[escape - names] : *from;
    }
    *to = 0;
    return value;
}

/* "ssl_ca" and "loose-ssl-ca" are ssl-ca. */
static const char *settle_name(char *name)
{
    for (char *p = name; *p; p++)
        *p = *p == '_' ? '-' : *p;
    return strncmp(name, "loose-", 6) == 0 ? name + 6 : name;
}

static void keep(struct reader *r, struct found *f, const char *value)
{
    free(f->value);
    f->value = um_strdup(value);
    f->line = r->line;
}

static int fail(struct reader *r, unsigned line, const char *text)
{
    return um_fail(r->err, UM_E_CONFIG_DEFAULTS_FILE, "%s:%u: %s", r->file, line, text);
}

static int read_setting(struct reader *r, char *text)
{
    cut_comment(text);
    char *value = strchr(text, '=');
    if (value)
        *value++ = 0;
    const char *name = settle_name(trim(text));
    if (value)
        value = unquote(trim(value));
    if (strcmp(name, "password") == 0) {
        if (!value)
            return fail(r, r->line,
                        "password without a value asks for it on a terminal; Unmoor "
                        "never does");
        r->password = (struct found){value, r->line};
        return 0;
    }
    if (strcmp(name, "ssl-mode") == 0)
        keep(r, &r->ssl_mode, value ? value : "");
    if (strcmp(name, "ssl-verify-server-cert") == 0)
        keep(r, &r->verify_cert, value ? value : "1");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(name, plain[i].name) != 0)
            continue;
        if (!value)
            return fail(r, r->line, "an option without a value");
        keep(r, &r->plain[i], value);
    }
    return 0;
}

static int read_line(struct reader *r, char *text)
{
    text = trim(text);
    if (*text == 0 || *text == '#' || *text == ';')
        return 0;
    if (*text == '!')
        return fail(r, r->line,
                    "!include and !includedir are not followed: name the file that "
                    "holds the options");
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (!end)
            return fail(r, r->line, "a group without its ']'");
        *end = 0;
        r->in_group = strcmp(trim(text + 1), r->group) == 0;
        r->met_group |= r->in_group;
        return 0;
    }
    return r->in_group ? read_setting(r, text) : 0;
}

static int set_option(struct reader *r, const char *leaf, const char *value, unsigned line)
{
    char path[UM_OPTION_NAME_MAX];
    snprintf(path, sizeof path, "%s.%s", r->at->side, leaf);
    char *where = um_sprintf("%s:%u", r->file, line);
    int rc =
        um_draft_set(r->draft, um_option_find(path), value, UM_LEVEL_DEFAULTS_FILE, where, r->err);
    free(where);
    return rc;
}

/* ssl-mode is MySQL's and says more than MariaDB's ssl-verify-server-cert. */
static int set_tls_mode(struct reader *r)
{
    static const char *const modes[][2] = {{"DISABLED", "disabled"},
                                           {"REQUIRED", "required"},
                                           {"VERIFY_CA", "verify_ca"},
                                           {"VERIFY_IDENTITY", "verify_identity"}};
    char path[UM_OPTION_NAME_MAX];
    snprintf(path, sizeof path, "%s.tls.mode", r->at->side);
    if (!um_draft_takes(r->draft, um_option_find(path), UM_LEVEL_DEFAULTS_FILE))
        return 0; /* decided elsewhere, whatever the file says */
    if (r->ssl_mode.value) {
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
            if (strcasecmp(r->ssl_mode.value, modes[i][0]) == 0)
                return set_option(r, "tls.mode", modes[i][1], r->ssl_mode.line);
        }
        return um_fail(r->err, UM_E_CONFIG_DEFAULTS_FILE,
                       "%s:%u: ssl-mode is neither DISABLED, REQUIRED, VERIFY_CA nor "
                       "VERIFY_IDENTITY (PREFERRED would go on without TLS unseen). Set %s",
                       r->file, r->ssl_mode.line, path);
    }
    const char *verify = r->verify_cert.value;
    if (!verify)
        return 0;
    if (strcmp(verify, "1") == 0 || strcasecmp(verify, "on") == 0 ||
        strcasecmp(verify, "true") == 0)
        return set_option(r, "tls.mode", "verify_identity", r->verify_cert.line);
    if (strcmp(verify, "0") == 0 || strcasecmp(verify, "off") == 0 ||
        strcasecmp(verify, "false") == 0)
        return set_option(r, "tls.mode", "required", r->verify_cert.line);
    return fail(r, r->verify_cert.line, "ssl-verify-server-cert is neither 0 nor 1");
}

static int use_settings(struct reader *r, mode_t mode)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const char *value = r->plain[i].value;
        bool unset = value && (*value == 0 ||
                               (strcmp(plain[i].name, "port") == 0 && strcmp(value, "0") == 0));
        if (value && !unset && set_option(r, plain[i].leaf, value, r->plain[i].line) < 0)
            return -1;
    }
    if (set_tls_mode(r) < 0)
        return -1;
    if (r->password.value && *r->password.value) {
        if (um_file_private(r->file, mode, "the option file", r->err) < 0)
            return -1;
        r->at->password = um_strdup(r->password.value);
    }
    return 0;
}

static int read_lines(struct reader *r, char *data, size_t len, mode_t mode)
{
    if (memchr(data, 0, len))
        return um_fail(r->err, UM_E_CONFIG_DEFAULTS_FILE, "%s holds NUL bytes: not an option file",
                       r->file);
    char *rest = data, *line;
    while ((line = strsep(&rest, "\n"))) {
        r->line++;
        if (read_line(r, line) < 0)
            return -1;
    }
    if (!r->met_group)
        return um_fail(r->err, UM_E_CONFIG_DEFAULTS_FILE,
                       "%s has no group [%s]; %s.defaults_group names the group", r->file, r->group,
                       r->at->side);
    return use_settings(r, mode);
}

int um_defaults_read(struct um_draft *d, struct um_endpoint *at,
                     const struct um_password_ways *ways, struct um_err *err)
{
    struct reader r = {.draft = d, .at = at, .err = err};
    char *data;
    size_t len;
    mode_t mode;
    if (!ways->defaults_file)
        return 0;
    r.file = ways->defaults_file;
    r.group = ways->defaults_group;
    if (um_file_read(r.file, DEFAULTS_LIMIT, UM_E_CONFIG_DEFAULTS_FILE, &data, &len, &mode, err) <
        0)
        return um_fail_in(err, "%s.defaults_file", at->side);
    int rc = read_lines(&r, data, len, mode);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        free(r.plain[i].value);
    free(r.ssl_mode.value);
    free(r.verify_cert.value);
    um_secret_free_bytes(data, len);
    return rc;
}
