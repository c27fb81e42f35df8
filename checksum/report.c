#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "checksum/report_parts.h"

void um_verify_report_clear(struct um_verify_report *r)
{
    for (size_t i = 0; i < r->table_count; i++) {
        struct um_table_report *t = &r->tables[i];
        for (size_t k = 0; k < t->key_count; k++)
            free(t->keys[k].key);
        free(t->keys);
        for (size_t k = 0; k < t->repair.key_count; k++)
            free(t->repair.keys[k].key);
        free(t->repair.keys);
        free(t->repair.refused);
        um_position_clear(&t->at);
        for (size_t k = 0; k < t->part_count; k++)
            um_position_clear(&t->parts[k].at);
        free(t->parts);
        free(t->schema);
        free(t->name);
        free(t->why);
    }
    free(r->tables);
    free(r->repaired_in);
    um_position_clear(&r->at);
    um_position_clear(&r->from);
    *r = (struct um_verify_report){0};
}

static bool is_utf8(const char *text)
{
    json_t *json = json_string(text);
    json_decref(json);
    return json != NULL;
}

void um_report_clean(struct um_buf *out, const char *text)
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

struct um_report_totals um_report_add_up(const struct um_verify_report *r)
{
    struct um_report_totals sum = {0};
    for (size_t i = 0; i < r->table_count; i++) {
        sum.rows += r->tables[i].rows_source;
        sum.keys += r->tables[i].keys_different;
        sum.keys_undecided += r->tables[i].keys_undecided;
        sum.tables_in_parts += r->tables[i].part_count > 0;
        const struct um_repair_report *repair = &r->tables[i].repair;
        sum.repaired += repair->inserted + repair->updated + repair->deleted;
        bool sample = um_report_is_sample(&r->tables[i]);
        sum.rows_about += sample ? r->tables[i].rows_about : r->tables[i].rows_source;
        if (sample && r->tables[i].verdict == UM_EQUAL)
            sum.equal_in_sample++;
        else
            sum.by_verdict[r->tables[i].verdict]++;
    }
    return sum;
}

bool um_report_is_sample(const struct um_table_report *t)
{
    return t->chunks_left_out > 0;
}

bool um_report_knows(const struct um_position *p)
{
    return p->file[0] || p->gtids;
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
        if (t->keys_undecided) {
            um_buf_str(out, ", ");
            add_number(out, t->keys_undecided);
            um_buf_str(out, " undecided");
        }
        break;
    case UM_UNDECIDED:
        um_buf_str(out, "UNDECIDED: ");
        add_count(out, t->keys_undecided, "key");
        break;
    case UM_MISSING_TABLE:
        um_buf_str(out, "MISSING");
        break;
    case UM_SKIPPED:
        um_buf_str(out, "skipped");
        break;
    }
    if (!um_report_is_sample(t))
        return;
    um_buf_str(out, " in the sample (");
    add_number(out, t->rows_source);
    um_buf_str(out, " of about ");
    add_count(out, t->rows_about, "row");
    um_buf_char(out, ')');
}

static void make_line(struct line *line, const struct um_table_report *t)
{
    um_report_clean(&line->cells[0], t->schema);
    um_buf_char(&line->cells[0], '.');
    um_report_clean(&line->cells[0], t->name);
    if (t->chunks) {
        add_number(&line->cells[1], t->rows_source);
        /* Without a lock, rows of equal tables are counted a moment apart. */
        if (t->rows_target != t->rows_source && t->verdict != UM_EQUAL) {
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

static void add_part(struct um_buf *out, const char **comma, uint64_t n, const char *what)
{
    if (!n)
        return;
    um_buf_str(out, *comma);
    add_number(out, n);
    um_buf_fmt(out, " %s", what);
    *comma = ", ";
}

static void add_repair(struct um_buf *out, const struct um_table_report *t)
{
    const struct um_repair_report *r = &t->repair;
    const char *comma = "";
    if (!t->repair_tried)
        return;
    if (r->refused) {
        um_buf_str(out, "  not repaired: ");
        um_report_clean(out, r->refused);
        um_buf_str(
            out,
            " (what cannot be repaired row by row has to be copied again: unmoor ctl recopy)\n");
        return;
    }
    um_buf_str(out, "  repaired: ");
    add_part(out, &comma, r->inserted, "inserted");
    add_part(out, &comma, r->updated, "updated");
    add_part(out, &comma, r->deleted, "deleted");
    um_buf_str(out, *comma ? "" : "nothing");
    if (r->settled) {
        um_buf_str(out, "; equal by then: ");
        add_number(out, r->settled);
    }
    if (um_report_knows(&t->at)) {
        um_buf_str(out, "; compared again at ");
        um_position_print(&t->at, out);
    }
    um_buf_char(out, '\n');
}

static void add_parts(struct um_buf *out, const struct um_table_report *t)
{
    for (size_t i = 0; i < t->part_count; i++) {
        const struct um_part_report *p = &t->parts[i];
        um_buf_str(out, "  compared at ");
        um_position_print(&p->at, out);
        um_buf_str(out, p->at_or_later ? " or later: " : ": ");
        add_count(out, p->chunks, "chunk");
        um_buf_str(out, ", ");
        add_count(out, p->rows_source, "row");
        if (p->settled) {
            um_buf_str(out, "; ");
            add_count(out, p->settled, "chunk");
            um_buf_str(out, p->settled == 1 ? " differed, and was compared again later"
                                            : " differed, and were compared again later");
        }
        um_buf_char(out, '\n');
    }
}

static void print_details(const struct um_table_report *t, FILE *out)
{
    static const char *const kinds[] = {"only on the source", "only on the target", "differs",
                                        "undecided"};
    struct um_buf text = {0};
    uint64_t keys = t->keys_different + t->keys_undecided;
    if (!t->why && !keys && !t->repair_tried && !t->part_count)
        return;
    um_buf_char(&text, '\n');
    um_report_clean(&text, t->schema);
    um_buf_char(&text, '.');
    um_report_clean(&text, t->name);
    um_buf_char(&text, '\n');
    if (t->why) {
        um_buf_str(&text, "  ");
        um_report_clean(&text, t->why);
        um_buf_char(&text, '\n');
    }
    add_parts(&text, t);
    for (size_t i = 0; i < t->key_count; i++) {
        um_buf_fmt(&text, "  %-18s  ", kinds[t->keys[i].kind]);
        um_report_clean(&text, t->keys[i].key);
        um_buf_char(&text, '\n');
    }
    if (keys > t->key_count) {
        um_buf_str(&text, t->key_count ? "  and " : "  ");
        add_number(&text, keys - t->key_count);
        um_buf_str(&text, t->key_count ? " more\n" : " not listed\n");
    }
    add_repair(&text, t);
    fwrite(text.data, 1, text.len, out);
    um_buf_free(&text);
}

static void print_conclusion(const struct um_verify_report *r, FILE *out)
{
    struct um_buf text = {0};
    struct um_report_totals sum = um_report_add_up(r);
    size_t skipped = sum.by_verdict[UM_SKIPPED];
    size_t different = sum.by_verdict[UM_DIFFERENT] + sum.by_verdict[UM_MISSING_TABLE];
    if (different) {
        um_buf_fmt(&text, "DIFFERENT: %zu of ", different);
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_count(&text, sum.keys, "key");
        if (sum.keys_undecided) {
            um_buf_str(&text, ", ");
            add_count(&text, sum.keys_undecided, "key");
            um_buf_str(&text, " undecided");
        }
        if (skipped)
            um_buf_fmt(&text, "; %zu skipped", skipped);
    } else if (sum.by_verdict[UM_UNDECIDED]) {
        um_buf_fmt(&text, "UNDECIDED: %zu of ", sum.by_verdict[UM_UNDECIDED]);
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_count(&text, sum.keys_undecided, "key");
        um_buf_str(&text, " that kept changing");
        if (skipped)
            um_buf_fmt(&text, "; %zu skipped", skipped);
    } else if (skipped) {
        um_buf_fmt(&text, "INCOMPLETE: %zu of ", sum.by_verdict[UM_EQUAL]);
        add_count(&text, r->table_count, "table");
        um_buf_fmt(&text, " equal, %zu skipped", skipped);
    } else if (sum.equal_in_sample) {
        um_buf_str(&text, "Equal in the sample, which is not all: ");
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_number(&text, sum.rows);
        um_buf_str(&text, " of about ");
        add_count(&text, sum.rows_about, "row");
    } else {
        um_buf_str(&text, "Equal: ");
        add_count(&text, r->table_count, "table");
        um_buf_str(&text, ", ");
        add_count(&text, sum.rows, "row");
    }
    if (r->sample && (different || skipped))
        um_buf_fmt(&text, "; a sample of %u %%", r->sample);
    if (um_report_knows(&r->from)) {
        um_buf_str(&text, ", each row between ");
        um_position_print(&r->from, &text);
        um_buf_str(&text, " and ");
        um_position_print(&r->at, &text);
    } else if (um_report_knows(&r->at)) {
        um_buf_str(&text, ", at ");
        um_position_print(&r->at, &text);
    }
    if (sum.tables_in_parts) {
        um_buf_str(&text, "; ");
        add_count(&text, sum.tables_in_parts, "table");
        um_buf_str(&text, ", or parts of them, at the earlier positions told above");
    }
    if (r->repaired_in) {
        um_buf_str(&text, "\nRepaired: ");
        add_count(&text, sum.repaired, "row");
        um_buf_str(&text, ", recorded in ");
        um_report_clean(&text, r->repaired_in);
        um_buf_fmt(&text, " with run=%" PRIu64, r->run);
    }
    fprintf(out, "%s%s\n", r->table_count ? "\n" : "", text.data);
    um_buf_free(&text);
}

void um_verify_report_print(const struct um_verify_report *r, const char *job,
                            enum um_output format, FILE *out)
{
    if (format == UM_OUTPUT_JSON) {
        um_report_json(r, job, out);
        return;
    }
    if (r->table_count)
        print_tables(r, out);
    for (size_t i = 0; i < r->table_count; i++)
        print_details(&r->tables[i], out);
    print_conclusion(r, out);
}
