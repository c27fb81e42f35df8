#ifndef UM_BINLOG_JSON_READER_H
#define UM_BINLOG_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Walking MySQL's binary JSON. Offsets in it may point anywhere, also at each other, so a walk
 * has a budget: no honest document has more values and text than it has bytes.
 */
struct um_json_walk {
    const uint8_t *start; /* of the document, for offsets in errors */
    size_t budget;
    unsigned depth;
    struct um_err *err;
};

enum um_json_kind {
    UM_JSON_OBJECT,
    UM_JSON_ARRAY,
    UM_JSON_NULL,
    UM_JSON_FALSE,
    UM_JSON_TRUE,
    UM_JSON_INT,
    UM_JSON_UINT,
    UM_JSON_DOUBLE,
    UM_JSON_STRING,
    UM_JSON_OPAQUE,
};

struct um_json_value {
    enum um_json_kind kind;
    uint8_t field_type;   /* OPAQUE: the server's column type */
    const uint8_t *bytes; /* STRING, OPAQUE: the text; containers: where their offsets count from */
    size_t len;
    bool large;     /* containers: offsets and sizes of 4 bytes, not 2 */
    uint32_t count; /* containers: of members */
    union {
        int64_t i;
        uint64_t u;
        double d;
    };
};

struct um_json_text {
    const uint8_t *bytes;
    size_t len;
};

int um_json_open(struct um_json_walk *w, const uint8_t *bytes, size_t len,
                 struct um_json_value *root, struct um_err *err);
int um_json_key(struct um_json_walk *w, const struct um_json_value *object, uint32_t i,
                struct um_json_text *key);
int um_json_member(struct um_json_walk *w, const struct um_json_value *container, uint32_t i,
                   struct um_json_value *out);
int um_json_fail(struct um_json_walk *w, const uint8_t *at, const char *what);
/* Around the members of a container: the server stops at 100 levels, and so does the stack. */
int um_json_enter(struct um_json_walk *w, const struct um_json_value *container);
void um_json_leave(struct um_json_walk *w);

/* Whether text would bring this very value back; for containers, without their members. */
bool um_json_needs_sql(const struct um_json_value *v);
/* Whether it or anything inside does. */
int um_json_any_needs_sql(struct um_json_walk *w, const struct um_json_value *v, bool *found);

#endif
