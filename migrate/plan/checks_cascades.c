#include "plan/check.h"

#include <stdlib.h>

#include "schema/cascades.h"

bool um_cascades_by_sql_layer(const struct um_side *s)
{
    return s->server->flavour == UM_MYSQL && s->server->version >= 90600 &&
           um_variable_off(um_variable(&s->variables, "innodb_native_foreign_keys"));
}

static void list(void *circles, const struct um_table *child, const struct um_foreign_key *closing)
{
    um_list_add(circles, "%s.%s to %s.%s", child->schema, child->name, closing->parent_schema,
                closing->parent_table);
}

void um_check_cascades(struct um_plan *p, const struct um_facts *f)
{
    if (um_cascades_by_sql_layer(&f->source.side)) {
        um_check_pass(p, UM_CHECK_TABLES_CASCADES, "the source logs what they do");
        return;
    }
    if (!um_cascades_by_sql_layer(&f->target.side)) {
        um_check_pass(p, UM_CHECK_TABLES_CASCADES, "the target's engine carries them out");
        return;
    }
    struct um_list circles = {0};
    um_cascade_circles((const struct um_table *const *)p->tables.items, p->tables.count, list,
                       &circles);
    bool found = circles.count > 0;
    char *text = um_list_end(&circles);
    if (found)
        um_check_add(
            p, UM_CHECK_TABLES_CASCADES, UM_BLOCK,
            um_sprintf("foreign keys that cascade in a circle, closed by %s, and "
                       "innodb_native_foreign_keys=OFF on the target",
                       text),
            um_sprintf("Start the target with innodb_native_foreign_keys=ON, a line of its "
                       "configuration file, for as long as the source is followed."));
    else
        um_check_pass(p, UM_CHECK_TABLES_CASCADES, "none in a circle");
    free(text);
}
