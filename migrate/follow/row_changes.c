#include "follow/row_changes.h"

static unsigned change_flags(const struct um_rows *rows)
{
    unsigned flags = 0;
    /* What foreign keys did to other rows is in the log as well, and what the source accepted is
       not to be judged again: a REPLACE takes a parent away for a moment. */
    if (rows->flags & (UM_ROWS_NO_FOREIGN_KEY_CHECKS | UM_ROWS_SQL_FOREIGN_KEYS))
        flags |= UM_CHANGE_NO_FOREIGN_KEYS;
    if (rows->flags & UM_ROWS_NO_UNIQUE_CHECKS)
        flags |= UM_CHANGE_NO_UNIQUE_CHECKS;
    return flags;
}

/* A column that an update's after image leaves out did not change. */
static void complete_image(struct um_value *after, const struct um_value *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (after[i].kind == UM_V_ABSENT)
            after[i] = before[i];
    }
}

/* MariaDB writes a REPLACE as an update, and MINIMAL and NOBLOB leave out of it the columns that it
   sets to their defaults: they would pass for unchanged. FULL_NODUP has them. */
static int check_image(const struct um_rows *rows, const struct um_table *table, bool mariadb,
                       bool full, struct um_err *err)
{
    if (full || rows->kind != UM_ROWS_UPDATE || !mariadb ||
        (um_rows_full_before(rows) && um_full_image_is_evident(table)))
        return 0;
    return um_fail(err, UM_E_APPLY_IMAGE,
                   "the row image of an update lacks columns (binlog_row_image is not FULL in that "
                   "session), and MariaDB does not tell whether a REPLACE changed them");
}

int um_row_changes(struct um_rows *rows, const struct um_table *table, bool mariadb,
                   uint64_t offset, struct um_txn *t, struct um_err *err)
{
    size_t image = um_table_map_columns(rows->map) * sizeof(struct um_value);
    bool full = um_rows_full_image(rows);
    if (check_image(rows, table, mariadb, full, err) != 0)
        return -1;
    for (;;) {
        struct um_value *before =
            rows->kind == UM_ROWS_INSERT ? NULL : um_arena_alloc(&t->arena, image);
        struct um_value *after =
            rows->kind == UM_ROWS_DELETE ? NULL : um_arena_alloc(&t->arena, image);
        int more = um_rows_next(rows, before, after, err);
        if (more <= 0)
            return more;
        if (before && after && !full)
            complete_image(after, before, table->column_count);
        struct um_change *c = um_txn_add(t);
        c->op = rows->kind == UM_ROWS_INSERT   ? UM_INSERT
                : rows->kind == UM_ROWS_UPDATE ? UM_UPDATE
                                               : UM_DELETE;
        c->flags = change_flags(rows);
        c->table = table;
        c->before = before;
        c->after = after;
        c->offset = offset;
    }
}
