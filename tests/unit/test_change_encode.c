#include "change/encode.h"
/* links: um_change um_base */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 16, TABLE = 70000 };

static void fill(struct um_value row[COLUMNS])
{
    static const uint8_t bytes[] = "\x00'\xff\\long enough";
    memset(row, 0, COLUMNS * sizeof *row);
    row[0] = (struct um_value){.kind = UM_V_ABSENT};
    row[1] = (struct um_value){.kind = UM_V_NULL};
    row[2] = (struct um_value){.kind = UM_V_INT, .decimals = 8, .i = INT64_MIN};
    row[3] = (struct um_value){.kind = UM_V_FLOAT, .f = -0.0F};
    row[4] = (struct um_value){.kind = UM_V_DOUBLE, .d = 4.9406564584124654e-324};
    row[5] = (struct um_value){
        .kind = UM_V_DECIMAL, .precision = 65, .decimals = 30, .bytes = bytes, .len = 14};
    row[6] = (struct um_value){.kind = UM_V_BIT, .u = UINT64_MAX};
    row[7] = (struct um_value){.kind = UM_V_DATE, .t = {.year = 9999, .month = 12, .day = 31}};
    row[8] = (struct um_value){
        .kind = UM_V_TIME,
        .decimals = 6,
        .t = {.negative = true, .hour = 838, .minute = 59, .second = 58, .usec = 999999}};
    row[9] = (struct um_value){.kind = UM_V_DATETIME, .t = {.year = 0}};
    row[10] = (struct um_value){.kind = UM_V_TIMESTAMP, .ts = {.s = 4294967295, .usec = 1}};
    row[11] = (struct um_value){.kind = UM_V_BYTES, .bytes = bytes, .len = 0};
    row[12] = (struct um_value){.kind = UM_V_JSON, .bytes = bytes, .len = 5};
    row[13] = (struct um_value){.kind = UM_V_GEOMETRY, .bytes = bytes, .len = 1};
    row[14] = (struct um_value){.kind = UM_V_SET, .u = 1ULL << 63};
    row[15] = (struct um_value){.kind = UM_V_YEAR, .u = 2155};
}

static void check_value(const struct um_value *a, const struct um_value *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->decimals, b->decimals);
    assert_int_equal(a->precision, b->precision);
    assert_int_equal(a->len, b->len);
    if (a->bytes && a->len)
        assert_memory_equal(a->bytes, b->bytes, a->len);
    if (!a->len && a->kind != UM_V_BYTES) {
        assert_int_equal(a->u, b->u);
        assert_int_equal(a->ts.usec, b->ts.usec);
        assert_int_equal(a->t.usec, b->t.usec);
        assert_int_equal(a->t.negative, b->t.negative);
    }
}

static void check_image(const struct um_value *a, const struct um_value *b)
{
    assert_int_equal(a == NULL, b == NULL);
    for (size_t i = 0; a && i < COLUMNS; i++)
        check_value(&a[i], &b[i]);
}

static void there_and_back(void **state)
{
    (void)state;
    struct um_value one[COLUMNS], other[COLUMNS];
    fill(one);
    fill(other);
    other[2].i = 7;
    const struct um_change all[] = {
        {.op = UM_INSERT, .after = one},
        {.op = UM_UPDATE, .before = one, .after = other, .flags = UM_CHANGE_NO_FOREIGN_KEYS},
        {.op = UM_DELETE, .before = other, .flags = 3},
    };
    struct um_buf b = {0};
    for (size_t i = 0; i < 3; i++)
        um_change_encode(&all[i], TABLE, COLUMNS, &b);

    struct um_arena arena = {0};
    struct um_err err = {0};
    const uint8_t *p = (const uint8_t *)b.data;
    size_t left = b.len;
    assert_int_equal(um_changes_whole(p, left), left);
    for (size_t i = 0; i < 3; i++) {
        struct um_change c;
        struct um_encoded of;
        size_t used;
        assert_int_equal(um_change_decode(p, left, &used, &arena, &c, &of, &err), 0);
        assert_int_equal(of.table, TABLE);
        assert_int_equal(of.columns, COLUMNS);
        assert_int_equal(c.op, all[i].op);
        assert_int_equal(c.flags, all[i].flags);
        check_image(all[i].before, c.before);
        check_image(all[i].after, c.after);
        p += used;
        left -= used;
    }
    assert_int_equal(left, 0);
    um_arena_free(&arena);
    um_buf_free(&b);
}

/* Every way of cutting a change off is noticed, and none reads beyond the end. */
static void cut_off(void **state)
{
    (void)state;
    struct um_value row[COLUMNS];
    fill(row);
    struct um_change c = {.op = UM_DELETE, .before = row};
    struct um_buf b = {0};
    um_change_encode(&c, 1, COLUMNS, &b);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, b.data, len);
        assert_int_equal(um_changes_whole(exact, len), 0);
        struct um_arena arena = {0};
        struct um_err err = {0};
        struct um_change out;
        struct um_encoded of;
        size_t used;
        assert_int_equal(um_change_decode(exact, len, &used, &arena, &out, &of, &err), -1);
        if (len >= 4) { /* a length that fits what is there */
            for (size_t i = 0; i < 4; i++)
                exact[i] = (uint8_t)((len - 4) >> (8 * i));
            assert_int_equal(um_changes_whole(exact, len), len);
            assert_int_equal(um_change_decode(exact, len, &used, &arena, &out, &of, &err), -1);
            assert_int_equal(err.id, UM_E_STATE_DAMAGED);
        }
        um_arena_free(&arena);
        free(exact);
    }
    um_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(cut_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
