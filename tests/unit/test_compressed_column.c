/* MariaDB's COMPRESSED columns: the values that the fixture's statements say, and damaged ones. */
/* links: um_binlog um_change um_base */
#include "binlog/compressed_column.h"

#include "binlog_fixture.h"

enum { COLUMNS = 8, V = 1, B, C, Y, T, M, L };

static struct um_rows next_rows(struct fixture *f)
{
    struct um_rows r;
    struct um_err err = {0};
    fixture_find_rows(f, "squeezed");
    if (um_rows_open(&r, &f->format, &f->ev, f->map, &err))
        fail_msg("%s", err.text);
    return r;
}

/* The next row, which may be in an event of its own. */
static void read_row(struct fixture *f, struct um_rows *r, struct um_value *before,
                     struct um_value *after)
{
    struct um_err err = {0};
    int rc = um_rows_next(r, before, after, &err);
    if (rc == 0) {
        *r = next_rows(f);
        rc = um_rows_next(r, before, after, &err);
    }
    if (rc != 1)
        fail_msg("no row: %s", err.text);
}

/* The value is `unit` so many times, and its header byte is this one (-1: it has no byte at all).
 */
static void expect(const struct um_value *v, int head, const char *unit, size_t unit_len,
                   size_t times)
{
    struct um_buf out = {0};
    struct um_err err = {0};
    size_t original;
    assert_int_equal(v->kind, UM_V_COMPRESSED);
    assert_int_equal(v->len ? v->bytes[0] : -1, head);
    assert_true(um_compressed_length(v->bytes, v->len, &original));
    assert_int_equal(original, unit_len * times);
    um_buf_str(&out, "kept");
    if (um_compressed_inflate(v->bytes, v->len, &out, &err))
        fail_msg("%s", err.text);
    assert_int_equal(out.len, 4 + unit_len * times);
    assert_memory_equal(out.data, "kept", 4);
    for (size_t i = 0; i < times; i++)
        if (memcmp(out.data + 4 + i * unit_len, unit, unit_len) != 0)
            fail_msg("differs from %s at %zu", unit, i * unit_len);
    um_buf_free(&out);
}
#define EXPECT(value, head, unit, times) expect(value, head, unit, sizeof(unit) - 1, times)

enum { NOTHING = -1, PLAIN = 0, RAW = 0x88, WRAPPED = 0x80 }; /* + bytes of length */

static void check_long(const struct um_value *row, int method, int last, size_t times)
{
    EXPECT(&row[V], method + 2, "compress me ", 150);
    EXPECT(&row[B], method + 1, "\0", 254);
    EXPECT(&row[C], method + 1, "c", 255);
    EXPECT(&row[Y], method + 1, "y", 255);
    EXPECT(&row[T], method + 2, "ü", 20000);
    EXPECT(&row[M], method + 3, "\0\xff", 50000);
    EXPECT(&row[L], last, "l", times);
}

static void check_first_insert(struct fixture *f)
{
    struct um_value row[COLUMNS];
    struct um_rows r = next_rows(f);
    read_row(f, &r, NULL, row);
    check_long(row, RAW, RAW + 4, 16777216);
    read_row(f, &r, NULL, row);
    for (int i = V; i <= L; i++)
        EXPECT(&row[i], NOTHING, "", 0);
    read_row(f, &r, NULL, row);
    for (int i = V; i <= L; i++)
        assert_int_equal(row[i].kind, UM_V_NULL);
    read_row(f, &r, NULL, row);
    EXPECT(&row[V], PLAIN, "short", 1);
    EXPECT(&row[B], PLAIN, "\0", 1);
    EXPECT(&row[C], PLAIN, "c", 1);
    EXPECT(&row[Y], PLAIN, "y", 1);
    EXPECT(&row[T], PLAIN, "kurz", 1);
    EXPECT(&row[M], PLAIN, "\x80", 1);
    EXPECT(&row[L], PLAIN, "\x88\0", 1);
}

static void check_thresholds(struct fixture *f)
{
    struct um_value row[COLUMNS];
    struct um_rows r = next_rows(f);
    read_row(f, &r, NULL, row);
    EXPECT(&row[V], PLAIN, "abcdefghijklmnopqrstuvwxyz", 1);
    EXPECT(&row[M], PLAIN, "\0\xff", 1);
    read_row(f, &r, NULL, row);
    EXPECT(&row[V], RAW + 1, "v", 40);
    EXPECT(&row[B], RAW + 1, "\0", 40);
    EXPECT(&row[T], RAW + 1, "ü", 20);
    EXPECT(&row[M], RAW + 1, "\0\xff", 20);
    EXPECT(&row[L], RAW + 1, "l", 40);
}

static void what_the_server_wrote(void **state)
{
    (void)state;
    struct um_value before[COLUMNS], after[COLUMNS];
    struct fixture f = fixture_open("compressed-mariadb-10.11");
    check_first_insert(&f);
    check_thresholds(&f);
    struct um_rows r = next_rows(&f);
    read_row(&f, &r, NULL, after);
    check_long(after, WRAPPED, WRAPPED + 2, 300);
    r = next_rows(&f); /* compression level 0 */
    read_row(&f, &r, NULL, after);
    EXPECT(&after[V], PLAIN, "v", 100);
    EXPECT(&after[B], PLAIN, "\0", 254);
    EXPECT(&after[C], PLAIN, "c", 255);
    EXPECT(&after[Y], PLAIN, "y", 254);
    EXPECT(&after[L], PLAIN, "l", 300);
    r = next_rows(&f);
    assert_int_equal(r.kind, UM_ROWS_UPDATE);
    read_row(&f, &r, before, after);
    EXPECT(&before[T], PLAIN, "kurz", 1);
    EXPECT(&after[T], PLAIN, "t", 400);
    EXPECT(&after[V], PLAIN, "short", 1);
    r = next_rows(&f);
    assert_int_equal(r.kind, UM_ROWS_DELETE);
    read_row(&f, &r, before, NULL);
    check_long(before, WRAPPED, WRAPPED + 2, 300);
    fixture_close(&f);
}

/* ---- damaged values ---- */

/* From memory of its own length, so that reading past it is noticed. */
static int inflate_copy(const uint8_t *bytes, size_t len, struct um_err *err)
{
    struct um_buf out = {0};
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    um_buf_str(&out, "kept");
    *err = (struct um_err){0};
    int rc = um_compressed_inflate(copy, len, &out, err);
    assert_memory_equal(out.data, "kept", 4);
    if (rc) {
        assert_int_equal(err->id, UM_E_COMPRESSED_MALFORMED);
        assert_int_equal(out.len, 4);
        assert_int_equal(out.data[4], '\0');
    }
    free(copy);
    um_buf_free(&out);
    return rc;
}

static void refused(const uint8_t *bytes, size_t len, const char *why)
{
    struct um_err err;
    if (inflate_copy(bytes, len, &err) == 0)
        fail_msg("%zu bytes, of which the last is %02x, pass for '%s'", len, bytes[len - 1], why);
    if (!strstr(err.text, why))
        fail_msg("'%s' lacks '%s'", err.text, why);
}

/* 300 times 'l', raw and wrapped, out of the fixture. */
static size_t sample(bool wrapped, uint8_t bytes[64])
{
    static const uint8_t raw[] = {0x8a, 0x01, 0x2c, 0xcb, 0xc9, 0x19, 0x05, 0xc4, 0x02, 0x00};
    struct um_value row[COLUMNS];
    if (!wrapped) {
        memcpy(bytes, raw, sizeof raw);
        return sizeof raw;
    }
    struct fixture f = fixture_open("compressed-mariadb-10.11");
    struct um_rows r;
    do {
        r = next_rows(&f);
        read_row(&f, &r, NULL, row);
    } while (row[0].i != 7);
    size_t len = row[L].len;
    assert_true(len + 1 < 64);
    memcpy(bytes, row[L].bytes, len);
    fixture_close(&f);
    return len;
}

static void damage(void **state)
{
    (void)state;
    struct um_err err;
    for (int wrapped = 0; wrapped < 2; wrapped++) {
        uint8_t s[64];
        size_t len = sample(wrapped, s);
        assert_int_equal(inflate_copy(s, len, &err), 0);
        for (size_t i = 1; i < len; i++)
            refused(s, i, i < 3 ? "within its header" : "cut off");
        s[len] = 0;
        refused(s, len + 1, "bytes follow the stream");
        s[2]--;
        refused(s, len, "goes on beyond the length");
        s[2] += 2;
        refused(s, len, "ends before the length");
        s[2]--;
        s[3] = 0xff;
        refused(s, len, "damaged");
    }
}

static void headers(void **state)
{
    (void)state;
    struct um_err err;
    uint8_t s[64];
    size_t len = sample(false, s), original;
    for (unsigned head = 0; head < 256; head++) {
        s[0] = (uint8_t)head;
        if (head == 0x8a || head == 0)
            continue;
        assert_int_equal(inflate_copy(s, len, &err), -1);
        bool known = head >> 4 == 8 && (head & 7) >= 1 && (head & 7) <= 4;
        assert_int_equal(um_compressed_length(s, len, &original), known);
    }
    s[0] = 0x0a; /* what the low bits mean for plain values is not known */
    refused(s, len, "method");
    s[0] = 0x8d;
    refused(s, len, "more than 4 bytes");
    s[0] = 0x8a;
    refused(s, 2, "within its header");
}

/* A flipped bit is an error or, where it is padding or no checksum guards it, a value of the same
   length; with a checksum it is the same value. */
static void flipped_bits(void **state)
{
    (void)state;
    char want[300];
    memset(want, 'l', sizeof want);
    for (int wrapped = 0; wrapped < 2; wrapped++) {
        uint8_t s[64];
        size_t len = sample(wrapped, s), passed = 0;
        for (size_t bit = 0; bit < len * 8; bit++) {
            struct um_buf out = {0};
            struct um_err err = {0};
            s[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (um_compressed_inflate(s, len, &out, &err) == 0) {
                assert_int_equal(out.len, sizeof want);
                if (wrapped)
                    assert_memory_equal(out.data, want, sizeof want);
                passed++;
            }
            um_buf_free(&out);
            s[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_true(passed < len * 8 / (wrapped ? 8 : 1));
    }
}

/* A header that declares 4 GiB costs what the stream yields. */
static void declared_length_costs_nothing(void **state)
{
    (void)state;
    struct um_err err = {0};
    struct um_buf out = {0};
    static const uint8_t s[] = {0x8c, 0xff, 0xff, 0xff, 0xff, 0xcb,
                                0xc9, 0x19, 0x05, 0xc4, 0x02, 0};
    assert_int_equal(um_compressed_inflate(s, sizeof s, &out, &err), -1);
    assert_non_null(strstr(err.text, "at offset 12: the stream ends before"));
    assert_true(out.cap <= 1 << 20);
    um_buf_free(&out);
}

/* More than the column can hold is told when the row is decoded: VARBINARY(254) and TINYTEXT. */
static void more_than_the_column_holds(void **state)
{
    (void)state;
    struct fixture f = fixture_open("compressed-mariadb-10.11");
    struct um_rows r = next_rows(&f);
    struct um_value row[COLUMNS];
    struct um_err err = {0};
    read_row(&f, &r, NULL, row);
    const struct um_value *const small[] = {&row[B], &row[Y]};
    for (size_t i = 0; i < 2; i++) {
        uint8_t *length = f.copy + (small[i]->bytes + 1 - f.copy), was = *length;
        assert_int_equal(was, i ? 255 : 254);
        if (i) { /* two bytes of length in place of one */
            length--;
            was = *length;
            *length = RAW + 2;
        } else {
            *length = 255;
        }
        assert_int_equal(um_rows_open(&r, &f.format, &f.ev, f.map, &err), 0);
        assert_int_equal(um_rows_next(&r, NULL, row, &err), -1);
        assert_int_equal(err.id, UM_E_EVENT_MALFORMED);
        assert_non_null(strstr(err.text, i ? "column 5 (y)" : "column 3 (b)"));
        *length = was;
        assert_int_equal(um_rows_open(&r, &f.format, &f.ev, f.map, &err), 0);
        read_row(&f, &r, NULL, row);
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_server_wrote),
        cmocka_unit_test(damage),
        cmocka_unit_test(headers),
        cmocka_unit_test(flipped_bits),
        cmocka_unit_test(declared_length_costs_nothing),
        cmocka_unit_test(more_than_the_column_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
