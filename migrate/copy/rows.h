#ifndef MIGRATE_COPY_ROWS_H
#define MIGRATE_COPY_ROWS_H

#include "checksum/row_hash.h"
#include "copy/json_types.h"
#include "job/job.h"

/* Rows of a source result on their way into the target: as LOAD DATA text or as INSERT. */
struct um_rows_reader {
    const struct um_job_table *table;
    struct um_resultset *result;
    uint64_t rows, bytes;       /* read so far; bytes as values, unescaped */
    uint64_t expected_warnings; /* ENUM values '' with index 0: the server always warns */
    /* The row that is being written out: next comes byte `offset` of column `column`. */
    const char *const *values;
    const unsigned long *lengths;
    unsigned columns, column;
    size_t offset;
    bool in_row;
    uint64_t enum_columns[64]; /* bitmaps over result columns; a table has at most 4096 */
    uint64_t json_columns[64]; /* those whose documents are looked at */
    /* By result column, those of the target that do not take every value; NULL: there are none. */
    const struct um_column **rounding;
    /* Gets the paths of every document that passes by; NULL: not wanted. */
    struct um_json_paths *collect;
    /* The types at these paths follow the columns in the result (um_json_types_select), and
       um_rows_insert writes documents by them; NULL: they do not. */
    struct um_json_paths *typed;
    enum um_json_type *types; /* working space */
    /* Adds up the rows that pass by; NULL: not wanted. */
    struct um_row_hasher *hasher;
    struct um_row_sum sum;
};

/* At most one of collect and typed. Release with um_rows_reader_close; the result and the hasher
   are the caller's. */
void um_rows_reader_open(struct um_rows_reader *r, const struct um_job_table *t,
                         struct um_resultset *result, struct um_json_paths *collect,
                         struct um_json_paths *typed, struct um_row_hasher *hasher);
void um_rows_reader_close(struct um_rows_reader *r);
/* um_load_read: tab-separated text with backslash escapes and \N. */
int um_rows_read_text(void *reader, char *room, unsigned size, struct um_err *err);
/* Everything as multi-row INSERT statements. */
int um_rows_insert(struct um_conn *target, const struct um_job_table *t, struct um_rows_reader *r,
                   struct um_err *err);

/* The source's select list: its writable columns, in order. */
void um_rows_select_list(struct um_buf *sql, const struct um_job_table *t);
/* The target's column of a source column's name. */
const struct um_column *um_rows_target_column(const struct um_job_table *t, size_t column);

#endif
