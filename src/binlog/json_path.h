#ifndef UM_BINLOG_JSON_PATH_H
#define UM_BINLOG_JSON_PATH_H

#include "base/buf.h"
#include "binlog/json_reader.h"

/*
 * The paths of JSON differences, leg by leg: $ and then .name, ."quoted name", [3], [last] or
 * [last-3] (sql-common/json_path.cc, Json_path_leg::to_string). The server writes neither spaces
 * nor wildcards nor ranges there, so each of them is an error.
 */
struct um_json_path {
    const uint8_t *p, *end; /* borrowed */
    unsigned legs;
};

struct um_json_leg {
    bool is_key;
    struct um_json_text key; /* borrowed from the path, or from the arena when it was escaped */
    bool from_end;           /* index counts from the last element backwards */
    uint32_t index;
};

/* NULL, or what is wrong. */
const char *um_json_path_open(struct um_json_path *path, const uint8_t *text, size_t len);
/* 1 and the next leg, 0 at the end, -1 and what is wrong. */
int um_json_path_next(struct um_json_path *path, struct um_arena *arena, struct um_json_leg *leg,
                      const char **wrong);

/*
 * Which element of an array of `count` the leg means. False when there is none; then *at is where
 * a new one is put: before all others or behind them.
 */
bool um_json_leg_element(const struct um_json_leg *leg, uint32_t count, uint32_t *at);

#endif
