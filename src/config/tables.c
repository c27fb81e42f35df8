#include "config/config.h"

#include <string.h>

#include "config/option.h"

/* The first byte behind one character of UTF-8. */
static const char *next_character(const char *p)
{
    p++;
    while (((unsigned char)*p & 0xc0) == 0x80)
        p++;
    return p;
}

/*
 * Linear in practice and at worst pattern times text: only the last '*' is ever taken back, as
 * whatever an earlier one could match, it can match as early as it did.
 */
static bool glob(const char *pattern, const char *end, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            text = next_character(text);
        } else if (pattern < end && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            resume = next_character(resume);
            text = resume;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

static bool matches(const char *pattern, size_t len, const char *schema, const char *table)
{
    const char *dot = memchr(pattern, '.', len);
    return dot && glob(pattern, dot, schema) && glob(dot + 1, pattern + len, table);
}

bool um_patterns_match(const struct um_strv *patterns, const char *schema, const char *table)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (matches(patterns->items[i], strlen(patterns->items[i]), schema, table))
            return true;
    }
    return false;
}

enum um_on_conflict um_config_on_conflict(const struct um_config *c, const char *schema,
                                          const char *table)
{
    for (size_t i = 0; i < c->apply.on_conflict_tables.count; i++) {
        const char *rule = c->apply.on_conflict_tables.items[i];
        size_t len;
        int policy = um_conflict_rule(rule, &len);
        if (matches(rule, len, schema, table))
            return (enum um_on_conflict)policy;
    }
    return c->apply.on_conflict;
}

static bool is_added(const struct um_strv *added, const char *schema, const char *table)
{
    for (size_t i = 0; added && i + 1 < added->count; i += 2) {
        if (strcmp(added->items[i], schema) == 0 && strcmp(added->items[i + 1], table) == 0)
            return true;
    }
    return false;
}

bool um_config_wants(const struct um_config *c, const char *schema, const char *table)
{
    if (um_schema_is_system(schema) || (c->state.schema && strcmp(schema, c->state.schema) == 0))
        return false;
    return is_added(c->tables.added, schema, table) ||
           (um_patterns_match(&c->tables.include, schema, table) &&
            !um_patterns_match(&c->tables.exclude, schema, table));
}
