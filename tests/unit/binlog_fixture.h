#ifndef UM_TESTS_BINLOG_FIXTURE_H
#define UM_TESTS_BINLOG_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "binlog/rows.h"

/* Walks a file of tests/fixtures/binlog event by event; every event must parse. */
struct fixture {
    uint8_t *bytes, *copy;
    size_t len, at;
    struct um_binlog_format format;
    struct um_event ev;
    struct um_table_map *map; /* the last one seen */
};

static inline struct fixture fixture_open(const char *name)
{
    char path[512];
    struct fixture f = {.at = 4};
    snprintf(path, sizeof path, UM_FIXTURES "/binlog/%s.binlog", name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    f.len = (size_t)ftell(in);
    rewind(in);
    f.bytes = malloc(f.len);
    assert_int_equal(fread(f.bytes, 1, f.len, in), f.len);
    fclose(in);
    return f;
}

static inline void fixture_close(struct fixture *f)
{
    um_table_map_delete(f->map);
    free(f->bytes);
    free(f->copy);
}

/* False at the end. Each event gets memory of its own, so that reading past it is noticed. */
static inline bool fixture_next(struct fixture *f)
{
    struct um_err err = {0};
    if (f->at == f->len)
        return false;
    uint32_t size;
    memcpy(&size, f->bytes + f->at + 9, 4);
    assert_true(size >= UM_EVENT_HEADER && size <= f->len - f->at);
    free(f->copy);
    f->copy = malloc(size);
    memcpy(f->copy, f->bytes + f->at, size);
    f->at += size;
    if (um_event_parse(&f->format, f->copy, size, &f->ev, &err))
        fail_msg("%s", err.text);
    if (f->ev.type == UM_EV_TABLE_MAP) {
        um_table_map_delete(f->map);
        f->map = um_table_map_new(&f->format, &f->ev, &err);
        if (!f->map)
            fail_msg("%s", err.text);
    }
    return true;
}

/* Goes on to the next event of a type; fails the test when there is none. */
static inline void fixture_find(struct fixture *f, unsigned type)
{
    while (fixture_next(f))
        if (f->ev.type == type)
            return;
    fail_msg("no further event of type %u", type);
}

/* Goes on to the next row event of a table. */
static inline void fixture_find_rows(struct fixture *f, const char *table)
{
    while (fixture_next(f))
        if (um_event_is_rows(f->ev.type) && strcmp(um_table_map_name(f->map), table) == 0)
            return;
    fail_msg("no further rows of %s", table);
}

#endif
