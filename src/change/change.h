#ifndef UM_CHANGE_CHANGE_H
#define UM_CHANGE_CHANGE_H

#include "base/buf.h"
#include "change/position.h"
#include "change/value.h"

/*
 * The hinge: what every source produces, every transform maps and every sink consumes.
 *
 * A source transaction travels as one um_txn or, when it is larger than the follower's bound, as
 * several in a row ("fragments") with first and last set accordingly. Whoever pops a fragment
 * owns it and everything it points to, and frees it with um_txn_delete. Fragments of one
 * transaction are never interleaved with those of another.
 */
struct um_table;

enum um_op { UM_INSERT, UM_UPDATE, UM_DELETE };

enum um_change_flags {
    UM_CHANGE_NO_FOREIGN_KEYS = 1, /* written with foreign_key_checks=0, or cascades are logged */
    UM_CHANGE_NO_UNIQUE_CHECKS = 2,
};

struct um_change {
    enum um_op op;
    unsigned flags;
    const struct um_table *table;  /* the source's table model; outlives the follower */
    const struct um_value *before; /* table->column_count values; NULL for INSERT */
    const struct um_value *after;  /* likewise; NULL for DELETE */
    uint64_t offset;               /* where its row event ends, in txn->file */
};

enum um_txn_kind {
    UM_TXN_ROWS,        /* changes, possibly none after filtering: then only the position moves */
    UM_TXN_DDL,         /* a statement that cannot be applied as rows */
    UM_TXN_XA_PREPARE,  /* changes that wait for what becomes of their XID */
    UM_TXN_XA_COMMIT,   /* now they are applied */
    UM_TXN_XA_ROLLBACK, /* they never are */
};

/* The session in which the source ran a statement, as far as the binlog tells. */
struct um_statement_session {
    char *schema; /* the default one; "" for none */
    uint64_t sql_mode;
    uint16_t charset_client, collation_connection, collation_server; /* 0: not told */
    uint16_t collation_database;                                     /* 0: not told */
    uint16_t default_collation_utf8mb4;                              /* 0: not told */
    uint16_t auto_increment_increment, auto_increment_offset;        /* 0: not told, both are 1 */
    uint16_t lc_time_names;                                          /* 0: not told, en_US */
    bool has_sql_mode, no_foreign_key_checks, no_unique_checks;
    int8_t explicit_defaults_timestamp; /* -1: not told */
    char time_zone[64];                 /* "": the statement did not depend on it */
    int64_t timestamp_us;               /* its NOW() */
    uint16_t error_code;                /* with which it failed on the source; 0: it did not */
};

struct um_txn {
    enum um_txn_kind kind;
    bool first, last;
    uint64_t sequence;     /* 1, 2, 3 … for each source transaction since the follower started */
    struct um_gtid gtid;   /* kind NONE without GTIDs */
    uint64_t begin_offset; /* of all its fragments, within its file: names it where no GTID does */
    char file[256];        /* binlog file; for the last fragment, the transaction ends at … */
    uint64_t end_offset;   /* … this 64-bit offset */
    int64_t log_born;      /* when the file was created, source's clock, s; 0: not told */
    int64_t commit_us;     /* source's clock (whole seconds on old servers) */
    uint64_t last_committed, sequence_number; /* logical clock; 0 where there is none */
    struct um_change *changes;
    size_t change_count, change_cap;
    char *statement; /* UM_TXN_DDL; statement_len bytes */
    size_t statement_len;
    struct um_statement_session session; /* in which it ran */
    bool within;    /* the statement is a part of a transaction: what follows it belongs to it */
    bool set_aside; /* it also changes tables that are not to be written to: not told here */
    char *xid;      /* UM_TXN_XA_*, as a server logs it: X'67',X'62',1 */
    size_t bytes;   /* memory this fragment holds, for queue bounds */
    struct um_arena arena; /* owns values and event bytes */
};

struct um_txn *um_txn_new(void);
void um_txn_delete(struct um_txn *t);
/* Does it change rows of the target by itself? */
bool um_txn_writes(const struct um_txn *t);
/* Appends a zeroed change and returns it; valid until the next call. */
struct um_change *um_txn_add(struct um_txn *t);

#endif
