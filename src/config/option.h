#ifndef UM_CONFIG_OPTION_H
#define UM_CONFIG_OPTION_H

#include "base/buf.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The option tables. A row of options.def is everything that is known of an option; the readers
 * (YAML, flags, environment, defaults files) and every printed page work from these rows alone.
 */

enum um_option_type {
    UM_OPTION_STRING,   /* char * */
    UM_OPTION_LIST,     /* struct um_strv */
    UM_OPTION_NUMBER,   /* unsigned or uint64_t */
    UM_OPTION_BOOL,     /* bool */
    UM_OPTION_CHOICE,   /* an enum whose values are the places in `choices`, or a bool */
    UM_OPTION_DURATION, /* int64_t microseconds */
    UM_OPTION_SECONDS,  /* unsigned; written as a duration of whole seconds */
    UM_OPTION_SIZE,     /* uint64_t bytes */
    UM_OPTION_SWITCH,   /* bool; a flag without a value */
};

enum um_option_trait {
    UM_TRAIT_REQUIRED = 1 << 0,
    UM_TRAIT_IDENTITY = 1 << 1,    /* must not change between the runs of one job */
    UM_TRAIT_FILE = 1 << 2,        /* names a file: completion offers files */
    UM_TRAIT_LINES = 1 << 3,       /* may hold newlines and tabs */
    UM_TRAIT_COMMENTED = 1 << 4,   /* giving the built-in value differs from giving none */
    UM_TRAIT_ENVIRONMENT = 1 << 5, /* command line table only: may come from the environment */
};

/* Which commands take an option as a flag. */
enum um_command_bit {
    UM_ON_PLAN = 1 << 0,
    UM_ON_MIGRATE = 1 << 1,
    UM_ON_VERIFY = 1 << 2,
    UM_ON_STATUS = 1 << 3,
    UM_ON_CLEANUP = 1 << 4,
    UM_ON_EXPLAIN = 1 << 5,
    UM_ON_BINLOG_DUMP = 1 << 6,
    UM_ON_CTL_SKIP = 1 << 7,
    UM_ON_CTL_THROTTLE = 1 << 8,
    UM_ON_CTL_UNTHROTTLE = 1 << 9,
    UM_ON_CTL_RECOPY = 1 << 10,
    UM_ON_CUTOVER = 1 << 11,
    UM_ON_REVERSE = 1 << 12,
    UM_ON_CTL_ADD_TABLE = 1 << 13,
    UM_ON_JOB = UM_ON_CUTOVER | UM_ON_REVERSE | UM_ON_PLAN | UM_ON_MIGRATE | UM_ON_VERIFY |
                UM_ON_STATUS | UM_ON_CLEANUP | UM_ON_CTL_SKIP | UM_ON_CTL_RECOPY |
                UM_ON_CTL_ADD_TABLE | UM_ON_CTL_THROTTLE | UM_ON_CTL_UNTHROTTLE,
    UM_ON_ALL = UM_ON_JOB | UM_ON_EXPLAIN | UM_ON_BINLOG_DUMP,
};

/* Checks a text beyond its type; NULL when it is fine, else why not ("may hold letters only"). */
typedef const char *um_option_check(const char *text);

struct um_option {
    const char *path; /* "copy.threads"; of the command line alone: the flag's name */
    enum um_option_type type;
    size_t offset, size; /* of the field in struct um_draft, or in struct um_cli */
    const char *builtin; /* as written in YAML; NULL: unset */
    uint64_t min, max;   /* numbers; durations in us, SECONDS in s, sizes in bytes */
    const char *choices; /* "refuse|drop|empty" in the order of the enum */
    unsigned commands, traits;
    char letter;             /* 'c' for -c, or 0 */
    const char *placeholder; /* of the value in --help */
    const char *example;     /* in full.yaml where there is no built-in value */
    const char *summary;     /* one line, no full stop */
    const char *text;        /* more sentences, or NULL */
    um_option_check *check;
};

enum {
    UM_OPTION_COUNT = 0
#define UM_OPTION(...) +1
#define UM_CLI_OPTION(...)
#include "config/options.def"
    ,
    UM_CLI_OPTION_COUNT = 0
#define UM_OPTION(...)
#define UM_CLI_OPTION(...) +1
#include "config/options.def"
};

extern const struct um_option um_options[UM_OPTION_COUNT];         /* fields of um_draft */
extern const struct um_option um_cli_options[UM_CLI_OPTION_COUNT]; /* fields of um_cli */

/* The parts of the configuration, in the order of the table. */
struct um_section {
    const char *name; /* the first part of the path; "job" for the one option at the top */
    const char *title, *text;
};
extern const struct um_section um_sections[];
extern const size_t um_section_count;

#define UM_OPTION_NAME_MAX 96 /* room for a path, a flag or a variable's name */

const struct um_option *um_option_find(const char *path);    /* configuration only */
const struct um_option *um_option_by_flag(const char *flag); /* both tables; without "--" */
bool um_option_is_cli(const struct um_option *o);
bool um_option_in_section(const struct um_option *o, const char *section);
/* "--copy-threads" and "UNMOOR_COPY_THREADS"; both return `room`. */
const char *um_option_flag(const struct um_option *o, char room[UM_OPTION_NAME_MAX]);
const char *um_option_variable(const struct um_option *o, char room[UM_OPTION_NAME_MAX]);
const char *um_option_leaf(const struct um_option *o); /* "threads" */
/* "NUMBER", "DURATION", "refuse|drop|empty" (what this version takes): for --help. */
void um_option_placeholder(const struct um_option *o, struct um_buf *out);
/* "a whole number, 1 to 64", "a duration such as 500ms, 50ms to 5m": for texts. */
void um_option_accepts(const struct um_option *o, struct um_buf *out);
/* "50ms to 5m", of what has a range. */
void um_option_range(const struct um_option *o, struct um_buf *out);
/* The i-th choice and its length; NULL beyond the last. */
const char *um_option_choice(const struct um_option *o, unsigned i, size_t *len);

/* A parsed value; lists are handled item by item as strings. */
union um_option_value {
    uint64_t number; /* numbers, bools, choices, durations, sizes */
    const char *text;
};

enum um_refusal {
    UM_ACCEPTED,
    UM_REFUSED_TYPE, /* not of this type at all */
    UM_REFUSED_VALUE /* of the type, but out of range or malformed */
};
/*
 * Reads one value (of a list: one item). When refused, `why` says what was found and what is
 * taken, as a clause that follows the option's name.
 */
enum um_refusal um_option_parse(const struct um_option *o, const char *text,
                                union um_option_value *out, struct um_buf *why);
/* Stores into the field at base + offset. Strings are copied and replace; list items are added. */
void um_option_store(const struct um_option *o, void *base, union um_option_value value);
/* The field's value as YAML would give it; false when it is unset. */
bool um_option_format(const struct um_option *o, const void *base, struct um_buf *out);

/* Durations and sizes, as texts. */
void um_format_duration(struct um_buf *out, uint64_t us);
void um_format_size(struct um_buf *out, uint64_t bytes);

/* Checks used by the table. */
um_option_check um_check_job, um_check_schema, um_check_pattern, um_check_any_pattern,
    um_check_variable, um_check_conflict_rule, um_check_server, um_check_query, um_check_account;
/* Divides "pattern=policy": the policy, or -1; *len is the pattern's. */
int um_conflict_rule(const char *text, size_t *len);
bool um_schema_is_system(const char *name);

#endif
