#include "plan/check.h"

#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"

/* tables.include and tables.exclude against what is there. */

/* Does the pattern match one of these "schema.name"? */
static bool matches_any(const struct um_config *c, const char *pattern, const struct um_strv *names)
{
    bool found = false;
    for (size_t i = 0; !found && i < names->count; i++) {
        const char *dot = strchr(names->items[i], '.');
        if (!dot)
            continue;
        char *schema = um_memdup(names->items[i], (size_t)(dot - names->items[i]));
        found = um_pattern_matches(c, pattern, schema, dot + 1);
        free(schema);
    }
    return found;
}

static bool matches_table(const struct um_plan *p, const struct um_facts *f, const char *pattern)
{
    const struct um_config *c = f->config;
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (um_pattern_matches(c, pattern, t->schema, t->name))
            return true;
    }
    /* What cannot be read is there nevertheless. */
    for (size_t i = 0; i < f->source.unread.count; i++) {
        const struct um_unread_table *u = &f->source.unread.items[i];
        if (um_pattern_matches(c, pattern, u->schema, u->name))
            return true;
    }
    return false;
}

/*
 * The nearest thing that is there, malloc'd, or NULL. Where the table's half has wildcards it is
 * the schema that must be misspelt.
 */
static char *nearest(const char *pattern, const struct um_strv *names)
{
    const char *dot = strchr(pattern, '.');
    if (!dot)
        return NULL;
    bool by_schema = strpbrk(dot, "*?") != NULL;
    struct um_strv candidates = {0};
    for (size_t i = 0; i < names->count; i++) {
        const char *end = strchr(names->items[i], '.');
        char *one = by_schema && end
                        ? um_sprintf("%.*s%s", (int)(end - names->items[i]), names->items[i], dot)
                        : um_strdup(names->items[i]);
        if (!by_schema || candidates.count == 0 ||
            strcmp(candidates.items[candidates.count - 1], one) != 0)
            um_strv_add(&candidates, one);
        free(one);
    }
    struct um_suggest suggest;
    um_suggest_start(&suggest, pattern);
    for (size_t i = 0; i < candidates.count; i++)
        um_suggest_try(&suggest, candidates.items[i]);
    char *best = NULL;
    const char *middle = suggest.best ? strchr(suggest.best, '.') : NULL;
    if (middle) {
        char *schema = um_memdup(suggest.best, (size_t)(middle - suggest.best));
        best = um_pattern_for(schema, middle + 1);
        free(schema);
    }
    um_strv_clear(&candidates);
    return best;
}

static void check_include(struct um_plan *p, const struct um_facts *f)
{
    const struct um_strv *include = &f->config->tables.include;
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < include->count; i++) {
        const char *pattern = include->items[i];
        if (matches_table(p, f, pattern) || matches_any(f->config, pattern, &f->source.views))
            continue;
        if (matches_any(f->config, pattern, &f->source.names)) {
            /* Or none of it was read, which is told by tables.readable. */
            if (!f->source.catalogue_read)
                continue;
            um_list_add(&seen, "%s (all of it is excluded)", pattern);
            um_mend_line(&mend,
                         "Take \"%s\" out of tables.include, or what excludes it out of "
                         "tables.exclude.",
                         pattern);
            continue;
        }
        um_list_add(&seen, "%s", pattern);
        char *near = nearest(pattern, &f->source.names);
        if (near)
            um_mend_line(&mend, "Did you mean \"%s\" in tables.include?", near);
        else
            um_mend_line(&mend,
                         "Correct \"%s\" in tables.include, or take it out. A table that "
                         "the account may not read is not seen either.",
                         pattern);
        free(near);
    }
    if (seen.count == 0) {
        size_t count = p->tables.count + f->source.unread.count;
        um_check_pass(p, UM_CHECK_TABLES_INCLUDE, "%zu table%s%s", count, count == 1 ? "" : "s",
                      f->source.catalogue_read ? "" : " that can be read");
        return;
    }
    char *list = um_list_end(&seen);
    um_check_add(p, UM_CHECK_TABLES_INCLUDE, UM_BLOCK, um_sprintf("matches no table: %s", list),
                 um_buf_take(&mend));
    free(list);
}

static void check_exclude(struct um_plan *p, const struct um_facts *f)
{
    const struct um_strv *exclude = &f->config->tables.exclude;
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < exclude->count; i++) {
        const char *pattern = exclude->items[i];
        /* One with wildcards may well be meant for tables that come and go. */
        if (strpbrk(pattern, "*?") || matches_any(f->config, pattern, &f->source.names) ||
            matches_any(f->config, pattern, &f->source.views) ||
            matches_any(f->config, pattern, &f->source.sequences))
            continue;
        um_list_add(&seen, "%s", pattern);
        char *near = nearest(pattern, &f->source.names);
        if (near)
            um_mend_line(&mend, "Did you mean \"%s\" in tables.exclude?", near);
        else
            um_mend_line(&mend, "Take \"%s\" out of tables.exclude.", pattern);
        free(near);
    }
    if (seen.count == 0) {
        um_check_pass(p, UM_CHECK_TABLES_EXCLUDE, exclude->count ? "all of them" : "none");
        return;
    }
    um_check_add(p, UM_CHECK_TABLES_EXCLUDE, UM_WARN, um_list_end(&seen), um_buf_take(&mend));
}

void um_check_patterns(struct um_plan *p, const struct um_facts *f)
{
    check_include(p, f);
    check_exclude(p, f);
}
