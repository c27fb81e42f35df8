#include "plan/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/charset.h"

/* The job's tables, as the target's settings and contents would receive them. */

/* ---- packets ---- */

/* The longest value that a column can hold, in bytes. */
static uint64_t capacity(const struct um_column *c)
{
    switch (c->type) {
    case UM_T_TEXT:
    case UM_T_BLOB:
        if (strncasecmp(c->column_type, "tiny", 4) == 0)
            return 255;
        if (strncasecmp(c->column_type, "medium", 6) == 0)
            return (1u << 24) - 1;
        if (strncasecmp(c->column_type, "long", 4) == 0)
            return UINT32_MAX;
        return 65535;
    case UM_T_JSON:
    case UM_T_GEOMETRY:
        return UINT32_MAX;
    default:
        return 65535; /* the bound of a whole row but for these */
    }
}

/* What a statement says besides the one long value. */
enum { STATEMENT_ROOM = 64 * 1024, MIB = 1024 * 1024 };
static const uint64_t packet_max = 1u << 30;

static void check_packet(struct um_plan *p, const struct um_facts *f)
{
    uint64_t source = um_variable_uint(&f->source.side.variables, "max_allowed_packet", packet_max);
    uint64_t target = um_variable_uint(&f->target.side.variables, "max_allowed_packet", packet_max);
    uint64_t longest = 0;
    const struct um_table *table = NULL;
    const struct um_column *column = NULL;
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        for (size_t k = 0; k < t->column_count; k++) {
            uint64_t n = capacity(&t->columns[k]);
            if (n > longest) {
                longest = n;
                table = t;
                column = &t->columns[k];
            }
        }
    }
    /* No value got onto the source by a statement longer than its packets. */
    if (longest > source)
        longest = source;
    uint64_t need = (2 * longest + STATEMENT_ROOM + MIB - 1) / MIB * MIB;
    if (need > packet_max)
        need = packet_max;
    char *s = um_bytes_text(source), *t = um_bytes_text(target), *n = um_bytes_text(need);
    if (target >= need || !column) {
        um_check_pass(p, UM_CHECK_MAX_ALLOWED_PACKET, "%s on the source, %s on the target", s, t);
    } else {
        char *value = um_sprintf("%llu", (unsigned long long)need);
        struct um_buf mend = {0};
        um_mend_variable(&mend, &f->target.side, "max_allowed_packet", value);
        um_check_add(p, UM_CHECK_MAX_ALLOWED_PACKET, UM_WARN,
                     um_sprintf("%s on the source, %s on the target; a change of %s.%s, column %s, "
                                "can take %s",
                                s, t, table->schema, table->name, column->name, n),
                     um_buf_take(&mend));
        free(value);
    }
    free(s);
    free(t);
    free(n);
}

/* ---- names ---- */

static int by_name_any_case(const void *a, const void *b)
{
    const struct um_table *x = *(struct um_table *const *)a, *y = *(struct um_table *const *)b;
    int schema = strcasecmp(x->schema, y->schema);
    return schema ? schema : strcasecmp(x->name, y->name);
}

static void names_that_collide(const struct um_tables *tables, struct um_list *out)
{
    struct um_table **sorted = um_alloc_array(tables->count, sizeof *sorted);
    if (tables->count)
        memcpy(sorted, tables->items, tables->count * sizeof *sorted);
    qsort(sorted, tables->count, sizeof *sorted, by_name_any_case);
    for (size_t i = 1; i < tables->count; i++) {
        if (by_name_any_case(&sorted[i - 1], &sorted[i]) == 0)
            um_list_add(out, "%s.%s and %s.%s", sorted[i - 1]->schema, sorted[i - 1]->name,
                        sorted[i]->schema, sorted[i]->name);
    }
    free(sorted);
}

static bool has_upper(const char *name)
{
    for (; *name; name++) {
        /* Letters beyond ASCII have case as well: taken for upper case, to be sure. */
        if (isupper((unsigned char)*name) || (unsigned char)*name >= 0x80)
            return true;
    }
    return false;
}

static void names_with_upper(const struct um_tables *tables, struct um_list *out)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct um_table *t = tables->items[i];
        if (has_upper(t->schema) || has_upper(t->name))
            um_list_add(out, "%s.%s", t->schema, t->name);
    }
}

static uint64_t case_mode(const struct um_side *s)
{
    return um_variable_uint(&s->variables, "lower_case_table_names", 0);
}

static void check_case(struct um_plan *p, const struct um_facts *f)
{
    uint64_t source = case_mode(&f->source.side), target = case_mode(&f->target.side);
    struct um_list names = {0};
    enum um_level level = UM_PASS;
    const char *what = "";
    if (source != target && target != 0)
        names_that_collide(&p->tables, &names);
    if (names.count) {
        level = UM_BLOCK;
        what = "; these would become one: ";
    } else if (source != target && target == 1) {
        names_with_upper(&p->tables, &names);
        if (names.count) {
            level = UM_BLOCK;
            what = "; these would be renamed: ";
        }
    } else if (source != target && target == 0) {
        level = UM_WARN;
        what = "; the application must write every name exactly as it is";
    }
    char *list = um_list_end(&names);
    char *seen = um_sprintf("%llu on the source, %llu on the target%s%s",
                            (unsigned long long)source, (unsigned long long)target, what, list);
    um_check_add(p, UM_CHECK_CASE, level, seen,
                 level == UM_PASS
                     ? NULL
                     : um_sprintf("Initialise the target's data directory with "
                                  "lower_case_table_names = %llu%s.",
                                  (unsigned long long)source,
                                  level == UM_BLOCK ? ", or rename them on the source" : ""));
    free(list);
}

/* ---- keys ---- */

static bool has_primary(const struct um_table *t)
{
    return t->index_count > 0 && t->indexes[0].primary;
}

/* The setting that refuses (or changes) tables without a primary key; NULL for none. */
static const char *key_rule(const struct um_facts *f, const char **value, enum um_level *level)
{
    static const struct {
        const char *name;
        enum um_level level;
    } rules[] = {{"sql_require_primary_key", UM_BLOCK},
                 {"sql_generate_invisible_primary_key", UM_BLOCK},
                 {"innodb_force_primary_key", UM_BLOCK},
                 {"pxc_strict_mode", UM_BLOCK},
                 {"group_replication_group_name", UM_BLOCK},
                 {"wsrep_on", UM_WARN}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        /* Unmoor's sessions switch off what they may, so what they have counts. */
        const char *now = um_variable(&f->target.session, rules[i].name);
        if (!now)
            now = um_variable(&f->target.side.variables, rules[i].name);
        if (!now || !*now || um_variable_off(now) || strcasecmp(now, "DISABLED") == 0 ||
            strcasecmp(now, "PERMISSIVE") == 0)
            continue;
        *value = now;
        *level = rules[i].level;
        return rules[i].name;
    }
    return NULL;
}

static void check_primary_key(struct um_plan *p, const struct um_facts *f)
{
    const char *value;
    enum um_level level;
    const char *rule = key_rule(f, &value, &level);
    struct um_list names = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; rule && i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (!has_primary(t))
            um_list_add(&names, "%s.%s", t->schema, t->name);
    }
    if (names.count == 0) {
        um_check_pass(p, UM_CHECK_PRIMARY_KEY, "%s%s",
                      rule ? "not needed: every table has one; " : "no setting against them",
                      rule ? rule : "");
        return;
    }
    um_mend_line(&mend, "Add a primary key to these tables on the source. Or, on the target:");
    if (strncmp(rule, "sql_", 4) == 0 && !um_side_may(&f->target.side, "SUPER", NULL, NULL))
        um_mend_grant(&mend, &f->target.side, "SESSION_VARIABLES_ADMIN", NULL, NULL);
    else if (strcmp(rule, "pxc_strict_mode") == 0)
        um_mend_variable(&mend, &f->target.side, rule, "'PERMISSIVE'");
    else if (strcmp(rule, "innodb_force_primary_key") == 0 || strncmp(rule, "sql_", 4) == 0)
        um_mend_variable(&mend, &f->target.side, rule, "OFF");
    else
        um_mend_line(&mend, "migrate to a server that is not a member of a cluster.");
    char *list = um_list_end(&names);
    um_check_add(p, UM_CHECK_PRIMARY_KEY, level,
                 um_sprintf("%s = %s; without: %s", rule, value, list), um_buf_take(&mend));
    free(list);
}

/* ---- collations ---- */

static bool knows(const struct um_target_facts *t, const char *collation)
{
    for (size_t i = 0; i < t->collations.count; i++) {
        if (strcasecmp(t->collations.items[i], collation) == 0)
            return true;
    }
    return false;
}

/* The three-byte UTF-8 has had two names. */
static bool knows_by_either_name(const struct um_target_facts *t, const char *collation)
{
    static const struct {
        const char *a, *b;
    } names[] = {{"utf8_", "utf8mb3_"}, {"utf8mb3_", "utf8_"}};
    bool known = knows(t, collation);
    for (size_t i = 0; i < sizeof names / sizeof *names && !known; i++) {
        size_t len = strlen(names[i].a);
        if (strncasecmp(collation, names[i].a, len) != 0)
            continue;
        char *other = um_sprintf("%s%s", names[i].b, collation + len);
        known = knows(t, other);
        free(other);
    }
    return known;
}

/* Under this name, or under the one that the other flavour or another version has for it. */
bool um_target_knows_collation(const struct um_target_facts *t, const char *collation)
{
    static const struct {
        const char *end, *other;
    } names[] = {{"_croatian_ci", "_croatian_mysql561_ci"},
                 {"_croatian_mysql561_ci", "_croatian_ci"}};
    bool known = !*collation || knows_by_either_name(t, collation);
    for (size_t i = 0; i < sizeof names / sizeof *names && !known; i++) {
        const char *end = strcasestr(collation, names[i].end);
        if (!end)
            continue;
        char *other = um_sprintf("%.*s%s", (int)(end - collation), collation, names[i].other);
        known = knows_by_either_name(t, other);
        free(other);
    }
    return known;
}

/* One list of columns for each collation that is missing. */
struct missing {
    struct um_strv collations;
    struct um_list *columns; /* as many as collations */
    size_t columns_cap;
};

static struct um_list *columns_of(struct missing *m, const char *collation)
{
    size_t i = 0;
    while (i < m->collations.count && strcasecmp(m->collations.items[i], collation) != 0)
        i++;
    if (i == m->collations.count) {
        um_strv_add(&m->collations, collation);
        um_grow(&m->columns, &m->columns_cap, i + 1, sizeof *m->columns);
        m->columns[i] = (struct um_list){0};
    }
    return &m->columns[i];
}

/*
 * The nearest that both servers have: of the same character set, if the target has that, else of
 * utf8mb4, which holds the characters of all of them. malloc'd.
 */
static char *nearest_collation(const struct um_plan *p, const struct um_target_facts *target,
                               const char *collation)
{
    const char *end = strcasestr(collation, "_bin") ? "bin" : "general_ci";
    char *charset = um_memdup(collation, strcspn(collation, "_"));
    char *named = um_sprintf("%s_%s", charset, end);
    /* Not every character set has a collation of that name, but each has its default; and a source
       that has the character set has the collation if the target does. */
    const struct um_ddl_target to = {.source_flavour = p->source.flavour,
                                     .source_version = p->source.version};
    const char *usual = um_charset_default(charset, &to);
    char *found;
    if (um_target_knows_collation(target, named))
        found = um_strdup(named);
    else if (usual && um_target_knows_collation(target, usual))
        found = um_strdup(usual);
    else
        found = um_sprintf("utf8mb4_%s", end);
    free(charset);
    free(named);
    return found;
}

static void mend_collation(struct um_buf *mend, const struct um_plan *p,
                           const struct um_target_facts *target, const struct um_table *t,
                           const char *collation)
{
    char *nearest = nearest_collation(p, target, collation);
    um_mend_line(mend, "ALTER TABLE ");
    um_quote_table(mend, t->schema, t->name);
    um_buf_fmt(mend, " CONVERT TO CHARACTER SET %.*s COLLATE %s;", (int)strcspn(nearest, "_"),
               nearest, nearest);
    free(nearest);
}

static void find_missing(const struct um_plan *p, const struct um_table *t,
                         const struct um_target_facts *target, struct missing *m,
                         struct um_buf *mend)
{
    bool mended = m->collations.count >= UM_LIST_MAX;
    for (size_t i = 0; i < t->column_count; i++) {
        const char *collation = t->columns[i].collation;
        if (!collation || um_target_knows_collation(target, collation))
            continue;
        struct um_list *columns = columns_of(m, collation);
        um_list_add(columns, "%s.%s.%s", t->schema, t->name, t->columns[i].name);
        if (!mended && columns->count <= UM_LIST_MAX)
            mend_collation(mend, p, target, t, collation);
        mended = true; /* by the statement for its first column: it converts the whole table */
    }
}

static void check_collations(struct um_plan *p, const struct um_facts *f)
{
    struct missing m = {0};
    struct um_buf mend = {0}, seen = {0};
    for (size_t i = 0; i < p->tables.count; i++)
        find_missing(p, p->tables.items[i], &f->target, &m, &mend);
    for (size_t i = 0; i < m.collations.count; i++) {
        char *list = um_list_end(&m.columns[i]);
        um_buf_fmt(&seen, "%s%s: %s", seen.len ? "; " : "", m.collations.items[i], list);
        free(list);
    }
    if (seen.len)
        um_mend_line(&mend, "That is on the source, and changes how it compares these texts. Or "
                            "choose a target that knows the collation.");
    um_check_list(p, UM_CHECK_COLLATIONS, UM_BLOCK, "all are known", &seen, &mend);
    um_strv_clear(&m.collations);
    free(m.columns);
}

void um_check_target_tables(struct um_plan *p, const struct um_facts *f)
{
    check_packet(p, f);
    check_case(p, f);
    check_primary_key(p, f);
    um_check_existing(p, f);
    um_check_pass(p, UM_CHECK_STATE_SCHEMA, "%s, %s", f->config->state.schema,
                  um_strv_has(&f->target.schemas, f->config->state.schema) ? "is there"
                                                                           : "will be created");
    check_collations(p, f);
}
