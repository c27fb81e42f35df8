#include "copy/load_rows.h"

#include <inttypes.h>

#include "base/clock.h"
#include "mysql/literal.h"

/* MySQL finds no default for a generated NOT NULL geometry, unless it is asked for by name. */
static bool wants_default(const struct um_column *c)
{
    return c->generated != UM_NOT_GENERATED && !c->nullable && c->type == UM_T_GEOMETRY;
}

static void add_load(struct um_buf *sql, const struct um_job_table *t)
{
    um_buf_str(sql, "LOAD DATA LOCAL INFILE 'unmoor' INTO TABLE ");
    um_quote_table(sql, t->target_schema, t->target_name);
    um_buf_str(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\'"
                    " LINES TERMINATED BY '\\n' (");
    struct um_buf set = {0};
    size_t n = 0;
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct um_column *from = &t->source->columns[i];
        if (wants_default(from)) {
            um_buf_str(&set, set.len ? "," : " SET ");
            um_quote_ident(&set, from->name);
            um_buf_str(&set, "=DEFAULT");
        }
        if (!um_column_writable(from))
            continue;
        const struct um_column *to = um_rows_target_column(t, i);
        um_buf_str(sql, n ? "," : "");
        um_column_load_item(sql, to, n);
        size_t before = set.len;
        um_buf_str(&set, set.len ? "," : " SET ");
        if (!um_column_load_set(&set, to, n))
            set.len = before;
        n++;
    }
    um_buf_char(sql, ')');
    um_buf_add(sql, set.data, set.len);
    um_buf_free(&set);
}

int um_load_rows_ask(struct um_conn *target, const struct um_job_table *t, bool begin,
                     struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, begin ? "START TRANSACTION; " : "");
    add_load(&sql, t);
    int result = um_multi_send(target, sql.data, sql.len, err);
    um_buf_free(&sql);
    return result;
}

/*
 * LOAD DATA LOCAL turns errors into warnings and skips duplicates. So the counts decide: every
 * row arrived, and there is no warning beyond those that ENUM's error value always gives.
 */
static int check_load(struct um_conn *target, const struct um_rows_reader *rows,
                      const struct um_load_result *loaded, struct um_err *err)
{
    if (loaded->records == rows->rows && !loaded->skipped && !loaded->deleted &&
        loaded->warnings == rows->expected_warnings)
        return 0;
    struct um_buf text = {0};
    um_warnings_text(target, &text);
    um_fail(err, UM_E_COPY_REFUSED,
            "the target took %" PRIu64 " of %" PRIu64 " rows, skipped %" PRIu64
            ", and warned %" PRIu64 " times: %s",
            loaded->records - loaded->skipped, rows->rows, loaded->skipped, loaded->warnings,
            text.len ? text.data : "(no text)");
    um_buf_free(&text);
    return -1;
}

struct source {
    struct um_rows_reader *rows;
    int64_t us;
};

static int read_text(void *context, char *room, unsigned size, struct um_err *err)
{
    struct source *s = context;
    int64_t begun = um_now_us();
    int read = um_rows_read_text(s->rows, room, size, err);
    s->us += um_now_us() - begun;
    return read;
}

int um_load_rows(struct um_conn *target, bool begin, struct um_rows_reader *rows,
                 int64_t *source_us, struct um_err *err)
{
    struct source source = {.rows = rows};
    struct um_load_result loaded;
    int result = um_load(target, begin, read_text, &source, &loaded, err);
    *source_us += source.us;
    return result == 0 ? check_load(target, rows, &loaded, err) : -1;
}

static int no_rows(void *context, char *room, unsigned size, struct um_err *err)
{
    (void)room;
    (void)size;
    *err = *(const struct um_err *)context;
    return -1;
}

void um_load_no_rows(struct um_conn *target, bool begin, const struct um_err *err)
{
    struct um_load_result ignored;
    struct um_err failed, why = *err;
    um_load(target, begin, no_rows, &why, &ignored, &failed);
}
