#include "plan/check.h"

#include <stdlib.h>

static void update_line(struct um_buf *mend, const struct um_unrounded *u)
{
    um_mend_line(mend, "UPDATE ");
    um_quote_table(mend, u->table->schema, u->table->name);
    for (size_t i = 0; i < u->columns.count; i++) {
        const struct um_column *c =
            &u->table->columns[um_table_column(u->table, u->columns.items[i])];
        um_buf_str(mend, i ? ", " : " SET ");
        um_quote_ident(mend, c->name);
        um_buf_str(mend, "=ROUND(");
        um_quote_ident(mend, c->name);
        um_buf_fmt(mend, ",%u)", c->scale);
    }
    um_buf_char(mend, ';');
}

static void tell_found(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    struct um_buf mend = {0};
    for (size_t i = 0; i < s->unrounded_count; i++) {
        const struct um_unrounded *u = &s->unrounded[i];
        for (size_t k = 0; k < u->columns.count; k++) {
            const struct um_column *c =
                &u->table->columns[um_table_column(u->table, u->columns.items[k])];
            um_list_add(&seen, "%s.%s.%s (%s)", u->table->schema, u->table->name, c->name,
                        c->column_type);
        }
        if (u->columns.count && seen.count <= UM_LIST_MAX)
            update_line(&mend, u);
    }
    if (seen.count == 0)
        return;
    um_mend_line(&mend, "On the source, if the further digits may go. Or make such a column a "
                        "plain FLOAT or DOUBLE there, which keeps them.");
    char *places = um_list_end(&seen);
    um_check_add(p, UM_CHECK_TABLES_ROUNDING, UM_BLOCK,
                 um_sprintf("values that are not rounded as their column says: %s", places),
                 um_buf_take(&mend));
    free(places);
}

static void tell_unread(struct um_plan *p, const struct um_source_facts *s)
{
    struct um_list seen = {0};
    for (size_t i = 0; i < s->unrounded_count; i++) {
        const struct um_unrounded *u = &s->unrounded[i];
        if (u->columns.count == 0)
            um_list_add(&seen, "%s.%s", u->table->schema, u->table->name);
    }
    if (seen.count == 0)
        return;
    char *places = um_list_end(&seen);
    um_check_add(p, UM_CHECK_TABLES_ROUNDING, UM_WARN,
                 um_sprintf("not every row could be looked at in time: %s", places),
                 um_strdup("Nothing, if statements have written these columns with their values. "
                           "A value that is not rounded stops the job when it comes to it."));
    free(places);
}

void um_check_rounding(struct um_plan *p, const struct um_facts *f)
{
    if (f->source.unrounded_count == 0)
        um_check_pass(p, UM_CHECK_TABLES_ROUNDING, "%s",
                      f->source.catalogue_read && f->source.unread.count == 0
                          ? "all of them"
                          : "all that could be read");
    tell_found(p, &f->source);
    tell_unread(p, &f->source);
}
