/* Positions and table maps of events, in streams and in files, and which belong to what. */
/* links: um_binlog um_change um_base */
#include "binlog/event_reader.h"

#include "base/buf.h"
#include "binlog_fixture.h"

/* ---- made events ---- */

static void put(struct um_buf *b, uint64_t v, unsigned bytes)
{
    for (; bytes > 0; bytes--, v >>= 8)
        um_buf_char(b, (char)v);
}

struct made {
    unsigned type, flags;
    uint32_t log_pos;
    const void *body;
    size_t len;
};

static struct um_buf make(struct made m)
{
    struct um_buf b = {0};
    put(&b, 1700000000, 4);
    put(&b, m.type, 1);
    put(&b, 1, 4);
    put(&b, UM_EVENT_HEADER + m.len, 4);
    put(&b, m.log_pos, 4);
    put(&b, m.flags, 2);
    um_buf_add(&b, m.body, m.len);
    return b;
}

/* Of a server that knows no checksums, with the usual lengths of post-headers. */
static struct um_buf format_body(void)
{
    struct um_buf b = {0};
    char version[50] = "5.5.60";
    put(&b, 4, 2);
    um_buf_add(&b, version, sizeof version);
    put(&b, 0, 4);
    put(&b, UM_EVENT_HEADER, 1);
    for (unsigned type = 1; type <= 32; type++)
        put(&b, type == UM_EV_QUERY ? 13 : 8, 1);
    return b;
}

/* ---- what comes out ---- */

struct seen {
    size_t count;
    uint64_t start, end, map_id;
    bool has_map, fresh_note;
    unsigned type;
    const struct um_table_map *map;
    char file[256];
    struct um_event_reader *r;
};

static int note(void *context, const struct um_read_event *e, struct um_err *err)
{
    static const int mark;
    struct seen *s = context;
    (void)err;
    s->count++;
    s->start = e->start;
    s->end = e->end;
    s->type = e->ev->type;
    s->map = e->map;
    s->has_map = e->map != NULL;
    assert_int_equal(e->map == NULL, e->note == NULL);
    s->fresh_note = e->note && !*e->note;
    if (e->note)
        *e->note = &mark;
    s->map_id = e->map ? um_table_map_id(e->map) : 0;
    snprintf(s->file, sizeof s->file, "%s", um_event_reader_file(s->r));
    return 0;
}

static int feed(struct um_event_reader *r, struct seen *s, struct made m, struct um_err *err)
{
    struct um_buf b = make(m);
    *s = (struct seen){.r = r};
    int result = um_event_reader_feed(r, (const uint8_t *)b.data, b.len, note, s, err);
    um_buf_free(&b);
    return result;
}

static struct seen fed(struct um_event_reader *r, struct made m)
{
    struct um_err err = {0};
    struct seen s;
    if (feed(r, &s, m, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

static struct um_event_reader *open_at(enum um_reader_positions positions, uint64_t offset)
{
    struct um_event_reader *r = um_event_reader_new(positions, "b.000001", offset);
    struct um_buf body = format_body();
    /* As a dump from the middle of a file begins. */
    struct seen s =
        fed(r, (struct made){.type = UM_EV_FORMAT_DESCRIPTION, .body = body.data, .len = body.len});
    um_buf_free(&body);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.end, positions == UM_READ_STREAM ? offset : offset + UM_EVENT_HEADER + 89);
    return r;
}

/* ---- positions ---- */

static const uint64_t wrap = 1ull << 32;

static void positions_go_beyond_four_gib(void **state)
{
    (void)state;
    struct um_event_reader *r = open_at(UM_READ_STREAM, wrap - 40);
    struct seen s =
        fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = (uint32_t)(wrap - 21)});
    assert_true(s.start == wrap - 40 && s.end == wrap - 21);
    s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = UINT32_MAX - 1});
    assert_true(s.end == wrap - 2);
    s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = 17});
    assert_true(s.start == wrap - 2 && s.end == wrap + 17);
    /* A gap that leads over the border. */
    s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = 4000000000});
    assert_true(s.end == wrap + 4000000000);
    s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = 100});
    assert_true(s.start == 2 * wrap + 81 && s.end == 2 * wrap + 100);
    um_event_reader_delete(r);
}

static void without_an_end_the_size_tells(void **state)
{
    (void)state;
    struct um_event_reader *r = open_at(UM_READ_STREAM, wrap + 1000);
    struct seen s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .body = "abc", .len = 3});
    assert_true(s.start == wrap + 1000 && s.end == wrap + 1022);
    s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = 1041});
    assert_true(s.end == wrap + 1041);
    um_event_reader_delete(r);
}

static void what_the_server_makes_up_takes_no_room(void **state)
{
    (void)state;
    struct um_event_reader *r = open_at(UM_READ_STREAM, 5000);
    struct seen s =
        fed(r, (struct made){.type = UM_EV_HEARTBEAT, .log_pos = 77, .body = "b.000001", .len = 8});
    assert_int_equal(s.end, 5000);
    /* An artificial rotation to the file at hand moves nothing; to another one, it leads there. */
    s = fed(r, (struct made){.type = UM_EV_ROTATE,
                             .flags = UM_EVENT_FLAG_ARTIFICIAL,
                             .body = "\4\0\0\0\0\0\0\0b.000001",
                             .len = 16});
    assert_int_equal(um_event_reader_offset(r), 5000);
    s = fed(r, (struct made){.type = UM_EV_ROTATE,
                             .log_pos = 5035,
                             .body = "\4\0\0\0\0\0\0\0b.000002",
                             .len = 16});
    assert_int_equal(s.end, 5035);
    assert_string_equal(s.file, "b.000002");
    assert_int_equal(um_event_reader_offset(r), 4);
    um_event_reader_delete(r);
}

static void a_file_counts_bytes_and_nothing_else(void **state)
{
    (void)state;
    struct um_event_reader *r = open_at(UM_READ_FILE, 4);
    uint64_t at = um_event_reader_offset(r);
    /* As in a relay log: the events' own ends are those of another file. */
    struct seen s = fed(r, (struct made){.type = UM_EV_IGNORABLE, .log_pos = 4711});
    assert_int_equal(s.end, at + 19);
    s = fed(r, (struct made){.type = UM_EV_ROTATE,
                             .flags = UM_EVENT_FLAG_ARTIFICIAL,
                             .body = "\4\0\0\0\0\0\0\0c.000009",
                             .len = 16});
    assert_string_equal(s.file, "b.000001");
    assert_int_equal(um_event_reader_offset(r), at + 19 + 35);
    um_event_reader_delete(r);
}

/* ---- table maps ---- */

/* One column of type INT. */
static struct made map_of(char *room, unsigned id)
{
    static const char body[] = "\0\0\0\0\0\0\0\0\1s\0\1t\0\1\3\0\0";
    memcpy(room, body, sizeof body - 1);
    room[0] = (char)id;
    return (struct made){.type = UM_EV_TABLE_MAP, .body = room, .len = sizeof body - 1};
}

static struct made rows_of(char *room, unsigned id, bool ends)
{
    static const char body[] = "\0\0\0\0\0\0\0\0\1\1\0\7\0\0\0";
    memcpy(room, body, sizeof body - 1);
    room[0] = (char)id;
    if (id == 0xff)
        memset(room, 0xff, 3);
    room[6] = ends ? UM_ROWS_END_OF_STATEMENT : 0;
    return (struct made){.type = UM_EV_WRITE_ROWS_V1, .body = room, .len = sizeof body - 1};
}

static void a_map_lives_as_long_as_its_statement(void **state)
{
    (void)state;
    char room[32];
    struct um_err err = {0};
    struct um_event_reader *r = open_at(UM_READ_STREAM, 4);
    struct seen s = fed(r, map_of(room, 1));
    assert_true(s.has_map && s.fresh_note);
    fed(r, map_of(room, 2));
    s = fed(r, rows_of(room, 1, false));
    assert_true(s.has_map && !s.fresh_note && s.map_id == 1);
    s = fed(r, rows_of(room, 2, true));
    assert_true(s.map_id == 2);

    /* The next statement begins. */
    s = fed(r, map_of(room, 2));
    assert_true(s.has_map && s.map_id == 2);
    assert_int_equal(feed(r, &s, rows_of(room, 1, true), &err), -1);
    assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
    assert_non_null(strstr(err.text, "table id 1, which no table map announced"));
    assert_int_equal(s.count, 0);
    s = fed(r, rows_of(room, 2, true));
    assert_true(s.has_map);
    um_event_reader_delete(r);
}

static void a_row_event_of_no_table_has_no_map(void **state)
{
    (void)state;
    char room[32];
    struct um_event_reader *r = open_at(UM_READ_STREAM, 4);
    struct seen s = fed(r, rows_of(room, 0xff, true));
    assert_true(s.count == 1 && !s.has_map);
    um_event_reader_delete(r);
}

/* The same announcement brings the same map with what was noted of it; another one a new map. */
static void a_map_is_kept_while_it_stays_the_same(void **state)
{
    enum { NAME_AT = 12 };
    (void)state;
    char room[32];
    struct um_event_reader *r = open_at(UM_READ_STREAM, 4);
    struct seen s = fed(r, map_of(room, 1));
    const struct um_table_map *map = s.map;
    assert_true(s.fresh_note);
    fed(r, rows_of(room, 1, true));
    s = fed(r, map_of(room, 1));
    assert_true(s.map == map && !s.fresh_note);
    fed(r, rows_of(room, 1, true));
    struct made other = map_of(room, 1);
    room[NAME_AT] = 'u';
    s = fed(r, other);
    assert_true(s.fresh_note && s.map_id == 1);
    assert_string_equal(um_table_map_name(s.map), "u");
    s = fed(r, rows_of(room, 1, true));
    assert_true(s.has_map && !s.fresh_note);

    /* A server that began anew counts its tables from the beginning. */
    struct um_buf body = format_body();
    fed(r, (struct made){.type = UM_EV_FORMAT_DESCRIPTION, .body = body.data, .len = body.len});
    um_buf_free(&body);
    s = fed(r, map_of(room, 1));
    assert_true(s.fresh_note);
    um_event_reader_delete(r);
}

/* Far more tables than are kept, some under the same number's remainder. */
static void many_maps(void **state)
{
    enum { TABLES = 20000, ID_AT = 0 };
    (void)state;
    char room[32];
    struct um_event_reader *r = open_at(UM_READ_STREAM, 4);
    for (unsigned i = 1; i <= TABLES; i++) {
        struct made map = map_of(room, 0);
        memcpy(room + ID_AT, &(uint16_t){(uint16_t)i}, 2);
        struct seen s = fed(r, map);
        assert_true(s.fresh_note && s.map_id == i);
        struct made rows = rows_of(room, 0, true);
        memcpy(room + ID_AT, &(uint16_t){(uint16_t)i}, 2);
        s = fed(r, rows);
        assert_true(s.map_id == i);
    }
    um_event_reader_delete(r);
}

/* ---- damage ---- */

static void damaged_events_are_not_handed_out(void **state)
{
    (void)state;
    static const uint8_t types[] = {UM_EV_ROTATE, UM_EV_TABLE_MAP, UM_EV_WRITE_ROWS_V1};
    struct um_event_reader *r = open_at(UM_READ_STREAM, 4);
    for (size_t i = 0; i < sizeof types; i++) {
        struct um_err err = {0};
        struct seen s;
        assert_int_equal(
            feed(r, &s, (struct made){.type = types[i], .body = "\1\0\0", .len = 3}, &err), -1);
        assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
        assert_int_equal(s.count, 0);
        assert_string_equal(um_event_reader_file(r), "b.000001");
    }
    assert_false(um_event_reader_format(r)->mariadb);
    um_event_reader_delete(r);
}

/* ---- real files ---- */

struct walk {
    uint64_t start, end;
    const struct um_event *outer;
    size_t count, packed, rows;
};

static int follow(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct walk *w = context;
    (void)err;
    assert_true(e->start == w->start && e->end == w->end);
    w->count++;
    w->packed += e->ev != e->outer;
    if (um_event_is_rows(e->ev->type)) {
        w->rows++;
        assert_non_null(e->map);
    }
    return 0;
}

/* Each event begins where the one before ended; what comes of a packed one has its place. */
static struct walk walk(const char *name)
{
    struct fixture f = fixture_open(name);
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, name, 4);
    struct um_err err = {0};
    struct walk w = {.end = 4};
    while (f.at < f.len) {
        uint32_t size;
        memcpy(&size, f.bytes + f.at + 9, 4);
        w.start = f.at;
        w.end = f.at + size;
        if (um_event_reader_feed(r, f.bytes + f.at, size, follow, &w, &err) != 0)
            fail_msg("%s: %s", name, err.text);
        f.at += size;
    }
    assert_int_equal(um_event_reader_offset(r), f.len);
    um_event_reader_delete(r);
    fixture_close(&f);
    return w;
}

static void real_files_are_read_to_their_end(void **state)
{
    (void)state;
    struct walk plain = walk("types-mysql-9.7"), packed = walk("packed-mysql-9.7");
    assert_true(plain.rows > 10 && plain.packed == 0);
    assert_true(packed.rows > plain.rows && packed.packed > packed.rows);
    struct walk maria = walk("types-mariadb-11.8"), squeezed = walk("packed-mariadb-11.8");
    assert_true(maria.rows > 10 && maria.packed == 0);
    assert_true(squeezed.rows > maria.rows && squeezed.packed > 10);
    walk("types-mysql-5.6");
    walk("mysql-9.7");
    walk("mariadb-11.8");
    walk("compressed-mariadb-10.11");
    assert_int_equal(walk("statement-mysql-9.7").rows, 0);
    assert_int_equal(walk("statement-mariadb-11.8").rows, 0);
}

static int end_it(void *context, const struct um_read_event *e, struct um_err *err)
{
    (void)err;
    ++*(size_t *)context;
    return um_event_is_rows(e->ev->type) ? 7 : 0;
}

/* Within a compressed transaction, so what comes after the rows must not come. */
static void a_handler_can_stop_it(void **state)
{
    (void)state;
    struct fixture f = fixture_open("packed-mysql-9.7");
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, "f", 4);
    struct um_err err = {0};
    size_t count = 0;
    while (f.ev.type != UM_EV_TRANSACTION_PAYLOAD) {
        assert_true(fixture_next(&f));
        count = 0;
        int result = um_event_reader_feed(r, f.copy, f.ev.size, end_it, &count, &err);
        assert_int_equal(result, f.ev.type == UM_EV_TRANSACTION_PAYLOAD ? 7 : 0);
    }
    assert_int_equal(count, 3); /* BEGIN, table map, rows */
    um_event_reader_delete(r);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_go_beyond_four_gib),
        cmocka_unit_test(without_an_end_the_size_tells),
        cmocka_unit_test(what_the_server_makes_up_takes_no_room),
        cmocka_unit_test(a_file_counts_bytes_and_nothing_else),
        cmocka_unit_test(a_map_lives_as_long_as_its_statement),
        cmocka_unit_test(a_row_event_of_no_table_has_no_map),
        cmocka_unit_test(a_map_is_kept_while_it_stays_the_same),
        cmocka_unit_test(many_maps),
        cmocka_unit_test(damaged_events_are_not_handed_out),
        cmocka_unit_test(a_handler_can_stop_it),
        cmocka_unit_test(real_files_are_read_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
