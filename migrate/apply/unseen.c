#include "apply/unseen.h"

#include <stdlib.h>

#include "copy/rows.h"
#include "mysql/literal.h"

static bool assigns_document(const struct um_row_change *c, size_t i)
{
    return um_column_writable(&c->table->source->columns[i]) && c->after[i].kind != UM_V_ABSENT &&
           !um_value_same(&c->before[i], &c->after[i]) &&
           um_rows_target_column(c->table, i)->type == UM_T_JSON;
}

bool um_unseen_update(const struct um_row_change *c)
{
    for (size_t i = 0; i < c->table->source->column_count; i++) {
        if (assigns_document(c, i))
            return true;
    }
    return false;
}

bool um_unseen_in_two(const struct um_row_change *c, struct um_row_change *goes,
                      struct um_row_change *comes, struct um_value **row)
{
    size_t count = c->table->source->column_count;
    for (size_t i = 0; i < count; i++) {
        if (um_column_writable(&c->table->source->columns[i]) && c->before[i].kind == UM_V_ABSENT)
            return false;
    }
    *row = um_alloc_array(count, sizeof **row);
    for (size_t i = 0; i < count; i++)
        (*row)[i] = c->after[i].kind == UM_V_ABSENT ? c->before[i] : c->after[i];
    *goes = *comes = *c;
    goes->flags = comes->flags |= UM_CHANGE_NO_FOREIGN_KEYS;
    goes->op = UM_ROW_DELETE;
    goes->after = NULL;
    comes->op = UM_ROW_INSERT;
    comes->before = NULL;
    comes->after = *row;
    return true;
}

int um_unseen_disturb(struct um_buf *sql, const struct um_row_change *c, struct um_err *err)
{
    um_buf_str(sql, "UPDATE ");
    um_quote_table(sql, c->table->target_schema, c->table->target_name);
    const char *comma = " SET ";
    for (size_t i = 0; i < c->table->source->column_count; i++) {
        if (!assigns_document(c, i))
            continue;
        const char *name = um_rows_target_column(c->table, i)->name;
        um_buf_str(sql, comma);
        um_quote_ident(sql, name);
        um_buf_str(sql, "=JSON_ARRAY(");
        um_quote_ident(sql, name);
        um_buf_char(sql, ')');
        comma = ",";
    }
    um_buf_str(sql, " WHERE ");
    return um_statement_where(sql, c, err);
}
