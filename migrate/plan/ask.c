#include "plan/ask.h"

#include <strings.h>

int um_ask(struct um_conn *c, struct um_resultset **r, struct um_err *err, const char *sql)
{
    *r = um_query(c, err, "%s", sql);
    if (*r)
        return 1;
    if (um_err_is_lost(err))
        return -1;
    um_err_clear(err);
    return 0;
}

int um_ask_names(struct um_conn *c, struct um_strv *out, struct um_err *err, const char *sql)
{
    struct um_resultset *r;
    const char *const *row;
    const unsigned long *lengths;
    int answered = um_ask(c, &r, err, sql), more;
    if (answered <= 0)
        return answered;
    struct um_buf name = {0};
    while ((more = um_result_next(r, &row, &lengths, err)) == 1) {
        um_buf_clear(&name);
        for (unsigned i = 0; i < um_result_columns(r); i++) {
            if (i)
                um_buf_char(&name, '.');
            um_buf_str(&name, row[i] ? row[i] : "");
        }
        um_strv_add(out, name.data ? name.data : "");
    }
    um_buf_free(&name);
    um_result_close(r);
    return more < 0 ? -1 : 1;
}

const char *um_ask_column(const struct um_resultset *r, const char *const *row, const char *name,
                          const char *older)
{
    for (unsigned i = 0; i < um_result_columns(r); i++) {
        const char *column = um_result_column_name(r, i);
        if (strcasecmp(column, name) == 0 || (older && strcasecmp(column, older) == 0))
            return row[i] ? row[i] : "";
    }
    return "";
}

void um_ask_in(struct um_buf *sql, const struct um_strv *values)
{
    um_buf_str(sql, " IN (");
    for (size_t i = 0; i < values->count; i++) {
        if (i)
            um_buf_char(sql, ',');
        um_quote_text(sql, values->items[i]);
    }
    if (values->count == 0)
        um_buf_str(sql, "''");
    um_buf_char(sql, ')');
}
