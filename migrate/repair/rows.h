#ifndef MIGRATE_REPAIR_ROWS_H
#define MIGRATE_REPAIR_ROWS_H

#include "checksum/row_hash.h"
#include "repair/batch.h"

/* The rows of one batch; private to this folder. */
struct um_repair_row {
    const char *name; /* as um_pairing_name_row has it; in the arena */
    size_t len;
    unsigned there[2]; /* rows of that name: 0 or 1, more where the target has no such key */
    struct um_row_hash hash[2]; /* of all columns that are compared */
    struct um_row_hash written; /* on the source, of those that are written */
    uint64_t bytes;             /* on both sides together */
    bool differs;
    char *before, *after; /* of the target, as JSON */
};

struct um_repair_rows {
    const struct um_repair_moment *moment;
    const struct um_repair_table *table;
    struct um_repair_row *items;
    size_t count, cap;
    struct um_arena arena;
    struct um_row_hasher *hasher;
    struct um_buf work;
    const char **values; /* room for those that are written */
    unsigned long *lengths;
};

void um_repair_rows_create(struct um_repair_rows *r, const struct um_repair_moment *m,
                           const struct um_repair_table *t);
void um_repair_rows_destroy(struct um_repair_rows *r);
/* False when it was there already. */
bool um_repair_rows_add(struct um_repair_rows *r, const char *name, size_t len);
/* Only the first `count` stay. */
void um_repair_rows_cut(struct um_repair_rows *r, size_t count);

/* Which of the rows a statement is about: those that differ and are there on that side. */
bool um_repair_rows_any(const struct um_repair_rows *r, enum um_side side);
/* " FROM … WHERE …" of them, as one of the sides has to be asked for them. */
void um_repair_rows_from(const struct um_repair_rows *r, enum um_side of, enum um_side asked,
                         struct um_buf *sql);

/* Reads them on both sides and finds out which differ; the target's are locked. */
int um_repair_rows_read(struct um_repair_rows *r, struct um_err *err);
/* The images of those that differ, as the target has them now. `after`: what the source has was
   written, and is compared with it. */
int um_repair_rows_images(struct um_repair_rows *r, bool after, struct um_err *err);

/* The target refused them for a duplicate: rows that differ as well and are in the way join them.
   UM_E_REPAIR_IN_THE_WAY where there is none, or there are too many; `err` has the refusal. */
int um_repair_rows_in_the_way(struct um_repair_rows *r, struct um_err *err);

#endif
