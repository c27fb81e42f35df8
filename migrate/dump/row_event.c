/* Row events. */
#include "dump/describe.h"

#include <stdlib.h>

#include "base/mem.h"
#include "binlog/column.h"

static void flag(struct um_out *o, const char *name, bool set)
{
    if (set)
        um_out_flag(o, name);
}

static void print_flags(struct um_out *o, unsigned flags)
{
    enum { COMPLETE_ROWS = 8, KNOWN = 1 | 2 | 4 | COMPLETE_ROWS | 16 };
    flag(o, "end_of_statement", flags & UM_ROWS_END_OF_STATEMENT);
    flag(o, "no_foreign_key_checks", flags & UM_ROWS_NO_FOREIGN_KEY_CHECKS);
    flag(o, "no_unique_checks", flags & UM_ROWS_NO_UNIQUE_CHECKS);
    flag(o, "complete_rows", flags & COMPLETE_ROWS);
    flag(o, "sql_foreign_keys", flags & UM_ROWS_SQL_FOREIGN_KEYS);
    if (flags & ~(unsigned)KNOWN)
        um_out_uint(o, "rows_flags", flags & ~(unsigned)KNOWN);
}

/* ---- MariaDB's old temporals ---- */

/*
 * Columns made with mysql56_temporal_format=OFF may have a fraction, and the event does not tell
 * how long it is. They are read as without one, as the server's own printer does; where there is
 * one, the bytes then do not fit, which is no damage of the file.
 */
static bool is_old_temporal(uint8_t type)
{
    return type == UM_CT_TIME || type == UM_CT_DATETIME || type == UM_CT_TIMESTAMP;
}

static bool may_be_misread(const struct um_read_event *e)
{
    for (size_t i = 0; e->format->mariadb && i < um_table_map_columns(e->map); i++) {
        if (is_old_temporal(um_table_map_type(e->map, i)))
            return true;
    }
    return false;
}

static bool plausible(const struct um_value *v)
{
    switch (v->kind) {
    case UM_V_TIME:
        return v->t.hour <= 838 && v->t.minute < 60 && v->t.second < 60;
    case UM_V_DATETIME:
        return v->t.year <= 9999 && v->t.month <= 12 && v->t.day <= 31 && v->t.hour < 24 &&
               v->t.minute < 60 && v->t.second < 60;
    default:
        return true;
    }
}

static bool row_is_plausible(const struct um_table_map *map, const struct um_value *values)
{
    for (size_t i = 0; i < um_table_map_columns(map); i++) {
        if (is_old_temporal(um_table_map_type(map, i)) && !plausible(&values[i]))
            return false;
    }
    return true;
}

static int fail_old_temporals(const struct um_read_event *e, struct um_err *err)
{
    return um_fail(err, UM_E_EVENT_UNSUPPORTED,
                   "`%s`.`%s` has temporal columns of MariaDB's old format "
                   "(mysql56_temporal_format=OFF), and the event does not tell the length of "
                   "their fractions",
                   um_table_map_schema(e->map), um_table_map_name(e->map));
}

/* ---- rows ---- */

/* `values`: the images before and after, one behind the other; all UM_V_ABSENT at first. */
static int print_rows(struct um_out *o, const struct um_read_event *e, struct um_rows *r,
                      struct um_value *values, struct um_err *err)
{
    struct um_value *after = values + um_table_map_columns(e->map);
    bool doubtful = may_be_misread(e);
    int more;
    um_out_rows_begin(o);
    while ((more = um_rows_next(r, values, after, err)) > 0) {
        if (doubtful && (!row_is_plausible(e->map, values) || !row_is_plausible(e->map, after)))
            return fail_old_temporals(e, err);
        if (um_out_row(o, r, values, after, err) != 0)
            return um_fail_in(err, "`%s`.`%s`, row %zu", um_table_map_schema(e->map),
                              um_table_map_name(e->map), r->row_index);
        um_arena_reset(r->arena);
    }
    um_out_rows_end(o);
    return more < 0 && doubtful ? fail_old_temporals(e, err) : more;
}

int um_dump_rows(struct um_out *o, const struct um_read_event *e, struct um_err *err)
{
    if (!e->map) { /* the end of a statement, and nothing else */
        um_out_flag(o, "end_of_statement");
        return 0;
    }
    um_out_table(o, e->map);
    struct um_rows r;
    if (um_rows_open(&r, e->format, e->ev, e->map, err) != 0)
        return -1;
    print_flags(o, r.flags);
    struct um_arena whole = {0}; /* documents that are made of an image and its change */
    r.arena = &whole;
    struct um_value *values = um_alloc_array(2 * um_table_map_columns(e->map), sizeof *values);
    int result = print_rows(o, e, &r, values, err);
    free(values);
    um_arena_free(&whole);
    return result;
}
