#include "config/docs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/command.h"

const char um_doc_about[] =
    "Unmoor moves live MySQL and MariaDB data to another server while the application keeps "
    "writing, and proves that both sides are equal.";

const struct um_doc_topic um_doc_topics[] = {
    {"Where values come from",
     "Every option can be given as a flag, as an environment variable or in the configuration "
     "file. A flag wins over the environment, which wins over the file, which wins over a MySQL "
     "option file (defaults_file), which wins over the built-in value. The flag is the option's "
     "path with dashes: copy.chunk_time is --copy-chunk-time, followed by its value or by '=' and "
     "its value. The variable is the path in upper case with underscores behind UNMOOR_: "
     "UNMOOR_COPY_CHUNK_TIME. A variable that is set but empty counts as not set. An unknown key, "
     "flag or UNMOOR_ variable is an error and never ignored."},
    {"Values",
     "A duration is a whole number and one of us, ms, s, m, h and d: 500ms, 10s, 2m. A size is a "
     "whole number and one of B, KiB, MiB, GiB and TiB; without a unit it is bytes. Booleans are "
     "true and false. Names of files are taken from the working directory unless they begin with "
     "'/'; '~' is not expanded."},
    {"Passwords",
     "A password is never given itself, neither in the configuration file nor as a flag, but by "
     "where it is: password_file, password_env, password_command, or the password in a "
     "defaults_file. The first three win over the last; two of them in the same place are an "
     "error. Without any, Unmoor connects without a password. A file that holds a password or a "
     "private key must be accessible for nobody but its owner."},
    {"Patterns of tables",
     "A pattern is schema.table, divided at the first dot. * stands for any characters or none, ? "
     "for one character; upper and lower case differ, and nothing is quoted. A pattern that begins "
     "with * is put in quotes in YAML. A table belongs to the job when a pattern of include "
     "matches and none of exclude does. The schemas mysql, information_schema, "
     "performance_schema and sys and the state schema never do."},
};
const size_t um_doc_topic_count = sizeof um_doc_topics / sizeof um_doc_topics[0];

char *um_doc_accepts(const struct um_option *o)
{
    struct um_buf b = {0};
    um_option_accepts(o, &b);
    return um_buf_take(&b);
}

char *um_doc_flag(const struct um_option *o)
{
    char flag[UM_OPTION_NAME_MAX];
    struct um_buf b = {0};
    um_buf_str(&b, um_option_flag(o, flag));
    if (o->type != UM_OPTION_SWITCH) {
        um_buf_char(&b, ' ');
        um_option_placeholder(o, &b);
    }
    return um_buf_take(&b);
}

char *um_doc_sentences(const struct um_option *o)
{
    struct um_buf b = {0};
    um_buf_str(&b, o->summary);
    b.data[0] = (char)toupper((unsigned char)b.data[0]);
    um_buf_char(&b, '.');
    if (o->text)
        um_buf_fmt(&b, " %s", o->text);
    if (o->traits & UM_TRAIT_IDENTITY)
        um_buf_str(&b, " It must stay the same while a job is resumed.");
    return um_buf_take(&b);
}

char *um_doc_commands(unsigned bits, const char *between)
{
    struct um_buf b = {0};
    for (size_t i = 0; i < um_command_count; i++) {
        if (um_commands[i].bit & bits)
            um_buf_fmt(&b, "%s%s", b.len ? between : "", um_commands[i].name);
    }
    return um_buf_take(&b);
}

const struct um_option *um_doc_twin(const struct um_option *o)
{
    char path[UM_OPTION_NAME_MAX];
    if (um_option_is_cli(o) || !um_option_in_section(o, "source"))
        return NULL;
    snprintf(path, sizeof path, "target%s", o->path + strlen("source"));
    return um_option_find(path);
}

bool um_doc_is_twin(const struct um_option *o)
{
    char path[UM_OPTION_NAME_MAX];
    if (um_option_is_cli(o) || !um_option_in_section(o, "target"))
        return false;
    snprintf(path, sizeof path, "source%s", o->path + strlen("target"));
    return um_option_find(path) != NULL;
}
