#ifndef UM_BINLOG_JSON_DIFF_H
#define UM_BINLOG_JSON_DIFF_H

#include "base/buf.h"
#include "binlog/json_reader.h"

/*
 * What PARTIAL_UPDATE_ROWS has in place of a JSON document: how it differs from the one before.
 * A sequence of
 *     operation (REPLACE 0, INSERT 1, REMOVE 2), length and text of a path,
 *     and, unless REMOVE, length and bytes of a binary JSON document,
 * lengths being length-encoded integers. Nothing at all: the document is what it was.
 *
 *   REPLACE puts the value in the place of the one that the path leads to.
 *   INSERT adds a key that is not there yet to an object, or shifts an array's elements; an index
 *     beyond the array's ends means its beginning or its end.
 *   REMOVE takes a key, or an element, out.
 *
 * Sources: MySQL sql-common/json_diff.cc (read_json_diff, apply_json_diff), json_path.cc.
 */

/*
 * Turns the document before into the one after. The bytes that come out are the arena's, or those
 * that came in when there is no difference. UM_E_JSON_MALFORMED for bytes that are no differences,
 * and for such as do not fit the document: then it is not what the source had.
 */
int um_json_diff_apply(struct um_json_text *document, const uint8_t *diffs, size_t len,
                       struct um_arena *arena, struct um_err *err);

#endif
