#ifndef CHECKSUM_VERIFY_H
#define CHECKSUM_VERIFY_H

#include <stdio.h>

#include "change/position.h"
#include "config/config.h"
#include "mysql/conn.h"
#include "ops/throttle.h"
#include "schema/table.h"

/*
 * The verification pass: the same key ranges are read on both sides in parallel, each row is
 * hashed (XXH3-128 over its canonical encoding, see row_hash.h), the hashes of a range are added
 * up, and ranges that differ are read again down to the keys.
 */

/* One table to compare. Models are borrowed. target NULL: the table is missing there. */
struct um_verify_table {
    const struct um_table *source, *target;
    const char *target_schema, *target_name; /* as routed */
};

/*
 * Opens the readers' snapshots. source[i] and target[i] are open, idle connections, n of each;
 * afterwards each must be inside a consistent snapshot such that all source sessions see one state
 * and all target sessions see the very same one. `at` receives that position for the report.
 */
typedef int um_verify_align(void *context, struct um_conn **source, struct um_conn **target,
                            size_t n, struct um_position *at, struct um_err *err);

enum um_verdict {
    UM_EQUAL,
    UM_DIFFERENT,
    UM_MISSING_TABLE,
    UM_SKIPPED,
    UM_UNDECIDED /* without a lock: rows that kept changing, and none that is known to differ */
};

enum um_key_difference {
    UM_KEY_ONLY_SOURCE,
    UM_KEY_ONLY_TARGET,
    UM_KEY_DIFFERS,
    UM_KEY_UNDECIDED,
    UM_KEY_DIFFERENCES
};

struct um_differing_key {
    enum um_key_difference kind;
    char *key; /* for people and for JSON: "id=41, name='x'" */
};

/* What became of a table's differing rows, where a repair was asked for. */
struct um_repair_report {
    char *refused; /* why nothing of the table was repaired, or not all of it; NULL: it was tried */
    uint64_t inserted, updated, deleted;
    uint64_t settled; /* rows that differed, and were equal when they were looked at again */
    struct um_differing_key *keys; /* the first max_keys that were written: as they were found */
    size_t key_count;
};

/* A part of a table that was compared at a position of its own. */
struct um_part_report {
    struct um_position at;
    bool at_or_later; /* without a lock */
    uint64_t chunks, rows_source, rows_target;
    uint64_t settled; /* chunks that differed here, and were compared again at a later position */
};

struct um_table_report {
    char *schema, *name;
    enum um_verdict verdict;
    char *why; /* of a skipped or missing table, or of differing columns */
    uint64_t rows_source, rows_target, chunks, chunks_different;
    uint64_t chunks_left_out; /* of a sample; where there are any, nothing is known of their rows */
    uint64_t rows_about;      /* of the whole table, as the source estimates it */
    uint64_t keys_different;  /* all of them, listed or not */
    uint64_t keys_undecided;
    struct um_differing_key *keys; /* the first max_keys */
    size_t key_count;
    bool inexact; /* more rows may differ than were counted, or fewer */
    bool repair_tried;
    struct um_repair_report repair;
    struct um_position at;        /* where it was compared, if that is not the report's */
    struct um_part_report *parts; /* where a verification was gone on with; included in the sums */
    size_t part_count;
};

struct um_verify_report {
    struct um_table_report *tables;
    size_t table_count;
    struct um_position at;
    struct um_position from; /* without a lock: rows were compared between there and `at` */
    int64_t started_us, seconds_us;
    unsigned sample;   /* percent of each table that were asked for; 0: all of it */
    bool equal;        /* every table UM_EQUAL, in the sample where it is one */
    bool repair;       /* was asked for */
    uint64_t run;      /* under which repaired rows are recorded … */
    char *repaired_in; /* … in this table; NULL: none was */
};

/* Called from worker threads now and then, under a lock of the callee's own. */
typedef void um_verify_progress(void *context, const char *schema, const char *table,
                                uint64_t rows_done, uint64_t rows_estimate);

struct um_damage;
struct um_resume;
struct um_verified;

/* Called now and then, from the thread that called um_verify, when more of a table is compared:
   how far that is (progress.h), and which of the ranges to be compared again were. */
typedef int um_verify_record(void *context, size_t table, const struct um_verified *now,
                             const bool *again_done, struct um_err *err);

/* Returns when the target has all that the source had when it was called. Both connections are
   idle, outside of any transaction. */
typedef int um_verify_catch_up(void *context, struct um_conn *const conn[2], struct um_err *err);

struct um_verify_options {
    const struct um_endpoint *source, *target;
    unsigned threads, max_keys;
    unsigned sample; /* percent of each table's ranges that are read; 0: all */
    uint64_t chunk_rows_max;
    um_verify_align *align;
    /* Instead of one moment on both sides each range, and then each row, is looked at by itself
       (settle.h). `align` opens no snapshots then. NULL: not so. */
    um_verify_catch_up *catch_up;
    um_verify_record *record; /* NULL: nobody wants to know */
    struct um_resume *resume; /* one for each table, filled by `align`; NULL: from the beginning */
    um_verify_progress *progress; /* may be NULL */
    void *context;
    struct um_throttle *throttle; /* where readers wait before a range; NULL: they never do */
    /* One for each table, empty: gets where its differing rows are (damage.h). NULL: not wanted. */
    struct um_damage *damage;
};

/* 0 when the pass came to its end, equal or not; -1 on errors (a lost connection, a stop). */
int um_verify(const struct um_verify_table *tables, size_t count,
              const struct um_verify_options *options, struct um_verify_report *report,
              struct um_err *err);
void um_verify_report_clear(struct um_verify_report *r);
void um_verify_report_print(const struct um_verify_report *r, const char *job,
                            enum um_output format, FILE *out);

#endif
