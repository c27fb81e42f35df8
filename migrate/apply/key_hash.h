#ifndef MIGRATE_APPLY_KEY_HASH_H
#define MIGRATE_APPLY_KEY_HASH_H

#include "base/buf.h"
#include "change/value.h"
#include "schema/table.h"

/*
 * Keys as numbers, so that equal keys can be found without a server. Pure; read by any thread.
 *
 * Two values that the server takes for equal have one hash: never finer than the server, perhaps
 * coarser. Text whose equality is not known here (letters beyond ASCII under a collation, control
 * characters, rules that were not checked) has no hash: it may equal any other text of that key.
 */
struct um_key_part {
    size_t column;
    uint32_t prefix; /* as in um_index_part */
    enum um_key_compare {
        UM_COMPARE_VALUE, /* numbers, temporals, ENUM, SET, BIT */
        UM_COMPARE_BYTES, /* binary strings and text in a binary collation, trailing pads aside */
        UM_COMPARE_FOLD,  /* printable ASCII without regard to case; other text has no hash */
        UM_COMPARE_NEVER, /* no text has a hash */
    } compare;
};

struct um_key_plan {
    uint64_t domain; /* tells this key from all others */
    struct um_key_part *parts;
    size_t part_count;
    bool has_text; /* some part may come without a hash */
};

enum um_key_found {
    UM_KEY_HASHED,
    UM_KEY_WILD,   /* may equal any other value of this key */
    UM_KEY_NULL,   /* equals nothing: a part is NULL */
    UM_KEY_ABSENT, /* the row image lacks a part */
};

enum um_key_compare um_key_compare_of(const struct um_column *c);
void um_key_plan_add(struct um_key_plan *k, const struct um_table *t, size_t column,
                     uint32_t prefix);
void um_key_plan_clear(struct um_key_plan *k);
/* *hash is set for UM_KEY_HASHED. */
enum um_key_found um_key_hash(const struct um_key_plan *k, const struct um_value *row,
                              uint64_t *hash);
/* The very bytes of the key: equal only for keys that are written alike. */
void um_key_bytes(const struct um_key_plan *k, const struct um_value *row, struct um_buf *out);
/* Are all parts written alike in both rows? */
bool um_key_same(const struct um_key_plan *k, const struct um_value *a, const struct um_value *b);

#endif
