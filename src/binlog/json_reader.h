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
enum { UM_JSON_MAX_DEPTH = 100 }; /* the server's JSON_DOCUMENT_MAX_DEPTH */

struct um_json_walk {
    const uint8_t *start; /* of the document, for offsets in errors */
    size_t budget;
    unsigned depth;
    struct um_err *err;
};

/* The wire's type bytes (sql-common/json_binary.cc, JSONB_TYPE_…). */
enum um_json_type {
    UM_JT_SMALL_OBJECT = 0x00,
    UM_JT_LARGE_OBJECT = 0x01,
    UM_JT_SMALL_ARRAY = 0x02,
    UM_JT_LARGE_ARRAY = 0x03,
    UM_JT_LITERAL = 0x04,
    UM_JT_INT16 = 0x05,
    UM_JT_UINT16 = 0x06,
    UM_JT_INT32 = 0x07,
    UM_JT_UINT32 = 0x08,
    UM_JT_INT64 = 0x09,
    UM_JT_UINT64 = 0x0a,
    UM_JT_DOUBLE = 0x0b,
    UM_JT_STRING = 0x0c,
    UM_JT_OPAQUE = 0x0f,
};

/* Values that stand in their container's entry, in place of an offset. */
static inline bool um_json_inlined(uint8_t type, bool large)
{
    return type == UM_JT_LITERAL || type == UM_JT_INT16 || type == UM_JT_UINT16 ||
           (large && (type == UM_JT_INT32 || type == UM_JT_UINT32));
}

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
    /* As it lies in the document: its type, and the bytes that can be moved elsewhere as they are
       (offsets in a container count from its own beginning). */
    uint8_t type; /* enum um_json_type */
    const uint8_t *stored;
    size_t stored_len;
};

struct um_json_text {
    const uint8_t *bytes;
    size_t len;
};

int um_json_open(struct um_json_walk *w, const uint8_t *bytes, size_t len,
                 struct um_json_value *root, struct um_err *err);
/* The same for a value that was taken out of a document: its type, and its bytes as stored. */
int um_json_open_stored(struct um_json_walk *w, uint8_t type, const uint8_t *stored, size_t len,
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
