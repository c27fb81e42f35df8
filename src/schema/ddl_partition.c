#include "schema/ddl_work.h"

/* `ENGINE = x`, `DATA DIRECTORY = 'x'` inside a partition: the token behind, or i if it is none. */
static size_t option_end(const struct um_tokens *t, size_t i, const char *name, size_t words)
{
    if (!um_tok_run(t, i, name))
        return i;
    size_t value = i + words + um_tok_char(t, i + words, '=');
    if (um_tok_kind(t, value, UM_TOK_CHAR) || value >= t->count)
        return i;
    return value + 1;
}

static void drop(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to)
{
    struct um_buf text = {0};
    um_tok_copy(t, from, to, &text);
    um_ddl_warn(w, "Nothing, if the partition's place on disk does not matter.",
                "%s is left out: it names a place on the source's machine", text.data);
    um_buf_free(&text);
}

/* What each server writes about a partition that has no meaning on another: its place. */
static size_t place_end(const struct um_tokens *t, size_t i)
{
    size_t end = option_end(t, i, "DATA DIRECTORY", 2);
    if (end == i)
        end = option_end(t, i, "INDEX DIRECTORY", 2);
    if (end == i)
        end = option_end(t, i, "TABLESPACE", 1);
    if (end == i)
        end = option_end(t, i, "NODEGROUP", 1);
    return end;
}

static void judge(struct um_ddl_work *w, const struct um_tokens *t, size_t i)
{
    bool mysql = w->to->target_flavour == UM_MYSQL;
    char room[48];
    if (mysql && um_tok_run(t, i, "BY SYSTEM_TIME"))
        um_ddl_block(w, "Exclude the table, or drop its system versioning on the source.",
                     "MySQL has no partitions by system time");
    if (um_tok_is(t, i, "PARTITION") && um_tok_is(t, i + 2, "DEFAULT") &&
        !um_target_has(w->to, 0, 100202))
        um_ddl_block(w, "Replace the partition on the source by one with values.",
                     "%s has no DEFAULT partition", um_ddl_target_name(w->to, room));
}

/* A stretch that was not rewritten; what stood before it may have been. */
static void copy(struct um_ddl_work *w, const struct um_tokens *t, size_t from, size_t to,
                 struct um_buf *out)
{
    if (from < to && !um_tok_char(t, from, ',') && !um_tok_char(t, from, ')') &&
        out->data[out->len - 1] != '\n')
        um_buf_char(out, ' ');
    um_ddl_expr(w, t, from, to, out);
}

/*
 * PARTITION BY … as the source prints it, but for the engine and the place of each partition.
 * Which partition a row falls into can differ between servers (KEY hashes by collation), which
 * rows there are cannot.
 */
void um_ddl_partitions(struct um_ddl_work *w, const struct um_tokens *t, size_t from,
                       struct um_buf *out)
{
    size_t done = from;
    w->kind = "table option", w->name = "PARTITION BY";
    um_buf_char(out, '\n');
    for (size_t i = from; i < t->count; i++) {
        size_t engine = option_end(t, i, "ENGINE", 1), place = place_end(t, i);
        judge(w, t, i);
        if (engine == i && place == i)
            continue;
        copy(w, t, done, i, out);
        if (engine != i)
            um_buf_str(out, " ENGINE = InnoDB");
        else
            drop(w, t, i, place);
        done = engine != i ? engine : place;
        i = done - 1;
    }
    copy(w, t, done, t->count, out);
}
