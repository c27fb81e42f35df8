#include "schema/ddl_statement_reader.h"

#include <string.h>

static const struct object {
    const char *word;
    enum um_sql_kind made, dropped;
} objects[] = {
    {"VIEW", UM_SQL_VIEW, UM_SQL_DROP_VIEW},
    {"TRIGGER", UM_SQL_TRIGGER, UM_SQL_TRIGGER},
    {"PROCEDURE", UM_SQL_ROUTINE, UM_SQL_DROP_ROUTINE},
    {"FUNCTION", UM_SQL_ROUTINE, UM_SQL_DROP_ROUTINE},
    {"EVENT", UM_SQL_EVENT, UM_SQL_DROP_EVENT},
    {"DATABASE", UM_SQL_CREATE_DATABASE, UM_SQL_DROP_DATABASE},
    {"SCHEMA", UM_SQL_CREATE_DATABASE, UM_SQL_DROP_DATABASE},
};

/* Nothing but whether the event fires, which each server has to say for itself. */
static bool only_switches(struct um_sql_reader *r)
{
    static const char *const switches[] = {"ENABLE", "DISABLE ON SLAVE", "DISABLE ON REPLICA",
                                           "DISABLE", NULL};
    return um_sql_take_any(r, switches) && r->i == r->t.count;
}

enum um_sql_kind um_sql_read_object(struct um_sql_reader *r, enum um_sql_role role)
{
    for (size_t k = 0; k < sizeof objects / sizeof *objects; k++) {
        const struct object *o = &objects[k];
        if (!um_sql_take(r, o->word))
            continue;
        r->out->object = o->made == UM_SQL_CREATE_DATABASE ? "DATABASE" : o->word;
        um_sql_take_if(r);
        enum um_sql_kind kind = role == UM_SQL_DROPS ? o->dropped : o->made;
        if (kind == UM_SQL_DROP_VIEW)
            return um_sql_read_list(r, role, kind);
        if (o->made != UM_SQL_CREATE_DATABASE) {
            if (!um_sql_take_name(r, role))
                return UM_SQL_UNKNOWN;
            if (kind == UM_SQL_EVENT && role == UM_SQL_ALTERS && only_switches(r))
                return UM_SQL_UPKEEP;
            /* A function of a library is no schema's. */
            bool loadable =
                o->made == UM_SQL_ROUTINE && um_sql_at(r, "RETURNS") && role == UM_SQL_CREATES;
            for (size_t i = r->i; loadable && i < r->t.count; i++) {
                if (um_tok_is(&r->t, i, "SONAME"))
                    return UM_SQL_UPKEEP;
            }
            return kind;
        }
        if (kind == UM_SQL_CREATE_DATABASE && role == UM_SQL_ALTERS)
            kind = UM_SQL_ALTER_DATABASE;
        /* ALTER DATABASE may leave the name out. */
        static const char *const options[] = {"DEFAULT", "CHARACTER", "CHARSET",
                                              "COLLATE", "READ",      "ENCRYPTION",
                                              "COMMENT", "UPGRADE",   NULL};
        size_t before = r->i;
        if (kind == UM_SQL_ALTER_DATABASE && um_sql_take_any(r, options)) {
            r->i = before;
            struct um_sql_name *n = um_sql_add_name(r, role);
            n->schema = um_strdup(r->how->schema);
            n->name = um_strdup("");
            return kind;
        }
        return um_sql_take_schema(r, role) ? kind : UM_SQL_UNKNOWN;
    }
    return UM_SQL_UNKNOWN;
}
