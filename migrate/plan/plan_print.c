#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/check.h"
#include "plan/json.h"
#include "plan/text.h"

/* The plan as text, for 100 columns. */

enum { WIDTH = 100, ID_COLUMN = 9, TEXT_COLUMN = 41 };

/* ---- colour ---- */

struct style {
    const char *on[3], *bold, *off;
};

static struct style style_for(FILE *out)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    int fd = fileno(out);
    bool colour =
        fd >= 0 && isatty(fd) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
    if (!colour)
        return (struct style){{"", "", ""}, "", ""};
    return (struct style){{"\033[32m", "\033[33m", "\033[1;31m"}, "\033[1m", "\033[0m"};
}

/* ---- checks ---- */

static const char *const level_names[] = {"PASS", "WARN", "BLOCK"};

static void print_check(FILE *out, const struct style *style, const struct um_check *c)
{
    fprintf(out, "  %s%-5s%s  %-*s", style->on[c->level], level_names[c->level], style->off,
            TEXT_COLUMN - ID_COLUMN, c->id);
    size_t at = ID_COLUMN + strlen(c->id);
    if (at < TEXT_COLUMN)
        at = TEXT_COLUMN;
    else
        fputc(' ', out), at++;
    char *text = um_sprintf("%s: %s", c->title, c->seen);
    um_plan_wrap(out, text, at, TEXT_COLUMN, WIDTH);
    free(text);
    if (c->mend) {
        fprintf(out, "%*smend: ", ID_COLUMN, "");
        um_plan_wrap(out, c->mend, ID_COLUMN + 6, ID_COLUMN + 6, WIDTH);
    }
}

static void print_checks(FILE *out, const struct style *style, const struct um_plan *p,
                         const char *heading, const char *prefix)
{
    fprintf(out, "\n%s%s%s\n", style->bold, heading, style->off);
    for (size_t i = 0; i < p->check_count; i++) {
        if (strncmp(p->checks[i].id, prefix, strlen(prefix)) == 0)
            print_check(out, style, &p->checks[i]);
    }
}

static void print_server(FILE *out, const char *side, const struct um_server *s,
                         const struct um_endpoint *at)
{
    struct um_buf where = {0}, clean = {0};
    if (at->socket)
        um_buf_fmt(&where, "%s", at->socket);
    else
        um_buf_fmt(&where, "%s:%u", at->host ? at->host : "", at->port);
    um_text_clean(&clean, where.data);
    char *name = um_server_name(s);
    fprintf(out, "  %-8s%s at %s\n", side, name, clean.data ? clean.data : "");
    free(name);
    um_buf_free(&where);
    um_buf_free(&clean);
}

/* ---- tables ---- */

/* "PRIMARY (a, b)", or "none" */
static void print_key(struct um_buf *b, const struct um_table_plan *t)
{
    if (!t->key.index) {
        um_buf_str(b, "none");
        return;
    }
    um_text_clean(b, t->key.index->name);
    um_buf_str(b, " (");
    for (size_t i = 0; i < t->key.part_count; i++) {
        int column = t->key.index->parts[i].column;
        um_buf_str(b, i ? ", " : "");
        um_text_clean(b, column >= 0 ? t->table->columns[column].name : "?");
    }
    um_buf_char(b, ')');
}

struct row {
    struct um_buf name, key, rows, bytes, time;
};

static void row_make(struct row *r, const struct um_table_plan *t)
{
    char *name = um_sprintf("%s.%s", t->table->schema, t->table->name);
    *r = (struct row){0};
    um_text_clean(&r->name, name);
    free(name);
    print_key(&r->key, t);
    um_text_count(&r->rows, t->table->rows_estimate);
    um_print_bytes(&r->bytes, t->table->data_bytes + t->table->index_bytes);
    um_print_seconds(&r->time, t->seconds);
}

static void row_clear(struct row *r)
{
    um_buf_free(&r->name);
    um_buf_free(&r->key);
    um_buf_free(&r->rows);
    um_buf_free(&r->bytes);
    um_buf_free(&r->time);
}

/* printf pads by bytes. */
static void print_padded(FILE *out, const char *text, size_t width)
{
    size_t has = um_text_width(text);
    fprintf(out, "%s%*s", text, has < width ? (int)(width - has) : 0, "");
}

static size_t longest(const struct um_plan *p, bool key, size_t at_most)
{
    size_t widest = key ? 3 : 5;
    for (size_t i = 0; i < p->tables.count; i++) {
        struct row r;
        row_make(&r, &p->table_plans[i]);
        size_t w = um_text_width(key ? r.key.data : r.name.data);
        if (w > widest)
            widest = w;
        row_clear(&r);
    }
    return widest < at_most ? widest : at_most;
}

/* A name or key that is too long for its column has a line of its own. */
static void print_table(FILE *out, const struct um_table_plan *t, size_t names, size_t keys)
{
    struct row r;
    row_make(&r, t);
    fputs("  ", out);
    print_padded(out, r.name.data, names);
    if (um_text_width(r.name.data) > names)
        fprintf(out, "\n%*s", (int)names + 2, "");
    fputs("  ", out);
    print_padded(out, r.key.data, keys);
    if (um_text_width(r.key.data) > keys)
        fprintf(out, "\n%*s", (int)(names + keys) + 4, "");
    fprintf(out, "  %14s  %9s  %11s\n", r.rows.data, r.bytes.data, r.time.data);
    if (t->key.why && *t->key.why) {
        fputs("    ", out);
        um_plan_wrap(out, t->key.why, 4, 4, WIDTH);
    }
    row_clear(&r);
}

static void print_tables(FILE *out, const struct style *style, const struct um_plan *p,
                         const struct um_config *config)
{
    if (p->tables.count == 0)
        return;
    size_t names = longest(p, false, 30), keys = longest(p, true, 26);
    fprintf(out, "\n%s  %-*s  %-*s  %14s  %9s  %11s%s\n", style->bold, (int)names, "table",
            (int)keys, "chunk key", "rows", "size", "time alone", style->off);
    for (size_t i = 0; i < p->tables.count; i++)
        print_table(out, &p->table_plans[i], names, keys);

    struct um_buf total = {0};
    um_buf_fmt(&total, "%zu table%s, ", p->tables.count, p->tables.count == 1 ? "" : "s");
    um_text_count(&total, p->rows);
    um_buf_str(&total, p->rows == 1 ? " row, " : " rows, ");
    um_print_bytes(&total, p->bytes);
    um_buf_fmt(&total,
               " by the catalogue; estimated copy time with %u thread%s: ", config->copy.threads,
               config->copy.threads == 1 ? "" : "s");
    um_print_seconds(&total, p->copy_seconds);
    um_buf_fmt(&total, " (an estimate: %s)", um_estimate_basis);
    fputs("\n  ", out);
    um_plan_wrap(out, total.data, 2, 2, WIDTH);
    um_buf_free(&total);
}

/* ---- all of it ---- */

static void print_summary(FILE *out, const struct style *style, const struct um_plan *p)
{
    size_t counts[3] = {0};
    for (size_t i = 0; i < p->check_count; i++)
        counts[p->checks[i].level]++;
    enum um_level worst = counts[UM_BLOCK] ? UM_BLOCK : counts[UM_WARN] ? UM_WARN : UM_PASS;
    fprintf(out, "\n%sPlan: %zu block%s, %zu warning%s, %zu passed%s\n", style->on[worst],
            counts[UM_BLOCK], counts[UM_BLOCK] == 1 ? "" : "s", counts[UM_WARN],
            counts[UM_WARN] == 1 ? "" : "s", counts[UM_PASS], style->off);
}

void um_plan_print(const struct um_plan *plan, const struct um_config *config,
                   enum um_output format, FILE *out)
{
    if (format == UM_OUTPUT_JSON) {
        um_plan_print_json(plan, config, out);
        return;
    }
    struct style style = style_for(out);
    fprintf(out, "%sPlan of job %s%s\n", style.bold, config->job, style.off);
    print_server(out, "source", &plan->source, &config->source);
    print_server(out, "target", &plan->target, &config->target);
    print_checks(out, &style, plan, "Source", "source.");
    print_checks(out, &style, plan, "Target", "target.");
    print_checks(out, &style, plan, "Tables", "tables.");
    print_tables(out, &style, plan, config);
    print_summary(out, &style, plan);
}
