/* What is said of a row that is looked at again and again, without a lock. */
/* links: um_checksum um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checksum/doubts.h"

/* A round: the source, the target, the source; 0 is a row that is not there. */
static enum um_doubt_answer round_of(struct um_doubt *d, uint64_t source, uint64_t target,
                                     uint64_t source_again)
{
    const struct um_seen seen[3] = {{source != 0, {source, 0}},
                                    {target != 0, {target, 0}},
                                    {source_again != 0, {source_again, 0}}};
    um_doubt_look(d, UM_SOURCE, &seen[0]);
    um_doubt_look(d, UM_TARGET, &seen[1]);
    um_doubt_look(d, UM_SOURCE, &seen[2]);
    return um_doubt_answer(d);
}

static void equal_to_the_later_look(void **state)
{
    (void)state;
    struct um_doubt d = {.rounds = 0};
    assert_int_equal(round_of(&d, 1, 2, 2), UM_DOUBT_EQUAL);
    d = (struct um_doubt){.rounds = 0};
    assert_int_equal(round_of(&d, 1, 0, 0), UM_DOUBT_EQUAL);
    /* The target has what the source had, and the source has gone on: that is not equal. */
    d = (struct um_doubt){.rounds = 0};
    assert_int_equal(round_of(&d, 1, 1, 2), UM_DOUBT_LOOK_AGAIN);
}

static enum um_doubt_answer until_answered(struct um_doubt *d, uint64_t source, uint64_t target)
{
    enum um_doubt_answer answer = UM_DOUBT_LOOK_AGAIN;
    while (answer == UM_DOUBT_LOOK_AGAIN)
        answer = round_of(d, source, target, source);
    return answer;
}

static void different_when_nothing_moves(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{1, 2}, {1, 0}, {0, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct um_doubt d = {.rounds = 0};
        assert_int_equal(until_answered(&d, rows[i][0], rows[i][1]), UM_DOUBT_DIFFERENT);
        assert_int_equal(d.rounds, 5); /* the first has nothing to be held against */
    }
}

/* What moves in between, on either side, begins the count anew. */
static void a_move(void **state)
{
    (void)state;
    static const uint64_t moves[][3] = {{9, 2, 1}, {1, 9, 1}, {1, 2, 9}, {0, 2, 1}, {1, 0, 1}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        struct um_doubt d = {.rounds = 0};
        for (int k = 0; k < 4; k++)
            assert_int_equal(round_of(&d, 1, 2, 1), UM_DOUBT_LOOK_AGAIN);
        assert_int_equal(round_of(&d, moves[i][0], moves[i][1], moves[i][2]), UM_DOUBT_LOOK_AGAIN);
        assert_int_equal(d.still, 0);
    }
}

static void undecided_in_the_end(void **state)
{
    (void)state;
    struct um_doubt d = {.rounds = 0};
    uint64_t n = 1;
    for (int k = 0; k < 9; k++, n++)
        assert_int_equal(round_of(&d, n + 1, n, n + 2), UM_DOUBT_LOOK_AGAIN);
    assert_int_equal(round_of(&d, n + 1, n, n + 2), UM_DOUBT_UNDECIDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_the_later_look), cmocka_unit_test(different_when_nothing_moves),
        cmocka_unit_test(a_move), cmocka_unit_test(undecided_in_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
