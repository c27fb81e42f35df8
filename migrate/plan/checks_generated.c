#include "plan/check.h"

#include <stdlib.h>
#include <string.h>

static void collect(const struct um_table *t, struct um_list *seen)
{
    struct um_err err = {0};
    struct um_ddl *ddl = um_ddl_parse(t->create_sql, &err);
    const struct um_ddl_part *part = ddl ? um_ddl_hangs_on_time_zone(ddl, 0) : NULL;
    for (; part; part = um_ddl_hangs_on_time_zone(ddl, (size_t)(part - ddl->parts) + 1))
        um_list_add(seen, "%s.%s %s %s", t->schema, t->name,
                    part->kind == UM_DDL_COLUMN ? "column" : "index", part->name ? part->name : "");
    um_ddl_delete(ddl); /* another check tells of a text that cannot be read */
}

static bool is_utc(const struct um_side *s)
{
    return s->zone_known && s->zone_minutes[0] == 0 && s->zone_minutes[1] == 0;
}

static bool collect_sessions(const struct um_table *t, struct um_list *seen)
{
    struct um_err err = {0};
    struct um_ddl *ddl = um_ddl_parse(t->create_sql, &err);
    const char *variable;
    bool day = false;
    const struct um_ddl_part *part = ddl ? um_ddl_hangs_on_session(ddl, 0, &variable) : NULL;
    for (; part; part = um_ddl_hangs_on_session(ddl, (size_t)(part - ddl->parts) + 1, &variable)) {
        um_list_add(seen, "%s.%s column %s (%s)", t->schema, t->name, part->name, variable);
        day |= strcmp(variable, "timestamp") == 0;
    }
    um_ddl_delete(ddl);
    return day;
}

void um_check_generated_sessions(struct um_plan *p)
{
    struct um_list seen = {0};
    bool day = false;
    for (size_t i = 0; i < p->tables.count; i++)
        day |= collect_sessions(p->tables.items[i], &seen);
    if (seen.count == 0)
        um_check_pass(p, UM_CHECK_TABLES_GENERATED_SESSIONS, "none does");
    else if (!day)
        um_check_add(p, UM_CHECK_TABLES_GENERATED_SESSIONS, UM_WARN, um_list_end(&seen),
                     um_strdup("Nothing, if no session that writes these tables sets the variable. "
                               "verify tells afterwards whether the values are equal."));
    else
        um_check_add(
            p, UM_CHECK_TABLES_GENERATED_SESSIONS, UM_BLOCK, um_list_end(&seen),
            um_strdup("On the source, make what hangs on timestamp an ordinary column "
                      "(ALTER TABLE … MODIFY without GENERATED), or VIRTUAL and without an "
                      "index; or drop it for the time of the migration."));
}

/* Where new sessions are in UTC, the application may be, too. */
void um_check_generated_times(struct um_plan *p, const struct um_facts *f)
{
    struct um_list seen = {0};
    for (size_t i = 0; i < p->tables.count; i++)
        collect(p->tables.items[i], &seen);
    if (seen.count == 0)
        um_check_pass(p, UM_CHECK_TABLES_GENERATED_TIMES, "none does");
    else if (is_utc(&f->source.side))
        um_check_add(p, UM_CHECK_TABLES_GENERATED_TIMES, UM_WARN, um_list_end(&seen),
                     um_strdup("Nothing, if no session that writes these tables sets its "
                               "time_zone: the source's is UTC, as the target's will be. verify "
                               "tells afterwards whether the values are equal."));
    else
        um_check_add(p, UM_CHECK_TABLES_GENERATED_TIMES, UM_BLOCK, um_list_end(&seen),
                     um_strdup("On the source, make such a column an ordinary one (ALTER TABLE … "
                               "MODIFY without GENERATED), or VIRTUAL and without an index; or "
                               "drop it for the time of the migration."));
}
