#ifndef UM_MYSQL_STOPPABLE_H
#define UM_MYSQL_STOPPABLE_H

#include "mysql/conn.h"

/*
 * A statement that may take hours, such as building an index, and that a request to stop the
 * process ends: a second session kills it. Fails with UM_E_STOPPED then; the server undoes what
 * the statement had begun.
 */
int um_exec_stoppable(struct um_conn *c, const char *sql, size_t len, struct um_err *err);

#endif
