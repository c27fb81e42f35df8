#include "schema/ddl_work.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NEVER = 0, ALWAYS = 1 };

/* Functions of expressions that not every server has, and since when. */
static const struct {
    const char *name;
    unsigned mysql_since, mariadb_since;
} functions[] = {
    {"ADD_MONTHS", NEVER, 100601},
    {"ANY_VALUE", 50705, NEVER},
    {"BIN_TO_UUID", 80000, NEVER},
    {"CHR", NEVER, 100301},
    {"COLUMN_CHECK", NEVER, ALWAYS},
    {"COLUMN_CREATE", NEVER, ALWAYS},
    {"COLUMN_EXISTS", NEVER, ALWAYS},
    {"COLUMN_GET", NEVER, ALWAYS},
    {"COLUMN_JSON", NEVER, ALWAYS},
    {"COLUMN_LIST", NEVER, ALWAYS},
    {"CONCAT_OPERATOR_ORACLE", NEVER, ALWAYS},
    {"CRC32C", NEVER, 100800},
    {"DECODE", NEVER, ALWAYS},
    {"DECODE_ORACLE", NEVER, 100301},
    {"DES_DECRYPT", NEVER, ALWAYS},
    {"DES_ENCRYPT", NEVER, ALWAYS},
    {"DISTANCE", 90000, NEVER},
    {"ENCODE", NEVER, ALWAYS},
    {"ENCRYPT", NEVER, ALWAYS},
    {"FORMAT_BYTES", 80016, NEVER},
    {"FORMAT_PICO_TIME", 80016, NEVER},
    {"FROM_VECTOR", 90000, NEVER},
    {"ICU_VERSION", 80000, NEVER},
    {"IS_UUID", 80000, NEVER},
    {"JSON_ARRAY_INTERSECT", NEVER, 110200},
    {"JSON_COMPACT", NEVER, 100203},
    {"JSON_DETAILED", NEVER, 100203},
    {"JSON_EQUALS", NEVER, 100702},
    {"JSON_EXISTS", NEVER, 100203},
    {"JSON_KEY_VALUE", NEVER, 110200},
    {"JSON_LOOSE", NEVER, 100203},
    {"JSON_NORMALIZE", NEVER, 100702},
    {"JSON_OBJECT_FILTER_KEYS", NEVER, 110200},
    {"JSON_OBJECT_TO_ARRAY", NEVER, 110200},
    {"JSON_OVERLAPS", 80017, 100900},
    {"JSON_PRETTY", 50722, NEVER},
    {"JSON_QUERY", NEVER, 100203},
    {"JSON_SCHEMA_VALID", 80017, 110101},
    {"JSON_SCHEMA_VALIDATION_REPORT", 80017, NEVER},
    {"JSON_STORAGE_FREE", 80002, NEVER},
    {"JSON_STORAGE_SIZE", 50722, NEVER},
    {"JSON_VALUE", 80021, 100203},
    {"KDF", NEVER, 110300},
    {"LASTVAL", NEVER, 100301},
    {"LENGTHB", NEVER, 100301},
    {"LPAD_ORACLE", NEVER, ALWAYS},
    {"LTRIM_ORACLE", NEVER, ALWAYS},
    {"NATURAL_SORT_KEY", NEVER, 100700},
    {"NEXTVAL", NEVER, 100301},
    {"NVL", NEVER, 100301},
    {"NVL2", NEVER, 100301},
    {"OLD_PASSWORD", NEVER, ALWAYS},
    {"PASSWORD", NEVER, ALWAYS},
    {"PS_CURRENT_THREAD_ID", 80016, NEVER},
    {"PS_THREAD_ID", 80016, NEVER},
    {"RANDOM_BYTES", 50617, 101000},
    {"REGEXP_INSTR", 80004, 100005},
    {"REGEXP_LIKE", 80004, NEVER},
    {"REGEXP_REPLACE", 80004, 100005},
    {"REGEXP_SUBSTR", 80004, 100005},
    {"REPLACE_ORACLE", NEVER, ALWAYS},
    {"RPAD_ORACLE", NEVER, ALWAYS},
    {"RTRIM_ORACLE", NEVER, ALWAYS},
    {"SFORMAT", NEVER, 100700},
    {"STATEMENT_DIGEST", 80000, NEVER},
    {"STATEMENT_DIGEST_TEXT", 80000, NEVER},
    {"STRING_TO_VECTOR", 90000, NEVER},
    {"ST_BOUNDARY", NEVER, ALWAYS},
    {"ST_BUFFER_STRATEGY", 50700, NEVER},
    {"ST_COLLECT", 80024, NEVER},
    {"ST_FRECHETDISTANCE", 80023, NEVER},
    {"ST_GEOHASH", 50705, NEVER},
    {"ST_HAUSDORFFDISTANCE", 80023, NEVER},
    {"ST_ISRING", NEVER, ALWAYS},
    {"ST_ISVALID", 50706, NEVER},
    {"ST_LATFROMGEOHASH", 50705, NEVER},
    {"ST_LATITUDE", 80012, NEVER},
    {"ST_LINEINTERPOLATEPOINT", 80024, NEVER},
    {"ST_LINEINTERPOLATEPOINTS", 80024, NEVER},
    {"ST_LONGFROMGEOHASH", 50705, NEVER},
    {"ST_LONGITUDE", 80012, NEVER},
    {"ST_MAKEENVELOPE", 50706, NEVER},
    {"ST_POINTATDISTANCE", 80024, NEVER},
    {"ST_POINTFROMGEOHASH", 50705, NEVER},
    {"ST_POINTONSURFACE", NEVER, ALWAYS},
    {"ST_RELATE", NEVER, ALWAYS},
    {"ST_SIMPLIFY", 50705, NEVER},
    {"ST_SWAPXY", 80000, NEVER},
    {"ST_TRANSFORM", 80013, NEVER},
    {"ST_VALIDATE", 50706, NEVER},
    {"SUBSTR_ORACLE", NEVER, ALWAYS},
    {"SYS_GUID", NEVER, 100601},
    {"TO_CHAR", NEVER, 100601},
    {"TO_VECTOR", 90000, NEVER},
    {"TRIM_ORACLE", NEVER, ALWAYS},
    {"UUID_TO_BIN", 80000, NEVER},
    {"UUID_V4", NEVER, 110700},
    {"UUID_V7", NEVER, 110700},
    {"VALIDATE_PASSWORD_STRENGTH", 50600, NEVER},
    {"VECTOR_DIM", 90000, NEVER},
    {"VECTOR_DISTANCE", 90000, NEVER},
    {"VECTOR_TO_STRING", 90000, NEVER},
    {"VEC_DISTANCE_COSINE", NEVER, 110701},
    {"VEC_DISTANCE_EUCLIDEAN", NEVER, 110701},
    {"VEC_FROMTEXT", NEVER, 110701},
    {"VEC_TOTEXT", NEVER, 110701},
};

static const char rewrite_expression[] =
    "Rewrite the expression on the source in terms that both servers know.";

/* Where an expression is being copied, and how far. */
struct copy {
    struct um_ddl_work *w;
    const struct um_tokens *t;
    struct um_buf *out;
    size_t done; /* byte offset in the text */
};

/* Writes what stands before token i, so that the caller can write something in its place. */
static void catch_up(struct copy *c, size_t i)
{
    const struct um_token *token = &c->t->items[i];
    um_buf_add(c->out, c->t->text + c->done, token->at - c->done);
    c->done = token->at + token->len;
}

static bool is_utf8(const char *p, size_t len)
{
    const unsigned char *s = (const unsigned char *)p;
    for (size_t i = 0; i < len;) {
        size_t more = s[i] < 0x80                    ? 0
                      : s[i] >= 0xc2 && s[i] <= 0xdf ? 1
                      : (s[i] & 0xf0) == 0xe0        ? 2
                      : s[i] >= 0xf0 && s[i] <= 0xf4 ? 3
                                                     : len;
        if (more >= len - i)
            return false;
        unsigned second = more ? s[i + 1] : 0x80;
        if ((s[i] == 0xe0 && second < 0xa0) || (s[i] == 0xed && second > 0x9f) ||
            (s[i] == 0xf0 && second < 0x90) || (s[i] == 0xf4 && second > 0x8f))
            return false;
        for (size_t k = 1; k <= more; k++) {
            if ((s[i + k] & 0xc0) != 0x80)
                return false;
        }
        i += more + 1;
    }
    return true;
}

static void put_hex(struct um_buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        um_buf_fmt(out, "%02X", (unsigned char)bytes[i]);
}

/* Bytes that MariaDB keeps as they are in a literal with an introducer. */
static bool is_plain(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] < 0x20 || (unsigned char)bytes[i] >= 0x7f || bytes[i] == '\'' ||
            bytes[i] == '\\' || bytes[i] == '"')
            return false;
    }
    return true;
}

/* _charset'…'; false for other words before a string (x'…', DATE'…'). */
static bool is_introducer(const struct um_tokens *t, size_t i)
{
    return um_tok_kind(t, i, UM_TOK_WORD) && t->text[t->items[i].at] == '_' &&
           um_tok_kind(t, i + 1, UM_TOK_STRING);
}

/*
 * MariaDB stores the literals of an expression by printing them, and what it prints for a literal
 * with an introducer loses quotes, backslashes and bytes above 0x7f: _utf8mb4'é' comes back as
 * 'xC3xA9'. The session's charset is utf8mb4, so there the introducer can go.
 */
static void mariadb_literal(struct copy *c, size_t i, const char *charset,
                            const struct um_buf *text)
{
    if (strncasecmp(charset, "utf8", 4) == 0) {
        catch_up(c, i);
        c->done = c->t->items[i + 1].at;
    } else if (!is_plain(text->data, text->len) && strcasecmp(charset, "binary") == 0) {
        catch_up(c, i);
        um_buf_str(c->out, "0x");
        put_hex(c->out, text->data, text->len);
        c->done = c->t->items[i + 1].at + c->t->items[i + 1].len;
    } else if (!is_plain(text->data, text->len)) {
        um_ddl_block(c->w, rewrite_expression,
                     "MariaDB would store the literal _%s'…' in another form than it is written",
                     charset);
    }
}

static void introduced_literal(struct copy *c, size_t i)
{
    struct um_buf text = {0}, name = {0};
    char *charset = um_tok_name(c->t, i);
    um_tok_string(c->t, i + 1, &text);
    if (!um_charset_name(charset + 1, c->w->to, &name)) {
        um_ddl_block(c->w, rewrite_expression, "the target has no character set %s", charset + 1);
    } else if (c->w->to->target_flavour == UM_MARIADB && um_target_crosses(c->w->to)) {
        mariadb_literal(c, i, charset + 1, &text);
    } else {
        catch_up(c, i);
        um_buf_fmt(c->out, "_%s", name.data);
        if (!is_utf8(text.data, text.len)) {
            um_buf_str(c->out, " 0x");
            put_hex(c->out, text.data, text.len);
            c->done = c->t->items[i + 1].at + c->t->items[i + 1].len;
        }
    }
    um_buf_free(&text);
    um_buf_free(&name);
    free(charset);
}

static void plain_literal(struct copy *c, size_t i)
{
    struct um_buf text = {0};
    um_tok_string(c->t, i, &text);
    if (!is_utf8(text.data, text.len)) {
        /* A default or a partition's value of a binary column: 5.6 prints the bytes themselves. */
        catch_up(c, i);
        um_buf_str(c->out, "x'");
        put_hex(c->out, text.data, text.len);
        um_buf_char(c->out, '\'');
    }
    um_buf_free(&text);
}

static void judge_function(struct copy *c, size_t i)
{
    char *name = um_tok_name(c->t, i), room[48];
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        if (strcasecmp(functions[k].name, name) != 0)
            continue;
        if (!um_target_has(c->w->to, functions[k].mysql_since, functions[k].mariadb_since))
            um_ddl_block(c->w, rewrite_expression, "%s has no function %s()",
                         um_ddl_target_name(c->w->to, room), functions[k].name);
    }
    if ((!strcasecmp(name, "MD5") || !strcasecmp(name, "SHA") || !strcasecmp(name, "SHA1")) &&
        um_target_has(c->w->to, 90600, 0))
        um_ddl_warn(c->w, "See that component_classic_hashing is installed on the target.",
                    "MySQL since 9.6 has %s() only with the component classic_hashing", name);
    if (!strcasecmp(name, "NEXTVAL") || !strcasecmp(name, "LASTVAL"))
        um_ddl_warn(c->w, "Create the sequence on the target and set it at the cutover.",
                    "%s() uses a sequence, which is not carried over", name);
    if (um_target_crosses(c->w->to) && c->w->to->target_flavour == UM_MYSQL &&
        !strcasecmp(name, "JSON_VALID"))
        um_ddl_warn(c->w, "Nothing, if no document has one: it stops the job.",
                    "MySQL takes no number beyond the range of DOUBLE (1e999) in a document, the "
                    "source does");
    if (um_target_crosses(c->w->to) && !strncasecmp(name, "REGEXP_", 7))
        um_ddl_warn(c->w, "Compare the values when the copy is done: `unmoor verify`.",
                    "the servers have regular expressions of different kinds in %s()", name);
    free(name);
}

/* Words that only MySQL's expressions have. */
static void judge_word(struct copy *c, size_t i)
{
    const struct um_tokens *t = c->t;
    um_ddl_judge_scale(c->w, t, i);
    if (c->w->to->target_flavour != UM_MARIADB || !um_target_crosses(c->w->to))
        return;
    const char *found = um_tok_run(t, i, "AS JSON")     ? "CAST(… AS JSON)"
                        : um_tok_run(t, i, "AS YEAR")   ? "CAST(… AS YEAR)"
                        : um_tok_run(t, i, "AS POINT")  ? "CAST(… AS POINT)"
                        : um_tok_run(t, i, "MEMBER OF") ? "MEMBER OF"
                        : um_tok_is(t, i, "RETURNING")  ? "RETURNING"
                        : um_tok_is(t, i, "ARRAY") && i && !um_tok_char(t, i + 1, '(') ? "ARRAY"
                                                                                       : NULL;
    if (found)
        um_ddl_block(c->w, rewrite_expression, "MariaDB does not know %s", found);
    if (um_tok_is(t, i, "REGEXP") || um_tok_is(t, i, "RLIKE"))
        um_ddl_warn(c->w, "Compare the values when the copy is done: `unmoor verify`.",
                    "the servers have regular expressions of different kinds");
}

/* COLLATE x, USING x, CHARSET x inside an expression. */
static void expression_charset(struct copy *c, size_t i)
{
    struct um_buf name = {0};
    char *from = um_tok_name(c->t, i + 1);
    if (um_tok_is(c->t, i, "COLLATE")) {
        if (um_ddl_put_collation(c->w, from, "", &name))
            catch_up(c, i + 1);
    } else if (um_charset_name(from, c->w->to, &name)) {
        catch_up(c, i + 1);
    } else {
        um_ddl_block(c->w, rewrite_expression, "the target has no character set %s", from);
    }
    um_buf_add(c->out, name.data ? name.data : "", name.len);
    um_buf_free(&name);
    free(from);
}

void um_ddl_expr(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to,
                 struct um_buf *out)
{
    if (from >= to)
        return;
    struct copy c = {w, t, out, t->items[from].at};
    for (size_t i = from; i < to; i++) {
        if (is_introducer(t, i)) {
            introduced_literal(&c, i++);
        } else if (um_tok_kind(t, i, UM_TOK_STRING)) {
            plain_literal(&c, i);
        } else if (um_tok_kind(t, i, UM_TOK_WORD)) {
            if (um_tok_char(t, i + 1, '(')) {
                judge_function(&c, i);
                um_ddl_judge_arguments(w, t, i);
            }
            judge_word(&c, i);
            if ((um_tok_is(t, i, "COLLATE") || um_tok_is(t, i, "USING") ||
                 um_tok_is(t, i, "CHARSET")) &&
                um_tok_kind(t, i + 1, UM_TOK_WORD) && i + 1 < to)
                expression_charset(&c, i++);
        }
    }
    const struct um_token *last = &t->items[to - 1];
    if (last->at + last->len > c.done)
        um_buf_add(out, t->text + c.done, last->at + last->len - c.done);
}

void um_ddl_put_charset(struct um_ddl_work *w, const char *charset, const char *words,
                        struct um_buf *out)
{
    struct um_buf name = {0};
    char room[48];
    if (um_charset_name(charset, w->to, &name))
        um_buf_fmt(out, "%s%s", words, name.data);
    else
        um_ddl_block(w, "Convert it to utf8mb4 on the source.", "%s has no character set %s",
                     um_ddl_target_name(w->to, room), charset);
    um_buf_free(&name);
}

bool um_ddl_put_collation(struct um_ddl_work *w, const char *collation, const char *words,
                          struct um_buf *out)
{
    struct um_buf name = {0};
    char room[48];
    enum um_collation_fit fit = um_collation_name(collation, w->to, &name);
    um_ddl_target_name(w->to, room);
    if (um_collation_is_held(fit))
        um_buf_fmt(out, "%s%s", words, name.data);
    else
        um_ddl_block(w,
                     "Convert it on the source to a collation that both servers have "
                     "(utf8mb4_unicode_520_ci, utf8mb4_bin), or choose a target that has it.",
                     fit == UM_COLLATION_OTHER ? "%s means other rules by the name %s"
                                               : "%s has no collation %s",
                     room, collation);
    if (fit == UM_COLLATION_NEAR)
        um_ddl_warn(w, "Nothing, if that does not matter to keys nor to the order of results.",
                    "%s has %s for another version of Unicode: it compares characters newer than "
                    "Unicode 9.0, and Hangul in circles, otherwise, and sorts Hangul elsewhere",
                    room, collation);
    um_buf_free(&name);
    return um_collation_is_held(fit);
}
