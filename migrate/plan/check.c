#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- adding ---- */

void um_check_add(struct um_plan *p, enum um_check_id id, enum um_level level, char *seen,
                  char *mend)
{
    const struct um_check_info *info = um_check_info(id);
    if ((p->resuming && info->asked == UM_ASKED_FULL) ||
        (p->resuming && !p->adding && info->asked == UM_ASKED_NEW) ||
        (p->following && info->asked == UM_ASKED_COPY)) {
        free(seen);
        free(mend);
        return;
    }
    UM_ASSERT((level == UM_PASS) == (mend == NULL));
    um_grow(&p->checks, &p->check_cap, p->check_count + 1, sizeof *p->checks);
    p->checks[p->check_count++] = (struct um_check){
        .id = info->id, .level = level, .title = info->title, .seen = seen, .mend = mend};
    if (level == UM_BLOCK)
        p->blocked = true;
}

void um_check_pass(struct um_plan *p, enum um_check_id id, const char *fmt, ...)
{
    struct um_buf seen = {0};
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(&seen, fmt, args);
    va_end(args);
    um_check_add(p, id, UM_PASS, um_buf_take(&seen), NULL);
}

void um_check_list(struct um_plan *p, enum um_check_id id, enum um_level level, const char *pass,
                   struct um_buf *seen, struct um_buf *mend)
{
    if (seen->len > 0) {
        um_check_add(p, id, level, um_buf_take(seen), um_buf_take(mend));
    } else {
        um_check_pass(p, id, "%s", pass);
        um_buf_free(mend);
    }
}

/* ---- texts ---- */

void um_list_add(struct um_list *l, const char *fmt, ...)
{
    if (l->count++ >= UM_LIST_MAX)
        return;
    if (l->count > 1)
        um_buf_str(&l->text, ", ");
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(&l->text, fmt, args);
    va_end(args);
}

char *um_list_end(struct um_list *l)
{
    if (l->count > UM_LIST_MAX)
        um_buf_fmt(&l->text, " and %zu more", l->count - UM_LIST_MAX);
    l->count = 0;
    return um_buf_take(&l->text);
}

void um_mend_line(struct um_buf *b, const char *fmt, ...)
{
    if (b->len)
        um_buf_char(b, '\n');
    va_list args;
    va_start(args, fmt);
    um_buf_vfmt(b, fmt, args);
    va_end(args);
}

void um_mend_variable(struct um_buf *b, const struct um_side *s, const char *name,
                      const char *value)
{
    if (s->server->flavour == UM_MYSQL && s->server->version >= 80000) {
        um_mend_line(b, "SET PERSIST %s = %s;", name, value);
        return;
    }
    um_mend_line(b, "SET GLOBAL %s = %s;", name, value);
    um_mend_line(b, "And %s = %s in the server's configuration file, to outlast a restart.", name,
                 value);
}

/*
 * In GRANT … ON schema.*, '_' and '%' match anything, so they are escaped: no privilege goes to
 * shopXeu when shop_eu is meant. Not where the table is named too, nor under partial_revokes,
 * where they stand for themselves.
 */
static void grant_schema(struct um_buf *b, const struct um_side *s, const char *schema,
                         bool whole_schema)
{
    bool patterns = whole_schema && !um_variable_on(um_variable(&s->variables, "partial_revokes"));
    um_buf_char(b, '`');
    for (const char *c = schema; *c; c++) {
        if (*c == '`' || (patterns && (*c == '_' || *c == '%')))
            um_buf_char(b, *c == '`' ? '`' : '\\');
        um_buf_char(b, *c);
    }
    um_buf_char(b, '`');
}

void um_mend_grant(struct um_buf *b, const struct um_side *s, const char *privileges,
                   const char *schema, const char *table)
{
    um_mend_line(b, "GRANT %s ON ", privileges);
    if (schema)
        grant_schema(b, s, schema, !table);
    else
        um_buf_char(b, '*');
    um_buf_char(b, '.');
    if (table)
        um_quote_ident(b, table);
    else
        um_buf_char(b, '*');
    um_buf_fmt(b, " TO %s;", s->account);
}

char *um_server_name(const struct um_server *s)
{
    return um_sprintf("%s %u.%u.%u", s->flavour == UM_MYSQL ? "MySQL" : "MariaDB",
                      s->version / 10000, s->version / 100 % 100, s->version % 100);
}

void um_print_bytes(struct um_buf *b, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double n = (double)bytes;
    /* 1023.95 and not 1024: what would be printed as "1024.0 KiB" is a MiB. */
    while (n >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        n /= 1024;
        unit++;
    }
    um_buf_fmt(b, unit == 0 || n == (double)(uint64_t)n ? "%.0f %s" : "%.1f %s", n, units[unit]);
}

void um_print_seconds(struct um_buf *b, double seconds)
{
    if (seconds < 1) {
        um_buf_str(b, "< 1 s");
        return;
    }
    /* Two units at most: an estimate is no more exact than that. */
    uint64_t s = seconds < 1e15 ? (uint64_t)(seconds + 0.5) : (uint64_t)1e15;
    static const struct {
        uint64_t length;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (s < units[i].length)
        i++;
    um_buf_fmt(b, "%llu %s", (unsigned long long)(s / units[i].length), units[i].name);
    uint64_t rest = s % units[i].length;
    if (i < 3 && rest >= units[i + 1].length)
        um_buf_fmt(b, " %llu %s", (unsigned long long)(rest / units[i + 1].length),
                   units[i + 1].name);
}

char *um_bytes_text(uint64_t bytes)
{
    struct um_buf b = {0};
    um_print_bytes(&b, bytes);
    return um_buf_take(&b);
}

char *um_seconds_text(double seconds)
{
    struct um_buf b = {0};
    um_print_seconds(&b, seconds);
    return um_buf_take(&b);
}

/* ---- names ---- */

bool um_strv_has(const struct um_strv *v, const char *text)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->items[i], text) == 0)
            return true;
    }
    return false;
}

bool um_pattern_matches(const struct um_config *c, const char *pattern, const char *schema,
                        const char *table)
{
    /* A configuration that includes nothing else, so that patterns mean here what they mean
       everywhere. */
    char *one = um_strdup(pattern);
    struct um_config alone = {.state.schema = c->state.schema};
    alone.tables.include = (struct um_strv){.items = &one, .count = 1, .cap = 1};
    bool matches = um_config_wants(&alone, schema, table);
    free(one);
    return matches;
}

char *um_pattern_for(const char *schema, const char *table)
{
    const char *const names[] = {schema, table};
    struct um_buf out = {0};
    for (size_t i = 0; i < 2; i++) {
        if (i)
            um_buf_char(&out, '.');
        for (const char *p = names[i]; *p; p++) {
            bool edge = p == names[i] || !p[1];
            bool hidden = strchr("`%\"\\", *p) || (unsigned char)*p < ' ' || *p == 0x7f ||
                          (*p == ' ' && edge) || (*p == '.' && i == 0);
            um_buf_char(&out, hidden ? '?' : *p);
        }
    }
    return um_buf_take(&out);
}

void um_check_all(struct um_plan *p, const struct um_facts *f)
{
    um_check_source(p, f);
    um_check_target(p, f);
    um_check_tables(p, f);
}

struct um_ddl_target um_check_ddl_target(const struct um_plan *p, const struct um_table *t)
{
    return (struct um_ddl_target){.source_flavour = p->source.flavour,
                                  .target_flavour = p->target.flavour,
                                  .source_version = p->source.version,
                                  .target_version = p->target.version,
                                  .schema = t->schema,
                                  .name = t->name};
}
