#ifndef UM_CONFIG_COMMAND_H
#define UM_CONFIG_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct um_command {
    const char *name;      /* one word, or two: "binlog dump" */
    unsigned bit;          /* enum um_command_bit */
    const char *arguments; /* what follows the options, or NULL when it takes none */
    bool takes_files;      /* those are names of files: completion offers files */
    bool needs_config;
    const char *summary; /* one line */
    const char *text;    /* a paragraph */
    const char *example; /* lines, each one command with its arguments */
};

extern const struct um_command um_commands[];
extern const size_t um_command_count;

const struct um_command *um_command_find(const char *name); /* NULL: there is none */
/* The length of the first of two words, 0 of a command of one; and whether a word is such a first
   one. */
size_t um_command_group(const struct um_command *c);
bool um_command_is_group(const char *word);

#endif
