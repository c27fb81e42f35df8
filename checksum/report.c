#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "checksum/verify.h"

void um_verify_report_clear(struct um_verify_report *r)
{
    for (size_t i = 0; i < r->table_count; i++) {
        struct um_table_report *t = &r->tables[i];
        for (size_t k = 0; k < t->key_count; k++)
            free(t->keys[k].key);
        free(t->keys);
        free(t->schema);
        free(t->name);
        free(t->why);
    }
    free(r->tables);
    um_position_clear(&r->at);
    *r = (struct um_verify_report){0};
}

static bool is_utf8(const char *text)
{
    json_t *json = json_string(text);
    json_decref(json);
    return json != NULL;
}

/* Names and texts come from servers: neither control characters nor bytes that are not UTF-8 may
   reach a terminal or a JSON reader. */
static void add_clean(struct um_buf *out, const char *text)
{
    bool utf8 = is_utf8(text);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
            um_buf_fmt(out, "\\x%02x", c);
        else
            um_buf_char(out, (char)c);
    }
}

struct totals {
    uint64_t rows, keys;
    size_t by_verdict[UM_SKIPPED + 1];
};

static struct totals add_up(const struct um_verify_report *r)
{
    struct totals sum = {0};
    for (size_t i = 0; i < r->table_count; i++) {
        sum.rows += r->tables[i].rows_source;
        sum.keys += r->tables[i].keys_different;
        sum.by_verdict[r->tables[i].verdict]++;
    }
    return sum;
}

/* ---- text ---- */

static void add_number(struct um_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            um_buf_char(out, ',');
        um_buf_char(out, digits[i]);
    }
}

static void add_count(struct um_buf *out, uint64_t n, const char *what)
{
    add_number(out, n);
    um_buf_fmt(out, " %s%s", what, n == 1 ? "" : "s");
}

enum { COLUMNS = 4 };
struct line {
    struct um_buf cells[COLUMNS];
};

static void add_verdict(struct um_buf *out, const struct um_table_report *t)
{
    switch (t->verdict) {
    case UM_EQUAL:
        um_buf_str(out, "equal");
        break;
    case UM_DIFFERENT:
        um_buf_str(out, "DIFFERENT");
        if (t->keys_different) {
            um_buf_str(out, ": ");
            add_count(out, t->keys_different, "key");
        }
        break;
    case UM_MISSING_TABLE:
        um_buf_str(out, "MISSING");
        break;
    case UM_SKIPPED:
        um_buf_str(out, "skipped");
        break;
    }
}

static void make_line(struct line *line, const struct um_table_report *t)
{
    add_clean(&line->cells[0], t->schema);
    um_buf_char(&line->cells[0], '.');
    add_clean(&line->cells[0], t->name);
    if (t->chunks) {
        add_number(&line->cells[1], t->rows_source);
        if (t->rows_target != t->rows_source) {
            um_buf_str(&line->cells[1], " / ");
            add_number(&line->cells[1], t->rows_target);
        }
        add_number(&line->cells[2], t->chunks);
    } else {
        um_buf_char(&line->cells[1], '-');
        um_buf_char(&line->cells[2], '-');
    }
    add_verdict(&line->cells[3], t);
}

/* Columns on the screen, for names that are not ASCII: characters, near enough. */
static size_t width_of(const struct um_buf *text)
{
    size_t width = 0;
    for (size_t i = 0; i < text->len; i++)
        width += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return width;
}

static void print_line(FILE *out, const struct line *line, const size_t *widths)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct um_buf *cell = &line->cells[i];
        int pad = i + 1 < COLUMNS ? (int)(widths[i] - width_of(cell)) : 0;
        bool right = i == 1 || i == 2;
        fprintf(out, "%s%*s%s%*s", i ? "  " : "", right ? pad : 0, "", cell->data, right ? 0 : pad,
                "");
    }
    fputc('\n', out);
}

static void print_tables(const struct um_verify_report *r, FILE *out)
{
    static const char *const titles[COLUMNS] = {"Table", "Rows", "Chunks", "Verdict"};
    size_t widths[COLUMNS] = {0};
    struct line *lines = um_alloc_array(r->table_count + 1, sizeof *lines);
    for (size_t i = 0; i < COLUMNS; i++)
        um_buf_str(&lines[0].cells[i], titles[i]);
    for (size_t i = 0; i < r->table_count; i++)
        make_line(&lines[i + 1], &r->tables[i]);
    for (size_t i = 0; i <= r->table_count; i++)
        for (size_t k = 0; k < COLUMNS; k++)
            if (width_of(&lines[i].cells[k]) > widths[k])
                widths[k] = width_of(&lines[i].cells[k]);
    for (size_t i = 0; i <= r->table_count; i++) {
        print_line(out, &lines[i], widths);
        for (size_t k = 0; k < COLUMNS; k++)
            um_buf_free(&lines[i].cells[k]);
    }
    free(lines);
}

static void print_details(const struct um_table_report *t, FILE *out)
{
    static const char *const kinds[] = {"only on the source", "only on the target", "differs"};
    struct um_buf text = {0};
    if (!t->why && !t->keys_different)
        return;
    um_buf_char(&text, '\n');
    add_clean(&text, t->schema);
    um_buf_char(&text, '.');
    add_clean(&text, t->name);
    um_buf_char(&text, '\n');
    if (t->why) {
        um_buf_str(&text, "  ");
        add_clean(&text, t->why);
        um_buf_char(&text, '\n');
    }
    for (size_t i = 0; i < t->key_count; i++) {
        um_buf_fmt(&text, "  %-18s  ", kinds[t->keys[i].kind]);
        add_clean(&text, t->keys[i].key);
        um_buf_char(&text, '\n');
    }
    if (t->keys_different > t->key_count) {
        um_buf_str(&text, t->key_count ? "  and " : "  ");
        add_number(&text, t->keys_different - t->key_count);
        um_buf_str(&text, t->key_count ? " more\n" : " not listed\n");
    }
    fwrite(text.data, 1, text.len, out);
    um_buf_free(&text);
}

static bool known_position(const struct um_position *p)
{
    return p->file[0] || p->gtids;
}

static void print_conclusion(const struct um_verify_report *r, FILE *out)
{
    struct um_buf text = {0};
    struct totals sum = add_up(r);
    size_t skipped = sum.by_verdict[UM_SKIPPED];
    size_t different = sum.by_verdict[UM_DIFFERENT] + sum.by_verdict[UM_MISSING_TABLE];
    if (different) {
        um_buf_fmt(&text, "DIFFERENT: %zu of ", different);
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_count(&text, sum.keys, "key");
        if (skipped)
            um_buf_fmt(&text, "; %zu skipped", skipped);
    } else if (skipped) {
        um_buf_fmt(&text, "INCOMPLETE: %zu of ", sum.by_verdict[UM_EQUAL]);
        add_count(&text, r->table_count, "table");
        um_buf_fmt(&text, " equal, %zu skipped", skipped);
    } else {
        um_buf_str(&text, "Equal: ");
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_count(&text, sum.rows, "row");
    }
    if (known_position(&r->at)) {
        um_buf_str(&text, ", at ");
        um_position_print(&r->at, &text);
    }
    fprintf(out, "%s%s\n", r->table_count ? "\n" : "", text.data);
    um_buf_free(&text);
}

/* ---- JSON ---- */

static json_t *text_json(const char *text)
{
    if (!text)
        return json_null();
    struct um_buf clean = {0};
    um_buf_str(&clean, "");
    add_clean(&clean, text);
    json_t *json = json_string(clean.data);
    um_buf_free(&clean);
    return json;
}

static void set(json_t *object, const char *name, json_t *value)
{
    UM_ASSERT(json_object_set_new(object, name, value) == 0);
}

static json_t *number_json(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *table_json(const struct um_table_report *t)
{
    static const char *const verdicts[] = {"equal", "different", "missing", "skipped"};
    static const char *const kinds[] = {"only_source", "only_target", "differs"};
    json_t *object = json_object(), *keys = json_array();
    set(object, "schema", text_json(t->schema));
    set(object, "name", text_json(t->name));
    set(object, "verdict", json_string(verdicts[t->verdict]));
    set(object, "why", text_json(t->why));
    set(object, "rows_source", number_json(t->rows_source));
    set(object, "rows_target", number_json(t->rows_target));
    set(object, "chunks", number_json(t->chunks));
    set(object, "chunks_different", number_json(t->chunks_different));
    set(object, "keys_different", number_json(t->keys_different));
    for (size_t i = 0; i < t->key_count; i++) {
        json_t *key = json_object();
        set(key, "kind", json_string(kinds[t->keys[i].kind]));
        set(key, "key", text_json(t->keys[i].key));
        UM_ASSERT(json_array_append_new(keys, key) == 0);
    }
    set(object, "keys", keys);
    return object;
}

static json_t *position_json(const struct um_position *p)
{
    if (!known_position(p))
        return json_null();
    struct um_buf text = {0};
    um_position_print(p, &text);
    json_t *json = text_json(text.data);
    um_buf_free(&text);
    return json;
}

static json_t *stamp_json(int64_t us)
{
    char text[32];
    struct tm parts;
    time_t seconds = (time_t)(us / 1000000);
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return json_string(text);
}

static void print_json(const struct um_verify_report *r, const char *job, FILE *out)
{
    struct totals sum = add_up(r);
    json_t *root = json_object(), *tables = json_array();
    set(root, "job", text_json(job));
    set(root, "equal", json_boolean(r->equal));
    set(root, "position", position_json(&r->at));
    set(root, "started", stamp_json(r->started_us));
    int64_t milliseconds = r->seconds_us / 1000;
    set(root, "seconds", json_real((double)milliseconds / 1000.0));
    set(root, "tables_equal", number_json(sum.by_verdict[UM_EQUAL]));
    set(root, "tables_different", number_json(sum.by_verdict[UM_DIFFERENT]));
    set(root, "tables_missing", number_json(sum.by_verdict[UM_MISSING_TABLE]));
    set(root, "tables_skipped", number_json(sum.by_verdict[UM_SKIPPED]));
    set(root, "keys_different", number_json(sum.keys));
    for (size_t i = 0; i < r->table_count; i++)
        UM_ASSERT(json_array_append_new(tables, table_json(&r->tables[i])) == 0);
    set(root, "tables", tables);
    char *text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
    UM_ASSERT(text);
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(root);
}

void um_verify_report_print(const struct um_verify_report *r, const char *job,
                            enum um_output format, FILE *out)
{
    if (format == UM_OUTPUT_JSON) {
        print_json(r, job, out);
        return;
    }
    if (r->table_count)
        print_tables(r, out);
    for (size_t i = 0; i < r->table_count; i++)
        print_details(&r->tables[i], out);
    print_conclusion(r, out);
}
