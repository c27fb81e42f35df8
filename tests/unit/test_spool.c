/* The spool's files: whose they are, where they end, and the events that are read from them. */
/* links: um_spool um_binlogs um_binlog um_mysql um_config um_change um_base */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binlog/make.h"
#include "binlog_fixture.h"
#include "binlogs/group.h"
#include "spool/cursor.h"

#include "base/mem.h"
#include "binlog/event_reader.h"

static const char *const servers[] = {"types-mysql-5.6", "types-mysql-9.7", "types-mariadb-11.8"};
enum { SERVERS = 3 };

/* ---- a spool of one real binlog file ---- */

struct world {
    char directory[64];
    struct um_config config;
    struct um_spool_owner owner;
    char *bytes;
    size_t len;
};

static char *in(const struct world *w, const char *name)
{
    return um_sprintf("%s/spool/%s", w->directory, name);
}

static void put(const struct world *w, const char *name, const char *bytes, size_t len)
{
    char *path = in(w, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
    free(path);
}

static uint64_t size_of(const struct world *w, const char *name)
{
    struct stat st;
    char *path = in(w, name);
    uint64_t size = stat(path, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
    free(path);
    return size;
}

static struct um_spool *open_spool(const struct world *w, bool make)
{
    struct um_err err = {0};
    struct um_spool *s;
    if (um_spool_open(&w->owner, make, &s, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

static void world_make(struct world *w, const char *server)
{
    *w = (struct world){.directory = "/tmp/unmoor-spool-XXXXXX"};
    assert_non_null(mkdtemp(w->directory));
    w->config.job = "shop";
    w->config.spool.directory = um_sprintf("%s/spool", w->directory);
    w->config.spool.max_bytes = 1 << 30;
    w->owner = (struct um_spool_owner){&w->config, "0123456789abcdef0123456789abcdef"};
    um_spool_close(open_spool(w, true));
    char *path = um_sprintf(UM_FIXTURES "/binlog/%s.binlog", server);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    w->bytes = um_alloc(1 << 20);
    w->len = fread(w->bytes, 1, 1 << 20, f);
    fclose(f);
    free(path);
    put(w, "binlog.000007", w->bytes, w->len);
}

static void world_clear(struct world *w)
{
    um_spool_remove(open_spool(w, false));
    assert_int_equal(access(w->config.spool.directory, F_OK), -1);
    assert_int_equal(rmdir(w->directory), 0);
    free(w->config.spool.directory);
    free(w->bytes);
}

static uint64_t end_of(struct um_spool *s)
{
    struct um_position end;
    int64_t born;
    return um_spool_end(s, &end, &born) ? end.offset : 0;
}

/* ---- where transactions end, by another way: the header's sizes and the dump's grouping ---- */

struct boundaries {
    uint64_t at[4096];
    size_t count;
    struct um_grouping group;
    uint64_t offset;
};

static int note_boundary(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct boundaries *b = context;
    (void)err;
    um_group_step(&b->group, e);
    return 0;
}

static void find_boundaries(const struct world *w, struct boundaries *b)
{
    struct um_err err = {0};
    struct um_event_reader *r = um_event_reader_new(UM_READ_FILE, "binlog.000007", 4);
    *b = (struct boundaries){.offset = 4};
    while (b->offset < w->len) {
        const uint8_t *at = (const uint8_t *)w->bytes + b->offset;
        size_t size = at[9] | (size_t)at[10] << 8 | (size_t)at[11] << 16 | (size_t)at[12] << 24;
        if (um_event_reader_feed(r, at, size, note_boundary, b, &err) != 0)
            fail_msg("%s", err.text);
        b->offset += size;
        if (!b->group.inside)
            b->at[b->count++] = b->offset;
    }
    um_event_reader_delete(r);
    assert_true(b->count > 10);
}

static uint64_t last_before(const struct boundaries *b, uint64_t offset)
{
    uint64_t found = 0;
    for (size_t i = 0; i < b->count && b->at[i] <= offset; i++)
        found = b->at[i];
    return found;
}

/* ---- tests ---- */

/* Wherever a file is cut off, it ends behind the last transaction that is whole. */
static void a_torn_tail(void **state)
{
    (void)state;
    for (int i = 0; i < SERVERS; i++) {
        struct world w;
        struct boundaries b;
        world_make(&w, servers[i]);
        find_boundaries(&w, &b);
        for (size_t cut = 1; cut < w.len; cut += cut < 300 ? 7 : 997) {
            put(&w, "binlog.000007", w.bytes, w.len - cut);
            struct um_spool *s = open_spool(&w, false);
            assert_int_equal(end_of(s), last_before(&b, w.len - cut));
            um_spool_close(s);
            uint64_t size = size_of(&w, "binlog.000007");
            assert_int_equal(size == UINT64_MAX ? 0 : size, last_before(&b, w.len - cut));
        }
        world_clear(&w);
    }
}

/* A changed byte ends it in front of its transaction: each event has a checksum. */
static void a_changed_byte(void **state)
{
    (void)state;
    for (int i = 0; i < SERVERS; i++) {
        struct world w;
        struct boundaries b;
        world_make(&w, servers[i]);
        find_boundaries(&w, &b);
        for (size_t at = b.at[0]; at < w.len; at += 641) {
            w.bytes[at] ^= 0x10;
            put(&w, "binlog.000007", w.bytes, w.len);
            w.bytes[at] ^= 0x10;
            struct um_spool *s = open_spool(&w, false);
            assert_int_equal(end_of(s), last_before(&b, at));
            um_spool_close(s);
        }
        world_clear(&w);
    }
}

/* A file that is missing ends it: what comes behind cannot be reached. */
static void a_missing_file(void **state)
{
    struct world w;
    (void)state;
    world_make(&w, servers[1]);
    put(&w, "binlog.000008", w.bytes, w.len);
    put(&w, "binlog.000010", w.bytes, w.len);
    struct um_spool *s = open_spool(&w, false);
    struct um_position end;
    int64_t born = 0, other = 1;
    assert_true(um_spool_end(s, &end, &born));
    assert_string_equal(end.file, "binlog.000008");
    assert_int_equal(size_of(&w, "binlog.000010"), UINT64_MAX);
    /* It is held in both, of this history. */
    struct um_position at = {.file = "binlog.000007", .offset = 4};
    assert_true(um_spool_holds(s, &at, &born));
    assert_false(um_spool_holds(s, &at, &other));
    at.offset = w.len + 1;
    assert_false(um_spool_holds(s, &at, &born));
    snprintf(at.file, sizeof at.file, "binlog.000009");
    at.offset = 4;
    assert_false(um_spool_holds(s, &at, &born));
    assert_false(um_spool_holds(NULL, &at, &born));
    /* What is applied goes. */
    struct um_err err = {0};
    assert_int_equal(um_spool_forget(s, &at, &err), 0);
    assert_int_equal(size_of(&w, "binlog.000007"), UINT64_MAX);
    assert_int_equal(size_of(&w, "binlog.000008"), UINT64_MAX);
    um_spool_close(s);
    world_clear(&w);
}

struct heard {
    size_t events, gtids;
    uint64_t first_start, end;
    bool repeated;
};

static int hear(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct heard *h = context;
    (void)err;
    h->events++;
    h->gtids += e->ev->type == UM_EV_GTID || e->ev->type == UM_EV_MARIA_GTID;
    h->repeated |= e->ev->type == UM_EV_FORMAT_DESCRIPTION && !e->ev->log_pos;
    if (!h->first_start && e->start < e->end)
        h->first_start = e->start;
    h->end = e->end;
    return 0;
}

static struct heard read_from(struct um_spool *s, const struct um_position *from,
                              struct um_position *end)
{
    struct heard h = {0};
    struct um_err err = {0};
    struct um_spool_cursor *c = um_spool_cursor_open(s, from);
    struct um_event_reader *r = um_event_reader_new(UM_READ_STREAM, from->file, from->offset);
    const uint8_t *bytes;
    size_t len;
    int more;
    while ((more = um_spool_cursor_next(c, &bytes, &len, &err)) > 0) {
        if (um_event_reader_feed(r, bytes, len, hear, &h, &err) != 0)
            fail_msg("%s", err.text);
    }
    if (more < 0)
        fail_msg("%s", err.text);
    if (end)
        um_position_copy(end, um_spool_cursor_position(c));
    um_event_reader_delete(r);
    um_spool_cursor_close(c);
    return h;
}

/* From each place between two transactions: what is behind it, where it is in the source. */
static void read_from_anywhere(void **state)
{
    (void)state;
    for (int i = 0; i < SERVERS; i++) {
        struct world w;
        struct boundaries b;
        world_make(&w, servers[i]);
        find_boundaries(&w, &b);
        struct um_spool *s = open_spool(&w, false);
        struct um_position from = {.file = "binlog.000007", .offset = 4};
        size_t all = read_from(s, &from, NULL).events;
        for (size_t k = 0; k < b.count; k++) {
            from.offset = b.at[k];
            struct heard h = read_from(s, &from, NULL);
            assert_true(h.repeated);
            assert_true(h.events < all || k == 0);
            assert_int_equal(h.end, w.len);
            assert_int_equal(h.first_start, k + 1 < b.count ? b.at[k] : 0);
        }
        um_spool_close(s);
        world_clear(&w);
    }
}

/* By GTID, a transaction is left out because it is in the set, wherever it stands. */
static void read_by_gtid(void **state)
{
    struct world w;
    (void)state;
    world_make(&w, "types-mysql-9.7");
    struct um_spool *s = open_spool(&w, false);
    struct um_err err = {0};
    struct um_position from = {.file = "binlog.000007", .offset = 4}, end = {0}, again = {0};
    from.gtids = um_gtid_set_parse(UM_GTID_MYSQL, "", &err);
    struct heard all = read_from(s, &from, &end);
    if (!all.gtids) { /* the fixture's server had none */
        skip();
    }
    assert_int_equal(end.offset, w.len);
    struct um_buf text = {0};
    um_gtid_set_print(end.gtids, &text);
    /* All but the first: the source would send that one, though the offset is behind it. */
    char *dash = strchr(strchr(text.data, ':'), '-');
    assert_non_null(dash);
    char *rest = um_sprintf("%.*s:%llu%s", (int)(strchr(text.data, ':') - text.data), text.data,
                            strtoull(strchr(text.data, ':') + 1, NULL, 10) + 1, dash);
    um_gtid_set_delete(from.gtids);
    from.gtids = um_gtid_set_parse(UM_GTID_MYSQL, rest, &err);
    assert_non_null(from.gtids);
    from.offset = w.len;
    struct heard one = read_from(s, &from, &again);
    assert_int_equal(one.gtids, 1);
    assert_true(um_gtid_set_subset(end.gtids, again.gtids));
    free(rest);
    um_buf_free(&text);
    um_position_clear(&from);
    um_position_clear(&end);
    um_position_clear(&again);
    um_spool_close(s);
    world_clear(&w);
}

/* ---- whose it is ---- */

static void expect_refused(const struct world *w, enum um_err_id id, const char *text)
{
    struct um_err err = {0};
    struct um_spool *s = NULL;
    assert_int_equal(um_spool_open(&w->owner, true, &s, &err), -1);
    assert_null(s);
    assert_int_equal(err.id, id);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
}

static void of_somebody_else(void **state)
{
    struct world w;
    (void)state;
    world_make(&w, servers[0]);
    struct um_spool *s = open_spool(&w, true);
    expect_refused(&w, UM_E_SPOOL_DIRECTORY, "in use by another process");
    um_spool_close(s);
    w.owner.origin = "ffffffffffffffffffffffffffffffff";
    expect_refused(&w, UM_E_SPOOL_FOREIGN, "job 'shop'");
    w.owner.origin = "0123456789abcdef0123456789abcdef";
    put(&w, "notes.txt", "x", 1);
    expect_refused(&w, UM_E_SPOOL_FOREIGN, "'notes.txt'");
    assert_int_equal(size_of(&w, "notes.txt"), 1);
    char *path = in(&w, "notes.txt");
    unlink(path);
    free(path);
    world_clear(&w);
    assert_null(w.config.spool.directory = NULL);
    struct um_err err = {0};
    assert_int_equal(um_spool_open(&w.owner, true, &s, &err), 0);
    assert_null(s);
}

/* ---- made events ---- */

static void events_that_are_made(void **state)
{
    (void)state;
    for (int checksum = 0; checksum < 2; checksum++) {
        struct um_binlog_format f = {.known = true, .checksum = checksum};
        struct um_event ev;
        struct um_err err = {0};
        struct um_buf b = {0};
        for (size_t size = UM_FILLER_MIN; size < 70000; size = size * 3 / 2) {
            um_make_filler(&b, 4711, size, checksum);
            assert_int_equal(b.len, size);
            assert_int_equal(um_event_parse(&f, (const uint8_t *)b.data, b.len, &ev, &err), 0);
            assert_int_equal(ev.log_pos, 4711 + size);
            assert_true(ev.flags & UM_EVENT_FLAG_IGNORABLE);
        }
        struct um_rotate to;
        um_make_rotation(&b, "binlog.000123", 1ull << 33, checksum);
        assert_int_equal(um_event_parse(&f, (const uint8_t *)b.data, b.len, &ev, &err), 0);
        assert_int_equal(um_event_rotate(&ev, &to, &err), 0);
        assert_string_equal(to.file, "binlog.000123");
        assert_true(to.position == 1ull << 33);
        um_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torn_tail),          cmocka_unit_test(a_changed_byte),
        cmocka_unit_test(a_missing_file),       cmocka_unit_test(read_from_anywhere),
        cmocka_unit_test(read_by_gtid),         cmocka_unit_test(of_somebody_else),
        cmocka_unit_test(events_that_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
