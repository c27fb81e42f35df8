#include "repair/batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/mem.h"
#include "checksum/column_pair.h"
#include "copy/renew.h"
#include "copy/rows.h"
#include "repair/rows.h"
#include "schema/ddl.h"

enum {
    BATCH_BYTES = 4 << 20, /* of rows, as they are on both sides, in one transaction */
    RECORDS_BYTES = 1 << 20,
};

char *um_repair_refusal(const struct um_pairing *p)
{
    const struct um_table *source = p->table[UM_SOURCE], *target = p->table[UM_TARGET];
    const struct um_table *const both[] = {source, target};
    if (!p->named_by_key)
        return um_strdup("no unique key tells its rows apart");
    for (int i = 0; i < 2; i++) {
        if (both[i]->versioned)
            return um_strdup("it keeps the history of its rows");
        if (!both[i]->engine || strcasecmp(both[i]->engine, "InnoDB") != 0)
            return um_sprintf("its engine on the %s is %s", i ? "target" : "source",
                              both[i]->engine ? both[i]->engine : "not known");
    }
    for (size_t i = 0; i < source->column_count; i++) {
        const struct um_column *c = &source->columns[i];
        int at = um_table_column(target, c->name);
        if (!c->system && (at < 0 || !um_columns_written_alike(c, &target->columns[at])))
            return um_sprintf("its column '%s' is another one on the target", c->name);
    }
    return NULL;
}

/* ---- definitions ---- */

/* The rows that were just read keep the table's metadata lock until the transaction ends: what it
   is now is what it was then. */
static int check_definition(struct um_conn *c, const struct um_table *t, const char *side,
                            struct um_err *err)
{
    struct um_buf name = {0};
    um_quote_table(&name, t->schema, t->name);
    struct um_resultset *rows = um_query(c, err, "SHOW CREATE TABLE %s", name.data);
    um_buf_free(&name);
    const char *const *v;
    const unsigned long *l;
    int more = rows ? um_result_next(rows, &v, &l, err) : -1;
    bool same = more > 0 && v[1] && um_copy_has_columns(v[1], t->create_sql);
    um_result_close(rows);
    if (more < 0 && !um_copy_is_changed_table(err))
        return -1;
    return same ? 0
                : um_fail(err, UM_E_REPAIR_CHANGED, "table `%s`.`%s` was altered on the %s",
                          t->schema, t->name, side);
}

static int check_definitions(const struct um_repair_rows *r, struct um_err *err)
{
    const struct um_pairing *p = r->table->pairing;
    struct um_conn *const *conn = r->moment->conn;
    if (check_definition(conn[UM_SOURCE], p->table[UM_SOURCE], "source", err) != 0)
        return -1;
    return check_definition(conn[UM_TARGET], p->table[UM_TARGET], "target", err);
}

/* ---- writing ---- */

static int delete_rows(struct um_repair_rows *r, struct um_err *err)
{
    uint64_t expected = 0;
    for (size_t i = 0; i < r->count; i++)
        expected += r->items[i].differs ? r->items[i].there[UM_TARGET] : 0;
    if (!expected)
        return 0;
    struct um_buf sql = {0};
    struct um_conn *target = r->moment->conn[UM_TARGET];
    const struct um_table *t = r->table->pairing->table[UM_TARGET];
    um_buf_str(&sql, "DELETE FROM ");
    um_quote_table(&sql, t->schema, t->name);
    size_t head = sql.len;
    um_repair_rows_from(r, UM_TARGET, UM_TARGET, &sql);
    /* DELETE takes no FORCE INDEX: of what SELECT has, only the condition. */
    size_t from = strlen(r->table->pairing->name_from[UM_TARGET]);
    memmove(sql.data + head, sql.data + head + from, sql.len - head - from);
    sql.len -= from;
    int result = um_exec_bytes(target, sql.data, sql.len, err);
    um_buf_free(&sql);
    if (result == 0 && um_affected(target) != expected)
        result = um_fail(err, UM_E_REPAIR_CHANGED,
                         "`%s`.`%s`: %" PRIu64 " rows were to be replaced, and %" PRIu64 " went",
                         t->schema, t->name, expected, um_affected(target));
    return result;
}

/* Documents whose text is not all of them go by the types of their values. */
static int find_types(const struct um_repair_rows *r, const char *from, struct um_json_paths *paths,
                      bool *typed, struct um_err *err)
{
    const struct um_json_range rows = {
        .source = r->moment->conn[UM_SOURCE], .table = r->table->models, .from = from};
    *typed = false;
    return um_json_any_carried(r->table->models) ? um_json_types_of(&rows, paths, typed, err) : 0;
}

static int insert_read(struct um_repair_rows *r, const char *from, struct um_json_paths *typed,
                       struct um_err *err)
{
    const struct um_job_table *t = r->table->models;
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT ");
    um_rows_select_list(&sql, t);
    if (typed)
        um_json_types_select(&sql, t, typed);
    um_buf_str(&sql, from);
    struct um_resultset *rows = um_query_stream(r->moment->conn[UM_SOURCE], sql.data, sql.len, err);
    um_buf_free(&sql);
    if (!rows)
        return -1;
    struct um_rows_reader reader;
    um_rows_reader_open(&reader, t, rows, NULL, typed, NULL);
    int result = um_rows_insert(r->moment->conn[UM_TARGET], t, &reader, err);
    um_rows_reader_close(&reader);
    um_result_close(rows);
    return result;
}

static int insert_rows(struct um_repair_rows *r, struct um_err *err)
{
    if (!um_repair_rows_any(r, UM_SOURCE))
        return 0;
    struct um_buf from = {0};
    struct um_json_paths paths = {0};
    bool typed;
    um_repair_rows_from(r, UM_SOURCE, UM_SOURCE, &from);
    int result = find_types(r, from.data, &paths, &typed, err);
    if (result == 0)
        result = insert_read(r, from.data, typed ? &paths : NULL, err);
    um_json_paths_free(&paths);
    um_buf_free(&from);
    return result;
}

/* ---- the record ---- */

static const char *op_of(const struct um_repair_row *row)
{
    return !row->there[UM_SOURCE] ? "delete" : row->there[UM_TARGET] ? "update" : "insert";
}

static int send_records(struct um_repair_rows *r, struct um_buf *sql, struct um_err *err)
{
    struct um_conn *target = r->moment->conn[UM_TARGET];
    if (!sql->len)
        return 0;
    if (sql->len > um_conn_packet_bytes(target))
        return um_fail(err, UM_E_REPAIR_LARGE,
                       "`%s`.`%s`: a row's images before and after take %zu bytes, and the target "
                       "takes %zu at once",
                       r->table->models->target_schema, r->table->models->target_name, sql->len,
                       um_conn_packet_bytes(target));
    int result = um_exec_bytes(target, sql->data, sql->len, err);
    um_buf_clear(sql);
    return result;
}

static int record_rows(struct um_repair_rows *r, struct um_err *err)
{
    struct um_buf sql = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->count; i++) {
        const struct um_repair_row *row = &r->items[i];
        if (!row->differs)
            continue;
        char *key = um_pairing_describe(r->table->pairing, row->name, row->len);
        const struct um_repair_record record = {.run = r->moment->run,
                                                .at = r->moment->at,
                                                .schema = r->table->models->target_schema,
                                                .table = r->table->models->target_name,
                                                .op = op_of(row),
                                                .key = key,
                                                .before = row->before,
                                                .after = row->after};
        um_state_repair_statement(r->moment->config, &record, &sql);
        free(key);
        if (sql.len > RECORDS_BYTES)
            result = send_records(r, &sql, err);
    }
    if (result == 0)
        result = send_records(r, &sql, err);
    um_buf_free(&sql);
    return result;
}

/* Once it is committed. */
static void report_rows(const struct um_repair_rows *r)
{
    struct um_repair_report *report = r->table->report;
    for (size_t i = 0; i < r->count; i++) {
        const struct um_repair_row *row = &r->items[i];
        if (!row->differs)
            continue;
        enum um_key_difference kind = !row->there[UM_SOURCE]  ? UM_KEY_ONLY_TARGET
                                      : row->there[UM_TARGET] ? UM_KEY_DIFFERS
                                                              : UM_KEY_ONLY_SOURCE;
        report->inserted += kind == UM_KEY_ONLY_SOURCE;
        report->deleted += kind == UM_KEY_ONLY_TARGET;
        report->updated += kind == UM_KEY_DIFFERS;
        if (report->key_count >= r->table->max_keys)
            continue;
        report->keys = um_realloc(report->keys, (report->key_count + 1) * sizeof *report->keys);
        report->keys[report->key_count++] = (struct um_differing_key){
            kind, um_pairing_describe(r->table->pairing, row->name, row->len)};
    }
}

/* ---- a batch ---- */

/* As many as fit into one transaction, one at least. */
static size_t count_fitting(const struct um_repair_rows *r, size_t names)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < names && i < r->count; i++) {
        bytes += r->items[i].differs ? r->items[i].bytes : 0;
        if (i && bytes > BATCH_BYTES)
            return i;
    }
    return names;
}

static bool any_differs(const struct um_repair_rows *r)
{
    return um_repair_rows_any(r, UM_SOURCE) || um_repair_rows_any(r, UM_TARGET);
}

static int begin(struct um_repair_rows *r, struct um_err *err)
{
    const struct um_repair_moment *m = r->moment;
    struct um_conn *target = m->conn[UM_TARGET];
    if (um_exec(target, err, "START TRANSACTION") != 0 ||
        um_state_repair_fence(target, m->config, m->fence, err) != 0)
        return -1;
    return um_repair_rows_read(r, err);
}

static bool is_duplicate(const struct um_err *err)
{
    enum { DUPLICATE_ENTRY = 1062, DUPLICATE_ENTRY_NAMED = 1586 };
    return err->server_code == DUPLICATE_ENTRY || err->server_code == DUPLICATE_ENTRY_NAMED;
}

/* 1: more rows have to go along. */
static int write_rows(struct um_repair_rows *r, struct um_err *err)
{
    if (check_definitions(r, err) != 0 || um_repair_rows_images(r, false, err) != 0 ||
        delete_rows(r, err) != 0)
        return -1;
    if (insert_rows(r, err) != 0)
        return is_duplicate(err) && um_repair_rows_in_the_way(r, err) == 0 ? 1 : -1;
    if (um_repair_rows_images(r, true, err) != 0 || record_rows(r, err) != 0 ||
        um_fault(UM_FAULT_REPAIR_BEFORE_COMMIT, err) != 0 ||
        um_exec(r->moment->conn[UM_TARGET], err, "COMMIT") != 0)
        return -1;
    report_rows(r);
    return um_fault(UM_FAULT_REPAIR_AFTER_COMMIT, err);
}

static int repair(struct um_repair_rows *r, size_t names, size_t *done, struct um_err *err)
{
    struct um_conn *target = r->moment->conn[UM_TARGET];
    if (begin(r, err) != 0)
        return -1;
    *done = count_fitting(r, names);
    if (*done < names)
        um_repair_rows_cut(r, *done);
    for (;;) {
        if (!any_differs(r))
            return um_exec(target, err, "ROLLBACK");
        int again = write_rows(r, err);
        if (again <= 0)
            return again;
        if (um_exec(target, err, "ROLLBACK") != 0 || begin(r, err) != 0)
            return -1;
    }
}

int um_repair_batch(const struct um_repair_moment *m, const struct um_repair_table *t,
                    const struct um_damage_name *names, size_t count, size_t *done,
                    struct um_err *err)
{
    struct um_repair_rows rows;
    um_repair_rows_create(&rows, m, t);
    for (size_t i = 0; i < count; i++)
        um_repair_rows_add(&rows, names[i].bytes, names[i].len);
    size_t unique = rows.count; /* names that came twice are one row */
    *done = 0;
    int result = repair(&rows, unique, done, err);
    if (result == 0 && *done == unique)
        *done = count;
    struct um_err ignored;
    if (result != 0)
        um_exec(m->conn[UM_TARGET], &ignored, "ROLLBACK");
    um_repair_rows_destroy(&rows);
    return result;
}
