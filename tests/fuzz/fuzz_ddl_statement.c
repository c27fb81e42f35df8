#include "schema/ddl_statement.h"
/* links: um_schema um_base */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Input: one byte that chooses server and sql_mode, then a statement. Names lie within the text
 * that was kept, and what is made of a table's statement is read as the same again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wanted(void *context, const char *schema, const char *name)
{
    (void)context;
    return strlen(schema) + strlen(name) > 20;
}

static void made_key(void *context, const struct um_foreign_key *fk, bool of_column)
{
    (void)context;
    (void)of_column;
    UM_ASSERT(fk->parent_schema && fk->parent_table);
}

static void read_again(const struct um_sql *s, const struct um_sql_reading *how)
{
    struct um_buf out = {0}, why = {0};
    struct um_sql again;
    if (um_sql_transactional(s, how, &out, &why)) {
        um_sql_read(out.data, out.len, how, &again);
        UM_ASSERT(again.kind == s->kind && again.name_count == s->name_count);
        for (size_t i = 0; i < s->name_count; i++)
            UM_ASSERT(strcmp(again.names[i].schema, s->names[i].schema) == 0 &&
                      strcmp(again.names[i].name, s->names[i].name) == 0 &&
                      again.names[i].role == s->names[i].role);
        um_sql_clear(&again);
    } else {
        UM_ASSERT(why.len);
    }
    um_buf_free(&out);
    um_buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    static const struct um_sql_reading servers[] = {
        {.flavour = UM_MYSQL, .version = 50624},
        {.flavour = UM_MYSQL, .version = 90704},
        {.flavour = UM_MARIADB, .version = 100529},
        {.flavour = UM_MARIADB, .version = 110806},
    };
    struct um_sql_reading how = servers[data[0] & 3];
    how.schema = "d";
    how.sql_mode =
        (data[0] & 4 ? UM_MODE_ANSI_QUOTES : 0) | (data[0] & 8 ? UM_MODE_NO_BACKSLASH_ESCAPES : 0);
    how.fold_names = data[0] & 16;
    how.charset_client = data[0] & 32 ? 8 : 45;
    const char *text = (const char *)data + 1;
    struct um_sql s;
    um_sql_read(text, size - 1, &how, &s);
    for (size_t i = 0; i < s.name_count; i++)
        UM_ASSERT(s.names[i].at + s.names[i].len <= strlen(s.text));
    if (s.kind >= UM_SQL_CREATE_TABLE && s.kind <= UM_SQL_DROP_INDEX)
        read_again(&s, &how);
    char *what = NULL;
    UM_ASSERT(um_sql_fills_anew(&s, &how, &what) == (what != NULL));
    free(what);
    um_sql_goes_by_order(&s, &how);
    um_sql_versions(&s, &how);
    um_sql_foreign_keys(&s, &how, made_key, NULL);
    um_sql_clear(&s);
    um_sql_mentions(text, size - 1, &how, wanted, NULL);
    return 0;
}
