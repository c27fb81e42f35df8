#ifndef MIGRATE_COPY_JSON_SCAN_H
#define MIGRATE_COPY_JSON_SCAN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * JSON text as MySQL prints it, read for what it may not say: the text of 2.50 is that of a
 * DECIMAL or of a DOUBLE, "2020-02-29" is a DATE or a string, 5 is signed or not. Reading the text
 * back gives one of them. The scan finds every scalar that could have been another. Pure; one pass,
 * no allocation.
 */
enum um_json_look {
    UM_JSON_LOOK_FRACTION = 1,  /* a number with a point or an exponent: read back as DOUBLE */
    UM_JSON_LOOK_NEGATIVE = 2,  /* a whole number below zero: INTEGER */
    UM_JSON_LOOK_SMALL = 4,     /* from 0 to 2^32-1: INTEGER */
    UM_JSON_LOOK_BIG = 8,       /* above: UNSIGNED INTEGER */
    UM_JSON_LOOK_HUGE = 16,     /* beyond 64 bits: DOUBLE, and so certainly was something else */
    UM_JSON_LOOK_TEMPORAL = 32, /* a string of just this form */
    UM_JSON_LOOK_BYTES = 64,    /* "base64:typeN:…" */
};

enum { UM_JSON_DEPTH_MAX = 100 }; /* the server's own limit */

struct um_json_leg {
    bool array;
    uint32_t index;  /* of an array */
    const char *key; /* of an object: as in the text, quotes and escapes included */
    size_t key_len;
};

struct um_json_scan {
    const char *text;
    size_t len, at;
    unsigned depth;
    struct um_json_leg legs[UM_JSON_DEPTH_MAX + 1]; /* the way to the scalar at hand */
};

/* Gets each such scalar; it is text[start, end). -1 ends the scan. */
typedef int um_json_sink(void *context, const struct um_json_scan *scan, enum um_json_look look,
                         size_t start, size_t end, struct um_err *err);
int um_json_scan(const char *text, size_t len, um_json_sink *sink, void *context,
                 struct um_err *err);

/* The path of the scan's scalar as JSON_EXTRACT takes it: $."a"[3]."b c". Appended. */
void um_json_path_print(const struct um_json_scan *scan, struct um_buf *out);

int um_json_text_fail(size_t at, const char *what, struct um_err *err);

#endif
