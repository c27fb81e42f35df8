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
    size_t by_verdict[UM_SKIPPED + 1];
};
struct um_report_totals um_report_add_up(const struct um_verify_report *r);
bool um_report_knows(const struct um_position *p);

void um_report_json(const struct um_verify_report *r, const char *job, FILE *out);

#endif
