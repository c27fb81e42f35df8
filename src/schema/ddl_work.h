#ifndef UM_SCHEMA_DDL_WORK_H
#define UM_SCHEMA_DDL_WORK_H

#include "schema/charset.h"
#include "schema/ddl.h"
#include "schema/lex.h"

/*
 * Translating the parts of one table. Every translator writes the target's text and notes what it
 * could not keep; um_ddl_check throws the text away, um_ddl_create and um_ddl_later look whether a
 * block was noted. So nothing can be written that was not judged. Internal to this folder.
 */
struct um_ddl_work {
    const struct um_ddl *d;
    const struct um_ddl_target *to;
    struct um_ddl_obstacles *notes;
    const char *kind, *name; /* of the part at hand: "column", "id" */
    char *engine;            /* on the source */
    bool converted;          /* the engine becomes InnoDB and was not */
    char *charset;           /* the table's default on the source */
    char *collation;         /* likewise; NULL where only a charset is named */
};

void um_ddl_work_begin(struct um_ddl_work *w, const struct um_ddl *d,
                       const struct um_ddl_target *to, struct um_ddl_obstacles *notes);
void um_ddl_work_end(struct um_ddl_work *w);
void um_ddl_block(struct um_ddl_work *w, const char *mend, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void um_ddl_warn(struct um_ddl_work *w, const char *mend, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "MySQL 5.7.44" of the target, for texts. */
const char *um_ddl_target_name(const struct um_ddl_target *to, char room[48]);

/* A clause of a column: an option name with its value. */
enum um_clause_kind {
    UM_CL_TYPE,
    UM_CL_PLAIN, /* means the same everywhere */
    UM_CL_CHARSET,
    UM_CL_COLLATE,
    UM_CL_NOT_NULL,
    UM_CL_DEFAULT,
    UM_CL_AUTO_INCREMENT,
    UM_CL_GENERATED,
    UM_CL_ROW_BOUND, /* GENERATED ALWAYS AS ROW START / END */
    UM_CL_INVISIBLE,
    UM_CL_NDB, /* COLUMN_FORMAT, STORAGE */
    UM_CL_SRID,
    UM_CL_REF_SYSTEM_ID,
    UM_CL_CHECK,
    UM_CL_VERSIONING,
    UM_CL_COMPRESSED,
    UM_CL_NOT_SECONDARY,
    UM_CL_ENGINE_ATTRIBUTE,
    UM_CL_NAMED, /* MariaDB's engine-defined attribute: `name`=value */
    UM_CL_UNKNOWN,
};
struct um_clause {
    enum um_clause_kind kind;
    size_t from, to, value; /* tokens; value is the first one of the value */
};
struct um_clauses {
    struct um_clause *items;
    size_t count, cap;
};
/* The clauses behind the column's name, all tokens covered. */
void um_ddl_scan_column(const struct um_tokens *t, struct um_clauses *out);
const struct um_clause *um_clause_find(const struct um_clauses *c, enum um_clause_kind kind);
/* The token behind the value (a literal, a call or a group) that begins at i. */
size_t um_ddl_value_end(const struct um_tokens *t, size_t i);

/* CHAR, VARCHAR, TEXT, ENUM and SET: has a charset. */
bool um_ddl_is_text(const struct um_tokens *t, const struct um_clauses *c);

bool um_ddl_is_geometry(const char *type);

/* Expressions and values: literals made safe, functions and charsets judged. */
void um_ddl_expr(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to,
                 struct um_buf *out);
/* The expression of the generated column w->name: may the target compute it there? */
void um_ddl_judge_generated(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                            size_t to);
/* What both flavours compute, though not alike. */
void um_ddl_judge_alike(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to);
/* Does token i name a column whose type begins with the word `type`? */
bool um_ddl_is_column_of(const struct um_ddl *d, const struct um_tokens *t, size_t i,
                         const char *type);
/* Is the generated column's value kept, in the row or in an index? `t` is its definition. */
bool um_ddl_is_kept(const struct um_ddl *d, const char *name, const struct um_tokens *t);
/* The decimal places, or the arguments of the function, that token i begins. */
void um_ddl_judge_scale(struct um_ddl_work *w, const struct um_tokens *t, size_t i);
void um_ddl_judge_arguments(struct um_ddl_work *w, const struct um_tokens *t, size_t i);
/* The condition of a CHECK, with its parentheses. */
void um_ddl_judge_check(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to);
/* " CHARACTER SET x" / " COLLATE y" for the target; `equals` is " " or "=". */
void um_ddl_put_charset(struct um_ddl_work *w, const char *charset, const char *words,
                        struct um_buf *out);
/* False when the target lacks the collation: nothing was written. */
bool um_ddl_put_collation(struct um_ddl_work *w, const char *collation, const char *words,
                          struct um_buf *out);

/* Any part by its kind. False when it is left out of the target (and noted). */
bool um_ddl_translate(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out);
void um_ddl_column(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out);
void um_ddl_index(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out);
void um_ddl_foreign_key(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out);
/* False when the constraint is left out (and noted). */
bool um_ddl_check_constraint(struct um_ddl_work *w, const struct um_ddl_part *part,
                             struct um_buf *out);
void um_ddl_period(struct um_ddl_work *w, const struct um_ddl_part *part, struct um_buf *out);
void um_ddl_options(struct um_ddl_work *w, struct um_buf *out);
void um_ddl_partitions(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                       struct um_buf *out);

/* How much of MariaDB's .frm file the translated parts of a table take; see ddl_frm.c. */
struct um_frm {
    struct um_ddl_work *w;
    size_t fixed, comments, list_bytes, keys; /* bytes */
    size_t row, nullable, vectors;            /* bytes of a row beside its BLOBs; columns */
    size_t expressions, printed;              /* how many; bytes of them on the source */
    struct um_strv lists;                     /* different lists of ENUM and SET members */
};
void um_frm_begin(struct um_frm *f, struct um_ddl_work *w);
/* A part, by the text that the target gets. */
void um_frm_add(struct um_frm *f, const struct um_ddl_part *part, const char *translated);
/* Bytes that a column takes in MariaDB's row, by its translated text; BLOBs are elsewhere. */
size_t um_ddl_row_bytes(const struct um_tokens *t, const char *charset);
/* Notes what does not fit. */
void um_frm_judge(const struct um_frm *f);
void um_frm_end(struct um_frm *f);

/* One table option: from its name up to and without the next one. */
struct um_ddl_option {
    size_t from, to, value; /* value == to where there is none */
};
/* The option at i (not PARTITION); for the words that belong together as one name. */
struct um_ddl_option um_ddl_option_at(const struct um_tokens *t, size_t i);
/* Malloc'd value of a table option, or NULL. `names`: alternatives joined with '|'. */
char *um_ddl_option_value(const struct um_ddl *d, const char *names);
bool um_ddl_at_partitions(const struct um_tokens *t, size_t i);

/* The column that AUTO_INCREMENT numbers, as a part; NULL when there is none. */
const struct um_ddl_part *um_ddl_auto_column(const struct um_ddl *d);
/* The index that AUTO_INCREMENT needs beside the primary key; NULL when it needs none. */
const struct um_ddl_part *um_ddl_auto_index(const struct um_ddl *d);
/* The column's name that is the first key part of an index, malloc'd; NULL for an expression. */
char *um_ddl_first_key_part(const struct um_ddl_part *index);
const struct um_ddl_part *um_ddl_find_column(const struct um_ddl *d, const char *name);

#endif
