#ifndef MIGRATE_FOLLOW_STATEMENT_SCOPE_H
#define MIGRATE_FOLLOW_STATEMENT_SCOPE_H

#include "binlog/event.h"
#include "job/job.h"
#include "schema/ddl_statement.h"

/*
 * Does a statement in the binlog concern the job? In doubt it does: nothing that is not understood
 * is passed over.
 */
enum um_scope {
    UM_SCOPE_ELSEWHERE,         /* accounts, maintenance, objects outside of the job */
    UM_SCOPE_CONCERNS_JOB,      /* DDL on what the job moves */
    UM_SCOPE_CREATED,           /* a table whose rows follow, and that the job has by now */
    UM_SCOPE_ROWS_AS_STATEMENT, /* INSERT, UPDATE, DELETE … in statement format */
};
/* `within`: as a part of a transaction. */
enum um_scope um_statement_scope(const struct um_job *job, const struct um_query *q, bool within);

#endif
