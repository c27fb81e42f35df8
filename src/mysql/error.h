#ifndef UM_MYSQL_ERROR_H
#define UM_MYSQL_ERROR_H

#include "base/err.h"

/*
 * From the error numbers of servers and client libraries to the rows of errors.def. Pure.
 * Numbers: MySQL "Server Error Message Reference" and "Client Error Message Reference"; MariaDB
 * KB, "MariaDB Error Code Reference".
 */

/* Which error a number and its text are, on the source or on the target. */
enum um_err_id um_server_error(bool target, unsigned code, const char *text);

/* The same for errors that end a replication stream (always the source's). */
enum um_err_id um_stream_error(unsigned code, const char *text);

/* Fills err: "WHERE: error CODE: TEXT"; returns -1. The part of a syntax error's text that quotes
   the statement is left out when the statement (may be NULL) carries row values. */
int um_server_fail(struct um_err *err, enum um_err_id id, const char *where, unsigned code,
                   const char *text, const char *sql);

#endif
