#include "plan/sequences.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "schema/ddl.h"

/* A name in backticks, malloc'd; NULL where there is none. */
static char *read_name(const char **at)
{
    if (**at != '`')
        return NULL;
    const char *end = um_skip_quoted(*at);
    struct um_buf name = {0};
    for (const char *p = *at + 1; p + 1 < end; p++) {
        um_buf_char(&name, *p);
        if (*p == '`')
            p++;
    }
    *at = end;
    return name.len ? um_buf_take(&name) : NULL;
}

/* The servers print NEXT VALUE FOR and PREVIOUS VALUE FOR as these, and always with the schema. */
static size_t function_length(const char *p)
{
    static const char *const functions[] = {"nextval(", "lastval(", "setval("};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strncasecmp(p, functions[i], strlen(functions[i])) == 0)
            return strlen(functions[i]);
    }
    return 0;
}

static void uses_of_column(const struct um_table *t, const struct um_ddl_part *column,
                           um_sequence_use *use, void *context)
{
    const char *p = column->text;
    while (*p) {
        size_t length = function_length(p);
        if (length) {
            p += length;
            char *first = read_name(&p), *second = NULL;
            if (first && *p == '.') {
                p++;
                second = read_name(&p);
            }
            if (first)
                use(context, t, column->name, second ? first : t->schema, second ? second : first);
            free(first);
            free(second);
        } else if (*p == '\'' || *p == '`') {
            p = um_skip_quoted(p);
        } else {
            p++;
        }
    }
}

void um_sequence_uses(const struct um_table *t, um_sequence_use *use, void *context)
{
    if (!t->create_sql || !strcasestr(t->create_sql, "val("))
        return;
    struct um_err err = {0};
    struct um_ddl *ddl = um_ddl_parse(t->create_sql, &err);
    for (size_t i = 0; ddl && i < ddl->part_count; i++) {
        if (ddl->parts[i].kind == UM_DDL_COLUMN)
            uses_of_column(t, &ddl->parts[i], use, context);
    }
    um_ddl_delete(ddl);
}
