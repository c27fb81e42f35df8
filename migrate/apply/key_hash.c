#include "apply/key_hash.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/err.h"
#include "base/mem.h"

/* ---- collations ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* Characters of two or four bytes, of which a pad is more than a byte 0x20. */
static bool is_wide(const char *charset)
{
    return strcmp(charset, "ucs2") == 0 || strncmp(charset, "utf16", 5) == 0 ||
           strcmp(charset, "utf32") == 0;
}

/*
 * Collations under which printable ASCII texts are equal exactly when they are without regard to
 * case and trailing spaces, or in fewer cases. tests/e2e/test_key_hash.py asks the servers.
 */
static bool folds_ascii(const char *collation)
{
    static const char *const known[] = {
        "ascii_general_ci",
        "latin1_swedish_ci",
        "latin1_general_ci",
        "latin1_general_cs",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(collation, known[i]) == 0)
            return true;
    }
    const char *rules = collation;
    if (strncmp(rules, "utf8mb4_", 8) == 0 || strncmp(rules, "utf8mb3_", 8) == 0)
        rules += 8;
    else if (strncmp(rules, "utf8_", 5) == 0)
        rules += 5;
    else if (strncmp(rules, "uca1400_", 8) != 0)
        return false;
    static const char *const unicode[] = {
        "general_ci",           "unicode_ci",          "unicode_520_ci",      "0900_ai_ci",
        "0900_as_ci",           "0900_as_cs",          "general_nopad_ci",    "unicode_nopad_ci",
        "unicode_520_nopad_ci", "uca1400_ai_ci",       "uca1400_as_ci",       "uca1400_ai_cs",
        "uca1400_as_cs",        "uca1400_nopad_ai_ci", "uca1400_nopad_as_ci", "uca1400_nopad_ai_cs",
        "uca1400_nopad_as_cs",
    };
    for (size_t i = 0; i < sizeof unicode / sizeof *unicode; i++) {
        if (strcmp(rules, unicode[i]) == 0)
            return true;
    }
    return false;
}

enum um_key_compare um_key_compare_of(const struct um_column *c)
{
    switch (c->type) {
    case UM_T_CHAR:
    case UM_T_VARCHAR:
    case UM_T_TEXT:
        break;
    case UM_T_BINARY:
    case UM_T_VARBINARY:
    case UM_T_BLOB:
    case UM_T_UUID:
    case UM_T_INET4:
    case UM_T_INET6:
        return UM_COMPARE_BYTES;
    case UM_T_JSON:
    case UM_T_GEOMETRY:
    case UM_T_VECTOR:
    case UM_T_UNKNOWN:
        return UM_COMPARE_NEVER;
    default:
        return UM_COMPARE_VALUE;
    }
    if (!c->charset || !c->collation || is_wide(c->charset))
        return UM_COMPARE_NEVER;
    if (strcmp(c->collation, "binary") == 0 || ends_with(c->collation, "_bin"))
        return UM_COMPARE_BYTES;
    return folds_ascii(c->collation) ? UM_COMPARE_FOLD : UM_COMPARE_NEVER;
}

/* ---- plans ---- */

void um_key_plan_add(struct um_key_plan *k, const struct um_table *t, size_t column,
                     uint32_t prefix)
{
    k->parts = um_realloc(k->parts, (k->part_count + 1) * sizeof *k->parts);
    struct um_key_part *part = &k->parts[k->part_count++];
    *part = (struct um_key_part){
        .column = column, .prefix = prefix, .compare = um_key_compare_of(&t->columns[column])};
    k->has_text |= part->compare == UM_COMPARE_FOLD || part->compare == UM_COMPARE_NEVER;
}

void um_key_plan_clear(struct um_key_plan *k)
{
    free(k->parts);
    *k = (struct um_key_plan){0};
}

/* ---- values ---- */

/* A key in the making: most are a few numbers. */
struct bytes {
    size_t len;
    bool wild;
    uint8_t at[512];
    XXH64_hash_t before; /* hash of what did not fit */
};

static void add(struct bytes *b, const void *bytes, size_t len)
{
    if (len > sizeof b->at - b->len) {
        /* What is there is folded into one number, and a long text as well. */
        XXH64_hash_t parts[2] = {XXH3_64bits_withSeed(b->at, b->len, b->before),
                                 XXH3_64bits(bytes, len)};
        b->before = XXH3_64bits(parts, sizeof parts);
        b->len = 0;
        return;
    }
    memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

static void add_number(struct bytes *b, uint64_t v)
{
    add(b, &v, sizeof v);
}

static void add_temporal(struct bytes *b, const struct um_temporal *t)
{
    uint64_t day = (uint64_t)t->year << 32 | (uint64_t)t->month << 16 | t->day;
    uint64_t time = ((uint64_t)t->hour * 3600 + t->minute * 60U + t->second) * 1000000 + t->usec;
    add_number(b, day);
    add_number(b, t->negative && time ? 0 - time : time);
}

/* Without the end that padding would be, and after the cut that an index on a prefix makes. A cut
   counts characters; as many bytes are the same for equal prefixes. */
static void add_bytes(struct bytes *b, const struct um_value *v, uint32_t prefix)
{
    size_t len = prefix && v->len > prefix ? prefix : v->len;
    while (len && (v->bytes[len - 1] == ' ' || v->bytes[len - 1] == 0))
        len--;
    add(b, v->bytes, len);
    add_number(b, len);
}

static void add_folded(struct bytes *b, const struct um_value *v, uint32_t prefix)
{
    uint8_t folded[256];
    size_t used = 0, len = v->len;
    for (size_t i = 0; i < len; i++) {
        if (v->bytes[i] < ' ' || v->bytes[i] > '~') {
            b->wild = true;
            return;
        }
    }
    if (prefix && len > prefix)
        len = prefix;
    while (len && v->bytes[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < len; i++) {
        if (used == sizeof folded) {
            add(b, folded, used);
            used = 0;
        }
        uint8_t c = v->bytes[i];
        folded[used++] = c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    add(b, folded, used);
    add_number(b, len);
}

static void add_value(struct bytes *b, const struct um_key_part *part, const struct um_value *v)
{
    switch ((enum um_value_kind)v->kind) {
    case UM_V_INT:
    case UM_V_BIT:
    case UM_V_YEAR:
    case UM_V_ENUM:
    case UM_V_SET:
        add_number(b, v->u);
        return;
    case UM_V_FLOAT: {
        double d = v->f == 0 ? 0 : (double)v->f; /* -0 equals 0 */
        add(b, &d, sizeof d);
        return;
    }
    case UM_V_DOUBLE: {
        double d = v->d == 0 ? 0 : v->d;
        add(b, &d, sizeof d);
        return;
    }
    case UM_V_DATE:
    case UM_V_TIME:
    case UM_V_DATETIME:
        add_temporal(b, &v->t);
        return;
    case UM_V_TIMESTAMP:
        add_number(b, (uint64_t)v->ts.s);
        add_number(b, v->ts.usec);
        return;
    case UM_V_DECIMAL:
        add(b, v->bytes, v->len);
        return;
    case UM_V_BYTES:
        if (part->compare == UM_COMPARE_BYTES)
            add_bytes(b, v, part->prefix);
        else if (part->compare == UM_COMPARE_FOLD)
            add_folded(b, v, part->prefix);
        else
            b->wild = true;
        return;
    case UM_V_ABSENT:
    case UM_V_NULL:
    case UM_V_JSON:
    case UM_V_GEOMETRY:
    case UM_V_COMPRESSED:
        break;
    }
    b->wild = true;
}

enum um_key_found um_key_hash(const struct um_key_plan *k, const struct um_value *row,
                              uint64_t *hash)
{
    struct bytes b;
    b.len = 0;
    b.wild = false;
    b.before = k->domain;
    bool null = false;
    for (size_t i = 0; i < k->part_count; i++) {
        const struct um_value *v = &row[k->parts[i].column];
        if (v->kind == UM_V_ABSENT)
            return UM_KEY_ABSENT;
        null |= v->kind == UM_V_NULL;
        if (!null)
            add_value(&b, &k->parts[i], v);
    }
    if (null)
        return UM_KEY_NULL;
    *hash = XXH3_64bits_withSeed(b.at, b.len, b.before);
    return b.wild ? UM_KEY_WILD : UM_KEY_HASHED;
}

static bool has_bytes(const struct um_value *v)
{
    return v->kind == UM_V_BYTES || v->kind == UM_V_DECIMAL || v->kind == UM_V_COMPRESSED ||
           v->kind == UM_V_JSON || v->kind == UM_V_GEOMETRY;
}

static void write_value(struct bytes *b, const struct um_key_part *part, const struct um_value *v)
{
    b->len = 0;
    b->before = 0;
    b->wild = false;
    if (v->kind != UM_V_NULL && v->kind != UM_V_ABSENT)
        add_value(b, part, v);
}

void um_key_bytes(const struct um_key_plan *k, const struct um_value *row, struct um_buf *out)
{
    for (size_t i = 0; i < k->part_count; i++) {
        const struct um_value *v = &row[k->parts[i].column];
        um_buf_char(out, (char)v->kind);
        if (has_bytes(v)) {
            um_buf_add(out, &v->len, sizeof v->len);
            um_buf_add(out, v->bytes, v->len);
        } else {
            struct bytes b;
            write_value(&b, &k->parts[i], v);
            um_buf_add(out, b.at, b.len);
        }
    }
}

static bool same_part(const struct um_key_part *part, const struct um_value *a,
                      const struct um_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (has_bytes(a))
        return a->len == b->len && (!a->len || memcmp(a->bytes, b->bytes, a->len) == 0);
    struct bytes left, right;
    write_value(&left, part, a);
    write_value(&right, part, b);
    return left.len == right.len && memcmp(left.at, right.at, left.len) == 0;
}

bool um_key_same(const struct um_key_plan *k, const struct um_value *a, const struct um_value *b)
{
    for (size_t i = 0; i < k->part_count; i++) {
        if (!same_part(&k->parts[i], &a[k->parts[i].column], &b[k->parts[i].column]))
            return false;
    }
    return true;
}
