#ifndef UM_BINLOG_JSON_TREE_H
#define UM_BINLOG_JSON_TREE_H

#include "base/buf.h"
#include "binlog/json_reader.h"

/*
 * A binary JSON document that is being changed. Values are moved about as the bytes that they
 * are; a container is taken apart only when something inside it changes, and put together again
 * when the document is written. So whatever lies beside the change stays byte for byte, and the
 * cost of many changes is that of one document.
 *
 * Memory: of the arena given, at most a small multiple of the documents' bytes. Stored values that
 * share bytes with others, which no server writes, are refused: they could grow when copied.
 * Errors: UM_E_JSON_MALFORMED.
 */
struct um_json_box;

struct um_json_node {
    uint8_t type; /* enum um_json_type; of an open box only object or array counts */
    bool open;
    uint32_t len; /* of bytes */
    union {
        const uint8_t *bytes;    /* as stored; borrowed from the document */
        struct um_json_box *box; /* when open */
    };
};

struct um_json_box {
    bool object;
    uint32_t count, cap;
    struct um_json_node *members;
    struct um_json_text *keys; /* objects: shorter ones first, equally long ones by their bytes */
    /* private to json_tree_write.c */
    bool large;
    uint64_t size;
};

/* A whole document as a node; its bytes must outlive it. */
int um_json_tree_read(const uint8_t *document, size_t len, struct um_json_node *out,
                      struct um_err *err);
/* The container of a node, taken apart; NULL in *box for a scalar. */
int um_json_tree_open(struct um_json_node *node, struct um_arena *arena, struct um_json_box **box,
                      struct um_err *err);

/* Where the key is in an object, or, when it is not there, would be. */
bool um_json_box_find(const struct um_json_box *box, const struct um_json_text *key, uint32_t *at);
/* at <= count; key is for objects. False when the container would have too many members. */
bool um_json_box_insert(struct um_json_box *box, struct um_arena *arena, uint32_t at,
                        const struct um_json_text *key, const struct um_json_node *value);
void um_json_box_remove(struct um_json_box *box, uint32_t at);

/* The document as bytes of the arena. */
int um_json_tree_write(struct um_json_node *root, struct um_arena *arena, const uint8_t **bytes,
                       size_t *len, struct um_err *err);

#endif
