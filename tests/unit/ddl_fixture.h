#ifndef UM_TESTS_DDL_FIXTURE_H
#define UM_TESTS_DDL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/ddl.h"

/* What is made of a CREATE TABLE text. */

static inline struct um_ddl_target from_to(enum um_flavour from, unsigned from_version,
                                           enum um_flavour to, unsigned to_version)
{
    return (struct um_ddl_target){from, to, from_version, to_version, "shop", "t`2"};
}

static inline struct um_ddl *parse(const char *text)
{
    struct um_err err = {0};
    struct um_ddl *d = um_ddl_parse(text, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

/* The bare CREATE TABLE, malloc'd; the text of the error when there is one. */
static inline char *bare(const char *text, struct um_ddl_target to)
{
    struct um_err err = {0};
    struct um_buf out = {0};
    struct um_ddl *d = parse(text);
    if (um_ddl_create(d, &to, 0, &out, &err) != 0) {
        assert_int_equal(err.id, UM_E_DDL_OBSTACLE);
        assert_int_equal(out.len, 0);
        um_buf_str(&out, err.text);
    }
    um_ddl_delete(d);
    return um_buf_take(&out);
}

static inline void assert_bare(const char *text, struct um_ddl_target to, const char *expected)
{
    char *out = bare(text, to);
    assert_string_equal(out, expected);
    free(out);
}

static inline void assert_bare_has(const char *text, struct um_ddl_target to, const char *part)
{
    char *out = bare(text, to);
    if (!strstr(out, part))
        fail_msg("not found: %s\nin: %s", part, out);
    free(out);
}

static inline void assert_later(const char *text, struct um_ddl_target to, enum um_ddl_group group,
                                const struct um_strv *present, size_t count, const char *first)
{
    struct um_err err = {0};
    struct um_strv made = {0};
    struct um_ddl *d = parse(text);
    if (um_ddl_later(d, &to, group, present, &made, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(made.count, count);
    if (first)
        assert_string_equal(made.items[0], first);
    um_strv_clear(&made);
    um_ddl_delete(d);
}

/* All obstacles as lines "BLOCK where" and "WARN where", malloc'd. */
static inline char *obstacles(const char *text, struct um_ddl_target to)
{
    struct um_ddl_obstacles o = {0};
    struct um_buf out = {0};
    struct um_ddl *d = parse(text);
    um_ddl_check(d, NULL, &to, &o);
    for (size_t i = 0; i < o.count; i++) {
        um_buf_fmt(&out, "%s %s\n", o.items[i].severity == UM_DDL_BLOCK ? "BLOCK" : "WARN",
                   o.items[i].where);
        assert_true(strlen(o.items[i].what) > 10);
        assert_true(strlen(o.items[i].mend) > 5);
    }
    um_ddl_obstacles_clear(&o);
    um_ddl_delete(d);
    um_buf_add(&out, "", 0);
    return um_buf_take(&out);
}

static inline void assert_obstacles(const char *text, struct um_ddl_target to, const char *expected)
{
    char *lines = obstacles(text, to);
    assert_string_equal(lines, expected);
    free(lines);
}

/* A column definition of MySQL 9.7 in a table of its own. */
static inline char *with_column(const char *definition)
{
    return um_sprintf("CREATE TABLE `t` (\n  `c` %s\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
                      "COLLATE=utf8mb4_bin",
                      definition);
}

static inline void assert_column(const char *definition, struct um_ddl_target to,
                                 const char *expected)
{
    char *text = with_column(definition), *out = bare(text, to),
         *column = um_sprintf("`c` %s\n)", expected);
    if (!strstr(out, column))
        fail_msg("not found: %s\nin: %s", column, out);
    free(text);
    free(out);
    free(column);
}

static inline void assert_column_obstacles(const char *definition, struct um_ddl_target to,
                                           const char *expected)
{
    char *text = with_column(definition);
    assert_obstacles(text, to, expected);
    free(text);
}

#endif
