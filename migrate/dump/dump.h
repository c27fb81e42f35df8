#ifndef MIGRATE_DUMP_DUMP_H
#define MIGRATE_DUMP_DUMP_H

#include <stdio.h>

#include "config/config.h"

struct um_dump_options {
    const struct um_strv *files;  /* paths, oldest first */
    const struct um_strv *tables; /* patterns; none: all */
    const char *from, *to;        /* NULL: everything */
    enum um_output format;
};

/*
 * Prints the events of binlog files, one at a time in memory. Everything before a damaged place is
 * printed before the error is returned. 0 also when it was asked to stop (base/stop.h).
 *
 * Errors: UM_E_BINLOG_FILE_* with file and offset; UM_E_BINLOG_ENCRYPTED; UM_E_DUMP_PLACE;
 * UM_E_DUMP_UNDECODED when the output is whole but for what it names; UM_E_SYSTEM when the output
 * cannot be written.
 */
int um_dump(const struct um_dump_options *options, FILE *to, struct um_err *err);

#endif
