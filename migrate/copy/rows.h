#ifndef MIGRATE_COPY_ROWS_H
#define MIGRATE_COPY_ROWS_H

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
    uint64_t enum_columns[64]; /* bitmap over result columns; a table has at most 4096 */
};

void um_rows_reader_open(struct um_rows_reader *r, const struct um_job_table *t,
                         struct um_resultset *result);
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
