#ifndef CHECKSUM_REPORT_PARTS_H
#define CHECKSUM_REPORT_PARTS_H

#include "base/buf.h"
#include "checksum/verify.h"

/* Private to the report's text (report.c) and its JSON (report_json.c). */

/* Names and texts come from servers: neither control characters nor bytes that are not UTF-8 may
   reach a terminal or a JSON reader. */
void um_report_clean(struct um_buf *out, const char *text);

struct um_report_totals {
    uint64_t rows, keys, repaired;
    uint64_t rows_about; /* of all tables, where they are samples */
    uint64_t keys_undecided;
    size_t by_verdict[UM_UNDECIDED + 1], equal_in_sample;
    size_t tables_in_parts;
};
struct um_report_totals um_report_add_up(const struct um_verify_report *r);
/* Some of the table was not looked at. */
bool um_report_is_sample(const struct um_table_report *t);
bool um_report_knows(const struct um_position *p);

void um_report_json(const struct um_verify_report *r, const char *job, FILE *out);

#endif
