#include "follow/assembler.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "binlog/event_info.h"
#include "binlog/event_reader.h"
#include "follow/map_fit.h"
#include "follow/row_changes.h"
#include "follow/statement_scope.h"
#include "follow/statement_session.h"

struct um_assembler {
    const struct um_job *job;
    const struct um_coverage *coverage;
    const bool *aside; /* by the tables' index */
    um_assembler_emit *emit;
    void *context;
    size_t fragment_bytes;

    struct um_event_reader *events;

    /* The transaction at hand. */
    struct um_txn *txn; /* NULL between transactions */
    bool in_transaction, had_changes, first_fragment;
    char *xid;                 /* of an XA transaction: its changes wait until they are decided */
    struct um_gtid_event gtid; /* of the transaction that began or comes */
    bool gtid_pending;
    uint64_t sequence;     /* transactions begun */
    uint64_t begin_offset; /* of the last that was begun */
    bool by_gtid;          /* the dump began at a GTID set */
    int64_t log_born;      /* of the file at hand; 0 until its own format description has come */
};

struct um_assembler *um_assembler_new(const struct um_job *job, const struct um_coverage *coverage,
                                      const bool *aside, const struct um_position *from,
                                      size_t fragment_bytes, um_assembler_emit *emit, void *context)
{
    struct um_assembler *a = um_alloc(sizeof *a);
    a->job = job;
    a->coverage = coverage;
    a->aside = aside;
    a->emit = emit;
    a->context = context;
    a->fragment_bytes = fragment_bytes;
    a->events = um_event_reader_new(UM_READ_STREAM, from->file, from->offset);
    a->by_gtid = from->gtids && !um_gtid_set_empty(from->gtids);
    return a;
}

void um_assembler_delete(struct um_assembler *a)
{
    if (!a)
        return;
    um_txn_delete(a->txn);
    free(a->xid);
    um_event_reader_delete(a->events);
    free(a);
}

/* ---- transactions ---- */

static struct um_txn *fragment(struct um_assembler *a)
{
    if (a->txn)
        return a->txn;
    struct um_txn *t = um_txn_new();
    t->kind = a->xid ? UM_TXN_XA_PREPARE : UM_TXN_ROWS;
    t->xid = a->xid ? um_strdup(a->xid) : NULL;
    t->first = a->first_fragment;
    a->first_fragment = false;
    t->sequence = a->sequence;
    t->begin_offset = a->begin_offset;
    t->gtid = a->gtid.gtid;
    t->commit_us = a->gtid.commit_us;
    t->last_committed = a->gtid.last_committed;
    t->sequence_number = a->gtid.sequence_number;
    snprintf(t->file, sizeof t->file, "%s", um_event_reader_file(a->events));
    t->log_born = a->log_born;
    a->txn = t;
    return t;
}

static int hand_over(struct um_assembler *a, bool last)
{
    struct um_txn *t = fragment(a);
    t->last = last;
    t->end_offset = um_event_reader_offset(a->events);
    t->bytes = sizeof *t + t->arena.held + t->change_cap * sizeof *t->changes;
    a->txn = NULL;
    return a->emit(a->context, t) == 0 ? 0 : 1;
}

static void begin(struct um_assembler *a)
{
    if (a->in_transaction)
        return;
    a->in_transaction = true;
    a->first_fragment = true;
    a->had_changes = false;
    a->sequence++;
    a->begin_offset = um_event_reader_offset(a->events);
}

static void begin_xa(struct um_assembler *a, char *xid)
{
    free(a->xid);
    a->xid = xid;
    begin(a);
}

static int end(struct um_assembler *a, const struct um_event *ev)
{
    begin(a);
    struct um_txn *t = fragment(a);
    if (!t->commit_us)
        t->commit_us = (int64_t)ev->timestamp * 1000000;
    int result = hand_over(a, true);
    a->in_transaction = a->gtid_pending = false;
    a->gtid = (struct um_gtid_event){0};
    free(a->xid);
    a->xid = NULL;
    return result;
}

/* A distributed transaction that commits without having been prepared is like any other, but that
   what went ahead of its end is kept already. */
static int end_committed(struct um_assembler *a, const struct um_event *ev)
{
    if (!a->xid)
        return end(a, ev);
    struct um_txn *t = fragment(a);
    if (t->first) {
        t->kind = UM_TXN_ROWS;
        return end(a, ev);
    }
    int result = hand_over(a, false);
    fragment(a)->kind = UM_TXN_XA_COMMIT;
    return result == 0 ? end(a, ev) : result;
}

static int end_decided(struct um_assembler *a, const struct um_event *ev, enum um_txn_kind kind,
                       char *xid)
{
    begin_xa(a, xid);
    fragment(a)->kind = kind;
    return end(a, ev);
}

/* Between transactions the position moves too: over rotations, format descriptions, heartbeats. */
static int mark_position(struct um_assembler *a)
{
    if (a->in_transaction || a->gtid_pending)
        return 0;
    /* What the server sends to get to the set's transactions lies before the position. */
    if (a->by_gtid && a->sequence == 0)
        return 0;
    a->first_fragment = true;
    return hand_over(a, true);
}

static int unsupported(struct um_assembler *a, const struct um_event *ev, struct um_err *err)
{
    char text[512];
    um_event_describe(ev, text, sizeof text);
    return um_fail(err, UM_E_FOLLOW_EVENT,
                   "event %s (type %u), which this version does not follow: %s",
                   um_event_name(ev->type), ev->type, text);
    (void)a;
}

/* ---- row events ---- */

/* Are the rows that come in the copy already, or their table gone by then? They may be of another
   definition than what is known of it. */
static bool is_copied(const struct um_assembler *a, const struct um_job_table *table,
                      const char *schema, const char *name)
{
    const struct um_place here = {.file = um_event_reader_file(a->events),
                                  .offset = um_event_reader_offset(a->events),
                                  .gtid = &a->gtid.gtid};
    enum um_side side = table ? um_coverage_side(a->coverage, table, here)
                              : um_coverage_side_of_unknown(a->coverage, schema, name, here);
    return side == UM_SIDE_LATER;
}

/* Its definition is changing: the rows that come are of another than is known. */
static bool is_aside(const struct um_assembler *a, const struct um_job_table *table)
{
    return a->aside && a->aside[table->index];
}

/* The job's table that a map is of is what is noted with it. */
static int on_table_map(struct um_assembler *a, const struct um_read_event *e, struct um_err *err)
{
    if (*e->note)
        return 0;
    const char *schema = um_table_map_schema(e->map), *name = um_table_map_name(e->map);
    const struct um_job_table *table = um_job_find(a->job, schema, name);
    bool wanted = table || um_config_wants(a->job->config, schema, name);
    if (wanted && is_copied(a, table, schema, name))
        return 0;
    if (!table && wanted)
        return um_fail(err, UM_E_SOURCE_DDL,
                       "table `%s`.`%s` is included by the configuration and was not there when "
                       "the job began",
                       schema, name);
    *e->note = table;
    if (!table || is_aside(a, table))
        return 0;
    if (um_map_fits(e->map, table->source, err) != 0)
        return -1;
    for (size_t i = 0; i < table->source->column_count; i++)
        um_table_map_set_fsp(e->map, i, table->source->columns[i].fsp);
    return 0;
}

static int on_rows(struct um_assembler *a, const struct um_read_event *e, struct um_err *err)
{
    /* A statement that ends in a filtered table is closed by an event of no table at all. */
    const struct um_job_table *followed = e->map ? *e->note : NULL;
    if (!followed)
        return 0;
    begin(a);
    if (is_aside(a, followed)) {
        fragment(a)->set_aside = true;
        return 0;
    }

    /* Values borrow from the event, so its bytes live as long as the fragment. */
    const struct um_table *table = followed->source;
    struct um_txn *t = fragment(a);
    struct um_event own = *e->ev;
    own.body = um_arena_dup(&t->arena, own.body, own.body_len);
    struct um_rows rows;
    int result = um_rows_open(&rows, e->format, &own, e->map, err);
    rows.arena = &t->arena;
    if (result == 0)
        result = um_row_changes(&rows, table, e->format->mariadb, um_event_reader_offset(a->events),
                                t, err);
    if (result != 0)
        return um_fail_in(err, "table `%s`.`%s`", table->schema, table->name);
    a->had_changes |= t->change_count > 0;
    return t->arena.used > a->fragment_bytes ? hand_over(a, false) : 0;
}

/* ---- statements ---- */

static bool is_word(const struct um_query *q, const char *word)
{
    size_t len = strlen(word);
    return q->statement_len >= len && strncasecmp(q->statement, word, len) == 0 &&
           (q->statement_len == len || q->statement[len] == ' ' || q->statement[len] == ';');
}

/* What follows the words, malloc'd: an XID as the server prints it. */
static char *rest_of(const struct um_query *q, const char *words)
{
    size_t len = strlen(words);
    return q->statement_len < len ? um_strdup("")
                                  : um_memdup(q->statement + len, q->statement_len - len);
}

static int emit_statement(struct um_assembler *a, const struct um_event *ev,
                          const struct um_query *q)
{
    bool within = a->in_transaction;
    begin(a);
    struct um_txn *t = fragment(a);
    t->kind = UM_TXN_DDL;
    t->within = within;
    t->statement = um_memdup(q->statement, q->statement_len);
    t->statement_len = q->statement_len;
    um_statement_session(&t->session, q, ev, um_event_reader_format(a->events)->mariadb);
    if (!t->commit_us)
        t->commit_us = (int64_t)ev->timestamp * 1000000;
    hand_over(a, true);
    return 1; /* what follows is read once the statement has run: by other models of the tables */
}

static int on_query(struct um_assembler *a, const struct um_event *ev, struct um_err *err)
{
    struct um_query q;
    if (um_event_query(um_event_reader_format(a->events), ev, &q, err) != 0)
        return -1;
    /* In two phases: the first comes before rows of the old definition, and tells nothing that the
       second does not. */
    if (a->gtid.maria_alter_start || a->gtid.maria_alter_rollback)
        return end(a, ev);
    if (is_word(&q, "BEGIN")) {
        begin(a);
        return 0;
    }
    if (is_word(&q, "XA START")) {
        begin_xa(a, rest_of(&q, "XA START "));
        return 0;
    }
    if (is_word(&q, "COMMIT"))
        return end_committed(a, ev);
    if (is_word(&q, "SAVEPOINT") || is_word(&q, "XA END") || is_word(&q, "RELEASE SAVEPOINT"))
        return 0;
    if (is_word(&q, "XA COMMIT"))
        return end_decided(a, ev, UM_TXN_XA_COMMIT, rest_of(&q, "XA COMMIT "));
    if (is_word(&q, "XA ROLLBACK"))
        return end_decided(a, ev, UM_TXN_XA_ROLLBACK, rest_of(&q, "XA ROLLBACK "));
    if (is_word(&q, "ROLLBACK") && !a->had_changes)
        return end(a, ev);

    switch (um_statement_scope(a->job, &q, a->in_transaction)) {
    case UM_SCOPE_ELSEWHERE:
        return a->in_transaction ? 0 : end(a, ev);
    case UM_SCOPE_CREATED:
        begin(a);
        return 0;
    case UM_SCOPE_CONCERNS_JOB:
        return emit_statement(a, ev, &q);
    case UM_SCOPE_ROWS_AS_STATEMENT:
        break;
    }
    return um_fail(err, UM_E_FOLLOW_STATEMENT,
                   "rows were changed by a statement instead of by row events "
                   "(binlog_format is not ROW in that session): %.*s",
                   (int)(q.statement_len > 300 ? 300 : q.statement_len), q.statement);
}

/* ---- the rest ---- */

static int on_gtid(struct um_assembler *a, const struct um_event *ev, struct um_err *err)
{
    if (um_event_gtid(um_event_reader_format(a->events), ev, &a->gtid, err) != 0)
        return -1;
    a->gtid_pending = true;
    /* MariaDB's stands for BEGIN too, unless a lone statement follows. */
    if (a->gtid.maria_xa_prepared) {
        struct um_buf xid = {0};
        um_xid_print(&a->gtid.maria_xid, &xid);
        begin_xa(a, um_buf_take(&xid));
    } else if (ev->type == UM_EV_MARIA_GTID && !a->gtid.standalone) {
        begin(a);
    }
    return 0;
}

static int on_xa_prepare(struct um_assembler *a, const struct um_event *ev, struct um_err *err)
{
    struct um_xa_prepare prepare;
    if (um_event_xa_prepare(ev, &prepare, err) != 0)
        return -1;
    return prepare.one_phase ? end_committed(a, ev) : end(a, ev);
}

/* A dump that begins within a file sends its format description without a position, and one of an
   earlier file before it has found the set: neither tells of the file at hand. */
static int on_format(struct um_assembler *a, const struct um_event *ev)
{
    a->log_born = ev->log_pos ? ev->timestamp : 0;
    return mark_position(a);
}

static int dispatch(void *context, const struct um_read_event *e, struct um_err *err)
{
    struct um_assembler *a = context;
    const struct um_event *ev = e->ev;
    switch (ev->type) {
    case UM_EV_ROTATE:
        a->log_born = 0;
        return 0;
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
    case UM_EV_GTID_TAGGED:
    case UM_EV_MARIA_GTID:
        return on_gtid(a, ev, err);
    case UM_EV_QUERY:
        return on_query(a, ev, err);
    case UM_EV_TABLE_MAP:
        return on_table_map(a, e, err);
    case UM_EV_XID:
        return end_committed(a, ev);
    case UM_EV_XA_PREPARE:
        return on_xa_prepare(a, ev, err);
    case UM_EV_FORMAT_DESCRIPTION:
        return on_format(a, ev);
    case UM_EV_PREVIOUS_GTIDS:
    case UM_EV_MARIA_GTID_LIST:
    case UM_EV_MARIA_CHECKPOINT:
    case UM_EV_STOP:
    case UM_EV_HEARTBEAT:
    case UM_EV_HEARTBEAT_V2:
        return mark_position(a);
    case UM_EV_ROWS_QUERY:
    case UM_EV_MARIA_ANNOTATE:
    case UM_EV_TRANSACTION_CONTEXT:
    case UM_EV_VIEW_CHANGE:
    case UM_EV_IGNORABLE:
        return 0;
    case UM_EV_INTVAR:
    case UM_EV_RAND:
    case UM_EV_USER_VAR:
        return 0; /* they belong to the statement that follows, which is judged by itself */
    default:
        if (um_event_is_rows(ev->type))
            return on_rows(a, e, err);
        if (ev->flags & UM_EVENT_FLAG_IGNORABLE)
            return 0;
        return unsupported(a, ev, err);
    }
}

int um_assembler_feed(struct um_assembler *a, const uint8_t *bytes, size_t len, struct um_err *err)
{
    int result = um_event_reader_feed(a->events, bytes, len, dispatch, a, err);
    return result < 0 ? um_fail_in(err, "binlog %s:%" PRIu64, um_event_reader_file(a->events),
                                   um_event_reader_offset(a->events))
                      : result;
}
