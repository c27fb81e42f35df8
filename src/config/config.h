#ifndef UM_CONFIG_CONFIG_H
#define UM_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/mem.h"
#include "config/endpoint.h"
#include <stdint.h>
#include <stdio.h>

/*
 * The configuration of a job. Every field is one row of options.def, from which the YAML reader,
 * flags, environment variables, --help, conf/full.yaml, the reference page and the man page come.
 *
 * Precedence: flag > environment > YAML > defaults file > built-in.
 */

enum um_existing { UM_EXISTING_REFUSE, UM_EXISTING_DROP, UM_EXISTING_EMPTY };
enum um_commit_order { UM_COMMIT_FREE, UM_COMMIT_SOURCE };
enum um_follow_ddl { UM_FOLLOW_DDL_APPLY, UM_FOLLOW_DDL_STOP, UM_FOLLOW_DDL_IGNORE };
enum um_on_conflict { UM_CONFLICT_STOP, UM_CONFLICT_OVERWRITE, UM_CONFLICT_SKIP };
enum um_lock_method { UM_LOCK_AUTO, UM_LOCK_GLOBAL, UM_LOCK_BACKUP, UM_LOCK_TABLES, UM_LOCK_NONE };
enum um_fence_method {
    UM_FENCE_READ_ONLY,
    UM_FENCE_SUPER_READ_ONLY,
    UM_FENCE_ACCOUNTS,
    UM_FENCE_HOOK
};
enum um_reverse { UM_REVERSE_ARMED, UM_REVERSE_OFF };
enum um_verify_lock { UM_VERIFY_LOCK_BRIEF, UM_VERIFY_LOCK_NEVER };
enum um_redo_log { UM_REDO_LOG_ON, UM_REDO_LOG_OFF };
enum um_definer { UM_DEFINER_KEEP, UM_DEFINER_CURRENT };

struct um_config {
    char *job;
    struct um_endpoint source, target;
    struct {
        struct um_strv include, exclude; /* "schema.table" with * and ? */
        /* Schema, name, schema, name … of tables that joined a job by order: they are in its state,
           whose reader sets it. NULL: none. */
        const struct um_strv *added;
    } tables;
    struct {
        unsigned threads;
        enum um_existing existing;
        int64_t chunk_time_us;       /* the time that one chunk should take */
        uint64_t chunk_rows_max;     /* upper bound of rows in a chunk */
        int64_t snapshot_max_age_us; /* 0: without bound */
        bool checksum;               /* a chunk is read back and compared before it commits */
        enum um_lock_method lock;
        int64_t lock_wait_us;      /* how long one attempt may hold up the application */
        int64_t lock_timeout_us;   /* how long to go on trying */
        enum um_redo_log redo_log; /* of the target, while it is copied to */
        enum um_definer definer;
    } copy;
    struct {
        unsigned workers;
        enum um_on_conflict on_conflict;
        struct um_strv on_conflict_tables; /* "schema.table=policy"; the first that matches */
        enum um_commit_order commit_order;
        enum um_follow_ddl ddl;
        uint64_t batch_rows; /* row changes per target transaction at most */
        uint64_t memory;     /* bytes of the queue between stream and applier */
    } apply;
    struct {
        int64_t heartbeat_us;
        unsigned server_id;           /* as a replica; 0: derived from the job's name */
        int64_t reconnect_timeout_us; /* how long to go on trying to reach a server again */
    } follow;
    struct {
        char *directory; /* NULL: none */
        uint64_t max_bytes;
    } spool;
    struct {
        unsigned threads;
        unsigned max_keys; /* differing keys listed per table */
        uint64_t chunk_rows_max;
        enum um_verify_lock lock;
    } verify;
    struct {
        struct um_strv replicas; /* see um_config_server */
        int64_t max_lag_us;
        uint64_t threads_running; /* 0: not looked at */
        char *query, *file;       /* NULL: none */
    } throttle;
    struct {
        int64_t timeout_us;         /* from the fence to the target's opening */
        int64_t max_lag_us;         /* with which the fence may be put up */
        int64_t max_transaction_us; /* age of the source's oldest open transaction */
        int64_t verified_within_us; /* 0: it need not be */
        enum um_fence_method fence;
        bool fence_may_be_lost;                 /* by a restart of the server */
        struct um_strv accounts;                /* of the application, "user@host" */
        char *probe_user, *probe_password_file; /* NULL: no probe */
        char *probe_password;                   /* what is in it; of unmoor cutover only */
        int64_t lock_wait_us;                   /* how long the fence may wait for locks */
        char *fence_hook, *switch_hook;         /* NULL: none */
        int64_t hook_timeout_us;
        enum um_reverse reverse;
        char *journal; /* the local file; NULL: unmoor-JOB-cutover.jsonl */
    } cutover;
    struct {
        char *schema; /* on the target */
    } state;
};

enum um_output { UM_OUTPUT_TEXT, UM_OUTPUT_JSON };
enum um_until { UM_UNTIL_FOREVER, UM_UNTIL_COPIED, UM_UNTIL_SYNCED };

/* What the command line says beside the configuration. */
struct um_cli {
    const char *command; /* "plan", "migrate", … ; NULL when none was given */
    char *config_file;
    enum um_output format;
    bool log_json, debug, help, version;
    enum um_until until;             /* migrate */
    bool restart;                    /* migrate */
    bool row, transaction;           /* ctl skip */
    char *reason;                    /* ctl throttle */
    char *report;                    /* verify: also write the JSON report to this file */
    bool repair, resume;             /* verify */
    bool execute, rehearse, retreat; /* cutover */
    bool back;                       /* cutover, verify, status: of the way back */
    unsigned sample;                 /* verify: percent; 0: not given, which is all */
    struct um_strv tables;           /* binlog dump: patterns; none: all tables */
    char *from, *to;                 /* binlog dump: places as written; NULL: not given */
    struct um_strv args;             /* explain: the ids; binlog dump: the files */
};

/*
 * Reads argv, the environment and the files they name; fills both. Secrets are read last, so a
 * wrong option is found before a password command runs. Errors: UM_E_USAGE_* (exit 2) and
 * UM_E_CONFIG_* (exit 3), with file, line and column where there is a file.
 * With --help or --version, and for commands that need none (explain), no config is read.
 */
int um_config_load(int argc, char **argv, struct um_cli *cli, struct um_config *c,
                   struct um_err *err);
void um_config_free(struct um_config *c); /* wipes secrets */
void um_cli_free(struct um_cli *cli);

/* The YAML reader alone (fuzzed): `name` is for error texts. Fills c with the built-in values and
   the text's, also when it fails; reads no other file, and asks for nothing that is required. */
int um_config_read_yaml(struct um_config *c, const char *name, const char *text, size_t len,
                        struct um_err *err);

/* A digest of what must not change between runs of one job (endpoints and threads may). */
uint64_t um_config_identity(const struct um_config *c);

/* Divides "host", "host:port" or "[address]:port"; *port is 0 where there is none. False: it is
   none of them. */
enum { UM_HOST_MAX = 255 };
bool um_config_server(const char *text, char host[UM_HOST_MAX + 1], unsigned *port);

/* follow.server_id, or the number derived from the job's name. */
uint32_t um_config_server_id(const struct um_config *c);
/* That of the job's spool, whose stream runs beside the follower's: derived from the job's name. */
uint32_t um_config_spool_server_id(const struct um_config *c);
/* The host name as which the job's stream registers with the source, "unmoor-JOB-…": the same at
   each start of the job, and of no other job, not even of one of that name with another target. */
enum { UM_REPLICA_NAME_MAX = 60 }; /* the servers' limit */
void um_config_replica_name(const struct um_config *c, char out[UM_REPLICA_NAME_MAX + 1]);

/* Does any of the patterns match, by itself? */
bool um_patterns_match(const struct um_strv *patterns, const char *schema, const char *table);

/* True when the table is included and not excluded, or was added to the job. System schemas never
   are. */
bool um_config_wants(const struct um_config *c, const char *schema, const char *table);

/* apply.on_conflict as it is for this table. */
enum um_on_conflict um_config_on_conflict(const struct um_config *c, const char *schema,
                                          const char *table);

/* Made from the option table. */
void um_help_print(FILE *out, const char *command); /* NULL: the program's own */
void um_help_full_yaml(FILE *out);                  /* conf/full.yaml */
void um_help_reference(FILE *out);                  /* docs/reference/options.md */
void um_help_errors(FILE *out);                     /* docs/reference/errors.md */
void um_help_man(FILE *out);                        /* docs/man/unmoor.1 */
void um_help_completion(FILE *out);                 /* docs/completion/unmoor.bash */
int um_help_explain(FILE *out, const char *id, enum um_output format, struct um_err *err);

#endif
