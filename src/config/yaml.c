/*
 * The YAML reader. It walks libyaml's events along the option table, so the depth of nesting and
 * the number of keys are bounded by the table and not by the text.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/draft.h"
#include "config/file.h"
#include "config/utf8.h"

#define YAML_LIMIT (1024 * 1024)
#define KEY_MAX    128

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool have_event;
    const char *name;
    const char *text;
    size_t len;
    struct um_draft *draft;
    struct um_err *err;
};

static void drop_event(struct reader *r)
{
    if (r->have_event)
        yaml_event_delete(&r->event);
    r->have_event = false;
}

/* "job.yaml:3:5", malloc'd. Lines and columns count from 1, columns in characters. */
static char *place(const struct reader *r, yaml_mark_t mark)
{
    return um_sprintf("%s:%zu:%zu", r->name, mark.line + 1, mark.column + 1);
}

static char *here(const struct reader *r)
{
    return place(r, r->event.start_mark);
}

static int fail_here(struct reader *r, enum um_err_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int fail_here(struct reader *r, enum um_err_id id, const char *fmt, ...)
{
    char text[1024];
    char *at = here(r);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    um_fail(r->err, id, "%s: %s", at, text);
    free(at);
    return -1;
}

static int fail_parser(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;
    const char *context = p->context ? p->context : "";
    if (p->error == YAML_READER_ERROR) /* these have an offset instead of a mark */
        um_utf8_place(r->text, p->problem_offset, &mark.line, &mark.column);
    /* The mistake that everyone makes once: include: [*.orders] */
    bool alias = strstr(context, "alias") || strstr(context, "anchor");
    char *at = place(r, alias ? p->context_mark : mark);
    if (alias)
        um_fail(r->err, UM_E_CONFIG_YAML_FEATURE,
                "%s: a text that begins with * or & is written in quotes: \"*.orders\"", at);
    else
        um_fail(r->err, UM_E_CONFIG_SYNTAX, "%s: not valid YAML: %s%s%s", at,
                p->problem ? p->problem : "unreadable", *context ? ", " : "", context);
    free(at);
    return -1;
}

/* What the language can do and a configuration does not need: it hides what a value is. */
static int refuse_features(struct reader *r)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return fail_here(r, UM_E_CONFIG_YAML_FEATURE,
                         "aliases (*name) are not taken: write the value itself");
    case YAML_SCALAR_EVENT:
        anchor = r->event.data.scalar.anchor;
        tag = r->event.data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = r->event.data.sequence_start.anchor;
        tag = r->event.data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = r->event.data.mapping_start.anchor;
        tag = r->event.data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return fail_here(r, UM_E_CONFIG_YAML_FEATURE,
                         "anchors (&name) are not taken: write the value where it is used; a text "
                         "that begins with & or * is written in quotes");
    if (tag)
        return fail_here(r, UM_E_CONFIG_YAML_FEATURE,
                         "tags (!name) are not taken; a text that begins with ! is written in "
                         "quotes");
    return 0;
}

static int next(struct reader *r)
{
    drop_event(r);
    if (!yaml_parser_parse(&r->parser, &r->event))
        return fail_parser(r);
    r->have_event = true;
    return refuse_features(r);
}

static bool is_null(const yaml_event_t *e)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (e->type != YAML_SCALAR_EVENT || e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        if (strcmp((const char *)e->data.scalar.value, nulls[i]) == 0)
            return true;
    }
    return false;
}

static const char *found(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SEQUENCE_START_EVENT:
        return "a list";
    case YAML_MAPPING_START_EVENT:
        return "keys of its own";
    default:
        return is_null(e) ? "no value" : "a single value";
    }
}

/* The scalar at hand as a C string, for option `o`. */
static int read_scalar(struct reader *r, const struct um_option *o, const char **text)
{
    struct um_buf accepts = {0};
    const yaml_event_t *e = &r->event;
    int rc = 0;
    if (e->type != YAML_SCALAR_EVENT || is_null(e)) {
        um_option_accepts(o, &accepts);
        rc = fail_here(r, UM_E_CONFIG_TYPE, "%s takes %s; found %s", o->path,
                       o->type == UM_OPTION_LIST ? "patterns as items" : accepts.data, found(e));
    } else if ((o->type == UM_OPTION_NUMBER || o->type == UM_OPTION_BOOL) &&
               e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        um_option_accepts(o, &accepts);
        rc = fail_here(r, UM_E_CONFIG_TYPE, "%s takes %s; found a text: remove the quotes", o->path,
                       accepts.data);
    } else if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length) {
        rc = fail_here(r, UM_E_CONFIG_VALUE, "%s holds a NUL character", o->path);
    }
    um_buf_free(&accepts);
    *text = (const char *)e->data.scalar.value;
    return rc;
}

static int read_list(struct reader *r, const struct um_option *o)
{
    char *at = here(r);
    const char *text;
    int rc = -1;
    if (r->event.type != YAML_SEQUENCE_START_EVENT) {
        fail_here(r, UM_E_CONFIG_TYPE, "%s takes a list, such as %s; found %s", o->path, o->example,
                  found(&r->event));
        goto out;
    }
    um_draft_clear_list(r->draft, o, UM_LEVEL_YAML, at);
    for (;;) {
        if (next(r) < 0)
            goto out;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        free(at);
        at = here(r);
        if (read_scalar(r, o, &text) < 0 ||
            um_draft_set(r->draft, o, text, UM_LEVEL_YAML, at, r->err) < 0)
            goto out;
    }
    rc = 0;
out:
    free(at);
    return rc;
}

static int read_value(struct reader *r, const struct um_option *o)
{
    const char *text;
    if (o->type == UM_OPTION_LIST)
        return read_list(r, o);
    if (read_scalar(r, o, &text) < 0)
        return -1;
    char *at = here(r);
    int rc = um_draft_set(r->draft, o, text, UM_LEVEL_YAML, at, r->err);
    free(at);
    return rc;
}

static bool is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        if (strncmp(um_options[i].path, path, len) == 0 && um_options[i].path[len] == '.')
            return true;
    }
    return false;
}

/* Refuses a key that stood in this mapping before; `seen` holds key and place by turns. */
static int note_key(struct reader *r, struct um_strv *seen, const char *path, const char *key)
{
    for (size_t i = 0; i + 1 < seen->count; i += 2) {
        if (strcmp(seen->items[i], key) == 0)
            return fail_here(r, UM_E_CONFIG_DUPLICATE_KEY, "%s is given twice; before at %s", path,
                             seen->items[i + 1]);
    }
    char *at = here(r);
    um_strv_add(seen, key);
    um_strv_add(seen, at);
    free(at);
    return 0;
}

static int read_mapping(struct reader *r, const char *prefix);

/* A key has been read: its value, by what the table says of the path. */
static int read_entry(struct reader *r, const char *prefix, const char *key, struct um_strv *seen)
{
    char path[2 * KEY_MAX];
    char below[2 * KEY_MAX + 1];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    /* "copy.threads" as one key would get around the check for keys that are given twice. */
    bool dotted = strchr(key, '.') != NULL;
    const struct um_option *o = dotted ? NULL : um_option_find(path);
    if (!o && (dotted || !is_section(path))) {
        if (um_name_is_secret(key))
            return fail_here(r, UM_E_CONFIG_PASSWORD_INLINE,
                             "%s: a password does not belong in this file. " UM_PASSWORD_WAYS,
                             path);
        struct um_buf hint = {0};
        um_key_hint(prefix, path, key, &hint);
        fail_here(r, UM_E_CONFIG_UNKNOWN_KEY, "unknown key %s: %s", path, hint.data);
        um_buf_free(&hint);
        return -1;
    }
    if (note_key(r, seen, path, key) < 0 || next(r) < 0)
        return -1;
    if (o)
        return read_value(r, o);
    if (is_null(&r->event))
        return 0; /* a section whose lines are all commented out */
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return fail_here(r, UM_E_CONFIG_TYPE, "%s takes keys of its own; found %s", path,
                         found(&r->event));
    snprintf(below, sizeof below, "%s.", path);
    return read_mapping(r, below);
}

/* From behind the start of a mapping to its end. */
static int read_mapping(struct reader *r, const char *prefix)
{
    struct um_strv seen = {0};
    char key[KEY_MAX];
    int rc = -1;
    for (;;) {
        if (next(r) < 0)
            break;
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            rc = 0;
            break;
        }
        const yaml_event_t *e = &r->event;
        if (e->type != YAML_SCALAR_EVENT) {
            fail_here(r, UM_E_CONFIG_TYPE, "a key is a single word; found %s", found(e));
            break;
        }
        const char *name = (const char *)e->data.scalar.value;
        if (strlen(name) != e->data.scalar.length || strlen(name) >= sizeof key) {
            fail_here(r, UM_E_CONFIG_UNKNOWN_KEY, "unknown key: no option has such a name");
            break;
        }
        memcpy(key, name, strlen(name) + 1); /* the event is gone when the value is read */
        if (read_entry(r, prefix, key, &seen) < 0)
            break;
    }
    um_strv_clear(&seen);
    return rc;
}

static int read_document(struct reader *r)
{
    for (int i = 0; i < 2; i++) { /* the stream's start, then the document's */
        if (next(r) < 0)
            return -1;
    }
    if (r->event.type == YAML_STREAM_END_EVENT)
        return um_fail(r->err, UM_E_CONFIG_EMPTY, "%s holds no configuration", r->name);
    if (next(r) < 0)
        return -1;
    if (is_null(&r->event))
        return um_fail(r->err, UM_E_CONFIG_EMPTY, "%s holds no configuration", r->name);
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return fail_here(r, UM_E_CONFIG_TYPE, "a configuration is made of keys; found %s",
                         found(&r->event));
    if (read_mapping(r, "") < 0 || next(r) < 0 || next(r) < 0) /* the document's end, then */
        return -1;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail_here(r, UM_E_CONFIG_YAML_FEATURE,
                         "a second document begins here; one file holds one configuration");
    return 0;
}

int um_yaml_read(struct um_draft *d, const char *name, const char *text, size_t len,
                 struct um_err *err)
{
    struct reader r = {.name = name, .text = text, .len = len, .draft = d, .err = err};
    size_t bad, line, column;
    if (len > YAML_LIMIT)
        return um_fail(err, UM_E_CONFIG_FILE, "%s is larger than 1 MiB: not a configuration", name);
    if (!um_utf8_valid(text, len, &bad)) {
        um_utf8_place(text, bad, &line, &column);
        return um_fail(err, UM_E_CONFIG_ENCODING, "%s:%zu:%zu: not UTF-8 (byte 0x%02x)", name,
                       line + 1, column + 1, (unsigned char)text[bad]);
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        r.text += 3;
        r.len -= 3;
    }
    if (!yaml_parser_initialize(&r.parser))
        return um_fail(err, UM_E_SYSTEM, "%s: no memory for the YAML parser", name);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
    int rc = read_document(&r);
    drop_event(&r);
    yaml_parser_delete(&r.parser);
    return rc;
}

int um_yaml_read_file(struct um_draft *d, const char *path, struct um_err *err)
{
    char *data;
    size_t len;
    mode_t mode;
    if (um_file_read(path, YAML_LIMIT, UM_E_CONFIG_FILE, &data, &len, &mode, err) < 0)
        return um_fail_in(err, "configuration file");
    int rc = um_yaml_read(d, path, data, len, err);
    free(data);
    return rc;
}

int um_config_read_yaml(struct um_config *c, const char *name, const char *text, size_t len,
                        struct um_err *err)
{
    struct um_draft d;
    um_draft_create(&d, NULL);
    int rc = um_yaml_read(&d, name, text, len, err);
    um_draft_finish(&d, c);
    return rc;
}
