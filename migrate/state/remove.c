#include <string.h>

#include "base/fault.h"
#include "state/schema.h"
#include "state/sql.h"
#include "state/state.h"

/* A job's state goes. */

/* All of them or none: rows without their job would be in the way of one that begins. */
static int remove_rows(struct um_state *s, const char *but, struct um_err *err)
{
    /* An older version's state lacks tables. */
    if (um_state_schema_upgrade(um_state_conn(s), um_state_config(s), 0, UM_STATE_VERSION, err) !=
            0 ||
        um_exec(um_state_conn(s), err, "START TRANSACTION") != 0)
        return -1;
    for (size_t i = 0; um_state_schema_table(i); i++) {
        struct um_buf sql = {0};
        if (but && strcmp(um_state_schema_table(i), but) == 0)
            continue;
        um_buf_str(&sql, "DELETE FROM ");
        um_state_name(&sql, um_state_config(s), um_state_schema_table(i));
        um_sql_job(&sql, um_state_config(s));
        if (um_sql_run(um_state_conn(s), &sql, err) != 0)
            return -1;
    }
    return um_fault(UM_FAULT_STATE_BEFORE_REMOVAL, err) == 0
               ? um_exec(um_state_conn(s), err, "COMMIT")
               : -1;
}

int um_state_remove_for_anew(struct um_state *s, struct um_err *err)
{
    return remove_rows(s, "job_added", err);
}

int um_state_remove(struct um_state *s, struct um_err *err)
{
    if (remove_rows(s, NULL, err) != 0)
        return -1;
    struct um_buf sql = {0};
    um_buf_str(&sql, "SELECT (SELECT COUNT(*) FROM ");
    um_state_name(&sql, um_state_config(s), "job");
    um_buf_str(&sql, ") + (SELECT COUNT(*) FROM ");
    um_state_name(&sql, um_state_config(s), "job_added");
    um_buf_char(&sql, ')');
    uint64_t others = 0;
    int result = um_query_uint(um_state_conn(s), &others, err, "%s", sql.data);
    um_buf_free(&sql);
    if (result == 0 && others == 0)
        result = um_state_schema_drop(um_state_conn(s), um_state_config(s), err);
    return result;
}
