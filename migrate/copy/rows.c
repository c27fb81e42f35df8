#include "copy/rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/stop.h"
#include "mysql/literal.h"

enum { INSERT_BYTES = 1 << 20 }; /* a statement is sent when it is as long as this */

const struct um_column *um_rows_target_column(const struct um_job_table *t, size_t column)
{
    int at = um_table_column(t->target, t->source->columns[column].name);
    /* The plan and the creation of the table made sure of it. */
    UM_ASSERT(at >= 0);
    return &t->target->columns[at];
}

void um_rows_select_list(struct um_buf *sql, const struct um_job_table *t)
{
    const char *comma = "";
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]))
            continue;
        um_buf_str(sql, comma);
        um_column_select(sql, &t->source->columns[i]);
        comma = ",";
    }
}

static void set_bit(uint64_t *bitmap, unsigned i)
{
    bitmap[i / 64] |= 1ull << (i % 64);
}

static bool has_bit(const uint64_t *bitmap, unsigned i)
{
    return bitmap[i / 64] >> (i % 64) & 1;
}

static void note_rounding(struct um_rows_reader *r, const struct um_column *to)
{
    if (!um_column_rounds(to))
        return;
    if (!r->rounding)
        r->rounding = um_alloc_array(r->table->source->column_count, sizeof *r->rounding);
    r->rounding[r->columns] = to;
}

void um_rows_reader_open(struct um_rows_reader *r, const struct um_job_table *t,
                         struct um_resultset *result, struct um_json_paths *collect,
                         struct um_json_paths *typed, struct um_row_hasher *hasher)
{
    *r = (struct um_rows_reader){
        .table = t, .result = result, .collect = collect, .typed = typed, .hasher = hasher};
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]))
            continue;
        if (t->source->columns[i].type == UM_T_ENUM)
            set_bit(r->enum_columns, r->columns);
        note_rounding(r, um_rows_target_column(t, i));
        if ((collect || typed) && um_json_carried(t, i))
            set_bit(r->json_columns, r->columns);
        r->columns++;
    }
    if (typed)
        r->types = um_alloc_array(typed->count, sizeof *r->types);
}

void um_rows_reader_close(struct um_rows_reader *r)
{
    free(r->types);
    r->types = NULL;
    free(r->rounding);
    r->rounding = NULL;
}

static bool has_enum(const struct um_job_table *t)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (t->source->columns[i].type == UM_T_ENUM)
            return true;
    }
    return false;
}

static int collect_paths(struct um_rows_reader *r, struct um_err *err)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->table->source->column_count; i++) {
        if (!um_column_writable(&r->table->source->columns[i]))
            continue;
        if (has_bit(r->json_columns, n) && r->values[n] &&
            um_json_paths_add(r->collect, i, r->values[n], r->lengths[n], err) != 0)
            return um_fail_in(err, "column `%s`", r->table->source->columns[i].name);
        n++;
    }
    return 0;
}

static int check_rounding(const struct um_rows_reader *r, struct um_err *err)
{
    for (unsigned i = 0; i < r->columns; i++) {
        if (r->rounding[i] && r->values[i] &&
            um_column_takes(r->rounding[i], strtod(r->values[i], NULL), err) != 0)
            return -1;
    }
    return 0;
}

/* 1, 0 at the end, -1. */
static int next_row(struct um_rows_reader *r, struct um_err *err)
{
    if (um_stop_requested())
        return um_fail(err, UM_E_STOPPED, "stopped during the copy");
    int more = um_result_next(r->result, &r->values, &r->lengths, err);
    if (more <= 0)
        return more;
    r->rows++;
    if (r->hasher) {
        const struct um_row_hash hash = um_row_hash(r->hasher, r->values, r->lengths, r->columns);
        um_row_sum_add_row(&r->sum, &hash);
    }
    for (unsigned i = 0; i < r->columns; i++) {
        r->bytes += r->lengths[i];
        if (has_bit(r->enum_columns, i) && r->values[i] && strcmp(r->values[i], "0") == 0)
            r->expected_warnings++;
    }
    if ((r->rounding && check_rounding(r, err) != 0) || (r->collect && collect_paths(r, err) != 0))
        return -1;
    return um_fault(UM_FAULT_COPY_MID_CHUNK, err) == 0 ? 1 : -1;
}

/* Does any of eight bytes have this value? */
static bool has_byte(uint64_t eight, char value)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t zero_there = eight ^ (ones * (unsigned char)value);
    return ((zero_there - ones) & ~zero_there & (ones << 7)) != 0;
}

/* How many bytes from p need no escape. */
static size_t plain_run(const char *p, size_t len)
{
    size_t i = 0;
    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        if (has_byte(eight, '\\') || has_byte(eight, '\t') || has_byte(eight, '\n'))
            break;
    }
    while (i < len && p[i] != '\\' && p[i] != '\t' && p[i] != '\n')
        i++;
    return i;
}

/* Writes on at r->column, r->offset; returns the end of what was written. The room is never left
   with less than two bytes free: an escape and a separator are two. */
static char *write_value(struct um_rows_reader *r, char *out, char *end)
{
    const char *value = r->values[r->column];
    size_t len = r->lengths[r->column];
    if (!value) {
        *out++ = '\\';
        *out++ = 'N';
        return out;
    }
    while (r->offset < len && end - out >= 2) {
        size_t left = len - r->offset, room = (size_t)(end - out);
        size_t run = plain_run(value + r->offset, left < room ? left : room);
        memcpy(out, value + r->offset, run);
        out += run;
        r->offset += run;
        if (r->offset < len && end - out >= 2 && run < (left < room ? left : room)) {
            *out++ = '\\';
            char c = value[r->offset++];
            *out++ = c == '\t' ? 't' : c == '\n' ? 'n' : c;
        }
    }
    return out;
}

int um_rows_read_text(void *reader, char *room, unsigned size, struct um_err *err)
{
    struct um_rows_reader *r = reader;
    char *out = room, *end = room + size;
    while (end - out >= 4) {
        if (!r->in_row) {
            int more = next_row(r, err);
            if (more < 0)
                return -1;
            if (more == 0)
                break;
            r->in_row = true;
            r->column = 0;
            r->offset = 0;
        }
        out = write_value(r, out, end - 1);
        if (r->values[r->column] && r->offset < r->lengths[r->column])
            break; /* the room is full in the middle of a value */
        r->column++;
        r->offset = 0;
        r->in_row = r->column < r->columns;
        *out++ = r->in_row ? '\t' : '\n';
    }
    return (int)(out - room);
}

/* ---- INSERT, where the target refuses LOCAL ---- */

static void insert_head(struct um_buf *sql, const struct um_job_table *t)
{
    um_buf_clear(sql);
    um_buf_str(sql, "INSERT INTO ");
    um_quote_table(sql, t->target_schema, t->target_name);
    const char *comma = " (";
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!um_column_writable(&t->source->columns[i]))
            continue;
        um_buf_str(sql, comma);
        um_quote_ident(sql, t->source->columns[i].name);
        comma = ",";
    }
    um_buf_str(sql, ") VALUES ");
}

/* A document whose text may not be all of it; *item is where the types of the next column with
   typed paths are in the row. */
static int insert_json(struct um_buf *sql, struct um_rows_reader *r, unsigned column, unsigned n,
                       unsigned *item, bool *written, struct um_err *err)
{
    size_t count = um_json_types_count(r->typed, column);
    *written = false;
    if (count == 0)
        return 0;
    unsigned at = (*item)++;
    if (!r->values[n])
        return 0;
    if (!r->values[at] || um_json_types_read(r->values[at], r->lengths[at], r->types, count) != 0)
        return um_fail(err, UM_E_JSON_TEXT, "the source gave other types than were asked for");
    return um_json_expr(sql, r->values[n], r->lengths[n], r->typed, column, r->types, written, err);
}

static int insert_row(struct um_buf *sql, struct um_rows_reader *r, bool first, struct um_err *err)
{
    const char *comma = first ? "(" : ",(";
    unsigned n = 0, item = r->columns;
    for (unsigned i = 0; i < r->table->source->column_count; i++) {
        if (!um_column_writable(&r->table->source->columns[i]))
            continue;
        um_buf_str(sql, comma);
        bool written = false;
        if (r->typed && has_bit(r->json_columns, n) &&
            insert_json(sql, r, i, n, &item, &written, err) != 0)
            return um_fail_in(err, "column `%s`", r->table->source->columns[i].name);
        if (!written)
            um_column_insert_value(sql, um_rows_target_column(r->table, i), r->values[n],
                                   r->lengths[n]);
        comma = ",";
        n++;
    }
    um_buf_char(sql, ')');
    return 0;
}

static int send_insert(struct um_conn *target, struct um_buf *sql, uint64_t rows,
                       uint64_t expected_warnings, struct um_err *err)
{
    if (um_exec_bytes(target, sql->data, sql->len, err) != 0)
        return -1;
    uint64_t taken = um_affected(target);
    unsigned warnings = um_warnings(target);
    if (warnings > expected_warnings)
        warnings -= um_warnings_deprecated(target);
    if (taken == rows && warnings == expected_warnings)
        return 0;
    struct um_buf text = {0};
    um_warnings_text(target, &text);
    um_fail(err, UM_E_COPY_REFUSED,
            "the target took %" PRIu64 " of %" PRIu64 " rows and warned %u times: %s", taken, rows,
            warnings, text.len ? text.data : "(no text)");
    um_buf_free(&text);
    return -1;
}

int um_rows_insert(struct um_conn *target, const struct um_job_table *t, struct um_rows_reader *r,
                   struct um_err *err)
{
    /* A strict session refuses ENUM's error value; without strictness it warns, and warnings are
       counted. */
    bool lax = has_enum(t);
    char *mode = NULL;
    if (lax && (um_query_value(target, &mode, err, "SELECT @@SESSION.sql_mode") != 0 ||
                um_exec(target, err,
                        "SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'") != 0)) {
        free(mode);
        return -1;
    }
    struct um_buf sql = {0};
    uint64_t pending = 0, warned = 0;
    int more;
    insert_head(&sql, t);
    while ((more = next_row(r, err)) > 0) {
        more = insert_row(&sql, r, pending++ == 0, err);
        if (more != 0)
            break;
        if (sql.len < INSERT_BYTES)
            continue;
        more = send_insert(target, &sql, pending, r->expected_warnings - warned, err);
        if (more != 0)
            break;
        pending = 0;
        warned = r->expected_warnings;
        um_buf_clear(&sql);
        um_buf_trim(&sql, 2 * INSERT_BYTES);
        insert_head(&sql, t);
    }
    if (more == 0 && pending)
        more = send_insert(target, &sql, pending, r->expected_warnings - warned, err);
    um_buf_free(&sql);
    struct um_err ignored;
    if (lax && um_exec(target, more == 0 ? err : &ignored, "SET SESSION sql_mode='%s'", mode) != 0)
        more = -1;
    free(mode);
    return more;
}
