#ifndef MIGRATE_COPY_JSON_TYPES_H
#define MIGRATE_COPY_JSON_TYPES_H

#include "copy/json_expr.h"
#include "job/job.h"

/*
 * What of the documents in a range text would not bring back, asked of the source by
 * JSON_TYPE(JSON_EXTRACT(…)) for the paths that um_json_paths has collected. MySQL knows no other
 * way since 5.7 that is cheap and exact: JSON_TABLE came later, costs several times as much, and
 * as EXISTS (…) is evaluated once for all rows.
 *
 * The session must be inside its snapshot and have no result open.
 */

/* A column that goes from JSON to JSON and is written by the copy. */
bool um_json_carried(const struct um_job_table *t, size_t column);
bool um_json_any_carried(const struct um_job_table *t);

struct um_json_range {
    struct um_conn *source;
    const struct um_job_table *table;
    const struct um_bound *lo, *hi;
    const char *from; /* " FROM … WHERE …": these rows instead of the range; NULL: the range */
};

/* Paths of this many are asked about at once; a set that is full means the range is too long. */
void um_json_paths_begin(struct um_json_paths *paths);

/* For paths that are not full: marks those that are typed and tells whether any is. */
int um_json_types_ask(const struct um_json_range *r, struct um_json_paths *paths, bool *typed,
                      struct um_err *err);

/* Collects the paths of the rows, which have to be few, and asks about them. */
int um_json_types_of(const struct um_json_range *r, struct um_json_paths *paths, bool *typed,
                     struct um_err *err);

/*
 * Cuts the range into parts whose paths are few enough, and gives each part with its paths, asked
 * about. part() returns 1 to end it there.
 */
typedef int um_json_part(void *context, const struct um_json_range *part, bool typed,
                         struct um_err *err);
int um_json_types_parts(const struct um_json_range *r, struct um_json_paths *paths,
                        um_json_part *part, void *context, struct um_err *err);

/* More items for a select list, ",…" each: the types at the typed paths of a column; one for each
   JSON column that has any. */
void um_json_types_select(struct um_buf *sql, const struct um_job_table *t,
                          const struct um_json_paths *paths);
/* How many typed paths a column has. */
size_t um_json_types_count(const struct um_json_paths *paths, unsigned column);
/* Such an item's value into types[count]; -1 if there are not as many. */
int um_json_types_read(const char *value, size_t len, enum um_json_type *types, size_t count);

#endif
