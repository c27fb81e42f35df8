#include "config/option.h"

#include <ctype.h>
#include <string.h>

#include "config/config.h"
#include "config/draft.h"

const struct um_option um_options[UM_OPTION_COUNT] = {
#define UM_OPTION(path_, field, type_, ...)                                                        \
    {.path = path_,                                                                                \
     .type = UM_OPTION_##type_,                                                                    \
     .offset = offsetof(struct um_draft, field),                                                   \
     .size = sizeof(((struct um_draft *)0)->field),                                                \
     __VA_ARGS__},
#define UM_CLI_OPTION(...)
#include "config/options.def"
};

const struct um_option um_cli_options[UM_CLI_OPTION_COUNT] = {
#define UM_OPTION(...)
#define UM_CLI_OPTION(path_, field, type_, ...)                                                    \
    {.path = path_,                                                                                \
     .type = UM_OPTION_##type_,                                                                    \
     .offset = offsetof(struct um_cli, field),                                                     \
     .size = sizeof(((struct um_cli *)0)->field),                                                  \
     __VA_ARGS__},
#include "config/options.def"
};

const struct um_section um_sections[] = {
    {"job", "Job", "Which job this is."},
    {"source", "Source", "The server that the data leaves. It is never written to."},
    {"target", "Target", "The server that the data goes to."},
    {"tables", "Tables", "What is migrated."},
    {"copy", "Copy", "The snapshot and the full copy."},
    {"apply", "Apply", "Applying the source's changes to the target."},
    {"follow", "Follow", "Reading the source's binary log."},
    {"spool", "Spool", "Keeping the source's binary log on this machine while the copy runs."},
    {"verify", "Verify", "Comparing source and target."},
    {"throttle", "Throttle",
     "What holds up the copy, before each chunk, and the verification, before each range. unmoor "
     "ctl "
     "throttle does it by hand."},
    {"cutover", "Cutover", "Giving the application's writes over to the target, and back."},
    {"state", "State", "Where the job keeps what it knows."},
};
const size_t um_section_count = sizeof um_sections / sizeof um_sections[0];

const struct um_option *um_option_find(const char *path)
{
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (strcmp(um_options[i].path, path) == 0)
            return &um_options[i];
    }
    return NULL;
}

const struct um_option *um_option_by_flag(const char *flag)
{
    char room[UM_OPTION_NAME_MAX];
    for (size_t i = 0; i < UM_CLI_OPTION_COUNT; i++) {
        if (strcmp(um_cli_options[i].path, flag) == 0)
            return &um_cli_options[i];
    }
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (strcmp(um_option_flag(&um_options[i], room) + 2, flag) == 0)
            return &um_options[i];
    }
    return NULL;
}

bool um_option_is_cli(const struct um_option *o)
{
    return o >= um_cli_options && o < um_cli_options + UM_CLI_OPTION_COUNT;
}

bool um_option_in_section(const struct um_option *o, const char *section)
{
    size_t len = strlen(section);
    return strncmp(o->path, section, len) == 0 && (o->path[len] == '.' || o->path[len] == 0);
}

const char *um_option_flag(const struct um_option *o, char room[UM_OPTION_NAME_MAX])
{
    size_t n = 2;
    memcpy(room, "--", 2);
    for (const char *p = o->path; *p && n < UM_OPTION_NAME_MAX - 1; p++)
        room[n++] = *p == '.' || *p == '_' ? '-' : *p;
    room[n] = 0;
    return room;
}

const char *um_option_variable(const struct um_option *o, char room[UM_OPTION_NAME_MAX])
{
    size_t n = strlen("UNMOOR_");
    memcpy(room, "UNMOOR_", n);
    for (const char *p = o->path; *p && n < UM_OPTION_NAME_MAX - 1; p++)
        room[n++] = *p == '.' || *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    room[n] = 0;
    return room;
}

const char *um_option_leaf(const struct um_option *o)
{
    const char *dot = strrchr(o->path, '.');
    return dot ? dot + 1 : o->path;
}

const char *um_option_choice(const struct um_option *o, unsigned i, size_t *len)
{
    const char *at = o->choices;
    for (; i > 0 && at; i--) {
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    if (at)
        *len = strcspn(at, "|");
    return at;
}

/* The choices that this version takes, joined with `between`. */
static void add_choices(const struct um_option *o, const char *between, struct um_buf *out)
{
    const char *choice;
    size_t len;
    for (unsigned i = 0; i <= o->max && (choice = um_option_choice(o, i, &len)); i++) {
        if (i > 0)
            um_buf_str(out, between);
        um_buf_add(out, choice, len);
    }
}

void um_option_placeholder(const struct um_option *o, struct um_buf *out)
{
    switch (o->type) {
    case UM_OPTION_NUMBER:
        um_buf_str(out, "NUMBER");
        break;
    case UM_OPTION_BOOL:
        um_buf_str(out, "true|false");
        break;
    case UM_OPTION_CHOICE:
        add_choices(o, "|", out);
        break;
    case UM_OPTION_DURATION:
    case UM_OPTION_SECONDS:
        um_buf_str(out, "DURATION");
        break;
    case UM_OPTION_SIZE:
        um_buf_str(out, "SIZE");
        break;
    case UM_OPTION_SWITCH:
        break;
    case UM_OPTION_STRING:
    case UM_OPTION_LIST:
        um_buf_str(out, o->placeholder ? o->placeholder : "TEXT");
        break;
    }
}

static void format_number(struct um_buf *out, uint64_t n)
{
    um_buf_fmt(out, "%llu", (unsigned long long)n);
}

void um_option_range(const struct um_option *o, struct um_buf *out)
{
    uint64_t unit = o->type == UM_OPTION_SECONDS ? 1000000 : 1;
    void (*format)(struct um_buf *, uint64_t) = um_format_duration;
    if (o->type == UM_OPTION_SIZE)
        format = um_format_size;
    else if (o->type == UM_OPTION_NUMBER)
        format = format_number;
    if (o->min == o->max) {
        um_buf_str(out, "this version takes ");
        format(out, o->min * unit);
        return;
    }
    format(out, o->min * unit);
    um_buf_str(out, " to ");
    format(out, o->max * unit);
}

void um_option_accepts(const struct um_option *o, struct um_buf *out)
{
    switch (o->type) {
    case UM_OPTION_NUMBER:
        um_buf_str(out, o->min == o->max ? "a whole number; " : "a whole number, ");
        um_option_range(o, out);
        break;
    case UM_OPTION_BOOL:
        um_buf_str(out, "true or false");
        break;
    case UM_OPTION_CHOICE:
        um_buf_str(out, o->max == 0 ? "this version takes " : "one of ");
        add_choices(o, ", ", out);
        break;
    case UM_OPTION_DURATION:
        um_buf_str(out, "a duration such as 500ms, 10s, 2m or 1h, ");
        um_option_range(o, out);
        break;
    case UM_OPTION_SECONDS:
        um_buf_str(out, "a duration in whole seconds such as 10s or 2m, ");
        um_option_range(o, out);
        break;
    case UM_OPTION_SIZE:
        um_buf_str(out, "a size such as 512KiB, 64MiB or 1GiB, ");
        um_option_range(o, out);
        break;
    case UM_OPTION_LIST:
        um_buf_str(out, "a list of schema.table patterns");
        break;
    case UM_OPTION_STRING:
        um_buf_str(out, o->traits & UM_TRAIT_FILE ? "a file name" : "a text");
        break;
    case UM_OPTION_SWITCH:
        um_buf_str(out, "no value");
        break;
    }
}
