#include "binlogs/group.h"

#include <string.h>
#include <strings.h>

static bool is_word(const struct um_query *q, const char *word)
{
    size_t len = strlen(word);
    return q->statement_len >= len && strncasecmp(q->statement, word, len) == 0 &&
           (q->statement_len == len || q->statement[len] == ' ' || q->statement[len] == ';');
}

enum um_statement_kind um_statement_kind(const struct um_read_event *e)
{
    struct um_err ignored = {0};
    struct um_query q;
    if (e->ev->type != UM_EV_QUERY || um_event_query(e->format, e->ev, &q, &ignored) != 0)
        return UM_STATEMENT_OTHER;
    if (is_word(&q, "BEGIN") || is_word(&q, "START TRANSACTION") || is_word(&q, "XA START"))
        return UM_STATEMENT_BEGIN;
    if (is_word(&q, "SAVEPOINT") || is_word(&q, "RELEASE SAVEPOINT") ||
        is_word(&q, "ROLLBACK TO") || is_word(&q, "XA END"))
        return UM_STATEMENT_INNER;
    if (is_word(&q, "COMMIT") || is_word(&q, "ROLLBACK"))
        return UM_STATEMENT_END;
    return UM_STATEMENT_OTHER;
}

static bool is_gtid(uint8_t type)
{
    return type == UM_EV_GTID || type == UM_EV_ANONYMOUS_GTID || type == UM_EV_GTID_TAGGED ||
           type == UM_EV_MARIA_GTID;
}

static bool is_about_the_file(uint8_t type)
{
    switch (type) {
    case UM_EV_FORMAT_DESCRIPTION:
    case UM_EV_ROTATE:
    case UM_EV_STOP:
    case UM_EV_PREVIOUS_GTIDS:
    case UM_EV_HEARTBEAT:
    case UM_EV_HEARTBEAT_V2:
    case UM_EV_SLAVE:
    case UM_EV_MARIA_GTID_LIST:
    case UM_EV_MARIA_CHECKPOINT:
    case UM_EV_MARIA_START_ENCRYPTION:
        return true;
    default:
        return false;
    }
}

static bool opens(const struct um_read_event *e)
{
    struct um_err ignored = {0};
    struct um_gtid_event g;
    if (e->ev->type == UM_EV_MARIA_GTID) /* stands for BEGIN, unless a lone statement follows */
        return um_event_gtid(e->format, e->ev, &g, &ignored) == 0 && !g.standalone;
    return um_statement_kind(e) == UM_STATEMENT_BEGIN;
}

static bool closes(const struct um_grouping *g, const struct um_read_event *e)
{
    switch (e->ev->type) {
    case UM_EV_XID:
    case UM_EV_XA_PREPARE:
        return true;
    case UM_EV_QUERY:
        return !g->transaction || um_statement_kind(e) == UM_STATEMENT_END;
    case UM_EV_EXECUTE_LOAD_QUERY:
        return !g->transaction;
    default:
        return false;
    }
}

enum um_group_place um_group_step(struct um_grouping *g, const struct um_read_event *e)
{
    uint8_t type = e->ev->type;
    if (is_about_the_file(type) || (type == UM_EV_IGNORABLE && !g->inside)) {
        /* A transaction is never divided between files; a relay log's can be, around the format
           descriptions and rotations of its own. */
        return UM_GROUP_OUTSIDE;
    }
    enum um_group_place place = is_gtid(type) || !g->inside ? UM_GROUP_BEGINS : UM_GROUP_WITHIN;
    if (place == UM_GROUP_BEGINS)
        *g = (struct um_grouping){.inside = true};
    if (opens(e))
        g->transaction = true;
    if (closes(g, e))
        *g = (struct um_grouping){0};
    return place;
}
