#ifndef MIGRATE_STATE_STATE_H
#define MIGRATE_STATE_STATE_H

#include "base/mem.h"
#include "change/position.h"
#include "config/config.h"
#include "mysql/conn.h"
#include "mysql/range.h"
#include "state/skip.h"
#include "state/throttle.h"

/*
 * The job's state: a few tables in `state.schema` on the target, so that any machine can resume
 * the job and read its status.
 *
 *   job           one row per job: phase, owner's epoch, what it was configured as
 *   job_table     one row per table: what the source looked like, how far its copy is
 *   job_snapshot  the positions at which chunks were read
 *   job_chunk     the manifest: one row per finished chunk, written in the chunk's transaction
 *   job_progress  one row: the source's position up to which everything is applied
 *   job_applied   one row per batch of transactions that is applied beyond it (state/applied.h)
 *   job_object    views, routines and events that the job made
 *   job_prepared  the row changes of transactions that XA prepared and nobody decided yet
 *   job_model     what the source's tables were as of the applied position
 *   job_ddl       the DDL that is under way, see state/ddl.h
 *   job_hold      a verification's request to stop the applier at a position
 *   job_conflict  row changes that were overwritten or passed over (state/conflict.h)
 *   job_stopped   what the job stopped at, and
 *   job_skip      what it may pass over (state/skip.h)
 *   job_throttle  why its work waits (state/throttle.h)
 *   job_order     tables that are to be copied again (state/order.h)
 *   job_repair    rows that a verification has repaired (state/repair.h)
 *   job_cutover   how far the last cutover has come (cutover/journal.h), and
 *   job_cutover_step  what was done
 *   job_verdict  what the last verification of all rows has found
 *   job_added     tables that joined beside those of the configuration (state/added.h)
 *   job_verified  what a verification that was stopped had compared (state/verified.h)
 *
 * Fencing. The owner holds GET_LOCK('unmoor.JOB'), and every start raises job.epoch. Whatever an
 * owner commits names its epoch, so one that lost the lock without noticing cannot write.
 *
 * Versions. job.version says in which layout the job's state is written. A later one than this
 * program's is refused, an earlier one is read, and raised when the job is taken over
 * (state/schema.h has the steps).
 *   1  the first
 *   2  job_conflict, job_stopped, job_skip
 *   3  job_chunk.checksum, job_throttle
 *   4  job_order, job_repair
 *   5  job_cutover, job_cutover_step, job_verdict, job_added, job_verified, job_model.generation
 */
enum {
    UM_STATE_VERSION = 5,
    UM_STATE_VERSION_THROTTLE = 3,
    UM_STATE_VERSION_ORDER = 4,
    UM_STATE_VERSION_REPAIR = 4,
    UM_STATE_VERSION_CUTOVER = 5,
    UM_STATE_VERSION_ADDED = 5,
    UM_STATE_VERSION_VERIFIED = 5,
};

enum um_phase {
    UM_PHASE_COPY,   /* tables are created and copied */
    UM_PHASE_FINISH, /* every chunk is there; indexes, keys, views and routines follow */
    UM_PHASE_FOLLOW, /* the stream is applied */
    UM_PHASE_SYNCED, /* stopped in step with the source; triggers and AUTO_INCREMENT are in place */
};
const char *um_phase_name(enum um_phase phase);

enum um_table_state {
    UM_TABLE_PENDING,  /* nothing of ours is on the target */
    UM_TABLE_CREATING, /* being created or emptied: what is there may be ours, half-done */
    UM_TABLE_CREATED,  /* the table is there; chunks may be */
    UM_TABLE_COPIED,   /* every chunk is there */
    UM_TABLE_FOLLOWED, /* DDL came by: the stream is behind its copy, and its model tells what it is
                        */
    UM_TABLE_LEFT,     /* DDL took it away while chunks of others were of later snapshots: a name */
};
const char *um_table_state_name(enum um_table_state state);

struct um_state_snapshot {
    uint32_t id;
    struct um_position at;
    int64_t log_born; /* as in the progress, to which the first one's goes */
    int64_t lock_us;  /* how long writes were held up; 0 where they were not */
    char *method;
};

struct um_state_chunk {
    uint64_t id;
    uint32_t table_id, snapshot_id;
    struct um_bound lo, hi;
    uint64_t rows, bytes;
    /* Of its rows (checksum/row_hash.h), which the target was seen to have; else it was not looked.
     */
    bool has_checksum;
    uint64_t checksum_high, checksum_low;
};

struct um_state_table {
    uint32_t id;
    char *schema, *name;
    enum um_table_state state;
    /* The source's, AUTO_INCREMENT=… aside: a change means DDL happened. Empty: it has yet to be
       read, or (FOLLOWED) is told by the model alone. */
    char *create_sql;
    /* As JSON, what the source's table was as of the applied position, or of its snapshot, once it
       is COPIED. See job/model.h. */
    char *model;
    uint64_t rows_estimate, rows_copied, bytes_copied, rows_checked;
    struct um_state_chunk *chunks; /* only with um_state_load(…, true) */
    size_t chunk_count, chunk_cap;
};

static inline bool um_state_is_copied(const struct um_state_table *t)
{
    return t->state >= UM_TABLE_COPIED;
}

struct um_state_object {
    char *kind; /* as in DROP: "VIEW", "FUNCTION" … */
    char *schema, *name;
};

struct um_state_progress {
    bool exists;
    struct um_position at;
    int64_t log_born; /* when the file of `at` was created, source's clock, s; 0: not known */
    uint64_t transactions, changes;                 /* in batches that are folded into it */
    uint64_t transactions_applied, changes_applied; /* all; only read */
    int64_t commit_us;  /* source's clock at the position's transaction */
    int64_t applied_us; /* target's clock when the position was recorded */
    int64_t seen_us;    /* target's clock when the owner last said that it is alive */
};

/* All of it, as read in one go. */
struct um_state_data {
    bool exists; /* the job has state */
    unsigned version;
    uint64_t identity, epoch;
    enum um_phase phase;
    char *source_uuid, *origin, *error;
    struct um_state_table *tables; /* by id; those of dropped tables are missing */
    size_t table_count;
    struct um_strv left; /* schema, name, schema, name … of UM_TABLE_LEFT, which are no tables */
    struct um_state_snapshot *snapshots; /* by id, from 1 */
    size_t snapshot_count;
    struct um_state_object *objects;
    size_t object_count;
    struct um_state_progress progress;
    struct um_stopped stopped;
    uint64_t conflicts; /* recorded in job_conflict */
    bool running;       /* somebody holds the job's lock */
    bool verifying;     /* a verification of it is under way */
    struct um_throttlings throttled;
    struct um_strv orders; /* schema, name, schema, name … of tables to be copied again */
    struct um_strv adding; /* likewise, of tables that are to join */
    struct um_strv added;  /* likewise, that have; they outlive a job that begins anew */
};
void um_state_data_clear(struct um_state_data *d);

/* Reads without changing anything; an absent schema or job is not an error. */
int um_state_load(struct um_conn *c, const struct um_config *config, bool with_chunks,
                  struct um_state_data *out, struct um_err *err);

/* What is applied, and nothing else: the progress row's position. */
int um_state_load_position(struct um_conn *c, const struct um_config *config,
                           struct um_position *out, struct um_err *err);

struct um_state;

/* Takes the job's lock on a connection of its own: UM_E_JOB_RUNNING (exit 10) when it is taken. */
struct um_state *um_state_lock(const struct um_config *config, struct um_err *err);
/* Without the lock, and of no epoch: for who reads, and gives orders. */
struct um_state *um_state_look(const struct um_config *config, struct um_err *err);
void um_state_close(struct um_state *s); /* gives the lock back */
struct um_conn *um_state_conn(struct um_state *s);
const struct um_config *um_state_config(const struct um_state *s);
uint64_t um_state_epoch(const struct um_state *s);
/* Is the lock still ours? Asks the server. */
int um_state_check(struct um_state *s, struct um_err *err);

/* The lock on a new connection when the old one is gone; fails when another instance took the job
   over meanwhile. */
int um_state_reconnect(struct um_state *s, struct um_err *err);
/* The same, and the epoch raised, so that nothing of any connection lost so far can commit any
   more: before the state is read again. */
int um_state_revive(struct um_state *s, struct um_err *err);

/* Creates schema and tables, and the job's rows: one for each table. */
struct um_state_new {
    uint64_t identity;
    const char *source_uuid;
    struct um_state_table *tables; /* schema, name, create_sql, rows_estimate */
    size_t table_count;
};
int um_state_create(struct um_state *s, const struct um_state_new *job, struct um_err *err);
/* Takes an existing job over: raises the epoch and, where it is older, the layout's version. */
int um_state_take_over(struct um_state *s, struct um_err *err);
/* Removes the job's rows, and schema and tables when no other job is left. */
int um_state_remove(struct um_state *s, struct um_err *err);
/* For a job that begins anew: its rows, but what was added to its tables. */
int um_state_remove_for_anew(struct um_state *s, struct um_err *err);

int um_state_set_phase(struct um_state *s, enum um_phase phase, struct um_err *err);
/* The text of the error that stopped the job, for `status`; NULL clears it. */
int um_state_set_error(struct um_state *s, const struct um_err *error, struct um_err *err);
/* Records that the job is about to make this object: --restart drops what is recorded. */
int um_state_add_object(struct um_state *s, const char *kind, const char *schema, const char *name,
                        struct um_err *err);
/* Forgets the chunks of a table that is to be copied anew. */
int um_state_forget_chunks(struct um_state *s, uint32_t table_id, struct um_err *err);
/* A table that joins the job, to be created and copied. */
int um_state_add_table(struct um_state *s, const struct um_state_table *t, struct um_err *err);
/* The table is another one by now: in place of what is recorded it is to be created, and copied,
   by this definition. */
int um_state_replace_table(struct um_state *s, const struct um_state_table *t,
                           const char *create_sql, uint64_t rows_estimate, struct um_err *err);
/* The table is none of the job's any more. */
int um_state_remove_table(struct um_state *s, uint32_t table_id, struct um_err *err);
/* Records a snapshot; the job's first one is also where the applier will start. Returns its id. */
int um_state_add_snapshot(struct um_state *s, struct um_state_snapshot *snapshot,
                          struct um_err *err);
/* The lowest chunk id not used yet. */
int um_state_next_chunk(struct um_state *s, uint64_t *id, struct um_err *err);

/* On the worker's own connection, which takes several statements in a packet, inside its
   transaction: a chunk that is there, or NULL, and that its table is copied, or NULL. Its model is
   what the source's table is: from now on the catalogue there may be ahead of what is applied. */
struct um_state_copied {
    uint32_t table_id;
    const char *model;
};
int um_state_put_copied(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                        const struct um_state_chunk *chunk, const struct um_state_copied *table,
                        struct um_err *err);
/* Of many tables in one statement, which needs no transaction. */
int um_state_set_tables(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                        const uint32_t *ids, size_t count, enum um_table_state state,
                        struct um_err *err);
int um_state_put_progress(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                          const struct um_state_progress *p, struct um_err *err);
/* On a connection that has no transaction open: the owner is alive. */
int um_state_put_alive(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                       struct um_err *err);

/* "`schema`.`table`" of a state table. */
void um_state_name(struct um_buf *b, const struct um_config *config, const char *table);

#endif
