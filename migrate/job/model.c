#include "job/model.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* ---- to JSON ---- */

static void put_text(json_t *o, const char *key, const char *text)
{
    if (text)
        json_object_set_new(o, key, json_string(text));
}

/* What is 0 or false is left out. */
static void put_int(json_t *o, const char *key, json_int_t n)
{
    if (n)
        json_object_set_new(o, key, json_integer(n));
}

static json_t *column_to_json(const struct um_column *c)
{
    json_t *o = json_object();
    put_text(o, "name", c->name);
    put_text(o, "column_type", c->column_type);
    put_int(o, "type", c->type);
    put_int(o, "unsigned", c->is_unsigned);
    put_int(o, "nullable", c->nullable);
    put_int(o, "auto_increment", c->auto_increment);
    put_int(o, "invisible", c->invisible);
    put_int(o, "system", c->system);
    put_int(o, "generated", c->generated);
    put_text(o, "charset", c->charset);
    put_text(o, "collation", c->collation);
    put_int(o, "length", c->length);
    put_int(o, "precision", c->precision);
    put_int(o, "scale", c->scale);
    put_int(o, "fixed_scale", c->fixed_scale);
    put_int(o, "fsp", c->fsp);
    put_text(o, "srs", c->srs);
    return o;
}

static json_t *index_to_json(const struct um_index *x)
{
    json_t *o = json_object(), *parts = json_array();
    put_text(o, "name", x->name);
    put_int(o, "kind", x->kind);
    put_int(o, "unique", x->unique);
    put_int(o, "primary", x->primary);
    put_int(o, "invisible", x->invisible);
    for (size_t i = 0; i < x->part_count; i++)
        json_array_append_new(parts, json_pack("{s:i,s:I,s:i}", "column", x->parts[i].column,
                                               "prefix", (json_int_t)x->parts[i].prefix,
                                               "descending", (int)x->parts[i].descending));
    json_object_set_new(o, "parts", parts);
    return o;
}

static json_t *foreign_key_to_json(const struct um_foreign_key *k)
{
    json_t *o = json_object(), *parts = json_array();
    put_text(o, "name", k->name);
    put_text(o, "parent_schema", k->parent_schema);
    put_text(o, "parent_table", k->parent_table);
    put_int(o, "cascades", k->cascades);
    put_int(o, "cascades_rows", k->cascades_rows);
    for (size_t i = 0; i < k->part_count; i++)
        json_array_append_new(parts, json_pack("{s:i,s:s}", "column", k->parts[i].column,
                                               "parent_column", k->parts[i].parent_column));
    json_object_set_new(o, "parts", parts);
    return o;
}

void um_model_print(const struct um_table *t, struct um_buf *out)
{
    json_t *o = json_object(), *columns = json_array(), *indexes = json_array(),
           *keys = json_array();
    put_text(o, "engine", t->engine);
    put_text(o, "collation", t->collation);
    put_int(o, "partitioned", t->partitioned);
    put_int(o, "versioned", t->versioned);
    for (size_t i = 0; i < t->column_count; i++)
        json_array_append_new(columns, column_to_json(&t->columns[i]));
    for (size_t i = 0; i < t->index_count; i++)
        json_array_append_new(indexes, index_to_json(&t->indexes[i]));
    for (size_t i = 0; i < t->foreign_key_count; i++)
        json_array_append_new(keys, foreign_key_to_json(&t->foreign_keys[i]));
    json_object_set_new(o, "columns", columns);
    json_object_set_new(o, "indexes", indexes);
    json_object_set_new(o, "foreign_keys", keys);
    char *text = json_dumps(o, JSON_COMPACT);
    um_buf_str(out, text);
    free(text);
    json_decref(o);
}

/* ---- from JSON ---- */

static char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? um_strdup(text) : NULL;
}

static json_int_t int_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void column_from_json(const json_t *o, struct um_column *c)
{
    *c = (struct um_column){
        .name = text_of(o, "name"),
        .column_type = text_of(o, "column_type"),
        .type = (enum um_type)int_of(o, "type"),
        .is_unsigned = int_of(o, "unsigned"),
        .nullable = int_of(o, "nullable"),
        .auto_increment = int_of(o, "auto_increment"),
        .invisible = int_of(o, "invisible"),
        .system = int_of(o, "system"),
        .generated = (enum um_generated)int_of(o, "generated"),
        .charset = text_of(o, "charset"),
        .collation = text_of(o, "collation"),
        .length = (uint32_t)int_of(o, "length"),
        .precision = (uint8_t)int_of(o, "precision"),
        .scale = (uint8_t)int_of(o, "scale"),
        .fixed_scale = int_of(o, "fixed_scale"),
        .fsp = (uint8_t)int_of(o, "fsp"),
        .srs = text_of(o, "srs"),
    };
}

static void index_from_json(const json_t *o, struct um_index *x)
{
    const json_t *parts = json_object_get(o, "parts");
    *x = (struct um_index){.name = text_of(o, "name"),
                           .kind = (enum um_index_kind)int_of(o, "kind"),
                           .unique = int_of(o, "unique"),
                           .primary = int_of(o, "primary"),
                           .invisible = int_of(o, "invisible"),
                           .part_count = json_array_size(parts)};
    x->parts = um_alloc_array(x->part_count, sizeof *x->parts);
    for (size_t i = 0; i < x->part_count; i++) {
        const json_t *part = json_array_get(parts, i);
        x->parts[i] = (struct um_index_part){.column = (int)int_of(part, "column"),
                                             .prefix = (uint32_t)int_of(part, "prefix"),
                                             .descending = int_of(part, "descending")};
    }
}

static void foreign_key_from_json(const json_t *o, struct um_foreign_key *k)
{
    const json_t *parts = json_object_get(o, "parts");
    *k = (struct um_foreign_key){.name = text_of(o, "name"),
                                 .parent_schema = text_of(o, "parent_schema"),
                                 .parent_table = text_of(o, "parent_table"),
                                 .cascades = int_of(o, "cascades"),
                                 .cascades_rows = int_of(o, "cascades_rows"),
                                 .part_count = json_array_size(parts)};
    k->parts = um_alloc_array(k->part_count, sizeof *k->parts);
    for (size_t i = 0; i < k->part_count; i++) {
        const json_t *part = json_array_get(parts, i);
        k->parts[i] = (struct um_foreign_key_part){.column = (int)int_of(part, "column"),
                                                   .parent_column = text_of(part, "parent_column")};
    }
}

struct um_table *um_model_parse(const char *json, const char *schema, const char *name,
                                struct um_err *err)
{
    json_t *o = json ? json_loads(json, 0, NULL) : NULL;
    if (!o) {
        um_fail(err, UM_E_STATE_DAMAGED,
                "table `%s`.`%s`: the state has no model of it that can be read", schema, name);
        return NULL;
    }
    const json_t *columns = json_object_get(o, "columns"), *indexes = json_object_get(o, "indexes"),
                 *keys = json_object_get(o, "foreign_keys");
    struct um_table *t = um_alloc(sizeof *t);
    *t = (struct um_table){.schema = um_strdup(schema),
                           .name = um_strdup(name),
                           .engine = text_of(o, "engine"),
                           .collation = text_of(o, "collation"),
                           .partitioned = int_of(o, "partitioned"),
                           .versioned = int_of(o, "versioned"),
                           .column_count = json_array_size(columns),
                           .index_count = json_array_size(indexes),
                           .foreign_key_count = json_array_size(keys)};
    t->columns = um_alloc_array(t->column_count, sizeof *t->columns);
    t->indexes = um_alloc_array(t->index_count, sizeof *t->indexes);
    t->foreign_keys = um_alloc_array(t->foreign_key_count, sizeof *t->foreign_keys);
    for (size_t i = 0; i < t->column_count; i++)
        column_from_json(json_array_get(columns, i), &t->columns[i]);
    for (size_t i = 0; i < t->index_count; i++)
        index_from_json(json_array_get(indexes, i), &t->indexes[i]);
    for (size_t i = 0; i < t->foreign_key_count; i++)
        foreign_key_from_json(json_array_get(keys, i), &t->foreign_keys[i]);
    json_decref(o);
    return t;
}

/* ---- behind a DDL ---- */

static bool same_column(const struct um_column *a, const struct um_column *b)
{
    json_t *x = column_to_json(a), *y = column_to_json(b);
    bool same = json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

struct um_table *um_model_after(const struct um_table *source, const struct um_table *before,
                                const struct um_table *now, const char *schema, const char *name)
{
    struct um_buf copy = {0}, was_text = {0};
    struct um_err never;
    um_model_print(now, &copy);
    if (before)
        um_model_print(before, &was_text);
    bool untouched = source && before && strcmp(copy.data, was_text.data) == 0;
    if (untouched) {
        um_buf_clear(&copy);
        um_model_print(source, &copy);
    }
    struct um_table *t = um_model_parse(copy.data, schema, name, &never);
    um_buf_free(&copy);
    um_buf_free(&was_text);
    if (untouched)
        return t;
    for (size_t i = 0; source && before && i < t->column_count; i++) {
        struct um_column *c = &t->columns[i];
        int was = um_table_column(before, c->name), at = um_table_column(source, c->name);
        if (was < 0 || at < 0 || !same_column(c, &before->columns[was]))
            continue;
        json_t *kept = column_to_json(&source->columns[at]);
        um_column_clear(c);
        column_from_json(kept, c);
        json_decref(kept);
    }
    return t;
}

bool um_model_alike(const struct um_table *source, const struct um_table *target)
{
    if (source->column_count != target->column_count)
        return false;
    for (size_t i = 0; i < source->column_count; i++) {
        if (strcasecmp(source->columns[i].name, target->columns[i].name) != 0)
            return false;
    }
    return true;
}
