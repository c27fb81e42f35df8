/* Documents that are changed in part: every one is what the server itself had after the change. */
/* links: um_binlog um_change um_base */
#include "binlog/rows.h"

#include "binlog/json_binary.h"
#include "binlog/unwrap.h"
#include "binlog_fixture.h"

enum { MAX_ROWS = 64, MAX_COLUMNS = 32 };

/* The documents of a row as they should be by now: the next image before a change says it. */
struct known_row {
    char table[64];
    int64_t id;
    char *documents[MAX_COLUMNS]; /* as SQL expressions, which tell every type; NULL: no document */
    bool partial[MAX_COLUMNS];
};

struct chain {
    const struct fixture *f;
    struct um_table_map *map;
    struct um_arena arena;
    struct known_row rows[MAX_ROWS];
    size_t row_count;
    size_t partial_events, compared, refused;
    size_t largest;
};

static char *as_sql(const struct um_value *v)
{
    struct um_buf out = {0};
    struct um_err err = {0};
    if (v->kind != UM_V_JSON)
        return NULL;
    if (um_json_sql(v->bytes, v->len, &out, &err))
        fail_msg("%s", err.text);
    return um_buf_take(&out);
}

static struct known_row *row_of(struct chain *c, int64_t id)
{
    const char *table = um_table_map_name(c->map);
    for (size_t i = 0; i < c->row_count; i++)
        if (c->rows[i].id == id && strcmp(c->rows[i].table, table) == 0)
            return &c->rows[i];
    assert_true(c->row_count < MAX_ROWS);
    struct known_row *row = &c->rows[c->row_count++];
    snprintf(row->table, sizeof row->table, "%s", table);
    row->id = id;
    return row;
}

static void expect(struct chain *c, const struct um_value *before)
{
    struct known_row *row = row_of(c, before[0].i);
    for (size_t i = 1; i < um_table_map_columns(c->map); i++) {
        char *text = as_sql(&before[i]);
        if (text && row->documents[i] && strcmp(text, row->documents[i]) != 0)
            fail_msg("%s, row %d, column %d:\n%.3000s\n-- is for the server\n%.3000s", row->table,
                     (int)row->id, (int)i + 1, row->documents[i], text);
        assert_int_equal(!text, !row->documents[i]);
        c->compared += row->partial[i] && text;
        free(text);
    }
}

static void remember(struct chain *c, const struct um_value *after, bool partial)
{
    struct known_row *row = row_of(c, after[0].i);
    for (size_t i = 1; i < um_table_map_columns(c->map); i++) {
        free(row->documents[i]);
        row->documents[i] = as_sql(&after[i]);
        row->partial[i] = partial;
        if (after[i].kind == UM_V_JSON && after[i].len > c->largest)
            c->largest = after[i].len;
    }
}

static int take_event(void *context, const struct um_event *ev, struct um_err *err)
{
    struct chain *c = context;
    struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
    struct um_rows r;
    int rc;
    if (ev->type == UM_EV_TABLE_MAP) {
        um_table_map_delete(c->map);
        c->map = um_table_map_new(&c->f->format, ev, err);
        return c->map ? 0 : -1;
    }
    if (!um_event_is_rows(ev->type))
        return 0;
    bool partial = ev->type == UM_EV_PARTIAL_UPDATE_ROWS;
    c->partial_events += partial;
    if (um_rows_open(&r, &c->f->format, ev, c->map, err))
        return -1;
    r.arena = &c->arena;
    bool whole = um_rows_full_image(&r);
    while ((rc = um_rows_next(&r, before, after, err)) == 1 && whole) {
        if (r.kind != UM_ROWS_INSERT)
            expect(c, before);
        if (r.kind != UM_ROWS_DELETE)
            remember(c, after, partial);
    }
    if (rc == 0 || whole)
        return rc;
    assert_int_equal(err->id, UM_E_EVENT_UNSUPPORTED);
    assert_non_null(strstr(err->text, "pj.lacking: row 1, column 3 (b)"));
    c->refused++;
    return 0;
}

static void as_the_server_has_them(void **state)
{
    (void)state;
    struct fixture f = fixture_open("partial-json-mysql-9.7");
    struct um_unwrapper *u = um_unwrapper_new();
    struct chain c = {.f = &f};
    struct um_err err = {0};
    while (fixture_next(&f)) {
        if (um_unwrap(u, &f.format, &f.ev, take_event, &c, &err) != 0)
            fail_msg("%s", err.text);
    }
    assert_int_equal(c.partial_events, 29);
    assert_int_equal(c.compared, 84);
    assert_true(c.largest > 110000);
    assert_int_equal(c.refused, 1);
    for (size_t i = 0; i < c.row_count; i++)
        for (size_t k = 0; k < MAX_COLUMNS; k++)
            free(c.rows[i].documents[k]);
    um_table_map_delete(c.map);
    um_arena_free(&c.arena);
    um_unwrapper_delete(u);
    fixture_close(&f);
}

/* Every event of it, cut anywhere and with any byte changed: rows or an error. */
static void damaged(void **state)
{
    (void)state;
    struct fixture f = fixture_open("partial-json-mysql-9.7");
    size_t tried = 0, noticed = 0;
    while (fixture_next(&f)) {
        for (size_t i = 0; f.ev.type == UM_EV_PARTIAL_UPDATE_ROWS && i < 2 * f.ev.body_len; i++) {
            size_t at = i / 2, len = i % 2 ? f.ev.body_len : at;
            struct um_arena arena = {0};
            struct um_err err = {0};
            struct um_value before[MAX_COLUMNS], after[MAX_COLUMNS];
            struct um_event ev = f.ev;
            struct um_rows r;
            uint8_t *body = malloc(len ? len : 1);
            memcpy(body, f.ev.body, len);
            if (at < len)
                body[at] ^= 0x21;
            ev.body = body;
            ev.body_len = len;
            int rc = um_rows_open(&r, &f.format, &ev, f.map, &err);
            r.arena = &arena;
            while (rc == 0 && (rc = um_rows_next(&r, before, after, &err)) == 1)
                rc = 0;
            noticed += rc != 0;
            tried++;
            um_arena_free(&arena);
            free(body);
        }
    }
    assert_true(tried > 10000 && noticed > tried / 4);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_server_has_them),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
