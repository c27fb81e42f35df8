/* Passwords: which of the ways is used, and reading from a file or a variable. */
#include <stdlib.h>
#include <string.h>

#include "config/draft.h"
#include "config/file.h"

#define PASSWORD_LIMIT     (64 * 1024) /* of the file; the line itself is far shorter */
#define COMMAND_TIMEOUT_US 30000000

static const char *const leaves[] = {"password_file", "password_env", "password_command"};
enum { FILE_WAY, ENV_WAY, COMMAND_WAY, WAYS };

static void way_path(char path[UM_OPTION_NAME_MAX], const char *side, unsigned way)
{
    snprintf(path, UM_OPTION_NAME_MAX, "%s.%s", side, leaves[way]);
}

int um_secret_check(const struct um_draft *d, const char *side, struct um_err *err)
{
    char a[UM_OPTION_NAME_MAX], b[UM_OPTION_NAME_MAX];
    for (unsigned i = 0; i < WAYS; i++) {
        for (unsigned k = i + 1; k < WAYS; k++) {
            way_path(a, side, i);
            way_path(b, side, k);
            if (um_draft_level(d, a) != UM_LEVEL_BUILTIN &&
                um_draft_level(d, a) == um_draft_level(d, b))
                return um_fail(err, UM_E_CONFIG_PASSWORD_WAYS,
                               "%s (%s) and %s (%s) are both given: keep the one that is meant", a,
                               um_draft_where(d, a), b, um_draft_where(d, b));
        }
    }
    return 0;
}

static int read_password_file(const char *file, const char *path, char **out, struct um_err *err)
{
    char *data;
    size_t len;
    mode_t mode;
    if (um_file_read(file, PASSWORD_LIMIT, UM_E_CONFIG_PASSWORD_FILE, &data, &len, &mode, err) < 0)
        return um_fail_in(err, "%s", path);
    size_t line = strcspn(data, "\n"); /* stops at a NUL, too */
    size_t end = line > 0 && data[line - 1] == '\r' ? line - 1 : line;
    int rc = um_file_private(file, mode, "the password file", err);
    if (rc == 0 && end == 0)
        rc = um_fail(err, UM_E_CONFIG_PASSWORD_FILE, "%s: the first line of %s is empty", path,
                     file);
    if (rc == 0 && line < len && data[line] == 0)
        rc = um_fail(err, UM_E_CONFIG_PASSWORD_FILE, "%s: %s holds a NUL byte in its first line",
                     path, file);
    if (rc == 0)
        *out = um_memdup(data, end);
    um_secret_free_bytes(data, len);
    return rc;
}

static int read_variable(const char *name, const char *path, char **out, struct um_err *err)
{
    const char *value = getenv(name);
    if (!value || !*value)
        return um_fail(err, UM_E_CONFIG_PASSWORD_ENV, "%s: the environment variable %s is %s", path,
                       name, value ? "empty" : "not set");
    *out = um_strdup(value);
    return 0;
}

int um_secret_read(const struct um_draft *d, struct um_endpoint *at,
                   const struct um_password_ways *ways, struct um_err *err)
{
    char path[UM_OPTION_NAME_MAX];
    char *password = NULL;
    enum um_level highest = UM_LEVEL_BUILTIN;
    unsigned way = WAYS;
    int rc = 0;
    for (unsigned i = 0; i < WAYS; i++) {
        way_path(path, at->side, i);
        if (um_draft_level(d, path) > highest) {
            highest = um_draft_level(d, path);
            way = i;
        }
    }
    if (way == WAYS)
        return 0; /* what a defaults file gave stays, or there is none */
    way_path(path, at->side, way);
    if (way == FILE_WAY)
        rc = read_password_file(ways->file, path, &password, err);
    else if (way == ENV_WAY)
        rc = read_variable(ways->env, path, &password, err);
    else
        rc = um_secret_command(ways->command, path, COMMAND_TIMEOUT_US, &password, err);
    if (rc < 0)
        return -1;
    um_secret_free(at->password);
    at->password = password;
    return 0;
}

int um_secret_read_probe(struct um_config *c, struct um_err *err)
{
    return c->cutover.probe_password_file
               ? read_password_file(c->cutover.probe_password_file, "cutover.probe_password_file",
                                    &c->cutover.probe_password, err)
               : 0;
}
