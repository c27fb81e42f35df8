#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "base/err.h"
#include "checksum/report_parts.h"

static json_t *text_json(const char *text)
{
    if (!text)
        return json_null();
    struct um_buf clean = {0};
    um_buf_str(&clean, "");
    um_report_clean(&clean, text);
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

static json_t *keys_json(const struct um_differing_key *keys, size_t count)
{
    static const char *const kinds[] = {"only_source", "only_target", "differs", "undecided"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *key = json_object();
        set(key, "kind", json_string(kinds[keys[i].kind]));
        set(key, "key", text_json(keys[i].key));
        UM_ASSERT(json_array_append_new(list, key) == 0);
    }
    return list;
}

static json_t *position_json(const struct um_position *p)
{
    if (!um_report_knows(p))
        return json_null();
    struct um_buf text = {0};
    um_position_print(p, &text);
    json_t *json = text_json(text.data);
    um_buf_free(&text);
    return json;
}

static json_t *repair_json(const struct um_table_report *t)
{
    const struct um_repair_report *r = &t->repair;
    json_t *object = json_object();
    set(object, "refused", text_json(r->refused));
    set(object, "inserted", number_json(r->inserted));
    set(object, "updated", number_json(r->updated));
    set(object, "deleted", number_json(r->deleted));
    set(object, "equal_by_then", number_json(r->settled));
    set(object, "keys", keys_json(r->keys, r->key_count));
    return object;
}

static json_t *parts_json(const struct um_table_report *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->part_count; i++) {
        const struct um_part_report *p = &t->parts[i];
        json_t *part = json_object();
        set(part, "position", position_json(&p->at));
        if (p->at_or_later)
            set(part, "at_or_later", json_true());
        set(part, "chunks", number_json(p->chunks));
        set(part, "rows_source", number_json(p->rows_source));
        set(part, "rows_target", number_json(p->rows_target));
        set(part, "chunks_that_differed", number_json(p->settled));
        UM_ASSERT(json_array_append_new(list, part) == 0);
    }
    return list;
}

static json_t *table_json(const struct um_table_report *t)
{
    static const char *const verdicts[] = {"equal", "different", "missing", "skipped", "undecided"};
    json_t *object = json_object();
    set(object, "schema", text_json(t->schema));
    set(object, "name", text_json(t->name));
    bool sample = um_report_is_sample(t);
    set(object, "verdict",
        json_string(sample && t->verdict == UM_EQUAL ? "equal_in_sample" : verdicts[t->verdict]));
    set(object, "why", text_json(t->why));
    set(object, "rows_source", number_json(t->rows_source));
    set(object, "rows_target", number_json(t->rows_target));
    set(object, "chunks", number_json(t->chunks));
    if (sample) {
        set(object, "chunks_left_out", number_json(t->chunks_left_out));
        set(object, "rows_about", number_json(t->rows_about));
    }
    set(object, "chunks_different", number_json(t->chunks_different));
    set(object, "keys_different", number_json(t->keys_different));
    if (t->keys_undecided)
        set(object, "keys_undecided", number_json(t->keys_undecided));
    set(object, "keys", keys_json(t->keys, t->key_count));
    if (t->part_count)
        set(object, "parts", parts_json(t));
    if (t->repair_tried) {
        set(object, "position", position_json(&t->at));
        set(object, "repair", repair_json(t));
    }
    return object;
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

static bool is_unknown(const struct um_report_totals *sum)
{
    return sum->by_verdict[UM_UNDECIDED] && !sum->by_verdict[UM_DIFFERENT] &&
           !sum->by_verdict[UM_MISSING_TABLE] && !sum->by_verdict[UM_SKIPPED];
}

void um_report_json(const struct um_verify_report *r, const char *job, FILE *out)
{
    struct um_report_totals sum = um_report_add_up(r);
    json_t *root = json_object(), *tables = json_array();
    set(root, "job", text_json(job));
    /* That a sample is equal does not tell that all is; and of some rows nothing may be known. */
    bool unknown = r->equal ? sum.equal_in_sample > 0 : is_unknown(&sum);
    set(root, "equal", unknown ? json_null() : json_boolean(r->equal));
    if (r->sample)
        set(root, "sample_percent", number_json(r->sample));
    if (um_report_knows(&r->from))
        set(root, "position_from", position_json(&r->from));
    set(root, "position", position_json(&r->at));
    set(root, "started", stamp_json(r->started_us));
    int64_t milliseconds = r->seconds_us / 1000;
    set(root, "seconds", json_real((double)milliseconds / 1000.0));
    set(root, "tables_equal", number_json(sum.by_verdict[UM_EQUAL]));
    if (r->sample)
        set(root, "tables_equal_in_sample", number_json(sum.equal_in_sample));
    set(root, "tables_different", number_json(sum.by_verdict[UM_DIFFERENT]));
    set(root, "tables_missing", number_json(sum.by_verdict[UM_MISSING_TABLE]));
    set(root, "tables_skipped", number_json(sum.by_verdict[UM_SKIPPED]));
    if (sum.by_verdict[UM_UNDECIDED])
        set(root, "tables_undecided", number_json(sum.by_verdict[UM_UNDECIDED]));
    set(root, "keys_different", number_json(sum.keys));
    if (sum.keys_undecided)
        set(root, "keys_undecided", number_json(sum.keys_undecided));
    if (r->repair) {
        set(root, "rows_repaired", number_json(sum.repaired));
        set(root, "repaired_in", text_json(r->repaired_in));
        set(root, "run", number_json(r->run));
    }
    for (size_t i = 0; i < r->table_count; i++)
        UM_ASSERT(json_array_append_new(tables, table_json(&r->tables[i])) == 0);
    set(root, "tables", tables);
    char *text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
    UM_ASSERT(text);
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(root);
}
