#include "dump/filter.h"

static enum um_filter_verdict frame(const struct um_filter *f)
{
    return f->shown ? UM_FILTER_PRINT : UM_FILTER_DROP;
}

static enum um_filter_verdict judge_query(const struct um_filter *f, const struct um_read_event *e)
{
    switch (um_statement_kind(e)) {
    case UM_STATEMENT_BEGIN:
        return UM_FILTER_HOLD;
    case UM_STATEMENT_INNER:
    case UM_STATEMENT_END:
        return frame(f);
    default:
        return UM_FILTER_PRINT;
    }
}

static enum um_filter_verdict judge(const struct um_filter *f, const struct um_read_event *e)
{
    switch (e->ev->type) {
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
    case UM_EV_GTID_TAGGED:
    case UM_EV_MARIA_GTID:
        return UM_FILTER_HOLD;
    case UM_EV_ROWS_QUERY:
    case UM_EV_MARIA_ANNOTATE:
        return UM_FILTER_HOLD_STATEMENT;
    case UM_EV_XID:
    case UM_EV_XA_PREPARE:
        return frame(f);
    case UM_EV_QUERY:
        return judge_query(f, e);
    default:
        break;
    }
    if (e->map)
        return um_patterns_match(f->patterns, um_table_map_schema(e->map),
                                 um_table_map_name(e->map))
                   ? UM_FILTER_PRINT
                   : UM_FILTER_DROP;
    return um_event_is_rows(e->ev->type) ? frame(f) : UM_FILTER_PRINT;
}

enum um_filter_verdict um_filter_event(struct um_filter *f, const struct um_read_event *e,
                                       enum um_group_place place)
{
    if (f->patterns->count == 0)
        return UM_FILTER_PRINT;
    if (place == UM_GROUP_OUTSIDE)
        return UM_FILTER_DROP;
    if (place == UM_GROUP_BEGINS)
        f->shown = false;
    enum um_filter_verdict verdict = judge(f, e);
    if (verdict == UM_FILTER_PRINT)
        f->shown = true;
    return verdict;
}
