#include "job/job.h"

#include <stdlib.h>

#include "base/log.h"

/* Rows are the same whatever an index keeps of them. */
static const struct um_ddl_part *first(const struct um_ddl *ddl, bool columns)
{
    const struct um_ddl_part *part = um_ddl_hangs_on_time_zone(ddl, 0);
    while (part && (part->kind == UM_DDL_COLUMN) != columns)
        part = um_ddl_hangs_on_time_zone(ddl, (size_t)(part - ddl->parts) + 1);
    return part;
}

int um_job_check_generated_times(const struct um_job *job, const struct um_ddl *ddl,
                                 const char *schema, const char *name, struct um_err *err)
{
    const struct um_ddl_part *column = first(ddl, true), *index = first(ddl, false);
    if (column && !job->source_in_utc)
        return um_fail(err, UM_E_GENERATED_TIMES,
                       "`%s`.`%s`, column `%s`: its values hang on the time zone of the session "
                       "that writes a row, which is not always UTC on the source",
                       schema, name, column->name);
    if (column || index)
        um_warn("`%s`.`%s`, %s `%s`: the target keeps there what sessions in UTC would write.",
                schema, name, column ? "column" : "index", (column ? column : index)->name);
    return 0;
}

static bool holds_the_same(const struct um_column *a, const struct um_column *b)
{
    return a->type == b->type && a->is_unsigned == b->is_unsigned && a->length == b->length &&
           a->precision == b->precision && a->scale == b->scale &&
           a->fixed_scale == b->fixed_scale && a->fsp == b->fsp;
}

bool um_job_rounds_generated(const struct um_job_table *t)
{
    bool generated = false;
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct um_column *from = &t->source->columns[i];
        int at = um_table_column(t->target, from->name);
        if (!um_column_writable(from))
            generated = true;
        else if (at < 0 || !holds_the_same(from, &t->target->columns[at]))
            return false;
    }
    return generated;
}
