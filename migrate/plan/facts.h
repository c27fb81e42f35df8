#ifndef MIGRATE_PLAN_FACTS_H
#define MIGRATE_PLAN_FACTS_H

#include "config/config.h"
#include "mysql/catalog.h"
#include "mysql/server.h"

/*
 * What was observed on both servers: filled by facts.c and the like, judged by checks_*.c. What
 * the account may not see is marked as not known, never taken for absent.
 */
struct um_variable {
    char *name, *value;
};
struct um_variables { /* SHOW GLOBAL VARIABLES, sorted by name */
    struct um_variable *items;
    size_t count, cap;
};
/* NULL when the server has no such variable. */
const char *um_variable(const struct um_variables *v, const char *name);
bool um_variable_on(const char *value);  /* ON, 1, YES …; false for NULL */
bool um_variable_off(const char *value); /* likewise; false for NULL */
uint64_t um_variable_uint(const struct um_variables *v, const char *name, uint64_t otherwise);

/* A server that this one replicates from. */
struct um_upstream {
    char *host, *uuid;
    unsigned port;
    bool running;
};

struct um_session {
    uint64_t id, seconds;
    char *user;
    char *state; /* never the statement's text: it can hold values */
};
struct um_sessions {
    bool known;
    struct um_session *items;
    size_t count, cap;
};

typedef bool um_have_privilege(const void *grants, const char *privilege, const char *schema,
                               const char *table);

struct um_side {
    const struct um_server *server;
    struct um_variables variables;
    um_have_privilege *have;
    const void *grants;
    const char *account;  /* 'user'@'host' */
    uint64_t connections; /* that are open now; 0 when not known */
    bool upstreams_known;
    struct um_upstream *upstreams;
    size_t upstream_count, upstream_cap;
    bool zone_known;
    int zone_minutes[2]; /* of the server's own zone east of UTC, in January and July */
};
/* Has the account this privilege there, or more widely? */
bool um_side_may(const struct um_side *s, const char *privilege, const char *schema,
                 const char *table);

/* "user@host" without quotes and escapes, from any of the forms that servers print. */
char *um_account_plain(const char *quoted);

struct um_replica {
    uint32_t server_id;
    char *host;
};

/* A sequence (MariaDB) that the default of a wanted table's column uses. */
struct um_sequence {
    char *schema, *name;
    char *create_sql, *schema_sql; /* to make it, and its schema, on the target */
};

/* A wanted table with values that its FLOAT(M,D) and DOUBLE(M,D) columns do not take. */
struct um_unrounded {
    const struct um_table *table; /* of the plan */
    struct um_strv columns;       /* of the first such row; none: not every row was looked at */
};

/* What one server says that is asked whether the copy has to wait. */
struct um_throttle_look {
    char *name;        /* "replica 10.0.0.3:3306" */
    bool refused;      /* it will not tell, as things are */
    const char *lacks; /* the privilege for want of which, or NULL */
    char *seen;        /* why not, or why the copy would wait; NULL: it would not */
};

struct um_source_facts {
    struct um_side side;
    bool catalogue_read; /* false: refused, see why */
    char *why;
    const char *remedy;
    struct um_unread_tables unread; /* one by one, with the others in the plan */
    struct um_strv schemas;         /* with wanted tables, or named literally by tables.include */
    bool filters_known;
    char *binlog_do, *binlog_ignore;
    bool replicas_known;
    struct um_replica *replicas;
    size_t replica_count, replica_cap;
    struct um_sessions transactions, queries;
    bool xa_known;
    struct um_strv xa;        /* as XA COMMIT takes them */
    struct um_strv names;     /* "schema.name" of all tables; only where a pattern fails */
    struct um_strv views;     /* "schema.name", of schemas */
    struct um_strv sequences; /* "schema.name", wanted ones */
    struct um_sequence *used;
    size_t used_count, used_cap;
    struct um_throttle_look *looks; /* likewise not */
    size_t look_count, look_cap;
    struct um_unrounded *unrounded; /* not for a job that has copied already */
    size_t unrounded_count, unrounded_cap;
};

/* A table that is recorded for another job. */
struct um_claim {
    char *job, *schema, *table;
};

struct um_target_facts {
    struct um_side side;
    struct um_variables session; /* as Unmoor's sessions have them, where that may differ */
    bool innodb;
    struct um_strv schemas;   /* that exist, of those that matter */
    struct um_strv relations; /* "schema.name" of the tables in them */
    struct um_strv views;     /* likewise */
    struct um_strv objects;   /* "schema.name" of routines, events and triggers in them */
    struct um_tables tables;  /* only for copy.existing: empty */
    struct um_claim *claims;
    size_t claim_count, claim_cap;
    struct um_strv sequences; /* "schema.name" of all; only where a wanted table uses one */
    struct um_strv collations;
    bool accounts_known;
    struct um_strv accounts; /* "user@host", without quotes; "role@" */
    bool system_users_known;
    struct um_strv system_users; /* those with SYSTEM_USER, by a role too, likewise */
    bool redo_log_off;           /* InnoDB's, now */
    bool copy_is_over;           /* of this job */
    struct um_strv made;         /* "schema.name" of what it has made; as strangers */
    struct um_strv strangers;    /* of all other tables; "schema.*" where they may not be seen; only
                                    for copy.redo_log: off */
    bool source_zone_known;      /* the source's named time zone can be used here */
};

struct um_facts {
    const struct um_config *config;
    bool resuming, following;
    const struct um_strv *own;    /* names on the target that are about to go; NULL: none */
    const struct um_strv *adding; /* tables that are to join the job, the others are its own; NULL:
                                     all are new, or (resuming) its own */
    struct um_source_facts source;
    struct um_target_facts target;
    char *spool_wrong;   /* with spool.directory: why it cannot be used; NULL: it can, */
    uint64_t spool_free; /* and its disk has so many bytes left */
    int64_t clock_us;    /* target's clock minus source's */
};

/* Reading. Errors are lost connections and the like; what is refused stays unknown. */
int um_facts_side(struct um_conn *c, struct um_side *s, struct um_err *err);
int um_facts_variables(struct um_conn *c, const char *sql, struct um_variables *out,
                       struct um_err *err);
/* In two steps, since the schemas are known only once the tables have been read. */
int um_facts_source(struct um_conn *c, struct um_facts *f, struct um_err *err);
int um_facts_relations(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                       struct um_err *err);
void um_facts_throttle(struct um_facts *f);
/* All tables of the server, to suggest a name in place of one that is not there. */
int um_facts_names(struct um_conn *c, struct um_facts *f, struct um_err *err);
/* Reads rows, so each table has few seconds for it, and all have one minute. */
int um_facts_rounding(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                      struct um_err *err);
int um_facts_target(struct um_conn *c, struct um_facts *f, const struct um_tables *tables,
                    struct um_err *err);
int um_facts_redo_log(struct um_conn *c, struct um_facts *f, struct um_err *err);
int um_facts_sequences(struct um_conn *source, struct um_conn *target, struct um_facts *f,
                       const struct um_tables *tables, struct um_err *err);
int um_facts_clock(struct um_conn *source, struct um_conn *target, struct um_facts *f,
                   struct um_err *err);
/* Is the table, of those that are wanted, one that the job has already? */
bool um_facts_is_member(const struct um_facts *f, const char *schema, const char *name);
void um_facts_clear(struct um_facts *f); /* grants and servers are the caller's */

#endif
