#ifndef MIGRATE_DUMP_PLACE_H
#define MIGRATE_DUMP_PLACE_H

#include "base/err.h"
#include "change/gtid.h"

/* A place in binlog files, as --from and --to name it. */
struct um_place {
    enum {
        UM_PLACE_NONE,
        UM_PLACE_POSITION,
        UM_PLACE_GTID,  /* one transaction */
        UM_PLACE_GTIDS, /* what had happened: a set, or of MariaDB the last of each domain */
        UM_PLACE_TIME,
    } kind;
    const char *flag;          /* "--from": for error texts */
    char file[256];            /* POSITION: "" where none is named */
    uint64_t offset;           /* POSITION */
    struct um_gtid gtid;       /* GTID */
    struct um_gtid_set *gtids; /* GTIDS; owned */
    int64_t seconds;           /* TIME: since the epoch */
};

/* text may be NULL: then the place is NONE. UM_E_USAGE_OPTION_VALUE with what would be taken. */
int um_place_parse(const char *flag, const char *text, struct um_place *out, struct um_err *err);
void um_place_clear(struct um_place *p);

#endif
