#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One column while it is written. */
struct column {
    struct um_ddl_work *w;
    const struct um_tokens *t;
    const struct um_clauses *clauses;
    struct um_buf *out;
    char *type; /* "varchar" */
    bool not_null, has_default, generated, auto_increment;
};

static bool type_is(const struct column *c, const char *names)
{
    for (const char *p = names; *p; p += *p == '|') {
        size_t len = strcspn(p, "|");
        if (strlen(c->type) == len && strncasecmp(p, c->type, len) == 0)
            return true;
        p += len;
    }
    return false;
}

static void copy(const struct column *c, const struct um_clause *clause)
{
    um_buf_char(c->out, ' ');
    um_ddl_expr(c->w, c->t, clause->from, clause->to, c->out);
}

static void drop(const struct column *c, const struct um_clause *clause, const char *reason)
{
    struct um_buf text = {0};
    um_tok_copy(c->t, clause->from, clause->to, &text);
    um_ddl_warn(c->w, "Nothing, if the column's place on disk does not matter.",
                "%s is left out: %s", text.data, reason);
    um_buf_free(&text);
}

/* MariaDB since 11.5, where time_t has 64 bits. */
static bool has_late_timestamps(enum um_flavour flavour, unsigned version)
{
    return flavour == UM_MARIADB && version >= 110500;
}

/* Types by the versions that have them; 0: never. The rest is everywhere. */
static void judge_type(const struct column *c)
{
    static const struct {
        const char *names;
        unsigned mysql_since, mariadb_since;
    } types[] = {
        {"json", 50708, 100207}, {"vector", 90000, 110701}, {"uuid", 0, 100700},
        {"inet4", 0, 101000},    {"inet6", 0, 100500},      {"xmltype", 0, 120100},
    };
    char room[48];
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (type_is(c, types[i].names) &&
            !um_target_has(c->w->to, types[i].mysql_since, types[i].mariadb_since))
            um_ddl_block(c->w, "Store the values in another type on the source.",
                         "%s has no type %s", um_ddl_target_name(c->w->to, room), c->type);
    }
    if (type_is(c, "year") && um_tok_is(c->t, 3, "2") && um_target_has(c->w->to, 50705, 0))
        um_ddl_block(c->w, "Change the column to YEAR(4) on the source.",
                     "YEAR(2) is gone from MySQL since 5.7.5");
    if (type_is(c, "float|double") && c->auto_increment && um_target_has(c->w->to, 80400, 0))
        um_ddl_block(c->w, "Change the column to an integer type on the source.",
                     "AUTO_INCREMENT on %s is gone from MySQL since 8.4", c->type);
    if (um_ddl_is_geometry(c->type) && c->w->to->target_flavour == UM_MYSQL &&
        strstr(c->w->d->options, "PARTITION BY"))
        um_ddl_block(c->w, "Drop the table's partitions on the source.",
                     "MySQL has no geometries in partitioned tables");
    if (type_is(c, "timestamp") &&
        has_late_timestamps(c->w->to->source_flavour, c->w->to->source_version) &&
        !has_late_timestamps(c->w->to->target_flavour, c->w->to->target_version))
        um_ddl_warn(c->w,
                    "Nothing, if no value is later: one that is stops the job. Or change the "
                    "column to DATETIME on the source.",
                    "%s has TIMESTAMP until 2038-01-19 03:14:07 UTC, the source until 2106",
                    um_ddl_target_name(c->w->to, room));
    if (type_is(c, "time") && um_tok_char(c->t, 2, '(') && um_target_crosses(c->w->to) &&
        c->w->to->target_flavour == UM_MYSQL)
        um_ddl_warn(c->w, "Nothing, if no value is longer: one that is stops the job.",
                    "MySQL has TIME until 838:59:59.0, the source with a fraction of the last "
                    "second");
    if (type_is(c, "json") && c->w->to->target_flavour == UM_MARIADB)
        um_ddl_warn(c->w,
                    "Nothing, if the application reads JSON as text and no document is nested so "
                    "deep: one that is stops the job.",
                    "MariaDB holds JSON as LONGTEXT that json_valid() checks, which takes no "
                    "document nested 32 levels deep or deeper");
    if (type_is(c, "vector") && c->w->to->target_flavour == UM_MARIADB &&
        c->w->to->source_flavour == UM_MYSQL)
        um_ddl_warn(c->w,
                    "Nothing, if every value has all dimensions: one that has not stops the job.",
                    "MariaDB's VECTOR(n) holds vectors of n dimensions, the source's holds shorter "
                    "ones as well");
    if (type_is(c, "float|double") && c->w->to->target_flavour == UM_MARIADB &&
        c->w->to->source_flavour == UM_MYSQL)
        um_ddl_warn(c->w, "Nothing, if the application does not tell -0 from 0.",
                    "MariaDB keeps no sign of a zero: -0 arrives as 0");
}

/* Beyond U+FFFF servers print '?' in ENUM and SET values, and older ones in defaults. */
static void judge_question_marks(const struct column *c, const struct um_clause *clause,
                                 const char *what)
{
    const struct um_clause *charset = um_clause_find(c->clauses, UM_CL_CHARSET);
    const struct um_clause *collation = um_clause_find(c->clauses, UM_CL_COLLATE);
    char *name = charset     ? um_tok_name(c->t, charset->value)
                 : collation ? um_tok_name(c->t, collation->value)
                             : um_strdup(c->w->charset ? c->w->charset : "utf8mb4");
    name[strcspn(name, "_")] = '\0';
    struct um_buf text = {0};
    um_tok_copy(c->t, clause->from, clause->to, &text);
    if (um_charset_beyond_bmp(name) && strchr(text.data, '?'))
        um_ddl_warn(c->w, "Look at HEX() of the value on the source; rename it there if it is one.",
                    "a '?' in its %s may stand for a character beyond U+FFFF (an emoji): servers "
                    "print both alike",
                    what);
    um_buf_free(&text);
    free(name);
}

/* MySQL since 8.0 has 255 characters for a member of ENUM and SET, the others more. */
static void judge_members(const struct column *c, const struct um_clause *clause)
{
    enum { LONGEST = 255 };
    struct um_buf member = {0};
    size_t longest = 0;
    for (size_t i = clause->from; i < clause->to; i++) {
        if (!um_tok_kind(c->t, i, UM_TOK_STRING))
            continue;
        um_buf_clear(&member);
        um_tok_string(c->t, i, &member);
        size_t characters = 0;
        for (size_t k = 0; k < member.len; k++)
            characters += ((unsigned char)member.data[k] & 0xc0) != 0x80;
        longest = characters > longest ? characters : longest;
    }
    um_buf_free(&member);
    if (longest > LONGEST && um_target_has(c->w->to, 80000, 0))
        um_ddl_block(c->w, "Shorten the member on the source.",
                     "MySQL has %d characters for a member of %s, and one has %zu", LONGEST,
                     c->type, longest);
}

static void put_type(const struct column *c, const struct um_clause *clause)
{
    const struct um_clause *srid = um_clause_find(c->clauses, UM_CL_SRID);
    judge_type(c);
    um_buf_char(c->out, ' ');
    if (type_is(c, "geomcollection") && !um_target_has(c->w->to, 80011, 0))
        um_buf_str(c->out, "geometrycollection");
    else
        um_ddl_expr(c->w, c->t, clause->from, clause->to, c->out);
    if (type_is(c, "enum|set")) {
        judge_question_marks(c, clause, "values");
        judge_members(c, clause);
    }
    if (srid && c->w->to->target_flavour == UM_MARIADB) {
        um_buf_str(c->out, " REF_SYSTEM_ID=");
        um_tok_copy(c->t, srid->value, srid->to, c->out);
        um_ddl_warn(c->w, "Nothing, if the application writes the right SRID by itself.",
                    "MariaDB notes the SRID, but does not refuse values of another one");
    }
}

static void put_charset(const struct column *c, const struct um_clause *clause)
{
    char *charset = um_tok_name(c->t, clause->value);
    const char *collation = um_charset_default(charset, c->w->to);
    um_ddl_put_charset(c->w, charset, " CHARACTER SET ", c->out);
    /* Without a collation the target would take its own default, which is not the source's. */
    if (!um_clause_find(c->clauses, UM_CL_COLLATE) && collation)
        um_ddl_put_collation(c->w, collation, " COLLATE ", c->out);
    free(charset);
}

static void put_collation(const struct column *c, const struct um_clause *clause)
{
    char *collation = um_tok_name(c->t, clause->value);
    /* Servers print the table's own collation where a column has it; MySQL would take it for the
       column's choice when it is named here, and print more than it does on the source. */
    bool inherited = !um_clause_find(c->clauses, UM_CL_CHARSET) && c->w->collation &&
                     strcasecmp(collation, c->w->collation) == 0;
    struct um_buf judged_only = {0};
    um_ddl_put_collation(c->w, collation, " COLLATE ", inherited ? &judged_only : c->out);
    um_buf_free(&judged_only);
    free(collation);
}

static bool is_now(const struct um_tokens *t, size_t i)
{
    return um_tok_is(t, i, "CURRENT_TIMESTAMP") || um_tok_is(t, i, "NOW") ||
           um_tok_is(t, i, "LOCALTIME") || um_tok_is(t, i, "LOCALTIMESTAMP");
}

/* A call or a group, and not the CURRENT_TIMESTAMP that every server takes as a plain default. */
static bool is_expression(const struct column *c, size_t i)
{
    if (is_now(c->t, i) && type_is(c, "timestamp|datetime"))
        return false;
    return um_tok_char(c->t, i, '(') || is_now(c->t, i) ||
           (um_tok_kind(c->t, i, UM_TOK_WORD) && um_tok_char(c->t, i + 1, '('));
}

static void put_default(const struct column *c, const struct um_clause *clause)
{
    bool lob =
        type_is(c, "tinytext|text|mediumtext|longtext|tinyblob|blob|mediumblob|longblob|json|"
                   "geometry|point|linestring|polygon|multipoint|multilinestring|"
                   "multipolygon|geometrycollection|geomcollection");
    bool expression = is_expression(c, clause->value);
    bool null = um_tok_is(c->t, clause->value, "NULL");
    bool wrap = c->w->to->target_flavour == UM_MYSQL && (expression || lob) && !null &&
                !um_tok_char(c->t, clause->value, '(');
    char room[48];
    if ((expression || lob) && !null && !um_target_has(c->w->to, 80013, 100201))
        um_ddl_block(c->w, "Drop the default on the source and let the application give the value.",
                     "%s has no such default for this column", um_ddl_target_name(c->w->to, room));
    if (um_tok_kind(c->t, clause->value, UM_TOK_STRING) && um_ddl_is_text(c->t, c->clauses) &&
        !(c->w->to->source_flavour == UM_MYSQL && c->w->to->source_version >= 80000))
        judge_question_marks(c, clause, "default");
    um_buf_str(c->out, wrap ? " DEFAULT (" : " DEFAULT ");
    um_ddl_expr(c->w, c->t, clause->value, clause->to, c->out);
    um_buf_str(c->out, wrap ? ")" : "");
}

static void put_invisible(const struct column *c)
{
    char room[48];
    bool mariadb = c->w->to->target_flavour == UM_MARIADB;
    if (!um_target_has(c->w->to, 80023, 100303))
        um_ddl_block(c->w, "Make the column visible on the source.", "%s has no invisible columns",
                     um_ddl_target_name(c->w->to, room));
    if (mariadb && c->not_null && !c->has_default && !c->auto_increment && !c->generated)
        um_ddl_block(c->w, "Give the column a default on the source.",
                     "MariaDB asks for a default where an invisible column is NOT NULL");
    um_buf_str(c->out, " INVISIBLE");
}

static void put_generated(const struct column *c, const struct um_clause *clause)
{
    char room[48];
    if (!um_target_has(c->w->to, 50706, 50200))
        um_ddl_block(c->w, "Drop the generated column on the source.",
                     "%s has no generated columns", um_ddl_target_name(c->w->to, room));
    um_ddl_judge_generated(c->w, c->t, clause->value, clause->to);
    um_buf_str(c->out, " GENERATED ALWAYS AS ");
    um_ddl_expr(c->w, c->t, clause->value, clause->to, c->out);
}

static void put_check(const struct column *c, const struct um_clause *clause)
{
    char room[48];
    if (!um_target_has(c->w->to, 80016, 100201))
        um_ddl_block(c->w, "Drop the check on the source, or choose a newer target.",
                     "%s reads CHECK and does not enforce it", um_ddl_target_name(c->w->to, room));
    um_ddl_judge_check(c->w, c->t, clause->value, clause->to);
    copy(c, clause);
}

/* Without a default, an old server gives the first such column one that follows every update. */
static void judge_timestamp(const struct column *c)
{
    char room[48];
    if (type_is(c, "timestamp") && c->not_null && !c->has_default && !c->generated &&
        !um_target_has(c->w->to, 80002, 101000))
        um_ddl_block(c->w, "Give the column a default on the source.",
                     "%s would add ON UPDATE CURRENT_TIMESTAMP to a TIMESTAMP without a default",
                     um_ddl_target_name(c->w->to, room));
}

/* Clauses that say where and how a column is stored, nothing of its values. */
static void put_storage(const struct column *c, const struct um_clause *clause)
{
    const struct um_ddl_target *to = c->w->to;
    bool mysql = to->target_flavour == UM_MYSQL;
    switch (clause->kind) {
    case UM_CL_NDB:
        mysql ? copy(c, clause) : drop(c, clause, "MariaDB has no such storage");
        break;
    case UM_CL_COMPRESSED:
        um_target_has(to, 0, 100301) ? copy(c, clause)
                                     : drop(c, clause, "the target stores the values plainly");
        break;
    case UM_CL_NOT_SECONDARY:
        um_target_has(to, 80016, 0) ? copy(c, clause)
                                    : drop(c, clause, "the target has no secondary engine");
        break;
    case UM_CL_ENGINE_ATTRIBUTE:
        um_target_has(to, 80021, 0) ? copy(c, clause)
                                    : drop(c, clause, "the target has no engine attributes");
        break;
    default: /* UM_CL_NAMED */
        mysql || c->w->converted ? drop(c, clause, "it belongs to another engine")
                                 : copy(c, clause);
        break;
    }
}

static void put_clause(const struct column *c, const struct um_clause *clause)
{
    bool mysql = c->w->to->target_flavour == UM_MYSQL;
    switch (clause->kind) {
    case UM_CL_TYPE:
        put_type(c, clause);
        break;
    case UM_CL_CHARSET:
        put_charset(c, clause);
        break;
    case UM_CL_COLLATE:
        put_collation(c, clause);
        break;
    case UM_CL_NOT_NULL:
        if (mysql || !c->generated)
            um_buf_str(c->out, " NOT NULL");
        else
            um_ddl_warn(c->w, "Nothing, if the expression is never NULL.",
                        "MariaDB has no NOT NULL for generated columns");
        break;
    case UM_CL_DEFAULT:
        put_default(c, clause);
        break;
    case UM_CL_GENERATED:
        put_generated(c, clause);
        break;
    case UM_CL_INVISIBLE:
        put_invisible(c);
        break;
    case UM_CL_SRID:
        if (mysql && !um_target_has(c->w->to, 80003, 0))
            um_ddl_block(c->w, "Drop the SRID attribute on the source.",
                         "the target does not check the SRID of values");
        else if (mysql)
            copy(c, clause);
        break; /* MariaDB's stands behind the type */
    case UM_CL_REF_SYSTEM_ID:
        mysql ? drop(c, clause, "MariaDB only notes it") : copy(c, clause);
        break;
    case UM_CL_CHECK:
        put_check(c, clause);
        break;
    case UM_CL_ROW_BOUND:
    case UM_CL_VERSIONING:
        copy(c, clause); /* the table as a whole is blocked */
        break;
    case UM_CL_PLAIN:
    case UM_CL_AUTO_INCREMENT:
        copy(c, clause);
        break;
    case UM_CL_UNKNOWN:
        if (um_target_crosses(c->w->to))
            um_ddl_block(c->w, "Report it, and exclude the table or drop the clause to go on.",
                         "a clause that this version does not know: %.*s",
                         (int)(c->t->items[clause->to - 1].at + c->t->items[clause->to - 1].len -
                               c->t->items[clause->from].at),
                         c->t->text + c->t->items[clause->from].at);
        copy(c, clause);
        break;
    default:
        put_storage(c, clause);
        break;
    }
}

void um_ddl_column(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out)
{
    struct um_tokens t;
    struct um_clauses clauses;
    um_lex_again(part->text, &t);
    um_ddl_scan_column(&t, &clauses);
    struct column c = {
        .w = w,
        .t = &t,
        .clauses = &clauses,
        .out = out,
        .type = um_tok_name(&t, 1),
        .not_null = um_clause_find(&clauses, UM_CL_NOT_NULL),
        .has_default = um_clause_find(&clauses, UM_CL_DEFAULT),
        .generated =
            um_clause_find(&clauses, UM_CL_GENERATED) || um_clause_find(&clauses, UM_CL_ROW_BOUND),
        .auto_increment = um_clause_find(&clauses, UM_CL_AUTO_INCREMENT),
    };
    um_quote_ident(out, part->name);
    for (size_t i = 0; i < clauses.count; i++)
        put_clause(&c, &clauses.items[i]);
    judge_timestamp(&c);
    free(c.type);
    free(clauses.items);
    um_tokens_free(&t);
}
