#ifndef UM_CONFIG_DRAFT_H
#define UM_CONFIG_DRAFT_H

#include "config/config.h"
#include "config/option.h"

/*
 * A configuration being put together: the values so far, and for each where it came from. A value
 * replaces one of the same or a lower level, so the sources may be read in any order.
 */

enum um_level {
    UM_LEVEL_BUILTIN,
    UM_LEVEL_DEFAULTS_FILE,
    UM_LEVEL_YAML,
    UM_LEVEL_ENVIRONMENT,
    UM_LEVEL_FLAG,
};

/* How to come by a password, until it is read. */
struct um_password_ways {
    char *file, *env, *command;
    char *defaults_file, *defaults_group;
};

struct um_draft {
    struct um_config config;
    struct um_password_ways source, target;
    struct um_cli *cli; /* not owned; NULL when only YAML is read */
    struct {
        enum um_level level;
        char *where; /* "job.yaml:3:5", "--copy-threads", "UNMOOR_COPY_THREADS"; NULL: built-in */
    } set[UM_OPTION_COUNT];
    bool cli_set[UM_CLI_OPTION_COUNT];
};

void um_draft_create(struct um_draft *d, struct um_cli *cli); /* everything built-in */
void um_draft_destroy(struct um_draft *d);
/* Hands the configuration over; the draft is destroyed. */
void um_draft_finish(struct um_draft *d, struct um_config *out);

enum um_level um_draft_level(const struct um_draft *d, const char *path);
const char *um_draft_where(const struct um_draft *d, const char *path);
/* True when a value from this level would be used. */
bool um_draft_takes(const struct um_draft *d, const struct um_option *o, enum um_level level);

/*
 * Sets one option from its text. For a list: the first item from a higher level replaces what
 * lower levels gave, items from the same level add up. A value that a higher level overrides is
 * checked all the same.
 */
int um_draft_set(struct um_draft *d, const struct um_option *o, const char *text,
                 enum um_level level, const char *where, struct um_err *err);
/* For a list given as one text: items separated by commas. */
int um_draft_set_items(struct um_draft *d, const struct um_option *o, const char *text,
                       enum um_level level, const char *where, struct um_err *err);
/* An empty list: clears what lower levels gave. */
void um_draft_clear_list(struct um_draft *d, const struct um_option *o, enum um_level level,
                         const char *where);

/* The sources. */
int um_yaml_read(struct um_draft *d, const char *name, const char *text, size_t len,
                 struct um_err *err);
int um_yaml_read_file(struct um_draft *d, const char *path, struct um_err *err);
/* `path` is prefix ("" or "copy.") and key; adds a clause to the hint. */
void um_key_hint(const char *prefix, const char *path, const char *key, struct um_buf *hint);
int um_flags_read(struct um_draft *d, int argc, char **argv, struct um_err *err);
int um_environment_read_cli(struct um_draft *d, struct um_err *err);
int um_environment_read(struct um_draft *d, struct um_err *err);
/* Last of the readers' checks: variables named UNMOOR_… that mean nothing. */
int um_environment_check(const struct um_draft *d, struct um_err *err);
int um_defaults_read(struct um_draft *d, struct um_endpoint *at,
                     const struct um_password_ways *ways, struct um_err *err);

/* What is required is there, what is named exists, what belongs together is together. */
int um_draft_check(struct um_draft *d, struct um_err *err);
/* Two ways to one password at the same level. */
int um_secret_check(const struct um_draft *d, const char *side, struct um_err *err);
/* Reads the password in the way the draft says; leaves one from a defaults file otherwise. */
int um_secret_read(const struct um_draft *d, struct um_endpoint *at,
                   const struct um_password_ways *ways, struct um_err *err);
/* cutover.probe_password_file, where there is one. */
int um_secret_read_probe(struct um_config *c, struct um_err *err);
/* Runs a command for its first line of output, which is malloc'd. */
int um_secret_command(const char *command, const char *where, int64_t timeout_us, char **out,
                      struct um_err *err);

/* The four ways to give a password, for error texts. */
#define UM_PASSWORD_WAYS                                                                           \
    "Give a password in one of four ways: password_file, password_env, password_command, or "      \
    "defaults_file (a MySQL option file)."

/* Does this key or flag ask for a literal password? */
bool um_name_is_secret(const char *name);

#endif
