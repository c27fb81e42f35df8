#include "target/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "mysql/stoppable.h"

static int build_group(struct um_conn *ddl, const struct um_job_table *t, enum um_ddl_group group,
                       const struct um_strv *present, struct um_err *err)
{
    struct um_strv statements = {0};
    int result = um_ddl_later(t->ddl, &t->to, group, present, &statements, err);
    for (size_t i = 0; result == 0 && i < statements.count; i++) {
        result = um_exec_stoppable(ddl, statements.items[i], strlen(statements.items[i]), err);
        if (result == 0)
            result = um_fault(UM_FAULT_FINISH_AFTER_INDEX, err);
    }
    um_strv_clear(&statements);
    return result;
}

int um_target_build_indexes(struct um_conn *ddl, const struct um_job_table *t,
                            const struct um_strv *present, bool unique, struct um_err *err)
{
    int result = build_group(ddl, t, UM_DDL_GROUP_PLAIN, present, err);
    if (result == 0 && unique)
        result = build_group(ddl, t, UM_DDL_GROUP_UNIQUE, present, err);
    if (result == 0)
        result = build_group(ddl, t, UM_DDL_GROUP_SPECIAL, present, err);
    return result == 0 ? 0
                       : um_fail_in(err, "building the indexes of `%s`.`%s`", t->target_schema,
                                    t->target_name);
}

int um_target_build_foreign_keys(struct um_conn *ddl, const struct um_job_table *t,
                                 const struct um_strv *present, struct um_err *err)
{
    return build_group(ddl, t, UM_DDL_GROUP_FOREIGN, present, err) == 0
               ? 0
               : um_fail_in(err, "adding the foreign keys of `%s`.`%s`", t->target_schema,
                            t->target_name);
}

/* The CREATE text is read live, information_schema may be a day old. 0: the table is not there, or
   has no counter. */
static int read_counter(struct um_conn *c, const char *schema, const char *table, uint64_t *next,
                        struct um_err *err)
{
    enum { NO_SUCH_TABLE = 1146 };
    struct um_buf sql = {0};
    um_buf_str(&sql, "SHOW CREATE TABLE ");
    um_quote_table(&sql, schema, table);
    struct um_resultset *rows = um_query(c, err, "%s", sql.data);
    um_buf_free(&sql);
    const char *const *v;
    const unsigned long *l;
    *next = 0;
    int result = rows ? um_result_next(rows, &v, &l, err) : -1;
    if (result > 0) {
        const char *counter = strstr(um_job_table_options(v[1]), " AUTO_INCREMENT=");
        *next = counter ? strtoull(counter + 16, NULL, 10) : 0;
    }
    um_result_close(rows);
    if (result < 0 && err->server_code == NO_SUCH_TABLE) {
        um_err_clear(err); /* the source is ahead: the stream will tell */
        return 0;
    }
    return result < 0 ? -1 : 0;
}

/* Rows that are applied move the target's counter, too: most are equal, and to alter a table takes
   many times as long as to look at it. */
static int set_counter(struct um_conn *source, struct um_conn *ddl, const struct um_job_table *t,
                       struct um_err *err)
{
    uint64_t wanted, there = 0;
    int result = read_counter(source, t->source->schema, t->source->name, &wanted, err);
    if (result == 0 && wanted)
        result = read_counter(ddl, t->target_schema, t->target_name, &there, err);
    if (result == 0 && wanted && wanted != there) {
        struct um_buf sql = {0};
        um_buf_str(&sql, "ALTER TABLE ");
        um_quote_table(&sql, t->target_schema, t->target_name);
        um_buf_fmt(&sql, " AUTO_INCREMENT=%" PRIu64, wanted);
        result = um_exec_bytes(ddl, sql.data, sql.len, err);
        um_buf_free(&sql);
    }
    return result < 0 ? um_fail_in(err, "carrying over AUTO_INCREMENT of `%s`.`%s`",
                                   t->target_schema, t->target_name)
                      : 0;
}

int um_target_set_auto_increment(struct um_job *job, struct um_conn *ddl, struct um_err *err)
{
    struct um_conn *source = um_conn_open(&job->config->source, err);
    int result = source ? 0 : -1;
    for (size_t i = 0; result == 0 && i < job->table_count; i++) {
        const struct um_job_table *t = &job->tables[i];
        bool has = false;
        for (size_t c = 0; c < t->source->column_count; c++)
            has |= t->source->columns[c].auto_increment;
        if (has)
            result = set_counter(source, ddl, t, err);
    }
    um_conn_close(source);
    return result;
}
