#ifndef MIGRATE_COPY_JSON_EXPR_H
#define MIGRATE_COPY_JSON_EXPR_H

#include "copy/json_paths.h"

/* What JSON_TYPE says. */
enum um_json_type {
    UM_JSON_TYPE_ABSENT,
    UM_JSON_TYPE_DOUBLE,
    UM_JSON_TYPE_STRING,
    UM_JSON_TYPE_INTEGER,
    UM_JSON_TYPE_UNSIGNED,
    UM_JSON_TYPE_DECIMAL,
    UM_JSON_TYPE_DATE,
    UM_JSON_TYPE_TIME,
    UM_JSON_TYPE_DATETIME,
    UM_JSON_TYPE_TIMESTAMP,
    UM_JSON_TYPE_OTHER, /* BLOB, BIT, OPAQUE: the text has the column type's number */
};

/* The server's word for it, which need not end with a NUL. */
enum um_json_type um_json_type_named(const char *name, size_t len);

/*
 * An SQL expression of a document, from its text and the types at the typed paths of its column:
 * types[path->rank]. Where text alone brings the document back nothing is written and *written is
 * false. The text is parsed by the server, and the scalars that need it are put in their places
 * afterwards, by the functions that made them: that takes half the time of building the
 * whole document from such functions. Pure.
 *
 * Of a DECIMAL the value and the scale are exact. The server also keeps the precision that the
 * expression had which made it; no text and no JSON function but JSON_STORAGE_SIZE shows it.
 */
int um_json_expr(struct um_buf *sql, const char *text, size_t len, struct um_json_paths *paths,
                 unsigned column, const enum um_json_type *types, bool *written,
                 struct um_err *err);

#endif
