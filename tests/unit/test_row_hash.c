/* The hash of a row and sums of rows. */
/* links: um_checksum um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum/row_hash.h"

struct value {
    const char *bytes;
    unsigned long len;
};
#define NUL     ((struct value){NULL, 0})
#define S(text) ((struct value){text, sizeof text - 1})

static struct um_row_hash hash_of(const struct value *values, size_t count)
{
    const char *bytes[8];
    unsigned long lengths[8];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = values[i].bytes;
        lengths[i] = values[i].len;
    }
    struct um_row_hasher *h = um_row_hasher_new();
    /* A hasher that has been used gives the same as a fresh one. */
    struct um_row_hash first = um_row_hash(h, bytes, lengths, count);
    struct um_row_hash again = um_row_hash(h, bytes, lengths, count);
    assert_int_equal(um_row_hash_compare(&first, &again), 0);
    um_row_hasher_delete(h);
    return first;
}
#define HASH(...)                                                                                  \
    hash_of((const struct value[]){__VA_ARGS__},                                                   \
            sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))

static void expect(struct um_row_hash hash, const char *hex)
{
    char text[33];
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hash.high,
             (unsigned long long)hash.low);
    assert_string_equal(text, hex);
}

/* Made by `xxhsum -H2` over the encoding that row_hash.h describes, written by another program. */
static void known_vectors(void **state)
{
    (void)state;
    expect(hash_of(NULL, 0), "51025a4491835505e12ef9d2eb86ceeb");
    expect(HASH(S("1")), "877814f41bf580cb79264fa27a3ec02d");
    expect(HASH(NUL), "4d6ac5b7d1a1655cab94ac0ace7276c0");
    expect(HASH(S("")), "882123e67e56ace4f70d986cb0cf2287");
    expect(HASH(S("42"), NUL, S(""), S("\0\xff"), S("NULL")), "6d4e27bcf5225b757a486813eb9bc0ca");
}

static void large_values(void **state)
{
    (void)state;
    char *big = malloc(100000);
    assert_non_null(big);
    for (size_t i = 0; i < 100000; i++)
        big[i] = (char)(i * 7 + 3);
    expect(HASH(S("1"), {big, 100000}, S("2")), "708125e686310a913e12747ecabcf130");

    /* Around the size up to which rows are hashed in one piece. */
    static const struct {
        unsigned long len;
        const char *alone, *followed;
    } around[] = {
        {8181, "84ddf1a6912b54b8fa694e43fca37add", "dc3c9e235f9ac164ad4bed2235262a42"},
        {8182, "5af665905dfbe21e8e063f13106c3382", "d1d6c1d5d302121e7f59b86dd783c869"},
        {8186, "cb0e88f46c892150c4184f1501a13f29", "2544604ef595252f4fc20da580fbd071"},
        {8187, "5da0ab39b3038ae6e7a5cb2f258f0b37", "c226e978000adee3dcf70c60924ad7f9"},
        {8192, "2f5397ddfb03e75ebb116425c4827ef1", "96c0feabf22382147ad5e112f77bc17f"},
        {8193, "be4062b733f650b4f1d55fe06518789a", "1fd78769f42085a675517b848a1bd52d"},
    };
    memset(big, 'x', 100000);
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        expect(HASH({big, around[i].len}), around[i].alone);
        expect(HASH({big, around[i].len}, S("y")), around[i].followed);
    }
    free(big);
}

static void expect_different(struct um_row_hash a, struct um_row_hash b)
{
    assert_int_not_equal(um_row_hash_compare(&a, &b), 0);
    assert_int_equal(um_row_hash_compare(&a, &b), -um_row_hash_compare(&b, &a));
}

static void different_rows(void **state)
{
    (void)state;
    expect_different(HASH(NUL), HASH(S("")));
    expect_different(HASH(NUL), HASH(S("NULL")));
    expect_different(HASH(S("")), HASH(S("\0")));
    /* Bytes that move over a column's boundary. */
    expect_different(HASH(S("ab"), S("c")), HASH(S("a"), S("bc")));
    expect_different(HASH(S("abc"), S("")), HASH(S(""), S("abc")));
    expect_different(HASH(NUL, S("a")), HASH(S("a"), NUL));
    expect_different(HASH(S("a")), HASH(S("a"), NUL));
    expect_different(HASH(S("a")), HASH(S("a ")));
    expect_different(HASH(S("a")), HASH(S("A")));
}

static struct um_row_sum sum_of(const struct um_row_hash *rows, const size_t *order, size_t count)
{
    struct um_row_sum sum = {0};
    for (size_t i = 0; i < count; i++)
        um_row_sum_add_row(&sum, &rows[order[i]]);
    return sum;
}

static void sums_do_not_depend_on_order(void **state)
{
    (void)state;
    const struct um_row_hash rows[] = {HASH(S("1")), HASH(S("2")), HASH(NUL)};
    struct um_row_sum a = sum_of(rows, (const size_t[]){0, 1, 2}, 3);
    struct um_row_sum b = sum_of(rows, (const size_t[]){2, 0, 1}, 3);
    assert_true(um_row_sum_equal(&a, &b));
    /* But on how often a row is there: an XOR would take 0,0 for 1,1. */
    a = sum_of(rows, (const size_t[]){0, 0, 2}, 3);
    b = sum_of(rows, (const size_t[]){1, 1, 2}, 3);
    assert_false(um_row_sum_equal(&a, &b));
    b = sum_of(rows, (const size_t[]){0, 2}, 2);
    assert_false(um_row_sum_equal(&a, &b));
}

static void sums_are_modulo_two_to_the_128th(void **state)
{
    (void)state;
    struct um_row_sum sum = {0};
    um_row_sum_add_row(&sum, &(struct um_row_hash){UINT64_MAX, 1});
    um_row_sum_add_row(&sum, &(struct um_row_hash){2, UINT64_MAX - 1});
    /* (2^65 - 1) + (2^128 - 2^65 + 2) = 2^128 + 1 */
    assert_true(um_row_sum_equal(&sum, &(struct um_row_sum){1, 0, 2}));

    struct um_row_sum whole = {5, 7, 10}, part = {6, 9, 4};
    um_row_sum_subtract(&whole, &part);
    assert_true(um_row_sum_equal(&whole, &(struct um_row_sum){UINT64_MAX, UINT64_MAX - 2, 6}));
    um_row_sum_add(&whole, &part);
    assert_true(um_row_sum_equal(&whole, &(struct um_row_sum){5, 7, 10}));
    /* Nothing against rows whose hashes add up to zero. */
    assert_false(um_row_sum_equal(&(struct um_row_sum){0, 0, 0}, &(struct um_row_sum){0, 0, 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vectors),
        cmocka_unit_test(large_values),
        cmocka_unit_test(different_rows),
        cmocka_unit_test(sums_do_not_depend_on_order),
        cmocka_unit_test(sums_are_modulo_two_to_the_128th),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
