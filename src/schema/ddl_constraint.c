#include "schema/ddl_work.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* CHECK constraints of a table, and their names. */

/* MariaDB numbers unnamed checks within each table; in MySQL a schema has each name once. */
static bool is_numbered_name(const char *name)
{
    return name && strncasecmp(name, "CONSTRAINT_", 11) == 0 && name[11] &&
           strspn(name + 11, "0123456789") == strlen(name + 11);
}

static bool keeps_name(const struct um_ddl_target *to, const char *name)
{
    return name &&
           !(to->target_flavour == UM_MYSQL && um_target_crosses(to) && is_numbered_name(name));
}

/* MariaDB looks for the names of checks among those of unique indexes and foreign keys, too. */
static void judge_name(struct um_ddl_work *w, const char *name)
{
    for (size_t i = 0; i < w->d->part_count; i++) {
        const struct um_ddl_part *p = &w->d->parts[i];
        if ((p->kind == UM_DDL_UNIQUE || p->kind == UM_DDL_FOREIGN_KEY) && p->name &&
            strcasecmp(p->name, name) == 0) {
            um_ddl_block(w, "Give the check another name on the source.",
                         "MariaDB has each name once among a table's checks, unique indexes and "
                         "foreign keys");
            return;
        }
    }
}

bool um_ddl_check_constraint(struct um_ddl_work *w, const struct um_ddl_part *part,
                             struct um_buf *out)
{
    struct um_tokens t;
    char room[48];
    um_lex_again(part->text, &t);
    size_t check = 0;
    while (!um_tok_is(&t, check, "CHECK") || !um_tok_char(&t, check + 1, '('))
        check++;
    size_t end = um_tok_group_end(&t, check + 1);
    bool enforced = !um_tok_run(&t, end, "NOT ENFORCED");
    bool kept = enforced || um_target_has(w->to, 80016, 0);
    if (!kept) {
        um_ddl_warn(w, "Nothing: no server enforced it.",
                    "the check is left out: %s cannot hold one that is NOT ENFORCED",
                    um_ddl_target_name(w->to, room));
    } else {
        if (!um_target_has(w->to, 80016, 100201))
            um_ddl_block(w, "Drop the check on the source, or choose a newer target.",
                         "%s reads CHECK and does not enforce it", um_ddl_target_name(w->to, room));
        if (keeps_name(w->to, part->name)) {
            um_buf_str(out, "CONSTRAINT ");
            um_quote_ident(out, part->name);
            um_buf_char(out, ' ');
        }
        if (part->name && w->to->target_flavour == UM_MARIADB && um_target_crosses(w->to))
            judge_name(w, part->name);
        um_ddl_judge_check(w, &t, check + 1, end);
        um_ddl_expr(w, &t, check, end, out);
        um_buf_str(out, enforced ? "" : " NOT ENFORCED");
    }
    um_tokens_free(&t);
    return kept;
}

/* A column's own check never has a name. */
static bool column_has_check(const struct um_ddl_part *column)
{
    struct um_tokens t;
    struct um_clauses c;
    um_lex_again(column->text, &t);
    um_ddl_scan_column(&t, &c);
    bool has = um_clause_find(&c, UM_CL_CHECK) != NULL;
    free(c.items);
    um_tokens_free(&t);
    return has;
}

/* MySQL numbers those without a name: t_chk_1, t_chk_2. */
void um_ddl_check_names(const struct um_ddl *d, const struct um_ddl_target *to,
                        struct um_strv *names)
{
    unsigned made = 0;
    if (!um_target_has(to, 80016, 0))
        return;
    for (size_t i = 0; i < d->part_count; i++) {
        const struct um_ddl_part *p = &d->parts[i];
        if (p->kind == UM_DDL_CHECK && keeps_name(to, p->name)) {
            um_strv_add(names, p->name);
        } else if (p->kind == UM_DDL_CHECK || (p->kind == UM_DDL_COLUMN && column_has_check(p))) {
            char *name = um_sprintf("%s_chk_%u", to->name, ++made);
            um_strv_add(names, name);
            free(name);
        }
    }
}
