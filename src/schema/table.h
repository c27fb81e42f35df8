#ifndef UM_SCHEMA_TABLE_H
#define UM_SCHEMA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a table is: columns, indexes, and the server's own CREATE TABLE text. Pure data, filled by
 * mysql/catalog.h; immutable once read, so threads share it freely.
 */

enum um_flavour { UM_MYSQL, UM_MARIADB };

/* The SQL type of a column. Aliases are folded (INTEGER is INT, NUMERIC is DECIMAL). */
enum um_type {
    UM_T_TINYINT,
    UM_T_SMALLINT,
    UM_T_MEDIUMINT,
    UM_T_INT,
    UM_T_BIGINT,
    UM_T_FLOAT,
    UM_T_DOUBLE,
    UM_T_DECIMAL,
    UM_T_BIT,
    UM_T_YEAR,
    UM_T_DATE,
    UM_T_TIME,
    UM_T_DATETIME,
    UM_T_TIMESTAMP,
    UM_T_CHAR,
    UM_T_VARCHAR,
    UM_T_TEXT, /* TEXT: all four sizes */
    UM_T_BINARY,
    UM_T_VARBINARY,
    UM_T_BLOB, /* BLOB: all four sizes */
    UM_T_ENUM,
    UM_T_SET,
    UM_T_JSON,     /* MySQL's own; MariaDB's is UM_T_TEXT */
    UM_T_GEOMETRY, /* and its seven subtypes */
    UM_T_VECTOR,
    UM_T_UUID,
    UM_T_INET4,
    UM_T_INET6,   /* MariaDB */
    UM_T_UNKNOWN, /* blocked by the plan, named by column_type */
};

enum um_generated { UM_NOT_GENERATED, UM_VIRTUAL, UM_STORED };

struct um_column {
    char *name;
    enum um_type type;
    char *column_type; /* as the server prints it: "decimal(10,2) unsigned" */
    bool is_unsigned, nullable, auto_increment, invisible;
    bool system; /* MariaDB row start / row end of a versioned table */
    enum um_generated generated;
    char *charset, *collation; /* NULL where the type has none */
    uint32_t length;           /* characters or bytes; 0 where it has none */
    uint8_t precision, scale;  /* DECIMAL; FLOAT(M,D) and DOUBLE(M,D) with fixed_scale */
    bool fixed_scale;
    uint8_t fsp; /* fractional digits of TIME, DATETIME, TIMESTAMP */
    char *srs;   /* SRID attribute of a geometry column, or NULL */
};

struct um_index_part {
    int column;      /* ordinal in the table; -1 for an expression */
    uint32_t prefix; /* leading characters or bytes that are indexed; 0 for all */
    bool descending;
};

enum um_index_kind {
    UM_INDEX_BTREE,
    UM_INDEX_HASH,
    UM_INDEX_FULLTEXT,
    UM_INDEX_SPATIAL,
    UM_INDEX_VECTOR
};

struct um_index {
    char *name; /* "PRIMARY" for the primary key */
    enum um_index_kind kind;
    bool unique, primary, invisible;
    struct um_index_part *parts;
    size_t part_count;
};

/* Reads the SQL type from what information_schema says of a column: fills type, is_unsigned,
   length, precision, scale, fixed_scale and fsp from "data_type" ("decimal") and
   column_type ("decimal(10,2) unsigned"), which must be set. */
void um_column_set_type(struct um_column *c, const char *data_type);
bool um_column_is_integer(const struct um_column *c); /* TINYINT to BIGINT */
bool um_column_zerofill(const struct um_column *c);   /* its text is padded */

struct um_foreign_key {
    char *name;
    char *parent_schema, *parent_table;
    bool cascades;      /* ON DELETE or ON UPDATE is CASCADE, SET NULL or SET DEFAULT */
    bool cascades_rows; /* one of them is CASCADE: rows go, or change their key, with the parent */
    struct um_foreign_key_part {
        int column; /* ordinal in this table */
        char *parent_column;
    } * parts;
    size_t part_count;
};

struct um_table {
    char *schema, *name;
    char *engine;    /* "InnoDB", "MyISAM", … */
    char *collation; /* the table's default */
    struct um_column *columns;
    size_t column_count;
    struct um_index *indexes; /* primary first, then in the server's order */
    size_t index_count;
    struct um_foreign_key *foreign_keys;
    size_t foreign_key_count;
    bool partitioned, versioned, has_triggers;
    uint64_t rows_estimate, data_bytes, index_bytes;
    uint64_t auto_increment; /* next value; 0 where there is none */
    char *create_sql;        /* SHOW CREATE TABLE under sql_mode='' */
};

void um_table_delete(struct um_table *t);
void um_column_clear(struct um_column *c);                       /* frees what it holds */
int um_table_column(const struct um_table *t, const char *name); /* ordinal, or -1 */
/* True where rows of this table carry the column (that is, where INSERT may name it). */
bool um_column_writable(const struct um_column *c);

/* A set of tables that were read together. */
struct um_tables {
    struct um_table **items; /* sorted by schema, then name */
    size_t count;
};
void um_tables_delete(struct um_tables *set); /* the tables; the set itself is empty then */
void um_tables_sort(struct um_tables *set);
const struct um_table *um_tables_find(const struct um_tables *set, const char *schema,
                                      const char *name);

/*
 * The key by which a table is copied in chunks and by which its rows are found again.
 * In the order of preference: auto-increment column, primary key, unique index without NULLs,
 * any other index, none.
 */
enum um_key_kind {
    UM_KEY_AUTO_INCREMENT,
    UM_KEY_PRIMARY,
    UM_KEY_UNIQUE,
    UM_KEY_INDEX,
    UM_KEY_NONE
};

struct um_key {
    enum um_key_kind kind;
    const struct um_index *index; /* NULL for UM_KEY_NONE; its table owns it */
    size_t part_count;            /* leading parts that are used */
    bool unique;                  /* the used parts identify one row */
    /* The client orders and compares these values exactly as the server does (integers,
       temporals, binary strings). Only then may chunks of one table be read at different
       positions. */
    bool client_ordered;
    const char *why; /* one clause for people: "primary key (a, b)" has its reason here */
};
/* Never fails: the last resort is UM_KEY_NONE. Index parts with a prefix, an expression or a
   kind other than BTREE are not used. */
void um_chunk_key(const struct um_table *t, struct um_key *key);
/* The key by which UPDATE and DELETE find a row: primary, else unique without NULLs, else none.
   Only equality is asked for here, so parts with a prefix and hash indexes will do. */
void um_row_key(const struct um_table *t, struct um_key *key);
/*
 * An image before an update that has every column shows by that alone that binlog_row_image is
 * neither MINIMAL (MariaDB: the primary key, or the unique one in its place) nor NOBLOB (that key
 * and what is no TEXT or BLOB). Not so where those have every column too, unless the key is all of
 * the row and nothing else is unique: what a REPLACE meets is then what it writes.
 */
bool um_full_image_is_evident(const struct um_table *t);

#endif
