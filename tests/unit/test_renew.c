/* Does a table that was altered still have the columns that are read from it? */
/* links: um_copy */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "copy/renew.h"

#define TABLE(lines) "CREATE TABLE `t` (\n" lines "\n) ENGINE=InnoDB"
static const char then[] =
    TABLE("  `id` int NOT NULL,\n  `a` int,\n  `b` int,\n  PRIMARY KEY (`id`)");

static const struct {
    const char *now;
    bool has;
} cases[] = {
    {then, true},
    {TABLE("  `id` int NOT NULL,\n  `a` int,\n  `b` int,\n  KEY `a` (`a`)"), true},
    {TABLE("  `id` int NOT NULL,\n  `new` int,\n  `a` int,\n  `b` int,\n  PRIMARY KEY (`id`)"),
     true},
    {TABLE("  `id` int NOT NULL,\n  `a` int,\n  `b` int"), true},
    {TABLE("  `id` int NOT NULL,\n  `b` int,\n  `a` int,\n  PRIMARY KEY (`id`)"), false},
    {TABLE("  `id` int NOT NULL,\n  `a` int,\n  PRIMARY KEY (`id`)"), false},
    {TABLE("  `id` int NOT NULL,\n  `a` bigint,\n  `b` int,\n  PRIMARY KEY (`id`)"), false},
    {TABLE("  `id` int NOT NULL,\n  `a` int,\n  `b` int DEFAULT 5,\n  PRIMARY KEY (`id`)"), false},
    {TABLE("  `id` int NOT NULL,\n  `a` int,\n  KEY `x` (`b`),\n  `b` int"), false},
    {"", false},
};

static void columns_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(um_copy_has_columns(cases[i].now, then), cases[i].has);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns_are_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
