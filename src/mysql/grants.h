#ifndef UM_MYSQL_GRANTS_H
#define UM_MYSQL_GRANTS_H

#include "mysql/server.h"

/*
 * Private to this folder: what um_grants_read is made of. Pure.
 */

/* `patterns`: % and _ in the schema names of grants are wildcards (not with partial_revokes). */
struct um_grants *um_grants_new(const char *account, bool patterns);
/* One line of SHOW GRANTS. Lines about roles, proxies and routines add nothing. */
void um_grants_add_line(struct um_grants *g, const char *line);

#endif
