#ifndef UM_SCHEMA_DDL_STATEMENT_READER_H
#define UM_SCHEMA_DDL_STATEMENT_READER_H

#include "schema/ddl_statement.h"
#include "schema/lex.h"

/*
 * A statement's tokens from left to right. What is not there is not taken, and the reader stays
 * where it is. Internal to this folder.
 */
struct um_sql_reader {
    const struct um_sql_reading *how;
    struct um_tokens t;
    size_t i; /* the token at hand */
    struct um_sql *out;
};

struct um_lex_mode um_sql_lex_mode(const struct um_sql_reading *how);

/* `words` are joined by spaces; a list of them ends in NULL, and gives back what was there. */
bool um_sql_at(const struct um_sql_reader *r, const char *word);
bool um_sql_take(struct um_sql_reader *r, const char *words);
const char *um_sql_take_any(struct um_sql_reader *r, const char *const *words);
bool um_sql_take_char(struct um_sql_reader *r, char c);
bool um_sql_at_end(const struct um_sql_reader *r);
void um_sql_take_if(struct um_sql_reader *r); /* IF [NOT] EXISTS, or nothing */

/* "name", "schema.name" or ".name", which out->names keeps. */
bool um_sql_take_name(struct um_sql_reader *r, enum um_sql_role role);
bool um_sql_take_schema(struct um_sql_reader *r, enum um_sql_role role);
struct um_sql_name *um_sql_add_name(struct um_sql_reader *r, enum um_sql_role role);
/* "a, b, c" to the end. */
enum um_sql_kind um_sql_read_list(struct um_sql_reader *r, enum um_sql_role role,
                                  enum um_sql_kind kind);

/* What stands behind the words that say what the statement is: ddl_statement_tables.c … */
enum um_sql_kind um_sql_read_create_table(struct um_sql_reader *r);
enum um_sql_kind um_sql_read_alter_table(struct um_sql_reader *r);
enum um_sql_kind um_sql_read_rename(struct um_sql_reader *r);
enum um_sql_kind um_sql_read_truncate(struct um_sql_reader *r);
enum um_sql_kind um_sql_read_index(struct um_sql_reader *r, enum um_sql_kind kind);
/* … and ddl_statement_objects.c, from the word on that names the kind of object. */
enum um_sql_kind um_sql_read_object(struct um_sql_reader *r, enum um_sql_role role);

#endif
